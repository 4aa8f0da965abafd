"""What is doubtful on a page waits for the others: those that moved, those that a site confirms, those of a series."""

from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler

import pytest

from crawler.holding import _headlines
from tests.conftest import Desk
from tests.test_shared_values import NUMBERS, SITE, TEXT, page, park, told
from tests.tricksite import LISTING, Answer, Page, TrickSite, listing, ok, path, status

__all__ = ["park"]

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

LINE = "<p>Please fetch our app to read the whole story.</p>"
NEW_NAME = "A true new name of story 1"


def dated(number: int, headline: str, more: str = "") -> Page:
    """Return a page as others are, with a stamp of another month."""
    code, headers, body = page(number, headline, f"<p>{TEXT}</p><p>It is story {number}.</p>{more}")
    return code, headers, body.replace(b"2024-05-", b"2024-06-")


def in_another_template(number: int) -> Page:
    """Return a page that no layout reads, with a text of its own."""
    text = " ".join(f"word{number * at}" for at in range(1, 90))
    return ok(f"<html><body><a href='/'>Home</a><h5>Story {number} of the park</h5><span>{text}</span></body></html>")


def confirmed(shown: Page) -> Callable[[BaseHTTPRequestHandler], Page]:
    """Return a page whose server knows a validator of its content, and none of its template."""
    code, headers, body = shown

    def answer(request: BaseHTTPRequestHandler) -> Page:
        is_same = request.headers.get("If-None-Match") == '"v1"'
        return status(304, ETag='"v1"') if is_same else (code, {**headers, "ETag": '"v1"'}, body)

    return answer


def watch(
    desk: Desk, site: TrickSite, numbers: Iterable[int], served: Callable[[Page], Answer] = lambda it: it
) -> None:
    """Put a park's stories on record, each page *served* in a way."""
    site.pages[LISTING] = listing(*numbers)
    site.pages |= {path(number): served(page(number, f"Story {number} of the park")) for number in numbers}
    site.park(desk.folder)
    desk.must("crawl")


def test_a_retitle_of_an_article_that_moved_and_was_redated_is_told(desk: Desk, park: TrickSite) -> None:
    park.pages[path(1)] = status(301, Location=path(21))
    park.pages[path(21)] = dated(1, NEW_NAME)
    for _ in range(2):
        desk.run("crawl", "--recheck", "all")
    assert desk.changes() == [("moved", "Story 1 of the park"), ("retitled", NEW_NAME)]
    [_, retitled] = desk.rows("changes")
    assert retitled["fields"] == ["headline", "date_published"]
    desk.must("verify")


def test_what_moved_under_the_name_of_its_site_keeps_all_that_it_had(desk: Desk, park: TrickSite) -> None:
    for number in NUMBERS:
        park.pages[path(number)] = status(301, Location=path(number + 20))
        park.pages[path(number + 20)] = dated(number, SITE)
    desk.run("crawl", "--recheck", "all")
    assert {kind for kind, _ in desk.changes()} == {"moved"}
    desk.must("verify")
    for number in NUMBERS:
        park.pages[path(number + 20)] = dated(number, f"Story {number} of the park")
    desk.run("crawl", "--recheck", "all")
    assert [row["fields"] for row in desk.rows("changes")[len(NUMBERS) :]] == [["date_published"]] * len(NUMBERS)


def test_what_moved_under_a_line_for_everybody_tells_no_edit(desk: Desk, park: TrickSite) -> None:
    for number in NUMBERS:
        park.pages[path(number)] = status(301, Location=path(number + 20))
        park.pages[path(number + 20)] = page(number, f"Story {number} of the park", LINE)
    for _ in range(2):
        desk.run("crawl", "--recheck", "all")
    assert {kind for kind, _ in desk.changes()} == {"moved"}
    assert len(told(desk)) == 1


def test_what_moved_and_is_in_doubt_is_asked_for_whole_at_the_next_look(desk: Desk, site: TrickSite) -> None:
    watch(desk, site, NUMBERS, served=confirmed)
    site.pages[path(1)] = status(301, Location=path(21))
    site.pages[path(21)] = confirmed(page(1, NEW_NAME))
    for _ in range(2):
        desk.run("crawl", "--recheck", "all")
    assert desk.changes() == [("moved", "Story 1 of the park"), ("retitled", NEW_NAME)]


@pytest.mark.parametrize("new", [1, 3, 5])
def test_a_site_that_confirms_what_it_had_does_not_vouch_for_its_template(
    desk: Desk, site: TrickSite, new: int
) -> None:
    old, news = tuple(range(1, 21)), tuple(range(21, 21 + new))
    watch(desk, site, old, served=confirmed)
    site.pages[LISTING] = listing(*reversed(news), *old)
    site.pages |= {path(number): confirmed(page(number, SITE)) for number in (*old, *news)}
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    [(kind, evidence)] = told(desk)
    assert kind == "drifted"
    assert SITE in evidence


def test_a_site_that_confirms_what_it_had_does_not_vouch_for_its_texts(desk: Desk, site: TrickSite) -> None:
    old = tuple(range(1, 21))
    watch(desk, site, old, served=confirmed)
    site.pages[LISTING] = listing(22, 21, *old)
    shown = {number: page(number, f"Story {number} of the park", LINE) for number in (22, 21, *old)}
    site.pages |= {path(number): confirmed(each) for number, each in shown.items()}
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    assert [kind for kind, _ in told(desk)] == ["blocked"]


def test_a_series_whose_pages_say_less_than_its_listing_is_watched(desk: Desk, site: TrickSite) -> None:
    def issues(*numbers: int) -> Page:
        code, headers, body = listing(*numbers)
        for number in numbers:
            body = body.replace(f"Story {number} of the park".encode(), f"Weekly report, issue {number}".encode())
        return code, headers, body

    site.pages[LISTING] = issues(*NUMBERS)
    site.pages |= {path(number): page(number, "Weekly report") for number in (*NUMBERS, 8, 9)}
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = issues(9, 8, *NUMBERS)
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("new", "Weekly report")] * 2
    assert told(desk) == []


def test_the_name_of_a_site_with_which_its_headlines_begin_is_found_out_by_those_that_were_known(
    desk: Desk, site: TrickSite
) -> None:
    site.serve_stories(*range(1, 9))
    site.pages |= {path(number): page(number, f"Story {number} of the park") for number in range(1, 9)}
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = listing(*range(10, 0, -1))
    site.pages |= {path(number): page(number, "Story") for number in range(1, 11)}
    desk.run("crawl", "--recheck", "none")
    assert desk.changes() == []
    assert len(told(desk)) == 1


def test_one_strange_headline_does_not_keep_repeated_texts_from_being_asked_about(desk: Desk, park: TrickSite) -> None:
    park.pages[LISTING] = listing(10, 9, 8, 7, *NUMBERS)
    park.pages |= {path(number): page(number, f"Story {number} of the park", LINE) for number in (9, 8, 7, *NUMBERS)}
    park.pages[path(10)] = page(10, "Another headline than listed")
    desk.run("crawl", "--recheck", "none")
    assert desk.changes() == [("new", "Another headline than listed")]
    [(kind, _)] = told(desk)
    assert kind == "blocked"


def test_pages_that_no_layout_reads_do_not_make_the_question_too_small(desk: Desk, site: TrickSite) -> None:
    old = tuple(range(1, 13))
    watch(desk, site, old)
    site.pages[LISTING] = listing(16, 15, 14, 13, *old)
    site.pages |= {path(number): page(number, f"Story {number} of the park", LINE) for number in (14, 13, *old)}
    site.pages |= {path(number): in_another_template(number) for number in (16, 15)}
    desk.run("crawl", "--recheck", "none")
    assert desk.changes() == []


def test_few_doubts_of_a_visit_that_ended_early_wait_for_the_next(desk: Desk, site: TrickSite) -> None:
    old, shown = tuple(range(1, 21)), 0

    def answer(number: int) -> Callable[[BaseHTTPRequestHandler], Page]:
        def one(_: BaseHTTPRequestHandler) -> Page:
            nonlocal shown
            shown += 1
            return page(number, SITE) if shown <= 6 else status(500)

        return one

    watch(desk, site, old)
    site.pages |= {path(number): answer(number) for number in old}
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []


def test_a_sign_that_is_written_in_halves_keeps_no_edit_from_being_told(desk: Desk, park: TrickSite) -> None:
    more = f"<p>{TEXT}</p><p>It is story 1.</p><p>It was opened &#55357;&#56832; at noon.</p>"
    park.pages[path(1)] = page(1, "Story 1 of the park", more)
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Story 1 of the park")]


def test_four_pages_alike_do_not_hide_sixteen_that_nothing_reads(desk: Desk, site: TrickSite) -> None:
    old = tuple(range(1, 21))
    watch(desk, site, old)
    # In turn, since a visit gives a site up that fails many times in a row.
    alike = old[::5]
    site.pages |= {path(number): page(number, f"Story {number} of the park", LINE) for number in alike}
    site.pages |= {path(number): in_another_template(number) for number in old if number not in alike}
    desk.run("crawl", "--recheck", "all")
    [(kind, evidence)] = told(desk)
    assert kind == "drifted"
    assert "no layout fits" in evidence


def test_what_is_told_of_a_condition_is_what_was_found_last(desk: Desk, park: TrickSite) -> None:
    for number in NUMBERS:
        park.pages[path(number)] = in_another_template(number)
    desk.run("crawl", "--recheck", "all")
    assert "no layout fits" in told(desk)[0][1]
    park.pages |= {path(number): page(number, SITE) for number in NUMBERS}
    desk.run("crawl", "--recheck", "all")
    [(_, evidence)] = told(desk)
    assert SITE in evidence


def on(number: int, day: str) -> Page:
    """Return a page that says another day than its listing and its address."""
    code, headers, body = page(number, f"Story {number} of the park")
    return code, headers, body.replace(f"2024-05-{1 + number:02d}".encode(), day.encode())


MOVES: dict[str, Callable[[int], Page]] = {
    "a prefix": lambda number: page(number, f"Zone news: Story {number} of the park"),
    "a suffix": lambda number: page(number, f"Story {number} of the park - Zone portal"),
    "one day for all": lambda number: on(number, "2024-06-20"),
    "a list of other stories": lambda number: page(
        number,
        f"Story {number} of the park",
        f"<p>{TEXT}</p><p>It is story {number}.</p><h4>More stories</h4>"
        + "".join(
            f"<p><a href='{path(n)}'>Story {n} of the park</a></p>" for n in (number % 6 + 1, (number + 1) % 6 + 1)
        ),
    ),
    "a list without a heading": lambda number: page(
        number,
        f"Story {number} of the park",
        f"<p>{TEXT}</p><p>It is story {number}.</p><p>Story {number % 6 + 1} of the park</p>",
    ),
}


@pytest.mark.parametrize("move", MOVES)
def test_what_a_redesign_does_to_all_pages_is_one_condition_and_no_edit(desk: Desk, park: TrickSite, move: str) -> None:
    park.pages |= {path(number): MOVES[move](number) for number in NUMBERS}
    desk.run("crawl", "--recheck", "all")
    [(kind, _)] = told(desk)
    assert kind == "drifted"
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    desk.must("verify")
    # One article alone is what its people made of it.
    park.pages |= {path(number): page(number, f"Story {number} of the park") for number in NUMBERS}
    for _ in range(2):
        desk.run("crawl", "--recheck", "all")
    assert (told(desk), desk.changes()) == ([], [])
    park.pages[path(1)] = MOVES[move](1)
    desk.must("crawl", "--recheck", "all")
    assert len(desk.changes()) == 1


def test_what_stands_before_every_headline_is_no_new_articles_either(desk: Desk, park: TrickSite) -> None:
    park.pages[LISTING] = listing(8, 7, *NUMBERS)
    park.pages |= {path(number): page(number, f"Zone news: Story {number} of the park") for number in (8, 7, *NUMBERS)}
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    [(_, evidence)] = told(desk)
    assert evidence.endswith("8 articles have “Zone news:…” as their headline, which is not theirs")


def test_four_edits_of_one_day_among_pages_that_are_confirmed_are_told(desk: Desk, site: TrickSite) -> None:
    old = tuple(range(1, 21))
    watch(desk, site, old, served=confirmed)
    for number in (1, 2, 3, 4):
        more = f"<p>{TEXT}</p><p>It is story {number}.</p><p>Corrected: it has {number + 4} gates.</p>"
        code, headers, body = page(number, f"Story {number} of the park", more)
        site.pages[path(number)] = code, headers, body.replace(f"2024-05-{1 + number:02d}".encode(), b"2024-06-20")
    desk.must("crawl", "--recheck", "all")
    assert sorted(desk.changes()) == [("edited", f"Story {number} of the park") for number in (1, 2, 3, 4)]


def test_a_list_of_other_stories_that_turns_over_is_the_sites_as_well(desk: Desk, park: TrickSite) -> None:
    for day in range(3):
        for number in NUMBERS:
            others = [f"Story {(number + day + step) % 6 + 1} of the park" for step in range(2)]
            lines = "".join(f"<p>{other}</p>" for other in others)
            text = f"<p>{TEXT}</p><p>It is story {number}.</p>{lines}"
            park.pages[path(number)] = page(number, f"Story {number} of the park", text)
        desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []


def test_a_store_that_cannot_be_asked_for_headlines_costs_nothing_that_was_read() -> None:
    class Busy:
        def is_headline(self, _line: str) -> bool:
            raise OSError("held by another process")

    assert _headlines(Busy())("Story 1") is False  # type: ignore[arg-type]


def test_pages_that_a_script_draws_are_a_template_and_no_wall(desk: Desk, park: TrickSite) -> None:
    frame = ok(
        '<html><head><title>Park</title></head><body><div id="app"></div><script src="/app.js"></script></body></html>'
    )
    park.pages |= {path(number): frame for number in NUMBERS}
    desk.run("crawl", "--recheck", "all")
    [(kind, evidence)] = told(desk)
    assert (kind, desk.changes()) == ("drifted", [])
    assert evidence.startswith("the site changed the template of its articles")

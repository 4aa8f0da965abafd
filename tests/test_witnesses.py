"""A few articles are due on a day, and what they show is the site's or their own: others are asked, or remembered."""

from collections.abc import Iterable

import pytest

from crawler.outcome import Account
from tests.conftest import Desk
from tests.test_doubts import confirmed, watch
from tests.test_shared_values import NUMBERS, SITE, TEXT, page, park, told
from tests.tricksite import LISTING, Page, TrickSite, listing, path, status

__all__ = ["park"]

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

TWELVE = tuple(range(1, 13))


def shows(number: int, *lines: str) -> Page:
    """Return a story's page with further lines below its text."""
    text = "".join(f"<p>{line}</p>" for line in (TEXT, f"It is story {number}.", *lines))
    return page(number, f"Story {number} of the park", text)


def banner(number: int) -> Page:
    return shows(number, "Our pages use cookies to count the visitors.")


def corrected(number: int) -> Page:
    """Return a story's page as its people mended it, with the day on which they did."""
    code, headers, body = shows(number, f"Corrected: it has {number + 4} gates.")
    return code, headers, body.replace(f"2024-05-{1 + number:02d}".encode(), b"2024-06-20")


def only_due(desk: Desk, numbers: Iterable[int]) -> None:
    """Let so few of the articles on record be looked at again."""
    names = ", ".join(f"'Story {number} of the park'" for number in numbers)
    desk.sql(
        "UPDATE articles SET next_check_at = '2100-01-01 00:00:00.000000'",
        f"UPDATE articles SET next_check_at = '2020-01-01 00:00:00.000000' WHERE headline IN ({names})",
    )


def edits(*numbers: int) -> list[tuple[str, str]]:
    return sorted(("edited", f"Story {number} of the park") for number in numbers)


def test_a_line_in_all_texts_is_no_edit_of_those_that_are_due_on_later_days(desk: Desk, site: TrickSite) -> None:
    watch(desk, site, TWELVE)
    site.pages |= {path(number): banner(number) for number in TWELVE}
    for numbers in ((1, 2, 3, 4, 5, 6), (7, 8), (9, 10), (11, 12)):
        only_due(desk, numbers)
        desk.run("crawl")
        assert desk.changes() == []
    assert len(desk.rows("conditions")) == 1
    assert told(desk) == []
    desk.must("verify")
    # And what their people write beside it is told.
    site.pages[path(3)] = corrected(3)
    site.pages[path(4)] = shows(4, "Our pages use cookies to count the visitors.", "It was opened in May.")
    desk.must("crawl", "--recheck", "all")
    assert sorted(desk.changes()) == edits(3, 4)


def test_pages_that_are_confirmed_do_not_vouch_for_a_line_in_the_others(desk: Desk, site: TrickSite) -> None:
    watch(desk, site, TWELVE, served=confirmed)
    site.pages |= {path(number): banner(number) for number in (1, 2, 3, 4, 5)}
    site.pages |= {path(number): confirmed(banner(number)) for number in TWELVE[5:]}
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    assert len(told(desk)) == 1


def test_five_that_got_the_same_line_from_their_people_are_told_though_the_others_are_confirmed(
    desk: Desk, site: TrickSite
) -> None:
    watch(desk, site, TWELVE, served=confirmed)
    site.pages |= {path(number): shows(number, "The deadline is extended to June.") for number in (1, 2, 3, 4, 5)}
    desk.must("crawl", "--recheck", "all")
    assert sorted(desk.changes()) == edits(1, 2, 3, 4, 5)


def test_four_that_were_corrected_on_one_day_are_told_though_nothing_else_was_due(desk: Desk, site: TrickSite) -> None:
    watch(desk, site, TWELVE)
    site.pages |= {path(number): corrected(number) for number in (1, 2, 3, 4)}
    only_due(desk, (1, 2, 3, 4))
    desk.must("crawl")
    assert sorted(desk.changes()) == edits(1, 2, 3, 4)


@pytest.mark.parametrize("new", [3, 4, 5])
def test_new_articles_that_share_a_headline_of_their_own_are_told(desk: Desk, site: TrickSite, new: int) -> None:
    old, news = tuple(range(1, 11)), tuple(range(11, 11 + new))
    watch(desk, site, old)
    site.pages[LISTING] = listing(*reversed(news), *old)
    site.pages |= {
        path(number): page(number, "Public notice", f"<p>{TEXT}</p><p>It is notice {number}.</p>") for number in news
    }
    desk.must("crawl")
    assert desk.changes() == [("new", "Public notice")] * new


@pytest.mark.parametrize("of", [(1, 2, 3, 4), NUMBERS])
def test_what_a_listing_puts_behind_its_headlines_as_well_is_told(
    desk: Desk, park: TrickSite, of: tuple[int, ...]
) -> None:
    code, headers, body = listing(*NUMBERS)
    for number in of:
        body = body.replace(f"Story {number} of the park<".encode(), f"Story {number} of the park (closed)<".encode())
        park.pages[path(number)] = page(number, f"Story {number} of the park (closed)")
    park.pages[LISTING] = code, headers, body
    desk.must("crawl", "--recheck", "all")
    assert sorted(desk.changes()) == sorted(("retitled", f"Story {number} of the park (closed)") for number in of)


@pytest.mark.parametrize("to", ["Story {} of the park", "Story {} of the park | The new portal"])
@pytest.mark.parametrize("before", ["Story {} of the park - Zone portal", "Zone - Story {} of the park"])
def test_a_name_of_the_site_that_goes_from_all_headlines_or_becomes_another_is_no_retitle(
    desk: Desk, site: TrickSite, before: str, to: str
) -> None:
    site.pages[LISTING] = listing(*NUMBERS)
    site.pages |= {path(number): page(number, before.format(number)) for number in NUMBERS}
    site.park(desk.folder)
    desk.must("crawl")
    site.pages |= {path(number): page(number, to.format(number)) for number in NUMBERS}
    for _ in range(2):
        desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    desk.must("verify")


def test_a_retitle_below_a_name_that_stays_is_told_of_each(desk: Desk, site: TrickSite) -> None:
    site.pages[LISTING] = listing(*NUMBERS)
    site.pages |= {path(number): page(number, f"Story {number} of the park - Zone portal") for number in NUMBERS}
    site.park(desk.folder)
    desk.must("crawl")
    code, headers, body = listing(*NUMBERS)
    site.pages[LISTING] = code, headers, body.replace(b" of the park<", b" of the new park<")
    site.pages |= {path(number): page(number, f"Story {number} of the new park - Zone portal") for number in NUMBERS}
    desk.must("crawl", "--recheck", "all")
    assert {kind for kind, _ in desk.changes()} == {"retitled"}
    assert len(desk.changes()) == len(NUMBERS)


LONG = tuple(f"{TEXT}{TEXT} In part {{0}}.{at} of the works it was as well." for at in range(4))


def long_story(number: int, paragraphs: int, *more: str) -> Page:
    """Return a story of several paragraphs, of which so many are shown."""
    text = "".join(f"<p>{line.format(number)}</p>" for line in (*LONG[:paragraphs], *more))
    return page(number, f"Story {number} of the park", text)


def test_pages_that_show_the_beginning_of_their_texts_are_a_template_and_no_edits(desk: Desk, site: TrickSite) -> None:
    site.pages[LISTING] = listing(*TWELVE)
    site.pages |= {path(number): long_story(number, 4) for number in TWELVE}
    site.park(desk.folder)
    desk.must("crawl")
    before = site.pages.copy()
    site.pages |= {path(number): long_story(number, 1) for number in TWELVE}
    only_due(desk, (1, 2, 3, 4, 5))
    for recheck in ("due", "all"):
        desk.run("crawl", "--recheck", recheck)
        assert desk.changes() == []
        [(kind, evidence)] = told(desk)
        assert (kind, evidence.startswith("the site changed the template of its articles: ")) == ("drifted", True)
        assert evidence.endswith(" articles show no more than the beginning of their text")
    site.pages = before | {path(number): long_story(number, 1) for number in (1, 2, 3, 4)}
    desk.run("crawl", "--recheck", "all")
    assert sorted(desk.changes()) == edits(1, 2, 3, 4)


def test_a_long_notice_that_goes_from_all_texts_is_no_part_of_them(desk: Desk, site: TrickSite) -> None:
    notice = "This page is shown to you by the committee, which asks you to read it with care. " * 9
    site.pages[LISTING] = listing(*NUMBERS)
    site.pages |= {path(number): long_story(number, 1, notice) for number in NUMBERS}
    site.park(desk.folder)
    desk.must("crawl")
    site.pages |= {path(number): long_story(number, 1) for number in NUMBERS}
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    [(_, evidence)] = told(desk)
    assert "the same lines came into or went out of many texts at once" in evidence
    assert {row["body"].count("This page") for row in desk.rows("articles")} == {0}


def test_headlines_in_capitals_are_no_retitle_and_one_that_is_mended_is(desk: Desk, park: TrickSite) -> None:
    park.pages |= {path(number): page(number, f"STORY {number} OF THE PARK") for number in NUMBERS}
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    assert len(told(desk)) == 1
    park.pages[path(2)] = page(2, "STORY 2 OF THE Park")
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("retitled", "STORY 2 OF THE Park")]


def test_what_stands_around_every_headline_is_no_retitle(desk: Desk, park: TrickSite) -> None:
    park.pages |= {path(number): page(number, f"News: Story {number} of the park - Zone") for number in NUMBERS}
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    assert "“News:…- Zone”" in told(desk)[0][1]


@pytest.mark.parametrize("recheck", ["all", "none"])
@pytest.mark.parametrize("form", ["Story {} of the park - Zone", "Zone news: Story {} of the park"])
def test_what_is_new_around_every_headline_stands_around_no_new_one_either(
    desk: Desk, park: TrickSite, form: str, recheck: str
) -> None:
    park.pages[LISTING] = listing(8, 7, *NUMBERS)
    park.pages |= {path(number): page(number, form.format(number)) for number in (8, 7, *NUMBERS)}
    desk.run("crawl", "--recheck", recheck)
    assert desk.changes() == []


@pytest.mark.parametrize("form", ["Story {} of the park - Zone", "Zone news: Story {} of the park"])
def test_a_site_that_puts_its_name_around_all_headlines_is_read(desk: Desk, site: TrickSite, form: str) -> None:
    site.pages[LISTING] = listing(*NUMBERS)
    site.pages |= {path(number): page(number, form.format(number)) for number in (8, 7, *NUMBERS)}
    site.park(desk.folder)
    desk.must("crawl")
    assert len(desk.rows("articles")) == len(NUMBERS)
    site.pages[LISTING] = listing(8, 7, *NUMBERS)
    desk.must("crawl")
    assert sorted(desk.changes()) == [("new", form.format(7)), ("new", form.format(8))]


@pytest.mark.parametrize("entry", ["<a>{}</a><span> 2024-05-03</span>", "· {}", "<a>{:.14}…</a>"])
def test_a_list_of_other_stories_is_the_sites_however_it_writes_them(desk: Desk, site: TrickSite, entry: str) -> None:
    watch(desk, site, NUMBERS)
    for number in NUMBERS:
        others = (f"Story {other} of the park" for other in (number % 6 + 1, (number + 1) % 6 + 1))
        site.pages[path(number)] = shows(number, *map(entry.format, others))
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []


@pytest.mark.parametrize("is_of_all", [True, False])
def test_what_a_site_showed_before_it_gave_out_waits_for_the_others(
    desk: Desk, site: TrickSite, is_of_all: bool
) -> None:
    old = tuple(range(1, 21))
    watch(desk, site, old)
    site.pages |= {path(number): banner(number) for number in old[:6]}
    others = {path(number): banner(number) if is_of_all else site.pages[path(number)] for number in old[6:]}
    site.pages |= dict.fromkeys(others, status(500))
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    site.pages |= others
    desk.run("crawl", "--recheck", "all")
    assert sorted(desk.changes()) == ([] if is_of_all else edits(*old[:6]))
    assert len(told(desk)) == is_of_all


@pytest.mark.parametrize("beside", ["nothing", "news", "errors"])
def test_four_that_got_the_same_line_are_told_whatever_else_the_day_brings(
    desk: Desk, site: TrickSite, beside: str
) -> None:
    watch(desk, site, tuple(range(1, 21)))
    site.pages |= {path(number): shows(number, "The deadline is extended to June.") for number in (1, 2, 3, 4)}
    only_due(desk, (1, 2, 3, 4))
    if beside == "news":
        site.pages[LISTING] = listing(23, 22, 21, *range(1, 21))
        # Of short texts it would not be known yet whether they are their own.
        site.pages |= {path(number): shows(number, *[TEXT] * 3) for number in (21, 22, 23)}
    if beside == "errors":
        site.pages |= dict.fromkeys((path(number) for number in (18, 19, 20)), status(500))
    desk.run("crawl")
    assert sorted(each for each in desk.changes() if each[0] == "edited") == edits(1, 2, 3, 4)


def test_witnesses_that_fail_leave_the_question_to_the_next_visit(desk: Desk, site: TrickSite) -> None:
    watch(desk, site, TWELVE)
    pages = site.pages.copy()
    edited = {path(number): shows(number, "The deadline is extended to June.") for number in (1, 2, 3, 4)}
    site.pages |= edited | dict.fromkeys((path(number) for number in TWELVE[4:]), status(500))
    only_due(desk, (1, 2, 3, 4))
    desk.run("crawl")
    assert desk.changes() == []
    site.pages = pages | edited
    desk.run("crawl")
    assert sorted(desk.changes()) == edits(1, 2, 3, 4)


def test_two_designs_within_a_month_are_both_known_again(desk: Desk, site: TrickSite) -> None:
    watch(desk, site, TWELVE)
    lines: list[str] = []
    for line in ("Our pages use cookies to count the visitors.", "Follow the park on all channels."):
        lines.append(line)
        site.pages |= {path(number): shows(number, *lines) for number in TWELVE}
        for _ in range(2):
            only_due(desk, range(1, 9))
            desk.run("crawl")
    only_due(desk, (9, 10, 11, 12))
    desk.run("crawl")
    assert desk.changes() == []


def test_a_site_that_always_puts_its_name_behind_is_asked_for_no_more_and_told_of_though_it_gives_out(
    desk: Desk, site: TrickSite
) -> None:
    old, form = tuple(range(1, 21)), "Story {} of the park - Zone portal"
    site.pages[LISTING] = listing(*old)
    site.pages |= {path(number): page(number, form.format(number)) for number in (21, 22, *old)}
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = listing(22, 21, *old)
    site.asked.clear()
    only_due(desk, ())
    desk.must("crawl")
    assert [kind for kind, _ in desk.changes()] == ["new", "new"]
    assert not any(site.asked[path(number)] for number in old)
    site.pages[path(23)] = page(23, "Story 23 of the park - Another name")
    site.pages[LISTING] = listing(23, 22, 21, *old)
    site.pages |= dict.fromkeys((path(number) for number in old), status(500))
    desk.run("crawl", "--recheck", "all")
    assert ("new", "Story 23 of the park - Another name") in desk.changes()


def test_a_condition_is_not_over_while_what_would_end_it_is_put_off(desk: Desk, site: TrickSite) -> None:
    old = tuple(range(1, 21))
    watch(desk, site, old)
    site.pages |= {path(number): page(number, SITE) for number in old}
    desk.run("crawl", "--recheck", "all")
    site.pages |= {path(number): status(500) for number in old[2:]}
    desk.run("crawl", "--recheck", "all")
    assert "drifted" in [kind for kind, _ in told(desk)]


@pytest.mark.parametrize(
    ("seen", "asks"),
    [
        ({"doubted": 4, "fetched": 4, "rechecked": 4}, 3),
        ({"doubted": 4, "fetched": 12, "rechecked": 12}, 0),
        ({"doubted": 50, "fetched": 50, "rechecked": 100, "confirmed": 50}, 26),
        ({"doubted": 118, "fetched": 118, "rechecked": 118}, 60),
        ({"doubted": 120, "fetched": 120, "rechecked": 120}, 0),
        ({"edited_alike": 6, "fetched": 6, "rechecked": 6}, 4),
        ({"edited_alike": 6, "fetched": 6, "rechecked": 6, "has_asked": True}, 0),
        ({"edited_alike": 3, "fetched": 3, "rechecked": 3}, 0),
        ({"doubted": 4, "fetched": 20, "rechecked": 4}, 3),
    ],
)
def test_so_many_are_asked_as_would_tell(seen: dict[str, int], asks: int) -> None:
    assert Account(**seen).more_to_ask == asks  # type: ignore[arg-type]

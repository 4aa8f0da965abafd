"""Crawling real sites on loopback: what is read, and what is asked for again."""

from http.server import BaseHTTPRequestHandler

import pytest

from tests.conftest import Desk
from tests.tricksite import LISTING, Page, TrickSite, article, listing, path, status


def test_a_second_visit_finds_what_is_new_what_changed_and_what_is_gone(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    assert "first visit: 3 articles on record" in desk.must("crawl")
    assert (len(desk.rows("articles")), desk.changes()) == (3, [])
    site.serve_stories(4, 3, 2)
    site.pages[path(2)] = article(2, "The park built two halls.")
    del site.pages[path(1)]
    desk.must("crawl", "--recheck", "all")
    assert sorted(desk.changes()) == [
        ("edited", "Story 2 of the park"),
        ("new", "Story 4 of the park"),
        ("removed", "Story 1 of the park"),
    ]
    assert desk.rows("visits")[-1]["outcome"] == "done"
    site.serve_stories(4, 3, 2, 1)
    site.pages[path(2)] = article(2, "The park built two halls.")
    desk.must("crawl", "--recheck", "none")
    assert desk.changes()[-1] == ("restored", "Story 1 of the park")
    desk.must("verify")


def test_known_articles_are_asked_for_with_their_validators(desk: Desk, site: TrickSite) -> None:
    def honest(number: int, tag: str) -> None:
        def answer(request: BaseHTTPRequestHandler) -> Page:
            return status(304, ETag=tag) if request.headers["If-None-Match"] == tag else article(number, ETag=tag)

        site.pages[path(number)] = answer

    site.serve_stories(3, 2, 1)
    for number in (3, 2, 1):
        honest(number, f'"{number}"')
    site.park(desk.folder)
    desk.must("crawl")
    desk.must("crawl", "--recheck", "all")
    # One of the three is asked with a wrong validator first, and then answers whole.
    assert sorted(set(site.conditional)) == [path(n) for n in (1, 2, 3)]
    assert desk.rows("visits")[-1]["unchanged"] == 3
    assert desk.changes() == []


def test_a_server_that_says_304_to_anything_is_seen_through(desk: Desk, site: TrickSite) -> None:
    def liar(number: int, text: str) -> None:
        def answer(request: BaseHTTPRequestHandler) -> Page:
            if request.headers["If-None-Match"]:
                return status(304)
            return article(number, text, ETag='"same"')

        site.pages[path(number)] = answer

    site.pages[LISTING] = listing(2, 1)
    for number in (2, 1):
        liar(number, "Before.")
    site.park(desk.folder)
    desk.must("crawl")
    for number in (2, 1):
        liar(number, "After.")
    desk.must("crawl", "--recheck", "all")
    assert [kind for kind, _ in desk.changes()] == ["edited", "edited"]


@pytest.mark.parametrize("clock", ["08:00:00", ""], ids=["same stamp", "stamp without a clock"])
def test_an_article_that_moved_is_not_news(desk: Desk, site: TrickSite, clock: str) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    moved = path(77)
    status_, headers, content = site.pages[path(2)]  # type: ignore[misc]
    # A new template may print less of the stamp than the one by which the article came on record.
    site.pages[moved] = (status_, headers, content.replace(b" 08:00:00", f" {clock}".encode().rstrip()))
    site.pages[path(2)] = status(301, Location=moved)
    site.pages[LISTING] = listing(3, 77, 1)
    desk.must("crawl")
    assert desk.changes() == [("moved", "Story 2 of the park")]


def test_of_several_articles_that_say_the_same_the_one_whose_address_has_ended_has_moved(
    desk: Desk, site: TrickSite
) -> None:
    site.serve_stories(3, 2, 1)
    site.pages[path(3)] = site.pages[path(2)]  # a copy from the beginning, which stays
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[path(77)] = site.pages[path(2)]
    site.pages[path(2)] = status(404)
    site.pages[LISTING] = listing(3, 77, 1)
    desk.must("crawl")
    assert desk.changes() == [("moved", "Story 2 of the park")]


def test_a_copy_at_a_second_address_is_an_article_of_its_own(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[path(77)] = site.pages[path(2)]
    site.pages[LISTING] = listing(77, 3, 2, 1)
    desk.must("crawl")
    assert desk.changes() == [("new", "Story 2 of the park")]


@pytest.mark.long
def test_bursts_over_several_pages_are_all_found(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(5, 0, -1))
    site.park(desk.folder)
    desk.must("crawl")
    numbers = list(range(40, 0, -1))
    pages = [numbers[at : at + 8] for at in range(0, 40, 8)]
    for at, page in enumerate(pages):
        following = f"{LISTING}index_{at + 2}.html" if at + 1 < len(pages) else None
        site.pages[LISTING if at == 0 else f"{LISTING}index_{at + 1}.html"] = listing(*page, following=following)
    site.pages |= {path(n): article(n) for n in numbers}
    desk.must("crawl")
    assert len(desk.changes()) == 35


def test_an_article_is_the_same_under_tracking_parameters_and_session_ids(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    _, headers, body = listing(2, 1)
    noisy = body.replace(b"/2.html", b"/2.html?utm_source=list&amp;from=index").replace(
        b"/1.html", b"/1.html;jsessionid=9F"
    )
    site.pages[LISTING] = (200, headers, noisy)
    desk.must("crawl")
    assert (len(desk.rows("articles")), desk.changes()) == (2, [])


def test_an_unreadable_page_is_read_by_the_next_visit(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.pages[path(2)] = status(500)
    site.park(desk.folder)
    desk.fails("crawl")
    status_shown = desk.run("status").stdout
    assert "1 listed page could not be read yet:" in status_shown
    assert f"{site.base}{path(2)}: " in status_shown
    site.pages[path(2)] = article(2)
    desk.must("crawl", "--recheck", "all")
    assert (len(desk.rows("articles")), desk.changes()) == (3, [])


def test_dead_links_on_a_listing_block_nothing_behind_them(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = listing(*range(30, 0, -1))
    site.pages |= {path(n): article(n) for n in range(3, 6)}
    desk.must("crawl")
    assert len(desk.rows("articles")) == 5
    site.asked.clear()
    desk.must("crawl")
    assert site.asked[path(20)] == 0, "a dead link is not tried at every visit"


@pytest.mark.long
def test_a_gap_is_told_after_a_burst_beyond_the_budget(desk: Desk, site: TrickSite) -> None:
    desk.variables |= {"PARKWATCH_CRAWL__FIRST_VISIT_PAGES": "2", "PARKWATCH_CRAWL__LISTING_PAGES": "2"}

    def serve(numbers: list[int]) -> None:
        pages = [numbers[at : at + 5] for at in range(0, len(numbers), 5)]
        for at, page in enumerate(pages):
            following = f"{LISTING}index_{at + 2}.html" if at + 1 < len(pages) else None
            site.pages[LISTING if at == 0 else f"{LISTING}index_{at + 1}.html"] = listing(*page, following=following)
        site.pages |= {path(n): article(n) for n in numbers}

    serve(list(range(30, 0, -1)))
    site.park(desk.folder)
    desk.must("crawl")
    serve(list(range(60, 0, -1)))
    assert "trick: partly: a gap" in desk.fails("crawl")
    desk.fails("crawl", "--recheck", "none")
    [gap] = desk.rows("conditions")
    assert (gap["kind"], gap["ended_at"]) == ("gap", None), "one gap, however many visits meet it"
    desk.variables["PARKWATCH_CRAWL__LISTING_PAGES"] = "20"
    desk.must("crawl")
    [gap] = desk.rows("conditions")
    began, whole = desk.rows("visits")[0], desk.rows("visits")[-1]
    assert (gap["began_at"], gap["ended_at"]) == (began["started_at"], whole["started_at"])
    assert "a gap: the listing did not reach back" in desk.must("conditions")
    assert desk.must("conditions", "--since", "2099-01-01") == ""


def test_an_article_whose_address_leads_to_another_one_keeps_its_text(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    before = {row["url"]: row["body"] for row in desk.rows("articles")}
    site.pages[path(2)] = status(301, Location=path(3))
    assert "leads to another article on record" in desk.fails("crawl", "--recheck", "all")
    assert ({row["url"]: row["body"] for row in desk.rows("articles")}, desk.changes()) == (before, [])


def test_an_article_listed_under_an_address_that_leads_to_it_is_looked_at_when_its_headline_changes(
    desk: Desk, site: TrickSite
) -> None:
    alias = path(99)
    site.serve_stories(3, 2, 1)
    site.pages[alias] = status(302, Location=path(1))
    site.pages[LISTING] = listing(3, 2, 99)
    site.park(desk.folder)
    desk.must("crawl")
    _, headers, body = listing(3, 2, 99)
    site.pages[LISTING] = (200, headers, body.replace(b"Story 99", b"Corrected: story 99"))
    site.pages[path(1)] = article(1, "The park built no hall.")
    desk.must("crawl", "--recheck", "none")
    assert desk.changes() == [("edited", "Story 1 of the park")]


def test_a_link_that_leads_to_a_known_article_is_settled(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = listing(99, 3, 2, 1)
    site.pages[path(99)] = status(302, Location=path(3))
    desk.must("crawl")
    site.asked.clear()
    desk.must("crawl")
    assert (desk.changes(), site.asked[path(99)]) == ([], 0)


def test_removed_articles_do_not_stand_in_the_way_of_later_removals(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(9, 0, -1))
    site.park(desk.folder)
    desk.must("crawl")
    for gone in ((1, 2), (3, 4), (5,)):
        site.pages[LISTING] = listing(9, 8, 7, 6)
        for number in gone:
            site.pages[path(number)] = status(404)
        desk.must("crawl", "--recheck", "all")
    assert [kind for kind, _ in desk.changes() if kind == "removed"] == ["removed"] * 5


def test_a_page_that_is_lost_for_a_moment_was_not_removed(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[path(1)] = in_turn(status(404), site.pages[path(1)])
    site.pages[path(2)] = in_turn(status(404), status(503), status(503), status(503))
    desk.fails("crawl", "--recheck", "all")
    assert desk.changes() == []
    site.pages[path(2)] = status(404)
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("removed", "Story 2 of the park")]


def in_turn(*pages: tuple[int, dict[str, str], bytes]):  # type: ignore[no-untyped-def]
    """Answer with one page after the other, as servers do that are out of step."""
    left = list(pages)

    def answer(_: object) -> tuple[int, dict[str, str], bytes]:
        left.append(left.pop(0))
        return left[-1]

    return answer


def test_a_page_that_flaps_between_two_texts_is_no_edit(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[path(1)] = in_turn(article(1, "The park built two halls."), article(1))
    for _ in range(3):
        desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []
    site.pages[path(1)] = article(1, "The park built two halls.")
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Story 1 of the park")]


def test_a_line_that_is_another_at_every_look_is_no_edit_and_hides_none(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.pages[path(1)] = in_turn(*(article(1, f"Read {n} times.</p><p>The park built a hall.") for n in range(9)))
    site.park(desk.folder)
    desk.must("crawl")
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []
    site.pages[path(1)] = in_turn(*(article(1, f"Read {n} times.</p><p>The park built two halls.") for n in range(9)))
    desk.must("crawl", "--recheck", "all")
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Story 1 of the park")]


def test_a_change_that_cannot_be_looked_at_twice_waits(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[path(1)] = in_turn(article(1, "The park built two halls."), status(500), status(500), status(500))
    assert "its change could not be looked at twice" in desk.fails("crawl", "--recheck", "all")
    assert desk.changes() == []

"""A listing in which nothing is found any more: whose doing it was, beside which others, and what proves it."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crawler.seeds import BUNDLED
from storage.database import Store, good_listings
from storage.database.tables import CaptureRow
from storage.drift import Cause
from storage.records import Capture
from tests.builders import DAY_1
from tests.conftest import Desk
from tests.tricksite import LISTING, TrickSite, listing, ok, path, status

OTHER = "/english/news/notices/"
TEXT = "The park built a hall of nine hundred square meters, which will be let to makers of valves from the spring on. "


def told(desk: Desk) -> list[tuple[str, str]]:
    return [(row["kind"], row["evidence"]) for row in desk.rows("conditions") if not row["ended_at"]]


def beside_a_box(*numbers: int) -> tuple[int, dict[str, str], bytes]:
    """A listing beside a box of links that lead to no article."""
    code, headers, body = listing(*numbers)  # type: ignore[misc]
    return code, headers, body.replace(b"<body>", b"<body><div class='side'><a href='/english/maps/'>Maps</a></div>")  # type: ignore[union-attr]


@pytest.mark.long
def test_where_a_rule_of_ours_finds_nothing_in_a_listing_that_it_read_before_it_is_not_blamed_on_the_site(
    desk: Desk, site: TrickSite
) -> None:
    site.serve_stories(3, 2, 1, text=TEXT)
    site.pages[LISTING] = beside_a_box(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    assert "its listing as it was read on" in desk.must("layouts", "diagnose", "trick")
    own = desk.folder / "layouts" / "tjuda"
    shutil.copytree(BUNDLED / "layouts" / "tjuda", own)
    rules = (own / "layout.toml").read_text(encoding="utf-8")
    changed = rules.replace('within = ["ul.list-group.list-fuwu"]', 'within = ["div.side"]')
    assert changed != rules
    (own / "layout.toml").write_text(changed, encoding="utf-8")
    desk.variables["PARKWATCH_SEEDS__LAYOUTS"] = str(own.parent)
    desk.run("crawl")
    [(kind, evidence)] = told(desk)
    assert (kind, evidence.partition(":")[0]) == ("drifted", Cause.OUR_LAYOUT)
    said = desk.run("layouts", "diagnose", "trick")
    assert said.returncode == 1
    assert f": no article found any more: {site.base}{LISTING}" in said.stdout


@pytest.mark.long
def test_one_listing_of_two_that_is_not_read_any_more_is_told_while_the_other_goes_on(
    desk: Desk, site: TrickSite
) -> None:
    site.serve_stories(3, 2, 1, text=TEXT)
    site.pages[OTHER] = listing(3, 1)
    site.park(desk.folder, listings=f'["{site.base}{LISTING}", "{site.base}{OTHER}"]')
    park = (desk.folder / "parks" / "trick.toml").read_text(encoding="utf-8").splitlines()
    (desk.folder / "parks" / "trick.toml").write_text("\n".join([park[0], *park[2:]]), encoding="utf-8")
    desk.must("crawl")
    site.serve_stories(4, 3, 2, 1, text=TEXT)
    site.pages[OTHER] = ok(f"<html><body><a href='/english/'>Home</a><p onclick='open(3)'>{TEXT}</p></body></html>")
    desk.run("crawl")
    [(kind, evidence)] = told(desk)
    assert kind == "drifted"
    assert evidence == f"{Cause.LISTING}: {site.base}{OTHER}: no layout finds an article in the listing"
    assert desk.changes() == [("new", "Story 4 of the park")]
    site.pages[OTHER] = listing(3, 1)
    desk.must("crawl")
    assert told(desk) == []


@pytest.mark.long
def test_what_was_wrong_with_a_listing_is_over_once_that_is_read_whatever_happens_to_an_article(
    desk: Desk, site: TrickSite
) -> None:
    site.serve_stories(3, 2, 1, text=TEXT)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = ok("<html><body><p>Back soon.</p></body></html>")
    desk.run("crawl")
    assert [kind for kind, _ in told(desk)] == ["blocked"]
    site.pages[LISTING] = listing(4, 3, 2, 1)
    site.pages[path(4)] = status(500)
    desk.run("crawl", "--recheck", "none")
    assert told(desk) == []


@pytest.mark.long
def test_a_listing_that_cannot_be_decoded_is_no_site_that_cannot_be_reached(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1, text=TEXT)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = (200, {"Content-Type": "text/html"}, bytes(range(128, 256)) * 99)
    desk.run("crawl")
    [(kind, evidence)] = told(desk)
    assert (kind, evidence.partition(":")[0]) == ("drifted", Cause.LISTING)
    assert "set 'encoding' in the park file" in evidence


@pytest.mark.long
def test_a_list_whose_links_have_another_form_is_proposed_by_the_headlines_that_they_still_have(
    desk: Desk, site: TrickSite
) -> None:
    site.serve_stories(3, 2, 1, text=TEXT)
    site.park(desk.folder)
    desk.must("crawl")
    entries = "".join(f"<li><a href='/portal/view/{4000 + n}.jsp'>Story {n} of the park</a></li>" for n in (3, 2, 1))
    site.pages[LISTING] = ok(f"<html><body><a href='/'>Home</a><ul class='neu'>{entries}</ul></body></html>")
    desk.run("crawl")
    said = desk.run("layouts", "diagnose", "trick").stdout
    assert "now:  no layout finds an article in it" in said
    assert "proposed: listing.within: 'ul.neu'" in said
    assert r"proposed: listing.articles: '/\d+\.jsp$'" in said


@pytest.mark.long
def test_articles_on_another_host_are_one_condition_and_say_the_remedy(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1, text=TEXT)
    site.park(desk.folder)
    desk.must("crawl")
    entries = "".join(f"<li><a href='http://new.example{path(n)}'>Story {n} of the park</a></li>" for n in (3, 2, 1))
    site.pages[LISTING] = ok(f"<html><body><ul class='list-group list-fuwu'>{entries}</ul></body></html>")
    desk.run("crawl")
    [(kind, evidence)] = told(desk)
    assert kind == "drifted"
    assert "3 articles that it names stand on new.example: add that to 'hosts'" in evidence
    assert "proposed: listing" not in desk.run("layouts", "diagnose", "trick").stdout


@pytest.mark.parametrize(
    ("later", "revision", "kept"),
    [(timedelta(days=6), "a", 1), (timedelta(days=7), "a", 2), (timedelta(hours=6), "b", 2)],
)
def test_a_listing_is_kept_once_a_week_and_when_other_rules_read_it(
    store: Store, later: timedelta, revision: str, kept: int
) -> None:
    url = "http://a.example/news/"
    first = Capture(url=url, captured_at=DAY_1, status=200, content=b"one")
    second = replace(first, captured_at=DAY_1 + later, content=b"two")
    with store.writing() as session:
        good_listings.keep(session, "a", url, first, revision="a")
        good_listings.keep(session, "a", url, second, revision=revision)
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(CaptureRow)) == kept
        assert good_listings.of_park(session, "a")[url].content == (b"one", b"two")[kept - 1]

"""A headline or a text that stands on every page is the site's: no article is told to have it, and it is said why."""

import shutil
from dataclasses import replace

import pytest

from crawler.seeds import BUNDLED
from crawler.shared_values import Doubt, Doubtful, HeldReadings, doubts_in
from storage.drift import Cause
from tests.builders import an_article, an_observation
from tests.conftest import Desk
from tests.tricksite import LISTING, TrickSite, listing, ok, path, status

SITE = "Committee of the trick park"
TEXT = "The park built a hall of nine hundred square meters, which will be let to makers of valves from the spring on. "
NUMBERS = (6, 5, 4, 3, 2, 1)


def page(number: int, headline: str, text: str = "") -> tuple[int, dict[str, str], bytes]:
    body = text or f"<p>{TEXT}</p><p>It is story {number}.</p>"
    return ok(
        f"<html><head><title>{headline}</title></head><body><div>Current Location:Home &gt; Park News</div>"
        f"<h4>Park News</h4><h2>{headline}</h2>{body}"
        f"<p>Release Time:2024-05-{1 + number:02d} 08:00:00</p></body></html>"
    )  # type: ignore[return-value]


@pytest.fixture
def park(desk: Desk, site: TrickSite) -> TrickSite:
    """A park with six stories on record, and a reader who knows of them."""
    site.pages[LISTING] = listing(*NUMBERS)
    site.pages |= {path(n): page(n, f"Story {n} of the park") for n in NUMBERS}
    site.park(desk.folder)
    desk.must("crawl")
    desk.must("subscribe", "a@example.org")
    return site


def told(desk: Desk) -> list[tuple[str, str]]:
    return [(row["kind"], row["evidence"]) for row in desk.rows("conditions") if not row["ended_at"]]


def headlines(desk: Desk) -> set[str]:
    return {row["headline"] for row in desk.rows("articles")}


@pytest.mark.long
def test_a_headline_that_every_page_shows_is_no_articles(desk: Desk, park: TrickSite) -> None:
    park.pages[LISTING] = listing(7, *NUMBERS)
    park.pages |= {path(n): page(n, SITE) for n in (7, *NUMBERS)}
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    evidence = f"{Cause.ARTICLES}: 7 articles have “{SITE}” as their headline, which is not theirs"
    assert told(desk) == [("drifted", evidence)]
    # A visit that asks for nothing knows nothing else, and one that meets it in a single article asks for others.
    desk.run("crawl", "--recheck", "none")
    park.pages[LISTING] = listing(8, 7, *NUMBERS)
    park.pages[path(8)] = page(8, SITE)
    desk.run("crawl", "--recheck", "none")
    assert (desk.changes(), told(desk)) == ([], [("drifted", evidence)])
    park.pages |= {path(n): page(n, f"Story {n} of the park") for n in (8, 7, *NUMBERS)}
    desk.must("crawl", "--recheck", "all")
    assert told(desk) == []
    assert sorted(desk.changes()) == [("new", "Story 7 of the park"), ("new", "Story 8 of the park")]


@pytest.mark.long
def test_a_line_that_stands_in_place_of_every_text_is_a_block_page(desk: Desk, park: TrickSite) -> None:
    line = "<p>Please fetch our app to read the whole story.</p>"
    park.pages[LISTING] = listing(7, *NUMBERS)
    park.pages |= {path(n): page(n, f"Story {n} of the park", line) for n in (7, *NUMBERS)}
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    [(kind, evidence)] = told(desk)
    assert kind == "blocked"
    assert evidence.startswith(f"{Cause.BLOCK_PAGE}: 7 articles have “Please fetch our app")
    assert headlines(desk) == {f"Story {n} of the park" for n in NUMBERS}


@pytest.mark.long
def test_what_people_do_to_a_few_articles_alike_is_told_of_each(desk: Desk, park: TrickSite) -> None:
    withdrawn = "<p>This notice has been withdrawn.</p>"
    park.pages |= {path(n): page(n, f"Story {n} of the park", withdrawn) for n in (1, 2, 3)}
    park.pages[path(4)] = page(4, "A new name for story 4")
    desk.must("crawl", "--recheck", "all")
    assert sorted(kind for kind, _ in desk.changes()) == ["edited", "edited", "edited", "retitled"]
    assert told(desk) == []


@pytest.mark.long
def test_where_the_listing_says_so_as_well_all_are_retitled(desk: Desk, park: TrickSite) -> None:
    code, headers, body = listing(*NUMBERS)  # type: ignore[misc]
    for number in NUMBERS:
        body = body.replace(f"Story {number} of the park".encode(), b"A notice withdrawn")  # type: ignore[union-attr]
    park.pages[LISTING] = (code, headers, body)
    park.pages |= {path(n): page(n, "A notice withdrawn") for n in NUMBERS}
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("retitled", "A notice withdrawn")] * 6


@pytest.mark.long
def test_new_articles_that_all_say_the_same_are_held_against_those_that_are_known(desk: Desk, park: TrickSite) -> None:
    line = "<p>Please fetch our app to read the whole story.</p>"
    park.pages[LISTING] = listing(9, 8, 7, *NUMBERS)
    park.pages |= {path(n): page(n, f"Story {n} of the park", line) for n in (9, 8, 7, *NUMBERS)}
    desk.run("crawl", "--recheck", "none")
    assert desk.changes() == []
    assert [kind for kind, _ in told(desk)] == ["blocked"]


@pytest.mark.long
def test_what_the_listing_said_in_a_visit_that_lost_the_pages_it_says_still(desk: Desk, park: TrickSite) -> None:
    code, headers, body = listing(*NUMBERS)  # type: ignore[misc]
    for number in NUMBERS:
        body = body.replace(f"Story {number} of the park".encode(), b"A notice withdrawn")  # type: ignore[union-attr]
    park.pages[LISTING] = (code, headers, body)
    park.pages |= {path(n): status(500) for n in NUMBERS}
    desk.run("crawl", "--recheck", "all")
    park.pages |= {path(n): page(n, "A notice withdrawn") for n in NUMBERS}
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == [("retitled", "A notice withdrawn")] * 6


@pytest.mark.long
def test_articles_that_move_to_pages_with_the_name_of_the_site_have_moved_and_no_more(
    desk: Desk, park: TrickSite
) -> None:
    for number in NUMBERS:
        park.pages[path(number)] = status(301, Location=path(number + 20))
        park.pages[path(number + 20)] = page(number, SITE)
    desk.run("crawl", "--recheck", "all")
    assert {kind for kind, _ in desk.changes()} == {"moved"}
    assert headlines(desk) == {f"Story {n} of the park" for n in NUMBERS}


@pytest.mark.long
def test_those_that_answered_are_counted_once(desk: Desk, park: TrickSite) -> None:
    """Four of six show the name of the site; the two others are as they were."""
    park.pages |= {path(n): page(n, SITE) for n in (1, 2, 3, 4)}
    desk.run("crawl", "--recheck", "all")
    assert (desk.changes(), [kind for kind, _ in told(desk)]) == ([], ["drifted"])


@pytest.mark.long
def test_a_damaged_article_does_not_cost_a_visit_its_end(desk: Desk, park: TrickSite) -> None:
    desk.sql("UPDATE versions SET body = 'not json' WHERE headline = 'Story 1 of the park'")
    park.pages[LISTING] = ok(f"<html><body><a href='/'>Home</a><p onclick='open(3)'>{TEXT}</p></body></html>")
    assert "no layout finds an article in the listing" in desk.fails("crawl", "--recheck", "none")
    assert [kind for kind, _ in told(desk)] == ["drifted"]


@pytest.mark.long
def test_a_rule_of_ours_that_reads_less_than_half_is_not_followed_unless_a_person_says_so(
    desk: Desk, park: TrickSite
) -> None:
    own = desk.folder / "layouts" / "tjuda"
    shutil.copytree(BUNDLED / "layouts" / "tjuda", own)
    rules = (own / "layout.toml").read_text(encoding="utf-8")
    (own / "layout.toml").write_text(rules.replace("drop = [", "drop = [\n    '^The park built',"), encoding="utf-8")
    desk.variables["PARKWATCH_SEEDS__LAYOUTS"] = str(own.parent)
    before = {row["url"]: row["body"] for row in desk.rows("articles")}
    desk.run("crawl", "--recheck", "all")
    assert {row["url"]: row["body"] for row in desk.rows("articles")} == before
    [(kind, evidence)] = told(desk)
    assert (kind, evidence.partition(":")[0]) == ("drifted", Cause.OUR_LAYOUT)
    assert "6 articles lose more than half of their text by today's rules" in evidence
    desk.must("reextract", "--accept")
    desk.must("crawl", "--recheck", "all")
    assert (told(desk), desk.changes()) == ([], [])
    assert {row["body"] for row in desk.rows("articles")} == {f"It is story {n}." for n in NUMBERS}


def test_a_headline_is_in_doubt_where_neither_record_nor_listing_have_it() -> None:
    known = an_article(headline="Weir rebuilt")
    assert doubts_in(known, known, "A new name for the weir") == ()
    assert doubts_in(an_article(headline="Weir rebuilt at last", body=("x" * 300,)), None, "Weir rebuilt at…") == ()
    [name] = doubts_in(an_article(headline="Weir"), known, "Weir rebuilt")
    assert name.value == "Weir"
    [doubt] = doubts_in(an_article(headline="The park"), known, "Weir rebuilt")
    assert (doubt.field, doubt.value, doubt.story, doubt.counts) == ("headline", "The park", "Weir rebuilt", True)


def test_a_text_is_in_doubt_where_nothing_is_left_of_the_one_before_and_little_stands_there() -> None:
    known = an_article(body=("One.", "Two."))
    assert doubts_in(replace(known, body=("One.",)), known, known.headline) == ()
    assert doubts_in(replace(known, body=("x" * 300,)), known, known.headline) == ()
    [doubt] = doubts_in(replace(known, body=("Three.",)), known, known.headline)
    assert (doubt.field, doubt.counts) == ("body", True)
    [doubt] = doubts_in(replace(known, body=("Three.",)), None, known.headline)
    assert not doubt.counts


@pytest.mark.parametrize(("stories", "read", "refused"), [(4, 6, 4), (3, 4, 0), (4, 7, 0), (8, 12, 8)])
def test_four_stories_and_two_in_three_of_those_that_answered_make_it_the_sites(
    stories: int, read: int, refused: int
) -> None:
    held = HeldReadings()
    for number in range(stories):
        doubt = Doubt(field="headline", value="The park", story=f"Story {number}", is_known=True)
        found = an_observation(f"doc:{number}")
        held.hold(Doubtful(observation=found, doubts=(doubt,), article_id=number, key=found.key))
    believed, left_out = held.decide(read=read, known=read)
    assert (len(left_out), len(believed)) == (refused, stories - refused)

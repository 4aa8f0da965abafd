"""When a site is redesigned, that is told on the same day, with its cause, and nothing false reaches a reader."""

import re
import shutil
import sqlite3
from contextlib import closing

import pytest

from crawler.seeds import BUNDLED
from storage.drift import Cause, Shift, UnreadPage, cause_of, dates_lost, shifts
from storage.records import Capture
from tests.builders import DAY_1
from tests.conftest import Desk
from tests.tricksite import LISTING, Page, TrickSite, listing, ok, path

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

TEXT = "The park built a hall of nine hundred square meters, which will be let to makers of valves from the spring on. "


NAMES = ("Anchor", "Basin", "Crane", "Dock", "Engine", "Ferry", "Gangway")


def redesigned(number: int) -> Page:
    """The same story in another template: no landmark of the old one is left."""
    name = NAMES[number - 1]
    return ok(
        f"<html><body><div class='crumb'>Start / News</div><div class='kopf'>Story {number} of the park</div>"
        f"<div class='inhalt'><p>{TEXT}</p><p>It is story {number}.</p><p>{TEXT} {name} and company said so.</p></div>"
        f"<div class='zeit'>2024-05-{1 + number:02} 08:00:00</div></body></html>"
    )


@pytest.fixture
def park(desk: Desk, site: TrickSite) -> TrickSite:
    """A park with six stories on record, and a reader who knows of them."""
    site.serve_stories(6, 5, 4, 3, 2, 1, text=TEXT)
    site.park(desk.folder)
    desk.must("crawl")
    desk.must("subscribe", "a@example.org")
    return site


def redesign(site: TrickSite, *numbers: int) -> None:
    site.pages[LISTING] = listing(*numbers)
    site.pages |= {path(number): redesigned(number) for number in numbers}


def told(desk: Desk) -> list[tuple[str, str]]:
    return [(row["kind"], row["evidence"]) for row in desk.rows("conditions") if not row["ended_at"]]


def test_a_redesign_that_cannot_be_read_is_a_condition_and_no_change(desk: Desk, park: TrickSite) -> None:
    redesign(park, 7, 6, 5, 4, 3, 2, 1)
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    [(kind, evidence)] = told(desk)
    assert kind == "drifted"
    assert evidence.startswith("the site changed the template of its articles: ")
    desk.must("digest", "--preview", "-o", "digest.html")
    assert "the site changed the template of its articles" in (desk.folder / "digest.html").read_text(encoding="utf-8")


def test_one_new_article_in_a_new_template_is_enough_to_notice(desk: Desk, park: TrickSite) -> None:
    redesign(park, 7, 6, 5, 4, 3, 2, 1)
    desk.run("crawl", "--recheck", "none")
    assert [kind for kind, _ in told(desk)] == ["drifted"]
    assert desk.changes() == []


def test_one_odd_page_among_good_ones_is_no_drift(desk: Desk, park: TrickSite) -> None:
    park.pages[LISTING] = listing(7, 6, 5, 4, 3, 2, 1)
    park.pages[path(7)] = redesigned(7)
    desk.run("crawl", "--recheck", "none")
    assert told(desk) == []


def test_the_condition_lasts_until_an_article_is_read_again(desk: Desk, park: TrickSite) -> None:
    redesign(park, 7, 6, 5, 4, 3, 2, 1)
    desk.run("crawl", "--recheck", "all")
    desk.run("crawl", "--recheck", "none")
    assert [kind for kind, _ in told(desk)] == ["drifted"]
    park.serve_stories(7, 6, 5, 4, 3, 2, 1, text=TEXT)
    desk.run("crawl", "--recheck", "all")
    assert told(desk) == []
    assert desk.changes() == [("new", "Story 7 of the park")]


def test_diagnose_shows_the_evidence_and_proposes_locators(desk: Desk, park: TrickSite) -> None:
    assert "no sign of drift" in desk.must("layouts", "diagnose", "trick")
    redesign(park, 6, 5, 4, 3, 2, 1)
    desk.run("crawl", "--recheck", "all")
    park.asked.clear()
    done = desk.run("layouts", "diagnose", "trick")
    assert done.returncode == 1
    assert "5 of the 5 last good articles as they are on record" in done.stdout
    assert "drifted since" in done.stdout
    assert "proposed: headline locator: { selector = 'div.kopf' }" in done.stdout
    assert "proposed: date_published locator: { selector = 'div.zeit' }" in done.stdout
    assert "proposed: body locator: { selector = 'div.inhalt' }" in done.stdout
    assert not park.asked


def test_a_layout_that_we_broke_ourselves_is_not_blamed_on_the_site(desk: Desk, park: TrickSite) -> None:
    own = desk.folder / "layouts" / "tjuda"
    shutil.copytree(BUNDLED / "layouts" / "tjuda", own)
    rules = (own / "layout.toml").read_text(encoding="utf-8")
    (own / "layout.toml").write_text(rules.replace("Release Time", "Time of release"), encoding="utf-8")
    desk.variables["PARKWATCH_SEEDS__LAYOUTS"] = str(own.parent)
    desk.run("crawl", "--recheck", "all")
    [(kind, evidence)] = told(desk)
    assert (kind, evidence.partition(":")[0]) == ("drifted", Cause.OUR_LAYOUT)
    assert "0 of the 5 last good articles" in desk.run("layouts", "diagnose", "trick").stdout


def test_a_rule_of_ours_that_knows_no_address_any_more_is_not_blamed_on_the_site(desk: Desk, park: TrickSite) -> None:
    own = desk.folder / "layouts" / "tjuda"
    shutil.copytree(BUNDLED / "layouts" / "tjuda", own)
    rules = (own / "layout.toml").read_text(encoding="utf-8")
    changed = re.sub(r"(?ms)^\[listing\]\narticles = \[.*?\]", "[listing]\narticles = ['/stories/']", rules)
    assert changed != rules
    (own / "layout.toml").write_text(changed, encoding="utf-8")
    desk.variables["PARKWATCH_SEEDS__LAYOUTS"] = str(own.parent)
    desk.run("crawl", "--recheck", "all")
    [(kind, evidence)] = told(desk)
    assert (kind, evidence.partition(":")[0]) == ("drifted", Cause.OUR_LAYOUT)


def test_a_word_of_comfort_at_every_address_is_a_block_page(desk: Desk, park: TrickSite) -> None:
    park.pages = {LISTING: ok("<html><body><p>We are painting the shop and are back on Monday.</p></body></html>")}
    park.elsewhere = park.pages[LISTING]
    desk.run("crawl", "--recheck", "all")
    [(kind, evidence)] = told(desk)
    assert (kind, evidence.partition(":")[0]) == ("blocked", Cause.BLOCK_PAGE)
    assert desk.changes() == []


def test_dates_that_nothing_finds_any_more_are_a_condition_until_one_is_found(desk: Desk, site: TrickSite) -> None:
    def serve(*numbers: int, dated: bool) -> None:
        entries = "".join(f'<li><a href="/news/{n}.html">Story {n} of the park</a></li>' for n in numbers)
        site.pages[LISTING] = ok(f"<html><body><ul>{entries}</ul></body></html>")
        for n in numbers:
            stamp = f"<p>Published: 2024-05-0{n}</p>" if dated else ""
            site.pages[f"/news/{n}.html"] = ok(
                f"<html><body><h1>Story {n} of the park</h1>{stamp}<p>{TEXT}</p><p>{TEXT} {n}</p></body></html>"
            )

    serve(6, 5, 4, 3, 2, 1, dated=True)
    site.park(desk.folder, layouts='["general"]')
    desk.must("crawl")
    serve(7, 6, 5, 4, 3, 2, 1, dated=False)
    desk.must("crawl", "--recheck", "all")
    assert told(desk) == [("drifted", "no date is found on 7 articles; one was found on 100% of those before")]
    for recheck in ("none", "all", "all"):
        desk.must("crawl", "--recheck", recheck)
        assert [kind for kind, _ in told(desk)] == ["drifted"]
    serve(7, 6, 5, 4, 3, 2, 1, dated=True)
    desk.must("crawl", "--recheck", "all")
    assert told(desk) == []


@pytest.mark.parametrize(
    ("now", "before", "is_told"),
    [
        ({"-": 3}, {"a": 20}, True),
        ({"-": 3}, {"a": 15, "b": 5}, True),
        ({"-": 2}, {"a": 20}, False),
        ({"-": 9, "a": 1}, {"a": 20}, False),
        ({"-": 3}, {"a": 4}, False),
        ({"-": 3}, {"a": 41, "-": 9}, False),
    ],
)
def test_a_few_pages_without_a_date_are_no_condition(
    now: dict[str, int], before: dict[str, int], *, is_told: bool
) -> None:
    counts = [{("date_published", way): many for way, many in each.items()} for each in (now, before)]
    assert (dates_lost(*counts) is not None) == is_told


def test_one_shell_for_every_address_is_a_block_page(desk: Desk, park: TrickSite) -> None:
    for number in range(1, 7):
        park.pages[path(number)] = ok(f"<html><body><div>Loading {number}</div></body></html>")
    desk.run("crawl", "--recheck", "all")
    [(kind, evidence)] = told(desk)
    assert (kind, evidence.partition(":")[0]) == ("blocked", Cause.BLOCK_PAGE)
    assert desk.changes() == []


def test_a_block_page_lasts_until_an_article_is_read_again_and_is_kept_once(desk: Desk, park: TrickSite) -> None:
    for number in range(1, 7):
        park.pages[path(number)] = ok(f"<html><body><div>Loading {number}</div></body></html>")
    park.pages[LISTING] = listing(7, 6, 5, 4, 3, 2, 1)
    park.pages[path(7)] = ok("<html><body><div>Loading 7</div></body></html>")
    for recheck in ("all", "none", "all"):
        desk.run("crawl", "--recheck", recheck)
        assert [kind for kind, _ in told(desk)] == ["blocked"]
    with closing(sqlite3.connect(desk.folder / "parkwatch.db")) as store:
        assert store.execute("SELECT count(*) FROM visit_evidence").fetchone() == (3,)


def test_a_listing_in_a_new_form_is_named_as_such(desk: Desk, park: TrickSite) -> None:
    rows = "".join(f"<p onclick='open({n})'>Story {n}: {TEXT}</p>" for n in range(1, 7))
    park.pages[LISTING] = ok(f"<html><body>{rows}</body></html>")
    desk.run("crawl")
    [(kind, evidence)] = told(desk)
    assert (kind, evidence.partition(":")[0]) == ("drifted", Cause.LISTING)


def test_falling_back_is_a_warning_in_status_before_it_is_a_failure(desk: Desk, park: TrickSite) -> None:
    for number in range(1, 7):
        code, headers, body = park.pages[path(number)]  # type: ignore[misc]
        park.pages[path(number)] = (
            code,
            headers,
            body.replace(b"Current Location", b"You are here").replace(b"h2>", b"h1>"),
        )  # type: ignore[union-attr]
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []
    status = desk.must("status")
    assert "headline is found by selector:h1 in 6 readings; it was after:" in status
    assert "parkwatch layouts diagnose trick" in status
    assert told(desk) == []


def counts(**locators: int) -> dict[tuple[str, str], int]:
    return {("headline", name): number for name, number in locators.items()}


@pytest.mark.parametrize(
    ("now", "past", "fallen"),
    [
        ({"meta": 9}, {"meta": 90}, False),
        ({"h1": 9}, {"meta": 90}, True),
        ({"h1": 9, "meta": 1}, {"meta": 90, "h1": 5}, True),
        ({"h1": 5, "meta": 5}, {"meta": 90}, False),
        ({"h1": 1}, {"meta": 90}, False),
        ({"h1": 2}, {"meta": 90}, True),
        ({"h1": 2}, {"meta": 85, "h1": 15}, False),
        ({"h1": 1, "meta": 1}, {"meta": 90}, False),
        ({"h1": 9}, {"meta": 4}, False),
        ({"h1": 9}, {"meta": 50, "h2": 50}, True),
        ({"h2": 9}, {"meta": 50, "h2": 50}, False),
        ({"h1": 9}, {"meta": 50, "h2": 15, "h3": 15, "h4": 15}, False),
        ({"meta": 9}, {"-": 90}, False),
    ],
)
def test_a_habit_is_lost_only_where_there_was_one(now: dict[str, int], past: dict[str, int], fallen: bool) -> None:
    assert bool(shifts(counts(**now), counts(**past), {"meta", "h1", "h2"})) is fallen


def test_a_locator_that_a_person_has_taken_out_is_no_lost_habit() -> None:
    assert shifts(counts(h1=9), counts(meta=90), {"h1"}) == []
    assert shifts(counts(**{"-": 9}), counts(meta=90), {"h1"}) != []


def test_where_pages_of_several_eras_are_read_in_several_ways_all_of_them_are_the_habit() -> None:
    eras = counts(one=36, two=36, three=28)
    [shift] = shifts(counts(densest=15), eras, {"one", "two", "three"})
    assert (shift.now, shift.usual_share) == ("densest", 1.0)
    assert shifts(counts(three=15), eras, {"one"}) == []
    assert shifts(counts(densest=15), counts(one=70, densest=15, two=15), {"one"}) == []


def test_a_field_that_nothing_finds_any_more_is_lost() -> None:
    [shift] = shifts(counts(**{"-": 9}), counts(meta=90), {"meta"})
    assert shift == Shift(field="headline", usual="meta", usual_share=1.0, past_readings=90, now="-", readings=9)
    assert shift.is_lost


def page(length: int = 2000, fingerprint: str = "a", *, has_headline: bool = False) -> UnreadPage:
    capture = Capture(url="http://a.example/1", captured_at=DAY_1, status=200)
    return UnreadPage(capture=capture, reason="", length=length, fingerprint=fingerprint, has_headline=has_headline)


@pytest.mark.parametrize(
    ("pages", "listing_is_read", "replays", "cause"),
    [
        ([page(), page(fingerprint="b")], True, [True, True], Cause.ARTICLES),
        ([page(), page(fingerprint="b")], True, [False, False, True], Cause.OUR_LAYOUT),
        ([page()], False, [True], Cause.LISTING),
        ([page(), page()], True, [True], Cause.BLOCK_PAGE),
        ([page(9), page(9, "b")], False, [True], Cause.BLOCK_PAGE),
        ([page(9), page(2000, "b")], True, [], Cause.ARTICLES),
        ([page(9, has_headline=True), page(9, has_headline=True)], True, [True], Cause.ARTICLES),
    ],
)
def test_the_cause_follows_from_what_is_seen_and_what_is_stored(
    pages: list[UnreadPage], listing_is_read: bool, replays: list[bool], cause: Cause
) -> None:
    assert cause_of(pages, listing_is_read=listing_is_read, replays=replays) is cause


def regional(number: int, frame: tuple[str, str], container: str, text: str = TEXT) -> Page:
    before, behind = (f"<p>{line}</p>" if line else "" for line in frame)
    said = f"Hall {number} of the zone opens"
    return ok(
        f"<html><head><title>{said}</title></head><body><h1>{said}</h1>"
        f"<div>Updated: 2024-05-{number:02}</div><div {container}>{before}<p>{text}</p><p>It is hall {number}.</p>"
        f"<p>{text} {NAMES[number - 1]} and company said so.</p>{behind}</div></body></html>"
    )


def regional_park(desk: Desk, site: TrickSite, containers: dict[int, str]) -> None:
    """A park of which every article stands in the container that is named for it."""
    numbers = sorted(containers, reverse=True)
    news = "".join(f'<li><a href="/2024-05/0{n}/c_{n}.htm">Hall {n} of the zone opens</a></li>' for n in numbers)
    site.pages["/news.html"] = ok(f"<html><body><ul>{news}</ul></body></html>")
    park = f'name = "Regional"\nlistings = ["{site.base}/news.html"]\nlayouts = ["chinadaily_regional"]\n'
    (desk.folder / "parks" / "regional.toml").write_text(park, encoding="utf-8")
    site.pages |= {f"/2024-05/0{n}/c_{n}.htm": regional(n, ("", ""), containers[n]) for n in numbers}


def test_where_a_park_falls_back_a_locator_is_proposed_off_the_pages_that_did(desk: Desk, site: TrickSite) -> None:
    old = dict.fromkeys(range(1, 6), "id='Content'")
    regional_park(desk, site, old)
    desk.must("crawl")
    regional_park(desk, site, old | dict.fromkeys((6, 7), "class='inhalt'"))
    desk.must("crawl", "--recheck", "none")
    assert "body is found by densest in 2 readings" in desk.run("status").stdout
    said = desk.run("layouts", "diagnose", "regional").stdout
    assert f"as on {site.base}/2024-05/0" in said
    assert "proposed: body locator: { selector = 'div.inhalt' }" in said


def test_what_a_redesign_puts_around_every_text_is_no_edit(desk: Desk, site: TrickSite) -> None:
    numbers = (4, 3, 2, 1)
    regional_park(desk, site, dict.fromkeys(numbers, "id='Content'"))
    desk.must("crawl")
    frame = (
        "Welcome to the zone, where halls are built for those who build.",
        "The zone thanks all who read its news.",
    )
    site.pages |= {f"/2024-05/0{n}/c_{n}.htm": regional(n, frame, "class='inhalt'") for n in numbers}
    # One text has changed as well.
    edited = TEXT.replace("a", "o", 1)
    site.pages["/2024-05/02/c_2.htm"] = regional(2, frame, "class='inhalt'", edited)
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Hall 2 of the zone opens")]
    desk.must("crawl", "--recheck", "all")
    assert len(desk.changes()) == 1
    desk.must("verify")


def test_a_paragraph_that_a_redesign_moves_beside_the_text_is_no_edit(desk: Desk, site: TrickSite) -> None:
    numbers = (4, 3, 2, 1)
    lead = "Halls are what the zone is built of, and this is the story of one of them."
    regional_park(desk, site, dict.fromkeys(numbers, "id='Content'"))
    site.pages |= {f"/2024-05/0{n}/c_{n}.htm": regional(n, (lead, ""), "id='Content'") for n in numbers}
    desk.must("crawl")
    for number in numbers:
        code, headers, content = regional(number, ("", ""), "class='inhalt'")  # type: ignore[misc]
        content = content.replace(b"<h1>", f"<div class='lead'><i>{lead}</i></div><h1>".encode())
        site.pages[f"/2024-05/0{number}/c_{number}.htm"] = (code, headers, content)
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []

"""What a site does to all its pages at once is no edit of any of them: it is held back, and told as what it is."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from crawler import alike
from crawler.alike import Edit, HeldEdits, Mark, marks_of
from crawler.book import VisitBook
from crawler.items import ObservedItem
from crawler.pipelines import StorePipeline
from crawler.spiders.park import ParkSpider
from storage.database import Store
from storage.records import ArticleFields
from tests.builders import DAY_1, a_park, an_observation
from tests.conftest import Desk
from tests.tricksite import LISTING, TrickSite, article, listing, ok, path

BANNER = "Our pages use cookies to count the visitors of the park."
NUMBERS = (6, 5, 4, 3, 2, 1)


@pytest.fixture
def park(desk: Desk, site: TrickSite) -> TrickSite:
    """A park with six stories on record."""
    site.serve_stories(*NUMBERS)
    site.park(desk.folder)
    desk.must("crawl")
    return site


def told(desk: Desk) -> list[str]:
    return [row["evidence"] for row in desk.rows("conditions") if row["kind"] == "drifted" and not row["ended_at"]]


def put(site: TrickSite, number: int, old: str, new: str) -> None:
    answer = site.pages[path(number)]
    assert not callable(answer)
    body = answer[2].decode()
    assert old in body
    site.pages[path(number)] = ok(body.replace(old, new))


def with_banner(site: TrickSite) -> None:
    for number in NUMBERS:
        put(site, number, f"<p>It is story {number}.</p>", f"<p>It is story {number}.</p><p>{BANNER}</p>")


def test_a_line_that_comes_into_every_text_is_no_edit_and_an_edit_beside_it_is(desk: Desk, park: TrickSite) -> None:
    with_banner(park)
    put(park, 3, f"<p>{BANNER}</p>", "")
    put(park, 3, "a hall", "two halls")
    done = desk.run("crawl", "--recheck", "all")
    assert done.returncode == 1
    assert desk.changes() == [("edited", "Story 3 of the park")]
    assert told(desk) == [f"the site changed the template of its articles: 5 articles changed alike: body “{BANNER}”"]
    assert desk.run("layouts", "diagnose", "trick").returncode == 1


def test_one_of_them_seen_alone_later_is_no_edit_either_and_the_condition_ends_with_the_line(
    desk: Desk, park: TrickSite
) -> None:
    with_banner(park)
    desk.run("crawl", "--recheck", "all")
    desk.run("crawl", "--recheck", "none")
    assert len(told(desk)) == 1
    for number in NUMBERS[1:]:
        park.pages[path(number)] = article(number)
    desk.run("crawl", "--recheck", "all")
    assert (desk.changes(), len(told(desk))) == ([], 1)
    park.pages[path(6)] = article(6)
    desk.must("crawl", "--recheck", "all")
    assert (desk.changes(), told(desk)) == ([], [])


def test_a_headline_that_many_pages_share_and_no_listing_has_is_none(desk: Desk, park: TrickSite) -> None:
    park.pages[LISTING] = listing(9, 8, 7, *NUMBERS)
    for number in (9, 8, 7):
        park.pages[path(number)] = article(number)
    for number in (9, 8, 7, *NUMBERS):
        put(park, number, f"Story {number} of the park", "The park for makers of valves")
    desk.run("crawl", "--recheck", "none")
    assert desk.changes() == []
    assert "3 articles changed alike: headline “The park for makers of valves”" in told(desk)[0]


def test_edits_that_differ_are_told_however_many_there_are(desk: Desk, park: TrickSite) -> None:
    for number in NUMBERS:
        put(park, number, "a hall", f"{number} halls")
    desk.must("crawl", "--recheck", "all")
    assert sorted(desk.changes()) == [("edited", f"Story {number} of the park") for number in sorted(NUMBERS)]
    assert told(desk) == []


def test_what_was_held_back_is_written_beside_a_page_that_fails(desk: Desk, park: TrickSite) -> None:
    put(park, 5, "a hall", "five halls")
    park.pages[path(1)] = lambda _: None
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Story 5 of the park")]


STORY = ArticleFields(
    headline="Weir rebuilt", date_published="2024-05-01", source="Ferry Paper", body=("One.", "Two."), in_language="en"
)


@pytest.mark.parametrize(
    ("read", "listed", "marks"),
    [
        ({}, None, set()),
        ({"headline": "Ferry Park"}, None, {Mark(field="headline", text="Ferry Park")}),
        ({"headline": "Weir rebuilt twice"}, "Weir rebuilt tw…", set()),
        ({"source": "Another"}, None, {Mark(field="source", text="Another")}),
        ({"body": ("One.", "Two.", "Three.")}, None, {Mark(field="body", text="Three.")}),
        ({"body": ("One.", "2.")}, None, {Mark(field="body", text="2.")}),
        ({"body": ("One.",)}, None, {Mark(field="body", text="Two.", is_gone=True)}),
        ({"date_published": "2024-06-01"}, None, {Mark(field="date_published", text="2024-06-01")}),
        ({"date_published": "2024-06-01", "body": ("1.", "Two.")}, None, {Mark(field="body", text="1.")}),
    ],
)
def test_what_an_edit_brings(read: dict[str, str], listed: str | None, marks: set[Mark]) -> None:
    assert marks_of(STORY, replace(STORY, **read), listed) == marks  # type: ignore[arg-type]


def test_a_new_article_is_held_back_only_for_a_headline_that_its_listing_denies() -> None:
    assert marks_of(None, STORY, "Weir reb…") == marks_of(None, STORY, None) == set()
    assert marks_of(None, STORY, "Another story") == {Mark(field="headline", text="Weir rebuilt")}


@pytest.mark.parametrize(
    ("edits", "answered", "before", "dropped"),
    [
        (["a", "a", "a"], 6, "", 3),
        (["a", "a", "a"], 7, "", 0),
        (["a", "a"], 2, "", 0),
        (["a", "a", "a", "ab"], 4, "", 3),
        (["a"], 30, "earlier body “a”", 1),
    ],
    ids=["half", "less than half", "two", "one that says more", "told before"],
)
def test_how_many_are_too_many(edits: list[str], answered: int, before: str, dropped: int) -> None:
    held = HeldEdits()
    for number, lines in enumerate(edits):
        marks = frozenset(Mark(field="body", text=line) for line in lines)
        held.hold(Edit(observation=an_observation(f"doc:{number}"), marks=marks, story=f"Story {number}"))
    believed, others = held.decide(answered, before)
    assert (len(believed), len(others), held.is_empty) == (len(edits) - dropped, dropped, True)


def test_copies_of_one_story_are_edited_alike_by_its_people() -> None:
    held, marks = HeldEdits(), frozenset({Mark(field="body", text="Three.")})
    for number in range(3):
        held.hold(Edit(observation=an_observation(f"doc:{number}"), marks=marks, story="Weir rebuilt"))
    believed, others = held.decide(3, "")
    assert (len(believed), len(others)) == (3, 0)


def test_no_more_is_held_back_than_a_process_can_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    held, marks = HeldEdits(), frozenset({Mark(field="body", text="Three.")})
    edit = Edit(observation=an_observation("doc:1"), marks=marks, story="Weir rebuilt")
    monkeypatch.setattr(alike, "_MOST_BYTES", sum(len(each.content) for each in edit.observation.captures))
    held.hold(edit)
    assert not held.is_full
    held.hold(edit)
    assert held.is_full
    held.decide(2, "")
    assert not held.is_full


def test_what_is_too_much_to_be_held_back_is_written_before_the_visit_ends(
    file_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Spider(ParkSpider):
        park = a_park("eastgate")

    monkeypatch.setattr(alike, "_MOST_BYTES", 0)
    spider = Spider("eastgate")
    spider.book = VisitBook(file_store.url, Spider.park, kind="visit")
    spider.book.begin(DAY_1)
    pipeline = StorePipeline(SimpleNamespace(spider=spider))  # type: ignore[arg-type]
    found = an_observation("doc:1")
    edit = Edit(observation=found, marks=frozenset({Mark(field="body", text="Three.")}), story="Weir rebuilt")
    asyncio.run(pipeline.process_item(ObservedItem.observed(found, edit)))
    assert spider.held.is_empty
    assert spider.book.find("doc:1") is not None
    spider.book.close()

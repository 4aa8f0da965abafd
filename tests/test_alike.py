"""What a site puts into all its texts at once is no edit of any of them: it is told once, as what it is."""

import asyncio
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from crawler import alike
from crawler.alike import Edit, HeldEdits, follows_design, headline_in, in_words, lines_between, restyled
from crawler.book import VisitBook
from crawler.items import ObservedItem
from crawler.pipelines import StorePipeline
from crawler.spiders.park import ParkSpider
from storage.database import Store
from storage.records import ArticleFields
from tests.builders import DAY_1, a_park, an_observation
from tests.conftest import Desk
from tests.tricksite import LISTING, TrickSite, article, listing, ok, path, status

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
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Story 3 of the park")]
    [condition] = desk.rows("conditions")
    assert condition["evidence"] == (
        f"the same lines came into or went out of many texts at once, which is no edit of theirs: 5, “{BANNER}”"
    )
    desk.must("verify")


@pytest.mark.long
def test_what_the_people_of_a_site_write_afterwards_is_told_and_the_condition_is_over(
    desk: Desk, park: TrickSite
) -> None:
    with_banner(park)
    desk.must("crawl", "--recheck", "all")
    put(park, 2, "a hall", "two halls")
    desk.must("crawl", "--recheck", "all")
    assert (desk.changes(), told(desk)) == ([("edited", "Story 2 of the park")], [])
    for number in NUMBERS:
        put(park, number, f"<p>{BANNER}</p>", "")
    desk.must("crawl", "--recheck", "all")
    assert (desk.changes(), len(told(desk))) == ([("edited", "Story 2 of the park")], 1)


def test_a_line_that_comes_into_half_of_the_texts_is_an_edit_of_each(desk: Desk, park: TrickSite) -> None:
    for number in (1, 2, 3):
        put(park, number, "a hall.</p>", "a hall.</p><p>The deadline is extended to the last of June.</p>")
    desk.must("crawl", "--recheck", "all")
    assert sorted(desk.changes()) == [("edited", f"Story {number} of the park") for number in (1, 2, 3)]


def test_edits_that_differ_are_told_however_many_there_are(desk: Desk, park: TrickSite) -> None:
    for number in NUMBERS:
        put(park, number, "a hall.</p>", f"a hall.</p><p>It has {number} doors.</p>")
    desk.must("crawl", "--recheck", "all")
    assert sorted(desk.changes()) == [("edited", f"Story {number} of the park") for number in sorted(NUMBERS)]
    assert desk.rows("conditions") == []


def test_an_article_that_comes_back_with_the_line_has_come_back(desk: Desk, park: TrickSite) -> None:
    content = park.pages[path(6)]
    park.pages[path(6)] = status(404)
    desk.run("crawl", "--recheck", "all")
    park.pages[path(6)] = content
    with_banner(park)
    park.pages[LISTING] = listing(*NUMBERS[:-1])
    desk.sql("UPDATE articles SET next_check_at = '2024-01-01 00:00:00.000000'")
    desk.run("crawl", "--recheck", "all")
    kinds = [kind for kind, _ in desk.changes()]
    assert sorted(kinds) == ["edited", "removed", "restored", "unlisted"]


def test_one_that_cannot_be_written_costs_neither_the_others_nor_the_visits_end(desk: Desk, park: TrickSite) -> None:
    for number in NUMBERS:
        put(park, number, "a hall.</p>", f"a hall.</p><p>It has {number} doors.</p>")
    desk.sql(
        "CREATE TRIGGER poison BEFORE INSERT ON versions WHEN new.headline LIKE 'Story 3%' "
        "BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    said = desk.fails("crawl", "--recheck", "all")
    assert "no room" in said
    assert len(desk.changes()) == len(NUMBERS) - 1


@pytest.mark.long
def test_a_visit_that_was_no_whole_one_leaves_what_many_texts_have_in_common_to_the_next(
    desk: Desk, park: TrickSite
) -> None:
    with_banner(park)
    desk.variables["PARKWATCH_CRAWL__DEADLINE"] = "10"
    park.pages[path(1)] = lambda _: time.sleep(30)
    desk.fails("crawl", "--recheck", "all")
    assert (desk.changes(), told(desk)) == ([], [])
    del desk.variables["PARKWATCH_CRAWL__DEADLINE"]
    park.pages[path(1)] = article(1)
    desk.run("crawl", "--recheck", "all")
    assert (desk.changes(), len(told(desk))) == ([], 1)


STORY = ArticleFields(
    headline="Weir rebuilt", date_published="2024-05-01", source="Ferry Paper", body=("One.", "Two."), in_language="en"
)


@pytest.mark.parametrize(
    ("read", "lines"),
    [
        ({}, ()),
        ({"body": ("One.", "Two.", "Three.")}, ("Three.",)),
        ({"body": ("One.",)}, ("Two.",)),
        ({"body": ("One.", "2.")}, ()),
        ({"body": ("One.", "Two.", "Three."), "headline": "Weir rebuilt twice"}, ()),
        ({"body": ("One.", "Two.", "Three."), "date_published": "2024-06-01"}, ()),
        ({"headline": "Weir rebuilt twice"}, ()),
    ],
)
def test_only_lines_that_came_or_went_may_be_the_sites(read: dict[str, str], lines: tuple[str, ...]) -> None:
    assert lines_between(STORY, replace(STORY, **read)) == lines  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("read", "lines"),
    [
        ({"source": "Ferry Press Group"}, ("Source: Ferry Press Group",)),
        ({"source": None}, ()),
        ({"source": "Ferry Press Group", "headline": "WEIR REBUILT"}, ()),
        ({"headline": "WEIR REBUILT"}, ("HEADLINES IN CAPITALS",)),
        ({"headline": "weir rebuilt"}, ("headlines in small letters",)),
        ({"headline": "Weir repaired"}, ()),
        ({"headline": "Weir"}, ()),
    ],
)
def test_what_a_template_writes_otherwise_in_all_of_them_may_be_the_sites(
    read: dict[str, Any], lines: tuple[str, ...]
) -> None:
    assert restyled(STORY, replace(STORY, **read)) == lines


def test_a_source_that_all_have_got_is_the_sites_and_one_that_one_has_got_is_its_own() -> None:
    edits = held(*[("Source: Ferry Press Group",)] * 4, ("Source: Valve Herald",))  # type: ignore[arg-type]
    written, designed = edits.decide(5)
    assert [observation.is_by_design for observation in written] == [True] * 4 + [False]
    assert in_words(designed) == "4, “Source: Ferry Press Group”"


def held(*edits: str, story: str = "Story {}") -> HeldEdits:
    found = HeldEdits()
    for number, lines in enumerate(edits):
        observation = an_observation(f"doc:{number}")
        found.hold(Edit(observation=observation, lines=tuple(lines), story=story.format(number)))
    return found


@pytest.mark.parametrize(
    ("edits", "answered", "alike"),
    [
        (["a", "a", "a", "a"], 6, 4),
        (["a", "a", "a", "a"], 7, 0),
        (["a", "a", "a"], 3, 0),
        (["a", "a", "a", "a", "ab"], 6, 4),
    ],
    ids=["two in three", "less", "too few", "one that says more"],
)
def test_how_many_are_too_many(edits: list[str], answered: int, alike: int) -> None:
    edits_held = held(*edits)
    written, designed = edits_held.decide(answered)
    assert (len(written), len(designed), edits_held.decide(9)) == (len(edits), alike, ([], []))
    assert [each.is_by_design for each in written].count(True) == alike


def test_a_visit_that_is_stopped_leaves_what_several_texts_have_in_common_to_the_next() -> None:
    written, designed = held("a", "ab", "a", "c").decide(None)
    assert ([observation.key for observation in written], designed) == (["doc:1", "doc:3"], [])


@pytest.mark.parametrize(
    ("lines", "told", "texts", "follows"),
    [
        ("a", "6, “a”", ["xa"] * 4, True),
        ("a", "6, “a”", ["xa"] * 3, False),  # the site has taken it back since
        ("b", "6, “a”", ["xb"] * 4, False),
        ("ab", "6, “a”", ["xab"] * 4, True),
        ("ab", "6, “a”", ["xa"] * 4, False),
        ("abcd", "6, “a”, “b”", ["xabcd"] * 4, True),
        ("abcd", "6, “a”, “b”", ["xabc"] * 4, False),
        ("yz", "6, “z”", ["x"] * 9, False),  # and a line of its own with it
        ("z", "6, “z”", ["x"] * 9, True),  # it went
        ("z", "6, “z”", ["xz"] * 4, False),
    ],
)
def test_what_follows_a_design_late_is_known_by_what_was_told_and_by_the_newest_texts(
    lines: str, told: str, texts: list[str], follows: bool
) -> None:
    observation = an_observation(fields=replace(STORY, body=tuple("wxabcd")))
    edit = Edit(observation=observation, lines=tuple(lines), story="s")
    assert follows_design(edit, [told], texts) is follows


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        ("Weir rebuilt", ("Weir rebuilt", False)),
        ("· Weir rebuilt", ("Weir rebuilt", False)),
        ("▪ Weir rebuilt 2024-05-03", ("Weir rebuilt", False)),
        ("Weir rebuilt [05-03]", ("Weir rebuilt", False)),
        ("Weir rebuilt (May 3, 2024)", ("Weir rebuilt", False)),
        ("园区三期开工2024年5月3日", ("园区三期开工", False)),
        ("- Weir rebuilt after fl...", ("Weir rebuilt after fl", True)),
        ("Weir…", ("Weir…", False)),
        ("Budget 2024", ("Budget 2024", False)),
    ],
)
def test_a_list_names_a_story_with_a_sign_before_it_and_a_day_behind(line: str, headline: tuple[str, bool]) -> None:
    assert headline_in(line) == headline


def test_copies_of_one_story_are_edited_alike_by_its_people() -> None:
    _, designed = held("a", "a", "a", "a", story="Weir rebuilt").decide(4)
    assert designed == []


def test_what_is_quoted_is_short() -> None:
    edits = [Edit(observation=an_observation("doc:1"), lines=("x" * 99, "b", "c", "d"), story="s")]
    assert in_words(edits) == "1, “b”, “c”, “d”"
    assert in_words([replace(edits[0], lines=("x" * 99,))]) == f"1, “{'x' * 59}…”"


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
    edit = Edit(observation=found, lines=("Three.",), story="Weir rebuilt")
    asyncio.run(pipeline.process_item(ObservedItem.observed(found, edit)))
    assert spider.held.edits.decide(9) == ([], [])
    assert spider.book.find("doc:1") is not None
    spider.book.close()

"""What an observation means, given what is known."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from storage.decisions import (
    believes_removals,
    changed_fields,
    content_hash,
    decide,
    is_read_otherwise,
    is_steady_change,
    last_modified_is_plausible,
    next_check,
)
from storage.records import ArticleFields, ArticleState, ChangeKind, KnownArticle, Origin
from storage.text import comparison_text
from tests.builders import DAY_1, DAY_2, an_article, an_observation


def known_from(fields: ArticleFields, **more: Any) -> KnownArticle:
    given: dict[str, Any] = {
        "id": 1,
        "key": "doc:1",
        "url": "http://eastgate.example/1",
        "state": ArticleState.LIVE,
        "fields": fields,
        "version": 1,
        "content_hash": content_hash(fields),
        "last_seen": DAY_1,
    }
    return KnownArticle(**{**given, **more})


def kinds(after: ArticleFields, before: ArticleFields | None = None) -> list[str]:
    decision = decide(an_observation(fields=after, seen_at=DAY_2), known_from(before or an_article()))
    return [str(kind) for kind, _ in decision.changes]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"body": ("The new hall has 27 machines.", "They came by night.")}, ["edited"]),
        ({"headline": "A bearing works triples its floor"}, ["retitled"]),
        ({"date_published": "2024-05-02"}, ["redated"]),
        ({"headline": "Another", "body": ("Other words.",)}, ["edited"]),
        ({"source": "Westgate Daily"}, ["edited"]),
        ({}, []),
    ],
)
def test_a_difference_is_named_by_what_weighs_most(change: dict[str, Any], expected: list[str]) -> None:
    assert kinds(an_article(**change)) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"body": ("The new  hall has\u00a026 machines. ", "They came by night.")},
        {"body": ("The new hall has 26 machines. They came by night.",)},
        {"headline": "A bearing works doubles its floor\u200b"},
        {"headline": "Ａ bearing works doubles its floor"},
        {"source": None},
        {"date_published": None},
        {"date_published": "2024-05-01T09:30:00+08:00"},
    ],
    ids=["white space", "paragraphs joined", "zero width", "full width", "source lost", "stamp lost", "stamp finer"],
)
def test_what_no_reader_sees_is_no_change(change: dict[str, Any]) -> None:
    assert kinds(an_article(**change)) == []


TO_THE_MINUTE = {"date_published": "2024-05-01T09:30:00+08:00", "date_published_raw": "2024-05-01 09:30"}
TO_THE_SECOND = {"date_published": "2024-05-01T09:30:24+08:00", "date_published_raw": "2024年5月1日 09:30:24"}


def test_seconds_that_a_redesign_prints_are_no_change_but_another_minute_is() -> None:
    minute, second = an_article(**TO_THE_MINUTE), an_article(**TO_THE_SECOND)
    assert (kinds(second, minute), kinds(minute, second)) == ([], [])
    assert kinds(replace(second, date_published="2024-05-01T09:31:24+08:00"), minute) == ["redated"]
    assert kinds(replace(second, date_published="2024-05-01T09:30:25+08:00"), second) == ["redated"]


@pytest.mark.parametrize(("more", "less"), [(TO_THE_SECOND, TO_THE_MINUTE), (TO_THE_MINUTE, {})])
def test_a_stamp_that_says_more_is_taken_over_without_a_change(more: dict[str, Any], less: dict[str, Any]) -> None:
    finer, coarser = an_article(**more), an_article(**{"date_published_raw": None, **less})
    decision = decide(an_observation(fields=finer, seen_at=DAY_2), known_from(coarser))
    assert (decision.changes, decision.is_new_version, decision.is_restated) == ((), True, True)
    back = decide(an_observation(fields=coarser, seen_at=DAY_2), known_from(finer))
    assert (back.changes, back.is_new_version) == ((), False)


def test_a_point_between_digits_is_a_change() -> None:
    assert kinds(an_article(body=("Up 35 percent.",)), an_article(body=("Up 3.5 percent.",))) == ["edited"]


@pytest.mark.parametrize(
    ("origin", "expected"),
    [(Origin.CRAWL, [ChangeKind.NEW]), (Origin.BASELINE, []), (Origin.BACKFILL, [ChangeKind.RECOVERED])],
)
def test_an_unknown_article_is_news_only_to_a_crawl(origin: Origin, expected: list[ChangeKind]) -> None:
    decision = decide(an_observation(origin=origin), None)
    assert [kind for kind, _ in decision.changes] == expected
    assert decision.is_new_version


def test_an_article_may_come_back_moved_and_edited_at_once() -> None:
    seen = an_observation(fields=an_article(body=("New words.",)), is_moved=True)
    decision = decide(seen, known_from(an_article(), state=ArticleState.REMOVED))
    assert [str(kind) for kind, _ in decision.changes] == ["restored", "moved", "edited"]


def test_an_empty_field_leaves_no_trace_in_the_hash() -> None:
    assert content_hash(an_article(source=None)) == content_hash(an_article(source=""))


def test_changed_fields_come_in_reading_order() -> None:
    after = replace(an_article(), headline="X", body=("Y",), date_published="2020-01-01")
    assert changed_fields(an_article(), after) == ("headline", "date_published", "body")


def test_young_articles_are_due_sooner_than_old_ones() -> None:
    pauses = [
        next_check(DAY_1 - timedelta(days=age), DAY_1 - timedelta(days=age), DAY_1) - DAY_1 for age in (0, 7, 30, 300)
    ]
    assert pauses == sorted(pauses)
    assert len(set(pauses)) == 4


@pytest.mark.parametrize(("gone", "asked", "believed"), [(1, 5, True), (3, 4, True), (4, 8, False), (30, 200, True)])
def test_a_site_that_loses_a_third_at_once_is_not_believed(gone: int, asked: int, believed: bool) -> None:
    assert believes_removals(gone, asked) is believed


def test_a_page_was_not_last_changed_before_it_was_published() -> None:
    assert not last_modified_is_plausible(DAY_1 - timedelta(days=900), "2024-05-01")
    assert last_modified_is_plausible(DAY_1, "2024-05-01")


A, B, C, X, Y, Z = "The hall is old.", "It has a roof.", "It has two.", "Read 1 time.", "Read 2 times.", "Read 3 times."


@pytest.mark.parametrize(
    ("record", "first", "second", "is_change"),
    [
        ((A, B), (A, C), (A, C), True),
        ((A, B), (A, C), (A, B), False),
        ((A, B), (A, B, C), (A, B), False),
        ((A, B), (A,), (A,), True),
        ((A, B), (B, A), (B, A), True),
        ((A, X), (A, Y), (A, Z), False),
        ((A, B, X), (A, C, Y), (A, C, Z), True),
        ((A, B, X), (A, Y), (A, Z), True),
        ((A, B), (A, B, X), (A, B, Y), False),
    ],
)
def test_an_edit_is_what_two_looks_agree_on(
    record: tuple[str, ...], first: tuple[str, ...], second: tuple[str, ...], is_change: bool
) -> None:
    given = [an_article(body=body) for body in (record, first, second)]
    assert is_steady_change(*given) is is_change


def test_a_headline_both_looks_agree_on_is_an_edit_whatever_the_text_does() -> None:
    looks = [an_article(headline="New", body=(A, line)) for line in (Y, Z)]
    assert is_steady_change(an_article(headline="Old", body=(A, X)), *looks)
    unsteady = [an_article(headline=line, body=(A,)) for line in (Y, Z)]
    assert not is_steady_change(an_article(headline=X, body=(A,)), *unsteady)


ONE = "The hall is old and has stood at the harbour for a hundred years."
TWO = "It has a roof of tin, which the zone had mended in the spring."
THREE = "A second hall is to be built beside it before the year is over."


@pytest.mark.parametrize(
    ("record", "read", "before", "now", "otherwise"),
    [
        ((ONE, TWO), (ONE,), (ONE, TWO), (ONE, TWO), True),
        ((ONE, TWO), (ONE,), (ONE, TWO), (ONE,), False),
        ((ONE,), (ONE, TWO), (ONE, TWO), (ONE, TWO), True),
        ((ONE,), (ONE, TWO), (ONE,), (ONE, TWO), False),
        ((ONE, TWO), (ONE, THREE), (ONE, TWO, THREE), (ONE, TWO, THREE), True),
        ((ONE, TWO), (ONE, THREE), (ONE, TWO), (ONE, THREE), False),
        ((ONE, TWO), (TWO, ONE), (ONE, TWO), (TWO, ONE), False),
        ((ONE, A), (ONE,), (ONE, A), (ONE, A), False),
        ((ONE, TWO), (ONE,), (ONE, TWO), (ONE, f"{TWO} {THREE}"), False),
        ((ONE, TWO, TWO), (ONE, TWO), (ONE, TWO, TWO), (ONE, TWO), False),
    ],
)
def test_lines_that_both_pages_show_beside_the_text_are_a_matter_of_reading(
    record: tuple[str, ...], read: tuple[str, ...], before: tuple[str, ...], now: tuple[str, ...], otherwise: bool
) -> None:
    shown = [Counter(map(comparison_text, lines)) for lines in (before, now)]
    assert is_read_otherwise(an_article(body=record), an_article(body=read), *shown) is otherwise

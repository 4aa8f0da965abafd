"""What a line must hold for a pattern to be found is read off the pattern, so that most lines are not tried at all."""

import re

import pytest
import regex
from pydantic import ValidationError

from crawler.pattern_words import endless, expanded_size, is_at_beginning, words_needed
from crawler.patterns import Lines, SlowPatternError, label_finder, search
from crawler.rules import Locator


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\bUpdated\s*[:：]\s*\S", ("Updated",)),
        (r"(?:来源|Source)\s*[:：]", (":", "：")),
        (r"\(\s*(?P<value>[^()]+?)\s*\)\s*\|?\s*Updated", ("Updated",)),
        (r"dates?\s*[:：]?", ("date",)),
        (r"(Updated)?\s*[:：]?", ()),
        (r"^\x5b\d+", ()),
        (r"\d{4}-\d{2}", ("-",)),
        (r"a\.b", ("a.b",)),
        (r"[^:：]\d", ()),
        (r"[a-c]\d", ()),
        (r"(?i)updated", ()),
        (r"Updated|Date", ()),
        (r"(Updated|Date)x{0,2}", ()),
        (r"\\|\u4e2d", ()),
    ],
)
def test_the_words_that_a_line_must_hold(pattern: str, words: tuple[str, ...]) -> None:
    assert words_needed(pattern) == words


@pytest.mark.parametrize(
    ("pattern", "times"),
    [
        (r"a*b+c{2,}", 3),
        (r"a*?", 1),
        (r".*.*.*.*", 4),
        (r"a*+b++c{2,}+", 0),
        (r"x?+y{2,3}+", 0),
        (r"a\s*b\s+", 0),
        (r"\*+\++", 2),
        (r"[*+]", 0),
    ],
)
def test_what_can_give_back_what_it_took_is_counted(pattern: str, times: int) -> None:
    assert endless(pattern) == times


def test_a_pattern_begins_a_line_only_where_every_way_through_it_does() -> None:
    assert is_at_beginning(r"^(?:a|b)")
    assert is_at_beginning(r"^[|>]*$")
    assert not is_at_beginning(r"^a|b")
    assert not is_at_beginning(r"a")


LINES = [
    "Home > News",
    "Updated : 2024-05-01",
    "updated: never",
    "来源：晨报",
    "Source: x",
    "xSource",
    "a.b",
    "",
    "[3",
    "|",
]
PATTERNS = [
    r"\bUpdated\s*[:：]\s*\S",
    r"(?:来源|Source)\s*[:：]",
    r"^(?:a|b)",
    r"^a|b$",
    r"^\x5b\d+",
    r"(?i)UPDATED",
    r"\|",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_line_is_missed(pattern: str) -> None:
    expected = {at for at, line in enumerate(LINES) if re.search(pattern, line)}
    assert {at for at, _ in Lines(LINES).matching(pattern)} == expected
    assert {at for at, line in enumerate(LINES) if label_finder([pattern])(line)} == expected


def test_patterns_tried_together_find_what_each_finds_alone() -> None:
    expected = {at for at, line in enumerate(LINES) for pattern in PATTERNS if re.search(pattern, line)}
    assert Lines(LINES).numbers(PATTERNS) == expected


def test_lines_too_long_for_a_label_are_not_tried() -> None:
    assert not list(Lines(["x" * 601]).matching("x"))
    assert list(Lines(["x" * 600]).matching("x"))


@pytest.mark.parametrize(
    ("pattern", "lines"),
    [
        (r"(?P<value>.*\s.*\s.*)\d{4}$", ["a word of a line " * 30] * 3000),
        (r"(?x)^(?P<value>(?:\w|\w\w|\s) +)[!?]$", ["word " * 119]),
    ],
    ids=["on many lines", "on one line"],
)
def test_a_pattern_that_backtracks_is_given_up_by_name(pattern: str, lines: list[str]) -> None:
    with pytest.raises(SlowPatternError, match="takes too long"):
        list(Lines(lines).matching(pattern))


@pytest.mark.parametrize(
    ("pattern", "length", "can_be_given_up"),
    [
        (r"^a.*c", 500, False),
        (r".*.*b", 90, False),
        (r".*.*b", 500, True),
        (r".*.*.*b", 40, True),
        (r"^a(?:x){0,900}bc", 500, True),
        (r"^a(?:x){0,900}+bc", 500, False),
    ],
)
def test_what_cannot_be_given_up_is_tried_on_no_line_that_could_hold_it_up(
    pattern: str, length: int, *, can_be_given_up: bool
) -> None:
    found = search(pattern, "a" + "x" * length + "bc")
    assert isinstance(found, regex.Match if can_be_given_up else re.Match)


@pytest.mark.parametrize("pattern", [r"(?:(?:x{1000}){1000}){1000}", r"(?P<value>\d{5000}\w{20000})", "(?:ab){,10001}"])
def test_a_pattern_that_would_take_all_memory_is_refused_before_it_is_made(pattern: str) -> None:
    with pytest.raises(ValidationError, match="repeats so much that it would take all memory"):
        Locator(line=pattern)


def test_the_size_of_a_pattern_is_what_its_repetitions_make_of_it() -> None:
    assert expanded_size(r"\d{4}-\d{1,2}") == 7
    assert expanded_size(r"(ab){3}c{2,}") == 8
    assert expanded_size(r"a{,5}[xyz]+") == 6

"""Try the patterns of layouts on text, fast over many lines and never for long.

Layouts are written by people who have a page to read, not by experts of regular expressions: one careless ``(a+)+``
would hold a visit for ever. ``regex`` can be told when to give up, which the standard library cannot.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from itertools import accumulate
from typing import Any, Protocol

import regex

#: Longer lines are text, never a label: patterns are not tried on them, which also bounds what one page can cost.
LONGEST_LABEL = 600
#: Seconds that one pattern may take on one text; good ones take microseconds.
_PATIENCE = 0.5
#: What looks past the end of a line sees another thing there once lines are joined.
_LOOKS_BEYOND = ("(?!", "(?=", r"\A", r"\Z", r"\z", "(?s", "(?m")
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{)")
_ENDLESS = re.compile(r"[*+]|\{\d*,\}")
_MOST_ENDLESS = 3
_BACK_REFERENCE = regex.compile(r"\\[1-9]")


class SlowPatternError(Exception):
    """A pattern took too long on a page."""

    def __init__(self, pattern: str) -> None:
        super().__init__(f"the pattern '{pattern}' takes too long: write it without one repetition inside another")


class Match(Protocol):
    """What ``re`` and ``regex`` say of a find alike."""

    def start(self) -> int:
        """Return where it begins."""

    def span(self, group: str | int = 0) -> tuple[int, int]:
        """Return where a group begins and ends."""

    def groupdict(self) -> dict[str, Any]:
        """Return what the named groups hold."""

    def __getitem__(self, group: str | int) -> Any:
        """Return what a group holds."""


@cache
def compiled(pattern: str, flags: int = 0) -> "regex.Pattern[str]":
    """Return a pattern ready for use; raises ``regex.error`` if it is none."""
    return regex.compile(pattern, flags)


@cache
def _harmless(pattern: str, flags: int = 0) -> "re.Pattern[str] | None":
    """Return the pattern for ``re``, which is twice as fast, if no text of a label's length can hold it up.

    That is so where no group is repeated and few things are repeated without end: three of them cost the cube of a
    line's length at the worst. White space does not count, since lines hold single spaces.
    """
    rest = pattern.replace(r"\s*", "").replace(r"\s+", "")
    if _REPEATED_GROUP.search(rest) or len(_ENDLESS.findall(rest)) > _MOST_ENDLESS:
        return None
    try:
        return re.compile(pattern, flags)
    except re.error:  # regex knows more than re
        return None


def search(pattern: str, text: str, *, dotall: bool = False) -> Match | None:
    """Find a pattern in one text; raises SlowPatternError."""
    if not dotall and len(text) <= LONGEST_LABEL and (quick := _harmless(pattern)):
        return quick.search(text)
    try:
        found: Match | None = compiled(pattern, regex.DOTALL if dotall else 0).search(text, timeout=_PATIENCE)
        return found
    except TimeoutError as error:
        raise SlowPatternError(pattern) from error


def find_all(pattern: str, text: str) -> "Iterator[regex.Match[str]]":
    """Yield a pattern's matches in a whole page, a dot taking line ends as well; raises SlowPatternError."""
    try:
        yield from compiled(pattern, regex.DOTALL).finditer(text, timeout=_PATIENCE)
    except TimeoutError as error:
        raise SlowPatternError(pattern) from error


def without(text: str, patterns: Iterable[str]) -> str:
    """Return *text* without what the patterns find in it; raises SlowPatternError."""
    for pattern in patterns:
        try:
            text = compiled(pattern).sub("", text, timeout=_PATIENCE)
        except TimeoutError as error:
            raise SlowPatternError(pattern) from error
    return text


def fits_label(text: str, patterns: Iterable[str]) -> bool:
    """Say whether one of the patterns is found in a text that is short enough to be a label."""
    return len(text) <= LONGEST_LABEL and any(search(pattern, text) for pattern in _one_of(tuple(patterns)))


def _search_lines(pattern: str, joined: str, position: int) -> Match | None:
    if quick := _harmless(pattern, re.MULTILINE):
        return quick.search(joined, position)
    try:
        found: Match | None = compiled(pattern, regex.MULTILINE).search(joined, position, timeout=_PATIENCE)
        return found
    except TimeoutError as error:
        raise SlowPatternError(pattern) from error


@cache
def _looks_beyond(pattern: str) -> bool:
    return any(mark in pattern for mark in _LOOKS_BEYOND)


@cache
def _one_of(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Return patterns with the same finds, fewer where they can be joined: each search has a price of its own."""
    joined = [pattern for pattern in patterns if "(?" not in pattern and not _BACK_REFERENCE.search(pattern)]
    rest = tuple(pattern for pattern in patterns if pattern not in joined)
    return ("|".join(f"(?:{pattern})" for pattern in joined), *rest) if joined else rest


class Lines:
    """Lines of a page, none of them empty, that patterns are tried on one by one at the cost of one search."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.all = tuple(lines)

    @cached_property
    def _labels(self) -> list[int]:
        return [at for at, line in enumerate(self.all) if len(line) <= LONGEST_LABEL]

    @cached_property
    def _joined(self) -> str:
        return "\n".join(self.all[at] for at in self._labels)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(self.all[at]) + 1 for at in self._labels)]

    def matching(self, pattern: str) -> Iterator[tuple[int, Match]]:
        """Yield the number of every line in which the pattern is found, and the match; raises SlowPatternError."""
        if _looks_beyond(pattern):
            for at in self._labels:
                if match := search(pattern, self.all[at]):
                    yield at, match
            return
        starts, position = self._starts, 0
        while position < len(self._joined):
            found = _search_lines(pattern, self._joined, position)
            if found is None:
                return
            label = bisect_right(starts, found.start()) - 1
            # White space in a pattern may have run into the next line, so the line alone decides.
            if match := search(pattern, self.all[self._labels[label]]):
                yield self._labels[label], match
            position = starts[label + 1]

    def numbers(self, patterns: Iterable[str]) -> frozenset[int]:
        """Return the numbers of the lines in which one of the patterns is found; raises SlowPatternError."""
        return frozenset(at for pattern in _one_of(tuple(patterns)) for at, _ in self.matching(pattern))

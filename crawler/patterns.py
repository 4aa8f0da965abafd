"""Try the patterns of layouts on text, fast over many lines and never for long.

Layouts are written by people who have a page to read, not by experts of regular expressions: one careless ``(a+)+``
would hold a visit for ever. ``regex`` can be told when to give up, which the standard library cannot.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator
from functools import cache, cached_property, partial
from time import monotonic
from typing import Any, NamedTuple, Protocol

import regex

from crawler.pattern_words import endless, is_at_beginning, words_needed

#: Longer lines are text, never a label: patterns are not tried on them, which also bounds what one page can cost.
LONGEST_LABEL = 600
#: Seconds that one pattern may take on one text; good ones take microseconds.
_PATIENCE, _PATIENCE_FOR_A_PAGE = 0.5, 5.0
#: A group repeated for good (``)*+``) is not tried again in another way, so it costs what its content does.
_REPEATED_GROUP = re.compile(r"\)(?:[*+]|\{\d*,?\d*\})(?!\+)")
#: So many steps the standard library may take at the worst: a hundredth of a second.
_MOST_STEPS = 1_000_000
#: White space is none of the pattern.
_IS_VERBOSE = re.compile(r"\(\?[a-zA-Z]*x")
#: What keeps patterns from being joined: groups by name or number, and what refers to them.
_NAMES_GROUPS = re.compile(r"\(\?P|\\[1-9]")


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


class _Quick(NamedTuple):
    pattern: "re.Pattern[str]"
    #: How long a text may be.
    longest: int


@cache
def _harmless(pattern: str) -> _Quick | None:
    """Return the pattern for ``re``, which is twice as fast, and the longest text that cannot hold it up.

    No group is repeated in it, so that at the worst it costs a power of the text's length: one for each thing that is
    repeated without end, and one if it may begin anywhere. White space does not count, since lines hold single spaces,
    nor what gives nothing back.
    """
    is_simple = not _REPEATED_GROUP.search(pattern.replace(r"\s*", "").replace(r"\s+", ""))
    if not is_simple or _IS_VERBOSE.search(pattern):
        return None
    power = endless(pattern) + (not is_at_beginning(pattern))
    try:
        return _Quick(re.compile(pattern), min(LONGEST_LABEL, int(_MOST_STEPS ** (1 / max(power, 1)))))
    except re.error:  # regex knows more than re
        return None


def search(pattern: str, text: str, *, dotall: bool = False) -> Match | None:
    """Find a pattern in one text; raises SlowPatternError."""
    if not dotall and (quick := _harmless(pattern)) and len(text) <= quick.longest:
        return quick.pattern.search(text)
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
        words = words_needed(pattern)
        if words and not any(word in text for word in words):
            continue
        try:
            text = compiled(pattern).sub("", text, timeout=_PATIENCE)
        except TimeoutError as error:
            raise SlowPatternError(pattern) from error
    return text


class _Search(NamedTuple):
    """How to find a pattern in a text of a label's length."""

    find: Callable[[str], Match | None]
    #: Such a text holds one of these words.
    words: tuple[str, ...]
    #: The pattern, if it could take long.
    slow: str = ""


@cache
def _search_for(pattern: str) -> _Search:
    quick, words = _harmless(pattern), words_needed(pattern)
    if quick is None or quick.longest < LONGEST_LABEL:
        return _Search(partial(search, pattern), words, pattern)
    return _Search(quick.pattern.match if is_at_beginning(pattern) else quick.pattern.search, words)


@cache
def _joined(patterns: tuple[str, ...]) -> tuple[_Search, ...]:
    """Return how to find any of the patterns: those that begin a line as one, since each try has a price of its own."""
    first = [each for each in patterns if is_at_beginning(each) and _is_joined(each)]
    rest = tuple(_search_for(each) for each in patterns if each not in first)
    return (_Search(re.compile("|".join(f"(?:{each[1:]})" for each in first)).match, ()), *rest) if first else rest


def _is_joined(pattern: str) -> bool:
    quick = _harmless(pattern)
    return quick is not None and quick.longest == LONGEST_LABEL and not _NAMES_GROUPS.search(pattern)


def label_finder(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Return what says whether one of the patterns is found in a text that is short enough to be a label."""
    # One look at a time: most patterns need a single word, and this is asked of every paragraph.
    ways = [(way.find, word) for way in _joined(tuple(patterns)) for word in way.words or ("",)]

    def fits(text: str) -> bool:
        if len(text) <= LONGEST_LABEL:
            for find, word in ways:
                if word in text and find(text):
                    return True
        return False

    return fits


class Lines:
    """Lines of a page, none of them empty, that patterns are tried on one by one."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.all = tuple(lines)
        self._labels = [at for at, line in enumerate(self.all) if len(line) <= LONGEST_LABEL]
        self._saying: dict[tuple[str, ...], list[int]] = {}
        self._spent: dict[str, float] = {}

    @cached_property
    def _text(self) -> str:
        return "\n".join(self.all)

    def _that_say(self, words: tuple[str, ...]) -> list[int]:
        """Return the numbers of the labels that hold one of the words."""
        if words not in self._saying:
            # Most words that patterns need are nowhere on the page, which one look at all of it tells.
            found = [self._that_hold(word) for word in words if word in self._text]
            self._saying[words] = found[0] if len(found) == 1 else sorted({at for each in found for at in each})
        return self._saying[words]

    def _that_hold(self, word: str) -> list[int]:
        lines = self.all
        return [at for at in self._labels if word in lines[at]]

    def matching(self, pattern: str, among: Container[int] | None = None) -> Iterator[tuple[int, Match]]:
        """Return the number of every line in which the pattern is found, and the match; raises SlowPatternError.

        Only the lines numbered *among* are looked at, if that is given.
        """
        return self._found(_search_for(pattern), among)

    def numbers(self, patterns: Iterable[str]) -> frozenset[int]:
        """Return the numbers of the lines in which one of the patterns is found; raises SlowPatternError."""
        return frozenset(at for search_for in _joined(tuple(patterns)) for at, _ in self._found(search_for))

    def _found(self, search_for: _Search, among: Container[int] | None = None) -> Iterator[tuple[int, Match]]:
        find, words, slow = search_for
        find = partial(self._patiently, slow) if slow else find
        for at in self._that_say(words) if words else self._labels:
            if (among is None or at in among) and (match := find(self.all[at])):
                yield at, match

    def _patiently(self, pattern: str, line: str) -> Match | None:
        """Find a pattern that could take long, which it may once on a page and not on every line."""
        began = monotonic()
        match = search(pattern, line)
        self._spent[pattern] = self._spent.get(pattern, 0.0) + monotonic() - began
        if self._spent[pattern] > _PATIENCE_FOR_A_PAGE:
            raise SlowPatternError(pattern)
        return match

"""Tell what a site puts into all its texts at once from what people write into one: values in, values out."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from storage.decisions import changed_fields
from storage.records import ArticleFields, Observation
from storage.text import comparison_text

#: So many stories, and two in three of the known articles that answered, are not edited alike by their people.
_FLOOR, _SHARE = 4, 2 / 3
_QUOTED, _QUOTES = 60, 3
#: What may stand before a headline in a list, and the day behind it.
_BULLET = re.compile(r"^[\s·•●▪◆■※>»*\-–—]+")
_DAY_BEHIND = re.compile(
    r"\s*[\[(（【]?\s*(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}(?:[-/.]\d{4})?|"
    r"[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]{2,8}\.? \d{4})\s*[\])）】]?\s*$"
)
#: A shorter beginning of a headline may be that of many.
_SHORTEST_CUT = 6
#: What is held back beyond so many bytes of pages is decided at once.
_MOST_BYTES = 32_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An observation of a known article from which nothing differs but lines that came into its text, or went.

    Or what stood around its headline, or how that or the source is written.
    """

    observation: Observation
    lines: tuple[str, ...]
    #: The headline on record: copies of one story are edited alike by its people.
    story: str


def lines_between(known: ArticleFields, read: ArticleFields) -> tuple[str, ...]:
    """Return the lines that came into a text, or went out of it; none if both, or if something else differs as well."""
    came, went = _lines(known, read)
    return () if came and went else came or went


def lines_exchanged(known: ArticleFields, read: ArticleFields) -> tuple[str, ...]:
    """Return the lines that came into a text and those that went out of it for them, as a list of others turns over."""
    came, went = _lines(known, read)
    return (*came, *went) if came and went else ()


def headline_cut(known: ArticleFields, read: ArticleFields, listed: str | None = None) -> tuple[str, ...]:
    """Return what stood around a headline and stands there no more, as a site's name; nothing if more differs.

    Where something else stands there around the headline that is *listed*, that.
    """
    if changed_fields(known, read) != ("headline",):
        return ()
    if read.headline in known.headline:
        before, _, behind = known.headline.partition(read.headline)
    elif listed and len(comparison_text(listed)) >= _SHORTEST_CUT and listed in known.headline:
        before, found, behind = read.headline.partition(listed)
        before, behind = (before, behind) if found else ("", "")
    else:
        return ()
    return tuple(part.strip() for part in (before, behind) if part.strip())


def restyled(known: ArticleFields, read: ArticleFields) -> tuple[str, ...]:
    """Return what a template makes of all headlines or sources at once, in words; none if more differs."""
    differ = changed_fields(known, read)
    if differ == ("source",) and known.source and read.source:
        return (f"Source: {read.source}",)
    if differ == ("headline",) and known.headline.casefold() == read.headline.casefold():
        return ("HEADLINES IN CAPITALS" if read.headline.isupper() else "headlines in small letters",)
    return ()


def _lines(known: ArticleFields, read: ArticleFields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if changed_fields(known, read) != ("body",):
        return (), ()
    one, other = Counter(map(comparison_text, known.body)), Counter(map(comparison_text, read.body))
    came, went = other - one, one - other
    return (
        tuple(line for line in read.body if comparison_text(line) in came),
        tuple(line for line in known.body if comparison_text(line) in went),
    )


def headline_in(line: str) -> tuple[str, bool]:
    """Return what of a line would be a headline in a list of other stories, and whether it was cut there."""
    bare = _BULLET.sub("", _DAY_BEHIND.sub("", line)).strip()
    cut = bare.rstrip(".… ")
    is_cut = bare.endswith(("…", "...")) and len(comparison_text(cut)) >= _SHORTEST_CUT
    return (cut, True) if is_cut else (bare, False)


@dataclass
class HeldEdits:
    """The edits of one visit that may be the site's doing, held back until it is known how many were edited so."""

    _edits: list[Edit] = field(default_factory=list)
    _bytes: int = 0
    _stories: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: Of how many stories the line was that most have in common.
    most_alike: int = 0

    def hold(self, edit: Edit) -> None:
        """Hold an edit back."""
        for line in edit.lines:
            stories = self._stories[comparison_text(line)]
            stories.add(comparison_text(edit.story))
            self.most_alike = max(self.most_alike, len(stories))
        self._bytes += sum(len(capture.content) for capture in edit.observation.captures)
        self._edits.append(edit)

    @property
    def is_full(self) -> bool:
        """Whether no more should be held back."""
        return self._bytes > _MOST_BYTES

    def decide(
        self,
        answered: int | None,
        is_headline: Callable[[str], bool] = lambda _: False,
        is_known_design: Callable[[Edit], bool] = lambda _: False,
    ) -> tuple[list[Observation], list[Edit]]:
        """Let go of all edits: the observations as they are to be written, and which of the edits are the site's doing.

        *answered* is how many known articles have shown their page. None is that of a visit which was stopped: what
        stands in several texts is left to the next, which finds it again. A list of other stories is the site's as
        well, though each text has others in it: *is_headline* tells them. What follows a *known design* late, since it
        was not asked for on the day, is no edit either, and no news of the design.
        """
        # Another thread may hold one more back meanwhile.
        edits, self._edits, self._bytes = self._edits, [], 0
        if answered is None:
            return [edit.observation for edit in edits if not self._is_shared(edit)], []
        everywhere = {line for edit in edits for line in edit.lines if self._is_everywhere(line, answered)}
        alike = [edit for edit in edits if everywhere.issuperset(edit.lines)]
        others = [edit for edit in edits if not everywhere.issuperset(edit.lines)]
        listing = [edit for edit in others if all(line in everywhere or is_headline(line) for line in edit.lines)]
        alike += listing if _are_most(len({comparison_text(edit.story) for edit in listing}), answered) else []
        designed = {id(edit) for edit in (*alike, *filter(is_known_design, others))}
        written = [replace(edit.observation, is_by_design=id(edit) in designed) for edit in edits]
        return written, alike

    def _is_everywhere(self, line: str, answered: int) -> bool:
        return _are_most(len(self._stories[comparison_text(line)]), answered)

    def _is_shared(self, edit: Edit) -> bool:
        return all(len(self._stories[comparison_text(line)]) > 1 for line in edit.lines)


def _are_most(stories: int, answered: int) -> bool:
    return stories >= _FLOOR and stories >= answered * _SHARE


def in_words(edits: Sequence[Edit]) -> str:
    """Say how many texts have got or lost the same lines, and which."""
    often = Counter(line for edit in edits for line in edit.lines)
    shown = sorted(often, key=lambda line: (-often[line], line))[:_QUOTES]
    return f"{len(edits)}, {', '.join(map(_quote, shown))}"


def _quote(line: str) -> str:
    return f"“{line}”" if len(line) <= _QUOTED else f"“{line[: _QUOTED - 1]}…”"


def follows_design(edit: Edit, told: Sequence[str], texts: Sequence[Sequence[str]]) -> bool:
    """Say whether an edit is of a design that an earlier visit met in other texts.

    What was *told* of designs (:func:`in_words`) quotes their lines, the first of many. And the newest *texts* on
    record stand as the designs have them: what came here stands in some of them, what went here in few.
    """
    quoted = {line for line in edit.lines if any(_quote(line) in words for words in told)}
    here = {*map(comparison_text, edit.observation.fields.body)}
    often = Counter(line for text in texts for line in {*map(comparison_text, text)})

    def follows(line: str) -> bool:
        form = comparison_text(line)
        # Of many lines the first alone are quoted; what came stands in the others as well.
        return often[form] >= _FLOOR if form in here else line in quoted and often[form] < _FLOOR

    return bool(quoted) and all(map(follows, edit.lines))

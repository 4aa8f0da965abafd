"""Tell what a site puts into all its texts at once from what people write into one: values in, values out."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from storage.decisions import changed_fields
from storage.records import ArticleFields, Observation
from storage.text import comparison_text

#: So many stories, and two in three of the known articles that answered, are not edited alike by their people.
_FLOOR, _SHARE = 4, 2 / 3
_QUOTED, _QUOTES = 60, 3
#: What is held back beyond so many bytes of pages is decided at once.
_MOST_BYTES = 32_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An observation of a known article from which nothing differs but lines that came into its text, or went."""

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


def _lines(known: ArticleFields, read: ArticleFields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if changed_fields(known, read) != ("body",):
        return (), ()
    one, other = Counter(map(comparison_text, known.body)), Counter(map(comparison_text, read.body))
    came, went = other - one, one - other
    return (
        tuple(line for line in read.body if comparison_text(line) in came),
        tuple(line for line in known.body if comparison_text(line) in went),
    )


@dataclass
class HeldEdits:
    """The edits of one visit that may be the site's doing, held back until it is known how many were edited so."""

    _edits: list[Edit] = field(default_factory=list)
    _bytes: int = 0
    _stories: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def hold(self, edit: Edit) -> None:
        """Hold an edit back."""
        for line in edit.lines:
            self._stories[comparison_text(line)].add(comparison_text(edit.story))
        self._bytes += sum(len(capture.content) for capture in edit.observation.captures)
        self._edits.append(edit)

    @property
    def is_full(self) -> bool:
        """Whether no more should be held back."""
        return self._bytes > _MOST_BYTES

    def decide(
        self, answered: int | None, is_headline: Callable[[str], bool] = lambda _: False
    ) -> tuple[list[Observation], list[Edit]]:
        """Let go of all edits: the observations as they are to be written, and which of the edits are the site's doing.

        *answered* is how many known articles have answered; None lets nothing pass for the site's doing. A list of
        other stories is the site's as well, though each text has others in it: *is_headline* tells them.
        """
        # Another thread may hold one more back meanwhile.
        edits, self._edits, self._bytes = self._edits, [], 0
        alike: list[Edit] = []
        if answered is not None:
            everywhere = {line for edit in edits for line in edit.lines if self._is_everywhere(line, answered)}
            alike = [edit for edit in edits if everywhere.issuperset(edit.lines)]
            listing = [
                edit
                for edit in edits
                if edit not in alike and all(line in everywhere or is_headline(line) for line in edit.lines)
            ]
            alike += listing if _are_most(len({comparison_text(edit.story) for edit in listing}), answered) else []
        designed = {id(edit) for edit in alike}
        written = [replace(edit.observation, is_by_design=id(edit) in designed) for edit in edits]
        return written, alike

    def _is_everywhere(self, line: str, answered: int) -> bool:
        return _are_most(len(self._stories[comparison_text(line)]), answered)


def _are_most(stories: int, answered: int) -> bool:
    return stories >= _FLOOR and stories >= answered * _SHARE


def in_words(edits: Sequence[Edit]) -> str:
    """Say how many texts have got or lost the same lines, and which."""
    often = Counter(line for edit in edits for line in edit.lines)
    shown = sorted(often, key=lambda line: (-often[line], line))[:_QUOTES]
    quotes = (f"“{line}”" if len(line) <= _QUOTED else f"“{line[: _QUOTED - 1]}…”" for line in shown)
    return f"{len(edits)}, {', '.join(quotes)}"

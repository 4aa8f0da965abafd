"""Tell what a site does to many pages at once from what people write into one: values in, values out."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from crawler.outcome import ALIKE
from storage.decisions import changed_fields
from storage.records import ArticleFields, Observation
from storage.text import comparison_text

#: So many stories, and half of the articles that answered, do not change alike by chance.
_FLOOR = 3
#: So much of what came is quoted, so often, and compared with what an earlier visit has quoted.
_QUOTED, _QUOTES = 60, 3
#: More than so many bytes of pages are not held back.
_MOST_BYTES = 32_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A piece of what a page says otherwise than the record: a field, and what it says now or says no more."""

    field: str
    text: str
    is_gone: bool = False

    @property
    def in_words(self) -> str:
        """The mark as an operator is told of it."""
        text = self.text if len(self.text) <= _QUOTED else f"{self.text[: _QUOTED - 1]}…"
        return f"{self.field} {'without ' * self.is_gone}“{text}”"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An observation that would be told, and what it would be told for."""

    observation: Observation
    marks: frozenset[Mark]
    #: The headline on record, or that of the listing: copies of one story are edited alike by its people.
    story: str
    #: The article on record, if it is.
    article_id: int | None = None


def marks_of(known: ArticleFields | None, read: ArticleFields, listed_headline: str | None) -> frozenset[Mark]:
    """Return what a reading says otherwise than the record; of a new article, a headline that its listing denies."""
    wanted, said = comparison_text((listed_headline or "").rstrip(".… ")), comparison_text(read.headline)
    is_listed = bool(wanted) and said.startswith(wanted)
    if known is None:
        return frozenset({Mark(field="headline", text=read.headline)} if wanted and not is_listed else ())
    changed = changed_fields(known, read)
    found = []
    if "headline" in changed and not is_listed:
        found.append(Mark(field="headline", text=read.headline))
    if "source" in changed:
        found.append(Mark(field="source", text=read.source or ""))
    if "body" in changed:
        found += _lines_between(known.body, read.body)
    # A text that was edited gets the day of that as its stamp, on every page of one day.
    if changed == ("date_published",):
        found.append(Mark(field="date_published", text=(read.date_published or "")[:10]))
    return frozenset(found)


def _lines_between(before: tuple[str, ...], after: tuple[str, ...]) -> list[Mark]:
    one, other = Counter(map(comparison_text, before)), Counter(map(comparison_text, after))
    came, went = other - one, one - other
    if came:
        return [Mark(field="body", text=line) for line in after if comparison_text(line) in came]
    return [Mark(field="body", text=line, is_gone=True) for line in before if comparison_text(line) in went]


@dataclass
class HeldEdits:
    """The edits of one visit, held back until it is known what others were edited to."""

    _edits: list[Edit] = field(default_factory=list)
    _bytes: int = 0
    _stories: defaultdict[Mark, set[str]] = field(default_factory=lambda: defaultdict(set))

    def hold(self, edit: Edit) -> None:
        """Hold an edit back."""
        self._edits.append(edit)
        self._bytes += sum(len(capture.content) for capture in edit.observation.captures)
        for mark in edit.marks:
            self._stories[mark].add(comparison_text(edit.story))

    @property
    def is_empty(self) -> bool:
        """Whether none is held back."""
        return not self._edits

    @property
    def is_full(self) -> bool:
        """Whether no more should be held back."""
        return self._bytes > _MOST_BYTES

    def decide(self, answered: int, told: str) -> tuple[list[Edit], list[Edit]]:
        """Let go of all edits: those to be believed, and those that were made alike to many.

        *answered* is how many known articles have answered, *told* what an open condition quotes of an earlier visit.
        """
        believed: list[Edit] = []
        alike: list[Edit] = []
        # Another thread may hold one more back meanwhile.
        edits, self._edits, self._bytes = self._edits, [], 0
        for edit in edits:
            (alike if self._is_alike(edit, answered, told) else believed).append(edit)
        return believed, alike

    def _is_alike(self, edit: Edit, answered: int, told: str) -> bool:
        if any(mark.in_words in told for mark in edit.marks):
            return True
        often = [len(self._stories[mark]) for mark in edit.marks]
        return all(many >= _FLOOR and many * 2 >= answered for many in often)

    def in_words(self, alike: Iterable[Edit]) -> str:
        """Say how many articles were made alike to others, and by what."""
        edits = list(alike)
        often = Counter(mark for edit in edits for mark in edit.marks)
        shown = sorted(often, key=lambda mark: (-often[mark], mark.in_words))[:_QUOTES]
        return f"{len(edits)} articles {ALIKE}: {', '.join(mark.in_words for mark in shown)}"

"""Gather what proves one change, from the store alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crawler.layouts import Layout
from crawler.reading import Unreadable
from crawler.rereading import page_of_capture, reread
from crawler.signs import GONE_STATUSES, PageSign, load_signs
from storage.database import Session, captures, digests, exports, ledger
from storage.database.digests import Appearance
from storage.decisions import changed_fields
from storage.records import Capture, ChangeKind, LedgerEntry, Park


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A version that a change speaks of: the bytes it was read from, and what they say when they are read again."""

    line: exports.VersionLine
    #: None where the stored bytes do not fit their hash.
    captures: tuple[Capture, ...] | None
    #: Whether the layout is still the one that read it.
    is_same_layout: bool
    #: The fields that come out otherwise today, or why the pages cannot be read.
    differing: tuple[str, ...] = ()
    unreadable: str | None = None

    @property
    def holds(self) -> bool:
        """Whether the bytes are the stored ones and give the fields on record, by the layout that read them.

        A layout that was changed since then reads otherwise, which says nothing against the version.
        """
        if self.captures is None:
            return False
        return not self.is_same_layout or not (self.differing or self.unreadable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One change, its two sides, and the digests that hold it."""

    entry: LedgerEntry
    before: Side | None
    after: Side | None
    appearances: tuple[Appearance, ...]
    #: Of a change that made no version: the page at its new place, or the answer that it is gone; None if damaged.
    answers: tuple[Capture, ...] | None = ()
    #: What each answer says that it is, read again by the signs of not-found pages and walls.
    signs: tuple[PageSign | None, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether everything that the change speaks of is there and fits."""
        is_shown = all(side.holds for side in (self.before, self.after) if side is not None)
        return self.answers is not None and is_shown and not self.contradicting

    @property
    def contradicting(self) -> tuple[Capture, ...]:
        """The answers on which a removal rests and that do not say that the page is gone."""
        return tuple(
            answer
            for answer, sign in zip(self.answers or (), self.signs, strict=False)
            if self.entry.kind is ChangeKind.REMOVED and not says_gone(answer, sign)
        )


def says_gone(answer: Capture, sign: PageSign | None) -> bool:
    """Say whether a server's answer, of the given sign, says that a page is gone."""
    return answer.status in GONE_STATUSES or sign is PageSign.NOT_FOUND


def proof_of(session: Session, number: int, parks: Mapping[str, Park], layouts: Mapping[str, Layout]) -> Proof | None:
    """Return the proof of a change, None if the ledger has no such number."""
    entry = next(ledger.entries(session, after=number - 1, up_to=number), None)
    if entry is None:
        return None
    lines = {line.number: line for line in exports.versions(session, entry.article_id)}
    # A removal has no text of its own: it has the version before it on both sides, or none on either.
    after = entry.after if entry.after != entry.before else None
    before = entry.before if entry.before or after else _last_before(lines, entry)
    answers = _answers(session, number)
    park = parks.get(entry.park)
    return Proof(
        entry=entry,
        before=_side(session, lines, before, entry, parks, layouts),
        after=_side(session, lines, after, entry, parks, layouts),
        appearances=tuple(digests.appearances(session, number)),
        answers=answers,
        signs=_signs_of(answers or (), park),
    )


def unproved_removals(session: Session, parks: Mapping[str, Park]) -> Iterator[str]:
    """Yield the removals whose answer says something else; damaged answers are told where bytes are looked through."""
    for number, park in ledger.of_kind(session, ChangeKind.REMOVED):
        answers = _answers(session, number) or () if park in parks else ()
        if not all(map(says_gone, answers, _signs_of(answers, parks.get(park)))):
            yield f"ledger: entry {number}, removed, rests on an answer that by today's signs does not say so"


def _signs_of(answers: Sequence[Capture], park: Park | None) -> tuple[PageSign | None, ...]:
    """Return what each answer is; nothing where nobody knows how the park's bytes are read."""
    signs = load_signs() if park and answers else None
    return tuple(signs.of(page_of_capture(each, park)) for each in answers) if signs and park else ()


def _answers(session: Session, number: int) -> tuple[Capture, ...] | None:
    try:
        return captures.of_change(session, number)
    except ValueError:
        return None


def _last_before(lines: Mapping[int, exports.VersionLine], entry: LedgerEntry) -> int | None:
    return max((number for number, line in lines.items() if line.seen_at <= entry.seen_at), default=None)


def _side(
    session: Session,
    lines: Mapping[int, exports.VersionLine],
    number: int | None,
    entry: LedgerEntry,
    parks: Mapping[str, Park],
    layouts: Mapping[str, Layout],
) -> Side | None:
    line, later = lines.get(number or 0), lines.get((number or 0) + 1)
    if line is None:
        return None
    layout, park = layouts.get(line.layout), parks.get(entry.park)
    # A version that was restated is known to read otherwise today.
    is_restated = later is not None and later.is_restated
    is_same = layout is not None and layout.revision == line.layout_revision and not is_restated
    try:
        kept = captures.of_version(session, entry.article_id, line.number)
    except ValueError:
        return Side(line=line, captures=None, is_same_layout=is_same)
    if layout is None or park is None:
        return Side(line=line, captures=kept, is_same_layout=False)
    reading = reread(kept, [layout], park, line.fields, line.listed_date)
    if isinstance(reading, Unreadable):
        return Side(line=line, captures=kept, is_same_layout=is_same, unreadable=reading.reason)
    return Side(
        line=line,
        captures=kept,
        is_same_layout=is_same,
        differing=changed_fields(line.fields, reading.fields),
    )

"""Show what changed in a text, word by word, in Chinese as in English."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import Indel

#: Words shown on either side of a change.
_CONTEXT = 9
#: Changes shown of one text; the rest is counted.
MOST_PLACES = 6
#: An edit script over more words than this costs memory that one page must not take; no article comes near it.
_MOST_WORDS = 12_000
_SHOWN_OF_MUCH = 200
#: Of a run of words a mail shows so much at either end; all of it stands in the store.
_SHOWN_OF_RUN = 1500
#: A word that is longer is no word of any language, and would fill a screen.
_LONGEST_WORD = 100
_PARAGRAPH = "\n"
# Figures hold together, so that 5.76 against 5.79 reads as one figure for another; so do words with a hyphen.
_TOKEN = re.compile(
    r"\d+(?:[.,:]\d+)*%?|[A-Za-z\u00c0-\u024f]+(?:['’-][A-Za-z\u00c0-\u024f]+)*|[\u3400-\u9fff]+|\n|\s+|."
)
_HAN = re.compile("[\u3400-\u9fff]")


class Piece(StrEnum):
    """What a run of words is in a diff."""

    SAME = "same"
    DELETED = "deleted"
    INSERTED = "inserted"


@dataclass(frozen=True, slots=True)
class Run:
    """A run of words that stay, go or come."""

    piece: Piece
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """The places at which two texts differ, each with some words around it, and how many more there are."""

    places: tuple[tuple[Run, ...], ...]
    more: int = 0


def diff_texts(before: Sequence[str], after: Sequence[str]) -> Diff:
    """Return the places at which the paragraphs of two versions differ."""
    first, last = _shared(before, after)
    before, after = before[first : len(before) - last], after[first : len(after) - last]
    one, other = words(_PARAGRAPH.join(before)), words(_PARAGRAPH.join(after))
    if len(one) + len(other) > _MOST_WORDS:
        return Diff(places=(_beginnings(before, after),), more=1)
    places = list(_places(list(_runs(one, other))))
    return Diff(places=tuple(places[:MOST_PLACES]), more=max(0, len(places) - MOST_PLACES))


def _shared(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """Return how many paragraphs at the beginning and at the end are the same, one kept on either side as context."""
    most = min(len(before), len(after))
    first = next((at for at in range(most) if before[at] != after[at]), most)
    last = next((at for at in range(most - first) if before[-1 - at] != after[-1 - at]), most - first)
    return max(0, first - 1), max(0, last - 1)


def _beginnings(before: Sequence[str], after: Sequence[str]) -> tuple[Run, ...]:
    cut = [" ".join(paragraphs)[:_SHOWN_OF_MUCH] + " …" for paragraphs in (before, after)]
    return Run(Piece.DELETED, cut[0]), Run(Piece.INSERTED, cut[1])


def words(text: str) -> list[str]:
    """Cut a text into words, figures, signs and spaces; Chinese by its dictionary words."""
    import rjieba  # its dictionary takes a tenth of a second to load, and most verbs cut no words

    tokens: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        tokens += rjieba.cut(token) if _HAN.match(token) else [token]
    return tokens


def _runs(one: list[str], other: list[str]) -> Iterator[tuple[Piece, list[str]]]:
    deleted: list[str] = []
    inserted: list[str] = []

    def change() -> Iterator[tuple[Piece, list[str]]]:
        if deleted:
            yield Piece.DELETED, list(deleted)
        if inserted:
            yield Piece.INSERTED, list(inserted)
        deleted.clear()
        inserted.clear()

    opcodes = Indel.opcodes(one, other)
    for at, op in enumerate(opcodes):
        if op.tag == "equal":
            same = one[op.src_start : op.src_end]
            # A lone space or comma between two changed words is part of the change to a reader.
            if (deleted or inserted) and at + 1 < len(opcodes) and _is_thin(same):
                deleted += same
                inserted += same
                continue
            yield from change()
            yield Piece.SAME, same
        else:
            deleted += one[op.src_start : op.src_end]
            inserted += other[op.dest_start : op.dest_end]
    yield from change()


def _is_thin(tokens: list[str]) -> bool:
    return len(tokens) <= 2 and not any(token.isalnum() or token == _PARAGRAPH for token in tokens)


def _places(runs: list[tuple[Piece, list[str]]]) -> Iterator[tuple[Run, ...]]:
    place: list[Run] = []
    last = len(runs) - 1
    for at, (piece, tokens) in enumerate(runs):
        if piece is not Piece.SAME:
            place.append(_run(piece, tokens))
            continue
        if at == 0:
            place = [Run(Piece.SAME, _tail(tokens))] if last > 0 else []
        elif at == last:
            place.append(Run(Piece.SAME, _head(tokens)))
        elif len(tokens) <= 2 * _CONTEXT:
            place.append(_run(piece, tokens))
        else:
            yield (*place, Run(Piece.SAME, _head(tokens)))
            place = [Run(Piece.SAME, _tail(tokens))]
    if any(run.piece is not Piece.SAME for run in place):
        yield tuple(place)


def _run(piece: Piece, tokens: list[str]) -> Run:
    return Run(piece, _text(tokens).replace(_PARAGRAPH, " ¶ "))


def for_mail(diff: Diff) -> Diff:
    """Return a diff as a mail has room for it: of what was rewritten at length the beginning and the end."""
    places = tuple(tuple(Run(run.piece, _shown_of(run.text)) for run in place) for place in diff.places)
    return Diff(places=places, more=diff.more)


def _shown_of(text: str) -> str:
    return text if len(text) <= 2 * _SHOWN_OF_RUN else f"{text[:_SHOWN_OF_RUN]} … {text[-_SHOWN_OF_RUN:]}"


def _text(tokens: list[str]) -> str:
    return "".join(token if len(token) <= _LONGEST_WORD else f"{token[:_LONGEST_WORD]}…" for token in tokens)


def _head(tokens: list[str]) -> str:
    """Return the first words, up to the paragraph's end."""
    shown = tokens[: 2 * _CONTEXT]
    if _PARAGRAPH in shown:
        return _text(shown[: shown.index(_PARAGRAPH)])
    return _text(shown) + (" …" if len(tokens) > len(shown) else "")


def _tail(tokens: list[str]) -> str:
    """Return the last words, from the paragraph's beginning."""
    shown = tokens[-2 * _CONTEXT :]
    if _PARAGRAPH in shown:
        return _text(shown[len(shown) - shown[::-1].index(_PARAGRAPH) :])
    return ("… " if len(tokens) > len(shown) else "") + _text(shown)

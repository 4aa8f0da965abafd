"""Look at a pattern's own text for what a line must hold, so that most lines need not be tried at all."""

import re
from collections.abc import Iterator
from functools import cache

_PIECE = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[NpPgk][{<][^}>]*[}>]|\d{1,3}|.)"
    r"|\[\^?\]?(?:\\.|[^\]\\])*\]|[*+?]|\{\d*,?\d*\}|.",
    re.DOTALL,
)
#: Flags for the whole pattern: capitals may not count, white space may not.
_FLAGS = re.compile(r"\(\?[a-zA-Z]+\)")
_REPETITION = re.compile(r"[*+?]|\{\d*,?\d*\}")
_ENDLESS = re.compile(r"[*+]|\{\d*,\}")
_COUNTED = re.compile(r"\{\d*,?\d*\}")
_ESCAPED_SIGN = re.compile(r"\\[^A-Za-z0-9]")
_FEW_SIGNS = re.compile(r"\[[^\^\\\]\[&~|-]{1,6}\]")


def is_at_beginning(pattern: str) -> bool:
    """Say whether a pattern is found at the beginning of a line or nowhere."""
    return pattern.startswith("^") and "|" not in _pieces_outside_groups(pattern)


def endless(pattern: str) -> int:
    """Return how many things in a pattern are repeated without end, but for white space and what gives nothing back."""
    pieces = ["", *_PIECE.findall(pattern), ""]
    # A "+" behind another repetition is none of its own: it forbids to give back what that has taken.
    return sum(
        bool(_ENDLESS.fullmatch(piece)) and following != "+" and before != r"\s" and not _REPETITION.fullmatch(before)
        for before, piece, following in zip(pieces, pieces[1:], pieces[2:], strict=False)
    )


def expanded_size(pattern: str) -> int:
    """Return how many signs and sets a pattern has once its counted repetitions are written out, as engines do."""
    totals, last = [0], 0
    for piece in _PIECE.findall(pattern):
        if piece == "(":
            totals.append(0)
        elif piece == ")" and len(totals) > 1:
            last = totals.pop()
            totals[-1] += last
        elif counts := re.findall(r"\d+", piece) if _COUNTED.fullmatch(piece) else []:
            times = max(map(int, counts))
            totals[-1] += last * (times - 1)
            last *= times
        elif not _REPETITION.fullmatch(piece):
            last = 1
            totals[-1] += 1
    return sum(totals)


@cache
def words_needed(pattern: str) -> tuple[str, ...]:
    """Return words one of which is in every line in which the pattern is found; none if that cannot be said.

    Only what stands outside groups is looked at: the longest word, or else a set of few signs such as ``[:：]``.
    """
    pieces = _pieces_outside_groups(pattern)
    if "|" in pieces or _FLAGS.search(pattern):
        return ()
    words, sets = [""], []
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        is_optional = following[:1] in ("*", "?", "{")
        sign = piece[1] if _ESCAPED_SIGN.fullmatch(piece) else piece
        if len(sign) == 1 and (piece != sign or sign not in "*+?{}()|^$.[]\\") and not is_optional:
            words[-1] += sign
        else:
            words.append("")
            if _FEW_SIGNS.fullmatch(piece) and not is_optional:
                sets.append(tuple(piece[1:-1]))
    longest = max(words, key=len)
    if len(longest) > 1 or not sets:
        return (longest,) if longest else ()
    return sets[0]


def _pieces_outside_groups(pattern: str) -> list[str]:
    """Return a pattern's signs, sets and repetitions, a group as a single ``(``."""
    return list(_outside_groups(pattern))


def _outside_groups(pattern: str) -> Iterator[str]:
    depth = 0
    for piece in _PIECE.findall(pattern):
        if piece == ")":
            depth -= 1
        elif depth == 0:
            yield piece
        if piece == "(":
            depth += 1

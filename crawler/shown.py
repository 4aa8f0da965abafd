"""Say what an extractor found in the lines in which the page shows it."""

from itertools import islice, takewhile

from storage.text import clean_text, comparison_text

#: What is not shown as it was found costs a look at every line.
_MOST_UNLIKE = 200
#: A stamp falls into pieces where its labels and values stand in elements of their own.
_MOST_PIECES = 12


def cells_of(line: str) -> list[str]:
    """Return the cells of a table's row, each of which is a line to a person; any other line as it is."""
    if not (line.startswith("|") and line.endswith("|") and len(line) > 1):
        return [line]
    return [cell for part in line.split("|") if (cell := clean_text(part)).strip("-")]


def as_shown(found: list[str], shown: tuple[str, ...]) -> list[str]:
    """Return lines as the page shows them, where the extractor has glued several together or taken one apart."""
    known, said = {*shown}, [comparison_text(line) for line in shown]
    wanted = [comparison_text(line) for line in found]
    lines: list[str] = []
    tried = at = 0
    while at < len(found):
        tried += found[at] not in known
        if found[at] in known or tried > _MOST_UNLIKE:
            lines.append(found[at])
            at += 1
        elif run := _run_of(wanted[at], said):
            lines += [shown[number] for number in run]
            at += 1
        else:
            # What is a line of its own is no piece of another, whatever that says.
            unlike = takewhile(lambda number: found[number] not in known, range(at, len(found)))
            whole, pieces = _made_of([wanted[number] for number in islice(unlike, _MOST_PIECES)], said)
            lines.append(shown[whole] if pieces > 1 else found[at])
            at += pieces
    return lines


def _made_of(wanted: list[str], said: list[str]) -> tuple[int, int]:
    """Return the number of the line that begins with most of the texts, one behind the other, and how many these are.

    Where a piece is missing, as a source that is a link, the others still stand in order.
    """
    best = (0, 1)
    for number, line in enumerate(said):
        if wanted[0] and line.startswith(wanted[0]):
            pieces, place = 0, 0
            while pieces < len(wanted) and wanted[pieces] and (place := line.find(wanted[pieces], place)) >= 0:
                place += len(wanted[pieces])
                pieces += 1
            best = max(best, (number, pieces), key=lambda each: each[1])
    return best


def _run_of(wanted: str, said: list[str]) -> range | None:
    """Return the numbers of the lines that make up a text, None if there are no two such lines."""
    for at, first in enumerate(said):
        if not first or not wanted.startswith(first):
            continue
        length, end = len(first), at + 1
        while end < len(said) and length < len(wanted) and wanted.startswith(said[end], length):
            length, end = length + len(said[end]), end + 1
        if length == len(wanted) and end - at > 1:
            return range(at, end)
    return None

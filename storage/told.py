"""Note beside the store which changes each mail has told, for a store that is restored from an older backup.

What the lost store had found since the backup is found again, and without this note would be told as news again.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from storage.decisions import content_hash
from storage.records import ChangeKind, LedgerEntry

#: So large the file grows before its older half is left out: the newest six thousand changes at the least.
_MOST_BYTES = 1_000_000
#: Signs of a mark's two halves, each of 32 bits.
_HALF, _SIGNS = 8, 16
_MARK = re.compile(f"[0-9a-f]{{{_SIGNS}}}")
#: What these say lies in their kind, whatever the article says.
_OF_NO_TEXT = (ChangeKind.MOVED, ChangeKind.UNLISTED, ChangeKind.REMOVED, ChangeKind.RESTORED)


def mark_of(entry: LedgerEntry) -> str | None:
    """Return a mark that another store gives as well to a change which leads to the same; None if damaged.

    Its first half says what is told of: an article, known by its address, and either its text or whether it is there.
    The other half says what became of that. That it is new with a text and that it was edited into that text are
    alike: what was told edit by edit is found again in its last state.
    """
    try:
        fields = None if entry.kind in _OF_NO_TEXT else entry.fields_after
        of, what = (entry.url, content_hash(fields)) if fields else (f"{entry.url}\nthere", entry.kind.value)
        return "".join(hashlib.sha256(half.encode()).hexdigest()[:_HALF] for half in (of, f"{entry.url}\n{what}"))
    except Exception:  # a damaged row costs its own line alone, whatever it is
        return None


class ToldNotes:
    """Lines of a Message-ID and the marks of the changes that the mail told."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, message_id: str, entries: Iterable[LedgerEntry]) -> None:
        """Write what a mail has told; raises OSError if it cannot be written."""
        marks = [mark for entry in entries if (mark := mark_of(entry))]
        if not marks:
            return
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = os.fstat(file).st_size
            if size > _MOST_BYTES:
                kept = os.pread(file, size, size - _MOST_BYTES // 2).partition(b"\n")[2]
                # Shortened last: one that dies here leaves lines twice rather than none.
                os.pwrite(file, kept, 0)
                os.ftruncate(file, size := len(kept))
            # A line that was cut must not take this one with it.
            begun = b"\n" if size and os.pread(file, 1, size - 1) != b"\n" else b""
            os.pwrite(file, begun + f"{message_id} {' '.join(marks)}\n".encode(), size)
            os.fsync(file)
        finally:
            os.close(file)

    def mails(self, serial: str, entries: Collection[LedgerEntry]) -> dict[int, str]:
        """Return by number the changes that mails to the reader of *serial* have told, with the last one's Message-ID.

        The last word on a text, or on whether an article is there, is what the reader knows: what came before it is
        no longer, and what follows in the same digest leads on from it.
        """
        marks: dict[str, tuple[str, int]] = {}
        for entry in sorted(entries, key=lambda entry: entry.number):
            if mark := mark_of(entry):
                marks.setdefault(mark[:_HALF], (mark, entry.number))
        last: dict[str, tuple[str, str]] = {}
        for message_id, told in self._lines() if marks else ():
            if message_id.startswith(f"<{serial}"):
                last |= {mark[:_HALF]: (mark, message_id) for mark in told if mark[:_HALF] in marks}
        return {marks[of][1]: message_id for of, (mark, message_id) in last.items() if mark == marks[of][0]}

    def _lines(self) -> Iterator[tuple[str, list[str]]]:
        try:
            with self._path.open(encoding="ascii", errors="replace") as file:
                for line in file:
                    message_id, _, marks = line.partition(" ")
                    yield message_id, [mark for mark in marks.split() if _MARK.fullmatch(mark)]
        except OSError:
            return

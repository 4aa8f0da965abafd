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

#: So large the file grows before its older half is left out: the newest thirty thousand changes at the least.
_MOST_BYTES = 1_000_000
_SIGNS = 16
_MARK = re.compile(f"[0-9a-f]{{{_SIGNS}}}")
#: What these say lies in their kind, whatever the article says.
_OF_NO_TEXT = (ChangeKind.MOVED, ChangeKind.UNLISTED, ChangeKind.REMOVED, ChangeKind.RESTORED)


def mark_of(entry: LedgerEntry) -> str | None:
    """Return a mark of 64 bits that another store gives as well to a change which leads to the same; None if damaged.

    An article is known by its address. That it is new with a text and that it was edited into that text are alike:
    what was told edit by edit is found again in its last state.
    """
    try:
        fields = None if entry.kind in _OF_NO_TEXT else entry.fields_after
        what = content_hash(fields) if fields else entry.kind.value
        return hashlib.sha256(f"{entry.url}\n{what}".encode()).hexdigest()[:_SIGNS]
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

        What this store has told again since it was restored is no longer what the lost one told.
        """
        numbers: dict[str, list[int]] = {}
        for entry in entries:
            if mark := mark_of(entry):
                numbers.setdefault(mark, []).append(entry.number)
        found: dict[int, str] = {}
        for message_id, marks in self._lines() if numbers else ():
            if message_id.startswith(f"<{serial}"):
                found |= {number: message_id for mark in marks for number in numbers.get(mark, ())}
        return found

    def _lines(self) -> Iterator[tuple[str, list[str]]]:
        try:
            with self._path.open(encoding="ascii", errors="replace") as file:
                for line in file:
                    message_id, _, marks = line.partition(" ")
                    yield message_id, [mark for mark in marks.split() if _MARK.fullmatch(mark)]
        except OSError:
            return

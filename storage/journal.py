"""Note which mails a server has taken in a file beside the store, for the moment before the store knows.

A mail is taken, and then the store cannot say so: its disk is full, or the process dies at that moment. Without this
note the mail would go out again. The file has its full size from the beginning, so that a line finds room on a full
disk, and is synced before anything else happens (Exim's journal beside its spool works alike).
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SIZE = 65_536
_SHA256 = re.compile("[0-9a-f]{64}")
_SERIAL = re.compile(r"<(s[0-9a-f]{16}\.d)(\d+)\.")
#: Lines that are kept when the file is full: far more than can wait to be stored.
_KEPT = 200


class SentJournal:
    """Lines of Message-ID and SHA-256."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def prepare(self) -> None:
        """Make the file while there is room; that there is none is no reason not to send."""
        with suppress(OSError), self._opened():
            pass

    def note(self, message_id: str, sha256: str) -> None:
        """Write that a server took this mail; nothing is raised, since the store is told next."""
        with suppress(OSError), self._opened() as file:
            line, lines = f"{message_id} {sha256}\n", _lines_in(file)
            end = sum(map(len, lines)) + len(lines)
            if lines and os.pread(file, 1, end - 1) != b"\n":
                line = f"\n{line}"  # a line that was cut must not take this one with it
            if end + len(line) > _SIZE:
                kept = "".join(f"{each}\n" for each in lines[-_KEPT:])
                os.pwrite(file, kept.encode().ljust(_SIZE, b"\0"), 0)
                end = len(kept)
            os.pwrite(file, line.encode(), end)
            os.fsync(file)

    def holds(self, message_id: str, sha256: str) -> bool:
        """Say whether a server took this mail, these very bytes."""
        try:
            with self._opened() as file:
                return f"{message_id} {sha256}" in _lines_in(file)
        except OSError:
            return False

    def numbers(self, serial: str) -> set[int]:
        """Return the numbers of the mails whose Message-IDs begin with *serial* and a number."""
        return numbers_by_serial(self._lines()).get(serial, set())

    def hashes(self) -> dict[str, set[str]]:
        """Return by Message-ID the SHA-256 of what was taken under that name: one, unless somebody has forged."""
        found: dict[str, set[str]] = {}
        for line in self._lines():
            message_id, _, sha256 = line.partition(" ")
            if _SHA256.fullmatch(sha256):  # a line may have been cut
                found.setdefault(message_id, set()).add(sha256)
        return found

    def _lines(self) -> list[str]:
        try:
            return _parted(self._path.read_bytes())
        except OSError:
            return []

    @contextmanager
    def _opened(self) -> Iterator[int]:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file).st_size < _SIZE:
                os.posix_fallocate(file, 0, _SIZE)
            yield file
        finally:
            os.close(file)


def _lines_in(file: int) -> list[str]:
    return _parted(os.pread(file, _SIZE, 0))


def _parted(content: bytes) -> list[str]:
    return content.rstrip(b"\0").decode("ascii", "replace").splitlines()


def numbers_by_serial(message_ids: Iterable[str]) -> dict[str, set[int]]:
    """Return the numbers of digests by what Message-IDs begin with: the serial of their subscription."""
    found: dict[str, set[int]] = {}
    for message_id in message_ids:
        if parts := _SERIAL.match(message_id):
            found.setdefault(parts[1], set()).add(int(parts[2]))
    return found


def serial_of(token: str) -> str:
    """Return what the Message-IDs of a subscription begin with; its digest's number follows."""
    return f"s{hashlib.sha256(token.encode()).hexdigest()[:16]}.d"

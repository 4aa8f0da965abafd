"""Let one scheduler alone run on a store: the kernel frees the lock at any death, so none is ever stale."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from storage.database import Store
from storage.processes import this_host


class AlreadyRunningError(Exception):
    """Another scheduler runs on this store; the sentence says who."""


def lock_path(store: Store) -> Path:
    """Return the lock's file: beside a SQLite store, else in the machine's temporary folder."""
    if store.path is not None:
        return store.path.with_name(store.path.name + ".lock")
    return Path(tempfile.gettempdir()) / f"parkwatch-{sha256(store.url.encode()).hexdigest()[:16]}.lock"


@contextmanager
def only_one(store: Store, now: datetime) -> Iterator[None]:
    """Hold the lock while the block runs; raises AlreadyRunningError if another process holds it."""
    path = lock_path(store)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = who(path)
            raise AlreadyRunningError(
                f"a scheduler runs on this store already: process {holder.get('pid', '?')} on "
                f"{holder.get('host', '?')} since {holder.get('since', '?')}; stop it first"
            ) from error
        os.ftruncate(descriptor, 0)
        said = {"pid": os.getpid(), "host": this_host(), "since": now.isoformat(timespec="seconds")}
        os.pwrite(descriptor, json.dumps(said).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder_of(store: Store) -> dict[str, Any] | None:
    """Return who runs a scheduler on the store, None if nobody does."""
    path = lock_path(store)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return who(path)
    else:
        return None
    finally:
        os.close(descriptor)


def who(path: Path) -> dict[str, Any]:
    """Return what the lock's holder wrote of itself."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

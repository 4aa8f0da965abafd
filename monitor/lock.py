"""Let one scheduler alone run on a store; any death frees the lock, so none is ever stale.

Beside a SQLite file the kernel holds it (``flock``), on PostgreSQL the server does, while one connection lives.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from storage.database import Store
from storage.processes import this_host

IsHeld = Callable[[], bool]


class AlreadyRunningError(Exception):
    """Another scheduler runs on this store; the sentence says who."""

    def __init__(self, holder: dict[str, Any]) -> None:
        super().__init__(
            f"a scheduler runs on this store already: process {holder.get('pid', '?')} on "
            f"{holder.get('host', '?')} since {holder.get('since', '?')}; stop it first"
        )


@contextmanager
def only_one(store: Store, now: datetime) -> Iterator[IsHeld]:
    """Hold the lock while the block runs, and yield a way to ask whether it is held still.

    Raises AlreadyRunningError if another process holds it.
    """
    said = {"pid": os.getpid(), "host": this_host(), "since": now.isoformat(timespec="seconds")}
    with _by_file(store.path, said) if store.path else _by_server(store, said) as is_held:
        yield is_held


def holder_of(store: Store) -> dict[str, Any] | None:
    """Return who runs a scheduler on the store, None if nobody does."""
    if store.path is None:
        name = store.scheduler()
        return _holder_named(name) if name is not None else None
    path = lock_path(store.path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder_in(path)
    else:
        return None
    finally:
        os.close(descriptor)


def lock_path(store: Path) -> Path:
    """Return the lock's file, beside the store's."""
    return store.with_name(store.name + ".lock")


@contextmanager
def _by_file(store: Path, said: dict[str, Any]) -> Iterator[IsHeld]:
    path = lock_path(store)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunningError(_holder_in(path)) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(said).encode(), 0)
        yield partial(_is_that_file, store, _identity_of(store))
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


@contextmanager
def _by_server(store: Store, said: dict[str, Any]) -> Iterator[IsHeld]:
    with store.scheduler_lock(f"parkwatch run {said['pid']} {said['since']} {said['host']}") as is_held:
        if is_held is None:
            raise AlreadyRunningError(_holder_named(store.scheduler()))
        yield is_held


def _identity_of(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_that_file(path: Path, identity: tuple[int, int] | None) -> bool:
    """Say whether a store is still the file that it was: what another one holds is no business of this scheduler's."""
    return _identity_of(path) == identity


def _holder_in(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _holder_named(name: str | None) -> dict[str, Any]:
    return dict(zip(("pid", "since", "host"), (name or "").split(" ")[2:], strict=False))

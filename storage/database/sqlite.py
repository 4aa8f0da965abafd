"""Speak to SQLite: which library, which journal, which lock, and a file that this user may only read."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Engine, create_engine, event

BUSY_TIMEOUT_S = 30


def module() -> Any:
    """Return the SQLite driver: the wheel's library where the platform has the wheel, Python's own elsewhere."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return sqlite3
    return dbapi2


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Say whether a SQLite library is free of the WAL-reset bug, which can lose commits of several processes.

    Source: sqlite.org/wal.html#walresetbug, releases 3.7.0 to 3.51.2 but for the backports 3.44.6 and 3.50.7.
    """
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def slow_journal() -> str | None:
    """Say why the slower of SQLite's journals is used, None where it is not."""
    library = module()
    if wal_is_safe(library.sqlite_version_info):
        return None
    return (
        f"SQLite {library.sqlite_version} can lose commits of several processes in its faster journal (WAL), so the "
        "slower one is used; 3.51.3 or newer can do better"
    )


def copy(path: Path, to: Path) -> None:
    """Copy a database file while others may use it; what was begun and not ended leaves nothing under that name."""
    library = module()
    half = to.with_name(f"{to.name}.half")
    half.unlink(missing_ok=True)
    try:
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(library.connect(path)) as source, closing(library.connect(half)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
        shutil.copymode(path, half)
        half.replace(to)
    except BaseException:
        # On a full disk it would take the room that the store itself needs.
        for left in (half, half.with_name(f"{half.name}-journal")):
            left.unlink(missing_ok=True)
        raise


def may_write(path: Path) -> bool:
    """Say whether this user may write a database file: the file, and its folder, where the journal stands."""
    return os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK)


def engine_of(url: URL, *, read_only: bool) -> Engine:
    """Return an engine on a SQLite file; *read_only* asks for nothing that would need to write."""
    library = module()
    if read_only:
        url = _read_only_form(url)
    engine = create_engine(url, module=library, connect_args={"timeout": BUSY_TIMEOUT_S})
    journal = None if read_only else "WAL" if wal_is_safe(library.sqlite_version_info) else "DELETE"

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        if journal:
            cursor.execute(f"PRAGMA journal_mode={journal}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _read_only_form(url: URL) -> URL:
    path = Path(url.database or "").absolute()
    return url.set(database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})


def opens_read_only(path: Path) -> bool:
    """Say whether SQLite can open a WAL file that may only be read: its shared memory is there, or can be made.

    Source: sqlite.org/wal.html#readonly. The third way, to declare the file immutable, reads torn pages as soon as
    somebody writes.
    """
    return path.with_name(f"{path.name}-shm").exists() or os.access(path.absolute().parent, os.W_OK)

"""Open the store: a SQLite file by default, PostgreSQL by its address."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_S = 30


class StoreError(Exception):
    """The store cannot be used; the sentence says why and what to do."""


class Store:
    """Holds the engine and hands out sessions: one that reads, one that writes in a single short transaction."""

    def __init__(self, engine: Engine) -> None:
        self._readers = engine
        # SQLite: a writer takes its lock at BEGIN.  A read transaction that turns into a write fails at once with
        # SQLITE_BUSY_SNAPSHOT, whatever the busy timeout says.
        self._writers = engine.execution_options(begin="BEGIN IMMEDIATE")

    @property
    def url(self) -> str:
        """The store's address, its password masked."""
        return self._readers.url.render_as_string(hide_password=True)

    @property
    def path(self) -> Path | None:
        """The database file, where there is one."""
        url = self._readers.url
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one consistent state."""
        with Session(self._readers, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose work commits whole at the end, or not at all."""
        with Session(self._writers, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Let go of every connection."""
        self._readers.dispose()


def open_store(url: str) -> Store:
    """Open an existing store of the present version.

    Raises StoreError where there is none, where it is older or newer than this program, or where it does not answer.
    """
    engine = _engine(url, must_exist=True)
    try:
        found = _revision(engine)
    except SQLAlchemyError as error:
        raise StoreError(f"the store {_shown(url)} cannot be read: {_cause(error)}") from error
    wanted, known = _revisions()
    if found is None:
        raise StoreError(f"{_shown(url)} holds no Parkwatch store: create one with 'parkwatch init'")
    if found != wanted:
        if found in known:
            raise StoreError(
                f"the store {_shown(url)} is of an older version ({found}, this program needs {wanted}): "
                "upgrade it with 'parkwatch init'"
            )
        raise StoreError(
            f"the store {_shown(url)} is of a newer version ({found}) than this program ({wanted}): "
            "install the newer Parkwatch; nothing was changed"
        )
    return Store(engine)


def upgrade_store(url: str) -> tuple[str | None, str]:
    """Create the store or bring it to the present version; return its version before and after.

    Raises StoreError if the store is newer than this program or does not answer.
    """
    engine = _engine(url, must_exist=False)
    wanted, known = _revisions()
    try:
        found = _revision(engine)
        if found is not None and found not in known:
            raise StoreError(
                f"the store {_shown(url)} is of a newer version ({found}) than this program ({wanted}): "
                "install the newer Parkwatch; nothing was changed"
            )
        with engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
            _migrate(connection)
    except SQLAlchemyError as error:
        raise StoreError(f"the store {_shown(url)} cannot be opened: {_cause(error)}") from error
    finally:
        engine.dispose()
    return found, wanted


def _engine(url: str, *, must_exist: bool) -> Engine:
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise StoreError(f"store.url {url!r} is no database address: write it like sqlite:///parkwatch.db") from error
    if parsed.get_backend_name() != "sqlite":
        try:
            return create_engine(parsed, pool_pre_ping=True)
        except (SQLAlchemyError, ImportError) as error:
            raise StoreError(
                f"store.url {_shown(url)}: its database driver cannot be loaded ({_cause(error)}); "
                "sqlite:///parkwatch.db needs none"
            ) from error
    path = Path(parsed.database or "")
    if must_exist and (not path.is_file() or path.stat().st_size == 0):
        # An emptied file passes SQLite's own check; a monitor that filled it would call every article new.
        raise StoreError(f"there is no store at {path}: create one with 'parkwatch init'")
    if not must_exist and not path.parent.is_dir():
        raise StoreError(f"the folder {path.parent} for the store does not exist: create it or change store.url")
    module = sqlite_module()
    engine = create_engine(parsed, module=module, connect_args={"timeout": BUSY_TIMEOUT_S})
    _speak_sqlite(engine, wal=wal_is_safe(module.sqlite_version_info))
    return engine


def sqlite_module() -> Any:
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


def _speak_sqlite(engine: Engine, *, wal: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA journal_mode={'WAL' if wal else 'DELETE'}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _migrate(connection: Connection) -> None:
    # Half of a verb's start-up would go into importing Alembic, and only this one needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _revisions() -> tuple[str, set[str]]:
    """Return the present version and all that ever were: migrations are numbered in their files' names."""
    known = {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}
    return max(known), known


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _cause(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]

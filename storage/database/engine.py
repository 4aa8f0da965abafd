"""Open the store: a SQLite file by default, PostgreSQL by its address."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from storage.crash import crash_point
from storage.database import postgres, sqlite

MIGRATIONS = Path(__file__).parent / "migrations"


class StoreError(Exception):
    """The store cannot be used; the sentence says why and what to do."""


class Store:
    """Holds the engine and hands out sessions: one that reads, one that writes in a single short transaction."""

    def __init__(self, engine: Engine, url: URL) -> None:
        self._url = url
        self._is_file = url.get_backend_name() == "sqlite"
        self._readers = engine if self._is_file else postgres.readers_of(engine)
        # SQLite: a writer takes its lock at BEGIN.  A read transaction that turns into a write fails at once with
        # SQLITE_BUSY_SNAPSHOT, whatever the busy timeout says.
        self._writers = engine.execution_options(begin="BEGIN IMMEDIATE") if self._is_file else engine

    @property
    def url(self) -> str:
        """The store's address, its password masked."""
        return self._url.render_as_string(hide_password=True)

    @property
    def path(self) -> Path | None:
        """The database file, where there is one."""
        return Path(str(self._url.database)) if self._is_file and self._url.database else None

    def must_be_writable(self) -> None:
        """Raise StoreError if this user may only read the store."""
        if self.path is not None and not sqlite.may_write(self.path):
            raise StoreError(
                f"the store {self.url} can only be read by this user: run this as its owner, "
                f"or allow writing to {self.path} and its folder"
            )

    def must_be_sound(self) -> None:
        """Raise StoreError if the database file is damaged; all of it is looked through once."""
        if not self._is_file:
            return
        try:
            with self.reading() as session:
                said = str(session.execute(text("PRAGMA quick_check(1)")).scalar_one())
        except SQLAlchemyError as error:
            said = cause_of(error)
        if said != "ok":
            raise StoreError(f"the store {self.url} is damaged ({' '.join(said.split())}): restore it from a backup")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one consistent state."""
        with Session(self._readers, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self, step: str = "") -> Iterator[Session]:
        """Give a session whose work commits whole at the end, or not at all; raises StoreError if it may not write.

        Nobody else writes while it is open, from its very beginning on.
        *step* names what is written, one of ``storage.crash.STEPS``, for the tests that kill it there.
        """
        self.must_be_writable()
        with Session(self._writers, expire_on_commit=False) as session:
            with session.begin():
                if self._is_file:
                    session.connection()  # what begins with the first statement alone would hold nothing until then
                else:
                    postgres.wait_for_turn(session)
                yield session
                if step:
                    session.flush()
                    crash_point(f"{step}_before_commit")
            if step:
                crash_point(f"{step}_after_commit")

    def moment(self, clock: Callable[[], datetime]) -> datetime:
        """Return the present moment, read while nobody writes.

        Whatever a writer dates by a clock that it reads within its transaction, and dates earlier, is committed by now:
        who reads the store after this sees all of it.
        """
        with self.writing():
            return clock()

    @contextmanager
    def scheduler_lock(self, said: str) -> Iterator[Callable[[], bool] | None]:
        """Hold the server's lock, as :func:`postgres.scheduler_lock` does; for stores without a file."""
        with self._lasting() as connection, postgres.scheduler_lock(connection, said) as is_held:
            yield is_held

    def scheduler(self) -> str | None:
        """Return what the holder of the server's lock said of itself, None if nobody holds it."""
        with self._lasting() as connection:
            return postgres.scheduler(connection)

    @contextmanager
    def _lasting(self) -> Iterator[Connection]:
        """Give a connection that holds no transaction open."""
        with self._writers.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

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
        cause = cause_of(error)
        hint = "; restore it from a backup" if "malformed" in cause else ""
        raise StoreError(f"the store {shown(url)} cannot be read: {cause}{hint}") from error
    wanted, known = _revisions()
    if found is None:
        raise StoreError(f"{shown(url)} holds no Parkwatch store: create one with 'parkwatch init'")
    if found != wanted:
        if found in known:
            raise StoreError(
                f"the store {shown(url)} is of an older version ({found}, this program needs {wanted}): "
                "upgrade it with 'parkwatch init'"
            )
        raise StoreError(
            f"the store {shown(url)} is of a newer version ({found}) than this program ({wanted}): "
            "install the newer Parkwatch; nothing was changed"
        )
    return Store(engine, make_url(url))


def upgrade_store(url: str) -> tuple[str | None, str]:
    """Create the store or bring it to the present version; return its version before and after.

    A file of an older version is copied first, to the name that :func:`copy_before` gives. Raises StoreError if the
    store is newer than this program, cannot be copied or does not answer.
    """
    engine = _engine(url, must_exist=False)
    wanted, known = _revisions()
    try:
        found = _revision(engine)
        if found is not None and found not in known:
            raise StoreError(
                f"the store {shown(url)} is of a newer version ({found}) than this program ({wanted}): "
                "install the newer Parkwatch; nothing was changed"
            )
        with engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
            # Once more, now that nobody else can upgrade it.
            found = _revision_in(connection)
            if (copy := copy_before(url, found, wanted)) is not None:
                sqlite.copy(Path(engine.url.database or ""), copy)
            if engine.dialect.name != "sqlite":
                postgres.wait_for_turn(connection)
            _migrate(connection)
            crash_point("migration_before_commit")
    except SQLAlchemyError as error:
        raise StoreError(f"the store {shown(url)} cannot be opened: {cause_of(error)}") from error
    except (sqlite.module().Error, OSError) as error:
        raise StoreError(
            f"the store {shown(url)} cannot be copied before its upgrade, so nothing was changed: {cause_of(error)}"
        ) from error
    finally:
        engine.dispose()
    crash_point("migration_after_commit")
    return found, wanted


def copy_before(url: str, found: str | None, wanted: str) -> Path | None:
    """Return where a store file of version *found* is copied before its upgrade, None where nothing is to be copied."""
    parsed = make_url(url)
    if found in (None, wanted) or parsed.get_backend_name() != "sqlite":
        return None
    return Path(f"{parsed.database}.{found}")


def slow_journal(url: str) -> str | None:
    """Say why a store file has the slower of SQLite's journals, None where it has not."""
    return sqlite.slow_journal() if make_url(url).get_backend_name() == "sqlite" else None


def _engine(url: str, *, must_exist: bool) -> Engine:
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise StoreError("store.url is no database address: write it like sqlite:///parkwatch.db") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(
            f"store.url {shown(url)}: write an address of SQLite or PostgreSQL, like sqlite:///parkwatch.db"
        )
    if parsed.get_backend_name() != "sqlite":
        try:
            return postgres.engine_of(parsed)
        except (SQLAlchemyError, ImportError) as error:
            raise StoreError(
                f"store.url {shown(url)}: its database driver cannot be loaded ({cause_of(error)}); "
                "sqlite:///parkwatch.db needs none"
            ) from error
    path = Path(parsed.database or "")
    if path.is_file() and path.stat().st_size == 0 and (must_exist or _was_used(path)):
        # An emptied file passes SQLite's own check; one that is filled again has forgotten every article and reader.
        raise StoreError(
            f"the store {path} is an empty file: restore it from a backup, or delete it and the files beside it that "
            "begin with its name, and then 'parkwatch init'"
        )
    if must_exist and not path.is_file():
        raise StoreError(f"there is no store at {path}: create one with 'parkwatch init'")
    if not must_exist and not path.parent.is_dir():
        raise StoreError(f"the folder {path.parent} for the store does not exist: create it or change store.url")
    read_only = must_exist and not sqlite.may_write(path)
    if read_only and not sqlite.opens_read_only(path):
        raise StoreError(
            f"the store {path} stands in a folder that this user may not write, where SQLite can open it only while "
            "its owner has it open: allow writing to the folder, or read a copy"
        )
    return sqlite.engine_of(parsed, read_only=read_only)


def _was_used(path: Path) -> bool:
    """Say whether something beside an empty file shows that it held a store; a killed first 'init' leaves nothing."""
    return any(path.with_name(f"{path.name}{end}").exists() for end in (".sent", ".lock"))


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
        return _revision_in(connection)


def _revision_in(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _revisions() -> tuple[str, set[str]]:
    """Return the present version and all that ever were: migrations are numbered in their files' names."""
    known = {path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")}
    return max(known), known


def shown(url: str) -> str:
    """Return a store's address with its password masked."""
    return make_url(url).render_as_string(hide_password=True)


def in_words(error: BaseException) -> str:
    """Return an error on one line; of a database's the words of its own, without statement and address."""
    if type(error).__module__.startswith("sqlalchemy"):
        cause = cause_of(error)
        is_held = "database is locked" in cause
        return "another process held the store for too long" if is_held else f"the store does not answer: {cause}"
    said = " ".join(str(error).split())[:200]
    # Of the interpreter's own errors the text alone says little.
    return f"{type(error).__name__}: {said}" if type(error).__module__ == "builtins" else said or type(error).__name__


def cause_of(error: BaseException) -> str:
    """Return what the database itself said, on one line, without the statement around it."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    if "disk is full" in said or "No space left" in said:
        return "the disk is full: make room"
    # A quota, or a limit on the size of files, is told to SQLite as an error of the disk.
    return f"{said} (is the disk full?)" if said == "disk I/O error" else said

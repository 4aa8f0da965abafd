"""Speak to PostgreSQL: one writer at a time, readers that see one state, a scheduler's lock that its death frees."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import URL, Connection, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

#: Seconds that a writer waits for the one before it, as it does on SQLite.
LOCK_TIMEOUT_S = 30
#: It keeps so many characters of what a connection says of itself.
_LONGEST_NAME = 63
#: The names of our advisory locks; they are counted for each database apart (PostgreSQL manual, 13.3.5).
_WRITER, _SCHEDULER = 7_275_001, 7_275_002


def engine_of(url: URL) -> Engine:
    """Return an engine on a PostgreSQL database; raises ImportError without its driver."""
    return create_engine(
        url,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 10,
            "application_name": "parkwatch",
            "keepalives_idle": 30,
            "tcp_user_timeout": 60_000,
            # A client whose machine has died must not hold its locks for the two hours that are usual.
            "options": "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3",
        },
    )


def readers_of(engine: Engine) -> Engine:
    """Return the engine for sessions in which every statement sees the same state."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def wait_for_turn(session: Session | Connection) -> None:
    """Let the writer before this one finish; the lock goes with the transaction.

    What the store promises is written for one writer at a time, which is what SQLite allows. Writers side by side
    would gain little, since their transactions are short, and each check before an insert would need its own answer
    to a rival: unique keys that collide, deadlocks, retries.
    """
    session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'"))
    session.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _WRITER})


@contextmanager
def scheduler_lock(connection: Connection, said: str) -> Iterator[Callable[[], bool] | None]:
    """Hold the lock that one scheduler alone has; yield a way to ask whether it is held still, None if another has it.

    The lock lives as long as its connection: a server that restarts, or is told to end the connection, frees it.
    """
    connection.execute(text("SELECT set_config('application_name', :said, false)"), {"said": said[:_LONGEST_NAME]})
    if not connection.scalar(text("SELECT pg_try_advisory_lock(:name)"), {"name": _SCHEDULER}):
        yield None
        return

    def is_held() -> bool:
        try:
            connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    try:
        yield is_held
    finally:
        # A server lets go of what a closed connection held some time afterwards, and whoever runs next asks at once.
        with suppress(SQLAlchemyError):
            connection.execute(text("SELECT pg_advisory_unlock(:name)"), {"name": _SCHEDULER})
        connection.invalidate()  # what it said of itself goes with it


def scheduler(connection: Connection) -> str | None:
    """Return what the scheduler's holder said of itself, None if nobody holds the lock."""
    query = text(
        "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid) "
        "WHERE locktype = 'advisory' AND objid = :name AND granted "
        "AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    found = connection.scalar(query, {"name": _SCHEDULER})
    return None if found is None else str(found)

"""A real PostgreSQL for tests: the one that PARKWATCH_TEST_POSTGRES names, else one started while it is needed."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import NullPool, create_engine, make_url, text

#: Where Debian keeps the programs that a person does not call by name.
_DEBIAN = Path("/usr/lib/postgresql")


def _programs() -> Path | None:
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(_DEBIAN.glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "postgres").exists()), None)


def can_start() -> bool:
    """Say whether there is a server to test with."""
    return bool(os.environ.get("PARKWATCH_TEST_POSTGRES")) or _programs() is not None


@contextmanager
def serving() -> Iterator[str]:
    """Yield the address of a server that listens on a socket in a folder of its own, without durable writes."""
    given = os.environ.get("PARKWATCH_TEST_POSTGRES")
    if given:
        yield given
        return
    programs = _programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="pw-pg-"))
    # The server refuses to run as root; Debian's package makes the user.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    control = [*as_user, str(programs / "pg_ctl"), "-D", str(data)]
    try:
        initdb = [*as_user, str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync"]
        subprocess.run([*initdb, "-E", "UTF8"], check=True, capture_output=True, cwd="/")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
        start = [*control, "-w", "-o", options, "-l", str(folder / "log"), "start"]
        subprocess.run(start, check=True, capture_output=True, cwd="/")
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, capture_output=True, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database(server: str, template: str = "template1") -> Iterator[str]:
    """Yield the address of a database of its own, a copy of the template's."""
    name = f"pw_{uuid4().hex[:12]}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        engine.dispose()


def main() -> None:
    """Run a command with a server of its own: ``python -m tests.postgres make test``."""
    if not can_start():
        sys.exit("there is no PostgreSQL to test with: install Debian's package 'postgresql'")
    with serving() as server:
        done = subprocess.run(sys.argv[1:], env={**os.environ, "PARKWATCH_TEST_POSTGRES": server}, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()

"""A real PostgreSQL for tests: the one that PARKWATCH_TEST_POSTGRES names, else one started while it is needed."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    """Yield the address of a server, the one that is given or one of our own."""
    given = os.environ.get("PARKWATCH_TEST_POSTGRES")
    if given:
        yield given
        return
    with own_server() as server:
        yield server.address


class OwnServer:
    """A server that listens on a socket in a folder of its own, without durable writes."""

    def __init__(self, folder: Path) -> None:
        programs = _programs()
        assert programs is not None
        self._folder = folder
        self._data = folder / "data"
        # The server refuses to run as root; Debian's package makes the user.
        self._programs = [*(["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []), str(programs)]
        self.address = f"postgresql+psycopg://postgres@/postgres?host={folder}"

    def make(self) -> None:
        """Make its files, and start it."""
        self._run("initdb", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        self.control("start")

    def control(self, act: str) -> None:
        """Start it, stop it, or restart it as a crash does."""
        options = f"-k {self._folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
        more = () if act == "stop" else ("-w", "-o", options, "-l", str(self._folder / "log"))
        self._run("pg_ctl", *(() if act == "start" else ("-m", "immediate")), *more, act)

    def _run(self, program: str, *arguments: str) -> None:
        *before, folder = self._programs
        command = [*before, f"{folder}/{program}", "-D", str(self._data), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/")


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """Run a server while the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="pw-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    server = OwnServer(folder)
    try:
        server.make()
        yield server
    finally:
        with suppress(subprocess.CalledProcessError):
            server.control("stop")
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

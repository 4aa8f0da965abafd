"""Fixtures: a real store, sample sites and a mail server on loopback, and the real command."""

import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from monitor import children
from monitor.cli import main
from monitor.demo.mailbox import Mailbox, receiving
from storage.database import Store, open_store, upgrade_store
from tests.forks import ForkedChild, run_scrapy
from tests.postgres import can_start, database, serving
from tests.torture.post import Post
from tests.torture.stands import KINDS, Stands
from tests.tricksite import TrickSite, tricking

HOUSE = Path(__file__).resolve().parent.parent
#: A file is one worker's work: those that take longest come first, or the others wait for them at the end.
LONGEST = ("torture_trouble", "torture", "drift", "crawl", "bad_sites", "hostile")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    rank = {f"test_{name}.py": at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))


@pytest.fixture(scope="session", autouse=True)
def forked_children() -> Iterator[None]:
    """Visits begin without the second that a start costs; those of the real command (``Desk.start``) pay it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(children, "start_child", ForkedChild)
        yield


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a verb leaves in the folder where it runs, it leaves in one of the test's own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def postgres() -> Iterator[tuple[str, str]]:
    """A server, and the name of a database that is ready to be copied."""
    if not can_start():
        pytest.skip("there is no PostgreSQL here: Debian's package 'postgresql' has it")
    with serving() as server, database(server) as ready:
        upgrade_store(ready)
        yield server, str(make_url(ready).database)


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'parkwatch.db'}"
    upgrade_store(url)
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Both databases: whatever is promised of the store holds on either."""
    if request.param == "sqlite":
        yield request.getfixturevalue("file_store")
        return
    server, template = request.getfixturevalue("postgres")
    with database(server, template) as url:
        opened = open_store(url)
        yield opened
        opened.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receiving(Mailbox()) as box:
        yield box


@dataclass
class Desk:
    """An operator's folder, and the real command run in it."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @classmethod
    def new(cls, folder: Path) -> "Desk":
        (folder / "parks").mkdir()
        desk = cls(folder, {"PARKWATCH_SEEDS__PARKS": str(folder / "parks")})
        desk.must("init")
        return desk

    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PARKWATCH_") and not k.endswith("_proxy")}
        return {**clean, "PARKWATCH_CRAWL__DELAY": "0", "NO_COLOR": "1", "COLUMNS": "200", **self.variables}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", "from monitor.start import main; main()", *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a verb in this process: what it says and its exit code, without the second that a start costs."""
        out, err, code = io.StringIO(), io.StringIO(), 0
        before, environment = (Path.cwd(), dict(os.environ), sys.argv), self.environment()
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["parkwatch", *arguments]
        try:
            with redirect_stdout(out), redirect_stderr(err):
                main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        finally:
            os.chdir(before[0])
            os.environ.clear()
            os.environ.update(before[1])
            sys.argv = before[2]
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())

    def must(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, (
            f"parkwatch {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def fails(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 1, f"exit {done.returncode}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr + done.stdout
        return done.stderr

    def rows(self, verb: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.must(verb, "--json").splitlines()]

    def changes(self) -> list[tuple[str, str]]:
        return [(row["kind"], row["headline"]) for row in self.rows("changes")]

    def sql(self, *statements: str) -> None:
        """Change the store behind the product's back."""
        with closing(sqlite3.connect(self.folder / "parkwatch.db")) as store, store:
            for statement in statements:
                store.execute(statement)

    def scrapy(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one of Scrapy's own commands, without the seconds that its start costs."""
        return run_scrapy(arguments, self.folder, self._as_scrapy_has_it())

    def real_scrapy(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one of Scrapy's own commands as a person does."""
        return subprocess.run(
            [sys.executable, "-m", "scrapy", *arguments],
            cwd=self.folder,
            env=self._as_scrapy_has_it(),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def _as_scrapy_has_it(self) -> dict[str, str]:
        return {**self.environment(), "SCRAPY_SETTINGS_MODULE": "monitor.scrapy_settings", "PYTHONPATH": str(HOUSE)}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.new(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def either_desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A desk on each database; for scenes of the whole product, since each visit of it is a process."""
    if request.param == "sqlite":
        yield Desk.new(tmp_path)
        return
    server, template = request.getfixturevalue("postgres")
    with database(server, template) as url:
        (tmp_path / "parks").mkdir()
        yield Desk(tmp_path, {"PARKWATCH_SEEDS__PARKS": str(tmp_path / "parks"), "PARKWATCH_STORE__URL": url})


@pytest.fixture
def site() -> Iterator[TrickSite]:
    with tricking() as found:
        yield found


@pytest.fixture(scope="module", params=KINDS)
def stands(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stands]:
    server = request.getfixturevalue("postgres")[0] if request.param == "postgresql" else None
    with Stands(request.param, tmp_path_factory.mktemp(request.param), server) as found:
        yield found


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    with receiving(Post()) as found:
        yield found

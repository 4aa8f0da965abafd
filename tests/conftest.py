"""Fixtures: a real store, sample sites and a mail server on loopback, and the real command."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from monitor.demo.mailbox import Mailbox, receiving
from storage.database import Store, open_store, upgrade_store

HOUSE = Path(__file__).resolve().parent.parent


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'parkwatch.db'}"
    upgrade_store(url)
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

    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PARKWATCH_") and not k.endswith("_proxy")}
        return {**clean, "PARKWATCH_CRAWL__DELAY": "0", "NO_COLOR": "1", "COLUMNS": "200", **self.variables}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", "from monitor.cli import main; main()", *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, timeout: float = 90) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments)
        out, err = process.communicate(timeout=timeout)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def must(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, (
            f"parkwatch {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    def scrapy(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "scrapy", *arguments],
            cwd=self.folder,
            env={**self.environment(), "SCRAPY_SETTINGS_MODULE": "monitor.scrapy_settings", "PYTHONPATH": str(HOUSE)},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "parks").mkdir()
    desk = Desk(tmp_path, {"PARKWATCH_SEEDS__PARKS": str(tmp_path / "parks")})
    desk.must("init")
    return desk

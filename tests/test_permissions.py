"""A store that this user may only read: looking works, writing is refused in a sentence."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.database import articles, open_store
from tests.builders import an_observation
from tests.conftest import Desk

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

#: The superuser may write anywhere unless he lays that power down.
AS_ANYBODY = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@pytest.fixture
def locked(desk: Desk) -> Iterator[Desk]:
    if AS_ANYBODY and not shutil.which(AS_ANYBODY[0]):
        pytest.skip("the superuser is refused nothing, and setpriv is not there")
    store = open_store(f"sqlite:///{desk.folder / 'parkwatch.db'}")
    with store.writing() as session:
        articles.record(session, an_observation())
    store.close()
    (desk.folder / "parks" / "eastgate.toml").write_text(
        'name = "Eastgate"\nlistings = ["http://eastgate.example/news/"]\nlayouts = ["tjuda"]\n'
    )
    (desk.folder / "parkwatch.db").chmod(0o444)
    yield desk
    desk.folder.chmod(0o755)


def run(desk: Desk, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*AS_ANYBODY, sys.executable, "-c", "from monitor.start import main; main()", *arguments],
        cwd=desk.folder,
        env=desk.environment() | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_reading_verbs_read_it(locked: Desk) -> None:
    changes, verified = run(locked, "changes"), run(locked, "verify")
    assert (changes.returncode, changes.stderr) == (0, "")
    assert "A bearing works doubles its floor" in changes.stdout
    assert (verified.returncode, verified.stdout.splitlines()[-1]) == (0, "every promise holds")


@pytest.mark.parametrize("verb", [("crawl",), ("subscribe", "reader@example.org"), ("run",)])
def test_writing_verbs_say_who_may(locked: Desk, verb: tuple[str, ...]) -> None:
    done = run(locked, *verb)
    assert done.returncode == 3
    assert done.stderr == (
        "parkwatch: the store sqlite:///parkwatch.db can only be read by this user: run this as its owner, "
        "or allow writing to parkwatch.db and its folder\n"
    )


def test_in_a_folder_that_may_not_be_written_either_it_says_so(locked: Desk) -> None:
    locked.folder.chmod(0o555)
    done = run(locked, "articles")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "stands in a folder that this user may not write" in done.stderr


def test_a_settings_file_that_cannot_be_written_is_named(locked: Desk) -> None:
    locked.folder.chmod(0o555)
    done = run(locked, "--settings", "other.toml", "init")
    assert (done.returncode, done.stderr) == (2, "parkwatch: other.toml: cannot be written: Permission denied\n")


def test_a_park_folder_that_may_not_be_read_is_no_empty_one(locked: Desk) -> None:
    (locked.folder / "parks").chmod(0o311)
    done = run(locked, "status")
    (locked.folder / "parks").chmod(0o755)
    assert (done.returncode, "this user may not read it" in done.stderr) == (2, True)

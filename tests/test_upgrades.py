"""A store of any version that ever was is upgraded, and what it was is kept beside it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from storage.database import StoreError, articles, ledger, open_store, sqlite, upgrade_store, verify
from storage.database.engine import MIGRATIONS
from tests.builders import an_observation
from tests.conftest import Desk

VERSIONS = sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def of_version(url: str, version: str) -> None:
    """Make a store by the migrations up to a version, with one article that the program of its time would have."""
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_a_store_of_every_version_is_upgraded_and_copied_before(tmp_path: Path, version: str) -> None:
    file = tmp_path / "parkwatch.db"
    of_version(f"sqlite:///{file}", version)
    assert upgrade_store(f"sqlite:///{file}") == (version, VERSIONS[-1])
    with closing(sqlite3.connect(tmp_path / f"parkwatch.db.{version}")) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [(version,)]
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with closing(open_store(f"sqlite:///{file}")) as store:
        with store.writing() as session:
            articles.record(session, an_observation())
        with store.reading() as session:
            assert len(list(ledger.entries(session))) == 1
            assert list(verify.problems(session)) == []


def test_the_copy_is_readable_by_whom_the_store_is_and_a_half_one_is_taken_away(tmp_path: Path) -> None:
    file, copy = tmp_path / "parkwatch.db", tmp_path / "copy.db"
    upgrade_store(f"sqlite:///{file}")
    file.chmod(0o600)
    sqlite.copy(file, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(sqlite.module().DatabaseError):
        sqlite.copy(file, copy)
    assert sorted(path.name for path in tmp_path.iterdir() if "half" in path.name) == []


def test_a_store_that_cannot_be_copied_is_not_upgraded(tmp_path: Path) -> None:
    file = tmp_path / "parkwatch.db"
    of_version(f"sqlite:///{file}", VERSIONS[0])
    (tmp_path / f"parkwatch.db.{VERSIONS[0]}").mkdir()
    with pytest.raises(StoreError, match="cannot be copied before its upgrade, so nothing was changed"):
        upgrade_store(f"sqlite:///{file}")
    with pytest.raises(StoreError, match=f"older version \\({VERSIONS[0]}"):
        open_store(f"sqlite:///{file}")


def test_init_says_where_the_copy_is(desk: Desk) -> None:
    (desk.folder / "parkwatch.db").unlink()
    of_version(f"sqlite:///{desk.folder / 'parkwatch.db'}", VERSIONS[-2])
    said = desk.must("init")
    assert f"upgraded from version {VERSIONS[-2]} to {VERSIONS[-1]}" in said
    assert f"parkwatch.db.{VERSIONS[-2]}: a copy of it as it was" in said
    assert "a copy" not in desk.must("init")


def test_a_store_of_a_newer_version_is_named_by_both_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "parkwatch.db"
    upgrade_store(f"sqlite:///{file}")
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    before = file.read_bytes()
    for act in (open_store, upgrade_store):
        with pytest.raises(StoreError, match=rf"newer version \(9999\) than this program \({VERSIONS[-1]}\)"):
            act(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_library_that_can_lose_commits_gets_the_slower_journal_and_says_why(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "wal_is_safe", lambda _version: False)
    said = desk.must("init")
    assert "can lose commits of several processes in its faster journal (WAL), so the slower one is used" in said
    with closing(open_store(f"sqlite:///{desk.folder / 'parkwatch.db'}")) as store, store.reading() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar_one() == "delete"

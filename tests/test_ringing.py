"""The scheduler's alarm clock while somebody plays with the machine's own."""

import shutil
import signal
import sqlite3
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import apscheduler.schedulers.base
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from crawler.seeds import BUNDLED
from monitor import ringing, scheduler
from monitor.demo.loop import demo_settings
from monitor.lock import only_one
from monitor.park_folder import ParkFolder
from monitor.ringing import Clocks, Every, leap
from storage.clock import utc_now
from storage.database import Store, in_words
from tests import forks
from tests.builders import DAY_1
from tests.slowsite import wait_for
from tests.tricksite import TrickSite


@pytest.mark.parametrize(("slept_s", "next_s"), [(0, 20), (0.4, 20), (19, 20), (20, 40), (3 * 86_400, 3 * 86_400 + 20)])
def test_rings_that_were_missed_are_not_made_up_for(slept_s: float, next_s: float) -> None:
    now = DAY_1 + timedelta(seconds=slept_s)
    assert Every(20).get_next_fire_time(DAY_1, now) == DAY_1 + timedelta(seconds=next_s)


def test_a_leap_is_what_the_time_of_day_gained_over_the_seconds_that_passed() -> None:
    before = Clocks(DAY_1, 100.0)
    assert leap(before, Clocks(DAY_1 + timedelta(seconds=5), 105.0)) == timedelta(0)
    assert leap(before, Clocks(DAY_1 + timedelta(hours=1), 105.0)) == timedelta(minutes=59, seconds=55)
    assert leap(before, Clocks(DAY_1 - timedelta(days=1), 100.0)) == timedelta(days=-1)


def ring_under_a_clock(folder: Path) -> None:
    """Be a scheduler that writes a line at each ring, on a machine whose clock is off by as much as a file says."""

    def now() -> datetime:
        return utc_now() + timedelta(seconds=float((folder / "off").read_text() or 0))

    class Leaping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return now().astimezone(tz)

    class Ringing(scheduler.Alarm):
        def visit(self) -> None:
            pass

        def digest(self) -> None:
            with (folder / "rings").open("a") as file:
                file.write("ring\n")

    apscheduler.schedulers.base.datetime = Leaping
    # Rings come long before the look at the clocks, so they meet the leap first.
    scheduler.DIGEST_EVERY_S, ringing.LOOK_EVERY_S = cast(Any, 0.1), 1.0
    scheduler.run(Ringing(cast(Any, None), cast(Any, None), cast(Any, SimpleNamespace()), now))


def test_a_clock_that_is_set_neither_silences_the_scheduler_nor_floods_it(tmp_path: Path) -> None:
    (tmp_path / "off").write_text("0")
    (tmp_path / "rings").touch()

    def rings() -> int:
        return (tmp_path / "rings").read_text().count("\n")

    process = forks.start(ring_under_a_clock, tmp_path)
    try:
        for off in (0, -86_400 * 365, 86_400 * 365 * 50, 0):
            before, began = rings(), time.monotonic()
            # Not written in place: an empty file is no clock.
            (tmp_path / "next").write_text(str(off))
            (tmp_path / "next").rename(tmp_path / "off")
            wait_for(lambda least=before + 2: rings() >= least)
            assert rings() - before <= 10 * (time.monotonic() - began) + 4
        process.terminate()
        process.join(10)
        assert process.exitcode == 0
    finally:
        process.kill()


def test_a_scheduler_whose_store_was_replaced_by_another_file_ends_and_says_so(
    file_store: Store, tmp_path: Path
) -> None:
    ended: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: ended.append(number))
    try:
        with only_one(file_store, DAY_1) as is_held:
            seeds = SimpleNamespace(parks=tmp_path, layouts=BUNDLED / "layouts")
            alarm = scheduler.Alarm(
                file_store, cast("Any", None), ParkFolder(cast("Any", seeds)), lambda: DAY_1, is_held
            )
            assert not alarm.is_replaced()
            assert file_store.path is not None
            copy = file_store.path.with_name("copy.db")
            shutil.copy(file_store.path, copy)
            copy.replace(file_store.path)
            alarm.digest()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended == [signal.SIGTERM]
    assert alarm.lost is not None
    assert "the store's file was replaced or taken away" in alarm.lost


def test_what_a_ring_fails_of_is_one_line_of_the_log_without_its_statement() -> None:
    def act() -> None:
        with create_engine("sqlite://").connect() as connection:
            connection.execute(text("SELECT secret FROM nowhere"))

    with capture_logs() as lines:
        scheduler._told(act)()
    [line] = [line for line in lines if line["log_level"] == "error"]
    assert line["why"] == "the store does not answer: no such table: nowhere"


def test_a_store_that_another_process_held_is_told_without_the_databases_words() -> None:
    error = OperationalError("BEGIN IMMEDIATE", {}, sqlite3.OperationalError("database is locked"))
    assert in_words(error) == "another process held the store for too long"
    assert in_words(KeyError("x")) == "KeyError: 'x'"


@pytest.mark.long
def test_a_visit_that_begins_late_is_told_in_the_log(file_store: Store, site: TrickSite, tmp_path: Path) -> None:
    site.serve_stories(1)
    (tmp_path / "parks").mkdir()
    site.park(tmp_path, cadence='"1h"')
    settings = demo_settings(tmp_path, 9)
    clock = [utc_now()]
    alarm = scheduler.Alarm(file_store, settings, ParkFolder(settings.seeds), lambda: clock[0])

    def late() -> list[tuple[str, int]]:
        with capture_logs() as lines:
            alarm.visit()
        assert [line["outcome"] for line in lines if line["event"] == "visited"] == ["done"]
        return [(line["park"], line["minutes"]) for line in lines if line["event"] == "a visit begins late"]

    assert late() == []  # nothing was due before the first visit
    for minutes, told in ((62, []), (150, [("trick", 90)])):
        clock[0] = utc_now() + timedelta(minutes=minutes)
        assert late() == told

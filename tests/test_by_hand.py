"""Visits by hand and the scheduler: killed, stopped and started again."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.demo.mailbox import Mailbox
from tests.conftest import Desk
from tests.slowsite import has_running_visit, serve_slowly, stored, stories, wait_for
from tests.tricksite import TrickSite, path

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long


@pytest.fixture
def site(site: TrickSite) -> TrickSite:
    return serve_slowly(site)


@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.2])
def test_ctrl_c_while_a_visit_still_starts_is_no_traceback(desk: Desk, site: TrickSite, seconds: float) -> None:
    site.park(desk.folder)
    process = desk.start("crawl")
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode in (1, -signal.SIGINT)
    assert "Traceback" not in out + err


STOPPED_TOO_EARLY = """
import asyncio, sys
from scrapy.utils.reactor import install_reactor
install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
from scrapy.crawler import AsyncCrawlerRunner
from twisted.internet.defer import Deferred
from twisted.internet.task import react
from crawler.spiders.page import PageSpider

async def run():
    runner = AsyncCrawlerRunner()
    crawl = runner.crawl(PageSpider, urls=sys.argv[1:])
    await asyncio.sleep(0)
    await runner.stop()
    await asyncio.wait_for(crawl, 10)

react(lambda _: Deferred.fromFuture(asyncio.ensure_future(run())))
"""


def test_a_crawl_told_to_stop_before_it_runs_stops_and_asks_for_nothing(site: TrickSite) -> None:
    script = [sys.executable, "-c", STOPPED_TOO_EARLY, site.base + path(1)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert not site.asked


def test_a_killed_first_visit_is_still_a_baseline(desk: Desk, site: TrickSite) -> None:
    site.park(desk.folder)
    process = desk.start("crawl")
    wait_for(lambda: stored(desk, "articles") >= 5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not has_running_visit(desk))
    status = desk.run("status")
    assert (status.returncode, "cut off: its process ended before the visit did" in status.stdout) == (1, True)
    assert [row["outcome"] for row in desk.rows("visits")] == ["cut off"]
    desk.must("crawl")
    assert (len(stories(desk)), desk.must("changes", "--json")) == (60, "")
    assert [row["outcome"] for row in desk.rows("visits")] == ["cut off", "done"]


def test_a_visit_past_its_deadline_is_ended_and_told(desk: Desk, site: TrickSite) -> None:
    site.park(desk.folder)
    desk.variables |= {"PARKWATCH_CRAWL__DEADLINE": "10", "PARKWATCH_CRAWL__DELAY": "1"}
    done = desk.run("crawl")
    assert done.returncode == 1
    assert "parkwatch: trick: deadline: the deadline passed before everything was seen" in done.stderr


def test_the_scheduler_visits_sends_ends_on_sigterm_and_runs_alone(
    desk: Desk, site: TrickSite, mailbox: Mailbox
) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.variables |= {
        "PARKWATCH_MAIL__HOST": "127.0.0.1",
        "PARKWATCH_MAIL__PORT": str(mailbox.port),
        "PARKWATCH_MAIL__SECURITY": "none",
    }
    desk.must("subscribe", "analyst@example.org", "--cadence", "hourly")
    # The machine slept for three days: many slots were missed.
    desk.sql("UPDATE subscriptions SET created_at = '2024-01-01 00:00:00.000000'")
    process = desk.start("run")
    try:
        wait_for(lambda: mailbox.mails and stored(desk, "articles") == 3)
        second = desk.start("run")
        _, refused = second.communicate(timeout=30)
        assert second.returncode == 2
        assert f"a scheduler runs on this store already: process {process.pid} on" in refused
        assert f"process {process.pid}" in desk.run("status").stdout
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert time.monotonic() - began < 30
    assert (process.returncode, out.splitlines()[-1], "Traceback" in err) == (0, "ended", False)
    [mail] = mailbox.mails  # one digest for all that was missed, what the visit has just found included
    assert b"First sight of 1 park" in mail
    third = desk.start("run")
    wait_for(lambda: f"process {third.pid}" in desk.run("status").stdout)
    third.send_signal(signal.SIGTERM)
    third.communicate(timeout=30)


def torn(file: Path) -> None:
    connection = sqlite3.connect(file)
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'articles'").fetchone()
    connection.close()
    with file.open("r+b") as opened:  # nothing shows until somebody reads an article
        opened.seek((root - 1) * size + 8)
        opened.write(b"\x07" * 40)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 3)


def emptied(file: Path) -> None:
    os.truncate(file, 0)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (torn, "restore it from a backup"),
        (cut, "restore it from a backup"),
        (emptied, "restore it from a backup, or delete it"),
    ],
)
def test_a_damaged_store_is_refused_and_nothing_is_called_new(
    desk: Desk, site: TrickSite, damage: Callable[[Path], None], said: str
) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.asked.clear()
    damage(desk.folder / "parkwatch.db")
    process = desk.start("run")
    try:
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, "Traceback" in err, said in err, len(err.splitlines())) == (3, False, True, 1), err
    assert not site.asked

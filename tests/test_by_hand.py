"""Runs by hand and the scheduler: killed, stopped and started again."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler

import pytest

from monitor.demo.mailbox import Mailbox
from tests.conftest import Desk
from tests.tricksite import LISTING, Page, TrickSite, article, listing, path

STORIES = range(60, 0, -1)


@pytest.fixture
def site(site: TrickSite) -> TrickSite:
    pages = [STORIES[at : at + 12] for at in range(0, 60, 12)]
    for at, numbers in enumerate(pages):
        following = f"{LISTING}index_{at + 2}.html" if at + 1 < len(pages) else None
        site.pages[LISTING if at == 0 else f"{LISTING}index_{at + 1}.html"] = listing(*numbers, following=following)
    site.pages |= {path(number): slow_story(number) for number in STORIES}
    return site


def slow_story(number: int):  # type: ignore[no-untyped-def]
    def answer(_request: BaseHTTPRequestHandler) -> Page:
        time.sleep(0.05)
        return article(number)

    return answer


SPAN = ("--since", "2024-05-05", "--until", "2024-05-20")


def stories(desk: Desk) -> list[tuple[str, str]]:
    return sorted((row["url"].rpartition("/")[2], row["headline"]) for row in desk.rows("articles"))


def wait_for(condition, seconds: float = 30) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def stored(desk: Desk, table: str) -> int:
    connection = sqlite3.connect(desk.folder / "parkwatch.db")
    try:
        count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    finally:
        connection.close()
    return count


@pytest.fixture
def other_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.new(tmp_path_factory.mktemp("whole"))


def test_a_killed_backfill_goes_on_where_it_stopped(desk: Desk, other_desk: Desk, site: TrickSite) -> None:
    for each in (desk, other_desk):
        site.park(each.folder)
    other_desk.must("backfill", "trick", *SPAN)
    site.asked.clear()

    process = desk.start("backfill", "trick", *SPAN)
    wait_for(lambda: stored(desk, "articles") >= 8)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not process_of_visit(desk))
    assert 8 <= stored(desk, "articles") < 33
    done = desk.run("backfill", "trick", *SPAN)

    assert done.returncode == 0
    assert "goes on after 5 listing pages" in done.stderr
    assert stories(desk) == stories(other_desk)
    twice = Counter(site.asked) - Counter(set(site.asked))
    del twice["/robots.txt"]
    assert sum(twice.values()) <= 2, f"asked for again: {twice}"
    desk.must("verify")
    desk.must("subscribe", "analyst@example.org")
    assert "0 new, 0 changed, 33 recovered" in desk.must("digest")
    again = desk.must("backfill", "trick", *SPAN)
    assert "trick: done, 0 recovered" in again


def test_a_backfill_reads_what_a_stopped_one_of_another_span_has_left(desk: Desk, site: TrickSite) -> None:
    site.park(desk.folder)
    process = desk.start("backfill", "trick", "--since", "2024-05-01")
    wait_for(lambda: stored(desk, "articles") >= 3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    desk.must("backfill", "trick", *SPAN)
    days = [row["date_published"][:10] for row in desk.rows("articles")]
    assert len([day for day in days if "2024-05-05" <= day <= "2024-05-20"]) == 33
    desk.must("backfill", "trick", "--since", "2024-05-01")
    assert len(desk.rows("articles")) == 60


def process_of_visit(desk: Desk) -> bool:
    connection = sqlite3.connect(desk.folder / "parkwatch.db")
    try:
        pids = [row[0] for row in connection.execute("SELECT pid FROM visits WHERE outcome = 'running'")]
    finally:
        connection.close()
    return any(os.path.exists(f"/proc/{pid}") for pid in pids)


def test_ctrl_c_stops_a_backfill_in_good_order(desk: Desk, site: TrickSite) -> None:
    site.park(desk.folder)
    process = desk.start("backfill", "trick", *SPAN)
    wait_for(lambda: stored(desk, "articles") >= 3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "parkwatch: trick: stopped; the same command goes on from here" in err
    assert [row["outcome"] for row in desk.rows("visits")] == ["stopped"]


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


def test_a_dry_run_says_what_there_is_and_stores_nothing(desk: Desk, site: TrickSite) -> None:
    site.park(desk.folder)
    done = desk.run("backfill", "trick", *SPAN, "--dry-run")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("trick: 33 articles would be read: 33 requests or a few more, about")
    assert (stored(desk, "articles"), stored(desk, "visits"), stored(desk, "unread")) == (0, 0, 0)


def test_a_killed_first_visit_is_still_a_baseline(desk: Desk, site: TrickSite) -> None:
    site.park(desk.folder)
    process = desk.start("crawl")
    wait_for(lambda: stored(desk, "articles") >= 5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not process_of_visit(desk))
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
    connection = sqlite3.connect(desk.folder / "parkwatch.db")
    with connection:  # the machine slept for three days: many slots were missed
        connection.execute("UPDATE subscriptions SET created_at = '2024-01-01 00:00:00.000000'")
    connection.close()
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
    assert len(mailbox.mails) == 1  # one digest for all that was missed
    third = desk.start("run")
    wait_for(lambda: f"process {third.pid}" in desk.run("status").stdout)
    third.send_signal(signal.SIGTERM)
    third.communicate(timeout=30)

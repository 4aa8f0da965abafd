"""Processes of the real command that end, begin and meet at bad moments."""

import signal
import time

import pytest

from tests.conftest import Desk
from tests.slowsite import STORIES, has_running_visit, serve_slowly, stored, stories, wait_for
from tests.tricksite import LISTING, TrickSite

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long


def test_a_scheduler_that_is_told_to_stop_in_the_middle_of_a_visit_ends_in_good_order(
    desk: Desk, site: TrickSite
) -> None:
    serve_slowly(site).park(desk.folder)
    process = desk.start("run")
    try:
        wait_for(lambda: stored(desk, "articles") > 3)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, time.monotonic() - began < 30, "Traceback" in err) == (0, True, False)
    assert not has_running_visit(desk)
    assert stored(desk, "articles") < len(STORIES)
    desk.must("crawl")
    assert len(stories(desk)) == len(STORIES)
    desk.must("verify")


def test_of_two_schedulers_that_begin_in_the_same_moment_one_runs(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    both = [desk.start("run") for _ in range(2)]
    try:
        wait_for(lambda: any(each.poll() is not None for each in both))
        [lost] = [each for each in both if each.poll() is not None]
        [won] = [each for each in both if each is not lost]
        _, refused = lost.communicate(timeout=30)
        assert lost.returncode == 2
        assert f"a scheduler runs on this store already: process {won.pid} on" in refused
        wait_for(lambda: stored(desk, "articles") == 3)
        won.send_signal(signal.SIGTERM)
        won.communicate(timeout=30)
        assert won.returncode == 0
    finally:
        for each in both:
            each.kill()
    assert stored(desk, "visits") == 1


def test_a_scheduler_that_was_killed_holds_nobody_up(desk: Desk, site: TrickSite) -> None:
    serve_slowly(site).park(desk.folder)
    killed = desk.start("run")
    wait_for(lambda: stored(desk, "articles") > 3)
    killed.kill()
    killed.communicate(timeout=30)
    following = desk.start("run")
    try:
        wait_for(lambda: f"process {following.pid}" in desk.run("status").stdout)
        following.send_signal(signal.SIGTERM)
        following.communicate(timeout=30)
    finally:
        following.kill()
    wait_for(lambda: not has_running_visit(desk))
    desk.run("crawl")
    assert len(stories(desk)) == len(STORIES)
    desk.must("verify")


def test_a_visit_and_a_backfill_of_one_park_take_turns(desk: Desk, site: TrickSite) -> None:
    serve_slowly(site).park(desk.folder)
    desk.variables["PARKWATCH_CRAWL__FIRST_VISIT_PAGES"] = "1"
    desk.must("crawl")
    backfill = desk.start("backfill", "trick", "--since", "2024-01-01")
    try:
        wait_for(lambda: has_running_visit(desk))
        beside = desk.run("crawl")
        assert (beside.returncode, "locked" in beside.stderr, "Traceback" in beside.stderr) == (1, False, False)
        assert "trick" in beside.stderr
        out, err = backfill.communicate(timeout=60)
    finally:
        backfill.kill()
    assert backfill.returncode == 0, out + err
    assert [name for name, _ in stories(desk)] == sorted(f"{number}.html" for number in STORIES)
    desk.must("crawl")
    desk.must("verify")


def test_no_job_is_stored_that_a_later_program_could_not_read(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(1)
    site.park(desk.folder)
    process = desk.start("run")
    try:
        wait_for(lambda: stored(desk, "articles") == 1)
    finally:
        process.terminate()
        process.communicate(timeout=30)
    desk.sql(
        "CREATE TABLE apscheduler_jobs (id TEXT, job_state BLOB)", "INSERT INTO apscheduler_jobs VALUES ('a', x'80')"
    )
    # What an older or newer library may have left there is neither read nor touched.
    again = desk.start("run")
    try:
        asked = site.asked[LISTING]
        desk.sql("UPDATE visits SET started_at = '2024-01-01 00:00:00.000000', ended_at = '2024-01-01 00:01:00.000000'")
        wait_for(lambda: site.asked[LISTING] > asked)
    finally:
        again.terminate()
        again.communicate(timeout=30)
    assert stored(desk, "apscheduler_jobs") == 1

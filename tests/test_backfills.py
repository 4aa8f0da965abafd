"""Backfills by hand: killed, stopped and taken up again."""

import signal
from collections import Counter

import pytest

from tests.conftest import Desk
from tests.slowsite import has_running_visit, serve_slowly, stored, stories, wait_for
from tests.tricksite import TrickSite

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

SPAN = ("--since", "2024-05-05", "--until", "2024-05-20")


@pytest.fixture
def site(site: TrickSite) -> TrickSite:
    return serve_slowly(site)


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
    wait_for(lambda: not has_running_visit(desk))
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
    assert ": 33 recovered" in desk.must("digest")
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


def test_ctrl_c_stops_a_backfill_in_good_order(desk: Desk, site: TrickSite) -> None:
    site.park(desk.folder)
    process = desk.start("backfill", "trick", *SPAN)
    wait_for(lambda: stored(desk, "articles") >= 3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "parkwatch: trick: stopped; the same command goes on from here" in err
    assert [row["outcome"] for row in desk.rows("visits")] == ["stopped"]


def test_a_dry_run_says_what_there_is_and_stores_nothing(desk: Desk, site: TrickSite) -> None:
    site.park(desk.folder)
    done = desk.run("backfill", "trick", *SPAN, "--dry-run")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].startswith("trick: 33 articles would be read: 33 requests or a few more, about")
    assert (stored(desk, "articles"), stored(desk, "visits"), stored(desk, "unread")) == (0, 0, 0)

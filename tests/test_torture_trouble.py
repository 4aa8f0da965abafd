"""The short form of ``make torture``: visits and upgrades killed, servers, disks and sites gone wrong."""

import os
from pathlib import Path

import pytest

from monitor.demo.mailbox import receiving
from storage.database import open_store
from tests.torture import steps
from tests.torture.account import Tally
from tests.torture.listings import misled
from tests.torture.mail_faults import FAULTS, survives
from tests.torture.post import Post
from tests.torture.scarcity import disk_is_full
from tests.torture.scenes import dies_at_random
from tests.torture.stalls import sender_is_stopped, server_takes_its_time
from tests.torture.stands import Stands, with_readers
from tests.torture.visiting import (
    MIGRATION_POINTS,
    backfill_dies,
    upgrade_dies,
    visit_dies,
    visited,
)
from tests.tricksite import TrickSite


@pytest.mark.long
def test_a_disk_that_is_full_for_a_while_loses_nothing_and_copies_nothing(stands: Stands, post: Post) -> None:
    if stands.kind == "postgresql":
        pytest.skip("its disk is the server's")
    wrong = []
    for spare in (0, 500_000):
        post.mails.clear()
        with stands.stand("readers", with_readers) as stand:
            wrong += disk_is_full(stand, post, spare).wrong
    assert wrong == []


def test_kills_at_random_beside_a_rude_server_lose_nothing(stands: Stands) -> None:
    with receiving(Post(0.4, seed=3)) as rude, stands.stand("readers", with_readers) as stand:
        tally = dies_at_random(stand, rude, 12, seed=3)
    assert tally.wrong == []
    assert tally.kills >= 12
    assert tally.changes > 0


@pytest.mark.parametrize("point", MIGRATION_POINTS)
def test_a_kill_in_an_upgrade_leaves_the_old_or_the_new(stands: Stands, point: str) -> None:
    with stands.stand("readers", with_readers) as stand:
        assert upgrade_dies(stand, point) == Tally(scenes=1, kills=1)


def test_a_sender_that_was_stopped_sends_nothing_that_another_has_sent(stands: Stands, post: Post) -> None:
    post.mails.clear()
    with stands.stand("readers", with_readers) as stand:
        assert sender_is_stopped(stand, post).wrong == []


def test_a_server_that_takes_its_time_is_waited_for_and_holds_up_no_other_mail(stands: Stands, post: Post) -> None:
    post.mails.clear()
    with stands.stand("readers", with_readers) as stand:
        assert server_takes_its_time(stand, post, seconds=2).wrong == []


@pytest.mark.long
@pytest.mark.parametrize("trap", ["three of twelve", "the same list for ever", "ever new stories"])
def test_a_listing_that_is_a_trap_costs_little_and_hides_nothing(tmp_path: Path, site: TrickSite, trap: str) -> None:
    with Stands("sqlite", tmp_path) as stands, stands.stand("readers", with_readers) as stand:
        assert misled(stand, site, trap).wrong == []


@pytest.mark.parametrize("point", MIGRATION_POINTS)
def test_a_first_init_that_was_killed_is_simply_done_again(tmp_path: Path, point: str) -> None:
    url = f"sqlite:///{tmp_path / 'parkwatch.db'}"
    assert steps.run(steps.upgrade, url, crash_at=point) == -9
    if point == "migration_before_commit":
        for path in tmp_path.iterdir():  # what a library that knows no safe WAL leaves of it
            os.truncate(path, 0)
    assert steps.run(steps.upgrade, url) == 0
    open_store(url).close()


SOME_FAULTS = [fault for fault in FAULTS if {*fault.script} & {"dot", "rcpt", "half"} and "hang" not in fault.name]


def test_whatever_a_mail_server_does_is_on_record_as_what_it_is(stands: Stands, post: Post) -> None:
    wrong = []
    for fault in SOME_FAULTS[::5]:
        post.mails.clear()
        with stands.stand("readers", with_readers) as stand:
            wrong += survives(stand, post, fault).wrong
    assert wrong == []


def test_a_kill_in_a_visit_or_a_backfill_loses_nothing(
    stands: Stands, post: Post, site: TrickSite, tmp_path: Path
) -> None:
    prepared = visited(site, post, tmp_path)
    wrong = []
    for point in ("article_before_commit", "removed_before_commit"):
        with stands.stand("visited", prepared) as stand:
            post.mails.clear()
            wrong += visit_dies(stand, site, post, point, 1).wrong
    with stands.stand("visited", prepared) as stand:
        wrong += backfill_dies(stand, site, "backfill_page_after_commit", 1).wrong
    assert wrong == []

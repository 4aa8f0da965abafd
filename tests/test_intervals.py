"""Digests are intervals of the ledger that follow each other, whatever becomes of clocks and cadences."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.demo.loop import demo_settings
from monitor.digesting import make, make_and_freeze, make_due
from storage.clock import utc_now
from storage.database import Store, articles, subscriptions, visit_log, visits
from storage.database import verify as verification
from storage.records import ConditionKind
from tests.builders import DAY_1, an_observation, begun
from tests.test_mail import PARKS, subscribed


def test_digests_follow_each_other_without_hole_or_overlap(store: Store, tmp_path: Path) -> None:
    subscribed(store)
    for day in range(1, 4):
        with store.writing() as session:
            articles.record(session, an_observation(f"doc:{day}", seen_at=DAY_1 + timedelta(days=day)))
        [made] = make_due(store, PARKS, demo_settings(tmp_path, 25), DAY_1 + timedelta(days=day, hours=1))
        assert (made.digest.number, made.digest.changes) == (day, (day,))
        assert make_due(store, PARKS, demo_settings(tmp_path, 25), DAY_1 + timedelta(days=day, hours=2)) == []
    with store.reading() as session:
        assert list(verification.problems(session)) == []


@pytest.mark.long
def test_a_cadence_and_a_zone_that_change_leave_no_hole_and_no_overlap(store: Store, tmp_path: Path) -> None:
    reader = subscribed(store)
    rhythms = [("weekly mon 07:00", "UTC"), ("hourly", "UTC"), ("daily 07:00", "Pacific/Kiritimati")]
    rhythms += [("daily 07:00", "Pacific/Niue"), ("weekdays 23:30", "Asia/Shanghai")]
    since, told = reader.covers_since, []
    for hour in range(11 * 24):
        now = DAY_1 + timedelta(hours=hour, minutes=1)
        with store.writing() as session:
            articles.record(session, an_observation(f"doc:{hour}", seen_at=now))
            if hour % 50 == 49:
                cadence, zone = rhythms[hour // 50 % 5]
                subscriptions.reschedule(session, reader.id, cadence=cadence, time_zone=zone, now=now)
        for made in make_due(store, PARKS, demo_settings(tmp_path, 25), now + timedelta(minutes=1)):
            assert (made.digest.covers_since, made.digest.was_due) == (since, None)
            since = made.digest.made_at
            told += made.digest.changes
    assert told == list(range(1, len(told) + 1))
    assert len(told) > 200


def test_a_digest_made_after_three_days_asleep_is_late_and_holds_it_all(store: Store, tmp_path: Path) -> None:
    subscribed(store)
    for number in range(3):
        with store.writing() as session:
            articles.record(session, an_observation(f"doc:{number}", seen_at=DAY_1 + timedelta(days=number)))
    [made] = make_due(store, PARKS, demo_settings(tmp_path, 25), DAY_1 + timedelta(days=3))
    assert made.digest.was_due == DAY_1.replace(hour=7) + timedelta(days=1)
    assert made.digest.new_count == 3
    assert make_due(store, PARKS, demo_settings(tmp_path, 25), DAY_1 + timedelta(days=3, minutes=1)) == []


def test_what_a_clock_ahead_saw_is_not_called_seen_once_it_is_set_back(store: Store, tmp_path: Path) -> None:
    reader, settings = subscribed(store), demo_settings(tmp_path, 25)
    assert make_and_freeze(store, PARKS, settings, reader, DAY_1 + timedelta(hours=1))
    with store.reading() as session:
        ahead = subscriptions.get(session, reader.id)
    assert make_and_freeze(store, PARKS, settings, ahead, DAY_1 + timedelta(days=40))
    visit = begun(store, now=DAY_1 + timedelta(hours=2))
    with store.writing() as session:
        visits.begin_condition(session, "eastgate", ConditionKind.UNREACHABLE, "refused", DAY_1 + timedelta(hours=2))
        visits.end_conditions(session, "eastgate", DAY_1 + timedelta(hours=7), but=set())
        tally = visits.Tally(listing_pages=1, listing_joined=True)
        visits.end(session, visit, now=DAY_1 + timedelta(hours=7), outcome="done", reason=None, tally=tally)
        back = subscriptions.get(session, reader.id)
    made = make(store, PARKS, settings, back, DAY_1 + timedelta(hours=8))
    assert made.digest.covers_since == DAY_1 + timedelta(hours=1)
    [park] = made.digest.coverage
    assert (park.visits, [condition.kind for condition in park.ended]) == (1, ["unreachable"])


def test_a_moment_comes_after_whatever_was_dated_before_it(store: Store) -> None:
    dated, go_on = threading.Event(), threading.Event()
    moments: list[datetime] = []

    def write() -> None:
        with store.writing() as session:
            now = utc_now()
            dated.set()
            go_on.wait(10)
            visits.begin_condition(session, "eastgate", ConditionKind.UNREACHABLE, "refused", now)

    writer = threading.Thread(target=write)
    writer.start()
    dated.wait(10)
    asking = threading.Thread(target=lambda: moments.append(store.moment(utc_now)))
    asking.start()
    asking.join(0.3)
    assert moments == []
    go_on.set()
    writer.join()
    asking.join()
    with store.reading() as session:
        [condition] = visit_log.conditions(session)
    assert condition.began_at < moments[0]

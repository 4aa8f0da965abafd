"""Digests are intervals of the ledger that follow each other, whatever becomes of clocks and cadences."""

from datetime import timedelta
from pathlib import Path

from monitor.demo.loop import demo_settings
from monitor.digesting import make_due
from storage.database import Store, articles, subscriptions
from storage.database import verify as verification
from tests.builders import DAY_1, an_observation
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


def test_a_cadence_and_a_zone_that_change_leave_no_hole_and_no_overlap(store: Store, tmp_path: Path) -> None:
    reader = subscribed(store)
    rhythms = [("weekly mon 07:00", "UTC"), ("hourly", "UTC"), ("daily 07:00", "Pacific/Kiritimati")]
    rhythms += [("daily 07:00", "Pacific/Niue"), ("weekdays 23:30", "Asia/Shanghai")]
    since, told = reader.covers_since, []
    for hour in range(14 * 24):
        now = DAY_1 + timedelta(hours=hour, minutes=1)
        with store.writing() as session:
            articles.record(session, an_observation(f"doc:{hour}", seen_at=now))
            if hour % 50 == 49:
                cadence, zone = rhythms[hour // 50 % 5]
                subscriptions.reschedule(session, reader.id, cadence=cadence, time_zone=zone)
        for made in make_due(store, PARKS, demo_settings(tmp_path, 25), now + timedelta(minutes=1)):
            assert made.digest.covers_since == since
            since = made.digest.made_at
            told += made.digest.changes
    assert told == list(range(1, len(told) + 1))
    assert len(told) > 250


def test_a_digest_made_after_three_days_asleep_is_late_and_holds_it_all(store: Store, tmp_path: Path) -> None:
    subscribed(store)
    for number in range(3):
        with store.writing() as session:
            articles.record(session, an_observation(f"doc:{number}", seen_at=DAY_1 + timedelta(days=number)))
    [made] = make_due(store, PARKS, demo_settings(tmp_path, 25), DAY_1 + timedelta(days=3))
    assert made.digest.was_due == DAY_1.replace(hour=7) + timedelta(days=1)
    assert made.digest.new_count == 3
    assert make_due(store, PARKS, demo_settings(tmp_path, 25), DAY_1 + timedelta(days=3, minutes=1)) == []

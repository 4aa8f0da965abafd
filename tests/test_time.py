"""When things are due, and how far a listing is walked."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crawler.outcome import Account, outcome_of
from crawler.paging import Next
from crawler.walk import Depth, Walk, is_within, listed_day, step
from storage.cadence import is_due, last_slot, next_slot, next_visit, parse_cadence, pause_after
from storage.database.visits import has_died
from storage.records import ConditionKind, Link
from tests.builders import DAY_1


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "UTC"])
@pytest.mark.parametrize("at", ["00:00", "02:30", "07:00"])
def test_one_digest_a_local_day_all_through_the_clock_changes(zone: str, at: str) -> None:
    cadence = parse_cadence(f"daily {at}")
    now, end = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 2, tzinfo=UTC)
    days = []
    while now < end:
        now = next_slot(cadence, zone, now)
        days.append(now.astimezone(ZoneInfo(zone)).date())
    assert len(days) == len(set(days))
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


def test_a_time_that_the_clock_skips_is_the_first_minute_behind_the_gap() -> None:
    slot = last_slot(parse_cadence("daily 02:30"), "Europe/Berlin", datetime(2027, 3, 28, 12, tzinfo=UTC))
    assert slot.astimezone(ZoneInfo("Europe/Berlin")).isoformat() == "2027-03-28T03:00:00+02:00"


def test_three_days_asleep_make_one_digest() -> None:
    cadence, last = parse_cadence("daily 07:00"), datetime(2024, 5, 6, 0, 0, tzinfo=UTC)
    awake = last + timedelta(days=3)
    assert is_due(cadence, "Asia/Shanghai", last_digest=last, scheduled=last, now=awake)
    assert not is_due(cadence, "Asia/Shanghai", last_digest=awake, scheduled=last, now=awake + timedelta(hours=1))


def test_a_fresh_subscription_waits_for_its_first_slot() -> None:
    cadence, now = parse_cadence("weekly mon 07:00"), datetime(2024, 5, 7, tzinfo=UTC)
    assert not is_due(cadence, "UTC", last_digest=None, scheduled=now, now=now + timedelta(days=5))
    assert is_due(cadence, "UTC", last_digest=None, scheduled=now, now=now + timedelta(days=7))


@pytest.mark.parametrize(
    ("cadence", "refusals", "hours"),
    [
        ("daily 07:00", 2, 0),
        ("daily 07:00", 3, 48),
        ("weekdays 07:00", 4, 96),
        ("hourly", 3, 2),
        ("hourly", 9, 128),
        ("hourly", 10**6, 168),
        ("weekly mon 07:00", 3, 168),
    ],
)
def test_the_pause_behind_refusals_grows_and_is_a_week_at_most(cadence: str, refusals: int, hours: int) -> None:
    assert pause_after(refusals, parse_cadence(cadence)) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "sometimes", "daily 25:00", "daily mon 07:00", "weekly xyz 07:00", "daily 7"])
def test_a_cadence_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cadence"):
        parse_cadence(text)


@pytest.mark.parametrize("text", ["hourly", "daily 07:00", "weekdays 06:30", "weekly fri 17:05"])
def test_a_cadence_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_cadence(text)) == text


@pytest.mark.parametrize(
    ("hours", "outcome", "due"), [(5.9, "done", False), (6, "done", True), (1, "failed", False), (1.5, "failed", True)]
)
def test_a_park_is_due_by_its_cadence_and_sooner_after_a_failure(hours: float, outcome: str, due: bool) -> None:
    now = DAY_1 + timedelta(hours=hours)
    assert (next_visit(DAY_1, outcome, timedelta(hours=6), now) <= now) is due


def test_a_clock_set_back_silences_no_reader() -> None:
    daily = parse_cadence("daily 07:00")

    def due(last: datetime) -> bool:
        return is_due(daily, "UTC", last_digest=last, scheduled=DAY_1, now=DAY_1 + timedelta(hours=1))

    assert due(DAY_1 + timedelta(days=365))
    assert not due(DAY_1 + timedelta(hours=9))


@pytest.mark.parametrize("ahead", [timedelta(hours=20), timedelta(days=400)])
def test_a_cadence_chosen_by_a_clock_ahead_floods_nobody_and_silences_nobody(ahead: timedelta) -> None:
    cadence, now, last, digests = parse_cadence("daily 07:00"), DAY_1, None, 0
    for _ in range(3 * 24):
        now += timedelta(hours=1)
        if is_due(cadence, "UTC", last_digest=last, scheduled=DAY_1 + ahead, now=now):
            last, digests = now, digests + 1
    assert digests in (3, 4)


def test_a_clock_set_back_silences_no_park() -> None:
    assert next_visit(DAY_1 + timedelta(days=365), "done", timedelta(hours=6), DAY_1) == DAY_1


def test_a_visit_has_died_with_its_process_or_when_nobody_hears_of_it() -> None:
    soon, late = DAY_1 + timedelta(seconds=30), DAY_1 + timedelta(hours=1)
    assert not has_died(DAY_1, soon, same_host=True, process_lives=True)
    assert has_died(DAY_1, soon, same_host=True, process_lives=False)
    assert not has_died(DAY_1, soon, same_host=False, process_lives=False)
    assert has_died(DAY_1, late, same_host=False, process_lives=False)


def walk(known: list[bool], *, at: Walk | None = None, **more: Any):
    given: dict[str, Any] = {
        "depth": Depth.JOIN,
        "keys": [f"{at.number if at else 1}-{n}" for n in range(len(known))],
        "is_known": known,
        "next": Next(url="http://a.example/2"),
        "most_pages": 30,
    }
    return step(at or Walk(url="http://a.example/1"), **{**given, **more})


def test_a_listing_is_walked_until_a_run_of_known_articles_and_one_page_more() -> None:
    first = walk([False] * 5)
    assert first.next is not None
    second = walk([False, False, True, True, True], at=first.next)
    assert second.next is not None
    third = walk([True] * 5, at=second.next)
    assert (third.next, third.is_joined) == (None, True)


def test_a_pinned_old_article_does_not_end_the_walk() -> None:
    assert walk([True, False, False, False, False]).is_joined is False


def test_a_budget_that_ends_before_the_join_is_a_gap() -> None:
    found = walk([False] * 5, most_pages=1)
    assert (found.next, found.is_joined) == (None, False)


def test_a_first_visit_ends_at_its_depth_without_a_gap() -> None:
    assert walk([False] * 5, most_pages=1, depth=Depth.BASELINE).is_joined


def test_a_server_that_hands_out_page_one_for_any_number_is_seen_through() -> None:
    first = walk([False] * 3)
    assert first.next is not None
    again = walk([False] * 3, at=first.next, keys=["1-0", "1-1", "1-2"])
    # It ends the walk, and is no evidence that the listing was read to its end.
    assert (again.next, again.is_end, again.is_joined) == (None, False, False)


def test_an_article_pinned_to_every_page_does_not_end_the_walk() -> None:
    first = walk([False] * 3, keys=["pin", "a", "b"])
    assert first.next is not None
    assert walk([False] * 3, at=first.next, keys=["pin", "c", "d"]).next is not None


@pytest.mark.parametrize(
    ("number", "of", "is_end"),
    [(1, None, True), (1, 1, True), (1, 3, False), (2, 3, False), (3, 3, True), (5, 6, True)],
)
def test_a_listing_that_has_lost_its_pager_has_no_end_there(number: int, of: int | None, is_end: bool) -> None:
    at = Walk(url="http://a.example/n", number=number, of=of)
    found = walk([False] * 3, at=at, next=None, last_number=of)
    assert (found.next, found.is_end, found.is_joined) == (None, is_end, is_end)


def test_a_page_of_which_the_rest_is_left_out_is_no_end() -> None:
    found = walk([False] * 3, next=None, is_cut=True)
    assert (found.next, found.is_end, found.is_joined) == (None, False, False)


def test_a_walk_can_be_stored_and_taken_up_again() -> None:
    onward = walk([False] * 3, depth=Depth.SPAN, is_too_old=True).next
    assert onward is not None
    assert Walk.from_json(onward.as_json()) == onward


def test_a_backfill_stops_after_three_pages_of_older_articles() -> None:
    at: Walk | None = None
    for _ in range(3):
        found = walk([], at=at, keys=[f"{at}"], depth=Depth.SPAN, is_too_old=True, most_pages=None)
        at = found.next
    assert at is None


def test_a_listed_day_comes_from_the_listing_or_the_address() -> None:
    dated = Link(key="k", url="http://a.example/2024-01/02/c_1.htm", date="2024.03.04")
    assert str(listed_day(dated, "UTC")) == "2024-03-04"
    assert str(listed_day(Link(key="k", url=dated.url), "UTC")) == "2024-01-02"
    assert listed_day(Link(key="k", url="http://a.example/1.html"), "UTC") is None
    assert is_within(None, DAY_1.date(), None)


def test_an_outcome_is_worked_out_from_what_was_counted() -> None:
    done = Account(listings_joined=1, listing_pages=2, fetched=5)
    assert outcome_of(done, "finished").word == "done"
    gap = Account(listings_joined=0, listing_pages=30)
    assert "a gap" in (outcome_of(gap, "finished").reason or "")
    dead = Account(listing_failures=["http://a.example/: unreachable: connection refused"], unreachable="refused")
    found = outcome_of(dead, "finished")
    assert (found.word, found.conditions) == ("failed", {ConditionKind.UNREACHABLE: "refused"})
    assert outcome_of(done, "closespider_timeout").word == "deadline"
    assert outcome_of(done, "shutdown").word == "stopped"
    drift = Account(listings_joined=1, listing_pages=1, fetched=1, unread=4, no_layout="no layout fits")
    assert ConditionKind.DRIFTED in outcome_of(drift, "finished").conditions

"""A host that asks for time gets it, in this visit and in those that come."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.waiting import wait_asked_for
from storage.database import Store, pauses
from tests.builders import DAY_1, DAY_2
from tests.conftest import Desk
from tests.tricksite import LISTING, TrickSite, path, status

NOW = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("20", 20),
        ("Mon, 06 May 2024 12:01:30 GMT", 90),
        ("31536000", 86400),
        ("9" * 5000, 86400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        ("0", None),
        ("-5", None),
        ("Mon, 06 May 2024 11:00:00 GMT", None),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_what_retry_after_says(header: str | None, seconds: int | None) -> None:
    assert wait_asked_for(header, NOW) == (timedelta(seconds=seconds) if seconds else None)


def test_a_pause_is_kept_for_its_host_and_only_grows(store: Store) -> None:
    with store.writing() as session:
        pauses.leave_alone(session, "a.example", DAY_2)
        pauses.leave_alone(session, "a.example", DAY_1)
        assert pauses.until(session, ["a.example", "b.example"], DAY_1) == DAY_2
        assert pauses.until(session, ["b.example"], DAY_1) is None
        assert pauses.until(session, ["a.example"], DAY_2) is None


def test_a_pause_that_a_leaping_clock_wrote_holds_nobody_off(store: Store) -> None:
    ahead = DAY_1 + timedelta(days=700)
    with store.writing() as session:
        pauses.leave_alone(session, "a.example", ahead)
        assert pauses.until(session, ["a.example"], DAY_1) is None
        pauses.leave_alone(session, "a.example", DAY_1 + timedelta(minutes=1))
        assert pauses.until(session, ["a.example"], DAY_1) == DAY_1 + timedelta(minutes=1)


@pytest.mark.parametrize("code", [429, 503])
def test_a_site_that_asks_for_time_is_asked_nothing_more(desk: Desk, site: TrickSite, code: int) -> None:
    site.serve_stories(4, 3, 2, 1)
    site.pages[path(1)] = status(code, Retry_After="3600")
    site.park(desk.folder)
    assert f"blocked with status {code}" in desk.fails("crawl")
    asked = sum(site.asked.values())
    assert asked == 3  # robots.txt, the listing, and the story that said so
    assert "its host asks to be left alone until" in desk.run("status").stdout
    for verb in (("crawl",), ("backfill", "trick", "--since", "2024-05-01")):
        assert "trick: its host asks to be left alone until" in desk.fails(*verb)
    assert sum(site.asked.values()) == asked


def test_a_wall_that_names_no_time_is_met_again(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(1)
    site.pages[LISTING] = status(429, Retry_After="soon")
    site.park(desk.folder)
    desk.fails("crawl")
    site.serve_stories(1)
    desk.must("crawl")

"""The account of visits and conditions: whose turn it is, what an end means, and what clocks do to it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from storage.database import Store, articles, ledger, planning, visit_log, visits
from storage.records import ConditionKind, Link, Origin
from tests.builders import DAY_1, DAY_2, DAY_3, an_observation, begun


def test_a_listing_joins_up_with_what_an_earlier_whole_visit_knew(store: Store) -> None:
    links = [Link(key=f"doc:{n}", url=f"http://eastgate.example/{n}") for n in range(3)]
    visit = begun(store)
    with store.writing() as session:
        first = planning.note_listing(
            session, "eastgate", links, visit=visit, origin=Origin.CRAWL, now=DAY_2, joined_at=DAY_1
        )
        # The visit is cut off here; the next one must not take its own notes for old knowledge.
        again = planning.note_listing(
            session, "eastgate", links, visit=visit, origin=Origin.CRAWL, now=DAY_3, joined_at=DAY_1
        )
        later = planning.note_listing(
            session, "eastgate", links, visit=visit, origin=Origin.CRAWL, now=DAY_3, joined_at=DAY_2
        )
    assert (first.is_known, again.is_known, later.is_known) == ((False,) * 3, (False,) * 3, (True,) * 3)
    assert len(again.unknown) == 3


def test_what_a_clock_dated_ahead_stands_in_nobodys_way_once_it_is_set_back(store: Store) -> None:
    for now in (DAY_1, DAY_1 + timedelta(days=365), DAY_2):
        visit = begun(store, now=now)
        with store.writing() as session:
            tally = visits.Tally(listing_pages=1, listing_joined=now != DAY_2, listing_whole=now != DAY_2)
            visits.end(session, visit, now=now, outcome="done", reason=None, tally=tally)
    with store.writing() as session:
        assert visits.last_joined(session, "eastgate", now=DAY_3) == DAY_1
        assert visits.last_deep(session, "eastgate", pages=9, now=DAY_3) == DAY_1
        last = visit_log.last_visit(session, "eastgate")
        assert last
        assert last.started_at == DAY_2
        [number] = articles.record(session, an_observation(seen_at=DAY_3)).numbers
        [entry] = ledger.entries(session, after=number - 1)
        assert entry.seen_after == DAY_1


def test_what_ends_while_a_digest_is_made_is_told_in_the_next(store: Store) -> None:
    meanwhile, later = DAY_2 + timedelta(seconds=5), DAY_2 + timedelta(days=1)
    visit = begun(store, now=DAY_1)
    with store.writing() as session:
        visits.begin_condition(session, "eastgate", ConditionKind.UNREACHABLE, "no answer", DAY_1)
        visits.end(session, visit, now=meanwhile, outcome="done", reason=None, tally=visits.Tally())
        visits.end_conditions(session, "eastgate", meanwhile, but=set())

    def told(since: datetime, until: datetime) -> tuple[int, list[datetime | None]]:
        with store.reading() as session:
            ended = len(list(visit_log.visits(session, park="eastgate", ended_within=(since, until))))
            found = visit_log.conditions(session, park="eastgate", since=since, until=until)
            return ended, [condition.ended_at for condition in found]

    assert told(DAY_1, DAY_2) == (0, [None])
    assert told(DAY_2, later) == (1, [meanwhile])
    assert told(meanwhile, later) == (0, [])


def test_one_visit_of_a_park_at_a_time_and_the_dead_are_cut_off(store: Store) -> None:
    begun(store)
    with pytest.raises(visits.VisitRunningError, match="eastgate: is being visited since"):
        visits_begin_elsewhere(store)
    begun(store, now=DAY_1 + timedelta(minutes=1))
    with store.reading() as session:
        assert [line.outcome for line in visit_log.visits(session)] == ["cut off", "running"]


def visits_begin_elsewhere(store: Store) -> None:
    with store.writing() as session:
        visits.begin(session, "eastgate", kind="visit", now=DAY_1, host="other", pid=9, is_alive=lambda _: False)


def visited(store: Store, now: datetime, *pages: list[int], unreadable: tuple[int, ...] = ()) -> dict[int, Any]:
    """Make a visit that reads these pages of the listing; return the windows in which new articles appeared."""
    visit, found = begun(store, now=now), {}
    for page in pages:
        links = [Link(key=f"doc:{n}", url=f"http://eastgate.example/news/{n}.html") for n in page]
        with store.writing() as session:
            listed = planning.note_listing(session, "eastgate", links, visit=visit, origin=Origin.CRAWL, now=now)
        for link in listed.unknown:
            number = int(link.key[4:])
            if number in unreadable:
                continue
            seen = an_observation(link.key, visit=visit, is_listed=True, seen_at=now + timedelta(minutes=5))
            with store.writing() as session:
                told = articles.record(session, seen).numbers
                found[number] = next(ledger.entries(session, after=told[0] - 1)).seen_after if told else None
    with store.writing() as session:
        end = now + timedelta(minutes=9)
        tally = visits.Tally(listing_pages=len(pages), listing_joined=True)
        visits.end(session, visit, now=end, outcome="done", reason=None, tally=tally)
    return found


def test_what_stands_deeper_than_visits_read_may_have_stood_there_at_all_of_them(store: Store) -> None:
    visited(store, DAY_1, [4, 3], [2, 1])
    visited(store, DAY_2, [4, 3])
    # Number 99 is dated back; number 5 stands where every visit looks.
    windows = visited(store, DAY_3, [5, 4, 3], [2, 99, 1])
    assert windows == {5: DAY_2, 99: DAY_1}


@pytest.mark.parametrize("pages", [([3, 2, 1],), ([3], [2, 1])], ids=["among known ones", "on a page of its own"])
def test_an_article_is_new_since_the_visit_before_the_one_that_listed_it(
    store: Store, pages: tuple[list[int], ...]
) -> None:
    visited(store, DAY_1, [2, 1])
    visited(store, DAY_2, *pages, unreadable=(3,))
    with store.writing() as session:
        planning.could_not_read(session, "eastgate", "doc:3", "answered status 500", DAY_2)
    assert visited(store, DAY_3, *pages) == {3: DAY_1}

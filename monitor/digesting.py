"""Make digests: read, render, and freeze bytes and position in one transaction; only then may they be sent."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from monitor.delivering import journal_of, signer_of, told_notes_of
from monitor.settings import Settings
from reports.coverage import ParkCoverage, change_windows, cover_park, not_watched
from reports.digest import Digest, sections_of
from reports.message import Letter, build_letter
from storage.cadence import next_slot, parse_cadence
from storage.crash import crash_point
from storage.database import Session, Store, deliveries, digests, exports, ledger, subscriptions, visit_log, visits
from storage.database.exports import ArticleLine
from storage.database.subscriptions import Subscription
from storage.database.visit_log import VisitLine
from storage.journal import serial_of
from storage.matching import matches
from storage.records import ChangeKind, LedgerEntry, Park
from storage.told import ToldNotes

log = structlog.get_logger()

#: Changes that one digest takes at the most; what is beyond waits for the next one, in order.
MOST_CHANGES = 5000
#: Pages of a park that could not be read, shown with the reason; the rest is counted.
_UNREAD_SHOWN = 3
#: A digest that is made so much later than it was due says that it is late.
_LATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A digest that was made."""

    subscription: Subscription
    digest: Digest
    letter: Letter
    digest_id: int | None = None


def make(
    store: Store,
    parks: dict[str, Park],
    settings: Settings,
    subscription: Subscription,
    now: datetime,
    *,
    broken: Collection[str] = (),
    due: datetime | None = None,
) -> Made:
    """Put together what a subscription's next digest would be, writing nothing; *broken* park files are told of.

    A digest made long after the moment that it was *due* says so.
    """
    with store.reading() as session:
        since = digests.last_moment(session, subscription.id, now) or min(subscription.covers_since, now)
        entries, last_change = _entries(session, subscription)
        told_before = _told_before(session, told_notes_of(store), subscription, entries)
        coverage = _coverage(session, parks, subscription, since, now)
        coverage += _uncovered(session, parks, subscription, broken, (since, now))
        coverage = _with_windows(coverage, entries)
        baselines = _baselines(session, coverage, subscription, settings.digest.baseline_items)
        _, previous_sha256 = digests.last(session, subscription.id)
        mishaps = deliveries.mishaps(session, subscription.id, since, now)
    number = subscription.digests + 1
    digest = Digest(
        number=number,
        made_at=now,
        covers_since=since,
        time_zone=subscription.time_zone,
        first_change=subscription.position,
        last_change=last_change,
        sections=sections_of(
            entries,
            parks,
            items_per_park=settings.digest.items_per_park,
            excerpt_chars=settings.digest.excerpt_chars,
            baselines=baselines,
            made_at=now,
            told_before=told_before,
        ),
        coverage=coverage,
        new_count=sum(entry.kind is ChangeKind.NEW for entry in entries if entry.number not in told_before),
        changed_count=sum(
            entry.kind not in (ChangeKind.NEW, ChangeKind.RECOVERED)
            for entry in entries
            if entry.number not in told_before
        ),
        told_before_count=len(told_before),
        recovered_count=sum(entry.is_recovered for entry in entries),
        changes=tuple(entry.number for entry in entries),
        previous_sha256=previous_sha256,
        was_due=due if due and now - due >= _LATE else None,
        mishaps=tuple(mishaps),
        last_sent=max(journal_of(store).numbers(serial_of(subscription.token)), default=0),
    )
    letter = build_letter(
        digest,
        sender=settings.mail.sender,
        recipient=subscription.address,
        token=subscription.token,
        unsubscribe_url=settings.mail.unsubscribe_url,
        signer=signer_of(settings),
    )
    return Made(subscription=subscription, digest=digest, letter=letter)


def _entries(session: Session, subscription: Subscription) -> tuple[list[LedgerEntry], int]:
    """Return the changes that the digest takes, and the number that the reader's position moves to."""
    entries: list[LedgerEntry] = []
    head = ledger.head(session)
    for entry in ledger.entries(session, after=subscription.position, up_to=head, parks=subscription.parks):
        if len(entries) >= MOST_CHANGES:
            return ledger.as_read_today(session, entries), entries[-1].number
        if matches(entry, subscription.parks, subscription.words):
            entries.append(entry)
    return ledger.as_read_today(session, entries), head


def _with_windows(coverage: tuple[ParkCoverage, ...], entries: Iterable[LedgerEntry]) -> tuple[ParkCoverage, ...]:
    by_park: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        by_park[entry.park].append(entry)
    found = {park.park: change_windows(by_park[park.park]) for park in coverage}
    return tuple(replace(park, usual_change=found[park.park][0], worst_change=found[park.park][1]) for park in coverage)


def _told_before(
    session: Session, notes: ToldNotes, subscription: Subscription, entries: Collection[LedgerEntry]
) -> frozenset[int]:
    """Return the numbers of changes that the reader was told by mails of which a restored store knows nothing.

    What a backfill finds is told as no news in any case.
    """
    mails = notes.mails(serial_of(subscription.token), [entry for entry in entries if not entry.is_recovered])
    if not mails:
        return frozenset()
    known = digests.known(session, {*mails.values()})
    return frozenset(number for number, told_by in mails.items() if told_by not in known)


def _coverage(
    session: Session, parks: dict[str, Park], subscription: Subscription, since: datetime, now: datetime
) -> tuple[ParkCoverage, ...]:
    wanted = [park for slug, park in parks.items() if not subscription.parks or slug in subscription.parks]
    return tuple(
        cover_park(
            park.slug,
            park.name,
            visits=list(visit_log.visits(session, park=park.slug, ended_within=(since, now))),
            last_visit=visit_log.last_visit(session, park.slug, ended=True),
            is_recent_from=now - 1.5 * timedelta(minutes=park.cadence_minutes),
            last_joined=visit_log.last_visit(session, park.slug, joined=True),
            last_done=visit_log.last_visit(session, park.slug, done=True),
            before=_since_last_joined(session, park.slug, since),
            cadence=timedelta(minutes=park.cadence_minutes),
            within=(since, now),
            is_first=subscription.digests == 0,
            running_since=_running_since(session, park.slug),
            conditions=list(visit_log.conditions(session, park=park.slug, since=since, until=now)),
            unread=visit_log.count_of_unread(session, park.slug),
            unread_pages=visit_log.unread(session, park.slug, limit=_UNREAD_SHOWN),
        )
        for park in sorted(wanted, key=lambda park: park.name.casefold())
    )


def _running_since(session: Session, park: str) -> datetime | None:
    newest = visit_log.last_visit(session, park)
    return newest.started_at if newest and newest.outcome == visits.RUNNING else None


def _since_last_joined(session: Session, park: str, moment: datetime) -> list[VisitLine]:
    """Return the last visit before a moment whose listing joined up, and the visits between."""
    joined = visit_log.last_visit(session, park, joined=True, ended_by=moment)
    later = visit_log.visits(session, park=park, since=joined.started_at if joined else None)
    return [visit for visit in later if visit.ended_at is not None and visit.ended_at <= moment]


def _uncovered(
    session: Session,
    parks: dict[str, Park],
    subscription: Subscription,
    broken: Collection[str],
    within: tuple[datetime, datetime],
) -> tuple[ParkCoverage, ...]:
    """Return the parks that the reader counts on and that nobody visits: quiet must not be what they look like.

    Who reads of all parks hears of one that is no longer watched once or twice, not for ever.
    """
    unwatched = {*broken, *subscription.parks, *_left(session, within)} - parks.keys()
    return tuple(
        not_watched(
            slug,
            visit_log.last_visit(session, slug, joined=True),
            is_broken=slug in broken,
            visits=visit_log.visits(session, park=slug, ended_within=within),
        )
        for slug in sorted(unwatched)
        if not subscription.parks or slug in subscription.parks
    )


def _left(session: Session, within: tuple[datetime, datetime]) -> Iterator[str]:
    """Yield the parks that were visited lately: in the time of this digest, or as long before, a day at least."""
    since, now = within
    lately = since - max(now - since, timedelta(days=1))
    for park in visit_log.parks(session):
        last = visit_log.last_visit(session, park, ended=True)
        if last is not None and last.ended_at is not None and last.ended_at > lately:
            yield park


def _baselines(
    session: Session, coverage: Iterable[ParkCoverage], subscription: Subscription, limit: int
) -> dict[str, tuple[int, list[ArticleLine]]]:
    """Return what stood already on the sites of parks that the reader hears of for the first time."""
    fresh = [c.park for c in coverage if c.watched_from or (subscription.digests == 0 and c.last_joined)]
    return {
        slug: (
            exports.count_of_baseline(session, slug),
            exports.newest_of_baseline(session, slug, limit, since=subscription.position),
        )
        for slug in sorted(fresh)
    }


def make_and_freeze(
    store: Store,
    parks: dict[str, Park],
    settings: Settings,
    subscription: Subscription,
    now: datetime,
    *,
    broken: Collection[str] = (),
    due: datetime | None = None,
) -> Made | None:
    """Make a digest and freeze its bytes; None if another process made it meanwhile."""
    made = make(store, parks, settings, subscription, now, broken=broken, due=due)
    crash_point("digest_rendered")
    with store.writing("digest") as session:
        digest_id = digests.freeze(
            session,
            subscription_id=subscription.id,
            number=made.digest.number,
            position_before=subscription.position,
            position_after=made.digest.last_change,
            changes=made.digest.changes,
            recipient=subscription.address,
            message_id=made.letter.message_id,
            message=made.letter.content,
            now=now,
        )
    if digest_id is None:
        return None
    return Made(subscription=subscription, digest=made.digest, letter=made.letter, digest_id=digest_id)


def make_due(
    store: Store,
    parks: dict[str, Park],
    settings: Settings,
    now: datetime,
    *,
    broken: Collection[str] = (),
    unvisited: Collection[str] = (),
) -> list[Made]:
    """Freeze the digest of every subscription whose time has come, each once however long we slept.

    One that is late already waits for the parks that are *unvisited* yet: it is to hold what has happened meanwhile.
    """
    with store.reading() as session:
        readers = subscriptions.subscriptions(session, only_active=True)
    frozen = []
    for subscription in readers:
        try:
            if subscription.is_due(now):
                due = _first_due(subscription)
                if now - due >= _LATE and _counts_on(subscription, unvisited):
                    continue
                frozen.append(make_and_freeze(store, parks, settings, subscription, now, broken=broken, due=due))
        except Exception as error:  # one reader's poison must not cost the others their digests
            log.error("a digest could not be made", reader=subscription.address, why=f"{error!r}")
            log.debug("where", exc_info=True)
    return [made for made in frozen if made is not None]


def _counts_on(subscription: Subscription, parks: Collection[str]) -> bool:
    return any(not subscription.parks or slug in subscription.parks for slug in parks)


def _first_due(subscription: Subscription) -> datetime:
    """Return the first moment since the last digest at which one was due."""
    return next_slot(parse_cadence(subscription.cadence), subscription.time_zone, subscription.waits_since)

"""Work out how everything stands: facts for status, in one look at the store."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from crawler.layouts import load_good_layouts, ways_of
from monitor.settings import Settings
from reports.coverage import ParkCoverage, Sight, cover_park
from storage.cadence import next_visit
from storage.database import Store, deliveries, drift, exports, ledger, pauses, subscriptions, visit_log, visits
from storage.database.deliveries import DigestLine
from storage.database.visit_log import UnreadLine
from storage.drift import Shift, shifts
from storage.processes import process_lives, this_host
from storage.records import Park

#: What counts as lately, for parks nobody's digest asks about.
_LATELY = timedelta(days=2)
_UNREAD_SHOWN = 3
#: A refused digest is the operator's to look into; after so long it is history.
_REFUSALS_SHOWN = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkHealth:
    """One park: how it was seen lately, and what is on record of it."""

    coverage: ParkCoverage
    articles: int
    last_visit: datetime | None
    last_outcome: str | None
    next_visit: datetime
    tls_unverified: bool
    #: Until when its host asks to be left alone.
    paused_until: datetime | None
    #: No layout is made for it.
    is_read_generally: bool
    #: Fields that another locator finds than used to: a warning, not yet a failure.
    shifts: tuple[Shift, ...]
    #: The first of the listed pages that could not be read; coverage has their number.
    unread: tuple[UnreadLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderHealth:
    """One subscription: when its next digest comes, and how many in a row were refused if that puts it off."""

    address: str
    cadence: str
    next_digest: datetime
    refusals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Everything that status shows."""

    parks: tuple[ParkHealth, ...]
    changes: int
    readers: tuple[ReaderHealth, ...]
    undelivered: tuple[tuple[DigestLine, str | None], ...]
    tls_verify: bool | str

    @property
    def is_well(self) -> bool:
        """Whether every park was seen and every digest is on its way."""
        seen = all(park.coverage.sight in (Sight.WHOLE, Sight.NEVER) for park in self.parks)
        return seen and not any(answer for _, answer in self.undelivered)


def health_of(store: Store, parks: dict[str, Park], settings: Settings, now: datetime) -> Health:
    """Return how everything stands."""
    stands = partial(visit_log.as_it_stands, now=now, host=this_host(), is_alive=process_lives)
    layouts, _ = load_good_layouts(settings.seeds.layouts)
    with store.reading() as session:
        found = []
        for slug, park in sorted(parks.items()):
            last = visit_log.last_visit(session, slug)
            last = stands(last) if last else None
            is_running = last is not None and last.outcome == visits.RUNNING
            ways = ways_of(layouts[name] for name in park.layouts if name in layouts)
            since = now - max(_LATELY, 1.5 * timedelta(minutes=park.cadence_minutes))
            coverage = cover_park(
                slug,
                park.name,
                visits=(),  # how it stands now, whatever was seen earlier in the day
                # One at work has seen nothing yet, and the one before it tells how the park stands.
                last_visit=visit_log.last_visit(session, slug, ended=True) if is_running else last,
                is_recent_from=since,
                last_joined=visit_log.last_visit(session, slug, joined=True),
                last_done=visit_log.last_visit(session, slug, done=True),
                conditions=list(visit_log.conditions(session, park=slug, since=since)),
                unread=visit_log.count_of_unread(session, slug),
            )
            found.append(
                ParkHealth(
                    coverage=coverage,
                    articles=sum(exports.counts(session, slug).values()),
                    last_visit=last.started_at if last else None,
                    last_outcome=last.outcome if last else None,
                    next_visit=next_visit(
                        last.started_at if last else None,
                        last.outcome if last else None,
                        timedelta(minutes=park.cadence_minutes),
                        now,
                    ),
                    tls_unverified=not park.tls_verify,
                    paused_until=pauses.until(session, park.hosts, now),
                    is_read_generally=park.layouts == ("general",),
                    shifts=tuple(shifts(*drift.habit(session, slug), ways)),
                    unread=tuple(visit_log.unread(session, slug, limit=_UNREAD_SHOWN)),
                )
            )
        readers = tuple(
            ReaderHealth(
                address=reader.address,
                cadence=reader.cadence,
                next_digest=reader.next_digest(now),
                refusals=reader.refusals if reader.paused_until(now) else 0,
            )
            for reader in subscriptions.subscriptions(session, only_active=True)
        )
        return Health(
            parks=tuple(found),
            changes=ledger.head(session),
            readers=readers,
            undelivered=tuple(deliveries.undelivered(session, now=now, refused_since=now - _REFUSALS_SHOWN)),
            tls_verify=settings.crawl.tls_verify,
        )

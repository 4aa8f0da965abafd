"""Read what visits came to: their account, the conditions they met, and what could not be read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.database import visits as account
from storage.database.tables import ConditionRow, UnreadRow, VisitRow
from storage.identity import bare_host
from storage.records import Link

#: What ended so shortly after a moment was not over then; what ended later was dated by a clock that is set back now,
#: and is over.
_MEANWHILE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLine:
    """A visit as it was counted."""

    id: int
    park: str
    kind: str
    is_baseline: bool
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    reason: str | None
    listing_pages: int
    listing_joined: bool
    planned: int
    fetched: int
    unchanged: int
    failed: int
    changes: int
    host: str
    pid: int
    heartbeat_at: datetime
    cadence_minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionLine:
    """An episode in which a park could not be seen."""

    park: str
    kind: str
    began_at: datetime
    ended_at: datetime | None
    evidence: str


def visits(
    session: Session,
    *,
    park: str | None = None,
    since: datetime | None = None,
    ended_within: tuple[datetime, datetime] | None = None,
) -> Iterator[VisitLine]:
    """Yield visits, oldest first: those begun from *since* on, or those ended behind one moment and up to another."""
    query = select(VisitRow).order_by(VisitRow.id)
    if park:
        query = query.where(VisitRow.park == park)
    if since:
        query = query.where(VisitRow.started_at >= since)
    if ended_within:
        after, until = ended_within
        query = query.where(VisitRow.ended_at > after, VisitRow.ended_at <= until)
    for row in session.scalars(query.execution_options(yield_per=500)):
        yield _visit(row)


def parks(session: Session) -> Iterator[str]:
    """Yield every park that was ever visited; one look into the index for each, however many visits there are."""
    park = session.scalar(select(func.min(VisitRow.park)))
    while park is not None:
        yield park
        park = session.scalar(select(func.min(VisitRow.park)).where(VisitRow.park > park))


def as_it_stands(line: VisitLine, *, now: datetime, host: str, is_alive: Callable[[int], bool]) -> VisitLine:
    """Return a visit as it stands: one whose process died is cut off, though no later visit has noted that yet."""
    if line.outcome != account.RUNNING or not account.has_died(
        line.heartbeat_at, now, same_host=line.host == host, process_lives=is_alive(line.pid)
    ):
        return line
    return replace(line, outcome=account.CUT_OFF, reason=account.DIED, ended_at=line.heartbeat_at)


def last_visit(
    session: Session,
    park: str,
    *,
    joined: bool = False,
    done: bool = False,
    ended: bool = False,
    ended_by: datetime | None = None,
) -> VisitLine | None:
    """Return a park's newest visit, or its newest one that has ended, by some moment, joined up, or saw all."""
    query = select(VisitRow).where(VisitRow.park == park, VisitRow.kind == account.VISIT)
    if joined:
        query = query.where(VisitRow.listing_joined)
    if done:
        query = query.where(VisitRow.outcome == account.DONE)
    if ended:
        query = query.where(VisitRow.ended_at.is_not(None))
    # The moment is no part of the query: the newest visits are few, and their index is by number.
    newest = session.scalars(query.order_by(VisitRow.id.desc()).execution_options(yield_per=20))
    for row in newest:
        if ended_by is None or (row.ended_at is not None and row.ended_at <= ended_by):
            return _visit(row)
    return None


def _visit(row: VisitRow) -> VisitLine:
    return VisitLine(
        id=row.id,
        park=row.park,
        kind=row.kind,
        is_baseline=row.is_baseline,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        reason=row.reason,
        listing_pages=row.listing_pages,
        listing_joined=row.listing_joined,
        planned=row.planned,
        fetched=row.fetched,
        unchanged=row.unchanged,
        failed=row.failed,
        changes=row.changes,
        host=row.host,
        pid=row.pid,
        heartbeat_at=row.heartbeat_at,
        cadence_minutes=row.cadence_minutes,
    )


def conditions(
    session: Session, *, park: str | None = None, since: datetime | None = None, until: datetime | None = None
) -> Iterator[ConditionLine]:
    """Yield conditions, oldest first: those that end behind *since* or go on, as they stood at *until*."""
    query = select(ConditionRow).order_by(ConditionRow.id)
    if park:
        query = query.where(ConditionRow.park == park)
    if since:
        query = query.where((ConditionRow.ended_at.is_(None)) | (ConditionRow.ended_at > since))
    for row in session.scalars(query):
        ended_at = row.ended_at
        if until and ended_at and ended_at > until:
            if ended_at > until + _MEANWHILE:
                continue
            ended_at = None
        yield ConditionLine(
            park=row.park, kind=row.kind, began_at=row.began_at, ended_at=ended_at, evidence=row.evidence
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadLine:
    """A listed article that could not be read yet."""

    url: str
    headline: str | None
    reason: str | None
    attempts: int

    @property
    def host(self) -> str:
        """Where it stands."""
        return bare_host(self.url)


def unread(session: Session, park: str, *, limit: int) -> list[UnreadLine]:
    """Return the first of a park's listed articles that were tried and could not be read."""
    query = select(UnreadRow).where(UnreadRow.park == park, UnreadRow.attempts > 0).order_by(UnreadRow.id).limit(limit)
    return [
        UnreadLine(url=row.url, headline=row.headline, reason=row.reason, attempts=row.attempts)
        for row in session.scalars(query)
    ]


def listed(session: Session, park: str, url: str) -> Link | None:
    """Return what a listing said of a page that could not be read yet."""
    row = session.scalars(select(UnreadRow).where(UnreadRow.park == park, UnreadRow.url == url).limit(1)).first()
    return Link(key=row.key, url=row.url, headline=row.headline, date=row.date) if row else None


def is_on_record(session: Session, park: str) -> bool:
    """Say whether a park was ever visited."""
    return session.scalars(select(VisitRow.id).where(VisitRow.park == park).limit(1)).first() is not None


def count_of_unread(session: Session, park: str) -> int:
    """Return how many listed articles of a park were tried and could not be read."""
    query = select(func.count()).where(UnreadRow.park == park, UnreadRow.attempts > 0)
    return session.scalar(query) or 0

"""Keep account of visits and conditions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from storage.database.tables import ConditionRow, VisitRow
from storage.drift import Cause
from storage.records import ConditionKind

VISIT, BACKFILL = "visit", "backfill"
DONE, PARTLY = "done", "partly"
RUNNING = "running"
CUT_OFF = "cut off"
DIED = "its process ended before the visit did"
#: A visit that has not been heard of for so long has died, wherever it ran.
SILENCE = timedelta(minutes=3)


class VisitRefusedError(Exception):
    """The park cannot be visited at this moment; the sentence says why."""


class VisitRunningError(VisitRefusedError):
    """The park is being visited at this moment by another process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a visit counted."""

    listing_pages: int = 0
    listing_joined: bool = False
    listing_whole: bool = False
    planned: int = 0
    fetched: int = 0
    unchanged: int = 0
    failed: int = 0
    changes: int = 0


def begin(
    session: Session,
    park: str,
    *,
    kind: str,
    is_baseline: bool = False,
    now: datetime,
    host: str,
    pid: int,
    is_alive: Callable[[int], bool],
    cadence_minutes: int | None = None,
) -> int:
    """Begin a visit and return its id; raises VisitRunningError while another one is at work on the park."""
    for row in session.scalars(select(VisitRow).where(VisitRow.park == park, VisitRow.outcome == RUNNING)):
        if has_died(
            row.heartbeat_at,
            now,
            same_host=row.host == host,
            process_lives=is_alive(row.pid),
        ):
            _end(row, now, CUT_OFF, DIED)
        else:
            raise VisitRunningError(
                f"{park}: is being visited since {row.started_at:%H:%M} UTC by process {row.pid} on {row.host}: "
                "wait for it to end"
            )
    row = VisitRow(
        park=park,
        kind=kind,
        is_baseline=is_baseline,
        started_at=now,
        heartbeat_at=now,
        cadence_minutes=cadence_minutes,
        host=host,
        pid=pid,
        outcome=RUNNING,
    )
    session.add(row)
    session.flush()
    return row.id


def has_died(heartbeat_at: datetime, now: datetime, *, same_host: bool, process_lives: bool) -> bool:
    """Say whether a visit marked as running has in truth ended: its process is gone, or nobody heard of it."""
    if same_host and not process_lives:
        return True
    return now - heartbeat_at > SILENCE


def heartbeat(session: Session, visit: int, now: datetime, tally: Tally) -> None:
    """Note that a visit is alive, and how far it is."""
    row = session.get_one(VisitRow, visit)
    row.heartbeat_at = now
    _write(row, tally)


def end(
    session: Session,
    visit: int,
    *,
    now: datetime,
    outcome: str,
    reason: str | None,
    tally: Tally,
) -> None:
    """End a visit with its outcome in one word and the reason in one sentence."""
    row = session.get_one(VisitRow, visit)
    _write(row, tally)
    _end(row, now, outcome, reason)


def cut_off(session: Session, visits: list[int], *, now: datetime, reason: str) -> list[str]:
    """End those of *visits* that still run; return their parks."""
    rows = session.scalars(select(VisitRow).where(VisitRow.id.in_(visits), VisitRow.outcome == RUNNING)).all()
    for row in rows:
        _end(row, now, CUT_OFF, reason)
    return [row.park for row in rows]


def cut_off_processes(session: Session, *, host: str, pid: int, now: datetime, reason: str) -> list[str]:
    """End every visit that a dead process left running; return their parks."""
    query = select(VisitRow.id).where(VisitRow.outcome == RUNNING, VisitRow.host == host, VisitRow.pid == pid)
    return cut_off(session, list(session.scalars(query)), now=now, reason=reason)


def has_baseline(session: Session, park: str) -> bool:
    """Say whether a visit ever read the park's listing to where it wanted to go."""
    query = select(VisitRow.id).where(VisitRow.park == park, VisitRow.kind == VISIT, VisitRow.listing_joined).limit(1)
    return session.scalars(query).first() is not None


def last_deep(session: Session, park: str, *, pages: int, now: datetime) -> datetime | None:
    """Return when a listing was last read to its end, or over so many pages that more is not to be had.

    What a clock that has been set back since dated later than *now* does not count, here and in :func:`last_joined`.
    """
    query = select(VisitRow.started_at).where(
        VisitRow.park == park,
        VisitRow.kind == VISIT,
        VisitRow.listing_whole | (VisitRow.listing_pages >= pages),
    )
    return newest_by(session, query, now)


def last_joined(session: Session, park: str, *, now: datetime) -> datetime | None:
    """Return when the last visit ended whose listing joined up."""
    query = select(VisitRow.ended_at).where(
        VisitRow.park == park, VisitRow.kind == VISIT, VisitRow.listing_joined, VisitRow.ended_at.is_not(None)
    )
    return newest_by(session, query, now)


def newest_by(session: Session, moments: Select[Any], now: datetime) -> datetime | None:
    """Return the moment of the newest of some visits, those left out that are dated later than *now*.

    The bound is no part of the query: databases would then read a park's whole past by that moment's index and sort it.
    """
    newest_first = moments.order_by(VisitRow.id.desc()).execution_options(yield_per=20)
    return next((moment for moment in session.scalars(newest_first) if moment <= now), None)


def begin_condition(session: Session, park: str, kind: ConditionKind, evidence: str, now: datetime) -> bool:
    """Note that a park cannot be seen, and say whether that, or its cause, is news.

    An episode that goes on is not begun again; what is told of it is what was found last.
    """
    open_already = session.scalars(_open(park).where(ConditionRow.kind == kind.value)).first()
    if open_already is None:
        session.add(ConditionRow(park=park, kind=kind.value, began_at=now, evidence=evidence[:1000]))
        return True
    known, found = (_cause_in(each) for each in (open_already.evidence, evidence))
    # A cause that was found out is not to be lost to none.
    if known is None or found is not None:
        open_already.evidence = evidence[:1000]
    return found is not None and found is not known


def _cause_in(evidence: str) -> Cause | None:
    return next((cause for cause in Cause if evidence.startswith(cause)), None)


def end_conditions(session: Session, park: str, now: datetime, *, but: set[ConditionKind]) -> None:
    """Note that the park's episodes are over, but for the kinds seen again."""
    for row in session.scalars(_open(park)):
        if ConditionKind(row.kind) not in but:
            row.ended_at = now


def _open(park: str) -> Any:
    return select(ConditionRow).where(ConditionRow.park == park, ConditionRow.ended_at.is_(None))


def _write(row: VisitRow, tally: Tally) -> None:
    row.listing_pages, row.listing_joined = tally.listing_pages, tally.listing_joined
    row.listing_whole = tally.listing_whole
    row.planned, row.fetched, row.unchanged = (
        tally.planned,
        tally.fetched,
        tally.unchanged,
    )
    row.failed, row.changes = tally.failed, tally.changes


def _end(row: VisitRow, now: datetime, outcome: str, reason: str | None) -> None:
    row.ended_at, row.outcome, row.reason = now, outcome, reason

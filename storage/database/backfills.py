"""Remember how far a run over a park's past has come, so that a killed one goes on where it stopped."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database.tables import BackfillRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """A backfill as it stands: listing pages still to be asked for, the next one first."""

    id: int
    since: date
    until: date | None
    listings: tuple[dict[str, Any], ...]
    pages_read: int
    is_resumed: bool


def begin_or_resume(
    session: Session,
    park: str,
    *,
    since: date,
    until: date | None,
    listings: tuple[dict[str, Any], ...],
    now: datetime,
) -> Backfill:
    """Return the unfinished backfill of this span, or begin one at the head of the park's listings."""
    query = select(BackfillRow).where(
        BackfillRow.park == park,
        BackfillRow.since == since.isoformat(),
        BackfillRow.until == until.isoformat() if until else BackfillRow.until.is_(None),
        BackfillRow.ended_at.is_(None),
    )
    row = session.scalars(query).first()
    is_resumed = row is not None
    if row is None:
        row = BackfillRow(
            park=park,
            since=since.isoformat(),
            until=until.isoformat() if until else None,
            listings=list(listings),
            began_at=now,
            pages_read=0,
        )
        session.add(row)
        session.flush()
    return Backfill(
        id=row.id,
        since=since,
        until=until,
        listings=tuple(row.listings),
        pages_read=row.pages_read,
        is_resumed=is_resumed,
    )


def page_read(session: Session, backfill_id: int, rest: tuple[dict[str, Any], ...]) -> None:
    """Note that the first listing page is read; *rest* is what remains to be asked for."""
    row = session.get_one(BackfillRow, backfill_id)
    row.listings = list(rest)
    row.pages_read += 1


def finish(session: Session, backfill_id: int, now: datetime) -> None:
    """Note that nothing of the span is left to be read."""
    session.get_one(BackfillRow, backfill_id).ended_at = now

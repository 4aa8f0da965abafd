"""Find the times of which nobody knows what a listing held: it was longer than a visit may read."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database.tables import VisitRow
from storage.database.visit_log import ConditionLine
from storage.database.visits import PARTLY, VISIT
from storage.records import GAP


def gaps(session: Session, *, park: str | None = None, since: datetime | None = None) -> Iterator[ConditionLine]:
    """Yield every gap, by the visit that met it: from the last reading that joined up until one does again.

    Those only that were closed behind *since*, or are open. The visits that met one are few, and the others beside
    them are found by their index.
    """
    met = select(VisitRow).where(VisitRow.outcome == PARTLY, VisitRow.reason.startswith(GAP)).order_by(VisitRow.id)
    if park:
        met = met.where(VisitRow.park == park)
    closed_by: dict[str, int | None] = {}
    for row in session.scalars(met):
        known = closed_by.get(row.park, 0)
        if row.kind != VISIT or row.listing_joined or known is None or row.id < known:
            continue  # within the gap before
        joined = select(VisitRow.id, VisitRow.started_at).where(
            VisitRow.park == row.park, VisitRow.kind == VISIT, VisitRow.listing_joined
        )
        before = session.execute(joined.where(VisitRow.id < row.id).order_by(VisitRow.id.desc()).limit(1)).first()
        behind = session.execute(joined.where(VisitRow.id > row.id).order_by(VisitRow.id).limit(1)).first()
        closed_by[row.park] = behind[0] if behind else None
        if since and behind and behind[1] <= since:
            continue
        yield ConditionLine(
            park=row.park,
            kind="gap",
            began_at=before[1] if before else row.started_at,
            ended_at=behind[1] if behind else None,
            evidence=row.reason or "",
        )

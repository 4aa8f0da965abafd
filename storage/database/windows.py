"""Say since when a new article can have been there."""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database.tables import ArticleRow, UnreadRow, VisitRow
from storage.database.visits import VISIT
from storage.records import Observation


def absent_at(session: Session, rows: Sequence[ArticleRow | None], visit: int) -> list[datetime | None]:
    """Return for each link of a listing, by the known articles on it, when the listing was last read without it.

    A link between two articles stood there since both were last listed, or later. What stands deeper than visits use
    to read may have been there at all of those that came since.
    """
    listed = [row.listed_visit if row is not None and row.listed_visit != visit else None for row in rows]
    above, below = list(accumulate(listed, _newer)), list(accumulate(reversed(listed), _newer))[::-1]
    around = [min((each for each in pair if each), default=None) for pair in zip(above, below, strict=True)]
    query = select(VisitRow.id, VisitRow.started_at).where(VisitRow.id.in_({each for each in around if each}))
    began = {row.id: row.started_at for row in session.execute(query)}
    return [began.get(each) if each else None for each in around]


def _newer(before: int | None, here: int | None) -> int | None:
    return here or before


def last_without(session: Session, observation: Observation) -> datetime | None:
    """Return the start of the last visit that read the listing when the article was not there.

    That is the last one that joined up and was over before the article was first listed, which may have been long
    before it could be read; or an older one, if it stands deeper in the listing than that one went.
    """
    keys = {observation.key, observation.asked_key}
    waiting = select(UnreadRow.first_listed, UnreadRow.absent_at)
    rows = session.execute(waiting.where(UnreadRow.park == observation.park, UnreadRow.key.in_(keys))).all()
    listed = min((row.first_listed for row in rows), default=observation.seen_at)
    joined = select(VisitRow.started_at, VisitRow.ended_at).where(
        VisitRow.park == observation.park,
        VisitRow.kind == VISIT,
        VisitRow.listing_joined,
        VisitRow.id != (observation.visit or 0),
    )
    newest_first = session.execute(joined.order_by(VisitRow.id.desc()).execution_options(yield_per=20))
    last = next((began for began, ended in newest_first if (ended or began) <= listed), None)
    absent = [row.absent_at for row in rows if row.absent_at is not None]
    return min([last, *absent]) if last else None

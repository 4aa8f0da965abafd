"""Remember until when hosts ask to be left alone, beyond the visit in which they said so."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.database.tables import PauseRow

#: Nobody is left alone for longer because of one answer.
LONGEST = timedelta(hours=24)


def leave_alone(session: Session, host: str, until: datetime) -> None:
    """Write that *host* is not to be asked before *until*; an earlier moment than was said before changes nothing."""
    row = session.get(PauseRow, host)
    if row is None:
        session.add(PauseRow(host=host, until=until))
    elif row.until < until or row.until > until + LONGEST:
        row.until = until


def until(session: Session, hosts: Iterable[str], now: datetime) -> datetime | None:
    """Return the moment from which on all of *hosts* may be asked again, None if that is now."""
    # What lies further ahead was written by a clock that has been set back.
    query = select(func.max(PauseRow.until)).where(
        PauseRow.host.in_([*hosts]), PauseRow.until > now, PauseRow.until <= now + LONGEST
    )
    return session.scalar(query)

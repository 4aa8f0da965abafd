"""Keep which locator found which field, and the pages that none could read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ForeignKey, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import captures
from storage.database.ledger import fields_of
from storage.database.tables import ArticleRow, Base, CaptureRow, VersionRow, VisitRow
from storage.database.visits import VISIT
from storage.drift import LEAST_READINGS, Counts, UnreadPage
from storage.records import FIELDS, ArticleFields, Capture, listed_date_of

#: A park's habit is what so many visits before the last one showed.
_PAST_VISITS = 30


class LocatorRow(Base):
    """How often one locator found one field in one visit."""

    __tablename__ = "visit_locators"
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    field: Mapped[str] = mapped_column(Text(), primary_key=True)
    locator: Mapped[str] = mapped_column(Text(), primary_key=True)
    readings: Mapped[int]


class EvidenceRow(Base):
    """A page that came in a visit and that no layout could read."""

    __tablename__ = "visit_evidence"
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    capture_id: Mapped[int] = mapped_column(ForeignKey("captures.id"), index=True)
    reason: Mapped[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodCapture:
    """An article as it was last read well."""

    article_id: int
    url: str
    fields: ArticleFields
    captures: tuple[Capture, ...]
    listed_date: str | None = None
    located_by: Mapping[str, str] = field(default_factory=dict)


def note(session: Session, visit: int, located: Counts) -> None:
    """Write which locators won in a visit."""
    session.add_all(
        LocatorRow(visit_id=visit, field=field, locator=locator, readings=readings)
        for (field, locator), readings in located.items()
    )


def keep_evidence(session: Session, park: str, visit: int, pages: Iterable[UnreadPage]) -> None:
    """Write pages that could not be read, with their bytes."""
    for number, page in enumerate(pages, 1):
        capture_id = captures.keep(session, park, page.capture)
        session.add(EvidenceRow(visit_id=visit, number=number, capture_id=capture_id, reason=page.reason))


def habit(session: Session, park: str) -> tuple[Counts, Counts]:
    """Return the locators of a park's last visits, as many as it takes to judge, and those of the visits before."""
    read = (
        select(VisitRow.id, func.sum(LocatorRow.readings))
        .join(LocatorRow, LocatorRow.visit_id == VisitRow.id)
        .where(VisitRow.park == park, VisitRow.kind == VISIT, LocatorRow.field == FIELDS[0])
        .group_by(VisitRow.id)
        .order_by(VisitRow.id.desc())
        .limit(_PAST_VISITS)
    )
    visits = [(visit, readings) for visit, readings in session.execute(read)]
    last, judged = 0, 0
    while last < len(visits) and judged < LEAST_READINGS:
        judged += visits[last][1]
        last += 1
    numbers = [visit for visit, _ in visits]
    return _counts(session, numbers[:last]), _counts(session, numbers[last:])


def _counts(session: Session, visits: Sequence[int]) -> Counts:
    query = (
        select(LocatorRow.field, LocatorRow.locator, func.sum(LocatorRow.readings))
        .where(LocatorRow.visit_id.in_(visits))
        .group_by(LocatorRow.field, LocatorRow.locator)
    )
    return {(field, locator): readings for field, locator, readings in session.execute(query)}


def evidence(session: Session, park: str) -> list[tuple[Capture, str]]:
    """Return the unread pages of the last visit that has any, each with the reason; raises ValueError at damage."""
    last = (
        select(EvidenceRow.visit_id)
        .join(VisitRow, VisitRow.id == EvidenceRow.visit_id)
        .where(VisitRow.park == park)
        .order_by(VisitRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(CaptureRow, EvidenceRow.reason)
        .join(EvidenceRow, EvidenceRow.capture_id == CaptureRow.id)
        .where(EvidenceRow.visit_id == last)
        .order_by(EvidenceRow.number)
    )
    return [(captures.as_capture(session, row), reason) for row, reason in session.execute(query).all()]


def last_good(session: Session, park: str, limit: int) -> list[GoodCapture]:
    """Return the newest articles of a park with the captures that they were read from; raises ValueError at damage."""
    query = (
        select(ArticleRow, VersionRow)
        .join(VersionRow, (VersionRow.article_id == ArticleRow.id) & (VersionRow.number == ArticleRow.version))
        .where(ArticleRow.park == park)
        .order_by(ArticleRow.id.desc())
        .limit(limit)
    )
    return [
        GoodCapture(
            article_id=article.id,
            url=article.url,
            fields=fields_of(version),
            captures=captures.of_version(session, article.id, version.number),
            listed_date=listed_date_of(fields_of(version), version.located_by),
            located_by=version.located_by,
        )
        for article, version in session.execute(query).all()
    ]

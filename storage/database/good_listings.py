"""Keep each listing as it was last read well, so that a rule of ours that breaks is told from a site that changed."""

from datetime import timedelta

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import captures
from storage.database.tables import Base, CaptureRow
from storage.records import Capture

#: A listing changes with every visit and its markup hardly ever, so it is kept so often and no more.
_KEPT_FOR = timedelta(days=7)


class GoodListingRow(Base):
    """The first page of a listing, and the revision of the layout that read it."""

    __tablename__ = "good_listings"
    park: Mapped[str] = mapped_column(Text(), primary_key=True)
    listing: Mapped[str] = mapped_column(Text(), primary_key=True)
    capture_id: Mapped[int] = mapped_column(ForeignKey("captures.id"), index=True)
    revision: Mapped[str] = mapped_column(Text())


def keep(session: Session, park: str, listing: str, page: Capture, *, revision: str) -> None:
    """Keep a listing's first page, unless a week has not gone by since and the same rules read it."""
    row = session.get(GoodListingRow, (park, listing))
    if row is not None and row.revision == revision:
        kept = session.get_one(CaptureRow, row.capture_id)
        if page.captured_at - kept.captured_at < _KEPT_FOR:
            return
    capture_id = captures.keep(session, park, page)
    if row is None:
        session.add(GoodListingRow(park=park, listing=listing, capture_id=capture_id, revision=revision))
    else:
        row.capture_id, row.revision = capture_id, revision


def of_park(session: Session, park: str) -> dict[str, Capture]:
    """Return the kept page of every listing, by the address in the park's file; raises ValueError at damage."""
    query = select(GoodListingRow.listing, CaptureRow).join(CaptureRow, CaptureRow.id == GoodListingRow.capture_id)
    rows = session.execute(query.where(GoodListingRow.park == park).order_by(GoodListingRow.listing)).all()
    return {listing: captures.as_capture(session, row) for listing, row in rows}

"""Hand out versions with the captures they were read from, and write how they read by other rules."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from storage.database import articles, captures
from storage.database.ledger import fields_of
from storage.database.tables import ArticleRow, VersionCaptureRow, VersionRow
from storage.records import ArticleFields, Capture, Restated, listed_date_of


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """A version as it was read, and the captures to read again."""

    id: int
    article_id: int
    park: str
    url: str
    number: int
    is_present: bool
    fields: ArticleFields
    layout: str
    layout_revision: str
    #: None where their bytes do not fit their hash.
    captures: tuple[Capture, ...] | None
    listed_date: str | None = None


def count(session: Session, park: str | None = None) -> tuple[int, int]:
    """Return how many versions a store holds, of one park or of all, and the highest id of any."""
    query = select(func.count(VersionRow.id), func.max(VersionRow.id))
    if park:
        query = query.join(ArticleRow, ArticleRow.id == VersionRow.article_id).where(ArticleRow.park == park)
    number, last = session.execute(query).one()
    return number, last or 0


def stored(session: Session, *, first: int, last: int, park: str | None = None) -> Iterator[StoredVersion]:
    """Yield the versions with ids from *first* to *last*.

    A version that was restated off its own captures is left out: they are those of the one that took its place.
    """
    later, own, theirs = aliased(VersionRow), aliased(VersionCaptureRow), aliased(VersionCaptureRow)
    share = exists().where(
        own.version_id == VersionRow.id, theirs.version_id == later.id, own.capture_id == theirs.capture_id
    )
    query = (
        select(VersionRow, ArticleRow)
        .join(ArticleRow, ArticleRow.id == VersionRow.article_id)
        .join(
            later, (later.article_id == VersionRow.article_id) & (later.number == VersionRow.number + 1), isouter=True
        )
        .where(VersionRow.id.between(first, last), ~(later.is_restated.is_(True) & share))
        .order_by(VersionRow.id)
    )
    for version, article in session.execute(query.where(ArticleRow.park == park) if park else query).all():
        yield StoredVersion(
            id=version.id,
            article_id=article.id,
            park=article.park,
            url=article.url,
            number=version.number,
            is_present=version.number == article.version,
            fields=fields_of(version),
            layout=version.layout,
            layout_revision=version.layout_revision,
            captures=_captures(session, article.id, version.number),
            listed_date=listed_date_of(fields_of(version), version.located_by),
        )


def _captures(session: Session, article_id: int, number: int) -> tuple[Capture, ...] | None:
    try:
        return captures.of_version(session, article_id, number)
    except ValueError:
        return None


def restate(session: Session, article_id: int, number: int, restated: Restated, now: datetime) -> bool:
    """Add a restated version behind version *number*; False if the article has another version by now."""
    row = session.get_one(ArticleRow, article_id)
    if row.version != number:
        return False
    articles.restate(session, row, restated, now)
    return True

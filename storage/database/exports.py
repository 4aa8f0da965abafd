"""Read what people and scripts ask for: articles as a stream, and the versions of one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from storage.database.ledger import fields_of
from storage.database.tables import (
    AddressRow,
    ArticleRow,
    CaptureRow,
    LedgerRow,
    VersionCaptureRow,
    VersionRow,
)
from storage.records import ArticleFields, ArticleState, Origin, listed_date_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleLine:
    """An article with its present version."""

    id: int
    park: str
    url: str
    state: ArticleState
    version: int
    first_seen: datetime
    last_seen: datetime
    fields: ArticleFields


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A version with what it was read from."""

    number: int
    seen_at: datetime
    fields: ArticleFields
    layout: str
    layout_revision: str
    is_restated: bool
    captures: tuple[tuple[str, datetime, str], ...]
    listed_date: str | None = None


def articles(
    session: Session, *, park: str | None = None, since: datetime | None = None, article_id: int | None = None
) -> Iterator[ArticleLine]:
    """Yield articles by park and id; *since*: those seen for the first time, or changed, from then on."""
    query = _with_versions().order_by(ArticleRow.park, ArticleRow.id)
    if park:
        query = query.where(ArticleRow.park == park)
    if since:
        query = query.where(VersionRow.seen_at >= since)
    if article_id is not None:
        query = query.where(ArticleRow.id == article_id)
    for row, version in session.execute(query.execution_options(yield_per=500)):
        yield _article(row, version)


def newest_of_baseline(session: Session, park: str, limit: int, *, since: int) -> list[ArticleLine]:
    """Return the newest articles that stood on a park's site when we first came, and still do as they did.

    Newest by the day of publication; what the ledger has of them behind *since* is told elsewhere.
    """
    told = select(LedgerRow.article_id).where(LedgerRow.park == park, LedgerRow.number > since)
    query = (
        _with_versions()
        .where(
            ArticleRow.park == park,
            ArticleRow.published_at.is_not(None),
            ArticleRow.origin == Origin.BASELINE.value,
            ArticleRow.state == ArticleState.LIVE.value,
            ArticleRow.id.not_in(told),
        )
        .order_by(ArticleRow.published_at.desc())
        .limit(limit)
    )
    return [_article(row, version) for row, version in session.execute(query)]


def published(
    session: Session, park: str, *, since: datetime, until: datetime | None, after_id: int, limit: int
) -> list[ArticleLine]:
    """Return a portion of a park's articles that were published in a span and not removed, in order of their ids.

    An article without a date may have been.
    """
    query = (
        _with_versions()
        .where(
            ArticleRow.park == park,
            ArticleRow.id > after_id,
            ArticleRow.published_at.is_(None) | (ArticleRow.published_at >= since),
            ArticleRow.state != ArticleState.REMOVED.value,
        )
        .order_by(ArticleRow.id)
        .limit(limit)
    )
    if until:
        query = query.where(ArticleRow.published_at.is_(None) | (ArticleRow.published_at < until))
    return [_article(row, version) for row, version in session.execute(query)]


def _with_versions() -> Select[ArticleRow, VersionRow]:
    return select(ArticleRow, VersionRow).join(
        VersionRow, (VersionRow.article_id == ArticleRow.id) & (VersionRow.number == ArticleRow.version)
    )


def _article(row: ArticleRow, version: VersionRow) -> ArticleLine:
    return ArticleLine(
        id=row.id,
        park=row.park,
        url=row.url,
        state=ArticleState(row.state),
        version=row.version,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        fields=fields_of(version),
    )


def article_by_url(session: Session, url: str) -> int | None:
    """Return the id of the article at an address, whatever its scheme and with or without ``www.``."""
    rest = url.partition("://")[2].removeprefix("www.")
    forms = [f"{scheme}://{www}{rest}" for scheme in ("http", "https") for www in ("", "www.")]
    return session.scalars(select(AddressRow.article_id).where(AddressRow.url.in_(forms)).limit(1)).first()


def versions(session: Session, article_id: int) -> list[VersionLine]:
    """Return an article's versions, oldest first, each with the captures it was read from."""
    lines = []
    query = select(VersionRow).where(VersionRow.article_id == article_id).order_by(VersionRow.number)
    for row in session.scalars(query):
        captures = session.execute(
            select(CaptureRow.url, CaptureRow.captured_at, CaptureRow.blob_hash)
            .join(VersionCaptureRow, VersionCaptureRow.capture_id == CaptureRow.id)
            .where(VersionCaptureRow.version_id == row.id)
            .order_by(VersionCaptureRow.page)
        )
        lines.append(
            VersionLine(
                number=row.number,
                seen_at=row.seen_at,
                fields=fields_of(row),
                layout=row.layout,
                layout_revision=row.layout_revision,
                is_restated=row.is_restated,
                captures=tuple((url, at, digest) for url, at, digest in captures),
                listed_date=listed_date_of(fields_of(row), row.located_by),
            )
        )
    return lines


def count_of_baseline(session: Session, park: str) -> int:
    """Return how many articles stood on a park's site when we first came."""
    query = select(func.count()).where(ArticleRow.park == park, ArticleRow.origin == Origin.BASELINE.value)
    return session.scalar(query) or 0


def counts(session: Session, park: str) -> dict[str, int]:
    """Return how many articles of a park are in which state."""
    query = select(ArticleRow.state, func.count()).where(ArticleRow.park == park).group_by(ArticleRow.state)
    return {row[0]: row[1] for row in session.execute(query)}

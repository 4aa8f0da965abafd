"""The tables as rows; every one is private to this folder and leaves it as a record."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.database.columns import PlainText, Texts, UtcDateTime


class Base(DeclarativeBase):
    """Constraints have names, so that a later migration can speak of them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: UtcDateTime(),
        str: PlainText(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


class BlobRow(Base):
    """The bytes of a response, stored once by their SHA-256, compressed with zstd."""

    __tablename__ = "blobs"
    hash: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class CaptureRow(Base):
    """One response as it came."""

    __tablename__ = "captures"
    id: Mapped[int] = mapped_column(primary_key=True)
    park: Mapped[str]
    url: Mapped[str]
    captured_at: Mapped[datetime]
    status: Mapped[int]
    headers: Mapped[list[Any]]
    origin: Mapped[str]
    blob_hash: Mapped[str] = mapped_column(ForeignKey("blobs.hash"), index=True)


class ArticleRow(Base):
    """One news item, whatever addresses it has had, and what is needed to ask for it again."""

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_park_next_check", "park", "next_check_at"),
        Index("ix_articles_park_content", "park", "content_hash"),
        Index("ix_articles_park_headline", "park", "headline"),
        Index("ix_articles_park_published", "park", "published_at"),
        Index("ix_articles_park_id", "park", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    park: Mapped[str]
    state: Mapped[str]
    origin: Mapped[str]
    #: Its present address and the key of it; former ones stand in ``addresses``.
    key: Mapped[str]
    url: Mapped[str]
    headline: Mapped[str]
    version: Mapped[int]
    content_hash: Mapped[str]
    published_at: Mapped[datetime | None]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    next_check_at: Mapped[datetime]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    unconfirmed_checks: Mapped[int] = mapped_column(default=0)
    listed_headline: Mapped[str | None]
    listed_visit: Mapped[int | None]


class AddressRow(Base):
    """An address under which an article was found."""

    __tablename__ = "addresses"
    __table_args__ = (UniqueConstraint("park", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), index=True)
    park: Mapped[str]
    key: Mapped[str]
    url: Mapped[str] = mapped_column(index=True)
    first_seen: Mapped[datetime]


class VersionRow(Base):
    """One state of an article: what was read, and by which layout revision."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("article_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    number: Mapped[int]
    headline: Mapped[str]
    date_published: Mapped[str | None]
    date_published_raw: Mapped[str | None]
    source: Mapped[str | None]
    body: Mapped[list[Any]] = mapped_column(Texts())
    in_language: Mapped[str]
    content_hash: Mapped[str]
    layout: Mapped[str]
    layout_revision: Mapped[str]
    located_by: Mapped[dict[str, Any]]
    seen_at: Mapped[datetime]
    is_restated: Mapped[bool] = mapped_column(default=False, server_default=false())


class VersionCaptureRow(Base):
    """The captures a version was read from, page by page."""

    __tablename__ = "version_captures"
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True)
    capture_id: Mapped[int] = mapped_column(ForeignKey("captures.id"), index=True)


class ChangeCaptureRow(Base):
    """What proves a change that made no version: the page at its new place, or the answer that it is gone."""

    __tablename__ = "change_captures"
    change_number: Mapped[int] = mapped_column(ForeignKey("ledger.number"), primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True)
    capture_id: Mapped[int] = mapped_column(ForeignKey("captures.id"), index=True)


class LedgerRow(Base):
    """One change; the number is gapless and rises in commit order."""

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger_park_number", "park", "number"),)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    park: Mapped[str]
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), index=True)
    url: Mapped[str]
    previous_url: Mapped[str | None]
    headline: Mapped[str]
    version_before: Mapped[int | None]
    version_after: Mapped[int | None]
    changed_fields: Mapped[list[Any]] = mapped_column(Texts())
    seen_after: Mapped[datetime | None]
    seen_at: Mapped[datetime] = mapped_column(index=True)
    visit_id: Mapped[int | None]


class LedgerHeadRow(Base):
    """The last number given; its lock makes numbers gapless and orders them as they commit."""

    __tablename__ = "ledger_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]


class VisitRow(Base):
    """One crawl of one park."""

    __tablename__ = "visits"
    __table_args__ = (
        Index("ix_visits_park_started", "park", "started_at"),
        Index("ix_visits_park_id", "park", "id"),
        Index("ix_visits_park_ended", "park", "ended_at"),
        Index("ix_visits_outcome_park", "outcome", "park"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    park: Mapped[str]
    kind: Mapped[str]
    is_baseline: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime]
    host: Mapped[str]
    pid: Mapped[int]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    listing_pages: Mapped[int] = mapped_column(default=0)
    listing_joined: Mapped[bool] = mapped_column(default=False)
    listing_whole: Mapped[bool] = mapped_column(default=False)
    planned: Mapped[int] = mapped_column(default=0)
    fetched: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    changes: Mapped[int] = mapped_column(default=0)
    #: How often the park was to be visited then; unknown of visits from before that was noted.
    cadence_minutes: Mapped[int | None]


class PauseRow(Base):
    """A host that asks to be left alone for a while."""

    __tablename__ = "pauses"
    host: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class UnreadRow(Base):
    """An article's address that a listing gave and that could not be read yet."""

    __tablename__ = "unread"
    __table_args__ = (UniqueConstraint("park", "key"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    park: Mapped[str]
    key: Mapped[str]
    url: Mapped[str]
    headline: Mapped[str | None]
    date: Mapped[str | None]
    origin: Mapped[str]
    backfill_id: Mapped[int | None] = mapped_column(ForeignKey("backfills.id"), index=True)
    first_listed: Mapped[datetime]
    #: The visit that read the listing around it last, and did not find it there.
    absent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None]
    next_try_at: Mapped[datetime]


class BackfillRow(Base):
    """A run over a park's past, and how far it has come."""

    __tablename__ = "backfills"
    __table_args__ = (Index("ix_backfills_park_span", "park", "since", "until"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    park: Mapped[str]
    since: Mapped[str]
    until: Mapped[str | None]
    #: Listing pages still to be asked for, the next one first: address, number, and what was seen on the way.
    listings: Mapped[list[Any]]
    pages_read: Mapped[int] = mapped_column(default=0)
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ConditionRow(Base):
    """An episode in which a park could not be seen."""

    __tablename__ = "conditions"
    __table_args__ = (Index("ix_conditions_park_ended", "park", "ended_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    park: Mapped[str]
    kind: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    evidence: Mapped[str]

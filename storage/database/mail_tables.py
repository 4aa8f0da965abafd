"""The tables of readers, digests and deliveries; like all rows they are private to this folder."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.tables import Base

#: What a subscription is.
ACTIVE, ENDED = "active", "ended"


class SubscriptionRow(Base):
    """A reader, what she wants, and how far she has read."""

    __tablename__ = "subscriptions"
    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str]
    parks: Mapped[list[Any]]
    words: Mapped[list[Any]]
    cadence: Mapped[str]
    time_zone: Mapped[str]
    status: Mapped[str]
    position: Mapped[int]
    created_at: Mapped[datetime]
    token: Mapped[str] = mapped_column(unique=True)
    #: From when on the first digest covers what was seen; the position was chosen by it.
    covers_since: Mapped[datetime | None]
    #: When the cadence was chosen, if that was later than the beginning.
    scheduled_at: Mapped[datetime | None]


class DigestRow(Base):
    """One numbered edition for one subscription: its interval and its frozen bytes."""

    __tablename__ = "digests"
    __table_args__ = (
        UniqueConstraint("subscription_id", "number"),
        UniqueConstraint("message_id"),
        Index("ix_digests_state_next_try", "state", "next_try_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id"))
    number: Mapped[int]
    #: The interval of the ledger: after ``position_before``, up to and with ``position_after``.
    position_before: Mapped[int]
    position_after: Mapped[int]
    created_at: Mapped[datetime]
    recipient: Mapped[str]
    message_id: Mapped[str]
    message: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str]
    previous_sha256: Mapped[str | None]
    line_count: Mapped[int]
    state: Mapped[str]
    next_try_at: Mapped[datetime | None]


class DigestLineRow(Base):
    """A change in a digest; the primary key is the promise that it is in exactly one."""

    __tablename__ = "digest_lines"
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id"), primary_key=True)
    change_number: Mapped[int] = mapped_column(ForeignKey("ledger.number"), primary_key=True, index=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id"), index=True)


class DeliveryRow(Base):
    """One attempt to hand a digest to a mail server, and what the server said."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("digest_id", "attempt"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    digest_id: Mapped[int] = mapped_column(ForeignKey("digests.id"))
    attempt: Mapped[int]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str]
    code: Mapped[int | None]
    answer: Mapped[str | None]
    #: No mail of anybody could have been handed over: such an attempt says nothing of this one.
    is_our_fault: Mapped[bool] = mapped_column(server_default=false())

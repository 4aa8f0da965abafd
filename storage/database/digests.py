"""Freeze digests and keep account of handing them over."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.database.mail_tables import ACTIVE, DeliveryRow, DigestLineRow, DigestRow, SubscriptionRow

STATES = READY, SENT, REFUSED, CANCELLED = "ready", "sent", "refused", "cancelled"


def last(session: Session, subscription_id: int) -> tuple[int, str | None]:
    """Return the number and the hash of a subscription's newest digest, 0 and None before the first."""
    query = select(DigestRow.number, DigestRow.sha256).where(DigestRow.subscription_id == subscription_id)
    row = session.execute(query.order_by(DigestRow.number.desc()).limit(1)).first()
    return (row.number, row.sha256) if row else (0, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenName:
    """What a frozen mail goes by."""

    subscription: int
    number: int
    message_id: str
    sha256: str
    state: str


def names(session: Session) -> Iterator[FrozenName]:
    """Yield what every frozen mail goes by, in the order in which they were made."""
    query = select(DigestRow.subscription_id, DigestRow.number, DigestRow.message_id, DigestRow.sha256, DigestRow.state)
    for row in session.execute(query.order_by(DigestRow.id).execution_options(yield_per=1000)):
        yield FrozenName(
            subscription=row.subscription_id,
            number=row.number,
            message_id=row.message_id,
            sha256=row.sha256,
            state=row.state,
        )


def known(session: Session, message_ids: Collection[str]) -> set[str]:
    """Return those of *message_ids* that are on record."""
    return {*session.scalars(select(DigestRow.message_id).where(DigestRow.message_id.in_(message_ids)))}


def last_moment(session: Session, subscription_id: int, now: datetime) -> datetime | None:
    """Return when the newest digest was made that a clock has not dated later than *now*, None before the first."""
    query = select(DigestRow.created_at).where(DigestRow.subscription_id == subscription_id)
    newest_first = query.order_by(DigestRow.number.desc()).execution_options(yield_per=20)
    return next((moment for moment in session.scalars(newest_first) if moment <= now), None)


def freeze(
    session: Session,
    *,
    subscription_id: int,
    number: int,
    position_before: int,
    position_after: int,
    changes: Sequence[int],
    recipient: str,
    message_id: str,
    message: bytes,
    now: datetime,
) -> int | None:
    """Write a digest's bytes and move the subscription's position, in the caller's one transaction.

    Returns its id, or None if another process has moved the position meanwhile: then that one made the digest.
    """
    previous_number, previous_sha256 = last(session, subscription_id)
    has_moved = _move(session, subscription_id, position_before, position_after)
    if not has_moved or number != previous_number + 1:
        session.rollback()
        return None
    row = DigestRow(
        subscription_id=subscription_id,
        number=number,
        position_before=position_before,
        position_after=position_after,
        created_at=now,
        recipient=recipient,
        message_id=message_id,
        message=message,
        sha256=hashlib.sha256(message).hexdigest(),
        previous_sha256=previous_sha256,
        line_count=len(changes),
        state=READY,
        next_try_at=now,
    )
    session.add(row)
    session.flush()
    session.add_all(
        DigestLineRow(subscription_id=subscription_id, change_number=change, digest_id=row.id) for change in changes
    )
    return row.id


def _move(session: Session, subscription_id: int, before: int, after: int) -> bool:
    """Move an active subscription's position; False if it does not stand at *before* any more."""
    return (
        session.execute(
            update(SubscriptionRow)
            .where(
                SubscriptionRow.id == subscription_id,
                SubscriptionRow.position == before,
                SubscriptionRow.status == ACTIVE,
            )
            .values(position=after)
            .returning(SubscriptionRow.id)
        ).first()
        is not None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A digest as it was frozen."""

    message_id: str
    sha256: str
    content: bytes


def message_of(session: Session, digest_id: int) -> Message:
    """Return a digest's frozen bytes."""
    query = select(DigestRow.message_id, DigestRow.sha256, DigestRow.message).where(DigestRow.id == digest_id)
    row = session.execute(query).one()
    return Message(message_id=row.message_id, sha256=row.sha256, content=row.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A digest that holds a change, and what became of it."""

    subscription: int
    number: int
    recipient: str
    message_id: str
    sha256: str
    state: str
    sent_at: datetime | None
    answer: str | None


def appearances(session: Session, change: int) -> Iterator[Appearance]:
    """Yield the digests that hold a change, one for every reader whom it concerns."""
    query = (
        select(DigestRow, DeliveryRow)
        .join(DigestLineRow, DigestLineRow.digest_id == DigestRow.id)
        .outerjoin(DeliveryRow, (DeliveryRow.digest_id == DigestRow.id) & (DeliveryRow.outcome == SENT))
        .where(DigestLineRow.change_number == change)
        .order_by(DigestRow.id)
    )
    for row, delivery in session.execute(query):
        yield Appearance(
            subscription=row.subscription_id,
            number=row.number,
            recipient=row.recipient,
            message_id=row.message_id,
            sha256=row.sha256,
            state=row.state,
            sent_at=delivery.ended_at if delivery else None,
            answer=delivery.answer if delivery else None,
        )

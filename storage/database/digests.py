"""Freeze digests and keep account of handing them over."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.database.mail_tables import DeliveryRow, DigestLineRow, DigestRow, SubscriptionRow
from storage.database.subscriptions import ACTIVE

READY, SENT, REFUSED, CANCELLED = "ready", "sent", "refused", "cancelled"
#: Pauses between attempts (RFC 5321, section 4.5.4.1, asks for half an hour and more once a server has said no).
_PAUSES = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=3))
_GIVE_UP_AFTER = timedelta(days=5)
#: So long an attempt belongs to who began it; a process that dies leaves it to the next after that time.
LEASE = timedelta(minutes=20)
#: What is left of it must last for the ten minutes in which a server may answer (RFC 5321, section 4.5.3.2.6).
_TIME_TO_SEND = LEASE - timedelta(minutes=11)
#: A digest that waits longer for its first attempt waits for somebody who is not there.
_SOON = timedelta(hours=1)
#: Pauses are never so long: what lies further apart is a machine that slept or a clock that leapt.
_LONGEST_GAP = 2 * _PAUSES[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A frozen digest that is to be handed to a mail server; its bytes are fetched when its turn comes."""

    id: int
    number: int
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """A digest as it is listed."""

    id: int
    number: int
    state: str
    recipient: str


def last(session: Session, subscription_id: int) -> tuple[int, str | None]:
    """Return the number and the hash of a subscription's newest digest, 0 and None before the first."""
    query = select(DigestRow.number, DigestRow.sha256).where(DigestRow.subscription_id == subscription_id)
    row = session.execute(query.order_by(DigestRow.number.desc()).limit(1)).first()
    return (row.number, row.sha256) if row else (0, None)


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


def waiting(session: Session, *, now: datetime | None, subscription_id: int | None = None) -> list[Waiting]:
    """Return the digests to be handed over, oldest first: those due at *now*, or all of them if it is None."""
    query = select(DigestRow.id, DigestRow.number, DigestRow.recipient).where(DigestRow.state == READY)
    if now is not None:
        # No pause is so long: a clock that was set back has put the next try far ahead.
        query = query.where((DigestRow.next_try_at <= now) | (DigestRow.next_try_at > now + _LONGEST_GAP))
    if subscription_id is not None:
        query = query.where(DigestRow.subscription_id == subscription_id)
    return [
        Waiting(id=row.id, number=row.number, recipient=row.recipient)
        for row in session.execute(query.order_by(DigestRow.id))
    ]


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


def begin_delivery(session: Session, digest_id: int, now: datetime, *, at_once: bool = False) -> int | None:
    """Note the intent to hand a digest over, before the server hears of it; None if another process is at it.

    *at_once* does not wait for the next try that is due, but never overtakes an attempt that has not ended.
    A delivery that ends here, because the process dies, stands as unknown: the server may have the mail.
    """
    row = session.get_one(DigestRow, digest_id)
    if row.state != READY:
        return None
    last = _last_delivery(session, digest_id)
    waits = row.next_try_at is not None and now < row.next_try_at <= now + _LONGEST_GAP
    if waits and (not at_once or (last is not None and last.ended_at is None)):
        return None
    if session.get_one(SubscriptionRow, row.subscription_id).status != ACTIVE:
        row.state, row.next_try_at = CANCELLED, None  # she said goodbye between the making and the sending
        return None
    attempts = last.attempt if last else 0
    row.next_try_at = now + max(LEASE, _pause(attempts))
    delivery = DeliveryRow(digest_id=digest_id, attempt=attempts + 1, started_at=now, outcome="unknown")
    session.add(delivery)
    session.flush()
    return delivery.id


def may_go_on(session: Session, delivery_id: int, now: datetime) -> bool:
    """Say whether an attempt still belongs to who began it, and will until the server has answered.

    Whoever was stopped for a while, or waited long for a slow server, must not send what another has in hand by now.
    """
    delivery = session.get_one(DeliveryRow, delivery_id)
    row = session.get_one(DigestRow, delivery.digest_id)
    newest = _last_delivery(session, row.id)
    is_newest = newest is not None and newest.id == delivery_id and delivery.ended_at is None
    return row.state == READY and is_newest and delivery.started_at <= now <= delivery.started_at + _TIME_TO_SEND


def end_delivery(
    session: Session,
    delivery_id: int,
    *,
    outcome: str,
    code: int | None,
    answer: str,
    is_our_fault: bool,
    now: datetime,
) -> None:
    """Write what the server said: sent, refused for good, deferred, or unknown.

    A mail that no server takes in five days is given up (RFC 5321, section 4.5.4.1), but not for trouble that is
    *our fault* and would have met any mail: a wrong password is mended in its own time, and then everything goes out.
    The days of such trouble do not count either.
    """
    delivery = session.get_one(DeliveryRow, delivery_id)
    delivery.ended_at, delivery.outcome, delivery.code, delivery.answer = now, outcome, code, answer[:500]
    delivery.is_our_fault = is_our_fault
    row = session.get_one(DigestRow, delivery.digest_id)
    if outcome == "sent":
        row.state, row.next_try_at = SENT, None
    elif row.state != READY or _last_delivery(session, row.id) is not delivery:
        return  # another attempt has begun since, and its word counts
    elif outcome == "refused" or (not is_our_fault and _is_given_up(session, row.id)):
        row.state, row.next_try_at = REFUSED, None
    else:
        row.next_try_at = now + _pause(delivery.attempt - 1)


def _is_given_up(session: Session, digest_id: int) -> bool:
    """Say whether servers have been saying no to this very mail for five days, all outages left out."""
    session.flush()
    query = select(DeliveryRow.started_at, DeliveryRow.is_our_fault)
    query = query.where(DeliveryRow.digest_id == digest_id, DeliveryRow.ended_at.is_not(None))
    attempts = session.execute(query.order_by(DeliveryRow.attempt)).all()
    refused = timedelta(0)
    for earlier, later in pairwise(attempts):
        if not (earlier.is_our_fault or later.is_our_fault):
            refused += min(max(later.started_at - earlier.started_at, timedelta(0)), _LONGEST_GAP)
    return refused > _GIVE_UP_AFTER


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


def undelivered(session: Session, *, now: datetime, refused_since: datetime) -> list[tuple[DigestLine, str | None]]:
    """Return the digests that no server is known to have taken, of refused ones the later ones.

    Beside each stands what is wrong with it, None for one whose turn has only just come.
    """
    query = (
        select(DigestRow.id, DigestRow.number, DigestRow.state, DigestRow.recipient, DigestRow.created_at)
        .where((DigestRow.state == READY) | ((DigestRow.state == REFUSED) & (DigestRow.created_at >= refused_since)))
        .order_by(DigestRow.id)
    )
    found = []
    for row in session.execute(query).all():
        last = _last_delivery(session, row.id)
        if last is None:
            wrong = (
                "not handed over since it was made: is 'parkwatch run' at work?"
                if now - row.created_at > _SOON
                else None
            )
        elif last.ended_at is None:
            wrong = "unknown, the server may have it: an attempt has begun and not ended"
        else:
            wrong = last.answer
        found.append((DigestLine(id=row.id, number=row.number, state=row.state, recipient=row.recipient), wrong))
    return found


def _last_delivery(session: Session, digest_id: int) -> DeliveryRow | None:
    query = select(DeliveryRow).where(DeliveryRow.digest_id == digest_id).order_by(DeliveryRow.attempt.desc())
    return session.scalars(query.limit(1)).first()


def _pause(attempts: int) -> timedelta:
    return _PAUSES[min(attempts, len(_PAUSES) - 1)]

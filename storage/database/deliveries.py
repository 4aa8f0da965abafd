"""Keep account of handing digests over: every attempt is on record before a server hears of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from storage.database.digests import CANCELLED, READY, REFUSED, SENT
from storage.database.mail_tables import ACTIVE, DeliveryRow, DigestRow, SubscriptionRow

#: Pauses between attempts (RFC 5321, section 4.5.4.1, asks for half an hour and more once a server has said no).
_PAUSES = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=3))
_GIVE_UP_AFTER = timedelta(days=5)
#: So long an attempt belongs to who began it; a process that dies leaves it to the next after that time.
LEASE = timedelta(minutes=20)
#: What is left of it must last for the ten minutes in which a server may answer (RFC 5321, section 4.5.3.2.6).
_TIME_TO_ANSWER = timedelta(minutes=11)
#: A digest that waits longer for its first attempt waits for somebody who is not there.
_SOON = timedelta(hours=1)
#: Pauses are never so long: what lies further apart is a machine that slept or a clock that leapt.
_LONGEST_GAP = 2 * _PAUSES[-1]


#: Digests of a reader among which an earlier mishap is looked for.
_LOOKED_BACK = 200
#: What stands on record in an attempt's place where a person has asked for another.
AGAIN = "again"
_UNKNOWN = "unknown"
_MAY_HAVE_IT = "unknown, the server may have it"


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


def begin(session: Session, digest_id: int, now: datetime, *, at_once: bool = False) -> int | None:
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
    delivery = DeliveryRow(digest_id=digest_id, attempt=attempts + 1, started_at=now, outcome=_UNKNOWN)
    session.add(delivery)
    session.flush()
    return delivery.id


def may_go_on(session: Session, delivery_id: int, now: datetime) -> bool:
    """Say whether an attempt still belongs to who began it, and will until the server has answered.

    Whoever was stopped for a while, or waited long for a slow server, must not send what another has in hand by now.
    """
    left = time_left(session, delivery_id, now)
    return left is not None and left >= timedelta(0)


def time_left(session: Session, delivery_id: int, now: datetime) -> timedelta | None:
    """Return how long an attempt may still take until the dot, None if it belongs to nobody any more."""
    delivery = session.get_one(DeliveryRow, delivery_id)
    row = session.get_one(DigestRow, delivery.digest_id)
    newest = _last_delivery(session, row.id)
    is_newest = newest is not None and newest.id == delivery_id and delivery.ended_at is None
    until = delivery.started_at + LEASE if row.next_try_at is None else row.next_try_at
    is_ours = row.state == READY and is_newest and delivery.started_at <= now
    return until - _TIME_TO_ANSWER - now if is_ours else None


def renew(session: Session, delivery_id: int, now: datetime) -> bool:
    """Give an attempt that is under way its whole time once more, and say whether it may go on."""
    if not may_go_on(session, delivery_id, now):
        return False
    row = session.get_one(DigestRow, session.get_one(DeliveryRow, delivery_id).digest_id)
    row.next_try_at = max(row.next_try_at or now, now + LEASE)
    return True


def end(
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
    query = select(DeliveryRow.started_at, DeliveryRow.is_our_fault, DeliveryRow.outcome)
    query = query.where(DeliveryRow.digest_id == digest_id, DeliveryRow.ended_at.is_not(None))
    attempts = session.execute(query.order_by(DeliveryRow.attempt)).all()
    refused = timedelta(0)
    for earlier, later in pairwise(attempts):
        if later.outcome == AGAIN:
            refused = timedelta(0)
        elif not (earlier.is_our_fault or later.is_our_fault):
            refused += min(max(later.started_at - earlier.started_at, timedelta(0)), _LONGEST_GAP)
    return refused > _GIVE_UP_AFTER


def again(session: Session, subscription_id: int, now: datetime) -> int:
    """Let a reader's refused digests be handed over once more, the bytes that were frozen; return how many."""
    query = select(DigestRow).where(DigestRow.subscription_id == subscription_id, DigestRow.state == REFUSED)
    rows = session.scalars(query.order_by(DigestRow.number)).all()
    for row in rows:
        last = _last_delivery(session, row.id)
        row.state, row.next_try_at = READY, now
        session.add(
            DeliveryRow(
                digest_id=row.id,
                attempt=last.attempt + 1 if last else 1,
                started_at=now,
                ended_at=now,
                outcome=AGAIN,
                answer="asked for by hand",
                is_our_fault=True,
            )
        )
    return len(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """What became of an earlier digest, for the reader to know: refused, or perhaps taken more than once."""

    number: int
    made_at: datetime
    changes: int
    #: None for one that was taken in the end, and may have been taken before.
    refused_with: str | None


def mishaps(session: Session, subscription_id: int, since: datetime, now: datetime) -> list[Mishap]:
    """Return the refused digests of which none has told that arrived, and those sent after an unclear attempt.

    The latter between *since*, when the digest before was made, and *now*.
    """
    newest_first = (
        select(DigestRow.number, DigestRow.created_at)
        .where(DigestRow.subscription_id == subscription_id)
        .order_by(DigestRow.number.desc())
        .limit(1)
    )
    newest = session.execute(newest_first).first()
    arrived = session.execute(newest_first.where(DigestRow.state == SENT)).first()
    query = (
        select(DigestRow.id, DigestRow.number, DigestRow.created_at, DigestRow.line_count, DigestRow.state)
        .where(
            DigestRow.subscription_id == subscription_id,
            DigestRow.number > (newest.number if newest else 0) - _LOOKED_BACK,
        )
        .order_by(DigestRow.number)
    )
    found = []
    for row in session.execute(query.where(DigestRow.state == REFUSED)).all():
        last = _last_delivery(session, row.id)
        refused_at = (last.ended_at if last else None) or row.created_at
        if arrived is None or arrived.created_at <= refused_at:
            answer = (last.answer if last else None) or "no reason given"
            found.append(_mishap(row, refused_with=answer))
    # What the journal has settled was taken once, which it knows of before any answer is stored: it has no code.
    taken, unclear = aliased(DeliveryRow), aliased(DeliveryRow)
    doubled = (
        query.join(taken, (taken.digest_id == DigestRow.id) & (taken.outcome == SENT) & taken.code.is_not(None))
        .join(unclear, (unclear.digest_id == DigestRow.id) & (unclear.outcome == _UNKNOWN))
        .where(taken.ended_at > since, taken.ended_at <= now)
        .distinct()
    )
    return found + [_mishap(row, refused_with=None) for row in session.execute(doubled).all()]


def _mishap(row: Any, *, refused_with: str | None) -> Mishap:
    return Mishap(number=row.number, made_at=row.created_at, changes=row.line_count, refused_with=refused_with)


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
            wrong = f"{_MAY_HAVE_IT}: an attempt has begun and not ended"
        elif last.outcome == _UNKNOWN:
            wrong = f"{_MAY_HAVE_IT}: {last.answer}"
        else:
            wrong = last.answer
        found.append((DigestLine(id=row.id, number=row.number, state=row.state, recipient=row.recipient), wrong))
    return found


def _last_delivery(session: Session, digest_id: int) -> DeliveryRow | None:
    query = select(DeliveryRow).where(DeliveryRow.digest_id == digest_id).order_by(DeliveryRow.attempt.desc())
    return session.scalars(query.limit(1)).first()


def _pause(attempts: int) -> timedelta:
    return _PAUSES[min(attempts, len(_PAUSES) - 1)]

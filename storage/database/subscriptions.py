"""Keep subscriptions: who reads what, how often, and how far she has read."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.cadence import is_due, next_slot, parse_cadence, pause_after
from storage.database.digests import REFUSED
from storage.database.mail_tables import ACTIVE, ENDED, DigestRow, SubscriptionRow
from storage.database.tables import LedgerRow

#: Digests of a reader that are looked at for refusals in a row.
_LOOKED_BACK = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A reader, as the jobs need her: no parks means all of them, no words means every change."""

    id: int
    address: str
    parks: tuple[str, ...]
    words: tuple[str, ...]
    cadence: str
    time_zone: str
    status: str
    position: int
    created_at: datetime
    token: str
    covers_since: datetime
    scheduled_at: datetime
    last_digest_at: datetime | None = None
    digests: int = 0
    #: How many of her newest digests servers have refused for good, one after the other.
    refusals: int = 0

    @property
    def is_active(self) -> bool:
        """Whether digests are made for it."""
        return self.status == ACTIVE

    @property
    def waits_since(self) -> datetime:
        """From when on its next slot counts: since the last digest, or since its cadence was chosen."""
        return max(self.last_digest_at or self.scheduled_at, self.scheduled_at)

    def paused_until(self, now: datetime) -> datetime | None:
        """Until when no digest is made, since too many in a row were refused; None if that is not so.

        Her position stays, so the next one holds whatever comes meanwhile.
        """
        if self.last_digest_at is None or self.last_digest_at > now:
            return None
        until = self.last_digest_at + pause_after(self.refusals, parse_cadence(self.cadence))
        return until if now < until else None

    def is_due(self, now: datetime) -> bool:
        """Whether a digest is to be made (:func:`storage.cadence.is_due`)."""
        return self.paused_until(now) is None and is_due(
            parse_cadence(self.cadence),
            self.time_zone,
            last_digest=self.last_digest_at,
            scheduled=self.scheduled_at,
            now=now,
        )

    def next_digest(self, now: datetime) -> datetime:
        """Return when the next digest comes, if none is due at once."""
        paused = self.paused_until(now)
        return next_slot(parse_cadence(self.cadence), self.time_zone, now) if paused is None else paused

    def is_named_by(self, reference: str) -> bool:
        """Whether a person who writes this means it: its number, its token, or the reader's address in any case."""
        return reference in (str(self.id), self.token) or reference.casefold() == self.address.casefold()


def subscribe(
    session: Session,
    *,
    address: str,
    parks: tuple[str, ...],
    words: tuple[str, ...],
    cadence: str,
    time_zone: str,
    now: datetime,
    covers_since: datetime,
) -> Subscription:
    """Add a subscription whose first digest reaches back to *covers_since*."""
    position = session.scalar(select(func.max(LedgerRow.number)).where(LedgerRow.seen_at < covers_since)) or 0
    row = SubscriptionRow(
        address=address,
        parks=list(parks),
        words=list(words),
        cadence=cadence,
        time_zone=time_zone,
        status=ACTIVE,
        position=position,
        created_at=now,
        token=secrets.token_urlsafe(24),
        covers_since=covers_since,
    )
    session.add(row)
    session.flush()
    return _record(session, row)


def subscriptions(session: Session, *, only_active: bool = False) -> list[Subscription]:
    """Return all subscriptions in the order in which they were made."""
    query = select(SubscriptionRow).order_by(SubscriptionRow.id)
    if only_active:
        query = query.where(SubscriptionRow.status == ACTIVE)
    found = [_record(session, row) for row in session.scalars(query)]
    active = [reader for reader in found if reader.is_active]
    if len(active) > 1 and all(reader.refusals for reader in active):
        # Where nobody's mail is taken it is no mailbox that refuses, and nobody is left alone for it.
        return [replace(reader, refusals=0) for reader in found]
    return found


def get(session: Session, subscription_id: int) -> Subscription:
    """Return one subscription as it stands; raises NoResultFound."""
    return _record(session, session.get_one(SubscriptionRow, subscription_id))


def reschedule(session: Session, subscription_id: int, *, cadence: str, time_zone: str, now: datetime) -> Subscription:
    """Change when a subscription's digests come; the next one begins where the last one ended all the same."""
    row = session.get_one(SubscriptionRow, subscription_id)
    row.covers_since = row.covers_since or _usual_beginning(row)
    row.cadence, row.time_zone, row.scheduled_at = cadence, time_zone, now
    session.flush()
    return _record(session, row)


def unsubscribe(session: Session, subscription_id: int) -> None:
    """End a subscription; what was sent to it stays on record."""
    session.get_one(SubscriptionRow, subscription_id).status = ENDED


def unsubscribe_by_token(session: Session, token: str) -> bool:
    """End the subscription whose mails carry the token; False if there is none."""
    row = session.scalars(select(SubscriptionRow).where(SubscriptionRow.token == token)).first()
    if row is None:
        return False
    row.status = ENDED
    return True


def _usual_beginning(row: SubscriptionRow) -> datetime:
    """Return from when on the first digest covers, for one that was subscribed before that was noted."""
    return row.created_at - parse_cadence(row.cadence).period


def _record(session: Session, row: SubscriptionRow) -> Subscription:
    # The newest by number: a clock that was set back has made it older than the one before.
    query = select(DigestRow.created_at, DigestRow.number, DigestRow.state).where(DigestRow.subscription_id == row.id)
    newest = session.execute(query.order_by(DigestRow.number.desc()).limit(_LOOKED_BACK)).all()
    return Subscription(
        id=row.id,
        address=row.address,
        parks=tuple(row.parks),
        words=tuple(row.words),
        cadence=row.cadence,
        time_zone=row.time_zone,
        status=row.status,
        position=row.position,
        created_at=row.created_at,
        token=row.token,
        covers_since=row.covers_since or _usual_beginning(row),
        scheduled_at=row.scheduled_at or row.created_at,
        last_digest_at=newest[0].created_at if newest else None,
        digests=newest[0].number if newest else 0,
        refusals=sum(1 for _ in takewhile(lambda digest: digest.state == REFUSED, newest)),
    )

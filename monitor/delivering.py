"""Hand frozen digests over: the bytes are never made again, and every attempt is on record before it begins."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

import structlog

from monitor.settings import Settings, SettingsError
from reports.mailer import Delivery, Outcome, SmtpMailer
from reports.signing import Signer
from storage.crash import crash_point
from storage.database import Store, deliveries, digests, ledger
from storage.database.deliveries import Waiting
from storage.journal import SentJournal
from storage.told import ToldNotes

log = structlog.get_logger()

#: Between attempts to write down what a server said.
_PAUSES_S = (0.2, 1.0)
#: An attempt that has no more time left is given its whole time once more.
_LITTLE_TIME = timedelta(minutes=6)
Sent = tuple[Waiting, Delivery]


def send_waiting(
    store: Store, mailer: SmtpMailer, clock: Callable[[], datetime], may_send: Callable[[], bool] = lambda: True
) -> list[Sent]:
    """Hand over the frozen digests that are due; a server in trouble ends the round and charges nobody else.

    *may_send* is asked before each, and before its text goes out: whoever is no longer the one scheduler sends nothing
    more.
    """
    with store.reading() as session:
        waiting = deliveries.waiting(session, now=clock())
    return _hand_over(store, mailer, clock, waiting, at_once=False, may_send=may_send)


def send_at_once(store: Store, mailer: SmtpMailer, clock: Callable[[], datetime], subscription_id: int) -> list[Sent]:
    """Hand over all that waits for one reader, the oldest first, whether its next try is due or not.

    What another process has in hand at this moment is left to it.
    """
    with store.reading() as session:
        waiting = deliveries.waiting(session, now=None, subscription_id=subscription_id)
    return _hand_over(store, mailer, clock, waiting, at_once=True)


def _hand_over(
    store: Store,
    mailer: SmtpMailer,
    clock: Callable[[], datetime],
    waiting: list[Waiting],
    *,
    at_once: bool,
    may_send: Callable[[], bool] = lambda: True,
) -> list[Sent]:
    results: list[Sent] = []
    journal = journal_of(store)
    journal.prepare()
    for letter in waiting:
        if not may_send():
            break
        with store.writing("delivery_begun") as session:
            delivery_id = deliveries.begin(session, letter.id, clock(), at_once=at_once)
        if delivery_id is None:
            continue
        with store.reading() as session:
            message = digests.message_of(session, letter.id)
        if journal.holds(message.message_id, message.sha256):
            delivery = Delivery(outcome=Outcome.SENT, code=None, answer="taken before, as the journal says")
        else:
            # Asked again once the server waits for the mail: the lock may have gone meanwhile.
            may_go_on = partial(_is_ours, store, delivery_id, clock, may_send)
            delivery = mailer.send(letter.recipient, message.content, may_go_on)
            if delivery.outcome is Outcome.SENT:
                journal.note(message.message_id, message.sha256)
                crash_point("journal_written")
        _write_down(store, delivery_id, delivery, clock())
        if delivery.outcome is Outcome.SENT:
            _note_what_was_told(store, letter.id, message.message_id)
        results.append((letter, delivery))
        if delivery.is_our_fault and delivery.outcome is Outcome.DEFERRED:
            break
    return results


def _is_ours(store: Store, delivery_id: int, clock: Callable[[], datetime], may_send: Callable[[], bool]) -> bool:
    try:
        if not may_send():
            return False
        now = clock()
        with store.reading() as session:
            left = deliveries.time_left(session, delivery_id, now)
        if left is not None and timedelta(0) <= left < _LITTLE_TIME:
            # A server that reads slowly gets the whole of a large mail, as long as we are there to send it.
            with store.writing() as session:
                return deliveries.renew(session, delivery_id, now)
        return left is not None and left >= _LITTLE_TIME
    except Exception as error:  # whichever way a database goes away
        log.warning("the store could not be asked whether a mail may go out, so it waits", why=f"{error!r}")
        return False


def _write_down(store: Store, delivery_id: int, delivery: Delivery, now: datetime) -> None:
    """Write what the server said; a database that has just restarted is asked again, since a copy would go out else."""
    for pause in (*_PAUSES_S, None):
        try:
            with store.writing("delivery_ended") as session:
                deliveries.end(
                    session,
                    delivery_id,
                    outcome=delivery.outcome.value,
                    code=delivery.code,
                    answer=delivery.answer,
                    is_our_fault=delivery.is_our_fault,
                    now=now,
                )
            return
        except Exception:  # whichever way a database goes away; the last try says which
            if pause is None:
                raise
            time.sleep(pause)


def _note_what_was_told(store: Store, digest_id: int, message_id: str) -> None:
    try:
        with store.reading() as session:
            told_notes_of(store).note(message_id, ledger.entries(session, digest_id=digest_id))
    except Exception as error:  # the mail is out and that is on record; a note that matters if the store is lost is not
        log.warning("what a mail has told could not be noted beside the store", mail=message_id, why=f"{error!r}")


def journal_of(store: Store) -> SentJournal:
    """Return the journal beside a store's file, or in this folder for a store on a server."""
    return SentJournal(_beside(store, "sent"))


def told_notes_of(store: Store) -> ToldNotes:
    """Return the notes of what mails have told, which stand where the journal does."""
    return ToldNotes(_beside(store, "told"))


def _beside(store: Store, name: str) -> Path:
    if store.path:
        return store.path.with_name(f"{store.path.name}.{name}")
    # Another store's mails have other Message-IDs, but its lines would push these out.
    return Path(f"parkwatch-{sha256(store.url.encode()).hexdigest()[:8]}.{name}")


def mailer_of(settings: Settings) -> SmtpMailer:
    """Return the mailer that the settings describe."""
    mail = settings.mail
    return SmtpMailer(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        user=mail.user,
        password_file=mail.password_file,
        sender=mail.sender,
        timeout=mail.timeout,
        tls_verify=mail.tls_verify,
    )


def signer_of(settings: Settings) -> Signer | None:
    """Return who signs the mails, None if nobody is to."""
    mail = settings.mail
    if mail.dkim_key_file is None:
        return None
    return Signer(key_file=mail.dkim_key_file, selector=mail.dkim_selector, domain=mail.sender.partition("@")[2])


def checked_mailer_of(settings: Settings) -> SmtpMailer:
    """Return the mailer; raises SettingsError while a person is there to hear that it could never log in or sign."""
    mailer, signer = mailer_of(settings), signer_of(settings)
    trouble = mailer.trouble() or (signer.trouble() if signer else None)
    if trouble:
        raise SettingsError(trouble)
    return mailer

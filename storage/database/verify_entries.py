"""Prove that every entry of the ledger says what its versions say, and every digest what its mail says."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database import ledger
from storage.database.mail_tables import DigestRow
from storage.database.tables import ArticleRow, LedgerRow, VersionRow
from storage.decisions import changed_fields, kind_of_change
from storage.records import ChangeKind, LedgerEntry

#: As far as a clock is set back.
_CLOCK_SET_BACK = timedelta(days=1)
_FIRST = (ChangeKind.NEW, ChangeKind.RECOVERED)
_OTHER_TEXT = (ChangeKind.EDITED, ChangeKind.RETITLED, ChangeKind.REDATED)


def entries_fit_versions(session: Session) -> Iterator[str]:
    """Yield the entries whose kind, headline or window is not that of the versions they name."""
    for entry in ledger.entries(session):
        yield from (f"ledger: entry {entry.number}, {entry.kind}, {wrong}" for wrong in _wrong_in(entry))
    query = (
        select(LedgerRow.number, LedgerRow.kind)
        .join(
            VersionRow,
            (VersionRow.article_id == LedgerRow.article_id) & (VersionRow.number == LedgerRow.version_after),
        )
        .where(LedgerRow.kind.in_([*_FIRST, *_OTHER_TEXT]), LedgerRow.seen_at != VersionRow.seen_at)
    )
    for number, kind in session.execute(query):
        yield f"ledger: entry {number}, {kind}, was seen at another moment than its version"
    # That an article is not listed any more is told by readings of the listing, not of the article.
    told = (*_OTHER_TEXT, ChangeKind.REMOVED)
    earlier = (
        select(LedgerRow.number, LedgerRow.kind)
        .join(
            VersionRow,
            (VersionRow.article_id == LedgerRow.article_id) & (VersionRow.number == LedgerRow.version_before),
        )
        .where(LedgerRow.kind.in_(told))
        .add_columns(LedgerRow.seen_after, VersionRow.seen_at, VersionRow.is_restated, ArticleRow.first_seen)
        .join(ArticleRow, ArticleRow.id == LedgerRow.article_id)
    )
    for number, kind, after, seen, is_restated, first in session.execute(earlier.execution_options(yield_per=500)):
        # A clock set right by less than a day makes nobody a forger; when we read anew says nothing of the site.
        if after is not None and after > (first if is_restated else seen) - _CLOCK_SET_BACK:
            continue
        yield f"ledger: entry {number}, {kind}, has a window that begins before what it changed was seen"


def _wrong_in(entry: LedgerEntry) -> Iterator[str]:
    if entry.seen_after is not None and entry.seen_after > entry.seen_at:
        yield "has a window that ends before it begins"
    if entry.kind in _FIRST and entry.before is not None:
        yield f"has a version before it, {entry.before}"
    if entry.fields_after is not None and entry.headline != entry.fields_after.headline:
        yield f"has another headline than its version {entry.after}"
    if entry.kind not in _OTHER_TEXT:
        return
    if entry.fields_before is None or entry.fields_after is None:
        yield "names a version that is missing"
        return
    names = changed_fields(entry.fields_before, entry.fields_after)
    if kind_of_change(names) is not entry.kind or names != entry.changed_fields:
        yield f"is no change of what its versions {entry.before} and {entry.after} differ in"


def mails_fit_digests(session: Session) -> Iterator[str]:
    """Yield the digests whose frozen mail goes by another name, or to another reader, or behind another mail."""
    query = select(DigestRow).order_by(DigestRow.id).execution_options(yield_per=20)
    for row in session.scalars(query):
        if not isinstance(row.message, bytes):
            continue  # told where digests are looked through
        mail = message_from_bytes(row.message, policy=SMTP)
        if (mail["Message-ID"], str(mail["To"])) != (row.message_id, row.recipient):
            yield (
                f"subscription {row.subscription_id}: the mail of digest {row.number} is not its own:"
                f" it is {mail['Message-ID']} to {mail['To']}"
            )
        elif row.previous_sha256 and row.previous_sha256 not in _text_of(mail):
            yield (
                f"subscription {row.subscription_id}: the mail of digest {row.number} does not name the digest before "
                "it by the hash on record"
            )
        session.expunge(row)


def _text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return "".join(part.get_content().split()) if part is not None else ""

"""Prove the promises from the store alone: every broken one is a sentence that names the entry."""

import hashlib
from collections.abc import Callable, Iterator

from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, aliased

from storage.database import captures, ledger
from storage.database.digests import SENT
from storage.database.engine import in_words
from storage.database.ledger import fields_of
from storage.database.mail_tables import DeliveryRow, DigestLineRow, DigestRow, SubscriptionRow
from storage.database.tables import (
    ArticleRow,
    BlobRow,
    CaptureRow,
    ChangeCaptureRow,
    LedgerRow,
    VersionCaptureRow,
    VersionRow,
)
from storage.database.verify_entries import entries_fit_versions, mails_fit_digests
from storage.database.verify_rows import (
    articles_have_addresses,
    articles_stand_as_told,
    digests_stand_as_delivered,
    entries_fit_articles,
    rows_without_parent,
    unreadable_rows,
)
from storage.decisions import content_hash
from storage.matching import matches
from storage.records import ChangeKind, Origin

Check = Callable[[Session], Iterator[str]]
#: Kinds of change that rest on an answer alone, unless they come together with a new version.
_WITH_ANSWER = (
    ChangeKind.REMOVED.value,
    ChangeKind.MOVED.value,
    ChangeKind.RESTORED.value,
    ChangeKind.UNLISTED.value,
)
#: Kinds of change that come with a version of their own.
_WITH_VERSION = (
    ChangeKind.NEW.value,
    ChangeKind.RECOVERED.value,
    ChangeKind.EDITED.value,
    ChangeKind.RETITLED.value,
    ChangeKind.REDATED.value,
)


def problems(session: Session, **further: Check) -> Iterator[str]:
    """Yield what is broken, streaming the store; nothing for a store that keeps its promises.

    *further* checks look beyond the store, each under the name of what it looks at.
    """
    for name, check in ({each.__name__: each for each in _CHECKS} | further).items():
        try:
            yield from check(session)
        except Exception as error:  # damage may take any form, and must not hide what the other checks find
            # A server that does not answer says nothing of what it holds; SQLite calls bytes it cannot read the same.
            if isinstance(error, OperationalError) and session.get_bind().dialect.name != "sqlite":
                raise
            yield f"{name.strip('_').replace('_', ' ')}: not looked at to the end: {in_words(error)}"


def _database(session: Session) -> Iterator[str]:
    if session.get_bind().dialect.name == "sqlite":
        for (line,) in session.execute(text("PRAGMA quick_check")):
            if line != "ok":
                yield f"the database file is damaged: {line}; restore it from a backup"


def _ledger_has_no_gap(session: Session) -> Iterator[str]:
    expected = 1
    for number in session.scalars(
        select(LedgerRow.number).order_by(LedgerRow.number).execution_options(yield_per=5000)
    ):
        while expected < number:
            yield f"ledger: entry {expected} is missing"
            expected += 1
        expected = number + 1
    for number in range(expected, ledger.head(session) + 1):
        yield f"ledger: entry {number} is missing"


def _versions_have_changes(session: Session) -> Iterator[str]:
    query = (
        select(VersionRow.article_id, VersionRow.number)
        .join(ArticleRow, ArticleRow.id == VersionRow.article_id)
        .outerjoin(
            LedgerRow,
            (LedgerRow.article_id == VersionRow.article_id)
            & (LedgerRow.version_after == VersionRow.number)
            & LedgerRow.kind.in_(_WITH_VERSION),
        )
        .where(
            LedgerRow.number.is_(None),
            ~VersionRow.is_restated,
            (VersionRow.number > 1) | (ArticleRow.origin != Origin.BASELINE.value),
        )
    )
    for article_id, number in session.execute(query.execution_options(yield_per=1000)):
        yield f"article {article_id}: version {number} has no entry in the ledger"


def _articles_have_versions(session: Session) -> Iterator[str]:
    query = (
        select(ArticleRow.id, ArticleRow.version, ArticleRow.content_hash, VersionRow.content_hash)
        .outerjoin(VersionRow, (VersionRow.article_id == ArticleRow.id) & (VersionRow.number == ArticleRow.version))
        .order_by(ArticleRow.id)
    )
    for article, number, here, there in session.execute(query.execution_options(yield_per=1000)):
        if there is None:
            yield f"article {article}: its version {number} is missing"
        elif here != there:
            yield f"article {article}: its content hash is not that of its version {number}"


def _versions_fit_their_hash(session: Session) -> Iterator[str]:
    for version in session.scalars(select(VersionRow).order_by(VersionRow.id).execution_options(yield_per=500)):
        if content_hash(fields_of(version)) != version.content_hash:
            yield f"article {version.article_id}: the fields of version {version.number} do not fit their content hash"
        session.expunge(version)


def _versions_have_captures(session: Session) -> Iterator[str]:
    query = (
        select(VersionRow.article_id, VersionRow.number)
        .outerjoin(VersionCaptureRow, VersionCaptureRow.version_id == VersionRow.id)
        .where(VersionCaptureRow.capture_id.is_(None))
    )
    for article_id, number in session.execute(query):
        yield f"article {article_id}: version {number} has no capture to prove it"


def _changes_have_answers(session: Session) -> Iterator[str]:
    # Stores of older versions kept none, and of listings later than of articles: what came before is not asked for.
    first = select(func.min(ChangeCaptureRow.change_number)).scalar_subquery()
    first_listing = (
        select(func.min(LedgerRow.number))
        .join(ChangeCaptureRow, ChangeCaptureRow.change_number == LedgerRow.number)
        .where(LedgerRow.kind == ChangeKind.UNLISTED.value)
        .scalar_subquery()
    )
    earlier = aliased(LedgerRow)
    left_by = (
        select(earlier.kind)
        .where(earlier.article_id == LedgerRow.article_id, earlier.number < LedgerRow.number)
        .where(earlier.kind.in_((ChangeKind.REMOVED.value, ChangeKind.UNLISTED.value)))
        .order_by(earlier.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    rests_on_listing = (LedgerRow.kind == ChangeKind.UNLISTED.value) | (
        (LedgerRow.kind == ChangeKind.RESTORED.value) & (left_by == ChangeKind.UNLISTED.value)
    )
    query = (
        select(LedgerRow.number, LedgerRow.kind)
        .outerjoin(ChangeCaptureRow, ChangeCaptureRow.change_number == LedgerRow.number)
        .where(
            LedgerRow.number > first,
            LedgerRow.kind.in_(_WITH_ANSWER),
            LedgerRow.version_before == LedgerRow.version_after,
            ChangeCaptureRow.change_number.is_(None),
            ~rests_on_listing | (LedgerRow.number > first_listing),
        )
    )
    for number, kind in session.execute(query):
        yield f"ledger: entry {number}, {kind}, has no capture of what was answered"


def _captures_have_bytes(session: Session) -> Iterator[str]:
    query = (
        select(CaptureRow.id, CaptureRow.url)
        .outerjoin(BlobRow, BlobRow.hash == CaptureRow.blob_hash)
        .where(BlobRow.hash.is_(None))
    )
    for capture, url in session.execute(query.execution_options(yield_per=1000)):
        yield f"capture {capture} of {url}: its bytes are missing"


def _blobs_fit_their_hash(session: Session) -> Iterator[str]:
    for digest in session.scalars(select(BlobRow.hash).execution_options(yield_per=1000)):
        try:
            captures.content_of(session, digest)
        except Exception as error:  # whatever the codec or the comparison says, the blob cannot prove anything
            yield f"blob {digest[:16]}…: {error}"
        session.expunge_all()


def _digests_are_whole(session: Session) -> Iterator[str]:
    for subscription in session.scalars(select(SubscriptionRow).order_by(SubscriptionRow.id)).all():
        name = f"subscription {subscription.id}"
        query = select(DigestRow).where(DigestRow.subscription_id == subscription.id).order_by(DigestRow.number)
        before: DigestRow | None = None
        for row in session.scalars(query.execution_options(yield_per=20)):
            yield from (f"{name}: {problem}" for problem in _of_digest(session, row))
            if before is None and row.number != 1:
                yield f"{name}: digest 1 is missing"
            if before is not None:
                yield from (f"{name}: {problem}" for problem in _between(before, row))
                session.expunge(before)
            before = row
        if before is not None and subscription.position != before.position_after:
            yield f"{name}: its position is {subscription.position}, its last digest ends at {before.position_after}"


def _of_digest(session: Session, row: DigestRow) -> Iterator[str]:
    if not isinstance(row.message, bytes):
        yield f"the mail of digest {row.number} is no bytes any more"
    elif hashlib.sha256(row.message).hexdigest() != row.sha256:
        yield f"the bytes of digest {row.number} are not those that were frozen"
    lines = session.scalar(select(func.count()).where(DigestLineRow.digest_id == row.id))
    if lines != row.line_count:
        yield f"digest {row.number} was made of {row.line_count} changes, {lines} are on record"
    taken = select(DeliveryRow.id).where(DeliveryRow.digest_id == row.id, DeliveryRow.outcome == SENT).limit(1)
    if row.state == SENT and session.scalars(taken).first() is None:
        yield f"digest {row.number} counts as sent, and no delivery of it says so"


def _between(before: DigestRow, after: DigestRow) -> Iterator[str]:
    if (after.number, after.position_before) != (before.number + 1, before.position_after):
        yield f"digest {after.number} does not begin where digest {before.number} ended"
    if after.previous_sha256 != before.sha256:
        yield f"digest {after.number} does not follow from the bytes of digest {before.number}"


def _changes_are_in_one_digest(session: Session) -> Iterator[str]:
    """That no change is in two digests is the primary key's work; here: each in the one whose interval holds it."""
    outside = (
        select(DigestRow.subscription_id, DigestRow.number, DigestLineRow.change_number)
        .join(DigestLineRow, DigestLineRow.digest_id == DigestRow.id)
        .where(
            (DigestLineRow.change_number <= DigestRow.position_before)
            | (DigestLineRow.change_number > DigestRow.position_after)
        )
    )
    for subscription_id, number, change in session.execute(outside):
        yield f"subscription {subscription_id}: digest {number} holds change {change}, which is not of its interval"
    for subscription in session.scalars(select(SubscriptionRow)).all():
        first = session.scalar(
            select(func.min(DigestRow.position_before)).where(DigestRow.subscription_id == subscription.id)
        )
        if first is None:
            continue
        yield from _of_other_parks(session, subscription)
        if subscription.words:
            yield from _words_are_answered(session, subscription, first)
            continue
        missing = (
            select(LedgerRow.number)
            .outerjoin(
                DigestLineRow,
                (DigestLineRow.change_number == LedgerRow.number) & (DigestLineRow.subscription_id == subscription.id),
            )
            .where(
                LedgerRow.number > first, LedgerRow.number <= subscription.position, DigestLineRow.digest_id.is_(None)
            )
        )
        if subscription.parks:
            missing = missing.where(LedgerRow.park.in_(subscription.parks))
        for number in session.scalars(missing):
            yield f"subscription {subscription.id}: change {number} is in none of its digests"


def _of_other_parks(session: Session, subscription: SubscriptionRow) -> Iterator[str]:
    if subscription.parks:
        lines = (
            select(LedgerRow.number, LedgerRow.park)
            .join(DigestLineRow, DigestLineRow.change_number == LedgerRow.number)
            .where(DigestLineRow.subscription_id == subscription.id, LedgerRow.park.not_in(subscription.parks))
        )
        for number, park in session.execute(lines):
            yield f"subscription {subscription.id}: change {number} in a digest is of {park}, which it does not ask for"


def _words_are_answered(session: Session, subscription: SubscriptionRow, first: int) -> Iterator[str]:
    parks = tuple(subscription.parks)
    lines = select(DigestLineRow.change_number).where(DigestLineRow.subscription_id == subscription.id)
    told = set(session.scalars(lines))
    for entry in ledger.entries(session, after=first, up_to=subscription.position, parks=parks):
        is_asked_for = matches(entry, parks, subscription.words)
        if entry.number not in told and is_asked_for:
            yield f"subscription {subscription.id}: change {entry.number} is in none of its digests"
        elif entry.number in told and not is_asked_for:
            yield f"subscription {subscription.id}: change {entry.number} in a digest says none of its words"


_CHECKS: tuple[Check, ...] = (
    _database,
    unreadable_rows,
    rows_without_parent,
    _ledger_has_no_gap,
    entries_fit_versions,
    entries_fit_articles,
    articles_have_addresses,
    articles_stand_as_told,
    _versions_have_changes,
    _articles_have_versions,
    _versions_fit_their_hash,
    _versions_have_captures,
    _changes_have_answers,
    _captures_have_bytes,
    _blobs_fit_their_hash,
    _digests_are_whole,
    digests_stand_as_delivered,
    mails_fit_digests,
    _changes_are_in_one_digest,
)

"""Append to the ledger, and read it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from storage.database.mail_tables import DigestLineRow
from storage.database.tables import ArticleRow, LedgerHeadRow, LedgerRow, VersionRow
from storage.records import ArticleFields, ChangeKind, LedgerEntry

HEAD = 1


def append(
    session: Session,
    *,
    kind: ChangeKind,
    article: ArticleRow,
    changed_fields: tuple[str, ...] = (),
    version_before: int | None = None,
    version_after: int | None = None,
    previous_url: str | None = None,
    seen_after: datetime | None,
    seen_at: datetime,
    visit_id: int | None,
) -> int:
    """Write one change and return its number.

    The head's row stays locked until this transaction commits, so that numbers have no gaps and become visible in
    their order: no reader's position can pass a number that commits later.
    """
    number = session.scalars(
        update(LedgerHeadRow)
        .where(LedgerHeadRow.id == HEAD)
        .values(number=LedgerHeadRow.number + 1)
        .returning(LedgerHeadRow.number)
    ).one()
    session.add(
        LedgerRow(
            number=number,
            kind=kind.value,
            park=article.park,
            article_id=article.id,
            url=article.url,
            previous_url=previous_url,
            headline=article.headline,
            version_before=version_before,
            version_after=version_after,
            changed_fields=list(changed_fields),
            seen_after=seen_after,
            seen_at=seen_at,
            visit_id=visit_id,
        )
    )
    session.flush()
    return int(number)


def head(session: Session) -> int:
    """Return the last number given, 0 for an empty ledger."""
    return session.scalars(select(LedgerHeadRow.number).where(LedgerHeadRow.id == HEAD)).one()


def of_kind(session: Session, kind: ChangeKind) -> Iterator[tuple[int, str]]:
    """Return the numbers of all changes of a kind, each with its park, one by one."""
    query = select(LedgerRow.number, LedgerRow.park).where(LedgerRow.kind == kind.value).order_by(LedgerRow.number)
    return ((row.number, row.park) for row in session.execute(query.execution_options(yield_per=500)))


def left_at(session: Session, article_id: int) -> datetime | None:
    """Return when an article was last found to be gone, or to be listed no longer."""
    query = select(LedgerRow.seen_at).where(
        LedgerRow.article_id == article_id,
        LedgerRow.kind.in_((ChangeKind.REMOVED.value, ChangeKind.UNLISTED.value)),
    )
    return session.scalars(query.order_by(LedgerRow.number.desc()).limit(1)).first()


def entries(
    session: Session,
    *,
    after: int = 0,
    up_to: int | None = None,
    parks: tuple[str, ...] = (),
    since: datetime | None = None,
    article_id: int | None = None,
    digest_id: int | None = None,
) -> Iterator[LedgerEntry]:
    """Yield changes in order of their numbers, each with the fields of the versions before and after it."""
    before, later = aliased(VersionRow), aliased(VersionRow)
    query = (
        select(LedgerRow, before, later)
        .outerjoin(
            before,
            (before.article_id == LedgerRow.article_id) & (before.number == LedgerRow.version_before),
        )
        .outerjoin(
            later,
            (later.article_id == LedgerRow.article_id) & (later.number == LedgerRow.version_after),
        )
        .where(LedgerRow.number > after)
        .order_by(LedgerRow.number)
    )
    if up_to is not None:
        query = query.where(LedgerRow.number <= up_to)
    if parks:
        query = query.where(LedgerRow.park.in_(parks))
    if since is not None:
        query = query.where(LedgerRow.seen_at >= since)
    if article_id is not None:
        query = query.where(LedgerRow.article_id == article_id)
    if digest_id is not None:
        query = query.join(DigestLineRow, DigestLineRow.change_number == LedgerRow.number)
        query = query.where(DigestLineRow.digest_id == digest_id)
    for row, old, new in session.execute(query.execution_options(yield_per=500)):
        yield LedgerEntry(
            number=row.number,
            kind=ChangeKind(row.kind),
            park=row.park,
            article_id=row.article_id,
            url=row.url,
            headline=row.headline,
            seen_after=row.seen_after,
            seen_at=row.seen_at,
            changed_fields=tuple(row.changed_fields),
            before=row.version_before,
            after=row.version_after,
            fields_before=fields_of(old) if old else None,
            fields_after=fields_of(new) if new else None,
            previous_url=row.previous_url,
        )


def as_read_today(session: Session, entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Return changes with what they lead to as it was restated since, where our own rules had misread it."""
    found: list[LedgerEntry] = []
    for at in range(0, len(entries), 500):
        batch = entries[at : at + 500]
        articles = {entry.article_id for entry in batch}
        query = select(VersionRow).where(VersionRow.article_id.in_(articles), VersionRow.is_restated)
        restated = {(row.article_id, row.number): row for row in session.scalars(query)}
        found += [_restated(entry, restated) for entry in batch]
    return found


def _restated(entry: LedgerEntry, restated: Mapping[tuple[int, int], VersionRow]) -> LedgerEntry:
    number, row = entry.after, None
    while number is not None and (entry.article_id, number + 1) in restated:
        number += 1
        row = restated[entry.article_id, number]
    return replace(entry, headline=row.headline, fields_after=fields_of(row)) if row is not None else entry


def fields_of(row: VersionRow) -> ArticleFields:
    """Return a version's fields as the record that travels."""
    return ArticleFields(
        headline=row.headline,
        date_published=row.date_published,
        date_published_raw=row.date_published_raw,
        source=row.source,
        body=tuple(row.body),
        in_language=row.in_language,
    )

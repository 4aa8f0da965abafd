"""Say what a visit is to ask for: what is listed and not yet read, and what is known and due."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select, union
from sqlalchemy.orm import Session

from storage.database import captures, ledger, windows
from storage.database.ledger import fields_of
from storage.database.tables import AddressRow, ArticleRow, UnreadRow, VersionRow, VisitRow
from storage.database.visits import newest_by
from storage.decisions import changed_fields, content_hash
from storage.records import (
    ArticleFields,
    ArticleState,
    Capture,
    ChangeKind,
    KnownArticle,
    Link,
    Origin,
    Recheck,
    Validators,
)
from storage.text import comparison_text

#: Every so many confirmations by 304 the page is fetched whole: some servers answer 304 although it changed.
WHOLE_EVERY = 5
#: A headline such as "Notice" comes again and again; so many articles of one headline are looked at.
_MOST_ALIKE = 50
#: Each costs a request.
_MOST_TWINS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the store knows of a listing's links."""

    #: Links not on record that are due to be read.
    unknown: tuple[Link, ...]
    #: Known articles that the listing itself says have changed: another headline, another path, or back again.
    suspicious: tuple[Recheck, ...]
    #: For each link in its order: is it on record, read or not.
    is_known: tuple[bool, ...]


def note_listing(
    session: Session,
    park: str,
    links: Sequence[Link],
    *,
    visit: int,
    origin: Origin,
    now: datetime,
    joined_at: datetime | None = None,
    backfill_id: int | None = None,
    page: Capture | None = None,
) -> Listed:
    """Write down which articles a listing named; those not on record wait to be read until they are.

    Whether a listing joins up is judged against what was known by *joined_at*, the last time that it did: what a
    visit noted before it was cut off must not hide the pages that it never came to. *page* is the listing as it came.
    """
    keys = [link.key for link in links]
    found = session.execute(
        select(AddressRow.key, ArticleRow)
        .join(ArticleRow, ArticleRow.id == AddressRow.article_id)
        .where(AddressRow.park == park, AddressRow.key.in_(keys))
    )
    articles = {row[0]: row[1] for row in found}
    waiting = {row.key: row for row in session.scalars(_waiting(park).where(UnreadRow.key.in_(keys)))}
    unknown, suspicious, is_known = [], [], []
    absent_at = windows.absent_at(session, [articles.get(key) for key in keys], visit)
    for at, link in enumerate(links):
        row, waits = articles.get(link.key), waiting.get(link.key)
        first = row.first_seen if row is not None else waits.first_listed if waits is not None else None
        is_known.append(first is not None and joined_at is not None and first <= joined_at)
        if row is not None:
            if _looks_changed(row, link):
                suspicious.append(replace(_recheck(row, row.key), headline=link.headline or row.headline))
                row.next_check_at = now  # the suspicion outlives a visit that is cut off
            _note_listed(session, row, link, visit, now, page)
        elif waits is not None:
            waits.url = link.url
            if waits.next_try_at <= now:
                unknown.append(link)
        else:
            unknown.append(link)
            session.add(_to_be_read(park, link, origin, backfill_id, now, absent_at[at]))
    session.flush()
    return Listed(unknown=tuple(unknown), suspicious=tuple(suspicious), is_known=tuple(is_known))


def _to_be_read(
    park: str, link: Link, origin: Origin, backfill_id: int | None, now: datetime, absent_at: datetime | None
) -> UnreadRow:
    return UnreadRow(
        park=park,
        key=link.key,
        url=link.url,
        headline=link.headline,
        date=link.date,
        origin=origin.value,
        backfill_id=backfill_id,
        first_listed=now,
        absent_at=absent_at,
        next_try_at=now,
    )


def _note_listed(
    session: Session, row: ArticleRow, link: Link, visit: int, now: datetime, page: Capture | None
) -> None:
    row.listed_visit = visit
    row.listed_headline = link.headline or row.listed_headline
    if row.state == ArticleState.UNLISTED.value:
        number = _listed_again(session, row, visit, now)
        captures.prove(session, row.park, [number], [page] if page else [])


def _listed_again(session: Session, row: ArticleRow, visit: int, now: datetime) -> int:
    row.state = ArticleState.LIVE.value
    whole = select(VisitRow.started_at).where(VisitRow.park == row.park, VisitRow.listing_whole, VisitRow.id < visit)
    missed = [ledger.left_at(session, row.id), newest_by(session, whole, now)]
    return ledger.append(
        session,
        kind=ChangeKind.RESTORED,
        article=row,
        version_before=row.version,
        version_after=row.version,
        # No whole listing named it since it went.
        seen_after=max((moment for moment in missed if moment), default=row.last_seen),
        seen_at=now,
        visit_id=visit,
    )


def _looks_changed(row: ArticleRow, link: Link) -> bool:
    if row.state == ArticleState.REMOVED.value:
        return True
    said, before = (
        comparison_text(link.headline or ""),
        comparison_text(row.listed_headline or ""),
    )
    return bool(said and before and said != before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A listed article that is to be read."""

    link: Link
    #: The backfill that listed it first, None for a visit.
    backfill_id: int | None


def unread(session: Session, park: str, *, now: datetime | None, for_backfill: bool = False) -> list[Unread]:
    """Return what waits to be read, oldest first: all of it, or what is due at *now*.

    A visit leaves to backfills what they have listed; a backfill is shown everything, for spans may overlap.
    """
    query = _waiting(park).order_by(UnreadRow.id)
    if not for_backfill:
        query = query.where(UnreadRow.backfill_id.is_(None))
    if now is not None:
        query = query.where(UnreadRow.next_try_at <= now)
    return [
        Unread(
            link=Link(key=row.key, url=row.url, headline=row.headline, date=row.date),
            backfill_id=row.backfill_id,
        )
        for row in session.scalars(query)
    ]


def could_not_read(session: Session, park: str, key: str, reason: str, now: datetime) -> bool:
    """Note why a listed article could not be read, and when to try again: after 1 h, 2 h, 4 h … 7 days.

    Say whether that was so before.
    """
    failed_before = False
    for row in session.scalars(_waiting(park).where(UnreadRow.key == key)):
        failed_before = failed_before or row.attempts > 0
        row.attempts += 1
        row.reason = reason[:500]
        row.next_try_at = now + min(timedelta(hours=2 ** min(row.attempts - 1, 8)), timedelta(days=7))
    return failed_before


def forget_unread(session: Session, park: str, key: str, *, backfill_id: int | None) -> None:
    """Let go of an address that turned out to lie outside a backfill's span, if nobody else has listed it."""
    for row in session.scalars(_waiting(park).where(UnreadRow.key == key, UnreadRow.backfill_id == backfill_id)):
        session.delete(row)


def rechecks(
    session: Session,
    park: str,
    *,
    due_at: datetime | None,
    after_id: int = 0,
    limit: int = 200,
) -> list[Recheck]:
    """Return known articles behind *after_id* in order of their ids: those due at *due_at*, or all of them."""
    query = select(ArticleRow).where(ArticleRow.park == park, ArticleRow.id > after_id)
    if due_at is not None:
        query = query.where(ArticleRow.next_check_at <= due_at)
    return [_recheck(row, row.key) for row in session.scalars(query.order_by(ArticleRow.id).limit(limit))]


def newest(session: Session, park: str, limit: int) -> list[Recheck]:
    """Return the newest live articles of a park."""
    query = select(ArticleRow).where(ArticleRow.park == park, ArticleRow.state == ArticleState.LIVE.value)
    return [_recheck(row, row.key) for row in session.scalars(query.order_by(ArticleRow.id.desc()).limit(limit))]


def newest_headlines(session: Session, park: str, limit: int) -> list[str]:
    """Return the headlines of the newest live articles of a park."""
    query = select(ArticleRow.headline).where(ArticleRow.park == park, ArticleRow.state == ArticleState.LIVE.value)
    return list(session.scalars(query.order_by(ArticleRow.id.desc()).limit(limit)))


def newest_texts(session: Session, park: str, limit: int) -> list[tuple[str, ...]]:
    """Return the paragraphs of the newest live articles of a park, as they are on record."""
    version = (VersionRow.article_id == ArticleRow.id) & (VersionRow.number == ArticleRow.version)
    query = select(VersionRow.body).join(ArticleRow, version)
    query = query.where(ArticleRow.park == park, ArticleRow.state == ArticleState.LIVE.value)
    return [tuple(body) for body in session.scalars(query.order_by(ArticleRow.id.desc()).limit(limit))]


def missing_from_listing(
    session: Session, park: str, visit: int, *, alive_since: datetime | None = None
) -> list[Recheck]:
    """Return the live articles that a whole listing, read in *visit*, no longer names though it once did.

    With *alive_since* only those of them that answered since then.
    """
    query = select(ArticleRow).where(*_missing(park, visit, alive_since))
    return [_recheck(row, row.key) for row in session.scalars(query)]


def count_missing(session: Session, park: str, visit: int, *, alive_since: datetime | None) -> tuple[int, int]:
    """Return how many articles :func:`missing_from_listing` holds, and how many the listing named."""
    missing = select(func.count()).where(*_missing(park, visit, alive_since))
    named = select(func.count()).where(ArticleRow.park == park, ArticleRow.listed_visit == visit)
    return session.scalar(missing) or 0, session.scalar(named) or 0


def _missing(park: str, visit: int, alive_since: datetime | None) -> list[ColumnElement[bool]]:
    found = [
        ArticleRow.park == park,
        ArticleRow.state == ArticleState.LIVE.value,
        ArticleRow.listed_visit.is_not(None),
        ArticleRow.listed_visit != visit,
    ]
    return found if alive_since is None else [*found, ArticleRow.last_seen >= alive_since]


def twins(session: Session, park: str, fields: ArticleFields) -> list[Recheck]:
    """Return articles of the park that say the same for a reader: one of them may have moved.

    A stamp that a new template cuts short and a source that it lacks are no difference.
    """
    # One condition with "or" would be looked up by the park alone.
    alike = union(
        select(ArticleRow.id).where(ArticleRow.park == park, ArticleRow.content_hash == content_hash(fields)),
        select(ArticleRow.id).where(ArticleRow.park == park, ArticleRow.headline == fields.headline),
    )
    version = (VersionRow.article_id == ArticleRow.id) & (VersionRow.number == ArticleRow.version)
    query = select(ArticleRow, VersionRow).join(VersionRow, version).where(ArticleRow.id.in_(alike))
    rows = session.execute(query.order_by(ArticleRow.id.desc()).limit(_MOST_ALIKE))
    return [_recheck(row, row.key) for row, at in rows if not changed_fields(fields_of(at), fields)][:_MOST_TWINS]


def another_with(session: Session, park: str, known: KnownArticle, fields: ArticleFields) -> str | None:
    """Return the address of another live article that says what is read of a *known* one, None if there is none.

    It has said so from its beginning: what its people made of it later, "cancelled" or an edit of copies of one story,
    they may make of others.
    """
    for twin in twins(session, park, fields):
        if twin.article_id == known.id or twin.is_removed:
            continue
        first = select(VersionRow).where(VersionRow.article_id == twin.article_id, VersionRow.number == 1)
        if not changed_fields(fields_of(session.scalars(first).one()), fields):
            return twin.url
    return None


def _recheck(row: ArticleRow, key: str) -> Recheck:
    whole = row.unconfirmed_checks >= WHOLE_EVERY
    validators = Validators() if whole else Validators(etag=row.etag, last_modified=row.last_modified)
    return Recheck(
        article_id=row.id,
        key=key,
        url=row.url,
        validators=validators,
        is_removed=row.state == ArticleState.REMOVED.value,
        headline=row.headline,
    )


def _waiting(park: str) -> Select[UnreadRow]:
    return select(UnreadRow).where(UnreadRow.park == park)

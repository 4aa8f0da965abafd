"""Write what was seen of articles: version, change and ledger number in the caller's one transaction."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.database import captures, ledger, windows
from storage.database.ledger import fields_of
from storage.database.tables import (
    AddressRow,
    ArticleRow,
    UnreadRow,
    VersionCaptureRow,
    VersionRow,
)
from storage.decisions import (
    completed,
    content_hash,
    decide,
    last_modified_is_plausible,
    next_check,
)
from storage.records import (
    ArticleState,
    ChangeKind,
    KnownArticle,
    Link,
    Observation,
    Origin,
    Restated,
    Validators,
    listed_date_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What an observation led to: the ledger numbers it was given, and the kinds of change."""

    article_id: int
    version: int
    numbers: tuple[int, ...]
    kinds: tuple[ChangeKind, ...]
    is_new_article: bool


def find(session: Session, park: str, key: str) -> KnownArticle | None:
    """Return the article that is on record under *key*, with the fields of its present version."""
    row = _row(session, park, key)
    if row is None:
        return None
    version = _version(session, row)
    fields = fields_of(version)
    return KnownArticle(
        id=row.id,
        key=key,
        url=row.url,
        state=ArticleState(row.state),
        fields=fields,
        version=row.version,
        content_hash=row.content_hash,
        last_seen=row.last_seen,
        listed_date=listed_date_of(fields, version.located_by),
        listed_headline=row.listed_headline,
        body_way=version.located_by.get("body"),
    )


def record(session: Session, observation: Observation) -> Recorded:
    """Decide what a good reading means and write it: captures, version, changes, and when to look again."""
    known_key = observation.known_as or observation.key
    known = find(session, observation.park, known_key)
    if known is None:
        observation = replace(observation, origin=_origin(session, observation))
        row = _new_article(session, observation)
        seen_after = windows.last_without(session, observation)
        version_before, previous_url = None, None
    else:
        row = session.get_one(ArticleRow, known.id)
        if observation.restated:
            restate(session, row, observation.restated, observation.seen_at)
            known = find(session, observation.park, known_key)
        version_before, seen_after, previous_url = row.version, row.last_seen, row.url
    decision = decide(observation, known)
    if decision.new_address:
        _add_address(session, row, observation)
    if decision.is_new_version:
        read = replace(observation, fields=completed(observation.fields, known.fields)) if known else observation
        version = _add_version(session, row, read, observation.seen_at, is_restated=decision.is_restated)
        for page, capture in enumerate(observation.captures, 1):
            capture_id = captures.keep(session, row.park, capture)
            session.add(VersionCaptureRow(version_id=version.id, page=page, capture_id=capture_id))
    numbers = tuple(
        ledger.append(
            session,
            kind=kind,
            article=row,
            changed_fields=names,
            version_before=version_before,
            version_after=row.version,
            previous_url=previous_url if kind is ChangeKind.MOVED else None,
            seen_after=ledger.left_at(session, row.id) if kind is ChangeKind.RESTORED else seen_after,
            seen_at=observation.seen_at,
            visit_id=observation.visit,
        )
        for kind, names in decision.changes
    )
    if not decision.is_new_version:
        captures.prove(session, row.park, numbers, observation.captures)
    _seen_alive(row, observation)
    _settle_addresses(session, row, observation)
    return Recorded(
        article_id=row.id,
        version=row.version,
        numbers=numbers,
        kinds=tuple(kind for kind, _ in decision.changes),
        is_new_article=decision.is_new_article,
    )


def by_url(session: Session, park: str, url: str) -> Link | None:
    """Return what is on record of the article at an address, as a listing would give it."""
    query = (
        select(ArticleRow, VersionRow)
        .join(AddressRow, AddressRow.article_id == ArticleRow.id)
        .join(VersionRow, (VersionRow.article_id == ArticleRow.id) & (VersionRow.number == ArticleRow.version))
        .where(AddressRow.url == url, ArticleRow.park == park)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    row, version = found
    return Link(key=row.key, url=row.url, headline=version.headline, date=version.date_published)


def _origin(session: Session, observation: Observation) -> Origin:
    """Return why the article was first listed, which outlives the visit that listed it."""
    keys = {observation.key, observation.asked_key}
    query = select(UnreadRow.origin).where(UnreadRow.park == observation.park, UnreadRow.key.in_(keys))
    origin = session.scalars(query).first()
    return Origin(origin) if origin else observation.origin


def _row(session: Session, park: str, key: str) -> ArticleRow | None:
    return session.scalars(
        select(ArticleRow)
        .join(AddressRow, AddressRow.article_id == ArticleRow.id)
        .where(AddressRow.park == park, AddressRow.key == key)
    ).one_or_none()


def _version(session: Session, row: ArticleRow) -> VersionRow:
    return session.scalars(
        select(VersionRow).where(VersionRow.article_id == row.id, VersionRow.number == row.version)
    ).one()


def _new_article(session: Session, observation: Observation) -> ArticleRow:
    row = ArticleRow(
        park=observation.park,
        state=ArticleState.LIVE.value,
        origin=observation.origin.value,
        key=observation.key,
        url=observation.url,
        headline=observation.fields.headline,
        version=0,
        content_hash="",
        published_at=_published(observation.fields.date_published),
        first_seen=observation.seen_at,
        last_seen=observation.seen_at,
        next_check_at=observation.seen_at,
    )
    session.add(row)
    session.flush()
    return row


def _add_address(session: Session, row: ArticleRow, observation: Observation) -> None:
    known = session.scalars(
        select(AddressRow).where(AddressRow.park == row.park, AddressRow.key == observation.key)
    ).one_or_none()
    if known is None:
        session.add(
            AddressRow(
                article_id=row.id,
                park=row.park,
                key=observation.key,
                url=observation.url,
                first_seen=observation.seen_at,
            )
        )
    else:
        known.url = observation.url
    row.key, row.url = observation.key, observation.url


def _settle_addresses(session: Session, row: ArticleRow, observation: Observation) -> None:
    """Note where the article was asked for, if that is elsewhere, and that neither address waits to be read."""
    if observation.asked_key and observation.asked_key != observation.key:
        _add_other_address(session, row, observation)
    keys = {observation.key, observation.asked_key}
    session.execute(delete(UnreadRow).where(UnreadRow.park == row.park, UnreadRow.key.in_(keys)))


def _add_other_address(session: Session, row: ArticleRow, observation: Observation) -> None:
    """Note an address that only leads to the article, so that a listing that names it names something known."""
    known = session.scalars(
        select(AddressRow.id).where(AddressRow.park == row.park, AddressRow.key == observation.asked_key)
    ).first()
    if known is None:
        session.add(
            AddressRow(
                article_id=row.id,
                park=row.park,
                key=observation.asked_key,
                url=observation.asked_url or observation.url,
                first_seen=observation.seen_at,
            )
        )


def restate(session: Session, row: ArticleRow, restated: Restated, now: datetime) -> None:
    """Add a version that our own rules make of the captures of the one before: no change, in nobody's digest."""
    before = _version(session, row)
    version = _add_version(session, row, restated, now, is_restated=True)
    pages = select(VersionCaptureRow.page, VersionCaptureRow.capture_id).where(
        VersionCaptureRow.version_id == before.id
    )
    for page, capture_id in session.execute(pages).all():
        session.add(VersionCaptureRow(version_id=version.id, page=page, capture_id=capture_id))
    session.flush()


def _add_version(
    session: Session, row: ArticleRow, read: Observation | Restated, now: datetime, *, is_restated: bool = False
) -> VersionRow:
    fields = read.fields
    row.version += 1
    row.headline = fields.headline
    row.content_hash = content_hash(fields)
    row.published_at = _published(fields.date_published) or row.published_at
    version = VersionRow(
        article_id=row.id,
        number=row.version,
        headline=fields.headline,
        date_published=fields.date_published,
        date_published_raw=fields.date_published_raw,
        source=fields.source,
        body=list(fields.body),
        in_language=fields.in_language,
        content_hash=row.content_hash,
        layout=read.layout,
        layout_revision=read.layout_revision,
        located_by=dict(read.located_by),
        seen_at=now,
        is_restated=is_restated,
    )
    session.add(version)
    session.flush()
    return version


def _seen_alive(row: ArticleRow, observation: Observation) -> None:
    seen_at = observation.seen_at
    if row.state == ArticleState.REMOVED.value:
        row.state = ArticleState.LIVE.value
    if observation.is_listed and observation.origin is not Origin.BACKFILL:
        row.listed_visit, row.listed_headline = observation.visit, observation.listed_headline
    row.last_seen = seen_at
    row.next_check_at = next_check(row.published_at, row.first_seen, seen_at)
    row.unconfirmed_checks = 0
    validators = trusted(observation.validators, observation.fields.date_published)
    row.etag, row.last_modified = validators.etag, validators.last_modified


def trusted(validators: Validators, date_published: str | None) -> Validators:
    """Return the validators if the server can be believed, none otherwise."""
    try:
        modified = parsedate_to_datetime(validators.last_modified) if validators.last_modified else None
    except (ValueError, OverflowError):
        modified, validators = None, Validators(etag=validators.etag)
    return validators if last_modified_is_plausible(modified, date_published) else Validators()


def _published(iso: str | None) -> datetime | None:
    if not iso:
        return None
    moment = datetime.fromisoformat(iso)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def has_headline(session: Session, park: str, headline: str, *, is_cut: bool = False) -> bool:
    """Say whether one of a park's articles has a headline, as it is written, or one that begins so."""
    is_like = ArticleRow.headline.startswith(headline, autoescape=True) if is_cut else ArticleRow.headline == headline
    query = select(ArticleRow.id).where(ArticleRow.park == park, is_like).limit(1)
    return session.scalars(query).first() is not None

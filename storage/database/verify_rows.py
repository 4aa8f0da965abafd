"""Prove that what the store's rows refer to is there, and that each can be read at all."""

import json
from collections.abc import Container, Iterator, Mapping
from urllib.parse import urlsplit

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from storage.database.digests import SENT, STATES
from storage.database.mail_tables import DeliveryRow, DigestRow
from storage.database.tables import AddressRow, ArticleRow, CaptureRow, LedgerRow, VersionCaptureRow, VersionRow
from storage.identity import bare_host
from storage.records import ArticleState, ChangeKind

#: What is kept as JSON and read by every check: table, the words that name a row, its columns.
_JSON = (
    ("ledger", "ledger: entry {0}", ("number", "number"), {"changed_fields": list}),
    ("versions", "article {0}: version {1}", ("article_id", "number"), {"body": list, "located_by": dict}),
    ("subscriptions", "subscription {0}", ("id", "id"), {"parks": list, "words": list}),
)

_OK = 200

#: What an article is after the ledger has told of it.
_AWAY = {
    ChangeKind.REMOVED.value: ArticleState.REMOVED,
    ChangeKind.UNLISTED.value: ArticleState.UNLISTED,
}


def unreadable_rows(session: Session) -> Iterator[str]:
    """Yield the rows that no program can read, as sentences that name them."""
    for table, name, keys, columns in _JSON:
        selected = ", ".join((*keys, *(f"CAST({column} AS TEXT)" for column in columns)))
        rows = text(f"SELECT {selected} FROM {table} ORDER BY {keys[0]}")
        for one, other, *values in session.execute(rows, execution_options={"yield_per": 500}):
            for (column, shape), value in zip(columns.items(), values, strict=True):
                if not _holds(value, shape):
                    yield f"{name.format(one, other)}: its {column} cannot be read"
    kinds = [kind.value for kind in ChangeKind]
    query = select(LedgerRow.number, LedgerRow.kind).where(LedgerRow.kind.not_in(kinds)).order_by(LedgerRow.number)
    for number, kind in session.execute(query):
        yield f"ledger: entry {number} is of no kind that there is, {kind}"


def _holds(value: str | None, kind: type) -> bool:
    """Say whether a JSON text holds texts, in a list or by name."""
    try:
        found = json.loads(value or "")
    except (ValueError, RecursionError):
        return False
    texts = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return isinstance(found, kind) and all(isinstance(text, str) for text in texts)


def articles_have_addresses(session: Session) -> Iterator[str]:
    """Yield the articles that no address leads to: a listing that names one would have it told as new."""
    query = select(ArticleRow.id).where(
        ~exists().where(
            AddressRow.park == ArticleRow.park, AddressRow.key == ArticleRow.key, AddressRow.article_id == ArticleRow.id
        )
    )
    for article in session.scalars(query.order_by(ArticleRow.id).execution_options(yield_per=1000)):
        yield f"article {article}: its address is not on record, so it would be told as new"


def rows_without_parent(session: Session) -> Iterator[str]:
    """Yield the rows that refer to what is not there; PostgreSQL never lets it come to that."""
    if session.get_bind().dialect.name == "sqlite":
        for table, row, parent, _ in session.execute(text("PRAGMA foreign_key_check")):
            yield f"{table}: row {row} belongs to a row of {parent} that is missing; restore a backup"


def entries_fit_articles(session: Session) -> Iterator[str]:
    """Yield the entries that speak of another park than their article's, or link to a host that it never stood on."""
    query = (
        select(LedgerRow.number, LedgerRow.park, ArticleRow.park)
        .join(ArticleRow, ArticleRow.id == LedgerRow.article_id)
        .where(LedgerRow.park != ArticleRow.park)
        .order_by(LedgerRow.number)
    )
    for number, said, park in session.execute(query):
        yield f"ledger: entry {number} names the park {said}, its article is of {park}"
    known = exists().where(AddressRow.article_id == LedgerRow.article_id, AddressRow.url == LedgerRow.url)
    others = select(AddressRow.id).join(ArticleRow, ArticleRow.id == AddressRow.article_id)
    unknown = select(LedgerRow.number, LedgerRow.url, LedgerRow.article_id, LedgerRow.park).where(~known)
    for number, url, article, park in session.execute(
        unknown.order_by(LedgerRow.number), execution_options={"yield_per": 500}
    ):
        addresses = session.scalars(select(AddressRow.url).where(AddressRow.article_id == article))
        if bare_host(url) not in {bare_host(each) for each in addresses}:
            yield f"ledger: entry {number} links to {urlsplit(url).netloc}, where its article never stood"
        elif session.scalar(others.where(AddressRow.url == url, ArticleRow.park == park).limit(1)):
            yield f"ledger: entry {number} links to another article's address, {url}"


def versions_rest_on_answers(session: Session, *, hosts: Mapping[str, Container[str]]) -> Iterator[str]:
    """Yield the versions whose captures are no good answers, or came from none of their park's *hosts* nor their own.

    Where a park is not among those whose hosts are given, its article's addresses tell.
    """
    query = (
        select(VersionRow.article_id, VersionRow.number, CaptureRow.url, CaptureRow.status, CaptureRow.park)
        .join(VersionCaptureRow, VersionCaptureRow.version_id == VersionRow.id)
        .join(CaptureRow, CaptureRow.id == VersionCaptureRow.capture_id)
        .order_by(VersionRow.article_id, VersionRow.number)
    )
    for article, number, url, status, park in session.execute(query, execution_options={"yield_per": 500}):
        if status != _OK:
            yield f"article {article}: version {number} rests on an answer of status {status}"
        if urlsplit(url).netloc.lower() in hosts.get(park, ()):
            continue
        # A host that a person has taken out of the park's file since, or a park that is no longer watched.
        addresses = session.scalars(select(AddressRow.url).where(AddressRow.article_id == article))
        if bare_host(url) not in map(bare_host, addresses):
            yield f"article {article}: version {number} rests on a page of {urlsplit(url).netloc}, none of its park's"


def digests_stand_as_delivered(session: Session) -> Iterator[str]:
    """Yield the digests that count as anything but sent although a server took them, or as nothing that there is."""
    states = select(DigestRow.subscription_id, DigestRow.number, DigestRow.state).where(DigestRow.state.not_in(STATES))
    for subscription, number, state in session.execute(states.order_by(DigestRow.id)):
        yield f"subscription {subscription}: digest {number} counts as {state}, which is nothing that there is"
    query = (
        select(DigestRow.subscription_id, DigestRow.number, DigestRow.state)
        .join(DeliveryRow, DeliveryRow.digest_id == DigestRow.id)
        .where(DigestRow.state != SENT, DeliveryRow.outcome == SENT)
        .distinct()
    )
    for subscription, number, state in session.execute(query):
        yield f"subscription {subscription}: digest {number} counts as {state}, and a server took it"


def articles_stand_as_told(session: Session) -> Iterator[str]:
    """Yield the articles of which the ledger tells something else than their state, or which have a newer version."""
    newer = exists().where(VersionRow.article_id == ArticleRow.id, VersionRow.number > ArticleRow.version)
    for article in session.scalars(select(ArticleRow.id).where(newer).order_by(ArticleRow.id)):
        yield f"article {article}: its record is not that of its newest version"
    told = (
        select(LedgerRow.kind)
        .where(LedgerRow.article_id == ArticleRow.id, LedgerRow.kind.in_((*_AWAY, ChangeKind.RESTORED.value)))
        .order_by(LedgerRow.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(ArticleRow.id, ArticleRow.state, told).order_by(ArticleRow.id)
    for article, state, kind in session.execute(query, execution_options={"yield_per": 1000}):
        standing = _AWAY.get(kind, ArticleState.LIVE)
        if state != standing:
            yield f"article {article}: its record says {state}, by the ledger it is {standing}"

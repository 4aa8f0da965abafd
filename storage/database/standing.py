"""Write how known articles stand that were not read anew: confirmed, postponed, removed, no longer listed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from storage.database import captures, ledger
from storage.database.tables import ArticleRow, VisitRow
from storage.decisions import next_check
from storage.records import ArticleState, Capture, ChangeKind


def confirm(session: Session, article_id: int, seen_at: datetime) -> None:
    """Note a 304: the article stands as it was."""
    row = session.get_one(ArticleRow, article_id)
    row.last_seen = seen_at
    row.next_check_at = next_check(row.published_at, row.first_seen, seen_at)
    row.unconfirmed_checks += 1


def postpone(session: Session, article_id: int, now: datetime) -> None:
    """Note that a known article could not be read: nothing about it changes but when it is asked for again."""
    row = session.get_one(ArticleRow, article_id)
    row.next_check_at = next_check(row.published_at, row.first_seen, now)


def change_state(
    session: Session,
    article_ids: Iterable[int],
    state: ArticleState,
    *,
    seen_at: datetime,
    visit: int,
    proofs: Mapping[int, Capture] | None = None,
    listing: Sequence[Capture] = (),
) -> tuple[int, ...]:
    """Write that articles were removed or are no longer listed; those that are so already stay as they are.

    *proofs* are the answers by which an article is gone, *listing* the pages of the listing that names none of them.
    """
    kind = {
        ArticleState.REMOVED: ChangeKind.REMOVED,
        ArticleState.UNLISTED: ChangeKind.UNLISTED,
    }[state]
    numbers = []
    for article_id in article_ids:
        row = session.get_one(ArticleRow, article_id)
        row.next_check_at = next_check(row.published_at, row.first_seen, seen_at)
        if row.state in (state.value, ArticleState.REMOVED.value):
            continue
        row.state = state.value
        row.etag = row.last_modified = None
        number = ledger.append(
            session,
            kind=kind,
            article=row,
            version_before=row.version,
            version_after=row.version,
            seen_after=_last_listed(session, row) if state is ArticleState.UNLISTED else row.last_seen,
            seen_at=seen_at,
            visit_id=visit,
        )
        numbers.append(number)
        if proofs and article_id in proofs:
            captures.prove(session, row.park, [number], [proofs[article_id]])
    if numbers:
        captures.prove(session, row.park, numbers, listing)
    return tuple(numbers)


def _last_listed(session: Session, row: ArticleRow) -> datetime | None:
    """Return when a listing last named an article: that its page answered since then says nothing of the listing."""
    visit = session.get(VisitRow, row.listed_visit) if row.listed_visit is not None else None
    return visit.started_at if visit else None

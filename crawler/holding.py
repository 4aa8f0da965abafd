"""Write what was read, and what was held back once the visit knows what it is worth."""

from datetime import datetime

from crawler.alike import HeldEdits
from crawler.book import VisitBook
from crawler.outcome import Account
from storage.records import Observation

_REASON = "it says what other pages say since the last visit, so that is no edit of it"


def write(book: VisitBook, account: Account, observation: Observation) -> None:
    """Write one observation in a transaction of its own, and count what came of it."""
    recorded = book.record(observation)
    account.changes += len(recorded.numbers)
    account.added += recorded.is_new_article and not recorded.kinds
    if not recorded.kinds and not recorded.is_new_article:
        account.unchanged += 1


def let_go(held: HeldEdits, book: VisitBook, account: Account, now: datetime) -> None:
    """Write the edits that are to be believed; the others are pages that were not read, and told as a condition."""
    if held.is_empty:
        return
    believed, alike = held.decide(account.rechecked, book.drift_told())
    for edit in believed:
        write(book, account, edit.observation)
    for edit in alike:
        account.fail(f"{edit.observation.url}: {_REASON}")
        book.failed(article_id=edit.article_id, key=edit.observation.key, reason=_REASON, now=now)
    if alike:
        account.alike = account.alike or held.in_words(alike)

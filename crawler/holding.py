"""Write what was read, and what was held back once the visit knows what it is worth."""

from crawler.alike import HeldEdits, in_words
from crawler.book import VisitBook
from crawler.outcome import Account
from storage.database import in_words as error_in_words
from storage.records import Observation


def write(book: VisitBook, account: Account, observation: Observation) -> None:
    """Write one observation in a transaction of its own, and count what came of it."""
    recorded = book.record(observation)
    account.changes += len(recorded.numbers)
    account.added += recorded.is_new_article and not recorded.kinds
    if not recorded.kinds and not recorded.is_new_article:
        account.unchanged += 1


def let_go(held: HeldEdits, book: VisitBook, account: Account, *, is_whole: bool = True) -> None:
    """Write what was held back; of a visit that is no whole one, nothing is known of what its site does everywhere."""
    written, alike = held.decide(account.rechecked if is_whole else None)
    for observation in written:
        try:
            write(book, account, observation)
        except Exception as error:  # one that cannot be written must not cost the others, nor the visit its end
            account.fail(f"{observation.url}: {error_in_words(error)}")
    if alike:
        account.alike = in_words(alike)

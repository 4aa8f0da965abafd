"""Write what was read, and what was held back once the visit knows what it is worth."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property, partial

from crawler.alike import Edit, HeldEdits, follows_design, in_words
from crawler.book import VisitBook
from crawler.items import ObservedItem
from crawler.outcome import Account
from crawler.shared_values import CUT, DATE, LESS, Doubtful, HeldReadings
from crawler.shared_values import in_words as shared_in_words
from storage.database import in_words as error_in_words
from storage.records import Observation

_REASONS = {
    "headline": "it shows the headline of many others, which is not its own",
    "body": "it shows the text of many others, which is not its own",
    DATE: "it shows the date of many others, which is not its own",
    CUT: "it shows no more than the beginning of its text",
    LESS: "today's rules read less than half of the text that they read before",
}


@dataclass
class Held:
    """What one visit has read and does not believe yet."""

    edits: HeldEdits = field(default_factory=HeldEdits)
    readings: HeldReadings = field(default_factory=HeldReadings)

    def hold(self, item: ObservedItem, account: Account) -> bool:
        """Hold an item back if something in it may be the site's doing, and say whether that is so."""
        if item.doubtful is not None:
            self.readings.hold(item.doubtful)
            account.doubted += any(doubt.counts for doubt in item.doubtful.doubts)
            account.is_repeated = account.is_repeated or self.readings.repeats(item.doubtful)
        elif item.edit is not None:
            self.edits.hold(item.edit)
            account.edited_alike = self.edits.most_alike
        return item.doubtful is not None or item.edit is not None

    @property
    def is_full(self) -> bool:
        """Whether no more should be held back."""
        return self.edits.is_full or self.readings.is_full


def write(book: VisitBook, account: Account, observation: Observation) -> None:
    """Write one observation in a transaction of its own, and count what came of it."""
    recorded = book.record(observation)
    account.changes += len(recorded.numbers)
    account.added += recorded.is_new_article and not recorded.kinds
    if not recorded.kinds and not recorded.is_new_article:
        account.unchanged += 1


def let_go(held: Held, book: VisitBook, account: Account, *, is_cut: bool = False, is_over: bool = True) -> None:
    """Write what was held back.

    A visit that was *cut* off by hand leaves what is in doubt to the next, which finds it again, and so does one that
    ended before the others were asked that would tell. One that is not *over* and can hold no more judges by what it
    has seen.
    """
    is_put_off = is_over and (is_cut or account.more_to_ask > 0)
    if is_put_off:
        account.has_put_off, believed = account.doubted > 0, held.readings.put_off()
    else:
        believed = _believed(held.readings, book, account)
    written: list[Observation] = []
    for reading in believed:
        if reading.edit is not None:
            held.edits.hold(reading.edit)
        else:
            written.append(reading.observation)
    edited, alike = held.edits.decide(
        None if is_put_off else account.reread, _headlines(book), partial(_follows_design, _Designs(book))
    )
    for observation in (*written, *edited):
        try:
            write(book, account, observation)
        except Exception as error:  # one that cannot be written must not cost the others, nor the visit its end
            account.fail(f"{observation.url}: {error_in_words(error)}")
    if alike:
        account.alike = in_words(alike)


@dataclass
class _Designs:
    """What earlier visits have told of lines that the site put into most texts, and how the newest texts stand."""

    _book: VisitBook

    @cached_property
    def known(self) -> tuple[list[str], list[tuple[str, ...]]]:
        try:
            told = self._book.told_designs()
            return told, self._book.newest_texts() if told else []
        except Exception:  # a store that is busy must not cost the visit what it has read; the edit is then told
            return [], []


def _follows_design(designs: _Designs, edit: Edit) -> bool:
    return follows_design(edit, *designs.known)


def _headlines(book: VisitBook) -> Callable[[str], bool]:
    """Return what says whether a line is the headline of an article on record, each asked for once."""

    @cache
    def is_headline(line: str) -> bool:
        try:
            return book.is_headline(line)
        except Exception:  # as above
            return False

    return is_headline


def _believed(held: HeldReadings, book: VisitBook, account: Account) -> list[Doubtful]:
    """Return the doubtful readings that are to be believed; the others are pages that could not be read."""
    believed, refused = held.decide(read=account.fetched, known=account.reread)
    for reading, doubt in refused:
        reason = _REASONS[doubt.field]
        try:
            book.failed(article_id=reading.article_id, key=reading.key, reason=reason, now=reading.observation.seen_at)
        except Exception as error:  # a store that is busy costs a note, not the visit its end
            reason = f"{reason} ({error_in_words(error)})"
        account.note_failure(f"{reading.observation.url}: {reason}")
    if refused:
        account.shared, account.shared_by = shared_in_words(refused), len(refused)
    return believed

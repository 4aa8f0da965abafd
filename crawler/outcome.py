"""Work out how a visit went from what it counted: Scrapy's own exit code says nothing about it."""

from collections import Counter
from dataclasses import dataclass, field

from crawler.shared_values import FLOOR
from storage.drift import Cause, UnreadPage
from storage.records import GAP, ConditionKind

DONE, PARTLY, FAILED, DEADLINE, STOPPED = (
    "done",
    "partly",
    "failed",
    "deadline",
    "stopped",
)
#: So many pages of one visit have to fail before the layout is doubted or the park is called walled off, and at least
#: half of all.
DRIFT_FLOOR = 3
_EVIDENCE = 3
#: So many known articles are asked for whole at the most, to learn what all pages show.
_MOST_WITNESSES = 60


@dataclass(kw_only=True)
class Account:
    """What a visit sees while it runs."""

    listings: int = 1
    listings_joined: int = 0
    listings_whole: int = 0
    listing_pages: int = 0
    listing_failures: list[str] = field(default_factory=list)
    planned: int = 0
    fetched: int = 0
    unchanged: int = 0
    #: How many were confirmed by 304, without a page.
    confirmed: int = 0
    #: Known articles that answered in any way: what removals are weighed against.
    rechecked: int = 0
    #: The keys of all that was asked for, of what was confirmed, and of the known articles that have shown their page.
    asked: set[str] = field(default_factory=set)
    confirmed_keys: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    #: Whether others were asked for as witnesses, and have told.
    has_asked: bool = False
    unread: int = 0
    #: Articles behind a wall of which nobody knew before, what the last of them showed instead, and whether the site
    #: was left in peace for that.
    walled: int = 0
    wall: str | None = None
    gave_out_at_walls: bool = False
    failures: list[str] = field(default_factory=list)
    failed: int = 0
    failures_in_a_row: int = 0
    #: How many texts have got or lost the same lines, and which: the site's doing, not that of its people.
    alike: str | None = None
    #: How many texts have one line in common that came into them or went.
    edited_alike: int = 0
    #: How many readings wait until it is known whether they are the articles' own; the field that was not, in words.
    doubted: int = 0
    #: Whether new articles, of which nobody knows better, have a short text in common.
    is_repeated: bool = False
    shared: tuple[str, str] | None = None
    #: Whether they wait for the next visit.
    has_put_off: bool = False
    #: How many readings those were.
    shared_by: int = 0
    changes: int = 0
    #: Articles that came on record in this visit without being news.
    added: int = 0
    blocked: str | None = None
    unreachable: str | None = None
    robots_refused: str | None = None
    #: Why an article could not be read, and why a listing's first page could not.
    no_layout: str | None = None
    lost_listing: str | None = None
    refused: str | None = None
    #: Which locator found which field, and how often; the first pages that none could read.
    located: Counter[tuple[str, str]] = field(default_factory=Counter)
    unread_pages: list[UnreadPage] = field(default_factory=list)
    unread_listings: list[UnreadPage] = field(default_factory=list)

    def keep(self, page: UnreadPage) -> None:
        """Keep a page that no layout could read as evidence, if it is one of the first."""
        if len(self.unread_pages) < _EVIDENCE:
            self.unread_pages.append(page)

    def lose_listing(self, page: UnreadPage, *, is_first: bool) -> None:
        """Keep a page of a listing in which no layout finds an article; the first of a listing is missed every day."""
        self.unread_listings.append(page)
        if is_first:
            self.lost_listing = page.reason

    @property
    def evidence(self) -> list[UnreadPage]:
        """The first pages that no layout could read."""
        return [*self.unread_listings, *self.unread_pages][:_EVIDENCE]

    @property
    def is_in_doubt(self) -> bool:
        """Whether at least half of the pages could not be read, and those are too few to judge by."""
        return 0 < self.unread < DRIFT_FLOOR and self.unread >= self.fetched

    @property
    def more_to_ask(self) -> int:
        """How many articles are to be asked for that were read before, to find out what the site does everywhere."""
        if self.has_asked:
            return 0
        is_few = 0 < self.doubted < FLOOR and 2 * self.doubted >= self.fetched
        few = 2 * FLOOR if is_few or (self.is_repeated and self.doubted < FLOOR) else 0
        suspects = max(self.doubted, self.edited_alike)
        # So many others would make them fewer than two in three; of very many it is known what all show.
        needed = suspects // 2 + 1
        others = needed if needed <= _MOST_WITNESSES and self._is_open(suspects) else 0
        return max(few, others, DRIFT_FLOOR if self.is_in_doubt else 0)

    def _is_open(self, suspects: int) -> bool:
        """Say whether articles that were not asked for, or that the site confirmed, may show the same as *suspects* do.

        They are most of those that showed their page, or would not be most of all that answered.
        """
        if suspects < FLOOR:
            return False
        are_most = 3 * suspects >= 2 * min(self.fetched, self.reread or self.fetched)
        return are_most or (self.confirmed > 0 and 3 * suspects < 2 * self.rechecked)

    @property
    def reread(self) -> int:
        """How many known articles have shown their page; a 304 says nothing of what all pages say at once."""
        return self.rechecked - self.confirmed

    @property
    def is_walled(self) -> bool:
        """Whether walls stand before the articles, and not before a few of them that are not for everybody."""
        return self.gave_out_at_walls or _are_most(self.walled, self.fetched + self.unchanged)

    def note_cause(self, reason: str) -> None:
        """Keep the evidence of what stands between us and the site, by the kind of condition it makes.

        *reason* is an address and our words about it; the address may say anything.
        """
        words = reason.partition(": ")[2]
        if is_wall(reason):
            self.blocked = reason
        elif words.startswith("robots.txt forbids"):
            self.robots_refused = reason
        elif not words.startswith("no layout"):
            self.unreachable = reason

    def give_up(self, reason: str) -> None:
        """Note why a site is left in peace after many failures in a row, the last for this reason.

        Walls of which earlier visits knew already say nothing of the site.
        """
        if not is_wall(reason):
            self.note_cause(reason)
        elif self.walled:
            self.gave_out_at_walls = True

    def note_wall(self, reason: str, *, is_news: bool) -> None:
        """Count an article that stands behind a wall; one of which an earlier visit knew says nothing of the site."""
        if is_news:
            self.walled, self.wall = self.walled + 1, reason
        else:
            self.failures_in_a_row -= 1

    def fail(self, reason: str) -> None:
        """Count a page that was not seen; the first few reasons are kept."""
        self.failures_in_a_row += 1
        self.note_failure(reason)

    def note_failure(self, reason: str) -> None:
        """Count a page that was seen and not believed, which says nothing of the next."""
        self.failed += 1
        if len(self.failures) < 5:
            self.failures.append(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a visit ended, in a word and a sentence, and the conditions it found."""

    word: str
    reason: str | None
    conditions: dict[ConditionKind, str]


def outcome_of(account: Account, finish_reason: str) -> Outcome:
    """Return the outcome of a visit that Scrapy closed with *finish_reason*."""
    conditions = conditions_of(account)
    if finish_reason in ("shutdown", "interrupted"):
        return Outcome(
            word=STOPPED,
            reason="stopped by hand; the next visit goes on from here",
            conditions=conditions,
        )
    reasons = [*account.listing_failures, *account.failures]
    missed = account.listing_failures or account.failed
    if finish_reason == "closespider_timeout":
        return Outcome(
            word=DEADLINE,
            reason="the deadline passed before everything was seen",
            conditions=conditions,
        )
    if finish_reason not in ("finished", "site_gave_out"):
        reasons.insert(0, f"the crawl ended with '{finish_reason}'")
        return Outcome(word=FAILED, reason="; ".join(reasons[:3]), conditions=conditions)
    if account.listing_failures and not account.listing_pages:
        return Outcome(word=FAILED, reason="; ".join(reasons[:3]), conditions=conditions)
    gap = "the listing did not reach back to what was known before the page budget ended"
    is_gap = account.listings_joined < account.listings and not account.listing_failures
    if missed:
        shown = reasons[:3]
        more = f" and {account.failed - len(shown)} more" if account.failed > len(shown) else ""
        told = "; ".join([f"{GAP}{gap}"] * is_gap + shown) + more
        if finish_reason == "site_gave_out":
            told += "; after so many in a row it was left in peace: what else was due waits for the next visit"
        return Outcome(word=PARTLY, reason=told, conditions=conditions)
    if is_gap:
        return Outcome(word=PARTLY, reason=f"{GAP}{gap}", conditions=conditions)
    return Outcome(word=DONE, reason=None, conditions=conditions)


def conditions_of(account: Account) -> dict[ConditionKind, str]:
    """Return why the park could not be seen, each kind with its evidence."""
    found: dict[ConditionKind, str] = {}
    if account.unreachable:
        found[ConditionKind.UNREACHABLE] = account.unreachable
    if account.is_walled:
        found[ConditionKind.BLOCKED] = f"{Cause.WALLS}: {account.walled} of those asked for, the last {account.wall}"
    elif account.blocked:
        found[ConditionKind.BLOCKED] = account.blocked
    if account.robots_refused:
        found[ConditionKind.ROBOTS_REFUSED] = account.robots_refused
    is_unread = bool(account.no_layout) and _are_most(account.unread, account.fetched)
    if account.lost_listing:
        found[ConditionKind.DRIFTED] = account.lost_listing
    elif account.shared and (account.shared_by >= account.unread or not is_unread):
        found[ConditionKind.DRIFTED] = account.shared[1]
    elif account.no_layout and is_unread:
        found[ConditionKind.DRIFTED] = account.no_layout
    elif account.alike:
        found[ConditionKind.DRIFTED] = f"{Cause.ALIKE}: {account.alike}"
    return found


def may_be_walled(account: Account, evidence: str) -> bool:
    """Say whether a wall before articles, of which an earlier visit found *evidence*, may stand still: none was read.

    A wall before a listing is gone once that is read.
    """
    return evidence.startswith(Cause.WALLS) and not (account.located or account.unchanged)


def is_wall(reason: str) -> bool:
    """Say whether the reason why a page was not seen, its address first, is a wall before it."""
    return reason.partition(": ")[2].startswith("blocked")


def _are_most(failed: int, read: int) -> bool:
    return failed >= DRIFT_FLOOR and failed >= read

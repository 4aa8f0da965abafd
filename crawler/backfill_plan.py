"""Plan a backfill: walk a listing down through a span of days, then read what is not on record."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from crawler.asked import Asked
from crawler.backfill_book import BackfillBook
from crawler.listing import ListingPage
from crawler.outcome import Account
from crawler.walk import Depth, Onward, Walk, day_of, is_within, listed_day, step
from storage.database.planning import Unread
from storage.records import Capture, Observation, Origin, Park

_PORTION = 200

Report = Callable[..., None]


class BackfillPlan:
    """Holds the course of one backfill; every page that is read is noted in the store, so a killed one goes on."""

    def __init__(
        self,
        book: BackfillBook,
        park: Park,
        account: Account,
        *,
        since: date,
        until: date | None,
        most_pages: int | None,
        is_dry_run: bool,
        report: Report,
    ) -> None:
        self._book = book
        self._park = park
        self._account = account
        self._since = since
        self._until = until
        self._most_pages = most_pages
        self._is_dry_run = is_dry_run
        self._report = report
        self._backfill_id = 0
        self._rest: tuple[Walk, ...] = ()
        self._found: set[str] = set()
        #: Listed under a day of the span, but published on another by their own word.
        self._outside: set[str] = set()
        self.origin = Origin.BACKFILL
        self.validators_lie = False

    def begin(self, now: datetime) -> list[Walk]:
        """Begin, or take up what an earlier run left; the listings are walked one after the other."""
        walks = [Walk(url=url) for url in self._park.listings]
        if not self._is_dry_run:
            self._book.begin(now)
            backfill = self._book.begin_backfill(
                since=self._since, until=self._until, listings=tuple(walk.as_json() for walk in walks), now=now
            )
            self._backfill_id = backfill.id
            self._report(event="begun", resumed=backfill.is_resumed, listing_pages=backfill.pages_read)
            walks = [Walk.from_json(data) for data in backfill.listings]
        return self._go_on(tuple(walks))

    def _go_on(self, walks: tuple[Walk, ...]) -> list[Walk]:
        self._rest = walks[1:]
        if not walks:
            self._account.listings_joined = self._account.listings
        return list(walks[:1])

    def on_page(self, listing: ListingPage, walk: Walk, answer: Capture) -> Onward:
        """Note the articles of the span that a listing page names, and go on down until all is older."""
        days = [listed_day(link, self._park.time_zone) for link in listing.links]
        dated = zip(listing.links, days, strict=True)
        within = [link for link, day in dated if is_within(day, self._since, self._until)]
        onward = step(
            walk,
            depth=Depth.SPAN,
            keys=[link.key for link in listing.links],
            is_known=(),
            next=listing.next,
            last_number=listing.last_number,
            is_cut=listing.is_cut,
            most_pages=self._most_pages,
            is_too_old=all(day is not None and day < self._since for day in days),
        )
        walks = (onward.next, *self._rest) if onward.next else self._rest
        if self._is_dry_run:
            self._found |= {link.key for link in within if self._book.find(link.key) is None}
        else:
            rest = tuple(walk.as_json() for walk in walks)
            self._book.note_backfill_page(self._backfill_id, within, rest, answer)
        self._report(
            event="listing",
            pages=self._account.listing_pages,
            of=listing.last_number,
            reached=min((day.isoformat() for day in days if day), default=None),
        )
        return Onward(walks=tuple(self._go_on(walks)))

    def portions(self) -> Iterator[list[Asked]]:
        """Yield the articles of the span that are not on record, once the listing is walked."""
        # There is nobody to ask: what is known is looked at by visits.
        self._account.has_asked = True
        if self._is_dry_run:
            self._report(event="plan", articles=len(self._found))
            return
        if self._account.listing_failures:
            return
        waiting = self._waiting()
        self._report(event="plan", articles=len(waiting))
        for at in range(0, len(waiting), _PORTION):
            yield waiting[at : at + _PORTION]

    def _waiting(self) -> list[Asked]:
        """Return what is listed of the span and not read, whoever listed it: spans of two backfills may overlap."""
        return [
            Asked.new(unread.link)
            for unread in self._book.unread(now=None, for_backfill=True)
            if unread.link.key not in self._outside and self._is_ours(unread)
        ]

    def _is_ours(self, unread: Unread) -> bool:
        if unread.backfill_id == self._backfill_id:
            return True
        day = listed_day(unread.link, self._park.time_zone)
        return day is not None and is_within(day, self._since, self._until)

    def keeps(self, observation: Observation) -> bool:
        """Say whether an article belongs to the span, now that its own date is read."""
        if is_within(day_of(observation.fields), self._since, self._until):
            return True
        self._outside |= {observation.key, observation.asked_key or observation.key}
        return False

    @property
    def backfill_id(self) -> int | None:
        """The backfill's number, None while it has none."""
        return self._backfill_id or None

    def note_gone(self, asked: Asked, answer: Capture) -> None:
        """Leave what has gone to a visit: a backfill asks for no known article."""

    def settle(self, now: datetime) -> None:
        """End the backfill if nothing of the span is left to be read."""
        is_walked = not self._account.listing_failures and self._account.listings_joined
        if self._backfill_id and is_walked and not self._waiting():
            self._book.finish_backfill(self._backfill_id, now)

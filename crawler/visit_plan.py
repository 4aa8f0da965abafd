"""Plan a visit: what to ask of a park's listing, of what is new, and of what is known and due."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from crawler.asked import Asked
from crawler.book import VisitBook
from crawler.listing import ListingPage
from crawler.outcome import Account
from crawler.walk import Depth, Onward, Walk, step
from storage.decisions import believes_removals
from storage.records import NO_VALIDATORS, Capture, Observation, Origin, Park, Recheck, Validators

_PORTION = 200
#: Listing pages beyond so many bytes prove nothing any more that a person could look through.
_MOST_PROOF_BYTES = 8_000_000
#: A wrong validator, to learn whether a server answers 304 to anything.
_PROBE = Validators(etag='"parkwatch-probe"', last_modified="Thu, 01 Jan 1970 00:00:00 GMT")

#: Witnesses that fail are replaced so often: a site in trouble is not asked for everything.
_ROUNDS_OF_WITNESSES = 3


class VisitPlan:
    """Holds the course of one visit; its methods block on the store, so they are called in a thread."""

    def __init__(
        self,
        book: VisitBook,
        park: Park,
        account: Account,
        *,
        recheck: str,
        first_visit_pages: int,
        most_pages: int,
        whole_every: timedelta,
    ) -> None:
        self._book = book
        self._park = park
        self._account = account
        self._recheck = recheck
        self._first_visit_pages = first_visit_pages
        self._most_pages = most_pages
        self._whole_every = whole_every
        self._began = datetime.min
        self.backfill_id: int | None = None
        #: Set when a server answers 304 to a validator that nobody ever gave out.
        self.validators_lie = False
        self._doubted: list[Asked] = []
        self._gone: dict[int, Capture] = {}
        #: The pages of a listing that is read whole: by them an article is no longer listed.
        self._listing: list[Capture] = []

    @property
    def origin(self) -> Origin:
        """Why an article that this visit finds comes to be known."""
        return Origin.BASELINE if self._book.is_baseline else Origin.CRAWL

    def begin(self, now: datetime) -> list[Walk]:
        """Begin the visit; the listings are walked side by side."""
        self._book.begin(now, deep_pages=self._first_visit_pages)
        self._began = now
        return [Walk(url=url) for url in self._park.listings]

    def on_page(self, listing: ListingPage, walk: Walk, answer: Capture) -> Onward:
        """Note a listing page: ask for what is not on record and what looks changed, and go on or not."""
        now = answer.captured_at
        first = (walk.frame or walk.url) if walk.number == 1 and walk.form is None and listing.links else None
        listed = self._book.note_listing(listing.links, answer, listing=first, revision=listing.revision)
        depth = self._depth(now)
        if depth is Depth.WHOLE and sum(len(page.content) for page in self._listing) < _MOST_PROOF_BYTES:
            self._listing.append(answer)
        onward = step(
            walk,
            depth=depth,
            keys=[link.key for link in listing.links],
            is_known=listed.is_known,
            next=listing.next,
            last_number=listing.last_number,
            is_cut=listing.is_cut,
            most_pages=self._budget(depth),
        )
        if onward.next is None:
            self._account.listings_joined += onward.is_joined
            self._account.listings_whole += onward.is_end
        asks = [Asked.new(link) for link in listed.unknown]
        asks += [Asked.again(recheck, NO_VALIDATORS) for recheck in listed.suspicious]
        return Onward(asks=tuple(asks), walks=(onward.next,) if onward.next else ())

    def _budget(self, depth: Depth) -> int:
        if depth is Depth.BASELINE:
            return self._first_visit_pages
        return self._most_pages if depth is Depth.JOIN else max(self._most_pages, self._first_visit_pages)

    def _depth(self, now: datetime) -> Depth:
        if self._book.is_baseline:
            return Depth.BASELINE
        read = self._book.deep_read_at
        whole_is_due = read is None or now - read >= self._whole_every
        return Depth.WHOLE if self._recheck == "all" or whole_is_due else Depth.JOIN

    def portions(self) -> Iterator[list[Asked]]:
        """Yield work, each portion when the one before is done.

        First what earlier visits left unread, then what is known and due, then what a listing read to its end has lost.
        Then, where the few pages that came could not be read, some that could be read before: are they still?
        Last, once more, what answered "not found": a server that lost sight of a page for a moment removed nothing.
        """
        if not self._account.listing_pages:
            return  # a site that does not even list is not asked for hundreds of pages
        late = self._book.unread(now=None if self._recheck == "all" else self._began)
        yield [Asked.new(unread.link) for unread in late]
        if self._recheck != "none":
            yield from self._rechecks(None if self._recheck == "all" else self._began)
        if self._account.listings_whole >= self._account.listings:
            yield [self._again(recheck) for recheck in self._book.missing_from_listing()]
        if more := self._account.more_to_ask:
            yield from self._witnesses(more)
        if self._believes_in_removals():
            yield [asked.second_look() for asked in self._doubted]

    def _witnesses(self, number: int) -> Iterator[list[Asked]]:
        """Ask for articles whose turn has not come until so many have shown their page, or none is left."""
        account, asked = self._account, 0
        before = len(account.shown)
        for _ in range(_ROUNDS_OF_WITNESSES):
            others = self._others(number - (len(account.shown) - before))
            if not others:
                break
            asked += len(others)
            yield others
        account.has_asked = 2 * (len(account.shown) - before) >= min(asked, number)

    def _others(self, number: int) -> list[Asked]:
        known = self._account.asked - self._account.confirmed_keys
        found = [each for each in self._book.newest(number + len(known)) if each.key not in known] if number > 0 else []
        return [Asked.as_witness(recheck) for recheck in found[:number]]

    def _rechecks(self, due_at: datetime | None) -> Iterator[list[Asked]]:
        after_id = 0
        while portion := self._book.rechecks(due_at=due_at, after_id=after_id, limit=_PORTION):
            if after_id == 0:
                yield self._probe(portion)
            after_id = portion[-1].article_id
            yield [self._again(recheck) for recheck in portion]

    def _again(self, recheck: Recheck) -> Asked:
        return Asked.again(recheck, NO_VALIDATORS if self.validators_lie else recheck.validators)

    def _probe(self, portion: list[Recheck]) -> list[Asked]:
        """Ask for one article with a wrong validator of the kind that its server gives."""
        for recheck in portion:
            if recheck.validators:
                wrong = Validators(
                    etag=_PROBE.etag if recheck.validators.etag else None,
                    last_modified=_PROBE.last_modified if recheck.validators.last_modified else None,
                )
                return [Asked.again(recheck, wrong, is_probe=True)]
        return []

    def keeps(self, observation: Observation) -> bool:
        """Say whether an article that was read is to be stored: in a visit, every one."""
        return True

    def note_gone(self, asked: Asked, answer: Capture) -> None:
        """Note that a known article answers "not found", for the first or the second time in this visit."""
        if not asked.is_second_look:
            self._doubted.append(asked)
        elif asked.article_id is not None:
            self._gone[asked.article_id] = answer

    def _believes_in_removals(self) -> bool:
        return believes_removals(len(self._doubted), self._account.rechecked)

    def settle(self, now: datetime) -> None:
        """Write what only a whole visit can tell: which articles are gone, and which are no longer listed."""
        account = self._account
        if not account.listing_pages:
            return
        if self._believes_in_removals():
            account.changes += self._book.removed(self._gone, now)
        else:
            gone = len(self._doubted)
            account.fail(f"{gone} articles answer 'not found' at once, which no site means: nothing is removed")
        if account.listings_whole >= account.listings and not self._book.is_baseline:
            missing, listed = self._book.weigh_unlisted()
            if believes_removals(missing, missing + listed):
                account.changes += self._book.unlisted(self._listing, now)
            else:
                account.fail(f"{missing} articles are no longer listed at once, which no site means: none is unlisted")

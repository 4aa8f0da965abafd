"""Visit one park: walk its listing, read what is new, ask again for what is due."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread
from twisted.python.failure import Failure

from crawler.article import ArticlePage, Asked, Gone, ReadArticle, Unread, read_response
from crawler.book import VisitBook
from crawler.items import ArticleItem
from crawler.layouts import Layout
from crawler.listing import ListingPage, read_listing
from crawler.outcome import Account
from crawler.responses import cause_of, page_of, wall_of
from crawler.signs import Signs, load_signs
from crawler.walk import Depth, Walk, is_within, listed_day, step
from storage.clock import utc_now
from storage.database import open_store, visits
from storage.decisions import believes_removals
from storage.records import Origin, Park, Recheck, Validators

#: Signal with the keyword ``event``: plain values about how far a backfill is.
PROGRESS = object()
LISTING, NEW, RECHECK = 20, 10, 0
_CHUNK = 200
#: After so many failures in a row a site is left in peace until the next visit.
_GIVE_UP_AFTER = 8
#: A wrong validator, to learn whether a server answers 304 to anything.
_PROBE = Validators(etag='"parkwatch-probe"', last_modified="Thu, 01 Jan 1970 00:00:00 GMT")


class ParkSpider(Spider):
    """One visit of one park, or a backfill of its past if ``since`` is given.

    Arguments: ``since`` and ``until`` (days, both included), ``recheck`` (due, all, none), ``max_pages`` (of the
    listing).
    """

    park: ClassVar[Park]
    layouts: ClassVar[list[Layout]]
    book: VisitBook
    signs: Signs
    first_visit_pages: int
    most_pages: int
    whole_every: timedelta

    def __init__(
        self,
        since: str | None = None,
        until: str | None = None,
        recheck: str = "due",
        max_pages: str | None = None,
        dry_run: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if recheck not in ("due", "all", "none"):
            raise ValueError(f"recheck={recheck}: write due, all or none")
        self.since = date.fromisoformat(since) if since else None
        self.until = date.fromisoformat(until) if until else None
        if self.until and not self.since:
            raise ValueError("until needs since: name the first day of the span as well")
        self.recheck = recheck
        self.max_pages = int(max_pages) if max_pages else None
        self.is_dry_run = bool(dry_run)
        self.account = Account(listings=len(self.park.listings))
        self.clock: Callable[[], datetime] = utc_now
        self.asked: set[str] = set()
        self.gone: list[int] = []
        self.backfill_id: int | None = None
        self._planned_keys: set[str] = set()
        self._phases: Iterator[list[Request]] = iter(())

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider with its book; the idle signal drives the phases of the visit."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings = crawler.settings
        spider.signs = load_signs()
        spider.first_visit_pages = settings.getint("PARKWATCH_FIRST_VISIT_PAGES")
        spider.most_pages = spider.max_pages or settings.getint("PARKWATCH_LISTING_PAGES")
        spider.whole_every = timedelta(hours=settings.getint("PARKWATCH_WHOLE_LISTING_HOURS"))
        kind = visits.BACKFILL if spider.since else visits.VISIT
        spider.book = VisitBook(open_store(settings["PARKWATCH_STORE_URL"]), cls.park, kind=kind)
        crawler.signals.connect(spider.on_idle, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Begin the visit and ask for the listings; everything else follows from them."""
        now = self.clock()
        try:
            await run_in_thread(self.book.begin, now)
        except visits.VisitRunningError as refusal:
            self.account.refused = str(refusal)
            return
        if self.since:
            walks = await self._begin_backfill(now)
            self._phases = self._backfill_phases()
        else:
            walks = [Walk(url=url) for url in self.park.listings]
            self._phases = self._visit_phases(now)
        for walk in walks[:1] if self.since else walks:
            yield self._listing_request(walk, tuple(walks[1:]) if self.since else ())

    # ---- listings ----------------------------------------------------------------------------

    def _depth(self) -> Depth:
        if self.since:
            return Depth.SPAN
        if self.book.is_baseline:
            return Depth.BASELINE
        whole_is_due = self.book.whole_read_at is None or self.clock() - self.book.whole_read_at >= self.whole_every
        return Depth.WHOLE if self.recheck == "all" or whole_is_due else Depth.JOIN

    def _listing_request(self, walk: Walk, rest: tuple[Walk, ...] = ()) -> Request:
        return Request(
            walk.url,
            callback=self.parse_listing,
            errback=self.listing_failed,
            priority=LISTING,
            dont_filter=True,
            cb_kwargs={"walk": walk, "rest": rest},
        )

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Read any page of the park: an article by its address, else a listing (``scrapy parse``, ``scrapy shell``)."""
        page = page_of(response, self.park)
        listing = read_listing(page, self.layouts, self.park)
        if any(layout.is_article(response.url) for layout in self.layouts):
            async for item in self.parse_article(response, Asked.address(response.url, self.layouts)):
                yield item
        else:
            for link in listing.links:
                yield {"url": link.url, "headline": link.headline, "date": link.date}

    async def parse_listing(self, response: Response, walk: Walk, rest: tuple[Walk, ...]) -> AsyncIterator[Any]:
        """Read one page of a listing and decide whether to go on."""
        wall = wall_of(response, self.park, self.signs)
        if wall:
            self._listing_lost(walk, wall)
            return
        page = page_of(response, self.park)
        listing = read_listing(page, self.layouts, self.park, walk.number)
        if not listing.links and walk.number == 1:
            self.account.no_layout = f"{walk.url}: no layout finds an article in the listing"
            self._listing_lost(walk, self.account.no_layout)
            return
        self.account.listing_pages += 1
        self.account.failures_in_a_row = 0
        if listing.is_cut:
            self.account.fail(
                f"{response.url}: the listing names more articles than one page may hold, the rest is left out"
            )
        if self.since:
            async for request in self._backfill_page(listing, walk, rest):
                yield request
        else:
            async for request in self._visit_page(listing, walk):
                yield request

    async def _visit_page(self, listing: ListingPage, walk: Walk) -> AsyncIterator[Request]:
        listed = await run_in_thread(self.book.note_listing, listing.links, self.clock())
        depth = self._depth()
        onward = step(
            walk,
            depth=depth,
            keys=[link.key for link in listing.links],
            is_known=listed.is_known,
            next_url=listing.next_url,
            most_pages=self.max_pages or (self.most_pages if depth is Depth.JOIN else self.first_visit_pages),
        )
        for link in listed.unknown:
            for request in self._ask(Asked.new(link)):
                yield request
        for recheck in listed.suspicious:
            for request in self._ask(Asked.again(recheck, Validators())):
                yield request
        if onward.next:
            yield self._listing_request(onward.next)
        else:
            self.account.listings_joined += onward.is_joined
            self.account.listings_whole += onward.is_end

    def listing_failed(self, failure: Failure) -> None:
        """Note why a listing could not be fetched."""
        request: Request = failure.request  # type: ignore[attr-defined]
        self._listing_lost(
            request.cb_kwargs["walk"],
            f"{request.url}: {cause_of(failure, self.crawler)}",
        )

    def _listing_lost(self, walk: Walk, reason: str) -> None:
        self.account.listing_failures.append(reason)
        self.account.failed += 1
        if walk.number == 1:
            self.account.note_cause(reason)

    # ---- articles ----------------------------------------------------------------------------

    def _ask(self, asked: Asked) -> Iterator[Request]:
        if asked.key in self.asked:
            return
        self.asked.add(asked.key)
        self.account.planned += 1
        yield Request(
            asked.url,
            callback=self.parse_article,
            errback=self.article_failed,
            headers=asked.headers(),
            priority=RECHECK if asked.article_id else NEW,
            dont_filter=True,
            cb_kwargs={"asked": asked},
        )

    async def parse_article(self, response: Response, asked: Asked) -> AsyncIterator[Any]:
        """Read an article's page, with its further pages, and say what it shows."""
        now = self.clock()
        if response.status == 304 and asked.article_id:
            async for request in self._unchanged(asked, now):
                yield request
            return
        reader = ArticlePage(
            park=self.park,
            layouts=self.layouts,
            signs=self.signs,
            fetch=self._fetch,
            book=self.book,
            now=now,
            origin=self._origin(),
        )
        result = await read_response(reader, response, asked)
        if isinstance(result, ReadArticle):
            self.account.failures_in_a_row = 0
            self.account.fetched += 1
            if self._is_outside_span(result):
                await run_in_thread(self.book.forget, asked.key)
            else:
                yield ArticleItem.of(result.observation)
        elif isinstance(result, Gone) and asked.article_id:
            self.account.failures_in_a_row = 0
            self.account.fetched += 1
            self.gone.append(asked.article_id)
        else:
            await self._lost(asked, result.reason, now, unread=isinstance(result, Unread))

    def _origin(self) -> Origin:
        if self.since:
            return Origin.BACKFILL
        return Origin.BASELINE if self.book.is_baseline else Origin.CRAWL

    async def _unchanged(self, asked: Asked, now: datetime) -> AsyncIterator[Request]:
        if asked.is_probe:
            # 304 to a validator that nobody ever gave out: this server's word is worth nothing in this visit.
            self.validators_lie = True
            self.asked.discard(asked.key)
            for request in self._ask(asked.whole()):
                yield request
            return
        assert asked.article_id is not None
        self.account.unchanged += 1
        self.account.failures_in_a_row = 0
        await run_in_thread(self.book.confirm, asked.article_id, now)

    async def article_failed(self, failure: Failure) -> None:
        """Note why an article could not be fetched."""
        request: Request = failure.request  # type: ignore[attr-defined]
        await self._lost(
            request.cb_kwargs["asked"],
            cause_of(failure, self.crawler),
            self.clock(),
            unread=False,
        )

    async def _lost(self, asked: Asked, reason: str, now: datetime, *, unread: bool) -> None:
        if reason.startswith("robots"):
            self.account.planned -= 1  # the site's own wish is no failure to see
        else:
            self.account.fail(f"{asked.url}: {reason}")
        self.account.unread += unread
        if unread:
            self.account.no_layout = f"{asked.url}: {reason}"
        if self.book.is_open:
            await run_in_thread(
                self.book.failed,
                article_id=asked.article_id,
                key=asked.key,
                reason=reason,
                now=now,
            )
        if self.account.failures_in_a_row >= _GIVE_UP_AFTER:
            self.account.note_cause(f"{asked.url}: {reason}")
            raise CloseSpider("site_gave_out")

    async def _fetch(self, url: str) -> Response:
        assert self.crawler.engine is not None
        return await self.crawler.engine.download_async(Request(url, dont_filter=True))

    # ---- phases ------------------------------------------------------------------------------

    def on_idle(self) -> None:
        """Ask for the next portion of work when everything asked for is answered."""
        if self.account.refused:
            return
        for requests in self._phases:
            if requests:
                assert self.crawler.engine is not None
                for request in requests:
                    self.crawler.engine.crawl(request)
                raise DontCloseSpider

    validators_lie: bool = False

    def _visit_phases(self, began: datetime) -> Iterator[list[Request]]:
        """Yield portions of work: what earlier visits left unread, then what is due, then what the list has lost."""
        if not self.account.listing_pages:
            return  # a site that does not even list is not asked for hundreds of pages
        late = self.book.unread(now=None if self.recheck == "all" else began)
        yield [request for unread in late for request in self._ask(Asked.new(unread.link))]
        if self.recheck != "none":
            due_at = None if self.recheck == "all" else began
            yield self._probe(due_at)
            after_id = 0
            while chunk := self.book.rechecks(due_at=due_at, after_id=after_id, limit=_CHUNK):
                after_id = chunk[-1].article_id
                yield [request for recheck in chunk for request in self._ask_again(recheck)]
        if self.account.listings_whole >= self.account.listings:
            yield [request for recheck in self.book.missing_from_listing() for request in self._ask_again(recheck)]

    def _ask_again(self, recheck: Recheck) -> Iterator[Request]:
        validators = Validators() if self.validators_lie else recheck.validators
        yield from self._ask(Asked.again(recheck, validators))

    def _probe(self, due_at: datetime | None) -> list[Request]:
        """Ask for one due article with a wrong validator of the kind that its server gives."""
        for recheck in self.book.rechecks(due_at=due_at, after_id=0, limit=_CHUNK):
            if recheck.validators and recheck.key not in self.asked:
                wrong = Validators(
                    etag=_PROBE.etag if recheck.validators.etag else None,
                    last_modified=_PROBE.last_modified if recheck.validators.last_modified else None,
                )
                return list(self._ask(Asked.again(recheck, wrong, is_probe=True)))
        return []

    # ---- the past ----------------------------------------------------------------------------

    async def _begin_backfill(self, now: datetime) -> list[Walk]:
        assert self.since is not None
        first = tuple(Walk(url=url).as_json() for url in self.park.listings)
        if self.is_dry_run:
            return [Walk.from_json(data) for data in first]
        backfill = await run_in_thread(
            self.book.begin_backfill,
            since=self.since,
            until=self.until,
            listings=first,
            now=now,
        )
        self.backfill_id = backfill.id
        self.report(
            event="begun",
            resumed=backfill.is_resumed,
            listing_pages=backfill.pages_read,
        )
        return [Walk.from_json(data) for data in backfill.listings]

    async def _backfill_page(self, listing: ListingPage, walk: Walk, rest: tuple[Walk, ...]) -> AsyncIterator[Request]:
        assert self.since is not None
        days = [listed_day(link, self.park.time_zone) for link in listing.links]
        within = [link for link, day in zip(listing.links, days, strict=True) if is_within(day, self.since, self.until)]
        onward = step(
            walk,
            depth=Depth.SPAN,
            keys=[link.key for link in listing.links],
            is_known=[],
            next_url=listing.next_url,
            most_pages=self.max_pages or self.most_pages,
            is_too_old=bool(days) and all(day is not None and day < self.since for day in days),
        )
        if onward.is_end and listing.links and listing.links[0].key in walk.firsts:
            within = []
        walks = (onward.next, *rest) if onward.next and not self._pages_spent(walk) else rest
        if self.is_dry_run:
            self._planned_keys.update(link.key for link in within if self.book.find(link.key) is None)
        else:
            assert self.backfill_id is not None
            rest_json = tuple(w.as_json() for w in walks)
            await run_in_thread(
                self.book.note_backfill_page,
                self.backfill_id,
                within,
                rest_json,
                self.clock(),
            )
        oldest = min((day for day in days if day), default=None)
        self.report(
            event="listing",
            pages=self.account.listing_pages,
            of=listing.last_number,
            reached=oldest.isoformat() if oldest else None,
        )
        if walks:
            yield self._listing_request(walks[0], tuple(walks[1:]))

    def _pages_spent(self, walk: Walk) -> bool:
        return self.max_pages is not None and walk.number >= self.max_pages

    def _backfill_phases(self) -> Iterator[list[Request]]:
        """Yield the articles of the span that are not on record, once the listing is walked."""
        if self.is_dry_run:
            self.report(event="plan", articles=len(self._planned_keys))
            return
        if self.account.listing_failures:
            return
        waiting = self.book.unread(now=None, backfill_id=self.backfill_id)
        self.report(event="plan", articles=len(waiting))
        for at in range(0, len(waiting), _CHUNK):
            yield [request for unread in waiting[at : at + _CHUNK] for request in self._ask(Asked.new(unread.link))]

    def _is_outside_span(self, result: ReadArticle) -> bool:
        if not self.since or result.observation.origin is not Origin.BACKFILL:
            return False
        iso = result.observation.fields.date_published
        return not is_within(date.fromisoformat(iso[:10]) if iso else None, self.since, self.until)

    # ---- the end -----------------------------------------------------------------------------

    def settle(self, now: datetime) -> None:
        """Write what only a whole visit can tell: which articles are gone, and which are no longer listed."""
        if not self.account.listing_pages:
            return
        if believes_removals(len(self.gone), self.account.fetched + self.account.unchanged):
            self.account.changes += self.book.removed(self.gone, now)
        else:
            self.account.fail(
                f"{len(self.gone)} articles answer 'not found' at once, which no site means: nothing removed"
            )
        if self.account.listings_whole >= self.account.listings and not self.book.is_baseline:
            self.account.changes += self.book.unlisted(now)
        if self.backfill_id is None or self.account.listing_failures:
            return
        if not self.book.unread(now=None, backfill_id=self.backfill_id):
            self.book.finish_backfill(self.backfill_id, now)

    def report(self, **event: Any) -> None:
        """Tell whoever watches; the progress extension listens."""
        self.crawler.signals.send_catch_log(PROGRESS, event=event)

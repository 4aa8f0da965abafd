"""Crawl one park: ask, read and hand over; what to ask for is the plan's to say."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread
from twisted.python.failure import Failure

from crawler.article import ArticlePage, read_response
from crawler.asked import Asked, Gone, ReadArticle, Unread, doubtful_of
from crawler.backfill_book import BackfillBook
from crawler.book import VisitBook
from crawler.decoding import UNDECODED
from crawler.drift import located
from crawler.elsewhere import articles_elsewhere
from crawler.guard import name_hosts
from crawler.holding import Held
from crawler.items import ArticleItem, ObservedItem
from crawler.layouts import Layout
from crawler.listing import is_article_of, read_listing
from crawler.outcome import Account, is_wall
from crawler.responses import (
    capture_of,
    cause_of,
    is_cut_short,
    is_drawn_by_script,
    page_of,
    unread_page,
    wall_of,
)
from crawler.signs import Signs, load_signs
from crawler.spiders.arguments import VisitArguments
from crawler.spiders.asking import article_request, listing_request
from crawler.spiders.planning import Plan, planned
from crawler.stopping import is_stopped
from crawler.walk import Walk, day_of, is_within
from storage.clock import utc_now
from storage.crash import crash_point
from storage.database import in_words, visits
from storage.records import Capture, Park

#: Signal with the keyword ``event``: plain values about how far a backfill is.
PROGRESS = object()
#: After so many failures in a row a site is left in peace until the next visit.
_GIVE_UP_AFTER = 8


class ParkSpider(Spider):
    """One visit of one park, or a backfill of its past if ``since`` is given.

    Arguments: ``since`` and ``until`` (days, both included), ``recheck`` (due, all, none), ``max_pages`` (of the
    listing), ``dry_run`` (with ``since``: walk the listing, store nothing). A visit hands on what it reads, a backfill
    whatever is on record of its span as well, so that a feed export of it is always whole.
    """

    park: ClassVar[Park]
    layouts: ClassVar[list[Layout]]
    book: VisitBook
    plan: Plan
    signs: Signs

    def __init__(self, name: str | None = None, **arguments: Any) -> None:
        super().__init__(name)
        self.arguments = VisitArguments.parse(arguments)
        self.account = Account(listings=len(self.park.listings))
        self.clock: Callable[[], datetime] = utc_now
        self.held = Held()
        self._portions: Iterator[list[Asked]] = iter(())

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider with its book and plan; the idle signal asks for the plan's next portion."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        settings, asked = crawler.settings, spider.arguments
        spider.signs = load_signs()
        name_hosts(cls.park.hosts)
        spider.book, spider.plan = planned(settings, cls.park, spider.account, asked, spider.report)
        crawler.signals.connect(spider.on_idle, signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Begin the visit and ask for the listings; everything else follows from them."""
        if await is_stopped(self.crawler):
            return
        try:
            walks = await run_in_thread(self.plan.begin, self.clock())
        except visits.VisitRefusedError as refusal:
            self.account.refused = str(refusal)
            return
        except Exception as error:  # without its visit in the store nothing can be told but this
            reason = f"the visit cannot begin: {in_words(error)}"
            self.logger.error("%s: %s", self.name, reason)
            self.account.listing_failures.append(reason)
            return
        self._portions = self.plan.portions()
        if self.crawler.settings.getdict("FEEDS"):
            async for item in self._on_record():
                yield item
        for request in self._walk_requests(walks):
            yield request

    async def _on_record(self) -> AsyncIterator[ArticleItem]:
        asked, book, after_id = self.arguments, self.book, 0
        while asked.since and isinstance(book, BackfillBook) and book.is_open:
            lines = await run_in_thread(book.published, asked.since, asked.until, after_id)
            for line in lines:
                after_id = line.id
                if is_within(day_of(line.fields), asked.since, asked.until):
                    yield ArticleItem.of(line)
            if not lines:
                return

    def on_idle(self) -> None:
        """Ask for the next portion of work when everything asked for is answered."""
        requests = self._next_requests()
        if requests:
            assert self.crawler.engine is not None
            for request in requests:
                self.crawler.engine.crawl(request)
            raise DontCloseSpider

    def _next_requests(self) -> list[Request]:
        try:
            for portion in self._portions:
                requests = list(self._requests(portion))
                if requests:
                    return requests
        except Exception as error:  # Scrapy would log it and call the visit finished
            self.account.fail(f"what is to be read next cannot be worked out: {in_words(error)}")
            self._portions = iter(())
        return []

    # ---- listings ----------------------------------------------------------------------------

    def _walk_requests(self, walks: Iterable[Walk]) -> Iterator[Request]:
        return (listing_request(walk, self.parse_listing, self.listing_failed) for walk in walks)

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Read any page of the park, an article or a listing (``scrapy parse``, ``scrapy shell``)."""
        if any(is_article_of(self.park, layout, response.url) for layout in self.layouts):
            async for item in self.parse_article(response):
                yield item
            return
        for link in read_listing(page_of(response, self.park), self.layouts, self.park).links:
            yield {"url": link.url, "headline": link.headline, "date": link.date}

    async def parse_listing(self, response: Response, walk: Walk) -> AsyncIterator[Any]:
        """Read one page of a listing; the plan says what to ask for and whether to go on."""
        wall = wall_of(response, self.park, self.signs)
        if wall:
            self._listing_lost(walk, wall)
            return
        page = page_of(response, self.park)
        listing = read_listing(page, self.layouts, self.park, walk.number, walk.form)
        if listing.is_frame and listing.next and not walk.frame:
            for request in self._walk_requests([replace(walk, url=listing.next.url, frame=walk.url)]):
                yield request
            return
        if is_cut_short(page):
            self._listing_lost(walk, f"{walk.url}: the listing ends before its markup does")
            return
        if not listing.links and (walk.number == 1 or not listing.is_behind_the_last):
            trouble = listing.trouble or articles_elsewhere(page, self.layouts, self.park)
            trouble = trouble or "no layout finds an article in the listing"
            trouble += ", which a script would fetch" if is_drawn_by_script(page) else ""
            reason = f"{walk.url}: {trouble}"
            self.account.lose_listing(unread_page(response, page, reason, self.clock()), is_first=walk.number == 1)
            self._listing_lost(walk, reason, is_unread=True)
            return
        crash_point("listing_fetched")
        self.account.listing_pages += 1
        self.account.failures_in_a_row = 0
        if listing.is_cut:
            self.account.fail(f"{response.url}: names more articles than one page may, the rest is left out")
        onward = await run_in_thread(self.plan.on_page, listing, walk, capture_of(response, self.clock()))
        for request in (*self._requests(onward.asks), *self._walk_requests(onward.walks)):
            yield request

    def listing_failed(self, failure: Failure) -> None:
        """Note why a listing could not be fetched."""
        request: Request = failure.request  # type: ignore[attr-defined]
        self._listing_lost(request.cb_kwargs["walk"], f"{request.url}: {cause_of(failure, self.crawler)}")

    def _listing_lost(self, walk: Walk, reason: str, *, is_unread: bool = False) -> None:
        self.account.listing_failures.append(reason)
        self.account.failed += 1
        if walk.number > 1 or is_unread:
            return
        if reason.endswith(UNDECODED):
            self.account.lost_listing = reason
        else:
            self.account.note_cause(reason)

    # ---- articles ----------------------------------------------------------------------------

    def _requests(self, asks: Iterable[Asked]) -> Iterator[Request]:
        for asked in asks:
            account = self.account
            is_seen = asked.key in account.asked and not (asked.is_witness and asked.key in account.confirmed_keys)
            if is_seen and not asked.is_second_look:
                continue
            account.asked.add(asked.key)
            self.account.planned += not asked.is_second_look
            yield self._article_request(asked)

    def _article_request(self, asked: Asked) -> Request:
        return article_request(asked, self.parse_article, self.article_failed)

    async def parse_article(self, response: Response, asked: Asked | None = None) -> AsyncIterator[Any]:
        """Read an article with its further pages, and say what it shows."""
        now = self.clock()
        asked = asked or Asked.address(response.url, self.layouts)
        if response.status == 304 and asked.article_id:
            if asked.is_probe:
                # 304 to a validator that nobody ever gave out: this server's word is worth nothing in this visit.
                self.plan.validators_lie = True
                yield self._article_request(asked.whole())
            elif not asked.validators:
                await self._lost(asked, "answered 304 to a request without a condition", now, unread=False)
            else:
                self._seen()
                self.account.unchanged += 1
                self.account.confirmed += 1
                self.account.confirmed_keys.add(asked.key)
                self.account.rechecked += 1
                await run_in_thread(self.book.confirm, asked.article_id, now)
            return
        result = await read_response(self._reader(now), response, asked)
        if isinstance(result, ReadArticle):
            crash_point("article_fetched")
            self._seen()
            self.account.fetched += 1
            if asked.article_id is not None:
                self.account.rechecked += not asked.is_second_look
                self.account.shown.add(asked.key)
            self.account.located.update(located(result.observation))
            if self.plan.keeps(result.observation):
                found = result.observation
                doubtful = doubtful_of(asked, result)
                # Without a visit (``scrapy parse``) there is no store to tell.
                is_told = self.book.is_open
                yield ObservedItem.observed(found, result.edit, doubtful) if is_told else ArticleItem.of(found)
            else:
                await run_in_thread(self.book.forget, asked.key, backfill_id=self.plan.backfill_id)
        elif isinstance(result, Gone):
            await self._gone(asked, result.reason, capture_of(response, now), now)
        else:
            if isinstance(result, Unread):
                self.account.keep(result.page)
            await self._lost(asked, result.reason, now, unread=isinstance(result, Unread))

    async def _gone(self, asked: Asked, reason: str, answer: Capture, now: datetime) -> None:
        """Take 404 for an answer: a known article's is weighed at the end, a dead link in a listing waits longer."""
        self._seen()
        self.account.fetched += not asked.is_second_look
        if asked.is_removed and asked.article_id:
            await run_in_thread(self.book.postpone, asked.article_id, now)
        elif asked.article_id:
            self.account.rechecked += not asked.is_second_look
            self.plan.note_gone(asked, answer)
        elif self.book.is_open:
            await run_in_thread(self.book.failed, article_id=None, key=asked.key, reason=reason, now=now)

    def _reader(self, now: datetime) -> ArticlePage:
        return ArticlePage(
            park=self.park,
            layouts=self.layouts,
            signs=self.signs,
            fetch=self._fetch,
            book=self.book,
            now=now,
            origin=self.plan.origin,
        )

    async def _fetch(self, url: str) -> Response:
        assert self.crawler.engine is not None
        return await self.crawler.engine.download_async(Request(url))

    def _seen(self) -> None:
        self.account.failures_in_a_row = 0

    async def article_failed(self, failure: Failure) -> None:
        """Note why an article could not be fetched."""
        request: Request = failure.request  # type: ignore[attr-defined]
        await self._lost(request.cb_kwargs["asked"], cause_of(failure, self.crawler), self.clock(), unread=False)

    async def _lost(self, asked: Asked, reason: str, now: datetime, *, unread: bool) -> None:
        if reason.startswith("robots.txt forbids"):
            self.account.planned -= 1  # the site's own wish is no failure to see
        else:
            self.account.fail(f"{asked.url}: {reason}")
        self.account.unread += unread
        if unread:
            self.account.no_layout = f"{asked.url}: {reason}"
        is_known = False
        if self.book.is_open:
            is_known = await run_in_thread(
                self.book.failed, article_id=asked.article_id, key=asked.key, reason=reason, now=now
            )
        if is_wall(f"{asked.url}: {reason}"):
            self.account.note_wall(f"{asked.url}: {reason}", is_news=not (is_known or asked.is_second_look))
        if self.account.failures_in_a_row >= _GIVE_UP_AFTER:
            self.account.give_up(f"{asked.url}: {reason}")
            raise CloseSpider("site_gave_out")

    # ---- the end -----------------------------------------------------------------------------

    def settle(self, now: datetime) -> None:
        """Let the plan write what only a whole visit can tell."""
        self.plan.settle(now)

    def report(self, **event: Any) -> None:
        """Tell whoever watches; the account's extension listens."""
        self.crawler.signals.send_catch_log(PROGRESS, event=event)

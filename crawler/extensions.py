"""Keep a visit's account: heartbeats while it runs, its outcome at the end, progress for a parent."""

import json
import sys
from typing import Any

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.asyncio import create_looping_call, run_in_thread
from twisted.python.failure import Failure

from crawler.drift import knows_addresses, listed_again, replays, with_cause
from crawler.holding import let_go
from crawler.outcome import Outcome, outcome_of
from crawler.spiders.park import PROGRESS, ParkSpider
from storage.database import in_words
from storage.records import ConditionKind

_HEARTBEAT_S = 20
#: A crawl delay that a site asks for is honoured up to this; beyond it a visit could never end.
_LONGEST_DELAY_S = 60.0
#: So many of the last good articles are read again to find out whether the site or the layout has changed.
_REPLAYED = 3


class VisitAccount:
    """Opens and closes the visit's row in the store."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._beat = create_looping_call(self._heartbeat)
        self._tells = crawler.settings.getbool("PARKWATCH_PROGRESS")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "VisitAccount":
        """Build the extension and connect it."""
        extension = cls(crawler)
        crawler.signals.connect(extension.opened, signals.spider_opened)
        crawler.signals.connect(extension.closed, signals.spider_closed)
        crawler.signals.connect(extension.robots_parsed, signals.robots_parsed)
        crawler.signals.connect(extension.progress, PROGRESS)
        crawler.signals.connect(extension.gone_wrong, signals.spider_error)
        crawler.signals.connect(extension.gone_wrong, signals.item_error)
        crawler.signals.connect(extension.item_done, signals.item_scraped)
        return extension

    @property
    def _spider(self) -> ParkSpider:
        assert isinstance(self._crawler.spider, ParkSpider)
        return self._crawler.spider

    def opened(self) -> None:
        """Begin the heartbeat, and tell the parent that this park's turn has come."""
        self._beat.start(_HEARTBEAT_S, now=False)
        self._tell(event="opened")

    async def closed(self, reason: str) -> None:
        """Settle the visit and write its outcome."""
        if self._beat.running:
            self._beat.stop()
        spider = self._spider
        if spider.book.is_open:
            await run_in_thread(self._end, reason)
        elif spider.account.refused:
            self._tell(event="refused", reason=spider.account.refused)
        else:
            outcome = outcome_of(spider.account, reason)
            self._tell(event="ended", outcome=outcome.word, reason=outcome.reason, changes=0)
        spider.book.close()

    def _end(self, reason: str) -> None:
        spider = self._spider
        now = spider.clock()
        is_cut = reason in ("shutdown", "interrupted")
        let_go(spider.held, spider.book, spider.account, is_cut=is_cut)
        if reason == "finished":
            # A part of a visit is no evidence of what is gone.
            spider.settle(now)
        outcome = self._with_cause(outcome_of(spider.account, reason))
        spider.book.end(spider.account, outcome, spider.clock)
        spider.logger.info(
            "visit of %s: %s%s",
            spider.name,
            outcome.word,
            f" ({outcome.reason})" if outcome.reason else "",
        )
        self._tell(
            event="ended",
            outcome=outcome.word,
            reason=outcome.reason,
            changes=spider.account.changes,
            added=spider.account.added,
            is_first=spider.book.is_baseline,
        )

    def _with_cause(self, outcome: Outcome) -> Outcome:
        if ConditionKind.DRIFTED not in outcome.conditions:
            return outcome
        spider = self._spider
        try:
            good, listings = spider.book.last_good(_REPLAYED), spider.book.good_listings()
            replayed = replays(good, spider.layouts, spider.park)
            lists_still = all(listed_again(listings, spider.layouts, spider.park).values())
        except Exception as error:  # damage is for 'verify' to tell; a cause must not cost the visit its end
            spider.logger.warning("what was read well before cannot be read again: %s", in_words(error))
            good, replayed, lists_still = [], [], True
        return with_cause(
            outcome,
            spider.account,
            replayed=replayed,
            knows_addresses=knows_addresses(good, spider.layouts, spider.park),
            lists_still=lists_still,
        )

    def _heartbeat(self) -> None:
        spider = self._spider
        if spider.book.is_open:
            try:
                spider.book.heartbeat(spider.account, spider.clock())
            except Exception as error:  # a busy store must not stop the beat for good
                spider.logger.warning("heartbeat of %s missed: %s", spider.name, error)

    def robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        """Raise the delay between two requests to what the site asks for."""
        asked = robotparser.crawl_delay(self._crawler.settings["USER_AGENT"])
        engine = self._crawler.engine
        if asked is None or engine is None:
            return
        slot = engine.downloader.slots.get(engine.downloader.get_slot_key(request))
        if slot is not None:
            slot.delay = max(slot.delay, min(float(asked), _LONGEST_DELAY_S))

    def gone_wrong(self, failure: Failure, response: Response) -> None:
        """Count a page on which this program itself failed: the visit was not complete."""
        account = self._spider.account
        account.fail(f"{response.url}: {in_words(failure.value or RuntimeError(failure.getErrorMessage()))}")

    def item_done(self) -> None:
        """Tell the parent that an article was read."""
        spider = self._spider
        self._tell(
            event="article",
            fetched=spider.account.fetched,
            planned=spider.account.planned,
        )

    def progress(self, event: dict[str, Any]) -> None:
        """Pass on what the spider reports."""
        self._tell(**event)

    def _tell(self, **event: Any) -> None:
        if self._tells:
            sys.stdout.write(json.dumps({"park": self._spider.name, **event}) + "\n")
            sys.stdout.flush()

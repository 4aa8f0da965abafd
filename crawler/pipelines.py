"""Hand what spiders read to the store."""

from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from crawler.holding import let_go, write
from crawler.items import ObservedItem
from crawler.spiders.park import ParkSpider


class StorePipeline:
    """Writes every observation in a transaction of its own, off the event loop; what is in doubt waits for the end."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "StorePipeline":
        """Build the pipeline."""
        return cls(crawler)

    async def process_item(self, item: object) -> object:
        """Record an article's observation; anything else passes."""
        spider = self._crawler.spider
        if isinstance(item, ObservedItem) and isinstance(spider, ParkSpider):
            if not spider.held.hold(item, spider.account):
                await run_in_thread(write, spider.book, spider.account, item.observation)
                return item
            if spider.held.is_full:
                await run_in_thread(let_go, spider.held, spider.book, spider.account, is_over=False)
        return item

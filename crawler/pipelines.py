"""Hand what spiders read to the store."""

from scrapy.crawler import Crawler
from scrapy.utils.asyncio import run_in_thread

from crawler.items import ObservedItem
from crawler.spiders.park import ParkSpider


class StorePipeline:
    """Writes every observation in a transaction of its own, off the event loop."""

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
            recorded = await run_in_thread(spider.book.record, item.observation)
            spider.account.changes += len(recorded.numbers)
            spider.account.added += recorded.is_new_article and not recorded.kinds
            if not recorded.kinds and not recorded.is_new_article:
                spider.account.unchanged += 1
        return item

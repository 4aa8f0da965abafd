"""Let a crawl that is told to stop really stop, whenever it is told."""

from scrapy.crawler import Crawler


async def is_stopped(crawler: Crawler) -> bool:
    """Whether this crawl was told to stop before it ran, and if so, end it; asked first thing by ``Spider.start``.

    Until the engine runs, ``Crawler.stop_async`` takes the word and stops nothing: the crawl goes through to its end,
    takes itself for stopped already and waits for ever (seen in Scrapy 2.19).
    """
    if crawler.crawling or crawler.engine is None or not crawler.engine.running:
        return False
    await crawler.engine.stop_async()
    return True

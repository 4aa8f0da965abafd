"""Stay on the park's hosts, and read robots.txt as RFC 9309 says."""

from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.causes import in_words
from crawler.guard import is_named
from crawler.robots import rules_for
from crawler.waiting import host_of

_KEEP_OUT = b"User-agent: *\nDisallow: /\n"


class ParkHostsMiddleware:
    """Refuses every request, redirects and next links included, that leads off the park's hosts, ports included."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ParkHostsMiddleware":
        """Build the middleware."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let a request of the park pass; raises IgnoreRequest for any other."""
        spider = self._crawler.spider
        park = getattr(spider, "park", None)
        parts = urlsplit(request.url)
        netloc = host_of(request.url)
        if park is not None and netloc not in park.hosts:
            raise IgnoreRequest(f"it leads off the site, to {netloc}")
        if park is None and is_named(parts.hostname or "") and netloc not in getattr(spider, "hosts", ()):
            raise IgnoreRequest(f"it leads to another port of a private host, {netloc}")


class Rfc9309Middleware(RobotsTxtMiddleware):
    """Scrapy's middleware takes every answer for rules; a server in trouble means: keep out (section 2.3.1.4)."""

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._keep_out(f"unreachable: its robots.txt answers status {response.status}, which means keep out")
            response = response.replace(body=_KEEP_OUT)
        elif response.status != 200:
            response = response.replace(body=b"")  # unavailable: no rules (section 2.3.1.3)
        else:
            response = response.replace(body=rules_for(response.body, self._default_useragent))
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self._keep_out(f"unreachable: its robots.txt cannot be fetched ({in_words(exc)})")
        from twisted.internet.defer import Deferred

        waiting = self._parsers[netloc]
        parser = self._parserimpl.from_crawler(self.crawler, _KEEP_OUT)
        self._parsers[netloc] = parser
        if isinstance(waiting, Deferred):
            waiting.callback(parser)

    def _keep_out(self, cause: str) -> None:
        self.crawler.stats.set_value("parkwatch/robots_cause", cause)

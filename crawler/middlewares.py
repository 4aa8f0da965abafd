"""Read robots.txt as RFC 9309 says."""

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.http import Response

_KEEP_OUT = b"User-agent: *\nDisallow: /\n"


class Rfc9309Middleware(RobotsTxtMiddleware):
    """Scrapy's middleware takes every answer for rules; a server in trouble means: keep out (section 2.3.1.4)."""

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._keep_out(f"unreachable: its robots.txt answers status {response.status}, which means keep out")
            response = response.replace(body=_KEEP_OUT)
        elif response.status != 200:
            response = response.replace(body=b"")  # unavailable: no rules (section 2.3.1.3)
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        name = type(exc).__name__
        why = "no answer in time" if "Timeout" in name else "connection refused" if "Refused" in name else name
        self._keep_out(f"unreachable: its robots.txt cannot be fetched ({why})")
        from twisted.internet.defer import Deferred

        waiting = self._parsers[netloc]
        parser = self._parserimpl.from_crawler(self.crawler, _KEEP_OUT)
        self._parsers[netloc] = parser
        if isinstance(waiting, Deferred):
            waiting.callback(parser)

    def _keep_out(self, cause: str) -> None:
        self.crawler.stats.set_value("parkwatch/robots_cause", cause)

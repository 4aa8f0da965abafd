"""Leave a host alone for as long as it asks (RFC 9110, section 10.2.3; RFC 6585, section 4)."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread

from crawler.headers import bound_headers
from storage.clock import utc_now
from storage.database.pauses import LONGEST

_DEFAULT_PORT = {"http": ":80", "https": ":443"}
_STATUSES = {429, 503}


def wait_asked_for(header: str | None, now: datetime) -> timedelta | None:
    """Return how long ``Retry-After`` asks to wait, at most a day; None if it says nothing that makes sense."""
    said = (header or "").strip()
    if said.isdecimal() and said.isascii():
        wait = timedelta(seconds=min(int(said[:12]), LONGEST.total_seconds()))
    else:
        try:
            moment = parsedate_to_datetime(said)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return min(wait, LONGEST) if wait > timedelta(0) else None


class _Account:
    """What one visit knows of its hosts, whatever the scheme."""

    def __init__(self, at_once: int) -> None:
        self.turns: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(at_once))
        self.until: dict[str, datetime] = {}


_ACCOUNTS: "WeakKeyDictionary[Crawler, _Account]" = WeakKeyDictionary()


def host_of(url: str) -> str:
    """Return an address's host as park files name it: with its port, unless that is the scheme's own."""
    parts = urlsplit(url)
    return parts.netloc.lower().removesuffix(_DEFAULT_PORT.get(parts.scheme, ""))


class PatientHandler(HTTP11DownloadHandler):
    """Asks a host one thing at a time, and nothing more in this visit once it said when to come again.

    It stands where requests leave. A middleware would let those pass that wait for the delay; and Scrapy 2.19 sends two
    at once where there is no delay, since it counts a request as on its way only when its coroutine has begun.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        bound_headers()
        at_once = crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._hosts = _ACCOUNTS.setdefault(crawler, _Account(at_once))

    async def download_request(self, request: Request) -> Response:
        """Fetch a page when its turn comes; raises IgnoreRequest while its host wants to be left alone."""
        host = host_of(request.url)
        async with self._hosts.turns[host]:
            if until := self._hosts.until.get(host):
                raise IgnoreRequest(f"its host asks to be left alone until {until:%Y-%m-%d %H:%M} UTC")
            response = await super().download_request(request)
            if response.status in _STATUSES:
                await self._heed(host, response)
            return response

    async def _heed(self, host: str, response: Response) -> None:
        """Write down until when the host wants to be left alone, if it says so."""
        header = response.headers.get("Retry-After")
        spider = self._crawler.spider
        now = getattr(spider, "clock", utc_now)()
        wait = wait_asked_for(header.decode("latin-1") if header else None, now)
        if wait is None:
            return
        self._hosts.until[host] = now + wait
        book = getattr(spider, "book", None)
        if book is not None and book.is_open:
            await run_in_thread(book.leave_alone, host, now + wait)

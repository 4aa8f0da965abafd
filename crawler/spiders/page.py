"""Fetch single pages for a look, storing nothing: as polite as a visit, and no more trusting."""

import base64
import json
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.guard import name_hosts
from crawler.responses import cause_of
from crawler.stopping import is_stopped


class PageSpider(Spider):
    """Writes every page as one JSON line to stdout: address, status, headers and the bytes in base64."""

    name = "page"

    def __init__(self, urls: list[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.urls = urls
        self.hosts = frozenset(urlsplit(url).netloc.lower() for url in urls)
        name_hosts(self.hosts)

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the pages."""
        if await is_stopped(self.crawler):
            return
        for url in self.urls:
            yield Request(url, callback=self.parse, errback=self.failed, dont_filter=True, cb_kwargs={"asked": url})

    def parse(self, response: Response, asked: str) -> None:
        """Tell of a page that came."""
        kind = response.headers.get("Content-Type")
        _tell(
            asked=asked,
            url=response.url,
            status=response.status,
            content_type=kind.decode("latin-1") if kind else None,
            content=base64.b64encode(response.body).decode(),
        )

    def failed(self, failure: Failure) -> None:
        """Tell of a page that did not come."""
        request: Request = failure.request  # type: ignore[attr-defined]
        _tell(asked=request.cb_kwargs["asked"], url=request.url, status=0, reason=cause_of(failure, self.crawler))


def _tell(**event: Any) -> None:
    sys.stdout.write(json.dumps({"event": "page", **event}) + "\n")
    sys.stdout.flush()

"""Put what a plan wants to know into requests."""

from collections.abc import Callable
from typing import Any

from scrapy import Request

from crawler.asked import Asked
from crawler.walk import Walk

LISTING, NEW, RECHECK = 20, 10, 0
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Handler = Callable[..., Any]


def listing_request(walk: Walk, callback: Handler, errback: Handler) -> Request:
    """Return the request for one page of a listing; listings come before articles."""
    return Request(
        walk.url,
        method="GET" if walk.form is None else "POST",
        body=walk.form,
        headers={} if walk.form is None else _FORM,
        callback=callback,
        errback=errback,
        priority=LISTING,
        cb_kwargs={"walk": walk},
    )


def article_request(asked: Asked, callback: Handler, errback: Handler) -> Request:
    """Return the request for one article; new ones come before known ones."""
    return Request(
        asked.url,
        callback=callback,
        errback=errback,
        headers=asked.headers(),
        priority=RECHECK if asked.article_id else NEW,
        cb_kwargs={"asked": asked},
    )

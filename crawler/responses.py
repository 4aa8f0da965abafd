"""Look at a response before anything is read off it: is it a page at all, and whose."""

import hashlib
import re
from datetime import datetime

from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.bounds import excess_of
from crawler.causes import in_words
from crawler.decoding import UNDECODED, decode
from crawler.page import Page, is_markup
from crawler.signs import Signs
from storage.drift import UnreadPage
from storage.records import Capture, Park, Validators
from storage.text import clean_text, comparison_text

#: Statuses by which walls turn plain clients away (RFC 6585; 412 and 202 are 瑞数's, 521 is 加速乐's).
_WALL_STATUSES = {401, 403, 407, 412, 429, 202, 503, 521}
#: What the scripts of walls that ask for a second try bear in pages that hold nothing else (加速乐, 瑞数).
_WALL_SCRIPTS = (b"__jsl_clearance", b"$_ts=window")
_MOST_OF_A_SCRIPT = 40_000
_TOO_LARGE = "the page is larger than crawl.max_page_bytes"
_KEPT_HEADERS = {
    "content-type",
    "etag",
    "last-modified",
    "date",
    "content-length",
    "location",
    "retry-after",
}


def page_of(
    response: Response, park: Park, *, listed_headline: str | None = None, listed_date: str | None = None
) -> Page:
    """Return the decoded page of a response, with what the listing said of it."""
    decoded = decode(response.body, _header(response, "Content-Type"), encoding=park.encoding)
    return Page(
        url=response.url,
        text=decoded.text,
        is_html=is_markup(_header(response, "Content-Type"), decoded.text),
        listed_headline=listed_headline,
        listed_date=listed_date,
    )


def wall_of(response: Response, park: Park, signs: Signs) -> str | None:
    """Return in a phrase why a response is no page of the park, None if it may be one."""
    unfit = unfit_of(response, park)
    sign = signs.of(page_of(response, park)) if unfit is None else None
    return f"{response.url}: {sign.in_words}" if sign and sign.is_wall else unfit


def unfit_of(response: Response, park: Park) -> str | None:
    """Return in a phrase why a response is not to be read at all, whatever its words are; None if it may be."""
    if response.status in _WALL_STATUSES:
        return f"{response.url}: blocked with status {response.status}"
    if len(response.body) < _MOST_OF_A_SCRIPT and any(mark in response.body for mark in _WALL_SCRIPTS):
        return f"{response.url}: blocked by a script that asks for another try"
    if response.status != 200:
        return f"{response.url}: answered status {response.status}"
    kind = (_header(response, "Content-Type") or "text/html").lower()
    if not any(word in kind for word in ("html", "xml", "text/plain", "javascript", "json")):
        return f"{response.url}: is no page but {clean_text(kind.partition(';')[0])[:80]}"
    if not response.body.strip():
        return f"{response.url}: is empty"
    decoded = decode(response.body, kind, encoding=park.encoding)
    if decoded.is_damaged:
        return f"{response.url}: {UNDECODED}"
    if excess := excess_of(decoded.text):
        return f"{response.url}: {excess}"
    return None


def is_cut_short(page: Page) -> bool:
    """Say whether markup was opened and never closed: the mark of a body cut on the way (RFC 9112, section 8)."""
    tail, head = page.text[-4000:].lower(), page.text[:4000].lower()
    return ("<html" in head or "<body" in head) and "</html" not in tail and "</body" not in tail


def capture_of(response: Response, now: datetime) -> Capture:
    """Return the response as it came."""
    headers = tuple(
        (name, value)
        for name, value in (
            (k.decode("latin-1"), v.decode("latin-1")) for k, vs in response.headers.items() for v in vs
        )
        if name.lower() in _KEPT_HEADERS
    )
    return Capture(
        url=response.url,
        captured_at=now,
        status=response.status,
        headers=headers,
        content=response.body,
    )


#: Shorter headlines, such as "News", stand on walls as well.
_LEAST_HEADLINE = 6


def unread_page(
    response: Response, page: Page, reason: str, now: datetime, *, headline: str | None = None
) -> UnreadPage:
    """Return what is kept of a page that no layout could read; *headline* is the one its article is known by."""
    wanted = comparison_text((headline or "").rstrip(".… "))
    text = re.sub(r"\d+", "0", "\n".join(page.lines))
    return UnreadPage(
        capture=capture_of(response, now),
        reason=reason,
        length=sum(map(len, page.lines)),
        fingerprint=hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
        is_drawn=is_drawn_by_script(page),
        is_bare=page.is_html and page.tree.css_first("a[href]") is None,
        has_headline=len(wanted) >= _LEAST_HEADLINE and wanted in comparison_text(" ".join(page.lines)),
    )


def is_drawn_by_script(page: Page) -> bool:
    """Say whether a page is the empty frame of one that a script draws, as the common frameworks name it."""
    frame = page.tree.css_first("#app, #root, #__next, #__nuxt, app-root") if page.is_html else None
    return frame is not None and not frame.text(deep=True).strip() and page.tree.css_first("script") is not None


def validators_of(response: Response) -> Validators:
    """Return what the server gave to ask again with."""
    return Validators(etag=_header(response, "ETag"), last_modified=_header(response, "Last-Modified"))


def cause_of(failure: Failure, crawler: Crawler) -> str:
    """Return why a request brought no response, in words that an operator can use."""
    error = failure.value
    if isinstance(error, IgnoreRequest):
        if str(error) == "Forbidden by robots.txt":
            return str(crawler.stats.get_value("parkwatch/robots_cause") or "robots.txt forbids it")
        # Scrapy's own words about a body that unpacks to more than it may.
        too_large = "MAXSIZE" in str(error)
        return _TOO_LARGE if too_large else f"left out: {clean_text(str(error))[:200]}"
    match type(error).__name__:
        case "ResponseDataLossError":
            return "the body was cut short on the way"
        case "DownloadCancelledError":
            return _TOO_LARGE
        case "MemoryError":
            return "it takes more memory than crawl.memory allows"
    return f"unreachable: {in_words(error)}"


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None

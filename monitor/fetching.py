"""Fetch single pages in a child process, for verbs that only look."""

import base64
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.bounds import excess_of
from crawler.decoding import Decoded, decode
from crawler.page import Page, is_markup
from monitor import children
from monitor.crawl_settings import scrapy_settings
from monitor.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A page that was asked for: its bytes, or the reason why it did not come."""

    url: str
    status: int
    content_type: str | None = None
    content: bytes = b""
    reason: str | None = None

    def page(self, encoding: str | None = None) -> Page:
        """Return the decoded page."""
        text = self._decoded(encoding).text
        return Page(url=self.url, text=text, is_html=is_markup(self.content_type, text))

    def is_damaged(self, encoding: str | None = None) -> bool:
        """Say whether its bytes make no text, as a visit would."""
        return self._decoded(encoding).is_damaged

    def _decoded(self, encoding: str | None) -> Decoded:
        return decode(self.content, self.content_type, encoding=encoding)


def fetch(settings: Settings, url: str, *, verify: bool = True) -> Fetched:
    """Fetch one page as a visit would: with robots.txt, TLS verification, the proxy and all bounds."""
    return fetch_all(settings, [url], verify=verify)[0]


def fetch_all(settings: Settings, urls: Sequence[str], *, verify: bool = True) -> list[Fetched]:
    """Fetch pages as a visit would, one after the other; what came of each, in their order."""
    if not urls:
        return []
    tls = settings.crawl.tls_verify
    overrides = scrapy_settings(settings)
    if not verify:
        overrides["DOWNLOAD_VERIFY_CERTIFICATES"] = False
    plan = {
        "pages": list(urls),
        "settings": overrides,
        "log_level": settings.log.level,
        "ca_file": os.path.abspath(tls) if isinstance(tls, str) else None,
    }
    found: dict[str, Fetched] = {}
    with children.start_child() as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(plan) + "\n")
        child.stdin.flush()
        try:
            for line in child.stdout:
                if line.startswith('{"event": "page"'):
                    event = json.loads(line)
                    found[event["asked"]] = _fetched(event)
                if len(found) == len({*urls}):
                    break
        finally:
            child.kill()
    lost = "the fetching process ended without an answer"
    return [found.get(url) or Fetched(url=url, status=0, reason=lost) for url in urls]


def _fetched(event: dict[str, object]) -> Fetched:
    content = base64.b64decode(str(event.get("content") or ""))
    status = event["status"]
    assert isinstance(status, int)
    kind, reason = event.get("content_type"), event.get("reason")
    if status not in (0, 200):
        reason = f"answered status {status}"
    reason = reason or excess_of(decode(content, str(kind) if kind else None).text)
    return Fetched(
        url=str(event["url"]),
        status=status,
        content_type=str(kind) if kind else None,
        content=content,
        reason=str(reason) if reason else None,
    )

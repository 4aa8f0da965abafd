"""Follow the lists of Hanweb's newest generation: a script element names the gateway that builds them as JSON."""

import json
import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from crawler.page import Page

_PAIR = re.compile(r"['\"]?(\w+)['\"]?\s*:\s*['\"]([^'\"]*)['\"]")
_ROWS = re.compile(r"\brows=\\?['\"]?(\d{1,4})", re.IGNORECASE)
_COUNT = re.compile(r"\bcount=\\?['\"]?(\d{1,9})", re.IGNORECASE)
_PAGE_SIZE = "15"


def next_unit(page: Page, number: int, listed: int) -> str | None:
    """Return the gateway's address for page *number* + 1, or for page 1 where the column page lists nothing itself."""
    query = dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True))
    if "paramJson" in query:
        return _after(page, query, number, listed)
    if not page.is_html:
        return None
    node = page.tree.css_first("script[querydata][url]")
    if node is None:
        return None
    attributes = node.attributes
    query = dict(_PAIR.findall(attributes.get("querydata") or ""))
    rows = _ROWS.search(page.text)
    first = 1 if not listed else number + 1
    query["paramJson"] = json.dumps({"pageNo": first, "pageSize": rows[1] if rows else _PAGE_SIZE})
    try:
        base = urlsplit(urljoin(page.url, attributes.get("url") or ""))
    except ValueError:  # what the page calls an address is none
        return None
    return str(urlunsplit(base._replace(query=urlencode(query))))


def _after(page: Page, query: dict[str, str], number: int, listed: int) -> str | None:
    rows, count = _ROWS.search(page.text), _COUNT.search(page.text)
    if not listed or (rows and count and number * int(rows[1]) >= int(count[1])):
        return None
    try:
        asked = json.loads(query["paramJson"])
    except ValueError:
        return None
    if not isinstance(asked, dict):
        return None
    query["paramJson"] = json.dumps({**asked, "pageNo": number + 1})
    return str(urlunsplit(urlsplit(page.url)._replace(query=urlencode(query))))

"""Follow the lists of Hanweb's newest generation: a script element names the gateway that builds them as JSON."""

import json
import re
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborNode

from crawler.page import Page

_PAIR = re.compile(r"['\"]?(\w+)['\"]?\s*:\s*['\"]([^'\"]*)['\"]")
_ROWS = re.compile(r"\brows=\\?['\"]?(\d{1,4})", re.IGNORECASE)
_COUNT = re.compile(r"\bcount=\\?['\"]?(\d{1,9})", re.IGNORECASE)
_PAGE_SIZE = "15"
_UNIT = "script[querydata][url]"
#: More scripts, or links around one, are no column page's; each link is looked at once for every script beside it.
_MOST_UNITS, _MOST_ANCHORS = 8, 5000


def anchors_of_unit(page: Page, is_article: Callable[[LexborNode], bool]) -> list[LexborNode] | None:
    """Return the links of the list that a gateway's script stands beside, none of them if the gateway alone has it.

    Other articles on such a page are hot news and the like. ``None`` where there is no such script, or where several
    leave it open which of them builds the list.
    """
    units = page.tree.css(_UNIT) if page.is_html else []
    looked_at: set[int] = set()
    for unit in units[:_MOST_UNITS]:
        around = unit.parent
        for _ in range(2):
            if around is None or around.tag in ("body", "html", "head") or around.mem_id in looked_at:
                break
            looked_at.add(around.mem_id)
            anchors = around.css("a[href]")[:_MOST_ANCHORS]
            if any(map(is_article, anchors)):
                return anchors
            around = around.parent
    return [] if len(units) == 1 else None


def next_unit(page: Page, number: int, listed: int) -> str | None:
    """Return the gateway's address for page *number* + 1, or for page 1 where the column page lists nothing itself."""
    query = dict(parse_qsl(urlsplit(page.url).query, keep_blank_values=True))
    if "paramJson" in query:
        return _after(page, query, number, listed)
    if not page.is_html:
        return None
    node = page.tree.css_first(_UNIT)
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

"""Tell lines that are links and nothing else: a menu, an entry of a list of other stories."""

import re
from itertools import islice

from selectolax.lexbor import LexborNode

from crawler.dates import DATE_PATTERN
from crawler.page import Page
from storage.text import comparison_text

_MOST_LINKS = 1000
#: Links of a menu are shorter; a Chinese sign says as much as two letters.
_SHORTEST_HEADLINE, _HAN = 16, re.compile("[\u3400-\u9fff]")
_DATE = re.compile(DATE_PATTERN)
_BETWEEN_LINKS = "|/>»·•-—[]()（）【】,，、:：."


def link_texts(page: Page) -> list[str]:
    """Return what a page's links elsewhere say, the longest first, in the form made for equality."""
    nodes = islice(page.tree.css("a[href]"), _MOST_LINKS) if page.is_html else ()
    texts = {comparison_text(node.text(deep=True)) for node in nodes if not _leads_here(node, page)}
    return sorted((text for text in texts if len(text) > 1), key=len, reverse=True)


def is_menu(line: str, links: list[str]) -> bool:
    """Say whether a line is a menu or an entry of one: a headline may be a single link, and is longer."""
    is_short = len(line) + len(_HAN.findall(line)) < _SHORTEST_HEADLINE
    return is_links_alone(line, links) and (is_short or comparison_text(line) not in links)


def _leads_here(node: LexborNode, page: Page) -> bool:
    address = (node.attributes.get("href") or "").strip()
    return address in ("", page.url) or (address.startswith("/") and address == page.path)


def is_links_alone(line: str, links: list[str]) -> bool:
    """Say whether a line is a menu, or an entry of a list of other stories with its date: no text of this one's."""
    rest = comparison_text(line)
    for text in links:
        if text in rest:
            rest = rest.replace(text, "")
            if not _DATE.sub("", rest).strip(_BETWEEN_LINKS):
                return True
    return False

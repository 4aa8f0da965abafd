"""Notice articles that a listing names on hosts which are none of the park's."""

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from urllib.parse import urlsplit

from crawler.layouts import Layout
from crawler.page import Page
from crawler.paging import joined
from storage.records import Park

_MOST_ANCHORS = 5000
#: Fewer are links to friends.
_FEWEST = 3


def articles_elsewhere(page: Page, layouts: Iterable[Layout], park: Park) -> str | None:
    """Say on which host that is none of the park's a page names articles, in words for an operator; None if on none."""
    layouts = list(layouts)
    found: Counter[str] = Counter()
    for node in islice(page.tree.css("a[href]") if page.is_html else (), _MOST_ANCHORS):
        try:
            url = joined(page.base, node.attributes.get("href"))
            parts = urlsplit(url)
        except ValueError:
            continue
        is_web = parts.scheme in ("http", "https") and bool(parts.netloc)
        if is_web and parts.netloc not in park.hosts and any(layout.is_article(url) for layout in layouts):
            found[parts.netloc] += 1
    host, often = next(iter(found.most_common(1)), ("", 0))
    if often < _FEWEST:
        return None
    return f"{often} articles that it names stand on {host}: add that to 'hosts' in the park file to have them watched"

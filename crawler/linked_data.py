"""Read what a page says of its article in linked data, which machines are meant to read."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from crawler.page import Page
from storage.text import comparison_text

_SCRIPTS = 'script[type="application/ld+json" i]'
_MOST_SCRIPTS, _MOST_SIGNS, _MOST_OBJECTS = 10, 100_000, 200


def said_of_article(page: Page, name: str) -> str:
    """Return a property of the article that a page is about, in JSON-LD by schema.org's ``Article`` and its kinds.

    Nothing where the headline that is given there stands not in the title, or where several articles are described and
    none of them has one: they are other stories then.
    """
    articles, title = [each for each in _objects(page) if _is_article(each)], comparison_text(page.title)
    named = [each for each in articles if _text(each, "headline")]
    if named or len(articles) > 1:
        articles = [each for each in named if comparison_text(_text(each, "headline")) in title]
    return next((said for each in articles if (said := _text(each, name))), "")


def _is_article(data: dict[str, Any]) -> bool:
    kinds = data.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and kind.endswith(("Article", "BlogPosting")) for kind in kinds)


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return value.strip() if isinstance(value, str) else ""


def _objects(page: Page) -> Iterator[dict[str, Any]]:
    """Yield the objects that stand in the page's scripts, at the top, in a list there or in a graph."""
    for script in islice(page.tree.css(_SCRIPTS), _MOST_SCRIPTS) if page.is_html else ():
        written = script.text(deep=True)
        try:
            data = json.loads(written, strict=False) if len(written) <= _MOST_SIGNS else None
        except (ValueError, RecursionError):
            continue
        tops = data if isinstance(data, list) else [data]
        graphs = (top.get("@graph") for top in tops if isinstance(top, dict))
        lists = [tops, *(graph for graph in graphs if isinstance(graph, list))]
        yield from islice((each for found in lists for each in found if isinstance(each, dict)), _MOST_OBJECTS)

"""Turn a list that comes as JSON into the markup that it stands for, so that every list is read in one way."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from crawler.page import Page
from crawler.rules import Json

#: Deeper than any answer of a listing's interface.
_DEEPEST = 12


def list_in_json(page: Page, rules: Json) -> Page:
    """Return a page of links to the records that a JSON answer holds; any other page as it is."""
    if not page.text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return page
    try:
        answer = json.loads(page.text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return page
    markup = "".join(value for _, value in _found(answer, rules.html) if isinstance(value, str))
    if not markup:
        records = next((value for _, value in _found(answer, rules.records) if isinstance(value, list)), None)
        if records is None and isinstance(answer, list):
            records = answer
        markup = "".join(_item(record, rules) for record in records or () if isinstance(record, dict))
    return Page(url=page.url, text=f"<body>{markup}</body>")


def _found(value: Any, names: list[str], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the values that stand under one of the names, the shallow ones first."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield from ((name, value[name]) for name in names if name in value)
        inner: list[Any] = list(value.values())
    else:
        inner = value if isinstance(value, list) else []
    for one in inner:
        if isinstance(one, (dict, list)):
            yield from _found(one, names, depth + 1)


def _item(record: dict[str, Any], rules: Json) -> str:
    url, headline, date = (_first(record, names) for names in (rules.url, rules.headline, rules.date))
    return f'<li><a href="{escape(url)}">{escape(headline)}</a> <span>{escape(date)}</span></li>' if url else ""


def _first(record: dict[str, Any], names: list[str]) -> str:
    return next((str(record[name]) for name in names if record.get(name)), "")

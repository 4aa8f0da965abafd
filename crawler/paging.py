"""Find the way from one page of a listing to the next, in the forms that content-management systems have."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborNode

from crawler.jpaas import next_unit
from crawler.page import Page
from crawler.patterns import search
from crawler.rules import Form, Paging
from storage.text import clean_text

#: Longer numbers count nothing; Python refuses to read those of thousands of digits.
_MOST_DIGITS = 9
_PAGER_WORDS = frozenset(
    "首页 第一页 上一页 上页 前一页 下一页 下页 尾页 末页 最后一页 first prev previous last newer".split()  # noqa: SIM905
)
_ARROWS = " <>«»‹›→←[]【】()（）"
#: What a pager calls where its links have no address: a path in quotes.
_CALLED = re.compile(r"[\"']([^\"'\s<>]{0,200}(?:/|\.s?html?|\.jsp|\.aspx?|\.php)[^\"'\s<>]{0,200})[\"']")
_LONGEST_CALL = 1000
_PAGER_LINKS = "a[href], a[onclick], a[tagname]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """Where a listing goes on: an address, and the form to send there if it is asked by POST."""

    url: str
    form: str | None = None


def next_page(page: Page, paging: Paging, *, number: int, listed: int, form: str | None = None) -> Next | None:
    """Return the way to page *number* + 1 of a listing on whose present page *listed* articles stand."""
    if paging.form and form is not None:
        return _more_records(page, paging.form, listed, form, total_of(page, paging))
    ways = (
        next_unit(page, number, listed) if paging.jpaas else None,
        _next_group(page, paging, number) if paging.next_group else None,
        _from_script(page, paging, number) if paging.script else None,
        _counted(page, paging.counts, number) if listed else None,
    )
    url = next((way for way in ways if way), None) or _linked(page, paging, number)
    if url:
        return Next(url=url)
    return _further_records(page, paging.form, listed) if paging.form and listed else None


def is_handed_out(page: Page, paging: Paging, number: int) -> bool:
    """Say whether a gateway has a listing's list, or a group of records, rather than a page that a link leads to."""
    return bool(next_unit(page, number, 0) or (paging.next_group and _next_group(page, paging, number)))


def total_of(page: Page, paging: Paging) -> int | None:
    """Return how many articles a listing says it has, None if it does not say."""
    match = search(paging.total, page.text) if paging.total else None
    return whole_number(match["value"]) if match else None


def last_number(page: Page, paging: Paging, per_page: int) -> int | None:
    """Return how many pages a listing says it has, as far as its pager or its total tell."""
    if paging.script and (match := search(paging.script, page.text)):
        return whole_number(match["pages"])
    total = total_of(page, paging)
    if total and per_page:
        return -(-total // per_page)
    if not paging.numbered:
        return None
    texts = (clean_text(node.text(deep=True)) for node in page.tree.css("a[href]"))
    return max((int(text) for text in texts if text.isdecimal() and len(text) <= 4), default=None)


def joined(base: str, href: str | None) -> str:
    """Return *href* as an absolute address, empty if it is no address at all."""
    try:
        return urljoin(base, (href or "").strip().replace("\\", "/"))
    except ValueError:
        return ""


def whole_number(digits: str) -> int | None:
    """Return the number that *digits* write, None if they are none or too many to count anything."""
    return int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else None


def _linked(page: Page, paging: Paging, number: int) -> str | None:
    """Return where a link leads that says it: in words, to machines, by the page's number, or by an arrow alone.

    An arrow may as well lead to the last page, or from a box beside the list to another column.
    """
    wanted = {text.casefold() for text in paging.next_texts}
    here = urlsplit(page.url)._replace(fragment="")
    found: dict[int, str] = {}
    for node in page.tree.css(_PAGER_LINKS) if wanted or paging.numbered else ():
        text = _label(node)
        if text in wanted:
            rank = 0 if any(map(str.isalpha, text)) else 3
        elif "next" in (node.attributes.get("rel") or "").split():
            rank = 1
        elif paging.numbered and text == str(number + 1):
            rank = 2
        else:
            continue
        url = joined(page.base, _leads_to(node))
        if url.startswith("http") and urlsplit(url)._replace(fragment="") != here:
            found.setdefault(rank, url)
    return found[min(found)] if found else None


def _leads_to(node: LexborNode) -> str | None:
    """Return the address that a pager's link leads to; some name it in an attribute or in the call that they make."""
    href = node.attributes.get("href") or ""
    if href and not href.startswith(("javascript:", "#")):
        return href
    named = node.attributes.get("tagname") or ""
    if "/" in named:
        return named
    called = next((found for call in (node.attributes.get("onclick"), href) if (found := _called(call))), None)
    return called[1] if called else href or None


def _called(call: str | None) -> re.Match[str] | None:
    return _CALLED.search(call) if call and len(call) <= _LONGEST_CALL else None


def is_pager_label(node: LexborNode, paging: Paging) -> bool:
    """Say whether a link leads to another page of the same listing, by what it says."""
    text = _label(node)
    return text.isdecimal() or text in _PAGER_WORDS or text in {each.casefold() for each in paging.next_texts}


def _label(node: LexborNode) -> str:
    """Return what a pager's link says, the arrows around its words left out; a picture says it in its attributes."""
    text = clean_text(node.text(deep=True)).casefold()
    if not text:
        picture = node.css_first("img[alt], img[title]")
        said = (picture.attributes if picture else {}) | node.attributes
        text = clean_text(said.get("title") or said.get("alt") or said.get("aria-label") or "").casefold()
    return text.strip(_ARROWS) or text


def _next_group(page: Page, paging: Paging, number: int) -> str | None:
    """Return the address that hands out the next group of records: its parameters are all there but the count."""
    match = search(paging.next_group or "", page.text, dotall=True)
    if not match:
        return None
    url = joined(page.base, match["value"].replace("&amp;", "&"))
    return _with_parameter(url, paging.page_parameter, number + 1) if url else None


def _from_script(page: Page, paging: Paging, number: int) -> str | None:
    """Return the address that a pager's script would make: systems write page 2 as 1, so both counts are offered."""
    match = search(paging.script or "", page.text)
    pages = whole_number(match["pages"]) if match else None
    if match is None or pages is None or number >= pages:
        return None
    values = {"name": "index", "ext": "html"} | {k: v for k, v in match.groupdict().items() if v}
    # The call says which number the first page bears, where the page that makes it is that one.
    first = (whole_number(values.get("first", "")) or 0) - (number - 1)
    before = number + first if first in (0, 1) else number
    return joined(page.base, paging.address.format_map(values | {"number": number + 1, "before": before}))


def _counted(page: Page, parameters: list[str], number: int) -> str | None:
    given = dict(parse_qsl(urlsplit(page.url).query))
    counting = next((name for name in parameters if name in given), None)
    return _with_parameter(page.url, counting, number + 1) if counting else None


def _with_parameter(url: str, name: str, value: int) -> str:
    parts = urlsplit(url)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != name]
    return str(urlunsplit(parts._replace(query=urlencode([(name, str(value)), *query]))))


def _further_records(page: Page, rules: Form, listed: int) -> Next | None:
    """Return the request for the records behind those of the page itself; they count from 1, both ends included."""
    match = search(rules.address, page.text)
    values = {name: _parameter(name, page.text) for name in rules.parameters}
    if not match or any(values[name] is None for name in rules.needs):
        return None
    given = urlencode({name: value for name, value in values.items() if value is not None})
    per_page = _parameter(rules.per_page, page.text) or str(listed)
    return _records(joined(page.base, match["value"]), rules, listed + 1, listed, per_page, given)


def _more_records(page: Page, rules: Form, listed: int, form: str, total: int | None) -> Next | None:
    """Return the request for the records behind those that a request for records has brought."""
    query = dict(parse_qsl(urlsplit(page.url).query))
    first, last = whole_number(query.get(rules.first, "")), whole_number(query.get(rules.last, ""))
    if not first or not last or listed < last - first + 1 or (total is not None and last >= total):
        return None
    return _records(page.url, rules, last + 1, last - first + 1, query.get(rules.per_page, ""), form)


def _records(url: str, rules: Form, first: int, span: int, per_page: str, form: str) -> Next:
    counts = {rules.first: first, rules.last: first + span - 1, rules.per_page: per_page}
    return Next(url=str(urlunsplit(urlsplit(url)._replace(query=urlencode(counts)))), form=form)


def _parameter(name: str, text: str) -> str | None:
    """Return the value that a page's script gives a parameter."""
    match = re.search(rf"\b{re.escape(name)}['\"]?\s*[:=]\s*['\"]?([^'\",;}}\s]{{1,200}})", text, re.IGNORECASE)
    return match[1] if match else None

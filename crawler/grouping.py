"""Find a listing's articles by what lists look like, where no layout knows the form of their addresses."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl, urlsplit

from selectolax.lexbor import LexborNode

from crawler.links import date_beside, headline_of
from crawler.page import Page
from crawler.paging import joined
from storage.identity import canonical_address, plain_path

_MOST_ANCHORS = 5000
#: Fewer entries are a row of teasers.
_FEWEST = 4
#: Shorter texts are the names of columns; a Chinese sign says as much as two letters.
_SHORTEST = 16
_HAN = re.compile("[\u3400-\u9fff]")
#: An entry is told from others in its list by no more than these.
_NEAR = 3
_DEEPEST = 40
#: A year, with its month or its day behind it.
_DAY = re.compile(r"(?:19|20)\d{2}(?:[-_]?(?:0[1-9]|1[0-2])(?:[-_]?(?:0[1-9]|[12]\d|3[01]))?)?")
_HEXADECIMAL = re.compile(r"[0-9a-f]{16,}")
#: Entries whose addresses are of a rarer form than one in so many are others that the list holds as well.
_RARE = 5


@dataclass(frozen=True, slots=True)
class Group:
    """The entries of a list, by their addresses, and patterns for the form of these."""

    urls: frozenset[str]
    forms: tuple[str, ...]


def largest_group(page: Page, hosts: frozenset[str]) -> Group:
    """Return the entries of the list that a listing shows, none if it shows none.

    The list is the largest group of links with long texts that stand in the same place of their entries; one whose
    entries have dates comes before any other. Menus have short texts, and no dates.
    """
    groups: dict[str, dict[str, LexborNode]] = defaultdict(dict)
    for node, url in _candidates(page, hosts):
        groups[_place(node)].setdefault(url, node)
    best, urls = (False, 0.0), list[str]()
    for group in groups.values():
        if len(group) < _FEWEST:
            continue
        dated = _count_dated(page, group)
        weight = (dated * 2 >= len(group), float(sum(min(_length(headline_of(node)), 60) for node in group.values())))
        if weight > best:
            best, urls = weight, list(group)
    return Group(urls=frozenset(urls), forms=forms_of(urls))


def forms_of(urls: Sequence[str]) -> tuple[str, ...]:
    """Return patterns for addresses that are made alike, whole paths with their queries, the commonest first."""
    alike: dict[tuple[int, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for url in urls:
        parts = urlsplit(url)
        if _is_path_in_query(url):
            shape = f"?{'/' * parts.query.count('/')}{_extension(parts.query)}"
            alike[parts.path.count("/"), _extension(parts.path), (shape,)].append(url)
            continue
        keys = tuple(key for key, _ in parse_qsl(parts.query, keep_blank_values=True))
        alike[parts.path.count("/"), _extension(parts.path), keys].append(url)
    common = [group for group in alike.values() if len(group) * _RARE >= len(urls)]
    return tuple(_form(group) for group in sorted(common, key=len, reverse=True))


def _candidates(page: Page, hosts: frozenset[str]) -> Iterator[tuple[LexborNode, str]]:
    here = plain_path(page.url)
    for node in islice(page.tree.css("a[href]") if page.is_html else (), _MOST_ANCHORS):
        if _length(headline_of(node)) < _SHORTEST:
            continue
        try:
            url = canonical_address(joined(page.base, node.attributes.get("href")))
            parts = urlsplit(url)
        except ValueError:
            continue
        is_own = parts.scheme in ("http", "https") and parts.netloc in hosts
        if is_own and (parts.query or parts.path not in ("/", here)):
            yield node, url


def _length(text: str | None) -> int:
    return len(text or "") + len(_HAN.findall(text or ""))


def _place(node: LexborNode) -> str:
    """Return where a link stands: the elements around it, the classes of those that hold more than one entry."""
    names, at, steps = [], node.parent, 0
    while at is not None and at.tag not in ("body", "html", None) and steps < _DEEPEST:
        said = at.attributes if steps >= _NEAR else {}
        names.append(f"{at.tag}.{said.get('class') or ''}#{said.get('id') or ''}")
        at, steps = at.parent, steps + 1
    return " ".join(names)


def _count_dated(page: Page, group: dict[str, LexborNode]) -> int:
    seen: dict[int, tuple[str | None, bool]] = {}

    def is_entry(href: str) -> bool:
        try:
            return canonical_address(joined(page.base, href)) in group
        except ValueError:
            return False

    return sum(date_beside(node, seen, is_entry) is not None for node in group.values())


def _extension(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2] if "." in name else ""


def _is_path_in_query(url: str) -> bool:
    """Say whether an address has its path behind the question mark, without a parameter (PbootCMS)."""
    query = urlsplit(url).query
    return bool(query) and "=" not in query


def _form(urls: Sequence[str]) -> str:
    path = _form_of_paths([urlsplit(url).path for url in urls])
    if _is_path_in_query(urls[0]):
        return f"^{path}\\?{_form_of_paths([urlsplit(url).query for url in urls])}$"
    queries = [parse_qsl(urlsplit(url).query, keep_blank_values=True) for url in urls]
    pairs = (f"{re.escape(pairs[0][0])}={_part([value for _, value in pairs])}" for pairs in zip(*queries, strict=True))
    query = "&".join(pairs)
    return f"^{path}\\?{query}$" if query else f"^{path}$"


def _form_of_paths(paths: Sequence[str]) -> str:
    parts, is_dated = [], False
    for said in zip(*(path.split("/") for path in paths), strict=True):
        # A month or a day alone is a number like any other; behind a year it is one.
        is_month = is_dated and all(len(each) <= 2 and each.isdecimal() for each in said)
        is_dated = is_month or all(map(_DAY.fullmatch, said))
        parts.append(r"\d+" if is_month else _part(list(said)))
    return "/".join(parts)


def _part(said: list[str]) -> str:
    """Return a pattern for one part of several addresses: what all of them share, and the kind of what differs."""
    if len({*said}) == 1:
        # A list is of this year, or of this month, and goes on in the next.
        return re.sub(r"\d+", r"\\d+", said[0]) if _DAY.fullmatch(said[0]) else _escaped(said[0])
    dot = "." if all("." in part for part in said) else ""
    stems, ends = zip(*(part.rpartition(dot)[::2] if dot else (part, "") for part in said), strict=True)
    end = re.escape(dot + ends[0]) if dot and len({*ends}) == 1 else ""
    stems = stems if end else tuple(said)
    shapes = {_escaped(re.sub(r"\d+", "0", _HEXADECIMAL.sub("\0", stem))) for stem in stems}
    if len(shapes) == 1 and {"0", "\0"} & {*(shape := shapes.pop())}:
        return shape.replace("0", r"\d+").replace("\0", "[0-9a-f]+") + end
    # A slug has many words where a menu's has one or two.
    words = min(3, min(stem.count("-") for stem in stems))
    return f"[^/-]+(?:-[^/-]+){{{words},}}{end}" if words else f"[^/]+{end}"


def _escaped(text: str) -> str:
    return re.escape(text).replace("\\-", "-")

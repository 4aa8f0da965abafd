"""Propose a layout for a site of unknown make, from what its listing says and its articles show."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from selectolax.lexbor import LexborNode

from crawler.dates import read_date
from crawler.density import densest_block
from crawler.grouping import forms_of
from crawler.lines import visible_lines
from crawler.links import headline_of
from crawler.page import Page
from crawler.paging import joined
from storage.identity import plain_path
from storage.records import Link
from storage.text import comparison_text

#: What a form says of any number.
_COUNTS = re.compile(r"\\d|\[0-9a-f\]")
_CLASS = re.compile(r"[A-Za-z_][\w-]*")
#: What says more is neither a headline nor a stamp.
_MOST_SIGNS = 2000
#: An element is named inside one that stands at most so many steps above it.
_MOST_STEPS = 4
#: An element around more links than these many times the articles is the page, not the list.
_SHARE = 0.8


def propose_layout(title: str, listing: Page, links: Sequence[Link], articles: Sequence[tuple[Page, Link]]) -> str:
    """Return the text of a ``layout.toml``: selectors that find the listing's headlines and dates in the articles."""
    addresses = address_forms(link.url for link in links)
    within = _list_selector(listing, links)
    headline = _shared(_headline_selectors(page, link) for page, link in articles)
    date = _shared(_date_selectors(page, link) for page, link in articles)
    body = _shared(_body_selectors(page) for page, _ in articles)
    text = _locators(body) or '{ densest = true, needs = "date_published" }'
    lines = [
        f"title = {_quoted(title)}",
        'extends = "general"',
        "",
        "# Proposed from a listing and its articles: look at every line, and write what a person reads into",
        "# samples/*/expected.json.",
        "",
        "[recognise]",
        f"addresses = [{', '.join(map(_quoted, addresses))}]",
        "",
        "[listing]",
        f"articles = [{', '.join(map(_quoted, addresses))}]",
        f"within = [{', '.join(map(_quoted, within))}]",
        "",
        "[article.headline]",
        f"locators = [{_locators(headline)}]",
        "",
        "[article.date_published]",
        f"locators = [{_locators(date)}]",
        "",
        "[article.body]",
        f"locators = [{text}]",
    ]
    return "\n".join(lines) + "\n"


def propose_locators(page: Page, link: Link) -> dict[str, list[str]]:
    """Return by field the selectors of the elements that show what *link* says, and of the densest block for a body."""
    found = {
        "headline": _headline_selectors(page, link),
        "date_published": _date_selectors(page, link) if link.date else [],
        "body": _body_selectors(page),
    }
    return {name: [*dict.fromkeys(selectors)][:2] for name, selectors in found.items() if selectors}


def propose_list(page: Page, links: Sequence[Link]) -> tuple[list[str], list[str]]:
    """Return the selector of the element that holds the links to known articles, and the forms of their addresses."""
    within = _list_selector(page, links)
    if within:
        return within, address_forms(link.url for link in links)
    # Where their addresses have another form, they still have their headlines.
    wanted = {comparison_text((link.headline or "").rstrip(".… ")) for link in links}
    anchors = [a for a in page.tree.css("a[href]") if comparison_text(headline_of(a) or "") in wanted - {""}]
    urls = [url for a in anchors if (url := joined(page.base, a.attributes.get("href")))]
    within = _selector_around(page, anchors) if urls else []
    return within, address_forms(urls) if within else []


def address_forms(urls: Iterable[str]) -> list[str]:
    """Return patterns for the paths of articles, the commonest first: digits and hexadecimal names stand for any.

    Addresses of words have none of these; what they share is then asked of their whole paths.
    """
    urls = list(urls)
    forms = Counter(_form(plain_path(url)) for url in urls)
    most = forms.most_common(1)[0][1] if forms else 0
    common = [form for form, number in forms.most_common(3) if number * 4 >= most]
    return common if all(_COUNTS.search(form) for form in common) else list(forms_of(urls))


def _form(path: str) -> str:
    folders, _, name = path.rpartition("/")
    folder = folders.rpartition("/")[2]
    # The folder above says enough where it counts something; names of columns differ from listing to listing.
    shown = f"/{folder}/{name}" if re.search(r"\d", folder) else f"/{name}"
    form = re.sub(r"[0-9a-f]{32}", "\x00", shown)
    form = re.sub(r"\d+", "\x01", form)
    return re.escape(form).replace("\x00", "[0-9a-f]{32}").replace("\x01", r"\d+").replace("\\-", "-") + "$"


def _list_selector(page: Page, links: Sequence[Link]) -> list[str]:
    """Return the selector of the smallest element that holds nearly all articles' links."""
    paths = {plain_path(link.url) for link in links}
    anchors = [a for a in page.tree.css("a[href]") if _ends_like(a.attributes.get("href") or "", paths)]
    return _selector_around(page, anchors) if anchors else []


def _selector_around(page: Page, anchors: Sequence[LexborNode]) -> list[str]:
    holders: Counter[int] = Counter()
    nodes: dict[int, LexborNode] = {}
    depth: dict[int, int] = {}
    for anchor in anchors:
        at, above = anchor.parent, []
        while at is not None and at.tag not in ("body", "html", None):
            above.append(at)
            at = at.parent
        for number, node in enumerate(reversed(above)):
            holders[node.mem_id] += 1
            nodes[node.mem_id], depth[node.mem_id] = node, number
    full = [number for number, count in holders.items() if count >= len(anchors) * _SHARE]
    for number in sorted(full, key=lambda each: -depth[each]):
        if selector := _selector(nodes[number], page):
            return [selector]
    return []


def _ends_like(href: str, paths: set[str]) -> bool:
    tail = plain_path(href).lstrip("./")
    return bool(tail) and any(path.endswith(tail) for path in paths)


def _headline_selectors(page: Page, link: Link) -> list[str]:
    wanted = comparison_text((link.headline or "").rstrip(".… "))
    if not wanted:
        return []

    def fits(lines: list[str]) -> bool:
        said = comparison_text("".join(lines))
        # A listing may cut a headline short; what stands in lines of its own below it is its stamp.
        return said == wanted or (len(lines) == 1 and said.startswith(wanted) and len(said) < len(wanted) * 3 + 40)

    return _selectors(page, fits)


def _date_selectors(page: Page, link: Link) -> list[str]:
    listed = read_date(link.date, time_zone="UTC") if link.date else None

    def fits(lines: list[str]) -> bool:
        text = " ".join(lines)
        found = read_date(text, time_zone="UTC") if len(text) <= 200 else None
        return found is not None and (listed is None or found.iso[:10] == listed.iso[:10])

    return _selectors(page, fits)


def _body_selectors(page: Page) -> list[str]:
    node = densest_block(page.tree.body) if page.tree.body else None
    found = []
    for _ in range(3):
        if node is None or node.tag in ("body", "html"):
            break
        if selector := _selector(node, page):
            found.append(selector)
        node = node.parent
    return found


def _selectors(page: Page, fits: Callable[[list[str]], bool]) -> list[str]:
    """Return selectors of the elements whose lines fit, the innermost first."""
    found = []
    for node in page.tree.css("body *"):
        if node.tag in ("a", "title") or len(node.text(deep=True)) > _MOST_SIGNS or not fits(visible_lines(node)):
            continue
        if selector := _selector(node, page):
            found.append(selector)
    return found[::-1]


def _selector(node: LexborNode, page: Page) -> str | None:
    """Return a selector under which the element comes first on its page, None if it bears nothing to name it by.

    Where others of its kind come first, it is named inside the nearest element that can be named.
    """
    forms = _forms(node)
    found = next((form for form in forms if _is_first(node, form, page)), None)
    at, steps = node.parent, 0
    while forms and found is None and at is not None and at.tag not in ("body", "html", None) and steps < _MOST_STEPS:
        around = next((form for form in _forms(at) if _is_first(at, form, page)), None)
        found = next(
            (f"{around} {form}" for form in forms if around and _is_first(node, f"{around} {form}", page)), None
        )
        at, steps = at.parent, steps + 1
    return found


def _is_first(node: LexborNode, selector: str, page: Page) -> bool:
    first = page.tree.css_first(selector)
    return first is not None and first.mem_id == node.mem_id


def _forms(node: LexborNode) -> list[str]:
    """Return the selectors that name an element by what it bears itself."""
    attributes = node.attributes
    name, classes = attributes.get("id") or "", (attributes.get("class") or "").split()
    forms = [f"#{name}"] if _CLASS.fullmatch(name) and not re.search(r"\d{3}", name) else []
    forms += [f"{node.tag}.{each}" for each in classes if _CLASS.fullmatch(each)]
    forms += [str(node.tag)] if node.tag in ("h1", "h2", "time", "article") else []
    return forms


def _shared(found: Iterable[list[str]]) -> list[str]:
    """Return the selectors that every article knows, in the order of the first."""
    lists = list(found)
    return [each for each in lists[0] if all(each in other for other in lists[1:])][:2] if lists else []


def _locators(selectors: Sequence[str]) -> str:
    return ", ".join(f"{{ selector = {_quoted(selector)} }}" for selector in selectors)


def _quoted(text: str) -> str:
    """Return a TOML string; JSON's escapes are TOML's (TOML 1.0, section String)."""
    return f"'{text}'" if "'" not in text and text.isprintable() else json.dumps(text, ensure_ascii=False)

"""Read a listing: the articles it names, and where it goes on."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from urllib.parse import urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.beside import beside_the_list
from crawler.jpaas import anchors_of_unit
from crawler.json_lists import list_in_json
from crawler.layouts import Layout, has_form
from crawler.links import both, date_beside, headline_of
from crawler.page import Page
from crawler.paging import Next, is_handed_out, is_pager_label, joined, last_number, next_page, total_of, whole_number
from crawler.patterns import SlowPatternError, find_all, search
from crawler.rules import Listing
from storage.identity import article_key, canonical_address, plain_path
from storage.records import Link, Park

#: A listing that names more is cut here and the cut is told; no park's page comes near it.
LINKS_PER_PAGE = 2000
#: No story has more pages.
_MOST_PAGES = 60
#: So many links of one page are looked at, repeats included.
_MOST_ANCHORS = 20_000
_ROW = re.compile(r"\s*<tr\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPage:
    """One page of a listing: its articles in order, and the address of the next page if there is one."""

    links: tuple[Link, ...]
    next: Next | None = None
    #: The page is a frame that lists nothing itself: its list is where ``next`` leads.
    is_frame: bool = False
    total: int | None = None
    last_number: int | None = None
    layout: str = ""
    revision: str = ""
    is_cut: bool = False
    #: A layout that could not be tried to its end, and why.
    trouble: str | None = None
    #: The page lists nothing and says so itself; without that, nothing listed means that something is wrong.
    is_behind_the_last: bool = False


def read_listing(
    page: Page, layouts: list[Layout], park: Park, number: int = 1, form: str | None = None
) -> ListingPage:
    """Read page *number* (from 1) of a listing with the layout that finds the most articles in it.

    *form* is what was sent to get it, where it was asked for by POST.
    """
    best = ListingPage(links=(), is_behind_the_last=any(_is_empty(page, layout.rules.listing) for layout in layouts))
    for layout in layouts:
        try:
            found = _read(page, layout, park, number, form)
        except SlowPatternError as error:  # one careless layout must not spoil what another finds
            best = replace(best, trouble=f"{layout.name}: {error}")
            continue
        if len(found.links) > len(best.links) or (found.is_frame and not best.links and not best.is_frame):
            best = found
    return best


def _is_empty(page: Page, rules: Listing) -> bool:
    return bool(rules.empty and search(rules.empty, page.text))


def is_article_of(park: Park, layout: Layout, url: str) -> bool:
    """Say whether an address has a form of the park's articles: one that its layout knows, or one of its own file's."""
    return layout.is_article(url) or has_form(canonical_address(url), park.articles)


def document_number(url: str, layouts: list[Layout]) -> str | None:
    """Return the number that the first layout whose form the address has reads off it."""
    path = plain_path(url)
    for layout in layouts:
        if any(search(pattern, path) for pattern in layout.rules.listing.articles):
            pattern = layout.rules.article.document_number
            match = search(pattern, path) if pattern else None
            return match["value"] if match else None
    return None


def key_of(url: str, layouts: list[Layout]) -> str:
    """Return the identity of the article at *url*: further pages of a story count as its first."""
    for layout in layouts:
        if layout.rules.article.pages:
            url = first_page(url, layout.rules.article.pages)
    return article_key(url, document_number(url, layouts))


def first_page(url: str, pattern: str) -> str:
    """Return the address of a story's first page, given that of any of its pages."""
    parts = urlsplit(url)
    match = search(pattern, parts.path)
    if not match:
        return url
    path = parts.path[: match.start()] + match["stem"] + match["rest"]
    return urlunsplit(parts._replace(path=path))


def further_pages(page: Page, pattern: str | None, second: int = 2, script: str | None = None) -> tuple[str, ...]:
    """Return the addresses of a story's second page to the last that *page* links to, in order.

    *second* is the number that the second page bears: some systems count the first as 0. *script* finds the call that
    draws a pager; its name tells whether it is this story's.
    """
    if not pattern or not page.is_html:
        return ()
    first = first_page(page.url, pattern)
    template, last = None, 0
    for node in page.tree.css("a[href]"):
        url = joined(page.base, node.attributes.get("href"))
        match = search(pattern, urlsplit(url).path) if url else None
        if match and first_page(url, pattern) == first:
            number = whole_number(match["number"]) or 0
            last = max(last, min(number, _MOST_PAGES))
            template = (url, match.span("number"))
    drawn = search(script, page.text) if script and template is None else None
    if drawn is not None:
        return _drawn_pages(first, drawn.groupdict(), second)
    if template is None:
        return ()
    parts = urlsplit(template[0])
    begin, end = template[1]
    paths = (f"{parts.path[:begin]}{number}{parts.path[end:]}" for number in range(second, last + 1))
    return tuple(urlunsplit(parts._replace(path=path)) for path in paths)


def pages_beside(page: Page) -> tuple[str, ...]:
    """Return the further pages that *page* links to by their numbers, where they stand at its own address with ``_1``.

    The links say 2, 3 and so on without a gap: a lone number, or one in place of another, is the next story's.
    """
    parts = urlsplit(page.url)
    stem, dot, ext = parts.path.rpartition(".")
    found: dict[int, str] = {}
    for node in page.tree.css("a[href]") if page.is_html and dot else ():
        text = node.text(deep=True).strip()
        if len(text) > 2 or not text.isdecimal():
            continue
        there = urlsplit(joined(page.base, node.attributes.get("href")) or "")
        is_beside = there.path.startswith(f"{stem}_") and there.path.endswith(f".{ext}")
        if is_beside and there.netloc == parts.netloc and there.path[len(stem) + 1 : -len(ext) - 1].isdecimal():
            found.setdefault(int(text), there.geturl())
    return tuple(found[number] for number in takewhile(found.__contains__, range(2, _MOST_PAGES + 1)))


def _drawn_pages(first: str, drawn: dict[str, str | None], second: int) -> tuple[str, ...]:
    name, ext, pages = drawn.get("name"), drawn.get("ext"), whole_number(drawn.get("pages") or "") or 0
    if not name or not first.endswith(f"/{name}.{ext}"):
        return ()
    stem = first.removesuffix(f".{ext}")
    return tuple(f"{stem}_{number}.{ext}" for number in range(second, second + min(pages, _MOST_PAGES) - 1))


def _read(page: Page, layout: Layout, park: Park, number: int, form: str | None) -> ListingPage:
    rules = layout.rules.listing
    content = list_in_json(page, rules.json_) if rules.json_ else page
    links: dict[str, Link] = {}
    nodes: dict[str, LexborNode] = {}
    is_cut = False
    seen: dict[int, tuple[str | None, bool]] = {}
    here = canonical_address(page.url)

    def is_article(href: str) -> bool:
        return _article_address(page, href, layout, park) is not None

    for at, node in enumerate(_anchors(content, rules, is_article)):
        if at >= _MOST_ANCHORS:
            is_cut = True
            break
        url = _article_address(page, node.attributes.get("href"), layout, park)
        if url in (None, here) or is_pager_label(node, rules.paging):
            continue
        key = key_of(url, [layout])
        link = Link(key=key, url=url, headline=headline_of(node), date=date_beside(node, seen, is_article))
        known = links.get(key)
        if known is None and len(links) >= LINKS_PER_PAGE:
            is_cut = True
            break
        links[key] = link if known is None else both(known, link)
        nodes.setdefault(key, node)
    if content is page and not _stands_within(page, rules):
        beside = beside_the_list(nodes, {key for key, link in links.items() if link.date})
        links = {key: link for key, link in links.items() if key not in beside}
    onward = next_page(page, rules.paging, number=number, listed=len(links), form=form)
    is_column = not links and rules.paging.jpaas and number == 1 and content is page
    is_frame = is_column and is_handed_out(page, rules.paging, number)
    return ListingPage(
        links=tuple(links.values()),
        next=onward if links or is_frame else None,
        is_frame=is_frame,
        total=total_of(page, rules.paging),
        last_number=last_number(page, rules.paging, len(links)),
        layout=layout.name,
        revision=layout.revision,
        is_cut=is_cut,
    )


def _stands_within(page: Page, rules: Listing) -> bool:
    """Say whether a page has one of the elements that the layout names for its list, with links in it."""
    return any(node.css_first("a[href]") for selector in rules.within for node in page.tree.css(selector))


def _article_address(page: Page, href: str | None, layout: Layout, park: Park) -> str | None:
    """Return the address of an article of the park that a link leads to, None for any other link or no address."""
    try:
        url = joined(page.base, href)
        if urlsplit(url).scheme not in ("http", "https") or not is_article_of(park, layout, url):
            return None
        url = canonical_address(url)  # a gateway's address names another host inside its path
        return url if urlsplit(url).netloc in park.hosts else None
    except ValueError:
        return None


def _anchors(page: Page, rules: Listing, is_article: Callable[[str], bool]) -> Iterator[LexborNode]:
    if rules.paging.jpaas:
        of_unit = anchors_of_unit(page, lambda node: is_article(node.attributes.get("href") or ""))
        if of_unit is not None:
            yield from of_unit
            return
    if rules.records:
        # Only the hidden records: the frame around them links to other columns.
        records = "".join(match["html"] for match in find_all(rules.records, page.text))
        if records:
            # Rows of a table are dropped by a parser that has seen no table.
            frame = "<table>" if _ROW.match(records) else "<body>"
            yield from LexborHTMLParser(frame + records).css("a[href]")
            return
    for selector in rules.within:
        # Lists that stand inside each other name their links once for each of them.
        links = (a for node in page.tree.css(selector) for a in node.css("a[href]"))
        found = list(islice(links, _MOST_ANCHORS + 1))
        if found:
            yield from found
            return
    yield from page.tree.css("a[href]")

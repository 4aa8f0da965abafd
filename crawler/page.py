"""Look at a page as a person does: visible lines in reading order, with the markup at hand where there is markup."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.lines import BLOCKS, is_seen, lines_below, visible_lines
from crawler.patterns import Lines
from storage.text import clean_text

#: RFC 3986, appendix B; urlsplit looks at much that an address which was asked for cannot have.
_PATH = re.compile(r"(?:[^:/?#]+:)?(?://[^/?#]*)?([^?#]*)")
_MARKUP = re.compile(r"[\s\ufeff]*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype|html|head|body)[\s>]", re.I | re.S)
_BEGINNING = 4000
_HAN = re.compile("[\u3400-\u9fff]")
_BULLET = re.compile(r"^[•●▪◆■·]\s*")

# A site's name behind a lone hyphen begins with a capital or a Chinese sign; "Low-carbon" is one word.
_TITLE_PARTS = re.compile(r"\s+(?:[-–—|_·•‹<~/]|--|::)\s+|[|_｜—]|-(?=[A-Z\u4e00-\u9fff][^-]*$)")


@dataclass(frozen=True)
class Page:
    """A decoded page and its address; ``is_html`` is false for a page given as its visible text."""

    url: str
    text: str
    is_html: bool = True
    #: What the listing said of it, for pages that do not say it themselves.
    listed_headline: str | None = None
    listed_date: str | None = None

    @cached_property
    def path(self) -> str:
        """The path of its address."""
        found = _PATH.match(self.url)
        return found[1] if found else ""

    @cached_property
    def base(self) -> str:
        """The address that its links start from (HTML standard, section 4.2.3), of its own host alone."""
        node = self.tree.css_first("base[href]") if self.is_html else None
        try:
            there = urljoin(self.url, (node.attributes.get("href") or "").strip()) if node else self.url
            return there if urlsplit(there).netloc == urlsplit(self.url).netloc else self.url
        except ValueError:
            return self.url

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The parsed markup."""
        return LexborHTMLParser(self._markup)

    @cached_property
    def _markup(self) -> bytes:
        markup = self.text.encode(errors="ignore")
        # NUL bytes end a string in some parsers below us; bytes are looked through much faster than characters.
        return markup.replace(b"\x00", b"") if b"\x00" in markup else markup

    @cached_property
    def whole(self) -> "Part":
        """All that a person sees of it."""
        if self.is_html:
            return Part(self.tree.body, searched=self.tree.root)
        lines = (_BULLET.sub("", clean_text(line)) for line in self.text.splitlines())
        return Part(None, [line for line in lines if line])

    def part(self, selectors: Iterable[str]) -> "Part | None":
        """Return the part below the first element that one of the selectors finds."""
        node = self.tree.css_first(", ".join(selectors)) if self.is_html and selectors else None
        return Part(node) if node is not None and is_seen(node) else None

    @property
    def seen(self) -> Lines:
        """The visible lines, none of them empty, ready to be searched."""
        return self.whole.seen

    @property
    def lines(self) -> tuple[str, ...]:
        """The visible lines, none of them empty."""
        return self.seen.all

    def meta(self, name: str) -> str:
        """Return the content of the first meta tag of that name in any case that is not empty, or nothing."""
        return clean_text(self._metas.get(name.lower(), ""))

    @cached_property
    def _metas(self) -> dict[str, str]:
        return _contents(self.tree.tags("meta")) if self.is_html else {}

    @cached_property
    def title(self) -> str:
        """The text of the title element."""
        if not self.is_html:
            return ""
        head = self.tree.head
        node = next((node for node in head.iter() if node.tag == "title"), None) if head is not None else None
        node = node or self.tree.css_first("title")
        return clean_text(node.text()) if node else ""


def is_markup(content_type: str | None, text: str) -> bool:
    """Say whether a page is markup: visible text says what it is, and servers say so of whole pages by mistake."""
    return not (content_type or "").lower().startswith("text/plain") or bool(_MARKUP.match(text, 0, _BEGINNING))


def language_of(page: Page) -> str:
    """Return ``zh`` for a page of which every fourth sign is Chinese, else ``en``."""
    text = " ".join(page.lines)
    return "zh" if len(_HAN.findall(text)) * 4 > len(text) else "en"


def title_parts(title: str) -> list[str]:
    """Return a title element's parts: the headline first, the site's name last."""
    return [part.strip() for part in _TITLE_PARTS.split(title) if part.strip()]


def _contents(metas: Iterable[LexborNode]) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in metas:
        attributes = node.attributes
        name, content = attributes.get("name") or attributes.get("property"), attributes.get("content")
        if name and content and not content.isspace():
            found.setdefault(name.lower(), content)
    return found


class Part:
    """What a person sees of a page below one of its elements, which is seen itself."""

    def __init__(self, root: LexborNode | None, lines: Sequence[str] = (), searched: LexborNode | None = None) -> None:
        self._root = root
        self._searched = searched or root
        self._lines = lines
        self._lines_of: dict[int, list[str]] = {}
        self._expected: dict[str, list[LexborNode]] = {}

    def expect(self, selector: str) -> None:
        """Note the lines of the first element that a selector finds when all are gathered: they will be asked for."""
        nodes = self._expected[selector] = self.css(selector)
        if nodes and nodes[0].tag in BLOCKS:
            self._lines_of.setdefault(nodes[0].mem_id, [])

    def lines_of(self, node: LexborNode) -> list[str]:
        """Return the visible lines below one of its elements; what was taken out of it since is still there."""
        return self._lines_of.get(node.mem_id) or visible_lines(node)

    @cached_property
    def seen(self) -> Lines:
        """The visible lines, none of them empty, ready to be searched."""
        return Lines(lines_below(self._root, self._lines_of) if self._root is not None else self._lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """The visible lines, none of them empty."""
        return self.seen.all

    def css(self, selector: str) -> list[LexborNode]:
        """Return the elements that a selector finds; none in a page given as its visible text."""
        if selector in self._expected:
            # Once: what is found may be taken out of the page then.
            return self._expected.pop(selector)
        return self._searched.css(selector) if self._searched is not None else []

"""Look at a page as a person does: visible lines in reading order, with the markup at hand where there is markup."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.lines import BLOCKS, SeenText, is_seen, visible_lines
from crawler.patterns import Lines
from storage.text import clean_text

_BULLET = re.compile(r"^[•●▪◆■·]\s*")


@dataclass(frozen=True)
class Page:
    """A decoded page and its address; ``is_html`` is false for a page given as its visible text."""

    url: str
    text: str
    is_html: bool = True
    #: What the listing said of it, for pages that do not say it themselves.
    listed_headline: str | None = None
    listed_date: str | None = None
    _meta: dict[str, str] = field(default_factory=dict, compare=False)

    @cached_property
    def path(self) -> str:
        """The path of its address."""
        return urlsplit(self.url).path

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The parsed markup."""
        # NUL bytes end a string in some parsers below us.
        return LexborHTMLParser(self.text.replace("\x00", ""))

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

    @cached_property
    def meta(self) -> dict[str, str]:
        """Contents of the meta tags by their names in lower case; the first of a name that is not empty counts."""
        found: dict[str, str] = {}
        if self.is_html:
            for node in self._metas():
                attributes = node.attributes
                name = (attributes.get("name") or attributes.get("property") or "").lower()
                content = clean_text(attributes.get("content") or "")
                if name and content:
                    found.setdefault(name, content)
        return found

    def _metas(self) -> list[LexborNode]:
        """Return the meta elements; a search of the head alone costs a tenth of one of the whole page."""
        head, end = self.tree.head, self.text.find("</head>")
        has_more = end < 0 or any(self.text.find(tag, end) >= 0 for tag in ("<meta", "<META", "<Meta"))
        return (self.tree if head is None or has_more else head).css("meta[content]")

    @cached_property
    def title(self) -> str:
        """The text of the title element."""
        node = self.tree.css_first("title") if self.is_html else None
        return clean_text(node.text()) if node else ""


class Part:
    """What a person sees of a page below one of its elements."""

    def __init__(self, root: LexborNode | None, lines: Sequence[str] = (), searched: LexborNode | None = None) -> None:
        self._root = root
        self._searched = searched or root
        self._lines = lines

    @cached_property
    def _text(self) -> SeenText | None:
        return SeenText(self._root) if self._root is not None else None

    @cached_property
    def seen(self) -> Lines:
        """The visible lines, none of them empty, ready to be searched."""
        return Lines(self._text.lines if self._text else self._lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """The visible lines, none of them empty."""
        return self.seen.all

    def css(self, selector: str) -> list[LexborNode]:
        """Return the elements that a selector finds; none in a page given as its visible text."""
        return self._searched.css(selector) if self._searched is not None else []

    def below(self, node: LexborNode, *, is_as_it_was: bool) -> list[str]:
        """Return the visible lines below an element, from those gathered already if nothing went away since then."""
        if is_as_it_was and "_text" in self.__dict__ and self._text and node.tag in BLOCKS and self._text.has(node):
            return self._text.below(node)
        return visible_lines(node)

"""Look at a page as a person does: visible lines in reading order, with the markup at hand where there is markup."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.lines import BLOCKS, SeenText, is_hidden
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
    def tree(self) -> LexborHTMLParser:
        """The parsed markup."""
        # NUL bytes end a string in some parsers below us.
        return LexborHTMLParser(self.text.replace("\x00", ""))

    @cached_property
    def seen(self) -> Lines:
        """The visible lines, none of them empty, ready to be searched."""
        if not self.is_html:
            lines = (_BULLET.sub("", clean_text(line)) for line in self.text.splitlines())
            return Lines(line for line in lines if line)
        return Lines(self.seen_text.lines if self.tree.body else ())

    @cached_property
    def seen_text(self) -> SeenText:
        """The visible text as it stands in the markup; for pages of markup only."""
        assert self.tree.body is not None
        return SeenText(self.tree.body)

    @property
    def is_looked_at(self) -> bool:
        """Whether the visible text has been gathered already."""
        return "seen_text" in self.__dict__

    @property
    def lines(self) -> tuple[str, ...]:
        """The visible lines, none of them empty."""
        return self.seen.all

    @cached_property
    def meta(self) -> dict[str, str]:
        """Contents of the meta tags by their names in lower case; the first of a name that is not empty counts."""
        found: dict[str, str] = {}
        if self.is_html:
            for node in self.tree.css("meta[content]"):
                attributes = node.attributes
                name = (attributes.get("name") or attributes.get("property") or "").lower()
                content = clean_text(attributes.get("content") or "")
                if name and content:
                    found.setdefault(name, content)
        return found

    @cached_property
    def title(self) -> str:
        """The text of the title element."""
        node = self.tree.css_first("title") if self.is_html else None
        return clean_text(node.text()) if node else ""


def densest_block(root: LexborNode) -> LexborNode | None:
    """Return the element whose own paragraphs carry the most text outside links, None if the page has none.

    A paragraph counts for its parent and, at half its weight, for its grandparent, so that paragraphs wrapped one by
    one still meet in the element that holds them all.
    """
    weights: dict[int, tuple[float, LexborNode]] = {}
    for paragraph in root.css("p, div, section, td, span.p"):
        if any(child.tag in BLOCKS and child.tag != "br" for child in paragraph.iter()):
            continue
        length = len(clean_text(paragraph.text(deep=True)))
        linked = sum(len(clean_text(a.text(deep=True))) for a in paragraph.css("a"))
        if length < 20 or linked * 2 > length or _is_out_of_sight(paragraph):
            continue
        parent, share = paragraph.parent, 1.0
        for _ in range(2):
            if parent is None or parent.tag in ("body", "html"):
                break
            weight, node = weights.get(parent.mem_id, (0.0, parent))
            weights[parent.mem_id] = (weight + length * share, node)
            parent, share = parent.parent, share / 2
    if not weights:
        return None
    return max(weights.values(), key=lambda entry: entry[0])[1]


def _is_out_of_sight(node: LexborNode) -> bool:
    at: LexborNode | None = node
    for _ in range(12):
        if at is None:
            return False
        if is_hidden(at) or at.tag in ("footer", "nav", "aside"):
            return True
        at = at.parent
    return False

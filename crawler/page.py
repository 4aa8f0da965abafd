"""Look at a page as a person does: visible lines in reading order, with the markup at hand where there is markup."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser, LexborNode

from storage.text import clean_text

_BLOCKS = frozenset(
    """
    address article aside blockquote body br center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5
    h6 header hr li main nav ol p pre section table tbody td tfoot th thead tr ul ucapcontent
    """.split()  # noqa: SIM905 (a paragraph of words reads better than fifty strings)
)
_UNSEEN = frozenset({"script", "style", "noscript", "template", "select", "option", "textarea", "head", "iframe"}) | {
    "object",
    "svg",
    "button",
    "input",
}
_HIDDEN = re.compile(r"(display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_BULLET = re.compile(r"^[•●▪◆■·]\s*")
#: Deeper than any page a person made; what lies below is left out.
_DEPTH = 400


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
    def lines(self) -> tuple[str, ...]:
        """The visible lines, none of them empty."""
        if not self.is_html:
            lines = (_BULLET.sub("", clean_text(line)) for line in self.text.splitlines())
            return tuple(line for line in lines if line)
        return tuple(visible_lines(self.tree.body)) if self.tree.body else ()

    @cached_property
    def meta(self) -> dict[str, str]:
        """Contents of the meta tags by their names in lower case; the first of a name that is not empty counts."""
        found: dict[str, str] = {}
        if self.is_html:
            for node in self.tree.css("meta[content]"):
                name = (node.attributes.get("name") or node.attributes.get("property") or "").lower()
                content = clean_text(node.attributes.get("content") or "")
                if name and content:
                    found.setdefault(name, content)
        return found

    @cached_property
    def title(self) -> str:
        """The text of the title element."""
        node = self.tree.css_first("title") if self.is_html else None
        return clean_text(node.text()) if node else ""


def is_hidden(node: LexborNode) -> bool:
    """Say whether a browser would not show the element."""
    if node.tag in _UNSEEN:
        return True
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))


def visible_lines(root: LexborNode) -> list[str]:
    """Return the text below *root*, one line for every block, in document order."""
    lines: list[str] = []
    words: list[str] = []

    def end_line() -> None:
        line = clean_text("".join(words))
        words.clear()
        if line:
            lines.append(line)

    # An explicit stack: hostile pages nest deeper than Python's own.
    stack: list[tuple[LexborNode | None, int]] = [(root.child, 1)]
    while stack:
        node, depth = stack.pop()
        if node is None:
            end_line()  # the end of a block
            continue
        if node.next is not None:
            stack.append((node.next, depth))
        tag = node.tag
        if tag == "-text":
            words.append(node.text_content or "")
        elif tag == "-comment" or (tag or "").startswith("!") or is_hidden(node):
            continue
        else:
            if tag in _BLOCKS:
                end_line()
                stack.append((None, depth))
            if node.child is not None and depth < _DEPTH:
                stack.append((node.child, depth + 1))
    end_line()
    return lines


def densest_block(root: LexborNode) -> LexborNode | None:
    """Return the element whose own paragraphs carry the most text outside links, None if the page has none.

    A paragraph counts for its parent and, at half its weight, for its grandparent, so that paragraphs wrapped one by
    one still meet in the element that holds them all.
    """
    weights: dict[int, tuple[float, LexborNode]] = {}
    for paragraph in root.css("p, div, section, td, span.p"):
        if any(child.tag in _BLOCKS and child.tag != "br" for child in paragraph.iter()):
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

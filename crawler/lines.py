"""Look at markup as a person does: visible lines in reading order."""

import re

from selectolax.lexbor import LexborNode

from storage.text import clean_text

BLOCKS = frozenset(
    """
    address article aside blockquote body br center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5
    h6 header hr li main nav ol p pre section table tbody td tfoot th thead tr ul ucapcontent
    """.split()  # noqa: SIM905 (a paragraph of words reads better than fifty strings)
)
_UNSEEN = frozenset(
    """
    script style noscript template select option textarea head iframe object svg button input video audio canvas
    -comment !doctype
    """.split()  # noqa: SIM905
)
_MAY_BE_HIDDEN = '[hidden], [style*="none" i], [style*="hidden" i]'
_HIDDEN = re.compile(r"(display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


def is_hidden(node: LexborNode) -> bool:
    """Say whether a browser would not show the element."""
    return node.tag in _UNSEEN or _is_hidden_by_attribute(node)


def _is_hidden_by_attribute(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))


class SeenText:
    """The visible text below an element, one line for every block, in document order.

    A line ends where a block begins, and where text stands in another block than what came before it. Every element
    is looked at once and with few words, since this is what reading a page costs.
    """

    def __init__(self, root: LexborNode) -> None:
        hidden = _hidden_below(root)
        block = here = root.mem_id
        finished: list[str] = []
        line: list[str] = []
        #: Of every block that is seen: the line in which it begins, and the one behind its last.
        self._span_of: dict[int, tuple[int, int]] = {}
        #: The elements that are open, with the block around each and the line in which it begins.
        open_elements: list[tuple[LexborNode, int, int]] = []
        node = root.first_child
        while node is not None:
            tag = node.tag or "-comment"
            if tag == "-text":
                text = node.text_content
                if not text or text.isspace():
                    if line:
                        line.append(" ")
                else:
                    if block != here:
                        here = block
                        finished.append("".join(line))
                        line = []
                    line.append(text)
            elif tag not in _UNSEEN and (not hidden or node.mem_id not in hidden):
                around = block
                if tag in BLOCKS:
                    block = here = node.mem_id
                    finished.append("".join(line))
                    line = []
                child = node.first_child
                if child is not None:
                    open_elements.append((node, around, len(finished)))
                    node = child
                    continue
                if block != around:
                    self._span_of[block] = (len(finished), len(finished) + 1)
                    block = around
            following = node.next
            while following is None and open_elements:
                node, around, begin = open_elements.pop()
                if block != around:
                    self._span_of[block] = (begin, len(finished) + 1)
                    block = around
                following = node.next
            node = following
        finished.append("".join(line))
        self._span_of[root.mem_id] = (0, len(finished))
        self._lines = [line and clean_text(line) for line in finished]

    @property
    def lines(self) -> list[str]:
        """The lines, none of them empty."""
        return [line for line in self._lines if line]

    def below(self, block: LexborNode) -> list[str] | None:
        """Return the lines below a block; None if it was not there, or not seen, when the text was gathered."""
        span = self._span_of.get(block.mem_id)
        return [line for line in self._lines[slice(*span)] if line] if span else None


def _hidden_below(root: LexborNode) -> set[int]:
    return {node.mem_id for node in root.css(_MAY_BE_HIDDEN) if _is_hidden_by_attribute(node)}


def is_seen(node: LexborNode) -> bool:
    """Say whether a browser would show the element where it stands."""
    at: LexborNode | None = node
    while at is not None and at.tag != "body":
        if is_hidden(at):
            return False
        at = at.parent
    return True


def visible_lines(root: LexborNode) -> list[str]:
    """Return the visible text below *root*, one line for every block, none of them empty."""
    return SeenText(root).lines if is_seen(root) else []

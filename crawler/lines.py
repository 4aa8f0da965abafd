"""Look at markup as a person does: visible lines in reading order."""

import re

from selectolax.lexbor import LexborNode

from storage.text import clean_lines

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
_HIDDEN = re.compile(r"(display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
#: Parts the lines while they are still one text: a character that no standard gives a meaning.
_END = "\ue000"


def is_hidden(node: LexborNode) -> bool:
    """Say whether a browser would not show the element."""
    return node.tag in _UNSEEN or _is_hidden_by_attribute(node)


def _is_hidden_by_attribute(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))


class SeenText:
    """The visible text below an element, one line for every block, in document order.

    A line ends where a block begins, and where something stands in another block than what came before it. Every
    element is looked at once and with few words, since this is what reading a page costs.
    """

    def __init__(self, root: LexborNode) -> None:
        hidden = {node.mem_id for node in root.css("[hidden], [style]") if _is_hidden_by_attribute(node)}
        here = root.mem_id
        #: Of every element that is seen: the block in which it stands.
        block_of = {here: here}
        #: Of every element and text that is seen: the line in which it begins.
        self._line_of = line_of = {here: 0}
        parts: list[str] = []
        number = 0
        nodes = iter(root.traverse(include_text=True))
        next(nodes)
        for node in nodes:
            tag = node.tag or "-comment"
            if tag in _UNSEEN:
                continue
            text = (node.text_content or "") if tag == "-text" else None
            if text is not None and text.isspace():
                parts.append(" ")
                continue
            parent, at = node.parent, node.mem_id
            block = block_of.get(parent.mem_id) if parent else None
            if block is None or at in hidden:
                continue
            if text is None:
                if tag in BLOCKS:
                    block = at
                block_of[at] = block
            if block != here:
                here = block
                number += 1
                parts.append(_END)
            line_of[at] = number
            if text:
                parts.append(text.replace(_END, ""))
        self._lines = clean_lines("".join(parts), _END)

    @property
    def lines(self) -> list[str]:
        """The lines, none of them empty."""
        return [line for line in self._lines if line]

    def has(self, node: LexborNode) -> bool:
        """Say whether an element was there, and seen, when the text was gathered."""
        return node.mem_id in self._line_of

    def below(self, node: LexborNode) -> list[str]:
        """Return the lines below a block that was there when the text was gathered; other elements share a line."""
        begin = self._line_of.get(node.mem_id)
        if begin is None:
            return []
        after = _following(node)
        while after is not None and after.mem_id not in self._line_of:
            after = _following(after)
        return [line for line in self._lines[begin : self._line_of[after.mem_id] if after else None] if line]


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


def _following(node: LexborNode) -> LexborNode | None:
    """Return what stands behind an element and everything in it."""
    at: LexborNode | None = node
    while at is not None and at.next is None:
        at = at.parent
    return at.next if at else None

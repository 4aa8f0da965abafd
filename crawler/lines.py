"""Look at markup as a person does: visible lines in reading order."""

import re
from itertools import islice

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
#: A caption is said by its element to be no paragraph (HTML standard, section 4.4.13).
_PASSED_BY = _UNSEEN | {"figcaption"}
_MAY_BE_HIDDEN = '[hidden], [style*="none" i], [style*="hidden" i]'
_HIDDEN = re.compile(r"(display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


def is_hidden(node: LexborNode) -> bool:
    """Say whether a browser would not show the element."""
    return node.tag in _UNSEEN or _is_hidden_by_attribute(node)


def _is_hidden_by_attribute(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN.search(attributes.get("style") or ""))


def visible_lines(root: LexborNode) -> list[str]:
    """Return the visible text below *root*, one line for every block, none of them empty; no captions."""
    return lines_below(root, {}) if is_seen(root) else []


def lines_below(root: LexborNode, apart: dict[int, list[str]]) -> list[str]:
    """Return the visible text below an element that is seen itself, one line for every block, in document order.

    Of those blocks below it whose ``mem_id`` is a key of *apart* the lines are noted there as well, if they are seen.
    """
    hidden = {node.mem_id for node in root.css(_MAY_BE_HIDDEN) if _is_hidden_by_attribute(node)}
    return _lines_below(root, hidden, apart)


def _lines_below(root: LexborNode, hidden: set[int], apart: dict[int, list[str]]) -> list[str]:
    """Gather the lines.

    A line ends where a block begins, and where text stands in another block than what came before it. Every element
    is looked at once and with few words, since this is what reading a page costs.
    """
    lines: list[str] = []
    finished: list[str] = []
    line, first = "", root
    block_of = {root.mem_id: root.mem_id}
    passed_by = hidden.union(apart)
    nodes = root.traverse(include_text=True)
    next(nodes)  # the root itself
    for node in nodes:
        tag = node.tag
        if tag == "-text":
            text = node.text_content
            if not text or text.isspace():
                line += " " if line else ""
            elif not line:
                line, first = text, node
            elif _block_around(node, block_of) == _block_around(first, block_of):
                line += text
            else:
                finished.append(line)
                line, first = text, node
        elif tag in _PASSED_BY or tag is None or (passed_by and node.mem_id in passed_by):
            if tag in BLOCKS and tag not in _PASSED_BY and node.mem_id not in hidden:
                lines += _cleaned([*finished, line])
                finished, line = [], ""
                apart[node.mem_id] = _lines_below(node, hidden, {})
                lines += apart[node.mem_id]
            below = sum(1 for _ in node.traverse(include_text=True)) - 1
            next(islice(nodes, below, below), None)
        elif line and tag in BLOCKS:
            finished.append(line)
            line = ""
    return lines + _cleaned([*finished, line])


def _cleaned(lines: list[str]) -> list[str]:
    return [cleaned for cleaned in map(clean_text, lines) if cleaned]


def _block_around(node: LexborNode, block_of: dict[int, int]) -> int:
    """Return the identity of the nearest block around a node, and note it for every element on the way there.

    Without the notes a page of many elements in each other would cost the square of their number.
    """
    at, passed = node.parent, []
    while at is not None and at.mem_id not in block_of:
        passed.append(at.mem_id)
        if at.tag in BLOCKS:
            block_of[at.mem_id] = at.mem_id
        else:
            at = at.parent
    block = block_of[at.mem_id] if at is not None else 0
    block_of.update(dict.fromkeys(passed, block))
    return block


def is_seen(node: LexborNode) -> bool:
    """Say whether a browser would show the element where it stands."""
    at: LexborNode | None = node
    while at is not None and at.tag != "body":
        if is_hidden(at):
            return False
        at = at.parent
    return True

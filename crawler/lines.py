"""Look at markup as a person does: visible lines in reading order."""

import re
from collections.abc import Iterator
from itertools import islice

from selectolax.lexbor import LexborNode

from storage.text import clean_text

BLOCKS = frozenset(
    """
    address article aside blockquote body br center dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5
    h6 header hr li main nav ol p pre section table tbody td tfoot th thead tr ul ucapcontent
    """.split()  # noqa: SIM905 (a paragraph of words reads better than fifty strings)
)
NEVER_SEEN = frozenset(
    """
    script style noscript template select option textarea head iframe object svg button input video audio canvas
    -comment !doctype
    """.split()  # noqa: SIM905
)
#: A caption is said by its element to be no paragraph (HTML standard, section 4.4.13).
_PASSED_BY = NEVER_SEEN | {"figcaption"}
_MAY_BE_HIDDEN = '[hidden], [style*="none" i], [style*="hidden" i]'
#: What an element is for its line; lexbor has a number for every tag it knows, and those beyond are a page's own.
_TEXT, _INLINE, _BLOCK, _UNSEEN = range(1, 5)
_FIRST_UNKNOWN = 1000
_KINDS: dict[int, int] = {}
#: What holds a site's own address and rights on every page.
_FOOT = 'footer, [class*="footer" i], [id*="footer" i], [class*="copyright" i], [id*="copyright" i], .foot, #foot'
_MOST_FEET = 20
_HIDDEN = re.compile(r"(display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


def is_hidden(node: LexborNode) -> bool:
    """Say whether a browser would not show the element."""
    return node.tag in NEVER_SEEN or _is_hidden_by_attribute(node)


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
    nodes = root.traverse(include_text=True, skip_empty=True)
    next(nodes)  # the root itself
    return _lines_of(nodes, hidden_below(root), apart)


def hidden_below(root: LexborNode) -> set[int]:
    """Return the ``mem_id`` of the elements below *root* that their attributes hide."""
    return {node.mem_id for node in root.css(_MAY_BE_HIDDEN) if _is_hidden_by_attribute(node)}


def hidden_text(root: LexborNode) -> str:
    """Return what stands in the elements below *root* that their attributes hide."""
    return " ".join(node.text(deep=True) for node in root.css(_MAY_BE_HIDDEN) if _is_hidden_by_attribute(node))


def feet_below(root: LexborNode) -> list[LexborNode]:
    """Return the elements below *root* that are marked as the page's foot.

    What holds half of the page is named for a foot that it keeps at the window's end, and is none.
    """
    half = len(root.text(deep=True)) / 2
    return [node for node in root.css(_FOOT)[:_MOST_FEET] if len(node.text(deep=True)) < half]


def _lines_of(nodes: Iterator[LexborNode], hidden: set[int], apart: dict[int, list[str]]) -> list[str]:
    """Gather the lines of *nodes* in document order.

    A line ends where a block begins, and where text stands in another block than what came before it. Every element
    is looked at once and with few words, since this is what reading a page costs; white space between elements, of
    which pages have more than of text, only where it may part two words of a line.
    """
    lines: list[str] = []
    finished: list[str] = []
    line: str = ""
    last: LexborNode | None = None
    for node in nodes:
        kind = _KINDS.get(node.tag_id) or _kind_of(node)
        if kind == _TEXT:
            text = node.text_content
            if not text or text.isspace():
                continue
            if line and last is not None and (joint := _joint(last, node, hidden)) is not None:
                line += joint + text
            else:
                if line:
                    finished.append(line)
                line = text
            last = node
        elif kind == _UNSEEN or (hidden and node.mem_id in hidden):
            below = _count_below(node)
            next(islice(nodes, below, below), None)
        elif kind == _BLOCK:
            if line:
                finished.append(line)
                line = ""
            if apart and node.mem_id in apart:
                apart[node.mem_id] = _lines_of(islice(nodes, _count_below(node)), hidden, {})
                lines += _cleaned(finished) + apart[node.mem_id]
                finished = []
    return lines + _cleaned([*finished, line])


def _count_below(node: LexborNode) -> int:
    return sum(1 for _ in node.traverse(include_text=True, skip_empty=True)) - 1


def _kind_of(node: LexborNode) -> int:
    tag = node.tag
    if tag == "-text":
        kind = _TEXT
    elif tag is None or tag in _PASSED_BY:
        kind = _UNSEEN
    else:
        kind = _BLOCK if tag in BLOCKS else _INLINE
    if node.tag_id < _FIRST_UNKNOWN:
        _KINDS[node.tag_id] = kind
    return kind


def _joint(last: LexborNode, node: LexborNode, hidden: set[int]) -> str | None:
    """Return what stands between two texts with no block's beginning between them; None where a block ends there.

    Every step of the way is gone once on a page, however its elements stand in each other.
    """
    joint, wanted, at = "", node.mem_id, last
    while True:
        following = at.next
        while following is None:
            above = at.parent
            if above is None or (_KINDS.get(above.tag_id) or _kind_of(above)) == _BLOCK:
                return None
            at, following = above, above.next
        below: LexborNode | None = following
        while below is not None:
            at = below
            kind = _KINDS.get(at.tag_id) or _kind_of(at)
            if kind == _TEXT:
                if at.mem_id == wanted:
                    return joint
                joint = " "  # any other text would have been the last one
                break
            is_passed_by = kind == _UNSEEN or (hidden and at.mem_id in hidden)
            below = None if is_passed_by else at.first_child


def _cleaned(lines: list[str]) -> list[str]:
    return [cleaned for cleaned in map(clean_text, lines) if cleaned]


def is_around_seen(node: LexborNode) -> bool:
    """Say whether a browser would show a field of a form, which is no text itself."""
    return not _is_hidden_by_attribute(node) and node.parent is not None and is_seen(node.parent)


def is_seen(node: LexborNode) -> bool:
    """Say whether a browser would show the element where it stands."""
    at: LexborNode | None = node
    while at is not None and at.tag != "body":
        if is_hidden(at):
            return False
        at = at.parent
    return True

"""Find the element that holds a page's text, where nothing else tells."""

from selectolax.lexbor import LexborNode

from crawler.lines import BLOCKS, NEVER_SEEN, feet_below, hidden_below

#: Elements that a paragraph may be.
_PARAGRAPHS = frozenset({"p", "div", "section", "td", "span"})
#: Blocks inside which no text is the page's own.
_APART = frozenset({"footer", "nav", "aside"})
#: A shorter paragraph may be a label, and says nothing of where the text is.
_SHORTEST = 20


class _Block:
    """What an element holds itself, and where it stands."""

    __slots__ = ("above", "has_blocks", "length", "linked", "node", "tag")

    def __init__(self, node: LexborNode, tag: str, above: "_Block | None") -> None:
        self.node = node
        self.tag = tag
        self.above = above
        self.has_blocks = False
        self.length = self.linked = 0


def densest_block(root: LexborNode) -> LexborNode | None:
    """Return the element whose own paragraphs carry the most text outside links, None if the page has none.

    A paragraph counts for its parent and, at half its weight, for its grandparent, so that paragraphs wrapped one by
    one still meet in the element that holds them all.
    """
    weights: dict[_Block, float] = {}
    for block in _blocks(root):
        if block.has_blocks or block.tag not in _PARAGRAPHS or block.length < _SHORTEST:
            continue
        if block.linked * 2 > block.length:
            continue
        above, share = block.above, 1.0
        for _ in range(2):
            if above is None or above.tag == "body":
                break
            weights[above] = weights.get(above, 0.0) + block.length * share
            above, share = above.above, share / 2
    return max(weights, key=lambda block: weights[block]).node if weights else None


def _blocks(root: LexborNode) -> list[_Block]:
    """Return the visible blocks below *root* in document order, each with the length of its own text."""
    top = _Block(root, "body", None)
    found = [top]
    # Of every element that is seen: its block, and whether it stands in a link.
    place: dict[int, tuple[_Block, bool]] = {root.mem_id: (top, False)}
    passed_by = hidden_below(root).union(node.mem_id for node in feet_below(root))
    for node in root.traverse(include_text=True, skip_empty=True):
        parent = node.parent
        at = place.get(parent.mem_id) if parent else None
        if at is None:
            continue
        block, is_link = at
        tag = node.tag or "-comment"
        if tag == "-text":
            length = len(" ".join((node.text_content or "").split()))
            block.length += length
            block.linked += length if is_link else 0
        elif tag not in _APART and tag not in NEVER_SEEN and node.mem_id not in passed_by:
            if (tag in BLOCKS and tag != "br") or _is_paragraph_of_its_own(node, tag):
                block.has_blocks = True
                block = _Block(node, tag, block)
                found.append(block)
            place[node.mem_id] = (block, is_link or tag == "a")
    return found


def _is_paragraph_of_its_own(node: LexborNode, tag: str) -> bool:
    return tag == "span" and "p" in (node.attributes.get("class") or "").split()

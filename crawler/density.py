"""Find the element that holds a page's text, where nothing else tells."""

from selectolax.lexbor import LexborNode

from crawler.lines import BLOCKS, NEVER_SEEN, feet_below, hidden_below
from storage.text import clean_text

#: Elements that a paragraph may be.
_PARAGRAPHS = frozenset({"p", "div", "section", "td", "span"})
#: Elements that an editor puts around each paragraph.
_PASTED = frozenset({"div", "section", "p", "span"})
#: Blocks inside which no text is the page's own.
_APART = frozenset({"footer", "nav", "aside"})
#: A shorter paragraph may be a label, and says nothing of where the text is.
_SHORTEST = 20
#: Editors wrap paragraphs in at most so many elements.
_MOST_WRAPS = 6


class _Block:
    """What an element holds itself, and where it stands."""

    __slots__ = ("above", "blocks", "length", "linked", "node", "tag")

    def __init__(self, node: LexborNode, tag: str, above: "_Block | None") -> None:
        self.node = node
        self.tag = tag
        self.above = above
        self.blocks = 0
        self.length = self.linked = 0


def densest_block(root: LexborNode, holding: str | None = None) -> LexborNode | None:
    """Return the element whose own paragraphs carry the most text outside links, None if the page has none.

    Where *holding* is given, only elements are looked at that hold this line.

    A paragraph counts for its parent and, at half its weight, for its grandparent, so that paragraphs wrapped one by
    one still meet in the element that holds them all; so do those that are wrapped deeper, where all are alike.
    """
    weights: dict[_Block, float] = {}
    paragraphs = [block for block in _blocks(root) if _is_paragraph(block)]
    around = _around(paragraphs, holding) if holding else None
    for block in paragraphs:
        above, share = block.above, 1.0
        for _ in range(2):
            if above is None or above.tag == "body":
                break
            if around is None or above in around:
                weights[above] = weights.get(above, 0.0) + block.length * share
            above, share = above.above, share / 2
    return _of_its_like(max(weights, key=lambda block: weights[block]), paragraphs).node if weights else None


def _around(paragraphs: list[_Block], line: str) -> set[_Block]:
    """Return the blocks around the first paragraph that holds a line."""
    at = next((block for block in paragraphs if line in clean_text(block.node.text(deep=True))), None)
    found = set()
    while at is not None:
        found.add(at)
        at = at.above
    return found


def _is_paragraph(block: _Block) -> bool:
    is_text = not block.blocks and block.tag in _PARAGRAPHS and block.length >= _SHORTEST
    return is_text and block.linked * 2 <= block.length


def _of_its_like(best: _Block, paragraphs: list[_Block]) -> _Block:
    """Return what holds elements like *best*, with a paragraph each, where *best* is the wrap of a single one.

    Only what editors paste is alike: elements without a class, the same in each other. Columns and boxes have classes,
    and tables have cells.
    """
    inside = [block for block in paragraphs if block.above is best]
    if best.blocks != 1 or not inside:
        return best
    above = best.above
    while above is not None and above.blocks == 1 and not above.length:
        above = above.above
    if above is None or above.tag == "body":
        return best
    own = _wraps(inside[0], above)
    alike = sum(_wraps(block, above) == own for block in paragraphs) if own else 0
    return above if alike > 1 else best


def _wraps(block: _Block, above: _Block) -> tuple[str, ...]:
    """Return the tags from below *above* down to a paragraph, none if it is far, elsewhere, or not pasted."""
    tags: list[str] = []
    at: _Block | None = block
    while at is not None and at is not above and len(tags) <= _MOST_WRAPS:
        if at.tag not in _PASTED or (at is not block and at.node.attributes.get("class")):
            return ()
        tags.append(at.tag)
        at = at.above
    return tuple(reversed(tags)) if at is above else ()


def _blocks(root: LexborNode) -> list[_Block]:
    """Return the visible blocks below *root* in document order, each with the length of its own text."""
    top = _Block(root, "body", None)
    found = [top]
    # Of every element that is seen: its block, and whether it stands in a link.
    place: dict[int, tuple[_Block, bool]] = {root.mem_id: (top, False)}
    passed_by = hidden_below(root).union(node.mem_id for node in feet_below(root))
    for node in root.traverse(include_text=True, skip_empty=True):
        tag = node.tag or "-comment"
        text = (node.text_content or "").split() if tag == "-text" else None
        # Before anything is asked of where it stands: half of a page's nodes are white space between elements.
        if text == [] or tag in _APART or tag in NEVER_SEEN:
            continue
        parent = node.parent
        at = place.get(parent.mem_id) if parent else None
        if at is None:
            continue
        block, is_link = at
        if text is not None:
            length = len(" ".join(text))
            block.length += length
            block.linked += length if is_link else 0
        elif node.mem_id not in passed_by:
            if (tag in BLOCKS and tag != "br") or _is_paragraph_of_its_own(node, tag):
                block.blocks += 1
                block = _Block(node, tag, block)
                found.append(block)
            place[node.mem_id] = (block, is_link or tag == "a")
    return found


def _is_paragraph_of_its_own(node: LexborNode, tag: str) -> bool:
    return tag == "span" and "p" in (node.attributes.get("class") or "").split()

"""Tell the captions of pictures that bear no mark of their own from the paragraphs of a text."""

import re

from selectolax.lexbor import LexborNode

from crawler.lines import BLOCKS
from storage.text import clean_text

_PICTURES = "img, video, embed, object"
_CENTRED = re.compile(r"text-align\s*:\s*center", re.IGNORECASE)
#: What an editor makes of a heading that is no heading element.
_EMPHASIS = "strong, b, h1, h2, h3, h4, h5, h6"
#: Longer lines are text, however they stand.
_LONGEST = 200
_MOST_PICTURES = 100


def captions_in(text: LexborNode) -> frozenset[str]:
    """Return the lines in a text's element that are captions by where they stand: centred, right below a picture.

    Editors of Boda's, gkmlpt's and China Daily's sites set them so. A heading stands there too, but in bold, and a text
    that is centred as a whole goes on below.
    """
    found = set()
    for picture in text.css(_PICTURES)[:_MOST_PICTURES]:
        block = _block_around(picture, text)
        if block is None or clean_text(block.text(deep=True)):
            continue
        below = _shown_below(block)
        if below is not None and _is_centred_line(below) and not _goes_on(below):
            found.add(clean_text(below.text(deep=True)))
    return frozenset(found)


def _block_around(node: LexborNode, text: LexborNode) -> LexborNode | None:
    at = node.parent
    while at is not None and at.mem_id != text.mem_id:
        if at.tag in BLOCKS:
            return at
        at = at.parent
    return None


def _shown_below(node: LexborNode) -> LexborNode | None:
    at = node.next
    while at is not None and (at.is_comment_node or (at.is_text_node and not (at.text_content or "").strip())):
        at = at.next
    return at


def _is_centred_line(node: LexborNode) -> bool:
    attributes = node.attributes
    is_centred = (attributes.get("align") or "").lower() == "center" or _CENTRED.search(attributes.get("style") or "")
    if not is_centred or node.css_first(_PICTURES) is not None:
        return False
    said = clean_text(node.text(deep=True))
    bold = clean_text("".join(part.text(deep=True) for part in node.css(_EMPHASIS)))
    return len(said) <= _LONGEST and len(bold) * 2 < len(said)


def _goes_on(node: LexborNode) -> bool:
    below = _shown_below(node)
    return below is not None and _is_centred_line(below)

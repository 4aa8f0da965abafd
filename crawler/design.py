"""Tell what a site's design, or our own reading, does to a text from what its people wrote in it."""

from collections import Counter
from collections.abc import Sequence

from selectolax.lexbor import LexborNode

from crawler.lines import BLOCKS, is_hidden
from crawler.page import Page
from storage.decisions import changed_fields, is_framed, is_read_otherwise
from storage.records import ArticleFields
from storage.text import comparison_text

#: Deeper than this a design does not show itself.
_DEEPEST = 40
_LARGEST = 1_000_000

#: The elements around a text, the outermost first: tag, class and id of each.
Place = tuple[tuple[str, str, str], ...]


def is_by_design(
    record: ArticleFields,
    read: ArticleFields,
    before: Sequence[Page],
    now: Sequence[Page],
    *,
    is_elsewhere: bool,
) -> bool:
    """Say whether what differs between a reading and the record is the design of the page, or what we take for text.

    *before* are the pages that the record was read from, *now* those of the reading; *is_elsewhere* says that another
    locator than then found the text. Only a text that was found in another way, or by a general extractor, which has
    no way of its own, is to be asked about: one that the same locator finds is what the site's people put there.
    """
    if changed_fields(record, read) != ("body",):
        return False
    if is_read_otherwise(record, read, _shown(before), _shown(now)):
        return True
    return is_framed(record, read) and (is_elsewhere or _place(before, record, read) != _place(now, record, read))


def _shown(pages: Sequence[Page]) -> Counter[str]:
    return Counter(comparison_text(line) for page in pages for line in page.lines)


def _place(pages: Sequence[Page], record: ArticleFields, read: ArticleFields) -> Place | None:
    """Return where the longest paragraph that two readings share stands on the first of the pages."""
    shared = {*map(comparison_text, record.body)}.intersection(map(comparison_text, read.body))
    is_fit = bool(shared and pages) and pages[0].is_html and len(pages[0].text) <= _LARGEST
    return place_of(pages[0], max(shared, key=len)) if is_fit else None


def place_of(page: Page, text: str) -> Place | None:
    """Return the blocks around a text that is given in the form made for equality, None if it is not there.

    Without the body, of which a script may choose the class, and without the paragraph itself: its markup is what an
    editor writes, not the design.
    """
    place: list[tuple[str, str, str]] = []
    node = page.tree.body
    while node is not None and len(place) < _DEEPEST:
        attributes = node.attributes
        place.append((node.tag or "", attributes.get("class") or "", attributes.get("id") or ""))
        node = next((child for child in node.iter() if not is_hidden(child) and text in _said(child)), None)
    blocks = [element for element in place[1:] if element[0] in BLOCKS and element[0] != "p"]
    return tuple(blocks[:-1] if place[-1][0] in BLOCKS - {"p"} else blocks) if len(place) > 1 else None


def _said(node: LexborNode) -> str:
    return comparison_text(node.text(deep=True, separator=" "))

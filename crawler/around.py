"""Find the part of a page that holds one article, so that menus and lists of other stories are not looked through."""

from selectolax.lexbor import LexborNode

from crawler.lines import is_seen
from crawler.names import shows_headline
from crawler.page import Page, Part, title_parts
from crawler.readings import Reading
from crawler.rules import Article

#: A headline stands so many levels above the text's own element.
_MOST_LEVELS = 6
#: Shorter texts, such as a column's name, stand in many places.
_SHORTEST = 5
#: What holds more signs is the whole page, and to look through it once more costs what was to be saved.
_MOST_SIGNS = 100_000
#: Locators of what is printed in a line or in an element.
_PRINTED = frozenset({"line", "after", "before", "selector"})


def part_around_text(page: Page, article: Article) -> Part | None:
    """Return the part below the smallest element that holds the text's own element and, outside it, the headline.

    The headline is what the listing said, or else what the title begins with. None where the layout knows no such
    element, or where nothing but the page itself holds both.
    """
    text = _element_of_text(page, article)
    headline = page.listed_headline or next(iter(title_parts(page.title)), "")
    wanted = _run_together(headline.rstrip(".… "))
    if text is None or len(wanted) < _SHORTEST or not is_seen(text):
        return None
    said = _run_together(text.text(deep=True)).count(wanted)  # a text may begin with its headline
    above = text.parent
    for _ in range(_MOST_LEVELS):
        if above is None or above.tag in ("body", "html"):
            return None
        around = _run_together(above.text(deep=True))
        if len(around) > _MOST_SIGNS:
            return None
        if around.count(wanted) > said:
            return Part(above)
        above = above.parent
    return None


def tells_all(reading: Reading, listed: str | None) -> bool:
    """Say whether headline, stamp and text of what was read in a part are there, so that none of them is elsewhere.

    A source is printed beside the stamp. Where the stamp is only in a meta tag, a source may stand anywhere; and where
    neither the listing nor the markup tells the headline, a part named for the site looks as if it held one.
    """
    headline, ways = reading.fields.headline, reading.located_by
    is_stamp_here = ways.get("date_published", "").partition(":")[0] in _PRINTED
    needs_source = reading.layout.rules.article.source is not None and reading.fields.source is None
    is_dated = is_stamp_here or (reading.is_on_page("date_published") and not needs_source)
    is_named = ways["headline"].startswith(("selector:", "meta:")) or shows_headline(listed or "", (headline,))
    # Where the text's own element shows pictures alone, the text may be in another.
    return is_dated and is_named and ways["body"].startswith("selector:") and bool(reading.fields.body)


def _element_of_text(page: Page, article: Article) -> LexborNode | None:
    selectors = [way.selector for way in article.body.locators if way.selector] if page.is_html else []
    return next((node for node in map(page.tree.css_first, selectors) if node is not None), None)


def _run_together(text: str) -> str:
    return "".join(text.split())

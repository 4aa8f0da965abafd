"""Find the part of a page that holds one article, so that menus and lists of other stories are not looked through."""

from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from crawler.page import Page, Part, title_parts
from crawler.readings import Reading
from crawler.rules import Article
from storage.text import comparison_text

#: A headline stands so many levels above the text's own element.
_MOST_LEVELS = 6
#: Shorter texts, such as a column's name, stand in many places.
_SHORTEST = 5
#: What holds more signs is the whole page, and to look through it once more costs what was to be saved.
_MOST_SIGNS = 100_000
#: What names a source in markup, whatever its layout makes of it.
_LABELS = ("来源", "來源", "稿源", "出处", "转自", "转载", "来自", "Source", "SOURCE", "From", "FROM")


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundText:
    """The part below the smallest element that shows a headline and, below that, the text's own element."""

    part: Part
    #: What listing or title say that the headline begins with, for comparison.
    wanted: str
    #: The lines from the headline down to the text.
    head: tuple[str, ...]
    #: What found the text's own element, and whether it finds none outside the part.
    selector: str
    is_alone: bool


def part_around_text(page: Page, article: Article) -> AroundText | None:
    """Return the part that holds an article; None where nothing but the page itself does, or nothing that is known.

    The headline is what the listing said, or else what the title begins with. In a link it leads to the article from
    elsewhere: from a box of other stories, or from a trail of crumbs.
    """
    found = _elements_of_text(page, article)
    headline = page.listed_headline or next(iter(title_parts(page.title)), "")
    headline = headline.rstrip(".… ")
    wanted, as_written = comparison_text(headline), "".join(headline.split())
    if found is None or len(wanted) < _SHORTEST:
        return None
    selector, nodes = found
    text = nodes[0]
    above = text.parent
    for _ in range(_MOST_LEVELS):
        if above is None or above.tag in ("body", "html"):
            return None
        said = above.text(deep=True)
        if len(said) > _MOST_SIGNS:
            return None
        # Where it is written in other signs than in the listing, the whole page is looked at.
        if as_written in "".join(said.split()):
            part = Part(above)
            part.expect(selector)
            head = _head_of(part, wanted, part.lines_of(text))
            if head:
                is_alone = len(above.css(selector)) == len(nodes)
                return AroundText(part=part, wanted=wanted, head=head, selector=selector, is_alone=is_alone)
        above = above.parent
    return None


def tells_all(around: AroundText, reading: Reading, page: Page) -> bool:
    """Say whether headline, stamp, source and text of what was read in a part are there, so that none is elsewhere.

    A summary may bear the name of the text's own element.
    """
    ways = reading.located_by
    # Where the listing told no headline, one that was guessed from the title may be the name of the site.
    is_named = bool(page.listed_headline) or ways["headline"].startswith(("selector:", "meta:"))
    is_named = is_named and comparison_text(reading.fields.headline).startswith(around.wanted)
    return (
        is_named
        and _is_dated(around, reading)
        and _is_sourced(around, reading, page)
        and ways["body"] == f"selector:{around.selector}"
        and around.is_alone
    )


def _is_dated(around: AroundText, reading: Reading) -> bool:
    """Say whether the stamp stands between headline and text, or in a meta tag."""
    raw = reading.fields.date_published_raw or ""
    is_in_meta = reading.located_by.get("date_published", "").startswith("meta:")
    return is_in_meta or (raw != "" and any(raw in line for line in around.head))


def _is_sourced(around: AroundText, reading: Reading, page: Page) -> bool:
    """Say whether a source was found, or its label stands empty beside the stamp, or nowhere on the page."""
    if reading.fields.source is not None or any(label in line for line in around.head for label in _LABELS):
        return True
    # A sign is found many times as fast as a word, and a page in English has none of the Chinese ones.
    return not any(label[-1] in page.text and label in page.text for label in _LABELS)


def _head_of(part: Part, wanted: str, text: list[str]) -> tuple[str, ...]:
    """Return the lines from the one that shows the headline down to the text, none if none does above it."""
    lines = part.lines
    first = next((at for at, line in enumerate(lines) if text and line == text[0]), 0)
    said = [comparison_text(line) for line in lines[:first]]
    at = next((at for at in range(first) if "".join(said[at : at + 3]).startswith(wanted)), first)
    if at == first or any(comparison_text(link.text(deep=True)) == said[at] for link in part.css("a[href]")):
        return ()
    return lines[at:first]


def _elements_of_text(page: Page, article: Article) -> tuple[str, list[LexborNode]] | None:
    selectors = [way.selector for way in article.body.locators if way.selector] if page.is_html else []
    found = ((selector, page.tree.css(selector)) for selector in selectors)
    return next(((selector, nodes) for selector, nodes in found if nodes), None)

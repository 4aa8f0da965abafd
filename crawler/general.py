"""Take the text of a page of unknown make, by a library that knows many sites and none of them well."""

from itertools import dropwhile, islice, takewhile

from crawler.body import body_from, is_prose, text_only
from crawler.captions import captions_in
from crawler.density import densest_block
from crawler.lines import feet_below, hidden_text, visible_lines
from crawler.menus import is_links_alone, link_texts
from crawler.page import Page
from crawler.patterns import LONGEST_LABEL
from crawler.rules import Article
from crawler.shown import as_shown, cells_of
from storage.text import clean_text, comparison_text

#: trafilatura's time grows faster than a page's length: it took minutes for one of 600,000 paragraphs.
_LONGEST, _MOST_TAGS = 2_000_000, 20_000
#: Lines of a trail and of the site's own that the extractor may take along.
_TRAIL = 12
#: Headings inside a text; the first kind is the page's own.
_HEADINGS, _MOST_HEADINGS = "h2, h3, h4, h5, h6", 100


def general_body(page: Page) -> list[str]:
    """Return the paragraphs that trafilatura takes for the text, none if it finds none or the page is too long for it.

    Its dates are never asked for: it reads ``2026年5月11日`` as the first of January (htmldate 1.11).
    """
    if len(page.text) > _LONGEST or page.text.count("<") > _MOST_TAGS:
        return []
    import trafilatura  # a third of a second to import, and parks on a known layout never need it

    found = trafilatura.extract(
        page.text,
        url=page.url or None,
        output_format="txt",
        include_comments=False,
        include_tables=True,
        favor_recall=True,
        deduplicate=False,
    )
    lines = [line for part in (found or "").split("\n") if (line := clean_text(part).removeprefix("- ")).strip("-")]
    if 2 * sum(len(line) for line in lines if line.startswith("|")) > sum(map(len, lines)):
        return []  # a page that is laid out by a table, not a table in a text
    lines = [cell for line in lines for cell in cells_of(line)]
    lines = as_shown(lines, page.lines)
    lines = _above_foot(_seen(lines, page), page)
    links = link_texts(page)
    return [line for line in lines if len(line) > LONGEST_LABEL or not is_links_alone(line, links)]


def general_text(
    page: Page, place: int | None, article: Article, headline: str, head: frozenset[str]
) -> tuple[str, ...]:
    """Return the text of a page of unknown make, without the lines *head*: headline and stamp.

    *place* is the number of the line in which the headline stands, if one is. Where the densest element agrees with
    the extractor, the lines are those of the element.
    """
    found = general_body(page)
    if place is not None:
        found = _below_headline(_above_end(found, page.lines, place, article), page.lines, place)
    stamp = head.difference((headline,))
    text = tuple(line for line in body_from(found, article, headline, head) if line not in stamp)
    if not text or page.tree.body is None:
        return text
    node = densest_block(page.tree.body)
    if node is not None:
        heads = {clean_text(each.text(deep=True)) for each in islice(node.css(_HEADINGS), _MOST_HEADINGS)}
        lines = _as_block_has_it(text, visible_lines(node), heads.difference(head, (headline,)))
        text = text_only(lines, article, headline)
    captions = captions_in(page.tree.body)
    return tuple(line for line in text if line not in captions) or text


def _above_end(found: list[str], shown: tuple[str, ...], place: int, article: Article) -> list[str]:
    """Return what was *found* without what the page shows only behind a line that ends its text."""
    text = next((at for at, line in enumerate(shown) if at > place and is_prose(line)), len(shown))
    end = next((at for at, line in enumerate(shown) if at > text and article.is_end(line)), len(shown))
    behind = {*shown[end:]}.difference(shown[:end])
    return [line for line in found if line not in behind]


def _below_headline(found: list[str], shown: tuple[str, ...], place: int) -> list[str]:
    """Return what was *found* without what the page shows above its headline, which is number *place* of its lines.

    The extractor has an order and a spelling of its own: what a table holds may come behind the text.
    """
    above, below = {*shown[:place]}.difference(shown[place:]), {*shown[place + 1 :]}
    lines = [line for line in found if line not in above]
    at = next((at for at, line in enumerate(lines[:_TRAIL]) if line == shown[place]), None)
    if at is not None and not below.intersection(lines[:at]):
        lines = lines[at + 1 :]
    text = next((at for at, line in enumerate(lines) if is_prose(line)), len(lines))
    return lines[:text] + [line for line in lines[text:] if line != shown[place] or line in below]


def _as_block_has_it(found: tuple[str, ...], block: list[str], headings: set[str]) -> tuple[str, ...]:
    """Return what was *found* as an element has it that holds all paragraphs of it and no other, else as it is.

    The extractor leaves out short headings, of which one may stand above all, and takes along what it finds elsewhere.
    """
    said, wanted = [comparison_text(line) for line in block], {comparison_text(line) for line in found}
    in_block = {text for text, line in zip(said, block, strict=True) if is_prose(line)}
    places = [at for at, text in enumerate(said) if text in wanted]
    if not in_block or in_block != {comparison_text(line) for line in found if is_prose(line)}:
        return found
    above = len(list(takewhile(headings.__contains__, reversed(block[: places[0]]))))
    return tuple(block[places[0] - above : places[-1] + 1])


def _seen(lines: list[str], page: Page) -> list[str]:
    """Return *lines* without those that only an element holds which its attributes hide."""
    shown = {*page.lines}
    hidden = hidden_text(page.tree.body) if page.tree.body is not None and not shown.issuperset(lines) else ""
    unseen = comparison_text(hidden)
    return [line for line in lines if line in shown or comparison_text(line) not in unseen] if unseen else lines


def _above_foot(lines: list[str], page: Page) -> list[str]:
    """Return *lines* without the last that stand in what the page marks as its foot, unless that is all of them."""
    feet = feet_below(page.tree.body) if page.tree.body is not None else []
    foot = {line for node in feet for line in visible_lines(node)}
    above = list(dropwhile(foot.__contains__, reversed(lines)))[::-1]
    return above or lines

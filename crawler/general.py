"""Take the text of a page of unknown make, by a library that knows many sites and none of them well."""

import re
from itertools import dropwhile, islice

from crawler.body import is_prose
from crawler.dates import DATE_PATTERN
from crawler.lines import feet_below, visible_lines
from crawler.page import Page
from crawler.patterns import LONGEST_LABEL
from storage.text import clean_text, comparison_text

#: trafilatura's time grows faster than a page's length: it took minutes for one of 600,000 paragraphs.
_LONGEST, _MOST_TAGS, _MOST_LINKS = 2_000_000, 20_000, 1000
_MOST_GLUED = 200
#: Lines of a trail and of the site's own that the extractor may take along.
_TRAIL = 12
_DATE = re.compile(DATE_PATTERN)
_BETWEEN_LINKS = "|/>»·•-—[]()（）【】,，、:：."


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
    lines = _as_shown(lines, page.lines)
    lines = _above_foot(lines, page)
    links = _link_texts(page)
    return [line for line in lines if len(line) > LONGEST_LABEL or not _is_links_alone(line, links)]


def below_headline(found: list[str], shown: tuple[str, ...], place: int) -> list[str]:
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


def _above_foot(lines: list[str], page: Page) -> list[str]:
    """Return *lines* without the last that stand in what the page marks as its foot, unless that is all of them."""
    feet = feet_below(page.tree.body) if page.tree.body is not None else []
    foot = {line for node in feet for line in visible_lines(node)}
    above = list(dropwhile(foot.__contains__, reversed(lines)))[::-1]
    return above or lines


def _as_shown(found: list[str], shown: tuple[str, ...]) -> list[str]:
    """Return lines as the page shows them, where the extractor has glued several together."""
    known, said = {*shown}, [comparison_text(line) for line in shown]
    lines: list[str] = []
    tried = 0
    for line in found:
        tried += line not in known
        run = _run_of(comparison_text(line), said) if line not in known and tried <= _MOST_GLUED else None
        lines += [shown[at] for at in run] if run else [line]
    return lines


def _run_of(wanted: str, said: list[str]) -> range | None:
    """Return the numbers of the lines that make up a text, None if there are no two such lines."""
    for at, first in enumerate(said):
        if not first or not wanted.startswith(first):
            continue
        length, end = len(first), at + 1
        while end < len(said) and length < len(wanted) and wanted.startswith(said[end], length):
            length, end = length + len(said[end]), end + 1
        if length == len(wanted) and end - at > 1:
            return range(at, end)
    return None


def _link_texts(page: Page) -> list[str]:
    """Return what a page's links say, the longest first, in the form made for equality."""
    nodes = islice(page.tree.css("a[href]"), _MOST_LINKS)
    texts = {comparison_text(node.text(deep=True)) for node in nodes}
    return sorted((text for text in texts if len(text) > 1), key=len, reverse=True)


def _is_links_alone(line: str, links: list[str]) -> bool:
    """Say whether a line is a menu, or an entry of a list of other stories with its date: no text of this one's."""
    rest = comparison_text(line)
    for text in links:
        if text in rest:
            rest = rest.replace(text, "")
            if not _DATE.sub("", rest).strip(_BETWEEN_LINKS):
                return True
    return False

"""Read a page that is given as its visible text alone, where its layout's own locators find nothing.

Such pages come by hand as a rule: what a person copied, or an archive that kept no markup.
"""

import re

from crawler.body import is_prose, text_below
from crawler.dates import DATE_PATTERN
from crawler.rules import Article

#: Stands for a locator in the record of which one won.
BY_TEXT = "visible text"
_NO_HEADLINE = (".", "。", "…", ":", "：", "]", "】")
#: Fewer signs are a column's name or a label.
_SHORTEST = 5
_STAMP = re.compile(rf"(?:[^:：]{{1,20}}[:：]\s*)?{DATE_PATTERN}")


def headline_at(lines: tuple[str, ...], article: Article) -> int | None:
    """Return the number of the last line above the first paragraph that may be a headline, None if there is none."""
    first = next((at for at, line in enumerate(lines) if is_prose(line)), 0)
    found = (at for at in reversed(range(first)) if _may_be_headline(lines[at], article))
    return next(found, None)


def body_below(
    lines: tuple[str, ...], headline_line: int, stamp_line: int | None, article: Article, headline: str
) -> tuple[str, ...]:
    """Return the paragraphs below the headline, and below its stamp where that follows it."""
    start = headline_line
    text = next((at for at, line in enumerate(lines) if at > start and is_prose(line)), len(lines))
    if stamp_line is not None and start < stamp_line < text:
        start = stamp_line
    return text_below(lines, start, article, headline)


def _may_be_headline(line: str, article: Article) -> bool:
    if len(line) < _SHORTEST or line.endswith(_NO_HEADLINE) or _STAMP.match(line):
        return False
    return not (article.is_skipped(line) or article.is_dropped(line) or article.headline.is_rejected(line))

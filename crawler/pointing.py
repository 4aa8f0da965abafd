"""Follow a locator to what it points at on a page."""

import re
from collections.abc import Callable, Container, Iterator

from selectolax.lexbor import LexborNode

from crawler.body import is_prose
from crawler.lines import lines_below
from crawler.linked_data import said_of_article
from crawler.page import Page, Part, title_parts
from crawler.patterns import Match, search
from crawler.rules import Article, Locator
from storage.text import clean_text, comparison_text

_MOST_AFTER = 7
#: A longer text is no headline, and to look at each of many in each other costs the square of their number.
_MOST_SIGNS = 2000
#: What follows such a line is that label's own: of a document's dates only one is its publication's.
_LABEL_ENDS = (":", "：", "日期", "时间")
#: Below the time of an event stands where it is.
_TIME = re.compile(r"[(（]?(?:活动|会议|举办|召开)?(?:时\s*间|日\s*期|Time|Date)\s*[:：]")
_PLACE = re.compile(r"(?:活动|会议|举办|召开)?地\s*点\s*[:：]|(?:Venue|Place)\s*[:：]")


class Pointer:
    """Follows the locators of one layout on one page."""

    def __init__(self, page: Page, part: Part, article: Article) -> None:
        self._page, self._part, self._is_skipped = page, part, article.is_skipped

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that it looks at."""
        return self._part.lines

    def candidates(
        self,
        name: str,
        locator: Locator,
        among: Container[int] | None = None,
        is_likely: Callable[[str], bool] = lambda _: True,
    ) -> Iterator[tuple[int | None, str]]:
        """Yield what a locator points at for a field, with the number of the line where it stands if it is a line.

        Of the visible lines only those numbered *among* are looked at, if that is given. Of several lines above which
        something is looked for, the likely ones come first.
        """
        if locator.meta:
            value = self._page.meta(locator.meta)
            # A site that makes its pages anew may stamp them with the moment of that, and says so beside it.
            if not (name == "date_published" and value and value in self._page.meta("others")):
                yield None, value
        elif locator.linked_data:
            yield None, said_of_article(self._page, locator.linked_data)
        elif locator.selector:
            yield from self._selected(locator, is_headline=name == "headline")
        elif locator.line:
            for at, match in self._part.seen.matching(locator.line, among):
                if locator.near != "headline" or not self._is_another_label(at):
                    yield at, _value_of(match)
        elif locator.after:
            yield from self._after(locator.after, most=1 if name == "date_published" else _MOST_AFTER)
        elif locator.before:
            yield from self._before(locator.before, is_likely)
        elif locator.title:
            yield (
                None,
                next(iter(title_parts(self._page.title)), ""),
            )
        elif locator.address:
            if found := search(locator.address, self._page.path):
                yield None, _value_of(found)
        elif locator.listing:
            yield (
                None,
                (self._page.listed_date if name == "date_published" else self._page.listed_headline) or "",
            )

    def _is_another_label(self, at: int) -> bool:
        """Say whether a line below the headline is another label's value, or when something takes place."""
        lines = self._part.lines
        is_of_event = _TIME.match(lines[at]) and any(map(_PLACE.match, lines[at + 1 : at + 3]))
        return lines[at - 1].endswith(_LABEL_ENDS) or bool(is_of_event)

    def _selected(self, locator: Locator, *, is_headline: bool) -> Iterator[tuple[int | None, str]]:
        for node in self._part.css(locator.selector or ""):
            if locator.attribute:
                yield None, clean_text(node.attributes.get(locator.attribute) or "")
            else:
                # Labels and values stand side by side in elements of their own, which only a design parts.
                spaced = clean_text(node.text(deep=True, separator=" "))
                yield None, self._as_seen(node, spaced) if is_headline and len(spaced) <= _MOST_SIGNS else spaced

    def _as_seen(self, node: LexborNode, spaced: str) -> str:
        """Return an element's text without scripts and without spaces between its elements, unless they are meant."""
        only = node.first_child
        if only is None or (only.next is None and only.is_text_node):
            return spaced  # most headlines, and to look for hidden elements costs as much as all else
        seen = " ".join(lines_below(node, {}))
        if not seen or seen == spaced:
            return spaced
        return spaced if spaced in (self._page.listed_headline, *title_parts(self._page.title)) else seen

    def _after(self, pattern: str, most: int) -> Iterator[tuple[int, str]]:
        lines = self._part.lines
        for at, _ in self._part.seen.matching(pattern):
            # A trail of crumbs ends in the column's name, which sites print again above the headline.
            label = comparison_text(re.split(r"[>＞»/:：]", lines[at])[-1]) or self._column_below(at)
            for below in range(at + 1, min(at + 1 + most, len(lines))):
                if comparison_text(lines[below]) != label and not self._is_skipped(lines[below]):
                    yield below, lines[below]

    def _column_below(self, at: int) -> str:
        """Return the column that a trail of crumbs names which has a line for each: sites print it again below."""
        below = [comparison_text(line) for line in self._part.lines[at + 1 : at + 8]]
        title = [comparison_text(part) for part in title_parts(self._page.title)]
        return next((line for line in below if below.count(line) > 1 and line not in title), "")

    def _before(self, pattern: str, is_likely: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
        lines = self._part.lines
        found = [at for at, _ in self._part.seen.matching(pattern)]
        if len(found) > 1:
            found.sort(key=lambda at: not is_likely(lines[at]))
        for at in found:
            for above in range(at - 1, max(at - 6, -1), -1):
                if not self._is_skipped(lines[above]):
                    # Right below a paragraph stands no headline, but the end of a text with its stamp behind it.
                    if not any(map(is_prose, lines[max(above - 2, 0) : above])):
                        yield above, lines[above]
                    break


def _value_of(match: Match) -> str:
    """Return the field in what a pattern found; a date may stand there in parts."""
    parts = match.groupdict()
    return parts.get("value") or "-".join(parts.get(name) or "" for name in ("year", "month", "day")).strip("-")

"""Read the fields of one page: every field by its first locator that yields a valid value."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import dropwhile

from crawler.body import body_at, body_between, body_from
from crawler.dates import DateRead, read_date
from crawler.density import densest_block
from crawler.general import general_body
from crawler.layouts import Layout
from crawler.names import Names
from crawler.page import Page, Part, title_parts
from crawler.patterns import fits_label, search, without
from crawler.readings import Reading, Unreadable, is_on_page
from crawler.rules import FieldRule, Locator
from storage.records import ArticleFields, Park
from storage.text import clean_text, comparison_text

_HEADLINE_LIMIT = 500
_SOURCE_LIMIT = 80
_NEAR = 3
#: Between headline and stamp stand labels of their own, letters for the font size, a row of share buttons.
_BELOW_HEADLINE = 5
_MOST_AFTER = 7
#: What follows such a line is that label's own: of a document's dates only one is its publication's.
_LABEL_ENDS = (":", "：", "日期", "时间")
_BRACKETS = "()（）[]【】|｜ \t"


@dataclass
class FieldReader:
    """Holds what the fields of one page learn from each other: where on the page each was found."""

    page: Page
    #: Where its lines are looked for.
    part: Part
    layout: Layout
    park: Park
    captured_at: datetime
    located_by: dict[str, str] = field(default_factory=dict)
    line_of: dict[str, int] = field(default_factory=dict)
    #: The last paragraph of the body, once that is found.
    _last: str = ""

    def read(self) -> Reading | Unreadable:
        """Return all fields; without a headline or a body there is no article."""
        rules = self.layout.rules.article
        first = next((way.selector for way in rules.body.locators if way.selector), None)
        if first:
            self.part.expect(first)
        ways = rules.date_published.locators
        behind = next((at for at, way in enumerate(ways) if way.near == "body"), len(ways))
        stamp = self._date(ways[:behind])
        headline = self._headline()
        if not headline:
            return Unreadable(reason="no headline found")
        # Before the body, which takes what its layout drops out of the page.
        source = self._words("source", rules.source, _SOURCE_LIMIT) if rules.source else None
        body = self._body(rules.body, headline)
        if not body:
            return Unreadable(reason="no body found")
        self._last = body[-1]
        stamp = stamp or self._date(ways[behind:])
        fields = ArticleFields(
            headline=headline,
            date_published=stamp.iso if stamp else None,
            date_published_raw=stamp.raw if stamp else None,
            source=source,
            body=body,
            in_language=self.park.language,
        )
        return Reading(fields=fields, layout=self.layout, located_by=self.located_by)

    @cached_property
    def _names(self) -> Names:
        return Names(self.page, self.part, self.park.name)

    def _date(self, ways: list[Locator]) -> DateRead | None:
        for locator in ways:
            for at, found in self._dates(locator):
                if locator.confirmed and found.iso[:10] not in self._days_said_elsewhere:
                    continue
                self._found("date_published", locator, at)
                return found
        return None

    def _dates(self, locator: Locator) -> Iterator[tuple[int | None, DateRead]]:
        rule = self.layout.rules.article.date_published
        for at, value in self._candidates("date_published", locator):
            found = read_date(
                without(value, rule.strip),
                time_zone=self.park.time_zone,
                captured_at=self.captured_at,
                day_first=self.layout.rules.article.day_first,
            )
            # Behind a label of its own block a date stands first, or the label is empty and this is something else.
            if found and (not locator.after or comparison_text(value).startswith(comparison_text(found.raw))):
                yield at, found

    @cached_property
    def _days_said_elsewhere(self) -> frozenset[str]:
        """The days that the listing and the address say."""
        ways = self.layout.rules.article.date_published.locators
        found = (date for way in ways if way.listing or way.address for _, date in self._dates(way))
        return frozenset(date.iso[:10] for date in found)

    def _words(self, name: str, rule: FieldRule, limit: int) -> str | None:
        self.line_of.pop(name, None)
        for locator in rule.locators:
            for at, value in self._candidates(name, locator):
                value = clean_text(without(value, rule.strip))
                if name == "source":
                    value = value.strip(_BRACKETS)
                if locator.confirmed and not self._names.is_in_title(value):
                    continue
                if (
                    name == "headline"
                    and not locator.listing
                    and self._names.is_of_the_site(value, is_title=locator.title)
                ):
                    continue
                if value and len(value) <= limit and not fits_label(value, rule.reject):
                    self._found(name, locator, at)
                    return value
        return None

    def _body(self, rule: FieldRule, headline: str) -> tuple[str, ...]:
        article = self.layout.rules.article
        for locator in rule.locators:
            if locator.needs and not self._is_on_page(locator.needs):
                continue
            if locator.selector:
                paragraphs = body_at(self.part.css(locator.selector), self.part, article, headline, self._head())
            elif locator.densest and self.page.is_html and self.page.tree.body is not None:
                node = densest_block(self.page.tree.body)
                paragraphs = body_at([node] if node else [], self.part, article, headline, self._head())
            elif locator.general and self.page.is_html:
                paragraphs = body_from(self._below_headline(headline), article, headline, self._head() | {headline})
            elif locator.below and self._place(locator.below, headline) is not None:
                paragraphs = body_between(
                    self.part.seen,
                    self.line_of[locator.below],
                    locator,
                    article,
                    headline,
                )
            else:
                continue
            if paragraphs:
                self._found("body", locator, None)
                return paragraphs
        return ()

    def _below_headline(self, headline: str) -> list[str]:
        """Return what the general extractor finds, without what it took from above the headline."""
        found, place = general_body(self.page), self._place("headline", headline)
        if place is None:
            return found
        lines = self.part.lines
        above = {*lines[:place]}.difference(lines[place + 1 :])
        return list(dropwhile(above.__contains__, found))

    def _head(self) -> frozenset[str]:
        """Return the line in which the stamp was found: a text that shares an element with it begins behind it."""
        return frozenset({self.part.lines[self.line_of["date_published"]]} if "date_published" in self.line_of else ())

    def _is_on_page(self, name: str) -> bool:
        if name == "listing":
            listed = comparison_text((self.page.listed_headline or "").rstrip(".… "))
            said = [comparison_text(line) for line in self.part.lines]
            return bool(listed) and any(
                "".join(said[at : at + 3]).startswith(listed) for at, line in enumerate(said) if listed[:1] == line[:1]
            )
        return is_on_page(self.located_by, name)

    def _found(self, name: str, locator: Locator, at: int | None) -> None:
        self.located_by[name] = locator.way
        if at is not None:
            self.line_of[name] = at

    def _place(self, name: str, headline: str) -> int | None:
        """Return the number of the line in which a field stands; a headline may have been found without its line."""
        if name == "headline" and name not in self.line_of:
            at = _line_of(headline, self.part.lines)
            if at is not None:
                self.line_of[name] = at
        return self.line_of.get(name)

    def _candidates(self, name: str, locator: Locator) -> Iterator[tuple[int | None, str]]:
        """Yield what a locator points at, with the number of the line where it stands."""
        if locator.needs and not self._is_on_page(locator.needs):
            return
        if locator.meta:
            yield None, self.page.meta(locator.meta)
        elif locator.selector:
            yield from self._selected(locator)
        elif locator.line:
            among = self._around(locator.near) if locator.near else None
            for at, match in self.part.seen.matching(locator.line, among):
                if locator.near != "headline" or not self.part.lines[at - 1].endswith(_LABEL_ENDS):
                    yield at, match["value"] or ""
        elif locator.after:
            yield from self._after(locator.after, most=1 if name == "date_published" else _MOST_AFTER)
        elif locator.before:
            yield from self._before(locator.before)
        elif locator.title:
            yield (
                None,
                next(iter(title_parts(self.page.title)), ""),
            )
        elif locator.address:
            if found := search(locator.address, self.page.path):
                parts = found.groupdict()
                yield None, parts.get("value") or "-".join(parts[name] or "" for name in ("year", "month", "day"))
        elif locator.listing:
            yield (
                None,
                (self.page.listed_date if name == "date_published" else self.page.listed_headline) or "",
            )

    def _around(self, name: str) -> range:
        """Return the numbers of the lines close to the one in which a field was found."""
        if name == "body":
            lines = self.part.lines
            last = next((at for at in reversed(range(len(lines))) if lines[at] == self._last), None)
            return range(last, last + 2) if last is not None else range(0)
        if name == "headline":
            # What stands above may be the end of another story's teaser, and a headline may name the day of an event.
            at = self._place("headline", self._headline_alone) if self._headline_alone else None
            return range(at + 1, at + 1 + _BELOW_HEADLINE) if at is not None else range(0)
        at = self.line_of.get(name)
        return range(at - _NEAR, at + _NEAR + 1) if at is not None else range(0)

    def _headline(self) -> str | None:
        """Return the headline; where the date was looked for around it, it is known unless it wants the date first."""
        rule = self.layout.rules.article.headline
        tried = [way.way for way in rule.locators]
        tried = tried[: tried.index(self.located_by["headline"]) + 1] if "headline" in self.located_by else tried
        if "_headline_alone" in self.__dict__ and not any(way.near for way in rule.locators[: len(tried)]):
            return self._headline_alone
        return self._words("headline", rule, _HEADLINE_LIMIT)

    @cached_property
    def _headline_alone(self) -> str | None:
        """The headline, as far as it can be told without the date."""
        return self._words("headline", self.layout.rules.article.headline, _HEADLINE_LIMIT)

    def _selected(self, locator: Locator) -> Iterator[tuple[int | None, str]]:
        for node in self.part.css(locator.selector or ""):
            if locator.attribute:
                yield None, node.attributes.get(locator.attribute) or ""
            else:
                yield None, clean_text(node.text(deep=True, separator=" "))

    def _after(self, pattern: str, most: int) -> Iterator[tuple[int, str]]:
        lines = self.part.lines
        for at, _ in self.part.seen.matching(pattern):
            # A trail of crumbs ends in the column's name, which sites print again above the headline.
            label = comparison_text(re.split(r"[>＞»/:：]", lines[at])[-1]) or self._column_below(at)
            for below in range(at + 1, min(at + 1 + most, len(lines))):
                if comparison_text(lines[below]) != label and not fits_label(lines[below], self._skip):
                    yield below, lines[below]

    def _column_below(self, at: int) -> str:
        """Return the column that a trail of crumbs names which has a line for each: sites print it again below."""
        below = [comparison_text(line) for line in self.part.lines[at + 1 : at + 8]]
        title = [comparison_text(part) for part in title_parts(self.page.title)]
        return next((line for line in below if below.count(line) > 1 and line not in title), "")

    def _before(self, pattern: str) -> Iterator[tuple[int, str]]:
        lines = self.part.lines
        for at, _ in self.part.seen.matching(pattern):
            for above in range(at - 1, max(at - 6, -1), -1):
                if not fits_label(lines[above], self._skip):
                    yield above, lines[above]
                    break

    @property
    def _skip(self) -> list[str]:
        return self.layout.rules.article.skip


def _line_of(headline: str, lines: tuple[str, ...]) -> int | None:
    """Return the number of the line in which a headline stands, or ends where it stands in up to three."""
    if headline in lines:
        return lines.index(headline)
    wanted = comparison_text(headline)
    for at, line in enumerate(lines):
        said = comparison_text(line)
        if not said or not wanted.startswith(said):
            continue
        for many in (1, 2, 3):
            if "".join(map(comparison_text, lines[at : at + many])) == wanted:
                return min(at + many, len(lines)) - 1
    return None

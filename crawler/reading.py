"""Read an article off a page with a layout: every field by its first locator that yields a valid value."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from crawler.body import body_at, body_between, body_from
from crawler.dates import DateRead, read_date
from crawler.density import densest_block
from crawler.general import general_body
from crawler.layouts import Layout
from crawler.page import Page, Part
from crawler.patterns import SlowPatternError, fits_label, search, without
from crawler.rules import FieldRule, Locator
from storage.records import ArticleFields, Park
from storage.text import clean_text, comparison_text

_HEADLINE_LIMIT = 500
_SOURCE_LIMIT = 80
#: Shorter texts, such as the name of a column, stand in a title without being the headline.
_SHORTEST_CONFIRMED = 5
_NEAR = 3
_BRACKETS = "()（）[]【】|｜ \t"
# A site's name behind a lone hyphen begins with a capital or a Chinese sign; "Low-carbon" is one word.
_TITLE_PARTS = re.compile(r"\s+[-–—|_]\s+|[|_｜—]|-(?=[A-Z\u4e00-\u9fff][^-]*$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A good reading: the fields, the layout, and the locator that found each field."""

    fields: ArticleFields
    layout: Layout
    located_by: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """No layout fits; the reason names what was missing, field by field."""

    reason: str


def read_article(page: Page, layouts: Iterable[Layout], park: Park, captured_at: datetime) -> Reading | Unreadable:
    """Read *page* with the first of *layouts* that recognises it and finds headline and body."""
    reasons = []
    for layout in layouts:
        result = _read(page, layout, park, captured_at)
        if isinstance(result, Reading):
            return result
        reasons.append(f"{layout.name}: {result.reason}")
    return Unreadable(reason="; ".join(reasons) or "no layout to try")


def _read(page: Page, layout: Layout, park: Park, captured_at: datetime) -> Reading | Unreadable:
    try:
        if not recognises(layout, page):
            return Unreadable(reason="the page bears none of its marks")
        part = page.part(layout.rules.article.within)
        if part is not None:
            result = _Reader(page, part, layout, park, captured_at).read()
            if isinstance(result, Reading) and result.fields.date_published:
                return result
            # What the layout drops has gone out of the tree, and may have held what was missing.
            page = replace(page)
        return _Reader(page, page.whole, layout, park, captured_at).read()
    except SlowPatternError as error:
        return Unreadable(reason=str(error))


def recognises(layout: Layout, page: Page) -> bool:
    """Say whether the page bears one of the layout's marks."""
    return next(marks_of(layout, page), None) is not None


def marks_of(layout: Layout, page: Page) -> Iterator[str]:
    """Yield the marks of the layout that the page bears, the cheapest to look for first."""
    marks = layout.rules.recognise
    yield from (pattern for pattern in marks.addresses if search(pattern, page.path))
    yield from (name for name in marks.metas if page.meta(name))
    if page.is_html:
        yield from (selector for selector in marks.selectors if page.tree.css_first(selector) is not None)
    yield from (pattern for pattern in marks.lines if next(page.seen.matching(pattern), None))


def title_parts(title: str) -> list[str]:
    """Return a title element's parts: the headline first, the site's name last."""
    return [part.strip() for part in _TITLE_PARTS.split(title) if part.strip()]


@dataclass
class _Reader:
    """Holds what the fields of one page learn from each other: where on the page each was found."""

    page: Page
    #: Where its lines are looked for.
    part: Part
    layout: Layout
    park: Park
    captured_at: datetime
    located_by: dict[str, str] = field(default_factory=dict)
    line_of: dict[str, int] = field(default_factory=dict)

    def read(self) -> Reading | Unreadable:
        rules = self.layout.rules.article
        stamp = self._date(rules.date_published)
        headline = self._words("headline", rules.headline, _HEADLINE_LIMIT)
        if not headline:
            return Unreadable(reason="no headline found")
        # Before the body, which takes what its layout drops out of the page.
        source = self._words("source", rules.source, _SOURCE_LIMIT) if rules.source else None
        body = self._body(rules.body, headline)
        if not body:
            return Unreadable(reason="no body found")
        fields = ArticleFields(
            headline=headline,
            date_published=stamp.iso if stamp else None,
            date_published_raw=stamp.raw if stamp else None,
            source=source,
            body=body,
            in_language=self.park.language,
        )
        return Reading(fields=fields, layout=self.layout, located_by=self.located_by)

    def _date(self, rule: FieldRule) -> DateRead | None:
        for locator in rule.locators:
            for at, value in self._candidates("date_published", locator):
                found = read_date(
                    without(value, rule.strip),
                    time_zone=self.park.time_zone,
                    captured_at=self.captured_at,
                    day_first=self.layout.rules.article.day_first,
                )
                if found:
                    self._found("date_published", locator, at)
                    return found
        return None

    def _words(self, name: str, rule: FieldRule, limit: int) -> str | None:
        for locator in rule.locators:
            for at, value in self._candidates(name, locator):
                value = clean_text(without(value, rule.strip))
                if name == "source":
                    value = value.strip(_BRACKETS)
                if locator.confirmed and not self._is_in_title(value):
                    continue
                if value and len(value) <= limit and not fits_label(value, rule.reject):
                    self._found(name, locator, at)
                    return value
        return None

    def _is_in_title(self, value: str) -> bool:
        said = comparison_text(value)
        parts = [comparison_text(part) for part in title_parts(self.page.title)]
        if said == comparison_text(self.page.meta("sitename") or self.park.name) or said in parts[1:]:
            return False  # the site's own name
        return len(value) >= _SHORTEST_CONFIRMED and said in comparison_text(self.page.title)

    def _body(self, rule: FieldRule, headline: str) -> tuple[str, ...]:
        article = self.layout.rules.article
        for locator in rule.locators:
            if locator.needs and not self._is_on_page(locator.needs):
                continue
            if locator.selector:
                paragraphs = body_at(self.part.css(locator.selector), article, headline, self._head())
            elif locator.densest and self.page.is_html and self.page.tree.body is not None:
                node = densest_block(self.page.tree.body)
                paragraphs = body_at([node] if node else [], article, headline, self._head())
            elif locator.general and self.page.is_html:
                paragraphs = body_from(general_body(self.page), article, headline, self._head() | {headline})
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

    def _head(self) -> frozenset[str]:
        """Return the line in which the stamp was found: a text that shares an element with it begins behind it."""
        return frozenset({self.part.lines[self.line_of["date_published"]]} if "date_published" in self.line_of else ())

    def _is_on_page(self, name: str) -> bool:
        if name == "listing":
            listed = comparison_text((self.page.listed_headline or "").rstrip(".… "))
            return bool(listed) and any(comparison_text(line).startswith(listed) for line in self.part.lines)
        return self.located_by.get(name, "address").split(":")[0] not in (
            "address",
            "listing",
        )

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
                yield at, match["value"] or ""
        elif locator.after:
            yield from self._after(locator.after)
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
        at = self.line_of.get(name)
        return range(at - _NEAR, at + _NEAR + 1) if at is not None else range(0)

    def _selected(self, locator: Locator) -> Iterator[tuple[int | None, str]]:
        for node in self.part.css(locator.selector or ""):
            if locator.attribute:
                yield None, node.attributes.get(locator.attribute) or ""
            else:
                yield None, clean_text(node.text(deep=True, separator=" "))

    def _after(self, pattern: str) -> Iterator[tuple[int, str]]:
        lines = self.part.lines
        for at, _ in self.part.seen.matching(pattern):
            # A trail of crumbs ends in the column's name, which sites print again above the headline.
            label = comparison_text(re.split(r"[>＞»/]", lines[at])[-1])
            for below in range(at + 1, min(at + 8, len(lines))):
                if comparison_text(lines[below]) != label and not fits_label(lines[below], self._skip):
                    yield below, lines[below]

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
    if headline in lines:
        return lines.index(headline)
    wanted = comparison_text(headline)
    return next((at for at, line in enumerate(lines) if comparison_text(line) == wanted), None)

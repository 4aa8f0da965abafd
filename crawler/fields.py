"""Read the fields of one page: every field by its first locator that yields a valid value."""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from itertools import takewhile

from crawler.beginning import missed_beginning, text_from
from crawler.body import body_at, body_between, is_prose, shows_pictures
from crawler.dates import DateRead
from crawler.density import densest_block
from crawler.general import general_text
from crawler.layouts import Layout
from crawler.menus import is_menu, link_texts
from crawler.names import Names, line_of_headline, shows_headline
from crawler.page import Page, Part
from crawler.patterns import without
from crawler.pointing import Pointer
from crawler.readings import Reading, Unreadable, is_on_page
from crawler.rules import FieldRule, Locator
from crawler.stamps import BELOW_HEADLINE, Stamps
from crawler.visible_text import BY_TEXT, body_below, headline_at
from storage.records import ArticleFields, Park
from storage.text import clean_text

_HEADLINE_LIMIT = 500
_SOURCE_LIMIT = 80
_NEAR = 3
#: A shorter paragraph at the end, in which the date was found, is the stamp.
_LONGEST_STAMP = 60
_SENTENCE_ENDS = (".", "。", "!", "！", "?", "？")
_BRACKETS = "()（）[]【】〖〗［］|｜ \t"


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
    #: The day on which it was published, once that is found.
    _day: str | None = None
    #: Where its text should stand, the page shows something else.
    _is_of_pictures: bool = False
    #: That what stands in the headline's place is none, if something does.
    _overlong: str = ""
    #: The line that headline and date share, if they do.
    _stamped: int | None = None

    def __post_init__(self) -> None:
        # None of them holds this object: a page that hangs in a cycle would stay in memory until it is looked for.
        article = self.layout.rules.article
        self._pointer = Pointer(self.page, self.part, article)
        self._names = Names(self.page, self.part, self.park.name)
        self._stamps = Stamps(article, self.park.time_zone, self.captured_at, self._pointer)

    def read(self) -> Reading | Unreadable:
        """Return all fields; without a headline or a body there is no article."""
        rules = self.layout.rules.article
        first = next((way.selector for way in rules.body.locators if way.selector), None)
        if first:
            self.part.expect(first)
        ways = rules.date_published.locators
        behind = next((at for at, way in enumerate(ways) if way.near == "body"), len(ways))
        stamp = self._date(ways[:behind])
        self._day = stamp.iso[:10] if stamp else None
        headline = self._headline()
        if not headline:
            return Unreadable(reason=self._overlong or "no headline found")
        # Before the body, which takes what its layout drops out of the page.
        source = self._words("source", rules.source, _SOURCE_LIMIT) if rules.source else None
        body = self._body(rules.body, headline) or self._body_of_text(headline)
        if not (body or self._is_of_pictures):
            return Unreadable(reason="no body found")
        self._last = body[-1] if body else ""
        stamp = stamp or self._date(ways[behind:])
        if source is None and rules.source:
            last = [way for way in rules.source.locators if way.near == "body"]
            source = self._words("source", rules.source, _SOURCE_LIMIT, last)
        if len(body) > 1 and len(body[-1]) <= _LONGEST_STAMP and body[-1] in self._head():
            body = body[:-1]
        fields = ArticleFields(
            headline=headline,
            date_published=stamp.iso if stamp else None,
            date_published_raw=stamp.raw if stamp else None,
            source=source,
            body=body,
            in_language=self.park.language,
        )
        return Reading(fields=fields, layout=self.layout, located_by=self.located_by)

    def _date(self, ways: list[Locator]) -> DateRead | None:
        found = self._stamps.find(ways, partial(self._candidates, "date_published"), partial(self._around, "headline"))
        if found is None:
            return None
        locator, (at, date) = found
        self._found("date_published", locator, at)
        return date

    def _words(self, name: str, rule: FieldRule, limit: int, ways: list[Locator] | None = None) -> str | None:
        self.line_of.pop(name, None)
        for locator in rule.locators if ways is None else ways:
            for at, value in self._candidates(name, locator):
                whole = value = clean_text(without(value, rule.strip))
                if name == "source":
                    value = value.strip(_BRACKETS)
                if name == "headline" and not locator.listing:
                    value = self._names.without_stamp(whole)
                if locator.confirmed and not self._is_confirmed(value, locator):
                    continue
                if locator.before and is_prose(value):
                    continue
                if name == "headline" and (
                    self._is_a_name(value, locator) or (locator.before and self._is_menu(value))
                ):
                    continue
                if value and len(value) <= limit and not rule.is_rejected(value):
                    if name == "headline" and at is not None:
                        at, value = self._names.with_its_other_line(at, value, only_below=bool(locator.after))
                        value = self._names.whole_heading(value) if locator.before else value
                    value = self._names.without_column(value) if name == "headline" else value
                    self._found(name, locator, at)
                    if name == "headline" and whole.startswith(value) and value != whole:
                        self._stamped = self._place("headline", whole)
                    return value
                if name == "headline" and len(value) > limit:
                    self._overlong = f"a headline of {len(value):,} characters is none: up to {limit} are read"
                    if locator.after:
                        break  # what stands below it is the text
        return None

    def _is_confirmed(self, value: str, locator: Locator) -> bool:
        """Say whether the title says the same, or of a title, whether the page shows it."""
        if locator.title:
            return line_of_headline(value, self.part.lines) is not None
        return self._names.is_in_title(value)

    def _is_menu(self, value: str) -> bool:
        return is_menu(value, link_texts(self.page))

    def _is_a_name(self, value: str, locator: Locator) -> bool:
        return not locator.listing and self._names.is_of_the_site(
            value, is_title=locator.title, is_guess=bool(locator.before or locator.selector)
        )

    def _body(self, rule: FieldRule, headline: str) -> tuple[str, ...]:
        article = self.layout.rules.article
        pictures: Locator | None = None
        labels: tuple[Locator, tuple[str, ...]] | None = None
        for locator in rule.locators:
            if locator.needs and not self._is_on_page(locator.needs):
                continue
            if locator.selector:
                nodes = self.part.css(locator.selector)
                paragraphs = body_at(nodes, self.part, article, headline, self._head())
                pictures = pictures or (None if paragraphs or not shows_pictures(nodes) else locator)
            elif locator.densest and self.page.is_html and self.page.tree.body is not None:
                node = densest_block(self.page.tree.body)
                paragraphs = body_at([node] if node else [], self.part, article, headline, self._head(headline))
                paragraphs = self._from_its_beginning(paragraphs, headline)
            elif locator.general and self.page.is_html:
                head = self._head(headline) | {headline}
                paragraphs = general_text(self.page, self._place("headline", headline), article, headline, head)
                paragraphs = self._from_its_beginning(paragraphs, headline)
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
            if not paragraphs:
                continue
            # What the general extractor takes may be a list of other stories; only a better text proves it.
            # Where the text's own element shows pictures alone, labels and a foot elsewhere are no text.
            if (locator.selector or not (pictures or labels or locator.general)) or any(map(is_prose, paragraphs)):
                self._found("body", locator, None)
                return paragraphs
            labels = labels or (locator, paragraphs)
        if pictures is not None:
            self._is_of_pictures = True
            self._found("body", pictures, None)
        elif labels:
            self._found("body", labels[0], None)
            return labels[1]
        return ()

    def _from_its_beginning(self, found: tuple[str, ...], headline: str) -> tuple[str, ...]:
        """Return the text that begins below headline and stamp, where what was *found* stands further down.

        A single paragraph there may be a summary above its text as well as a story above a box, so both are kept.
        """
        places = [self._place("headline", headline), self.line_of.get("date_published")]
        head = max((at for at in places if at is not None), default=None)
        first = missed_beginning(self.part.lines, head, found)
        if first is None or self.page.tree.body is None:
            return found
        node = densest_block(self.page.tree.body, holding=first)
        text = body_at([node] if node else [], self.part, self.layout.rules.article, headline, self._head(headline))
        if first not in text:
            return found
        text = text_from(first, text, above=self.part.lines[: (head or 0) + 1], found=found)
        is_sure = sum(map(is_prose, text)) > 1 or not any(map(is_prose, found))
        return text if is_sure else (*text, *(line for line in found if line not in text))

    def _headline_of_text(self) -> str | None:
        """Return the headline of a page given as its visible text, where no label tells which line it is."""
        lines = self.part.lines
        at = None if self.page.is_html else headline_at(lines, self.layout.rules.article)
        if at is None:
            return None
        self.line_of["headline"] = self._stamped = at
        self.located_by["headline"] = BY_TEXT
        return self._names.without_stamp(lines[at])

    def _body_of_text(self, headline: str) -> tuple[str, ...]:
        """Return the body of a page given as its visible text, where the layout's locators ask for markup."""
        at = None if self.page.is_html else self._place("headline", headline)
        if at is None:
            return ()
        self.located_by["body"] = BY_TEXT
        stamp = self.line_of.get("date_published")
        return body_below(self.part.lines, at, stamp, self.layout.rules.article, headline)

    def _head(self, headline: str | None = None) -> frozenset[str]:
        """Return the line in which the stamp was found: a text that shares an element with it begins behind it.

        Below a *headline*, lines that say the same day in other words are its stamp as well.
        """
        stamp = {self.part.lines[self.line_of["date_published"]]} if "date_published" in self.line_of else set()
        at = self._place("headline", headline) if headline and self._day else None
        if at is None:
            return frozenset(stamp)
        below = self.part.lines[at + 1 : at + 1 + BELOW_HEADLINE]
        is_skipped, again = self.layout.rules.article.is_skipped, self.part.lines[at]
        return frozenset(
            stamp.union(
                takewhile(
                    lambda line: line == again or line in stamp or is_skipped(line) or self._is_stamp(line), below
                )
            )
        )

    def _is_stamp(self, line: str) -> bool:
        """Say whether a line below the headline is a stamp: it holds the day, or another and nothing else."""
        is_label = len(line) <= _LONGEST_STAMP and not line.endswith(_SENTENCE_ENDS)
        return is_label and (self._stamps.day_of(line) == self._day or self._stamps.is_day_alone(line))

    def _is_on_page(self, name: str) -> bool:
        if name == "listing":
            return shows_headline(self.page.listed_headline or "", self.part.lines)
        return is_on_page(self.located_by, name)

    def _found(self, name: str, locator: Locator, at: int | None) -> None:
        self.located_by[name] = locator.way
        if at is not None:
            self.line_of[name] = at

    def _place(self, name: str, headline: str) -> int | None:
        """Return the number of the line in which a field stands; a headline may have been found without its line."""
        if name == "headline" and name not in self.line_of:
            at = line_of_headline(headline, self.part.lines)
            if at is not None:
                self.line_of[name] = at
        return self.line_of.get(name)

    def _candidates(self, name: str, locator: Locator) -> Iterator[tuple[int | None, str]]:
        """Return what a locator points at, with the number of the line where it stands."""
        if locator.needs and not self._is_on_page(locator.needs):
            return iter(())
        among: Container[int] | None = self._around(locator.near) if locator.near else None
        if name == "headline" and locator.confirmed and locator.value_begins_line:
            known = self._lines_in_title
            among = known if among is None else frozenset(at for at in known if at in among)
        return self._pointer.candidates(name, locator, among, self._stamps.says_known_day)

    @cached_property
    def _lines_in_title(self) -> frozenset[int]:
        return self._names.lines_in_title(self.layout.rules.article.headline.strip)

    def _around(self, name: str) -> range:
        """Return the numbers of the lines close to the one in which a field was found."""
        if name == "body":
            lines = self.part.lines
            last = next((at for at in reversed(range(len(lines))) if lines[at] == self._last), None)
            return range(last, last + 2) if last is not None else range(0)
        if name == "headline":
            # A headline may name the day of an event.
            at = self._place("headline", self._headline_alone) if self._headline_alone else None
            return range(0) if at is None else self._stamps.places(at, is_shared=at == self._stamped)
        if name == "above headline":
            above = self._place("headline", self._headline_alone) if self._headline_alone else None
            return range(max(above - 1, 0), above) if above is not None else range(0)
        at = self.line_of.get(name)
        return range(at - _NEAR, at + _NEAR + 1) if at is not None else range(0)

    def _headline(self) -> str | None:
        """Return the headline; where the date was looked for around it, it is known unless it wants the date first."""
        rule = self.layout.rules.article.headline
        if "_headline_alone" in self.__dict__:
            tried = [way.way for way in rule.locators]
            won = self.located_by.get("headline")
            tried = tried[: tried.index(won) + 1] if won in tried else tried
            if not any(way.near for way in rule.locators[: len(tried)]):
                return self._headline_alone
        return self._words("headline", rule, _HEADLINE_LIMIT) or self._headline_of_text()

    @cached_property
    def _headline_alone(self) -> str | None:
        """The headline, as far as it can be told without the date."""
        rule = self.layout.rules.article.headline
        return self._words("headline", rule, _HEADLINE_LIMIT) or self._headline_of_text()

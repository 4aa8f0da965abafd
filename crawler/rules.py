"""The rules that people write about families of pages, as they are checked: how to recognise, list and read them."""

from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Self

import regex
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator
from selectolax.lexbor import LexborHTMLParser

from crawler.dates import DATE_PATTERN
from crawler.pattern_words import expanded_size, is_at_beginning
from crawler.patterns import compiled, label_finder
from storage.records import CONFIRMED

#: Thirty times the largest that anybody has needed.
_LARGEST_PATTERN = 20_000
_NOWHERE = LexborHTMLParser("<p></p>")


def _pattern(value: str) -> str:
    value = value.replace("{date}", DATE_PATTERN)
    if expanded_size(value) > _LARGEST_PATTERN:
        raise ValueError(f"the pattern repeats so much that it would take all memory: '{value[:60]}'")
    try:
        compiled(value)
    except regex.error as error:
        raise ValueError(f"the pattern cannot be read: {error}") from error
    return value


def _selector(value: str) -> str:
    try:
        _NOWHERE.css(value)
    except Exception as error:  # the parser has no narrower class for a bad selector
        raise ValueError(f"the selector cannot be read: {error}") from error
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]
Selector = Annotated[str, AfterValidator(_selector)]


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Locator(_Words):
    """One way to find a field. Exactly one of the first twelve keys is given; the others refine it."""

    meta: str | None = Field(None, description="the content of a meta tag, by its name in any case")
    linked_data: str | None = Field(None, description="a property of schema.org's Article in the page's JSON-LD")
    selector: Selector | None = Field(None, description="a CSS selector; for the body, all paragraphs below it")
    line: Pattern | None = Field(
        None, description="a visible line; its group 'value' is the field, or of a date 'year', 'month' and 'day'"
    )
    after: Pattern | None = Field(None, description="the first visible line below one that matches")
    before: Pattern | None = Field(None, description="the nearest visible line above one that matches")
    below: str | None = Field(None, description="for the body: the lines below another field's line")
    title: bool = Field(False, description="the title element, its last part (the site's name) cut off")
    densest: bool = Field(False, description="for the body: the element with the most text outside links")
    address: Pattern | None = Field(
        None, description="the page's own path; its group 'value', or its groups 'year', 'month' and 'day'"
    )
    listing: bool = Field(False, description="what the listing said of the article")
    general: bool = Field(False, description="for the body: what a general extractor takes for it")
    attribute: str | None = Field(None, description="with selector: take this attribute instead of the text")
    until: Pattern | None = Field(
        None,
        description="with below: the line at which the body ends; it must be there",
    )
    stop: Pattern | None = Field(None, description="with below: a line at which the body ends if it is there")
    near: str | None = Field(
        None,
        description="with line: three lines away at most; of 'headline' only below, of 'body' its last or the next, "
        "and 'above headline' is the line right above it",
    )
    needs: str | None = Field(None, description="a field, or the listing's headline, that must be on the page")
    confirmed: bool = Field(
        False,
        description="only what the page's title says as well; of dates, the day that the listing or the address says",
    )

    past: bool = Field(False, description="of dates, only one before the day of the fetch, which heads of pages say")

    @model_validator(mode="after")
    def _says_one_way(self) -> Self:
        ways = [n for n in _WAYS if getattr(self, n)]
        if len(ways) != 1:
            raise ValueError(f"a locator needs exactly one of {', '.join(_WAYS)}")
        for name in ("line", "address"):
            pattern = getattr(self, name)
            groups = compiled(pattern).groupindex if pattern else {"value": 1}
            if "value" not in groups and not groups.keys() >= DATE_GROUPS:
                raise ValueError(f"the pattern of '{name}' needs a group (?P<value>…)")
        return self

    @cached_property
    def way(self) -> str:
        """The locator in one short word for the record of which one won."""
        name = next(n for n in _WAYS if getattr(self, n))
        value = getattr(self, name)
        way = name if value is True else f"{name}:{value}"
        return f"{way}{CONFIRMED}" if self.confirmed else way

    @cached_property
    def value_begins_line(self) -> bool:
        """Whether a line that the locator finds begins with the field."""
        return bool(self.line) and str(self.line).startswith("^(?P<value>") and is_at_beginning(str(self.line))


#: What a pattern for addresses may name instead, where the parts of a date stand in several folders.
DATE_GROUPS = {"year", "month", "day"}
_WAYS = (
    "meta",
    "linked_data",
    "selector",
    "line",
    "after",
    "before",
    "below",
    "title",
    "densest",
    "address",
    "listing",
    "general",
)


class Recognise(_Words):
    """Marks of a family; one of them is enough."""

    addresses: list[Pattern] = Field([], description="forms of an article's path")
    selectors: list[Selector] = Field([], description="elements that only this family has")
    metas: list[str] = Field([], description="names of meta tags")
    lines: list[Pattern] = Field([], description="visible lines")


class Form(_Words):
    """How a listing asks for further records by POST: parameters from the page's script, counts in the address."""

    address: Pattern = Field(description="finds the address in the page; group 'value'")
    parameters: list[str] = Field(min_length=1, description="names whose values the page's script gives")
    needs: list[str] = Field([], description="those without which there is nothing to ask for")
    first: str = Field("startrecord", description="the parameter for the number of the first record, from 1")
    last: str = Field("endrecord", description="the parameter for the number of the last record")
    per_page: str = Field("perpage", description="the parameter for the records of a page")


class Paging(_Words):
    """How a listing goes on."""

    next_texts: list[str] = Field([], description="texts of the link to the next page")
    numbered: bool = Field(False, description="follow the link whose text is the next number")
    next_group: Pattern | None = Field(None, description="finds the address of the next records; group 'value'")
    page_parameter: str = Field("page", description="with next_group: the parameter that counts the groups")
    total: Pattern | None = Field(None, description="finds the number of records in the page; group 'value'")
    script: Pattern | None = Field(None, description="finds the call that draws the pager; group 'pages'")
    address: str = Field(
        "{name}_{before}.{ext}", description="with script: its addresses, of {name} {ext} {number} {before}"
    )
    counts: list[str] = Field([], description="parameters of the listing's own address, one of which counts its pages")
    form: Form | None = Field(None, description="asks for further records by POST")
    jpaas: bool = Field(False, description="the list comes as JSON from the gateway that a script element names")

    @field_validator("address")
    @classmethod
    def _can_be_filled(cls, value: str) -> str:
        try:
            value.format_map({"name": "index", "ext": "html", "number": 2, "before": 1})
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise ValueError("write an address with {name}, {ext}, {number} and {before} alone") from error
        return value


class Json(_Words):
    """How to read a list that comes as JSON; each key names the fields that may hold it, at any depth."""

    records: list[str] = Field([], description="the list of records")
    url: list[str] = Field([], description="in a record: its address")
    headline: list[str] = Field([], description="in a record: its headline")
    date: list[str] = Field([], description="in a record: its date")
    html: list[str] = Field([], description="a piece of markup that holds the list")


class Listing(_Words):
    """How to read the pages that list articles."""

    articles: list[Pattern] = Field(min_length=1, description="forms of an article's path")
    within: list[Selector] = Field([], description="where the list stands; the whole page if nothing matches")
    records: Pattern | None = Field(None, description="finds records hidden in a script; group 'html'")
    json_: Json | None = Field(None, alias="json", description="how to read a list that comes as JSON")
    empty: Pattern | None = Field(None, description="words of the page behind the last one, which lists nothing")
    paging: Paging = Field(default_factory=lambda: Paging.model_validate({}))


class FieldRule(_Words):
    """Locators of one field in order: the first that yields a valid value wins."""

    locators: list[Locator] = Field(min_length=1)
    reject: list[Pattern] = Field([], description="values that are never this field")
    strip: list[Pattern] = Field(
        [], description="parts of the value that are cut away; of a body, what is cut off its last paragraph"
    )

    @cached_property
    def is_rejected(self) -> Callable[[str], bool]:
        """Says whether a value is never this field."""
        return label_finder(self.reject)


class Article(_Words):
    """How to read an article's page."""

    within: list[Selector] = Field(
        [], description="where the article stands; else what holds headline and text, or the whole page"
    )
    headline: FieldRule
    date_published: FieldRule
    source: FieldRule | None = None
    body: FieldRule
    skip: list[Pattern] = Field([], description="lines that are never headline, stamp or text")
    drop: list[Pattern] = Field([], description="paragraphs that are not part of the text")
    drop_selectors: list[Selector] = Field([], description="elements inside the body that are not part of it")
    foot: list[Pattern] = Field([], description="a line at which the text is over, unless paragraphs follow")
    end: list[Pattern] = Field([], description="a paragraph at which the text is over")
    pages: Pattern | None = Field(None, description="path of a further page; groups 'stem', 'number' and 'rest'")
    pages_beside: bool = Field(False, description="further pages have the page's own address with _2, _3 … at its end")
    second_page: int = Field(2, ge=1, le=2, description="with pages: the number that the second page has")
    document_number: Pattern | None = Field(None, description="the system's own number in a path; group 'value'")
    day_first: bool = Field(True, description="whether 10/09/2018 is the tenth of September")

    @cached_property
    def is_skipped(self) -> Callable[[str], bool]:
        """Says whether a line is never headline, stamp or text."""
        return label_finder(self.skip)

    @cached_property
    def is_dropped(self) -> Callable[[str], bool]:
        """Says whether a paragraph is not part of the text."""
        return label_finder(self.drop)

    @cached_property
    def is_end(self) -> Callable[[str], bool]:
        """Says whether the text is over at a line."""
        return label_finder(self.end)

    @cached_property
    def may_be_end(self) -> Callable[[str], bool]:
        """Says whether the text may be over at a line."""
        return label_finder([*self.end, *self.foot])

    @cached_property
    def is_no_plain_text(self) -> Callable[[str], bool]:
        """Says whether a line is dropped or may be the end, which is so of few lines, in one look."""
        return label_finder([*self.drop, *self.end, *self.foot])


class LayoutFile(_Words):
    """The keys of ``layout.toml``."""

    title: str
    extends: str | None = Field(None, description="a layout whose locators, but those of the body, come behind these")
    recognise: Recognise
    listing: Listing
    article: Article

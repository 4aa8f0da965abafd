"""Load what people write about families of pages: how to recognise, list and read them."""

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

import regex
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from selectolax.lexbor import LexborHTMLParser

from crawler.checking import SeedError, check, read_toml
from crawler.patterns import compiled, search
from storage.identity import plain_path

_NOWHERE = LexborHTMLParser("<p></p>")


def _pattern(value: str) -> str:
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
    """One way to find a field. Exactly one of the first eight keys is given; the others refine it."""

    meta: str | None = Field(None, description="the content of a meta tag, by its name in any case")
    selector: Selector | None = Field(None, description="a CSS selector; for the body, all paragraphs below it")
    line: Pattern | None = Field(None, description="a visible line; its group 'value' is the field")
    after: Pattern | None = Field(None, description="the first visible line below one that matches")
    before: Pattern | None = Field(None, description="the nearest visible line above one that matches")
    below: str | None = Field(None, description="for the body: the lines below another field's line")
    title: bool = Field(False, description="the title element, its last part (the site's name) cut off")
    densest: bool = Field(False, description="for the body: the element with the most text outside links")
    address: Pattern | None = Field(None, description="the page's own address; its group 'value' is the field")
    listing: bool = Field(False, description="what the listing said of the article")
    attribute: str | None = Field(None, description="with selector: take this attribute instead of the text")
    until: Pattern | None = Field(
        None,
        description="with below: the line at which the body ends; it must be there",
    )
    stop: Pattern | None = Field(None, description="with below: a line at which the body ends if it is there")
    near: str | None = Field(None, description="with line: at most three lines away from another field's line")
    needs: str | None = Field(None, description="a field that must have been found on the page itself")

    @model_validator(mode="after")
    def _says_one_way(self) -> Self:
        ways = [n for n in _WAYS if getattr(self, n)]
        if len(ways) != 1:
            raise ValueError(f"a locator needs exactly one of {', '.join(_WAYS)}")
        for name in ("line", "address"):
            pattern = getattr(self, name)
            if pattern and "value" not in compiled(pattern).groupindex:
                raise ValueError(f"the pattern of '{name}' needs a group (?P<value>…)")
        return self

    @cached_property
    def way(self) -> str:
        """The locator in one short word for the record of which one won."""
        name = next(n for n in _WAYS if getattr(self, n))
        value = getattr(self, name)
        return name if value is True else f"{name}:{value}"


_WAYS = (
    "meta",
    "selector",
    "line",
    "after",
    "before",
    "below",
    "title",
    "densest",
    "address",
    "listing",
)


class Recognise(_Words):
    """Marks of a family; one of them is enough."""

    addresses: list[Pattern] = Field([], description="forms of an article's path")
    selectors: list[Selector] = Field([], description="elements that only this family has")
    metas: list[str] = Field([], description="names of meta tags")
    lines: list[Pattern] = Field([], description="visible lines")


class Paging(_Words):
    """How a listing goes on."""

    next_texts: list[str] = Field([], description="texts of the link to the next page")
    numbered: bool = Field(False, description="follow the link whose text is the next number")
    next_group: Pattern | None = Field(None, description="finds the address of the next records; group 'value'")
    page_parameter: str = Field("page", description="with next_group: the parameter that counts the groups")
    total: Pattern | None = Field(None, description="finds the number of records in the page; group 'value'")


class Listing(_Words):
    """How to read the pages that list articles."""

    articles: list[Pattern] = Field(min_length=1, description="forms of an article's path")
    within: list[Selector] = Field([], description="where the list stands; the whole page if nothing matches")
    records: Pattern | None = Field(None, description="finds records hidden in a script; group 'html'")
    empty: Pattern | None = Field(None, description="words of the page behind the last one, which lists nothing")
    paging: Paging = Field(default_factory=lambda: Paging.model_validate({}))


class FieldRule(_Words):
    """Locators of one field in order: the first that yields a valid value wins."""

    locators: list[Locator] = Field(min_length=1)
    reject: list[Pattern] = Field([], description="values that are never this field")
    strip: list[Pattern] = Field([], description="parts of the value that are cut away")


class Article(_Words):
    """How to read an article's page."""

    headline: FieldRule
    date_published: FieldRule
    source: FieldRule | None = None
    body: FieldRule
    skip: list[Pattern] = Field([], description="lines that are never headline, stamp or text")
    drop: list[Pattern] = Field([], description="paragraphs that are not part of the text")
    drop_selectors: list[Selector] = Field([], description="elements inside the body that are not part of it")
    end: list[Pattern] = Field([], description="a paragraph at which the text is over")
    pages: Pattern | None = Field(None, description="path of a further page; groups 'stem', 'number' and 'rest'")
    document_number: Pattern | None = Field(None, description="the system's own number in a path; group 'value'")
    day_first: bool = Field(True, description="whether 10/09/2018 is the tenth of September")


class LayoutFile(_Words):
    """The keys of ``layout.toml``."""

    title: str
    recognise: Recognise
    listing: Listing
    article: Article


class Layout:
    """A checked layout with its name and revision."""

    def __init__(self, name: str, rules: LayoutFile) -> None:
        self.name = name
        self.rules = rules

    @cached_property
    def revision(self) -> str:
        """A hash of the rules that decide what is read; a new title is no new revision."""
        rules = self.rules.model_dump(mode="json", exclude={"title"}, exclude_defaults=True)
        return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:12]

    def is_article(self, url: str) -> bool:
        """Say whether an address has the form of this family's articles."""
        path = plain_path(url)
        return any(search(pattern, path) for pattern in self.rules.listing.articles)

    def __repr__(self) -> str:
        return f"Layout({self.name!r}, {self.revision})"


def load_layout(folder: Path) -> Layout:
    """Read one family's ``layout.toml``; raises SeedError."""
    path = folder / "layout.toml"
    if not path.is_file():
        raise SeedError(f"{path}: there is no such layout")
    return Layout(folder.name, check(LayoutFile, read_toml(path), path))


def load_layouts(folder: Path) -> dict[str, Layout]:
    """Read a folder of layouts by name; raises SeedError at the first that is wrong."""
    if not folder.is_dir():
        raise SeedError(f"{folder} is no folder: set seeds.layouts to the folder of your layouts")
    return {path.parent.name: load_layout(path.parent) for path in sorted(folder.glob("*/layout.toml"))}

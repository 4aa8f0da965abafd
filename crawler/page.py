"""Look at a page as a person does: visible lines in reading order, with the markup at hand where there is markup."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from selectolax.lexbor import LexborHTMLParser

from crawler.lines import SeenText
from crawler.patterns import Lines
from storage.text import clean_text

_BULLET = re.compile(r"^[•●▪◆■·]\s*")


@dataclass(frozen=True)
class Page:
    """A decoded page and its address; ``is_html`` is false for a page given as its visible text."""

    url: str
    text: str
    is_html: bool = True
    #: What the listing said of it, for pages that do not say it themselves.
    listed_headline: str | None = None
    listed_date: str | None = None
    _meta: dict[str, str] = field(default_factory=dict, compare=False)

    @cached_property
    def tree(self) -> LexborHTMLParser:
        """The parsed markup."""
        # NUL bytes end a string in some parsers below us.
        return LexborHTMLParser(self.text.replace("\x00", ""))

    @cached_property
    def seen(self) -> Lines:
        """The visible lines, none of them empty, ready to be searched."""
        if not self.is_html:
            lines = (_BULLET.sub("", clean_text(line)) for line in self.text.splitlines())
            return Lines(line for line in lines if line)
        return Lines(self.seen_text.lines if self.tree.body else ())

    @cached_property
    def seen_text(self) -> SeenText:
        """The visible text as it stands in the markup; for pages of markup only."""
        assert self.tree.body is not None
        return SeenText(self.tree.body)

    @property
    def is_looked_at(self) -> bool:
        """Whether the visible text has been gathered already."""
        return "seen_text" in self.__dict__

    @property
    def lines(self) -> tuple[str, ...]:
        """The visible lines, none of them empty."""
        return self.seen.all

    @cached_property
    def meta(self) -> dict[str, str]:
        """Contents of the meta tags by their names in lower case; the first of a name that is not empty counts."""
        found: dict[str, str] = {}
        if self.is_html:
            for node in self.tree.css("meta[content]"):
                attributes = node.attributes
                name = (attributes.get("name") or attributes.get("property") or "").lower()
                content = clean_text(attributes.get("content") or "")
                if name and content:
                    found.setdefault(name, content)
        return found

    @cached_property
    def title(self) -> str:
        """The text of the title element."""
        node = self.tree.css_first("title") if self.is_html else None
        return clean_text(node.text()) if node else ""

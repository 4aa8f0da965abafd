"""Tell what a page is that no layout could read: a wall, a not-found page, or unknown."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from crawler.checking import check, read_toml
from crawler.lines import is_around_seen
from crawler.page import Page
from crawler.rules import Pattern
from crawler.seeds import BUNDLED

#: Statuses that say of a page that it is not there (RFC 9110, sections 15.5.5 and 15.5.11).
GONE_STATUSES = frozenset({404, 410})
#: Block pages and not-found pages are short; a long page that says "captcha" somewhere is something else.
_MOST_SIGNS = 6000
#: A page with a paragraph of so many signs holds a text: an article whose layout has drifted, not a not-found page.
_PARAGRAPH = 140
#: So many signs at most stand around a form to log in: labels, a name, whose rights are reserved.
_MOST_OF_A_LOGIN = 80


class PageSign(StrEnum):
    """What an unreadable page turned out to be."""

    BLOCKED = "blocked"
    MAINTENANCE = "maintenance"
    LOGIN = "login"
    NOT_FOUND = "not found"

    @property
    def is_wall(self) -> bool:
        """Whether it stands between us and the page that was asked for, which may be there behind it."""
        return self is not PageSign.NOT_FOUND

    @property
    def in_words(self) -> str:
        """What is said of a page that turned out so."""
        return _IN_WORDS[self]


_IN_WORDS = {
    PageSign.BLOCKED: "blocked by a verification page",
    PageSign.MAINTENANCE: "blocked by a notice that the site is being worked on",
    PageSign.LOGIN: "blocked by a page that asks to log in",
    PageSign.NOT_FOUND: "shows the site's not-found page",
}


class Signs(BaseModel):
    """The keys of ``seeds/signs.toml``: lists of patterns for visible lines."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    blocked: list[Pattern]
    maintenance: list[Pattern]
    login: list[Pattern]
    not_found: list[Pattern]

    def of(self, page: Page) -> PageSign | None:
        """Return what the page's words say it is, None if they say nothing."""
        seen = page.seen
        if sum(map(len, seen.all)) > _MOST_SIGNS:
            return None
        if seen.numbers(self.blocked):
            return PageSign.BLOCKED
        if seen.numbers(self.maintenance):
            return PageSign.MAINTENANCE
        if seen.numbers(self.login):
            return PageSign.LOGIN
        if any(len(line) > _PARAGRAPH for line in seen.all):
            return None
        if seen.numbers(self.not_found):
            return PageSign.NOT_FOUND
        return PageSign.LOGIN if _asks_for_a_password(page) else None


def _asks_for_a_password(page: Page) -> bool:
    """Say whether a page shows little but a form to log in; a box to do so stands on many others."""
    field = page.tree.css_first('input[type="password" i]') if page.is_html else None
    return field is not None and is_around_seen(field) and sum(map(len, page.lines)) <= _MOST_OF_A_LOGIN


def load_signs(path: Path = BUNDLED / "signs.toml") -> Signs:
    """Read the signs; raises SeedError."""
    return check(Signs, read_toml(path), path)

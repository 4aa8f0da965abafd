"""What comes of reading a page."""

from collections.abc import Mapping
from dataclasses import dataclass

from crawler.layouts import Layout
from storage.records import ArticleFields

#: Locators that find a field without its being printed on the page.
_ELSEWHERE = ("address", "listing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A good reading: the fields, the layout, and the locator that found each field."""

    fields: ArticleFields
    layout: Layout
    located_by: dict[str, str]

    def is_on_page(self, name: str) -> bool:
        """Say whether a field was found on the page itself, not in its address or in the listing."""
        return is_on_page(self.located_by, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """No layout fits; the reason names what was missing, field by field."""

    reason: str


def is_on_page(located_by: Mapping[str, str], name: str) -> bool:
    """Say whether a field was found on the page itself, not in its address or in the listing."""
    return name in located_by and located_by[name].partition(":")[0] not in _ELSEWHERE

"""Tell a headline from the names of a site and its columns, by the page's title and by what the listing says."""

from functools import cached_property

from crawler.page import Page, Part, title_parts
from storage.text import comparison_text

#: Shorter texts, such as the name of a column, stand in a title without being the headline.
_SHORTEST = 5


class Names:
    """What a page calls itself, and what the park is called."""

    def __init__(self, page: Page, part: Part, park: str) -> None:
        self._page, self._part, self._park = page, part, park

    def is_in_title(self, value: str) -> bool:
        """Say whether a text stands in the page's title and is no name there."""
        whole, names = self._title
        said = comparison_text(value)
        return len(value) >= _SHORTEST and said in whole and said not in names

    def is_of_the_site(self, value: str, *, is_title: bool) -> bool:
        """Say whether what looks like a headline is the same on every page: the name of the site or of a column."""
        said = comparison_text(value)
        if said == comparison_text(self._park):
            return True
        listed = comparison_text((self._page.listed_headline or "").rstrip(".… "))
        is_contradicted = len(listed) >= _SHORTEST and not (said.startswith(listed) or listed.startswith(said))
        if not (is_title or is_contradicted):
            return False  # the title is looked at where there is a doubt, since every page costs it
        if said == comparison_text(self._page.meta("sitename")):
            return True
        whole, _ = self._title
        return is_contradicted and (is_title or said == whole) and self._stands_here(listed)

    def _stands_here(self, listed: str) -> bool:
        """Say whether the page shows the headline, under which the listing or the record has it, outside links."""
        lines = [comparison_text(line) for line in self._part.lines]
        shown = sum("".join(lines[at : at + 3]).startswith(listed) for at in range(len(lines)))
        links = (comparison_text(link.text(deep=True)) for link in self._part.css("a[href]"))
        return shown > sum(text.startswith(listed) for text in links)

    @cached_property
    def _title(self) -> tuple[str, frozenset[str]]:
        """The title for comparison, and what in it is the name of the site or of a column."""
        title = self._page.title
        names = [self._page.meta("sitename") or self._park, *title_parts(title)[1:]]
        return comparison_text(title), frozenset(map(comparison_text, names))

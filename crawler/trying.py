"""Try every layout on a park's pages, choose the one that fits, and say what is doubtful about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.dates import read_date
from crawler.elsewhere import articles_elsewhere
from crawler.layouts import Layout
from crawler.listing import ListingPage, read_listing
from crawler.page import Page
from crawler.reading import Reading, Unreadable, marks_of, read_article
from storage.records import Link, Park
from storage.text import comparison_text

#: A text shorter than this is rarely a whole article.
_SHORT_TEXT = 120
#: A listing with fewer articles may be something else: a row of teasers, a page of one text.
_FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one layout made of one article."""

    layout: Layout
    link: Link
    result: Reading | Unreadable
    #: How many of the layout's marks the page bears.
    marks: int = 0

    @property
    def score(self) -> int:
        """How much of the article was found, and found where the listing confirms it."""
        if not isinstance(self.result, Reading):
            return 0
        fields, marks = self.result.fields, 2
        marks += self.is_headline_listed
        marks += fields.date_published is not None and not self._located("date_published", ("listing", "address"))
        marks += fields.date_published is not None
        marks += fields.source is not None
        marks += sum(map(len, fields.body)) >= _SHORT_TEXT
        return marks

    @property
    def is_headline_listed(self) -> bool:
        """Whether the headline is the one that the listing gives."""
        if not isinstance(self.result, Reading) or not self.link.headline:
            return False
        listed = comparison_text(self.link.headline.rstrip(".… "))
        return comparison_text(self.result.fields.headline).startswith(listed)

    def _located(self, name: str, ways: tuple[str, ...]) -> bool:
        return isinstance(self.result, Reading) and self.result.located_by.get(name, "").startswith(ways)

    def _listed_day(self, time_zone: str) -> str | None:
        listed = read_date(self.link.date, time_zone=time_zone) if self.link.date else None
        return listed.iso[:10] if listed else None

    def doubts(self, time_zone: str) -> list[str]:
        """Return what a person should look at, each in a phrase."""
        if not isinstance(self.result, Reading):
            return [f"cannot be read: {self.result.reason}"]
        fields, found = self.result.fields, []
        if self.link.headline and not self.is_headline_listed:
            found.append(f"its headline is not the one in the listing, '{self.link.headline[:80]}'")
        if fields.date_published is None:
            found.append("no date was found")
        elif self._located("date_published", ("listing", "address")):
            found.append("its date stands on the listing or in the address alone")
        elif (listed := self._listed_day(time_zone)) and listed != fields.date_published[:10]:
            found.append(f"its date {fields.date_published[:10]} is not the listing's, {listed}")
        if fields.source is None:
            found.append("no source was found")
        length = sum(map(len, fields.body))
        if length < _SHORT_TEXT:
            found.append(f"its text has only {length} characters")
        if fields.headline in fields.body[:2]:
            found.append("its text begins with the headline")
        return found


def listings_by_layout(page: Page, layouts: Mapping[str, Layout], park: Park) -> dict[str, ListingPage]:
    """Return what each layout finds on a listing, the one with the most articles first, general ones last.

    A layout that takes the listing itself for an article tells no articles at all: it comes last of all.
    """
    found = {name: read_listing(page, [layout], park) for name, layout in layouts.items()}
    useful = [name for name, listing in found.items() if listing.links]

    def place(name: str) -> tuple[bool, bool, int]:
        return layouts[name].is_article(page.url), layouts[name].is_general, -len(found[name].links)

    return {name: found[name] for name in sorted(useful, key=place)}


def address_behind_frame(page: Page, layouts: Iterable[Layout], park: Park) -> str | None:
    """Return the address of the list that a column's page only puts a frame around, None if it lists itself."""
    # What a general layout lists of such a page are hot stories and the like.
    found = [read_listing(page, [layout], park) for layout in layouts if not layout.is_general]
    if any(each.links for each in found):
        return None
    return next((each.next.url for each in found if each.is_frame and each.next), None)


def try_layouts(page: Page, link: Link, layouts: Iterable[Layout], park: Park, now: datetime) -> list[Trial]:
    """Return what each layout makes of one article's page."""
    return [
        Trial(
            layout=each,
            link=link,
            result=read_article(page, [each], park, now),
            marks=sum(1 for _ in marks_of(each, page)),
        )
        for each in layouts
    ]


def best_layout(trials: Sequence[Trial], listings: Mapping[str, ListingPage]) -> Layout | None:
    """Return the layout that read the most, of those whose listing has articles; a family before a general one."""
    layouts = {trial.layout.name: trial.layout for trial in trials}
    scores = {
        name: min((trial.score, trial.marks) for trial in trials if trial.layout.name == name)
        for name in layouts
        if name in listings
    }
    good = [name for name, (score, _) in scores.items() if score]
    if not good:
        return None
    families = [name for name in good if not layouts[name].is_general]
    return layouts[max(families or good, key=lambda name: (scores[name], len(listings[name].links)))]


def trouble_with_listing(
    page: Page, listings: Mapping[str, ListingPage], layouts: Mapping[str, Layout], article: Reading | None, park: Park
) -> str | None:
    """Return why a page cannot be watched as a listing, and what to give instead; None if it can.

    *article* is what the page reads as if it reads as an article itself (:func:`article_at`). One that lists articles
    is only doubtful then, unless its address is an article's.
    """
    if listings and not (article and _has_address_of_article(page, layouts)):
        return None
    if article:
        by = f"is an article itself by the layout {article.layout.name}, '{article.fields.headline[:80]}'"
        return f"{by}: give the page that lists the news, or look at what that layout recognises"
    if elsewhere := articles_elsewhere(page, layouts.values(), park):
        return f"no article of this host stands on it, and {elsewhere}"
    if page.text.lstrip().startswith(("{", "[")):
        return "is a list in JSON that no layout reads: give the page that shows the news to people"
    return "no layout finds an article in it, nor a list of links to news: give the page that lists the news"


def article_at(
    page: Page, listings: Mapping[str, ListingPage], layouts: Mapping[str, Layout], park: Park, now: datetime
) -> Reading | None:
    """Return what a family reads off a page as an article, with its date, that none reads as a list of articles.

    A page whose address is that of a family's articles is an article whatever it lists: others are named below many.
    """
    families = [layout for layout in layouts.values() if not layout.is_general]
    has_list = any(layout.name in listings and len(listings[layout.name].links) >= _FEW for layout in families)
    if has_list and not _has_address_of_article(page, layouts):
        return None
    read = read_article(page, families, park, now)
    return read if isinstance(read, Reading) and read.fields.date_published else None


def _has_address_of_article(page: Page, layouts: Mapping[str, Layout]) -> bool:
    return any(layout.is_article(page.url) for layout in layouts.values() if not layout.is_general)


def doubts_of_listing(listing: ListingPage) -> list[str]:
    """Return what is doubtful about a listing as one layout reads it."""
    found = []
    if len(listing.links) < _FEW:
        found.append(f"the listing names only {len(listing.links)} article{'s' * (len(listing.links) != 1)}")
    if listing.next is None:
        found.append("the listing has no further page, or none that this layout finds")
    if not any(link.date for link in listing.links):
        found.append("the listing gives no dates")
    return found

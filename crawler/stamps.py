"""Find the date of publication among the dates that a page shows."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import islice

from crawler.body import is_prose
from crawler.dates import DateRead, read_date
from crawler.patterns import without
from crawler.pointing import Pointer
from crawler.rules import Article, Locator
from storage.text import comparison_text

_MOST = 12
#: A later day of a month is never taken for a month.
_MONTHS = "12"
#: Between headline and stamp stand labels of their own, letters for the font size, a row of share buttons.
BELOW_HEADLINE = 5
#: A date, and the number of the line where it stands if it is a line's.
Stamp = tuple[int | None, DateRead]


#: Yields what a locator points at.
Point = Callable[[Locator], Iterator[tuple[int | None, str]]]


class Stamps:
    """Reads dates off one page by its layout's rules; whoever asks says where to look, so that nothing holds him."""

    def __init__(self, article: Article, time_zone: str, captured_at: datetime, pointer: Pointer) -> None:
        self._rule, self._day_first = article.date_published, article.day_first
        self._time_zone, self._captured_at, self._pointer = time_zone, captured_at, pointer
        self._places: dict[int, range] = {}

    def find(
        self, ways: list[Locator], point: Point, below_headline: Callable[[], range]
    ) -> tuple[Locator, Stamp] | None:
        """Return the first date that one of the locators yields, with that locator.

        *below_headline* returns the numbers of the lines in which a stamp stands that belongs to the headline, an
        empty range where no line shows the headline.
        """
        for locator in ways:
            dates = self._dates(locator, point(locator))
            if locator.confirmed:
                dates = (stamp for stamp in dates if stamp[1].iso[:10] in self._days_said_elsewhere)
            found = list(islice(dates, _MOST))
            if not found:
                continue
            own = found[0] if len(found) == 1 else self._own(found, below_headline())
            is_elsewhere = own and self._may_be_the_pages(locator, own[1].iso[:10]) and own[0] not in below_headline()
            if own and not is_elsewhere:
                return locator, own
        return None

    def places(self, headline: int, *, is_shared: bool) -> range:
        """Return the numbers of the lines that may be the stamp of a headline in line *headline*, which it may share.

        What stands above may be the end of another story's teaser.
        """
        if headline not in self._places:
            self._places[headline] = _below(self._pointer.lines, headline)
        below = self._places[headline]
        return range(headline, below.stop) if is_shared else below

    def says_known_day(self, line: str) -> bool:
        """Say whether a line holds the day that the listing or the address says."""
        return self.day_of(line) in self._days_said_elsewhere

    def day_of(self, line: str) -> str | None:
        """Return the day of the first date in a line."""
        found = self._read(line)
        return found.iso[:10] if found else None

    def is_day_alone(self, line: str) -> bool:
        """Say whether a line is a date and nothing else."""
        found = self._read(line)
        return found is not None and comparison_text(found.raw) == comparison_text(line)

    def _own(self, found: list[Stamp], near: range) -> Stamp | None:
        """Return this story's of several stamps; lists of other stories have stamps as well.

        None where the headline stands elsewhere and the days differ: then all of them are other stories'.
        """
        below = next((stamp for stamp in found if stamp[0] in near), None)
        known = below or next((stamp for stamp in found if stamp[1].iso[:10] in self._days_said_elsewhere), None)
        is_listed = len(near) > 0 and len({date.iso[:10] for _, date in found}) > 1
        return known or (None if is_listed else found[0])

    def _dates(self, locator: Locator, pointed: Iterator[tuple[int | None, str]]) -> Iterator[Stamp]:
        for at, value in pointed:
            found = self._read(without(value, self._rule.strip), locator) if value else None
            # Behind a label of its own block a date stands first, or the label is empty and this is something else.
            if found and (not locator.after or comparison_text(value).startswith(comparison_text(found.raw))):
                yield at, found

    def _read(self, text: str, locator: Locator | None = None) -> DateRead | None:
        """Return the first date in a text; where day and month may be either, as listing or address have it."""
        read = partial(read_date, text, time_zone=self._time_zone, captured_at=self._captured_at)
        found = read(day_first=self._day_first)
        if found is None or found.iso[8:10] > _MONTHS or (locator and (locator.listing or locator.address)):
            return found
        if found.iso[:10] in self._days_said_elsewhere or not self._days_said_elsewhere:
            return found
        other = read(day_first=not self._day_first)
        return other if other and other.iso[:10] in self._days_said_elsewhere else found

    def _may_be_the_pages(self, locator: Locator, day: str) -> bool:
        """Say whether a day may be the one on which the page was made or fetched, as its head and its foot say it."""
        if day < self._day_before_capture:
            return False
        if locator.past or not locator.line or locator.near:
            return locator.past
        # A line anywhere: listing and address know better.
        return bool(self._days_said_elsewhere) and day not in self._days_said_elsewhere

    @cached_property
    def _day_before_capture(self) -> str:
        """A day that may be today's where the page was made."""
        return (self._captured_at - timedelta(days=1)).date().isoformat()

    @cached_property
    def _days_said_elsewhere(self) -> frozenset[str]:
        """The days that the listing and the address say."""
        ways = [way for way in self._rule.locators if way.listing or way.address]
        pointed = ((way, self._pointer.candidates("date_published", way)) for way in ways)
        return frozenset(date.iso[:10] for way, values in pointed for _, date in self._dates(way, values))


def _below(lines: Sequence[str], at: int) -> range:
    """Return the numbers of the lines below line *at* in which its stamp may stand.

    Behind the second paragraph all is text, which may name the day of an event as a label does; the first may be a
    summary above the stamp.
    """
    below = range(at + 1, min(at + 1 + BELOW_HEADLINE, len(lines)))
    prose = [number for number in below if is_prose(lines[number])]
    return range(at + 1, prose[1] if len(prose) > 1 else below.stop)

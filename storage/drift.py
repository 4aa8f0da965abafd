"""Judge whether a park is still read as it used to be: values in, a judgement out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from storage.records import FIELDS, Capture

#: How often each locator found a field: (field, locator) -> readings. A field that was not found counts under "-".
Counts = Mapping[tuple[str, str], int]
NOT_FOUND = "-"
#: A park's habit is known after so many readings of a field.
_HABIT_READINGS = 5
#: A locator is the usual one if it won so often, and is lost if it wins so seldom, in at least so many readings.
_USUAL, _LOST, LEAST_READINGS = 0.8, 0.4, 2
#: One of several usual ones wins at least so often.
_SOME = 0.2
#: Two readings tell of a habit that hardly ever had an exception; of others they are too few.
_FEW_READINGS, _ALWAYS = 3, 0.95
#: How the evidence begins where dates are gone.
NO_DATES = "no date is found on"
#: Visible text of a page that holds no article: a wall, an empty shell.
_SHORT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A field that another locator finds than the usual one."""

    field: str
    usual: str
    usual_share: float
    past_readings: int
    now: str
    readings: int

    @property
    def is_lost(self) -> bool:
        """Whether nothing finds it any more."""
        return self.now == NOT_FOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadPage:
    """A page that came and that no layout could read: its bytes, why, and what a person would see of it."""

    capture: Capture
    reason: str
    length: int
    fingerprint: str
    #: Whether a person would see the headline that its article is known by.
    has_headline: bool = False
    #: Whether it leads nowhere: even an empty list stands between the links of its site.
    is_bare: bool = False
    #: Whether it is the empty frame of a page that a script draws.
    is_drawn: bool = False


class Cause(StrEnum):
    """Why pages that came could not be read."""

    BLOCK_PAGE = "every page is short or alike, which is a block page"
    OUR_LAYOUT = "our layout changed and no longer reads what it read before"
    LISTING = "the site changed its listing"
    ARTICLES = "the site changed the template of its articles"
    WALLS = "walls stand before its articles"
    ALIKE = "the same lines came into or went out of many texts at once, which is no edit of theirs"


def shifts(now: Counts, past: Counts, ways: Collection[str]) -> list[Shift]:
    """Return the fields whose usual locator has stopped winning, in the order of ``FIELDS``.

    *ways* are the locators of today's layouts: that one which a person has taken out wins no more is no news.
    """
    found = (_shift(name, _of(name, now), _of(name, past)) for name in FIELDS)
    return [shift for shift in found if shift and (shift.is_lost or shift.usual in ways)]


def dates_lost(now: Counts, past: Counts) -> str | None:
    """Say that no article of the last visits had a date, where nearly all of those before had one; None otherwise.

    A source may be left out by its people; a headline and a text that nothing finds make a page that was not read.
    """
    seen, before = _of("date_published", now), _of("date_published", past)
    lost, were = seen.get(NOT_FOUND, 0), sum(before.values())
    dated = were - before.get(NOT_FOUND, 0)
    if lost < _FEW_READINGS or lost < sum(seen.values()) or were < _HABIT_READINGS or dated < were * _ALWAYS:
        return None
    return f"{NO_DATES} {lost} articles; one was found on {dated / were:.0%} of those before"


def may_lack_dates(evidence: str, located: Counts) -> bool:
    """Say whether articles without dates, of which an earlier visit found *evidence*, may be so still: none had one."""
    found = _of("date_published", located)
    return evidence.startswith(NO_DATES) and sum(found.values()) == found.get(NOT_FOUND, 0)


def _of(name: str, counts: Counts) -> dict[str, int]:
    return {locator: number for (field, locator), number in counts.items() if field == name}


def _shift(name: str, now: dict[str, int], past: dict[str, int]) -> Shift | None:
    readings, before = sum(now.values()), sum(past.values())
    if readings < LEAST_READINGS or before < _HABIT_READINGS:
        return None
    usual = max(past, key=lambda locator: past[locator])
    least = _ALWAYS if readings < _FEW_READINGS else _USUAL
    ways = {usual}
    if past[usual] / before < least:
        # Pages of several eras are read in several ways: all of them together are the habit.
        ways = {locator for locator, number in past.items() if number >= before * _SOME}
    share = sum(past[locator] for locator in ways) / before
    # A field that was never there is no habit to be lost.
    if NOT_FOUND in ways or share < least or sum(now.get(locator, 0) for locator in ways) / readings > _LOST:
        return None
    present = max(now, key=lambda locator: now[locator])
    return Shift(field=name, usual=usual, usual_share=share, past_readings=before, now=present, readings=readings)


def cause_of(
    pages: Sequence[UnreadPage], *, listing_is_read: bool, replays: Sequence[bool], lists_still: bool = True
) -> Cause:
    """Name the cause of pages that could not be read.

    *replays* says of the last good captures whether today's layout still reads them: if it does, the site changed; if
    it does not, the layout did; so it did where a listing as it was last read no longer *lists* anything by its rules.
    Pages that all look alike, or all hold next to nothing, are no articles at all, unless the headlines stand on them.
    """
    if replays and sum(replays) * 2 < len(replays):
        return Cause.OUR_LAYOUT
    if not (listing_is_read or lists_still):
        return Cause.OUR_LAYOUT
    if pages and all(page.is_drawn for page in pages):
        return Cause.ARTICLES if listing_is_read else Cause.LISTING
    short = all(page.length < _SHORT for page in pages)
    alike = len(pages) > 1 and len({page.fingerprint for page in pages}) == 1
    # One short page alone may be a listing that is empty.
    if sum(page.has_headline for page in pages) * 2 > len(pages):
        return Cause.ARTICLES
    if alike or (short and pages and (listing_is_read or len(pages) > 1 or pages[0].is_bare)):
        return Cause.BLOCK_PAGE
    return Cause.ARTICLES if listing_is_read else Cause.LISTING

"""How a digest and the terminal say moments, lengths of time and counts."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from reports.digest import Digest, ParkSection

_BRIEF = 160
_LOCATOR = 50
_MOST_INTERRUPTIONS = 4
#: Beyond this a day without its year may be another one.
_NEARLY_A_YEAR = timedelta(days=300)


def local(moment: datetime | None, time_zone: str, *, with_year: bool = False) -> str:
    """Return a moment in the reader's zone, such as ``Tue 4 Mar 09:10``."""
    if moment is None:
        return "the beginning"
    there = moment.astimezone(ZoneInfo(time_zone))
    return f"{there:%a} {there.day} {there:%b}{f' {there.year}' if with_year else ''} {there:%H:%M}"


def window(bounds: tuple[datetime | None, datetime | None], time_zone: str) -> str:
    """Return when something happened, such as ``between Tue 4 Mar 09:10 and 15:10``; nothing if nobody knows."""
    after, at = bounds
    if at is None:
        return ""
    is_long = after is not None and at - after > _NEARLY_A_YEAR
    # The end is rounded up: what happened in the last minute is not to fall outside.
    begin, end = (local(moment, time_zone, with_year=is_long) for moment in (after, at + timedelta(seconds=59)))
    day = begin[: -len("09:10")]
    return f"between {begin} and {end.removeprefix(day) if day.strip() else end}"


def day(moment: datetime, time_zone: str) -> str:
    """Return the day of a moment in the reader's zone, such as ``Tuesday, 4 March 2025``."""
    there = moment.astimezone(ZoneInfo(time_zone))
    return f"{there:%A}, {there.day} {there:%B %Y}"


def span(length: timedelta) -> str:
    """Return a length of time in one unit, such as ``40 min``, ``6 h`` or ``2 days``."""
    minutes = max(1, round(length.total_seconds() / 60))
    if minutes < 100:
        return f"{minutes} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 48 else plural(round(hours / 24), "day")


def seen_whole(digest: Digest) -> str:
    """Return the sentence for a digest whose parks were all seen: since when, and since its first visit for a new one.

    The first digest reaches back before anything was watched, and nobody can say what was missed then.
    """
    if not digest.coverage:
        return "No park is watched."
    alone = len(digest.coverage) == 1
    which = "the park was seen whole" if alone else f"all {len(digest.coverage)} parks were seen whole"
    if any(park.ended for park in digest.coverage):
        which += " in the end, with all that was listed"
    unread = sum(park.unread for park in digest.coverage)
    but = f", but for {plural(unread, 'listed page')} that could not be read" if unread else ""
    idle = sum(not park.visits for park in digest.coverage)
    if idle == len(digest.coverage):
        since = local(digest.covers_since, digest.time_zone)
        return f"No visit ended since {since}; at the last one {which}{but}."
    waits = f" Of {plural(idle, 'park')} no visit ended since then." if idle else ""
    return f"{which[0].upper()}{which[1:]} {_since(digest, alone=alone)}{but}.{waits}"


def interrupted(digest: Digest) -> str:
    """Return which parks could not be seen for a while that is over, such as ``Dalian blocked between … and …``."""
    over = [
        f"{park.name} {ended.kind} {window((ended.began_at, ended.ended_at), digest.time_zone)}"
        for park in digest.coverage
        for ended in park.ended
    ]
    left = len(over) - _MOST_INTERRUPTIONS
    more = f"; and {plural(left, 'more time')}, told below" if left > 0 else ""
    return f"Out of sight for a while: {'; '.join(over[:_MOST_INTERRUPTIONS])}{more}." if over else ""


def _since(digest: Digest, *, alone: bool) -> str:
    begun = [(park.name, park.watched_from) for park in digest.coverage if park.watched_from]
    if len(begun) == len(digest.coverage):
        last = local(max(moment for _, moment in begun), digest.time_zone)
        return f"since {'its first visit,' if alone else 'their first visits, the last of them'} {last}"
    since = [f"since {local(digest.covers_since, digest.time_zone)}"]
    since += [f"{name} since its first visit, {local(moment, digest.time_zone)}" for name, moment in begun]
    return "; ".join(since)


def brief(text: str | None) -> str:
    """Return a sentence that may quote a site, short enough for a line."""
    text = text or "not said why"
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…"


def in_short(locator: str) -> str:
    """Return the beginning of a locator: some are patterns of a thousand signs."""
    return locator if len(locator) <= _LOCATOR else f"{locator[: _LOCATOR - 1]}…"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: ``1 park``, ``2 parks``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def cut_off(section: ParkSection) -> str:
    """Return what a section has no room for, such as ``65 of the news and 4 of the changes``."""
    counts = ((section.left_out, "news"), (section.changes_left_out, "changes"))
    return " and ".join(f"{count} of the {what}" for count, what in counts if count)

"""Turn a digest into HTML and plain text that say the same."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.coverage import ParkCoverage
from reports.digest import Digest, NewItem, ParkSection

TEMPLATES = Path(__file__).parent / "templates"
#: Gmail cuts a mail's HTML at about 102 kB; this leaves room for what a transport adds.
MOST_HTML_BYTES = 95_000
_BRIEF = 160
#: Longer addresses are refused by most that would have to open them.
_LONGEST_LINK = 2048
#: Pages that could not be read, named with their reasons, in a whole digest.
_MOST_UNREAD_SHOWN = 20


def html_of(digest: Digest) -> str:
    """Return the HTML part, its styles inlined."""
    html = _environment(html=True).get_template("digest.html").render(digest=digest)
    return css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(html)


def text_of(digest: Digest) -> str:
    """Return the plain-text part."""
    lines = [
        line.rstrip() for line in _environment(html=False).get_template("digest.txt").render(digest=digest).splitlines()
    ]
    text: list[str] = []
    for line in lines:
        if line or (text and text[-1]):
            text.append(line)
    return "\n".join(text).strip() + "\n"


def fitting(digest: Digest) -> Digest:
    """Return the digest as it will be shown: shortened, with what is left out counted, if it is too large."""
    digest = replace(digest, coverage=_with_few_pages(digest.coverage))
    for room in _ROOMS:
        candidate = replace(digest, sections=tuple(_shortened(section, room) for section in digest.sections))
        if len(html_of(candidate).encode()) <= MOST_HTML_BYTES:
            return candidate
    return replace(digest, sections=())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """How much of each park is shown: news with their texts, headlines, changes with their diffs, other changes."""

    texts: int
    headlines: int
    diffs: int
    changes: int


_ROOMS = (
    _Room(texts=10_000, headlines=10_000, diffs=10_000, changes=10_000),
    _Room(texts=3, headlines=10_000, diffs=10_000, changes=10_000),
    _Room(texts=0, headlines=10_000, diffs=10_000, changes=10_000),
    _Room(texts=0, headlines=120, diffs=60, changes=120),
    _Room(texts=0, headlines=60, diffs=20, changes=60),
    _Room(texts=0, headlines=15, diffs=5, changes=15),
    _Room(texts=0, headlines=3, diffs=0, changes=3),
    _Room(texts=0, headlines=0, diffs=0, changes=0),
)


def _with_few_pages(coverage: tuple[ParkCoverage, ...]) -> tuple[ParkCoverage, ...]:
    """Return the coverage with so few pages named that could not be read that they push no news out."""
    each = max(1, _MOST_UNREAD_SHOWN // max(1, sum(bool(park.unread_pages) for park in coverage)))
    left, found = _MOST_UNREAD_SHOWN, []
    for park in coverage:
        shown = park.unread_pages[: min(each, left)]
        left -= len(shown)
        found.append(replace(park, unread_pages=shown))
    return tuple(found)


def _shortened(section: ParkSection, room: _Room) -> ParkSection:
    headlines = [*map(_bare, section.new[room.texts :]), *section.short]
    changed = [
        item if at < room.diffs else replace(item, body_diff=None, headline_diff=None)
        for at, item in enumerate(section.changed[: room.changes])
    ]
    return replace(
        section,
        new=section.new[: room.texts],
        short=tuple(headlines[: room.headlines]),
        left_out=max(0, len(headlines) - room.headlines),
        changed=tuple(changed),
        changes_left_out=len(section.changed) - len(changed),
        recovered_lately=section.recovered_lately[: room.headlines],
        newest=section.newest if room.texts else (),
    )


def _bare(item: NewItem) -> NewItem:
    return replace(item, excerpt="")


@cache
def _environment(*, html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "local": local,
        "window": window,
        "day": day,
        "link": safe_link,
        "plural": plural,
        "brief": brief,
        "span": span,
        "seen_whole": seen_whole,
    }
    return environment


def local(moment: datetime | None, time_zone: str) -> str:
    """Return a moment in the reader's zone, such as ``Tue 4 Mar 09:10``."""
    if moment is None:
        return "the beginning"
    there = moment.astimezone(ZoneInfo(time_zone))
    return f"{there:%a} {there.day} {there:%b %H:%M}"


def window(bounds: tuple[datetime | None, datetime | None], time_zone: str) -> str:
    """Return when something happened, such as ``between Tue 4 Mar 09:10 and 15:10``; nothing if nobody knows."""
    after, at = bounds
    if at is None:
        return ""
    begin, end = local(after, time_zone), local(at, time_zone)
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
    unread = sum(park.unread for park in digest.coverage)
    but = f", but for {plural(unread, 'listed page')} that could not be read" if unread else ""
    idle = sum(not park.visits for park in digest.coverage)
    if idle == len(digest.coverage):
        since = local(digest.covers_since, digest.time_zone)
        return f"No visit ended since {since}; at the last one {which}{but}."
    waits = f" Of {plural(idle, 'park')} no visit ended since then." if idle else ""
    return f"{which[0].upper()}{which[1:]} {_since(digest, alone=alone)}{but}.{waits}"


def _since(digest: Digest, *, alone: bool) -> str:
    begun = [(park.name, park.watched_from) for park in digest.coverage if park.watched_from]
    if len(begun) == len(digest.coverage):
        last = local(max(moment for _, moment in begun), digest.time_zone)
        return f"since {'its first visit,' if alone else 'their first visits, the last of them'} {last}"
    since = [f"since {local(digest.covers_since, digest.time_zone)}"]
    since += [f"{name} since its first visit, {local(moment, digest.time_zone)}" for name, moment in begun]
    return "; ".join(since)


def safe_link(url: str) -> str:
    """Return an address that a mail may link to; anything but http and https leads nowhere, nor what fills pages."""
    return url if len(url) <= _LONGEST_LINK and urlsplit(url).scheme in ("http", "https") else "#"


def brief(text: str | None) -> str:
    """Return a sentence that may quote a site, short enough for a line."""
    text = text or "not said why"
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF]}…"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: ``1 park``, ``2 parks``."""
    return f"{count} {one if count == 1 else many or one + 's'}"

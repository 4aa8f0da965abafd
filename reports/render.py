"""Turn a digest into HTML and plain text that say the same."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.coverage import ParkCoverage
from reports.digest import ChangedItem, Digest, NewItem, ParkSection
from reports.wording import brief, cut_off, day, interrupted, local, plural, seen_whole, span, window

TEMPLATES = Path(__file__).parent / "templates"
#: Gmail cuts a mail's HTML at about 102 kB; this leaves room for what a transport adds.
MOST_HTML_BYTES = 95_000
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


#: What changed is rarer than what is new, and nobody else tells the reader: its words go last.
_ROOMS = (
    _Room(texts=10_000, headlines=10_000, diffs=10_000, changes=10_000),
    _Room(texts=3, headlines=10_000, diffs=10_000, changes=10_000),
    _Room(texts=0, headlines=10_000, diffs=10_000, changes=10_000),
    _Room(texts=0, headlines=120, diffs=10_000, changes=10_000),
    _Room(texts=0, headlines=60, diffs=60, changes=10_000),
    _Room(texts=0, headlines=30, diffs=40, changes=120),
    _Room(texts=0, headlines=15, diffs=20, changes=60),
    _Room(texts=0, headlines=8, diffs=10, changes=30),
    _Room(texts=0, headlines=3, diffs=5, changes=15),
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
        item if at < room.diffs else _without_words(item) for at, item in enumerate(section.changed[: room.changes])
    ]
    return replace(
        section,
        new=section.new[: room.texts],
        short=tuple(headlines[: room.headlines]),
        left_out=max(0, len(headlines) - room.headlines),
        changed=tuple(changed),
        changes_left_out=len(section.changed) - len(changed),
        recovered_lately=section.recovered_lately[: room.headlines],
        told_before_shown=section.told_before_shown[: room.headlines],
        newest=section.newest if room.texts else (),
    )


def _without_words(item: ChangedItem) -> ChangedItem:
    has_words = item.body_diff is not None or item.headline_diff is not None
    return replace(item, body_diff=None, headline_diff=None, is_cut=has_words)


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
        "cut_off": cut_off,
        "interrupted": interrupted,
    }
    return environment


def safe_link(url: str) -> str:
    """Return an address that a mail may link to; anything but http and https leads nowhere, nor what fills pages."""
    return url if len(url) <= _LONGEST_LINK and urlsplit(url).scheme in ("http", "https") else "#"

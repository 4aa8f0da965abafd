"""Turn a digest into HTML and plain text that say the same."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.digest import Digest, NewItem, ParkSection

TEMPLATES = Path(__file__).parent / "templates"
#: Gmail cuts a mail's HTML at about 102 kB; this leaves room for what a transport adds.
MOST_HTML_BYTES = 95_000


def html_of(digest: Digest) -> str:
    """Return the HTML part, its styles inlined, never larger than mail clients show whole."""
    return _rendered(_fitting(digest), "digest.html")


def text_of(digest: Digest) -> str:
    """Return the plain-text part."""
    lines = [
        line.rstrip()
        for line in _environment(html=False).get_template("digest.txt").render(**_given(digest)).splitlines()
    ]
    text: list[str] = []
    for line in lines:
        if line or (text and text[-1]):
            text.append(line)
    return "\n".join(text).strip() + "\n"


def fitting(digest: Digest) -> Digest:
    """Return the digest as it will be shown: shortened, with what is left out counted, if it is too large."""
    return _fitting(digest)


def _fitting(digest: Digest) -> Digest:
    for shorten in (_whole, _without_excerpts, _headlines, _counts):
        candidate = replace(digest, sections=tuple(shorten(section) for section in digest.sections))
        if len(_rendered(candidate, "digest.html").encode()) <= MOST_HTML_BYTES:
            return candidate
    return candidate


def _whole(section: ParkSection) -> ParkSection:
    return section


def _without_excerpts(section: ParkSection) -> ParkSection:
    return replace(section, new=section.new[:3], short=(*map(_bare, section.new[3:]), *section.short))


def _headlines(section: ParkSection) -> ParkSection:
    changed = tuple(
        item if at < 10 else replace(item, body_diff=None, headline_diff=None)
        for at, item in enumerate(section.changed)
    )
    return replace(section, new=(), changed=changed, short=(*map(_bare, section.new), *section.short)[:60])


def _counts(section: ParkSection) -> ParkSection:
    changed = tuple(replace(item, body_diff=None, headline_diff=None) for item in section.changed[:10])
    return replace(section, new=(), changed=changed, short=(*map(_bare, section.new), *section.short)[:10], newest=())


def _bare(item: NewItem) -> NewItem:
    return replace(item, excerpt="")


def _rendered(digest: Digest, template: str) -> str:
    html = _environment(html=True).get_template(template).render(**_given(digest))
    return css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(html)


def _given(digest: Digest) -> dict[str, Any]:
    return {"digest": digest}


def _environment(*, html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"local": local, "day": day, "link": safe_link, "plural": plural}
    return environment


def local(moment: datetime | None, time_zone: str) -> str:
    """Return a moment in the reader's zone, such as ``Tue 4 Mar 09:10``."""
    if moment is None:
        return "the beginning"
    there = moment.astimezone(ZoneInfo(time_zone))
    return f"{there:%a} {there.day} {there:%b %H:%M}"


def day(moment: datetime, time_zone: str) -> str:
    """Return the day of a moment in the reader's zone, such as ``Tuesday, 4 March 2025``."""
    there = moment.astimezone(ZoneInfo(time_zone))
    return f"{there:%A}, {there.day} {there:%B %Y}"


def safe_link(url: str) -> str:
    """Return an address that a mail may link to; anything but http and https leads nowhere."""
    return url if urlsplit(url).scheme in ("http", "https") else "#"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: ``1 park``, ``2 parks``."""
    return f"{count} {one if count == 1 else many or one + 's'}"

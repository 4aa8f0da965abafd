"""Decide how far to walk down a listing: values in, a step out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

from crawler.asked import Asked
from crawler.dates import read_date
from crawler.paging import Next
from storage.records import ArticleFields, Link

#: A listing joins up where so many articles in a row at a page's end were known before; one alone may be pinned there.
JOINING_RUN = 3
#: A backfill stops after so many listing pages in a row on which everything is older than its span: sites list by the
#: day of upload, which can be ten weeks after the day of publication.
PAGES_TOO_OLD = 3


class Depth(StrEnum):
    """Why a listing is walked."""

    JOIN = "join"
    BASELINE = "baseline"
    WHOLE = "whole"
    SPAN = "span"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Where a walk down one listing stands, small enough to be stored and taken up again."""

    url: str
    #: What is sent there, for a listing that is asked by POST.
    form: str | None = None
    number: int = 1
    #: The page before, at this address, was a frame around this one.
    frame: str | None = None
    #: A mark of what every page so far named: a server that hands out page 1 for any number shows itself by them.
    pages: tuple[str, ...] = ()
    #: How many pages the first one said there are.
    of: int | None = None
    pages_after_join: int = 0
    pages_too_old: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the walk as plain values."""
        return {
            "url": self.url,
            "form": self.form,
            "number": self.number,
            "pages": list(self.pages),
            "of": self.of,
            "pages_too_old": self.pages_too_old,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Walk":
        """Return the walk that :meth:`as_json` described."""
        return cls(
            url=data["url"],
            form=data.get("form"),
            number=data["number"],
            pages=tuple(data["pages"]),
            of=data["of"],
            pages_too_old=data["pages_too_old"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where to go from a page: on, or to an end that is the listing's own, a join, or neither (a gap)."""

    next: Walk | None = None
    is_joined: bool = False
    is_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """What a plan makes of a listing page: articles to ask for, and where to walk on."""

    asks: tuple[Asked, ...] = ()
    walks: tuple[Walk, ...] = ()


def step(
    walk: Walk,
    *,
    depth: Depth,
    keys: Sequence[str],
    is_known: Sequence[bool],
    next: Next | None,
    most_pages: int | None,
    last_number: int | None = None,
    is_cut: bool = False,
    overlap: int = 1,
    is_too_old: bool = False,
) -> Step:
    """Return the step after the page of *keys* on which *is_known* tells what was on record before."""
    of = last_number if walk.number == 1 else walk.of
    joined = walk.pages_after_join > 0 or _joins(is_known)
    if not keys:
        return Step(is_joined=True, is_end=True)
    page = sha256("\n".join(keys).encode()).hexdigest()[:16]
    if page in walk.pages:
        # Page 1 again is no evidence of what the last page holds: the walk ends, and the listing was not read whole.
        return Step(is_joined=joined or depth is not Depth.JOIN)
    onward = replace(
        walk,
        url=next.url if next else "",
        form=next.form if next else None,
        number=walk.number + 1,
        pages=(*walk.pages, page),
        of=of,
        pages_after_join=walk.pages_after_join + joined,
        pages_too_old=walk.pages_too_old + 1 if is_too_old else 0,
    )
    if next is None:
        # A page without a way on, in a listing that said it has many more, has lost its pager. The number is worked
        # out from the first page's links, some of which may lead elsewhere, so that it is a little too high at times.
        is_end = not is_cut and (of is None or walk.number * 4 >= of * 3)
        return Step(is_joined=is_end or joined or depth is Depth.BASELINE, is_end=is_end)
    if depth is Depth.JOIN and onward.pages_after_join > overlap:
        return Step(is_joined=True)
    if depth is Depth.SPAN and onward.pages_too_old >= PAGES_TOO_OLD:
        return Step(is_joined=True)
    if most_pages is not None and walk.number >= most_pages:
        # The depth of a first visit is where it was told to stop, so nothing is missed there.
        return Step(is_joined=joined or depth in (Depth.BASELINE, Depth.SPAN))
    return Step(next=onward, is_joined=joined)


def _joins(is_known: Sequence[bool]) -> bool:
    return all(is_known[-JOINING_RUN:])


def listed_day(link: Link, time_zone: str) -> date | None:
    """Return the day under which a listing has an article: as printed there, else as its address has it."""
    for text in (link.date, link.url):
        found = read_date(text, time_zone=time_zone) if text else None
        if found:
            return date.fromisoformat(found.iso[:10])
    return None


def day_of(fields: ArticleFields) -> date | None:
    """Return the day on which an article says it was published."""
    return date.fromisoformat(fields.date_published[:10]) if fields.date_published else None


def is_within(day: date | None, since: date, until: date | None) -> bool:
    """Say whether a day falls into a span, both ends included; an unknown day may."""
    return day is None or (since <= day and (until is None or day <= until))

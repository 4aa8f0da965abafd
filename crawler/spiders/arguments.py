"""What a visit may be asked for by ``scrapy crawl -a NAME=VALUE`` and by the parent of a child process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

NAMES = ("since", "until", "recheck", "max_pages", "dry_run")
RECHECKS = ("due", "all", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitArguments:
    """A visit's arguments as values: a visit as it is due, or a backfill of the days from ``since`` to ``until``."""

    since: date | None = None
    until: date | None = None
    recheck: str = "due"
    max_pages: int | None = None
    is_dry_run: bool = False

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "VisitArguments":
        """Return the arguments; raises ValueError with a sentence that names the wrong one."""
        unknown = [name for name in given if name not in NAMES]
        if unknown:
            raise ValueError(f"-a {unknown[0]}: there is no such argument; known are {', '.join(NAMES)}")
        since, until = _day(given, "since"), _day(given, "until")
        if until and not since:
            raise ValueError("-a until: needs since, the first day of the span, as well")
        if since and until and until < since:
            raise ValueError(f"-a until={until}: lies before since={since}")
        recheck = given.get("recheck", "due")
        if recheck not in RECHECKS:
            raise ValueError(f"-a recheck={recheck}: write {', '.join(RECHECKS[:-1])} or {RECHECKS[-1]}")
        pages = given.get("max_pages")
        if pages is not None and not (pages.isdecimal() and int(pages) > 0):
            raise ValueError(f"-a max_pages={pages}: write a number of listing pages, 1 or more")
        is_dry_run = given.get("dry_run", "0").lower() not in ("0", "false", "")
        if is_dry_run and not since:
            raise ValueError("-a dry_run: goes with since alone; a visit is looked at with 'parkwatch parks check'")
        return cls(
            since=since,
            until=until,
            recheck=recheck,
            max_pages=int(pages) if pages else None,
            is_dry_run=is_dry_run,
        )


def _day(given: Mapping[str, str], name: str) -> date | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"-a {name}={text}: write a day such as 2023-01-31") from error

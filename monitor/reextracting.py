"""Read every stored version again by today's layouts, on all processors and without a fetch."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing import get_context

from crawler.layouts import Layout, load_layouts
from crawler.reading import Unreadable
from crawler.rereading import restated
from monitor.park_folder import load_seeds
from monitor.settings import SeedsSection
from storage.database import Store, open_store, rereadings
from storage.decisions import changed_fields
from storage.records import ArticleFields, Park, Restated

#: Versions that one process takes at a time: small enough for a bar that moves, large enough to be worth the way.
_PORTION = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One version that would not be read as it was."""

    article_id: int
    park: str
    url: str
    number: int
    is_present: bool
    before: ArticleFields
    changed_fields: tuple[str, ...] = ()
    restated: Restated | None = None
    #: Why it cannot be read at all by today's rules.
    unreadable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """What a process found: how many versions it read, and those that differ."""

    read: int
    differing: tuple[Rehearsal, ...]


def rehearse(store_url: str, seeds: SeedsSection, last: int, *, park: str | None = None) -> Iterator[Portion]:
    """Read the versions up to id *last* again, portion by portion in their order; nothing is written."""
    # A fresh interpreter each: a copy of this one would share its connection to the store.
    context = get_context("spawn")
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=context, initializer=_begin) as pool:
        firsts = range(1, last + 1, _PORTION)
        jobs = [pool.submit(_read_portion, store_url, seeds, first, first + _PORTION - 1, park) for first in firsts]
        try:
            for job in jobs:
                yield job.result()
        finally:
            pool.shutdown(cancel_futures=True)


def accept(store: Store, found: Rehearsal, now: datetime) -> bool:
    """Write one restated version; False if a visit has written another version meanwhile."""
    if found.restated is None or not found.is_present:
        return False
    with store.writing() as session:
        return rereadings.restate(session, found.article_id, found.number, found.restated, now)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops the pool


def _read_portion(store_url: str, seeds: SeedsSection, first: int, last: int, park: str | None) -> Portion:
    layouts = load_layouts(seeds.layouts)
    parks, _ = load_seeds(seeds, layouts)
    store, read, differing = open_store(store_url), 0, []
    try:
        with store.reading() as session:
            for version in rereadings.stored(session, first=first, last=last, park=park):
                known = parks.get(version.park)
                if known is None:
                    continue  # a park that is watched no longer has no rules of today
                read += 1
                result = _reread(version, [layouts[name] for name in known.layouts], known)
                if result is not None:
                    differing.append(_rehearsal(version, result))
    finally:
        store.close()
    return Portion(read=read, differing=tuple(differing))


def _reread(version: rereadings.StoredVersion, layouts: list[Layout], park: Park) -> Restated | Unreadable | None:
    if version.captures is None:
        return Unreadable(reason="its stored bytes do not fit their hash: see 'parkwatch verify'")
    return restated(version.fields, version.captures, layouts, park)


def _rehearsal(version: rereadings.StoredVersion, result: Restated | Unreadable) -> Rehearsal:
    found = Rehearsal(
        article_id=version.article_id,
        park=version.park,
        url=version.url,
        number=version.number,
        is_present=version.is_present,
        before=version.fields,
    )
    if isinstance(result, Unreadable):
        return replace(found, unreadable=result.reason)
    return replace(found, restated=result, changed_fields=changed_fields(version.fields, result.fields))

"""Read every stored version again by today's layouts, on all processors and without a fetch."""

import os
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from multiprocessing import get_context

from crawler.layouts import Layout, load_good_layouts
from crawler.reading import Unreadable
from crawler.rereading import restated
from monitor.park_folder import load_seeds
from monitor.settings import SeedsSection
from storage.database import Store, open_store, rereadings
from storage.decisions import restated_fields
from storage.records import ArticleFields, Park, Restated

#: Versions that one process takes at a time: small enough for a bar that moves, large enough to be worth the way.
_PORTION = 100
#: Portions that are asked for ahead, for every process: what they found is held until it is shown.
_AHEAD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One version that would not be read as it was."""

    article_id: int
    park: str
    url: str
    number: int
    is_present: bool
    #: Whether the layout that read it has not been changed since.
    is_same_layout: bool
    has_bytes: bool
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
    if last <= _PORTION:  # not worth a process
        desk = _desk(store_url, seeds)
        yield _read_portion(1, park, desk)
        desk.store.close()
        return
    processes = os.cpu_count() or 1
    # A fresh interpreter each: a copy of this one would share its connection to the store.
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(store_url, seeds)) as pool:
        firsts = iter(range(1, last + 1, _PORTION))
        jobs = deque(pool.submit(_read_portion, first, park) for first in islice(firsts, processes * _AHEAD))
        try:
            while jobs:
                yield jobs.popleft().result()
                jobs.extend(pool.submit(_read_portion, first, park) for first in islice(firsts, 1))
        finally:
            pool.shutdown(cancel_futures=True)


def accept(store: Store, found: Rehearsal, now: datetime) -> bool:
    """Write one restated version; False if a visit has written another version meanwhile."""
    if found.restated is None or not found.is_present:
        return False
    with store.writing() as session:
        return rereadings.restate(session, found.article_id, found.number, found.restated, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What a process reads with, made once: its store and today's rules."""

    store: Store
    layouts: dict[str, Layout]
    parks: dict[str, Park]


_DESK: list[_Desk] = []


def _begin(store_url: str, seeds: SeedsSection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops the pool
    _DESK.append(_desk(store_url, seeds))


def _desk(store_url: str, seeds: SeedsSection) -> _Desk:
    layouts, _ = load_good_layouts(seeds.layouts)
    return _Desk(store=open_store(store_url), layouts=layouts, parks=load_seeds(seeds)[0])


def _read_portion(first: int, park: str | None, desk: _Desk | None = None) -> Portion:
    desk = desk or _DESK[0]
    read, differing = 0, []
    with desk.store.reading() as session:
        for version in rereadings.stored(session, first=first, last=first + _PORTION - 1, park=park):
            known = desk.parks.get(version.park)
            if known is None:
                continue  # a park that is watched no longer has no rules of today
            read += 1
            # What a site has overwritten since is read by the layout of its time, whatever the park is read by today.
            names = known.layouts if version.is_present else [name for name in [version.layout] if name in desk.layouts]
            result = _reread(version, [desk.layouts[name] for name in names or known.layouts], known)
            if result is not None:
                layout = desk.layouts.get(version.layout)
                is_same = (
                    version.captures is not None and layout is not None and layout.revision == version.layout_revision
                )
                differing.append(_rehearsal(version, result, is_same_layout=is_same))
    return Portion(read=read, differing=tuple(differing))


def _reread(version: rereadings.StoredVersion, layouts: list[Layout], park: Park) -> Restated | Unreadable | None:
    if version.captures is None:
        return Unreadable(reason="its stored bytes do not fit their hash: see 'parkwatch verify'")
    return restated(version.fields, version.captures, layouts, park, version.listed_date)


def _rehearsal(version: rereadings.StoredVersion, result: Restated | Unreadable, *, is_same_layout: bool) -> Rehearsal:
    found = Rehearsal(
        article_id=version.article_id,
        park=version.park,
        url=version.url,
        number=version.number,
        is_present=version.is_present,
        is_same_layout=is_same_layout,
        has_bytes=version.captures is not None,
        before=version.fields,
    )
    if isinstance(result, Unreadable):
        return replace(found, unreadable=result.reason)
    return replace(found, restated=result, changed_fields=restated_fields(version.fields, result.fields))

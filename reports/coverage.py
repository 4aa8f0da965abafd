"""Say what was seen and what was not: quiet is told from broken."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median_low

from storage.database.visit_log import ConditionLine, UnreadLine, VisitLine
from storage.database.visits import CUT_OFF, DONE, RUNNING, VISIT
from storage.records import GAP, LedgerEntry

#: Who visits by hand once a day, or sleeps over night, is late for no visit that a reader waits for.
_LONG = timedelta(hours=36)


class Sight(StrEnum):
    """How well a park was seen since the last digest."""

    WHOLE = "seen"
    PARTLY = "partly seen"
    NOT = "not seen"
    NEVER = "not visited yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkCoverage:
    """One park in the coverage line: how it was seen, since when not, and why."""

    park: str
    name: str
    sight: Sight
    visits: int = 0
    #: Those that the park's cadence asked for; never fewer than were done.
    visits_planned: int = 0
    visits_done: int = 0
    #: Whether the digest before said so already.
    is_told: bool = False
    last_joined: datetime | None = None
    since: datetime | None = None
    why: str | None = None
    unread: int = 0
    #: The first of the listed pages that could not be read, each with the reason.
    unread_pages: tuple[UnreadLine, ...] = ()
    #: When the listing was first read through, if that was since the last digest: nobody can speak of the time before.
    watched_from: datetime | None = None
    #: How long a change may have stood unseen, as a rule and at the worst: the time from one reading of the listing to
    #: the next.
    usual_window: timedelta | None = None
    worst_window: timedelta | None = None
    #: Within how long the changes that are told have happened, the median and the longest; None without any.
    usual_change: timedelta | None = None
    worst_change: timedelta | None = None
    #: What was over by the end of the digest's time: each is told once.
    ended: tuple[ConditionLine, ...] = ()


def cover_park(
    park: str,
    name: str,
    *,
    visits: Sequence[VisitLine],
    last_visit: VisitLine | None,
    is_recent_from: datetime,
    last_joined: VisitLine | None,
    last_done: VisitLine | None,
    conditions: Iterable[ConditionLine],
    unread: int,
    unread_pages: Iterable[UnreadLine] = (),
    before: Sequence[VisitLine] = (),
    cadence: timedelta = timedelta(),
    within: tuple[datetime, datetime] | None = None,
    is_first: bool = False,
    running_since: datetime | None = None,
) -> ParkCoverage:
    """Return how a park was seen, given the visits since the last digest and its conditions.

    A park whose turn has not come since then is judged by its last visit, unless that began before *is_recent_from*.
    *before* are the visits before that time, from the last whose listing joined up on. *cadence* is how often it is to
    be visited. *within* is the time of a digest, the reader's *first* or from the one before to now; a visit that is at
    work at its end is running since *running_since*.
    """
    ended = [visit for visit in visits if visit.kind == VISIT and visit.outcome != RUNNING]
    done = [visit for visit in ended if visit.outcome == DONE]
    conditions = list(conditions)
    going_on = [condition for condition in conditions if condition.ended_at is None]
    joined = [visit.started_at for visit in (*before, *ended) if visit.kind == VISIT and visit.listing_joined]
    usual, worst = windows(joined)
    over = [condition for condition in conditions if condition.ended_at is not None]
    closed = tuple(closed_gaps(before, ended))
    is_recent = last_visit is not None and last_visit.started_at >= is_recent_from
    # A visit of days ago says nothing of the days since: the machine may have slept.
    newest = last_visit if is_recent else None
    if ended and ended[-1].started_at >= is_recent_from:
        newest = ended[-1]
    sight, since, why = _sight(newest, last_joined, last_done, going_on)
    earlier = [visit for visit in before if visit.kind == VISIT]
    return ParkCoverage(
        park=park,
        name=name,
        sight=sight,
        is_told=within is not None and not is_first and _was_told(sight, within[0], cadence, earlier, going_on),
        visits=len(ended),
        visits_planned=visits_planned(
            [_begun(visit, cadence) for visit in ended],
            done=len(done),
            last_before=_begun(earlier[-1], cadence) if earlier else None,
            within=(within[0], min(within[1], running_since or within[1])),
            cadence=cadence,
        )
        if within
        else len(ended),
        visits_done=len(done),
        last_joined=last_joined.started_at if last_joined else None,
        since=since,
        why=why,
        unread=unread,
        unread_pages=tuple(unread_pages),
        watched_from=next((visit.started_at for visit in ended if visit.is_baseline and visit.listing_joined), None),
        usual_window=usual,
        worst_window=worst,
        ended=(*over, *closed, *pauses(before, ended, longest=max(2 * cadence, _LONG), told=(*conditions, *closed))),
    )


#: When a visit began, and how often the park was to be visited then.
Begun = tuple[datetime, timedelta]


def _begun(visit: VisitLine, cadence: timedelta) -> Begun:
    known = visit.cadence_minutes
    return visit.started_at, cadence if known is None else timedelta(minutes=known)


def visits_planned(
    visits: Sequence[Begun],
    *,
    done: int,
    last_before: Begun | None,
    within: tuple[datetime, datetime],
    cadence: timedelta,
) -> int:
    """Return how many visits were asked for, given those that ended *within* a time, and how many saw all.

    A visit that is late by half a cadence is missing, and is counted once: in the time in which that came to be so. One
    that is made sooner than planned, or again after a failure, counts only where it makes up for that. Between two
    visits the longer of their cadences holds, since nobody knows when it was changed; behind the last, the longer of
    its own and the present one.
    """
    if not cadence or not (visits or last_before):
        return len(visits)
    known = [*([last_before] if last_before else []), *visits]
    since, until = within
    due = round(sum((later - one) / max(before, then) for (one, before), (later, then) in pairwise(known)))
    due += (last_before is None) + _missed(until, known[-1], cadence)
    if last_before:
        due -= _missed(since, last_before, visits[0][1] if visits else cadence)
    return max(due, done, min(len(visits), 1))


def _missed(moment: datetime, last: Begun, cadence: timedelta) -> int:
    began, then = last
    return max(0, int((moment - began) / max(then, cadence) - 0.5))


def _was_told(
    sight: Sight, since: datetime, cadence: timedelta, earlier: Sequence[VisitLine], going_on: Sequence[ConditionLine]
) -> bool:
    """Say whether the digest of moment *since* has said the same of a park, which was not seen whole then either."""
    if sight in (Sight.WHOLE, Sight.NEVER) or not earlier:
        return False
    last = earlier[-1]
    is_asleep = last.started_at < since - 1.5 * cadence
    before = Sight.PARTLY if _sees(last) and not is_asleep else Sight.NOT
    if going_on:
        return sight is before and all(condition.began_at <= since for condition in going_on)
    return sight is before and (is_asleep or last.outcome != DONE)


def _sees(visit: VisitLine) -> bool:
    return visit.listing_joined or visit.outcome == "partly"


def closed_gaps(before: Sequence[VisitLine], visits: Sequence[VisitLine]) -> Iterator[ConditionLine]:
    """Yield the times in which a listing was longer than was read, and that one of *visits* has ended by reading on."""
    last, gap = None, None
    told = {visit.id for visit in before}
    for visit in (*before, *visits):
        if visit.kind != VISIT:
            continue
        if not visit.listing_joined:
            gap = gap or (visit if (visit.reason or "").startswith(GAP) else None)
            continue
        if gap is not None and visit.id not in told:
            began, evidence = last or gap.started_at, gap.reason or ""
            yield ConditionLine(
                park=visit.park, kind="gap", began_at=began, ended_at=visit.started_at, evidence=evidence
            )
        last, gap = visit.started_at, None


def pauses(
    before: Sequence[VisitLine], visits: Sequence[VisitLine], *, longest: timedelta, told: Sequence[ConditionLine] = ()
) -> Iterator[ConditionLine]:
    """Yield the times longer than *longest* in which nobody looked, and that one of *visits* has ended.

    A listing may join up behind them; what was there only meanwhile was seen by nobody. Where something else stood in
    the way, that is *told* already.
    """
    known = {visit.id for visit in before}
    every = [*(visit for visit in before if visit.kind == VISIT), *visits]
    for earlier, later in pairwise(every):
        # Its end was dated when it was found dead. A clock that was set back may date an end before its beginning.
        end = earlier.heartbeat_at if earlier.outcome == CUT_OFF else earlier.ended_at
        left, back = max(earlier.started_at, end or earlier.started_at), later.started_at
        is_ahead = back > every[-1].started_at
        is_told = any(each.began_at < back and (each.ended_at or back) > left for each in told)
        if later.id not in known and back - left > longest and not (is_ahead or is_told):
            yield ConditionLine(
                park=later.park, kind="not visited", began_at=left, ended_at=back, evidence="nobody looked"
            )


def change_windows(entries: Iterable[LedgerEntry]) -> tuple[timedelta | None, timedelta | None]:
    """Return the median and the longest time within which changes have happened; one with no look before has none."""
    within = sorted(
        entry.seen_at - entry.seen_after for entry in entries if entry.seen_after and not entry.is_recovered
    )
    return (median_low(within), within[-1]) if within else (None, None)


def windows(moments: Sequence[datetime]) -> tuple[timedelta | None, timedelta | None]:
    """Return the median and the longest time from one moment to the next; None for less than two moments."""
    between = sorted(later - earlier for earlier, later in pairwise(sorted(moments)))
    return (median_low(between), between[-1]) if between else (None, None)


def not_watched(
    park: str, last_joined: VisitLine | None, *, is_broken: bool, visits: Iterable[VisitLine] = ()
) -> ParkCoverage:
    """Return the coverage of a park that nobody visits: its file is wrong, or gone though a reader counts on it.

    *visits* are those of before it was so, since the last digest.
    """
    ended = [visit for visit in visits if visit.kind == VISIT and visit.outcome != RUNNING]
    seen = last_joined.started_at if last_joined else None
    why = "its park file cannot be used" if is_broken else "it is no longer watched"
    return ParkCoverage(
        park=park,
        name=park,
        sight=Sight.NOT,
        visits=len(ended),
        visits_planned=len(ended),
        visits_done=sum(visit.outcome == DONE for visit in ended),
        last_joined=seen,
        since=seen,
        why=why,
    )


def told(condition: ConditionLine) -> str:
    """Return what a condition is, with its evidence; the evidence often begins with the kind by itself."""
    if f"{condition.kind}: " in condition.evidence or f": {condition.kind} " in condition.evidence:
        return condition.evidence
    return f"{condition.kind}: {condition.evidence}"


def _sight(
    newest: VisitLine | None,
    last_joined: VisitLine | None,
    last_done: VisitLine | None,
    going_on: list[ConditionLine],
) -> tuple[Sight, datetime | None, str | None]:
    sight = Sight.PARTLY if newest is not None and _sees(newest) else Sight.NOT
    if going_on:
        first = going_on[0]
        # What stands in the way now comes first; that an older wall is gone has nobody seen.
        why = "; ".join(told(condition) for condition in reversed(going_on))
        if newest and newest.listing_joined:
            return sight, first.began_at, why
        # It was seen for the last time before the first failure, and not just before.
        since = min(last_joined.started_at, first.began_at) if last_joined else first.began_at
        return sight, since, why
    if newest is None:
        if last_joined is None:
            return Sight.NEVER, None, "no visit has been made"
        return sight, last_joined.started_at, "no visit since then"
    if newest.outcome == DONE:
        return Sight.WHOLE, None, None
    # What could not be read may not have been for many visits, each of which read the listing.
    seen = last_done if sight is Sight.PARTLY else last_joined
    return sight, seen.started_at if seen else None, f"{newest.outcome}: {newest.reason}"

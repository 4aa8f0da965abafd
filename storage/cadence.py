"""Say when a digest is due: local times belong to subscriptions and are worked out here alone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: A clock that goes wrong by less is waited for.
_CLOCK_SET_BACK = timedelta(days=1)
#: From so many digests on that servers have refused one after the other, the next is put off.
_MANY_REFUSALS = 3
_LONGEST_PAUSE, _MOST_DOUBLED = timedelta(days=7), 8
_FORM = re.compile(r"^(?P<every>hourly|daily|weekdays|weekly)(?: (?P<day>[a-z]{3}))?(?: (?P<at>\d{2}:\d{2}))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often a digest is made, and at which local time."""

    every: str
    at: time = time(7, 0)
    weekday: int = 0

    def __str__(self) -> str:
        if self.every == "hourly":
            return "hourly"
        day = f" {_DAYS[self.weekday]}" if self.every == "weekly" else ""
        return f"{self.every}{day} {self.at:%H:%M}"

    @property
    def period(self) -> timedelta:
        """How much time one digest usually covers."""
        return {"hourly": timedelta(hours=1), "weekly": timedelta(days=7)}.get(self.every, timedelta(days=1))


def parse_cadence(text: str) -> Cadence:
    """Read ``hourly``, ``daily 07:00``, ``weekdays 07:00`` or ``weekly mon 07:00``; raises ValueError."""
    match = _FORM.match(text.strip().lower())
    if not match:
        raise ValueError(f"cadence {text!r}: write hourly, daily 07:00, weekdays 07:00 or weekly mon 07:00")
    day = match["day"] or "mon"
    if day not in _DAYS or (match["day"] and match["every"] != "weekly"):
        raise ValueError(f"cadence {text!r}: weekly takes one of {', '.join(_DAYS)}, the others take no day")
    try:
        at = time.fromisoformat(match["at"] or "07:00")
    except ValueError as error:
        raise ValueError(f"cadence {text!r}: {match['at']} is no time of day") from error
    return Cadence(every=match["every"], at=at, weekday=_DAYS.index(day))


def last_slot(cadence: Cadence, time_zone: str, now: datetime) -> datetime:
    """Return the newest moment at or before *now* at which a digest was due, in UTC."""
    if cadence.every == "hourly":
        return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    zone = ZoneInfo(time_zone)
    day = now.astimezone(zone).date()
    while True:
        slot = local_moment(day, cadence.at, zone)
        if slot <= now and _falls_on(cadence, day):
            return slot
        day -= timedelta(days=1)


def next_slot(cadence: Cadence, time_zone: str, now: datetime) -> datetime:
    """Return the first moment after *now* at which a digest is due, in UTC."""
    if cadence.every == "hourly":
        return last_slot(cadence, time_zone, now) + timedelta(hours=1)
    zone = ZoneInfo(time_zone)
    day = now.astimezone(zone).date()
    while True:
        slot = local_moment(day, cadence.at, zone)
        if slot > now and _falls_on(cadence, day):
            return slot
        day += timedelta(days=1)


def local_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return a local time of day in UTC.

    Where the clock shows it twice, its first occurrence; where it never shows it, the first minute behind the gap.
    """
    moment = datetime.combine(day, at, tzinfo=zone)
    there_and_back = moment.astimezone(UTC).astimezone(zone)
    if there_and_back.replace(tzinfo=None) == moment.replace(tzinfo=None):
        return moment.astimezone(UTC)
    # In the gap: walk to the first minute that exists.
    probe = datetime.combine(day, at)
    for _ in range(24 * 60):
        probe += timedelta(minutes=1)
        local = probe.replace(tzinfo=zone)
        if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == probe:
            return local.astimezone(UTC)
    return moment.astimezone(UTC)


def _falls_on(cadence: Cadence, day: date) -> bool:
    if cadence.every == "weekly":
        return day.weekday() == cadence.weekday
    return cadence.every != "weekdays" or day.weekday() < 5


def next_visit(started: datetime | None, outcome: str | None, cadence: timedelta, now: datetime) -> datetime:
    """Return when a park is to be visited: once its cadence has passed, or a part of it if the last visit saw nothing.

    A clock that was set back must not silence a park until it has caught up: then it is to be visited now.
    """
    if started is None or started > now:
        return now
    if outcome in ("done", "partly", "running"):
        return started + cadence
    return started + min(cadence, max(cadence / 4, timedelta(minutes=15)))


def pause_after(refusals: int, cadence: Cadence) -> timedelta:
    """Return how long no digest is made behind so many in a row that servers have refused for good.

    Who goes on mailing a closed mailbox is soon taken for a sender of spam, and then nobody gets a mail: from the
    third on each pause is twice as long as the one before. A week at most, since mailboxes are emptied, too.
    """
    if refusals < _MANY_REFUSALS:
        return timedelta(0)
    doubled = min(refusals - _MANY_REFUSALS + 1, _MOST_DOUBLED)
    return min(cadence.period * (1 << doubled), _LONGEST_PAUSE)


def is_due(
    cadence: Cadence, time_zone: str, *, last_digest: datetime | None, scheduled: datetime, now: datetime
) -> bool:
    """Say whether a digest is due: a slot has passed since the last one, however many were missed meanwhile.

    Slots from before the cadence was chosen do not count. What lies far ahead was dated by a clock that has been set
    back: no reader waits until it catches up.
    """
    if scheduled > now:
        scheduled = last_digest or now - cadence.period
    since = max(last_digest or scheduled, scheduled)
    return since - now > _CLOCK_SET_BACK or last_slot(cadence, time_zone, now) > since

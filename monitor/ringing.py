"""Ring by the machine's clock, whatever happens to that clock.

APScheduler waits for a time of day. A clock that is set back would leave it waiting until that time comes again, and
one that leaps ahead, or a machine that sleeps, would have it count every ring that was missed: a year of them is 80 MB.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
#: A clock that is kept right by small steps is no news.
_NOTICED = timedelta(seconds=5)


class Every(BaseTrigger):  # type: ignore[misc]
    """Rings every so many seconds, and never makes up for what was missed."""

    def __init__(self, seconds: float) -> None:
        self._pause = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return when to ring next: a pause after the last ring, or after now if that has gone by."""
        following = (previous_fire_time or now) + self._pause
        return following if following > now else now + self._pause


class Clocks(NamedTuple):
    """What the machine's two clocks show: the time of day, and seconds that nobody sets."""

    wall: datetime
    steady: float


def leap(before: Clocks, after: Clocks) -> timedelta:
    """Return by how much the time of day was set between two looks, or how long the machine slept."""
    return after.wall - before.wall - timedelta(seconds=after.steady - before.steady)


def ring_on(
    scheduler: BaseScheduler, now: Callable[[], datetime], ended: threading.Event, leapt: Callable[[], None]
) -> None:
    """Ring at once whenever the clock has leapt, and call *leapt*, until *ended*."""
    before = Clocks(now(), time.monotonic())
    while not ended.wait(LOOK_EVERY_S):
        after = Clocks(now(), time.monotonic())
        by = leap(before, after)
        if abs(by) > _NOTICED:
            log.warning("the clock was set or the machine slept: ringing again from now on", leap=str(by))
            leapt()
            for job in scheduler.get_jobs():
                ring_now(scheduler, job.id, after.wall)
        before = after


def ring_now(scheduler: BaseScheduler, name: str, now: datetime) -> None:
    """Let a job ring at once."""
    with suppress(JobLookupError):  # taken away by a scheduler that ends
        scheduler.modify_job(name, next_run_time=now)

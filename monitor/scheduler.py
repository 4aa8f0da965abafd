"""Ring: the scheduler is an alarm clock, what is due is worked out from the store each time it rings."""

import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.blocking import BlockingScheduler

from monitor.delivering import mailer_of, send_waiting
from monitor.digesting import make_due
from monitor.lock import IsHeld
from monitor.park_folder import ParkFolder
from monitor.ringing import Every, ring_now, ring_on
from monitor.settings import Settings
from monitor.stopping import stopping
from monitor.visiting import Event, Visitors, visit_parks
from storage.cadence import next_visit
from storage.database import Session, Store, in_words, pauses, visit_log
from storage.processes import process_lives, this_host
from storage.records import Park

log = structlog.get_logger()

VISIT_EVERY_S, DIGEST_EVERY_S = 20, 20
#: Batches of visits that may run side by side; a slow park holds up only those of its own batch.
_BATCHES = 4
#: Mails that may be in hand side by side: a server may think about one for ten minutes.
_SENDERS = 4
#: Behind a start or a sleep late digests wait for the visits that are due too, but no longer than this.
_CATCH_UP = timedelta(minutes=30)
#: A visit that could not begin (a backfill is at the park) leaves no trace in the store; it is not tried at every ring.
_PAUSE_AFTER_TRY = timedelta(minutes=5)
#: A visit that begins so much later than it was due is told in the log: more is watched than is managed.
_LATE = timedelta(minutes=5)
#: SIGTERM: children get so long to end in good order, then they are killed; the whole takes less than 30 s.
_CHILD_GRACE_S, _WHOLE_GRACE_S = 15, 27


class Alarm:
    """Holds what is at work between two rings."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        folder: ParkFolder,
        clock: Callable[[], datetime],
        is_held: IsHeld = lambda: True,
    ) -> None:
        self._store = store
        self._is_held = is_held
        self._settings = settings
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._at_work: dict[str, Park] = {}
        #: When each park was last tried, for visits that could not even begin.
        self._tried: dict[str, datetime] = {}
        #: Since when the visits in hand have been due.
        self._due_since: dict[str, datetime] = {}
        self._woke = clock()
        self.visitors = Visitors()
        #: Why it ended by itself, in a sentence.
        self.lost: str | None = None
        #: Called when visits have ended for which a late digest may have waited.
        self.caught_up: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        """Return the present moment by the clock that was handed down."""
        return self._clock()

    def _may_send(self) -> bool:
        return not self.visitors.is_stopping and not self.is_replaced()

    def is_replaced(self) -> bool:
        """Say whether another scheduler may have taken over: then this one ends, and sends nothing more."""
        if self._is_held():
            return False
        if not self.visitors.is_stopping:
            self.lost = (
                "the store's file was replaced or taken away: see that the right one is there, and start it again"
                if self._store.path
                else "the database let go of this scheduler's lock, so another may run: start it again"
            )
            log.error(self.lost)
            os.kill(os.getpid(), signal.SIGTERM)
        return True

    def visit(self) -> None:
        """Visit the parks that are due and share no host with one that is being visited."""
        with self._lock:
            if self.visitors.is_stopping or self.is_replaced():
                return
            due = self._due_parks()
            self._at_work |= {park.slug: park for park in due}
        if not due:
            return
        try:
            results = visit_parks(
                self._settings,
                self._store,
                due,
                arguments={"recheck": "due"},
                watch=self._told_if_late,
                visitors=self.visitors,
            )
            for result in results:
                log.info("visited", park=result.park, outcome=result.outcome, changes=result.changes, why=result.reason)
        finally:
            with self._lock:
                for park in due:
                    self._at_work.pop(park.slug, None)
        if self._is_catching_up(self._clock()) and not self.visitors.is_stopping:
            self.caught_up()

    def _told_if_late(self, event: Event) -> None:
        if event["event"] != "opened":
            return
        late = self._clock() - self._due_since.get(event["park"], self._clock())
        if late >= _LATE:
            log.warning("a visit begins late", park=event["park"], minutes=round(late.total_seconds() / 60))

    def _due_parks(self) -> list[Park]:
        now = self._clock()
        busy = {host for park in self._at_work.values() for host in park.hosts}
        due = []
        with self._store.reading() as session:
            for park in self._folder.parks().values():
                tried = self._tried.get(park.slug)
                waits = tried is not None and timedelta(0) <= now - tried < _PAUSE_AFTER_TRY
                if waits or park.hosts & busy:
                    continue
                since = _due_since(session, park, now)
                if since is not None:
                    self._tried[park.slug], self._due_since[park.slug] = now, since
                    due.append(park)
        return due

    def _unvisited(self, parks: dict[str, Park], now: datetime) -> set[str]:
        """Return the parks whose turn came while nobody was awake, and that have not been seen since."""
        if not self._is_catching_up(now):
            return set()
        with self._lock:
            at_work = {*self._at_work}
        with self._store.reading() as session:
            return at_work | {slug for slug, park in parks.items() if _due_since(session, park, now) is not None}

    def wake_up(self) -> None:
        """Note that the machine slept, or that its clock was set."""
        self._woke = self._clock()

    def _is_catching_up(self, now: datetime) -> bool:
        return timedelta(0) <= now - self._woke < _CATCH_UP

    def digest(self) -> None:
        """Freeze the digests whose time has come, and hand over what waits."""
        if self.visitors.is_stopping or self.is_replaced():
            return
        now, parks = self._store.moment(self._clock), self._folder.parks()
        unvisited = self._unvisited(parks, now)
        for made in make_due(self._store, parks, self._settings, now, broken=self._folder.errors, unvisited=unvisited):
            log.info("digest made", reader=made.subscription.address, number=made.digest.number)
        for letter, delivery in send_waiting(
            self._store, mailer_of(self._settings), self._clock, may_send=self._may_send
        ):
            log.info(
                "digest handed over",
                reader=letter.recipient,
                number=letter.number,
                outcome=str(delivery.outcome),
                answer=delivery.answer,
            )


def _due_since(session: Session, park: Park, now: datetime) -> datetime | None:
    """Return since when a park's visit has been due; None if it is not, or the site has asked us to wait."""
    last = visit_log.last_visit(session, park.slug)
    if last is not None:
        last = visit_log.as_it_stands(last, now=now, host=this_host(), is_alive=process_lives)
    cadence = timedelta(minutes=park.cadence_minutes)
    started, outcome = (last.started_at, last.outcome) if last else (None, None)
    due = next_visit(started, outcome, cadence, now)
    return due if due <= now and pauses.until(session, park.hosts, now) is None else None


def _told(act: Callable[[], None]) -> Callable[[], None]:
    """Return *act* so that what it fails of is one line in the log: the next ring tries again."""

    def ring() -> None:
        try:
            act()
        except Exception as error:  # whatever it is, the next ring comes
            log.error("a ring failed, the next one tries again", of=act.__name__, why=in_words(error))
            log.debug("it failed here", of=act.__name__, exc_info=True)

    return ring


def run(alarm: Alarm) -> None:
    """Ring until SIGINT or SIGTERM, then end in good order within 30 seconds."""
    scheduler = BlockingScheduler(
        timezone=UTC,
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(_BATCHES + _SENDERS)},
        # Late is better than never, and many missed rings are one: the store knows what is due.
        job_defaults={"misfire_grace_time": None, "coalesce": True},
    )
    first = alarm.now()
    for act, seconds, many in ((alarm.visit, VISIT_EVERY_S, _BATCHES), (alarm.digest, DIGEST_EVERY_S, _SENDERS)):
        scheduler.add_job(_told(act), Every(seconds), id=act.__name__, next_run_time=first, max_instances=many)
    ended = threading.Event()
    alarm.caught_up = lambda: ring_now(scheduler, alarm.digest.__name__, alarm.now())
    threading.Thread(target=ring_on, args=(scheduler, alarm.now, ended, alarm.wake_up), daemon=True).start()

    def stop() -> None:
        if alarm.visitors.is_stopping:
            alarm.visitors.stop()
            return
        alarm.visitors.stop()
        for seconds, act in ((_CHILD_GRACE_S, alarm.visitors.stop), (_WHOLE_GRACE_S, lambda: os._exit(0))):
            timer = threading.Timer(seconds, act)
            timer.daemon = True
            timer.start()
        # Not from within the handler: shutting down takes locks that the interrupted code may hold.
        threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}, daemon=True).start()

    with stopping(stop):
        scheduler.start()
    ended.set()

"""Run visits in child processes with a deadline, and work out what became of each."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from monitor import children
from monitor.crawl_settings import scrapy_settings
from monitor.settings import Settings
from storage.clock import utc_now
from storage.database import Store, visits
from storage.processes import this_host
from storage.records import Park

#: After its deadline a visit closes by itself; a child that is still there so much later is killed.
_GRACE_S = 60

Event = dict[str, Any]
Watcher = Callable[[Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitResult:
    """How the visit of one park ended."""

    park: str
    outcome: str
    reason: str | None = None
    changes: int = 0
    #: Articles that came on record without being news: they stood there when the park was first visited.
    added: int = 0
    is_first: bool = False


@dataclass
class Visitors:
    """Holds the child processes at work, so that they can be told to stop."""

    children: list["subprocess.Popen[str]"] = field(default_factory=list)
    is_stopping: bool = False

    def end(self, child: "subprocess.Popen[str]") -> None:
        """Let go of a child that has ended: 'run' starts them for months, and each holds two pipes."""
        self.children.remove(child)
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def stop(self) -> None:
        """Ask every child to end in good order; a second call ends them at once."""
        # Not SIGINT: a child whose Python still starts has no handler yet, and would end in a traceback.
        number = signal.SIGKILL if self.is_stopping else signal.SIGTERM
        self.is_stopping = True
        for child in list(self.children):
            if child.poll() is None:
                child.send_signal(number)


def chains_of(parks: Iterable[Park]) -> list[list[str]]:
    """Return slugs in chains: parks that share a host must not be visited at the same time."""
    chains: list[tuple[set[str], list[str]]] = []
    for park in parks:
        hosts, slugs = set(park.hosts), [park.slug]
        apart = []
        for chain in chains:
            if chain[0] & hosts:
                hosts |= chain[0]
                slugs = chain[1] + slugs
            else:
                apart.append(chain)
        chains = [*apart, (hosts, slugs)]
    return [slugs for _, slugs in chains]


def visit_parks(
    settings: Settings,
    store: Store,
    parks: Iterable[Park],
    *,
    arguments: dict[str, str],
    watch: Watcher | None = None,
    visitors: Visitors | None = None,
) -> list[VisitResult]:
    """Visit parks and return what became of each, in the order of their slugs."""
    chains = chains_of(parks)
    batches = [chains[at :: settings.crawl.processes] for at in range(min(settings.crawl.processes, len(chains)))]
    visitors = visitors or Visitors()
    with ThreadPoolExecutor(max_workers=max(1, len(batches))) as pool:
        runs = [pool.submit(_run_batch, settings, store, batch, arguments, watch, visitors) for batch in batches]
        results = [result for run in runs for result in run.result()]
    return sorted(results, key=lambda result: result.park)


def _run_batch(
    settings: Settings,
    store: Store,
    chains: list[list[str]],
    arguments: dict[str, str],
    watch: Watcher | None,
    visitors: Visitors,
) -> list[VisitResult]:
    child = _start(visitors)
    deadline = max(map(len, chains)) * settings.crawl.deadline + _GRACE_S
    overdue = threading.Event()
    timer = threading.Timer(deadline, _end_overdue, (child, overdue))
    timer.start()
    ended: dict[str, VisitResult] = {}
    try:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(_plan(settings, chains, arguments)) + "\n")
        child.stdin.flush()
        for line in child.stdout:
            event = _event(line)
            if event is None:
                continue
            if event["event"] in ("ended", "refused"):
                ended[event["park"]] = VisitResult(
                    park=event["park"],
                    outcome=event.get("outcome", "refused"),
                    reason=event["reason"],
                    changes=event.get("changes", 0),
                    added=event.get("added", 0),
                    is_first=event.get("is_first", False),
                )
            if watch:
                watch(event)
        child.wait()
    except BrokenPipeError:
        child.wait()
    finally:
        timer.cancel()
        child.kill()
        visitors.end(child)
    died_of = "stopped by hand" if visitors.is_stopping else how_it_died(child.returncode, overdue=overdue.is_set())
    return _with_the_dead(store, child.pid, chains, ended, died_of)


def _end_overdue(child: "subprocess.Popen[str]", overdue: threading.Event) -> None:
    overdue.set()
    child.kill()


def _start(visitors: Visitors) -> "subprocess.Popen[str]":
    child = children.start_child()
    visitors.children.append(child)
    # Ctrl-C may have come while it was being started, when there was nobody to tell.
    if visitors.is_stopping:
        child.send_signal(signal.SIGTERM)
    return child


def how_it_died(returncode: int, *, overdue: bool = False) -> str:
    """Say what ended a child before its visits ended; a negative code is a signal's number (``Popen.returncode``)."""
    if overdue:
        return "its process was still there long after its deadline (crawl.deadline) and was killed"
    if returncode < 0:
        return f"its process was killed ({signal.Signals(-returncode).name})"
    return f"its process ended by itself (exit code {returncode}; what it said last is above or in the log)"


def _plan(settings: Settings, chains: list[list[str]], arguments: dict[str, str]) -> dict[str, Any]:
    tls = settings.crawl.tls_verify
    return {
        "chains": chains,
        "arguments": arguments,
        "settings": scrapy_settings(settings),
        "log_level": settings.log.level,
        "ca_file": os.path.abspath(tls) if isinstance(tls, str) else None,
    }


def _event(line: str) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "event" in event else None


def _with_the_dead(
    store: Store, pid: int, chains: list[list[str]], ended: dict[str, VisitResult], reason: str
) -> list[VisitResult]:
    with store.writing() as session:
        visits.cut_off_processes(session, host=this_host(), pid=pid, now=utc_now(), reason=reason)
    slugs = [slug for chain in chains for slug in chain]
    missing = VisitResult(park="", outcome=visits.CUT_OFF, reason=f"{reason} before the visit ended")
    return [ended.get(slug) or VisitResult(park=slug, outcome=missing.outcome, reason=missing.reason) for slug in slugs]

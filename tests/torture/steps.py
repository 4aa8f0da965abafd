"""What a process does until it is killed: the product's own functions, with the time handed down."""

import json
import logging
import os
import sys
from collections.abc import Callable
from contextlib import chdir, closing
from dataclasses import replace
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import structlog

import crawler.child
from monitor import scheduler
from monitor.crawl_settings import scrapy_settings
from monitor.delivering import mailer_of, send_waiting
from monitor.demo.loop import demo_settings
from monitor.digesting import make_due
from monitor.park_folder import ParkFolder
from monitor.settings import CrawlSection, DigestSection, Settings, StoreSection
from reports.render import _environment
from storage.clock import utc_now
from storage.database import articles, open_store, upgrade_store
from storage.records import Observation, Park
from tests import forks

# What each process would do once again.
for _is_html in (True, False):
    _environment(html=_is_html).get_template("digest.html" if _is_html else "digest.txt")


def settings_for(folder: Path, mail_port: int) -> Settings:
    """Return settings under which no change is folded away."""
    return demo_settings(folder, mail_port).model_copy(update={"digest": DigestSection(items_per_park=10_000)})


def store_changes(url: str, observations: list[Observation], told: Path | None = None) -> None:
    """Write observations, each in its transaction, and note in a file what was committed."""
    store = open_store(url)
    for observation in observations:
        with store.writing("article") as session:
            articles.record(session, observation)
        if told:
            with told.open("a") as file:
                file.write(f"{observation.key}\n")
    store.close()


def digest_and_send(
    url: str, folder: Path, mail_port: int, parks: dict[str, Park], now: datetime, timeout: int = 10
) -> None:
    """Make the digests that are due at *now*, and hand over what waits; a server has *timeout* seconds to answer."""
    # A store on a server has its journal in the folder where it is worked with.
    with chdir(folder), closing(open_store(url)) as store:
        settings = settings_for(folder, mail_port)
        make_due(store, parks, settings, now)
        send_waiting(store, replace(mailer_of(settings), timeout=timeout, answer_timeout=timeout), lambda: now)


def ring(url: str, folder: Path, mail_port: int, parks: dict[str, Park], now: datetime, timeout: int = 1) -> None:
    """Be the scheduler and ring for digests every second; a server has *timeout* seconds for each step but the dot."""
    began = utc_now()
    with chdir(folder), closing(open_store(url)) as store:
        settings = settings_for(folder, mail_port)
        settings = settings.model_copy(update={"mail": settings.mail.model_copy(update={"timeout": timeout})})
        seeds = cast(ParkFolder, SimpleNamespace(parks=lambda: parks, errors={}))
        scheduler.DIGEST_EVERY_S = 1
        scheduler.run(_Mailing(store, settings, seeds, lambda: now + (utc_now() - began)))


def watch(url: str, folder: Path, mail_port: int, timeout: int) -> None:
    """Be the scheduler, ringing for visits every second; a site has *timeout* seconds for each page."""
    with chdir(folder), closing(open_store(url)) as store:
        crawl = CrawlSection(delay=0, deadline=60, timeout=timeout)
        settings = settings_for(folder, mail_port).model_copy(update={"store": StoreSection(url=url), "crawl": crawl})
        scheduler.VISIT_EVERY_S = 1
        scheduler.run(scheduler.Alarm(store, settings, ParkFolder(settings.seeds), utc_now))


class _Mailing(scheduler.Alarm):
    def visit(self) -> None:
        """Visit nothing."""

    def now(self) -> datetime:
        """Return when to begin: the alarm clock itself goes by the machine's."""
        return utc_now()


def visit(url: str, folder: Path, arguments: dict[str, str], timeout: int = 30, deadline: int = 60) -> None:
    """Visit the parks of a folder as a child of ``parkwatch crawl`` does."""
    crawl = CrawlSection(delay=0, deadline=deadline, timeout=timeout)
    settings = demo_settings(folder, 25).model_copy(update={"store": StoreSection(url=url), "crawl": crawl})
    slugs = sorted(path.stem for path in (folder / "parks").glob("*.toml"))
    plan = {"chains": [slugs], "arguments": arguments, "settings": scrapy_settings(settings), "log_level": "ERROR"}
    reading, writing = os.pipe()
    os.write(writing, json.dumps(plan).encode() + b"\n")
    # As long as the other end is open, the parent lives.
    sys.stdin = os.fdopen(reading)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (until the process ends)
    crawler.child.main()


def upgrade(url: str) -> None:
    """Bring a store to the present version."""
    upgrade_store(url)


def start(work: Callable[..., None], *arguments: Any, crash_at: str = "") -> BaseProcess:
    """Begin a step in a process of its own, which dies at *crash_at* if that is given."""
    return forks.start(_run, work, arguments, crash_at)


def run(work: Callable[..., None], *arguments: Any, crash_at: str = "") -> int:
    """Carry a step out in a process of its own and return its exit code: -9 for one that was killed."""
    process = start(work, *arguments, crash_at=crash_at)
    process.join(120)
    code = process.exitcode
    if code is None:
        process.kill()
        raise AssertionError(f"{work.__name__} does not end")
    process.close()
    return code


def _run(work: Callable[..., None], arguments: tuple[Any, ...], crash_at: str) -> None:
    os.environ["PARKWATCH_CRASH_AT"] = crash_at
    # A traceback with every variable in it takes longer to draw than the step it tells of.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    work(*arguments)

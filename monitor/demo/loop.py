"""Show the whole loop: crawl, let a day pass, crawl again, mail the digest, prove it."""

import os
import shutil
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

from crawler.seeds import load_parks
from monitor.delivering import mailer_of, send_waiting
from monitor.demo.mailbox import Mailbox, receiving
from monitor.demo.site import SampleSite, load_sites, serving
from monitor.digesting import make_and_freeze
from monitor.settings import (
    CrawlSection,
    DigestSection,
    LogSection,
    MailSection,
    SeedsSection,
    Settings,
    StoreSection,
)
from monitor.visiting import visit_parks
from storage.clock import utc_now
from storage.database import Store, open_store, subscriptions, upgrade_store, verify
from storage.records import Park

READER = "analyst@example.org"
#: Only a folder with this file in it is ever emptied.
_MARK = ".parkwatch-demo"
Say = Callable[[str], None]


class DemoError(Exception):
    """Something in the loop did not come out as it must."""


def run_demo(folder: Path, say: Say) -> None:
    """Run the loop in *folder*, which is emptied first; raises DemoError if any part of it fails."""
    _empty(folder)
    (folder / "parks").mkdir()
    os.environ["no_proxy"] = "127.0.0.1"
    sites = load_sites()
    with serving(sites), receiving(Mailbox()) as mailbox:
        settings = demo_settings(folder, mailbox.port)
        for site in sites:
            (folder / "parks" / f"{site.slug}.toml").write_text(site.park_file(), encoding="utf-8")
        parks, _ = load_parks(settings.seeds.parks)
        upgrade_store(settings.store.url)
        store = open_store(settings.store.url)
        try:
            _run(store, settings, parks, sites, mailbox, folder, say)
        finally:
            store.close()


def _run(
    store: Store,
    settings: Settings,
    parks: dict[str, Park],
    sites: list[SampleSite],
    mailbox: Mailbox,
    folder: Path,
    say: Say,
) -> None:
    say(f"{len(sites)} sample parks on loopback: " + ", ".join(site.data["name"] for site in sites))
    _visit(store, settings, parks, say, "Day 1, first visit", recheck="due")
    now = utc_now()
    with store.writing() as session:
        reader = subscriptions.subscribe(
            session,
            address=READER,
            parks=(),
            words=(),
            cadence="daily 07:00",
            time_zone="Asia/Shanghai",
            now=now,
            covers_since=now,
        )
    for site in sites:
        site.day = 2
    say("A day passes: articles appear, change and vanish")
    _visit(store, settings, parks, say, "Day 2, second visit", recheck="all")
    made = make_and_freeze(store, parks, settings, reader, utc_now())
    if made is None:
        raise DemoError("the digest could not be frozen")
    for _, delivery in send_waiting(store, mailer_of(settings), utc_now):
        say(
            f"Digest {made.digest.number}: {made.digest.new_count} new, {made.digest.changed_count} changed; "
            f"the mail server said: {delivery.answer.partition(': ')[2]}"
        )
    if len(mailbox.mails) != 1:
        raise DemoError(f"{len(mailbox.mails)} mails arrived, not one")
    for section in made.digest.sections:
        for item in section.changed:
            say(f"  {item.kind:<9} {item.headline}")
        for fresh in section.new:
            say(f"  new       {fresh.headline}")
    with store.reading() as session:
        problems = list(verify.problems(session))
    if problems:
        raise DemoError("; ".join(problems))
    say("verify: every promise holds")
    _save(mailbox.mails[0], folder)
    say(f"Open the digest as the reader gets it: {folder / 'digest.html'} (the mail: {folder / 'digest.eml'})")


def _empty(folder: Path) -> None:
    """Empty an earlier demo's folder; raises DemoError for any other one that holds something."""
    mark = folder / _MARK
    if folder.exists() and not mark.is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise DemoError(f"{folder} holds something that no demo put there: name an empty folder or a new one")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mark.touch()


def _visit(store: Store, settings: Settings, parks: dict[str, Park], say: Say, title: str, *, recheck: str) -> None:
    results = visit_parks(settings, store, parks.values(), arguments={"recheck": recheck})
    failed = [f"{result.park}: {result.outcome}: {result.reason}" for result in results if result.outcome != "done"]
    if failed:
        raise DemoError("; ".join(failed))
    changes = sum(result.changes for result in results)
    say(f"{title}: {len(results)} parks read whole, {changes} changes")


def _save(mail: bytes, folder: Path) -> None:
    (folder / "digest.eml").write_bytes(mail)
    message = message_from_bytes(mail, policy=policy.default)
    for subtype, name in (("html", "digest.html"), ("plain", "digest.txt")):
        part = message.get_body(preferencelist=(subtype,))
        assert part is not None
        (folder / name).write_text(part.get_content(), encoding="utf-8")


def demo_settings(folder: Path, mail_port: int) -> Settings:
    """Return settings that no file and no variable can turn: the demo must never touch a real store."""
    return Settings.model_construct(
        store=StoreSection(url=f"sqlite:///{folder / 'parkwatch.db'}"),
        seeds=SeedsSection(parks=folder / "parks"),
        crawl=CrawlSection(delay=0, deadline=60),
        mail=MailSection(host="127.0.0.1", port=mail_port, security="none", sender="parkwatch@example.org"),
        digest=DigestSection(),
        log=LogSection(),
    )

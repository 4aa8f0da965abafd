"""Verbs that look after the whole: init, run, status, demo."""

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.app import UNSEEN, UsageError, app, common, fail_with, printable, say, write_file
from monitor.cli.diagnosing import shift_sentence
from monitor.delivering import checked_mailer_of
from monitor.health import Health, ParkHealth, health_of
from monitor.lock import AlreadyRunningError, holder_of, only_one
from monitor.logs import STDOUT, Log, set_up_logs
from monitor.park_folder import ParkFolder
from monitor.reference import settings_file
from monitor.settings import DEFAULT_FILE
from reports.coverage import Sight
from reports.wording import plural
from storage.clock import utc_now
from storage.database import StoreError, copy_before, shown, slow_journal, upgrade_store
from storage.database.digests import REFUSED


@app.command()
def init() -> None:
    """Write a settings file, create or upgrade the store."""
    path = common.settings_file or DEFAULT_FILE
    if path.exists():
        say(f"{path}: is there already and stays as it is")
    else:
        if not path.parent.is_dir():
            raise UsageError(f"{path}: the folder {path.parent} does not exist")
        write_file(path, settings_file())
        say(f"{path}: written; every key is in it")
    before, after = upgrade_store(common.settings.store.url)
    url = shown(common.settings.store.url)
    if before is None:
        say(f"{url}: created, version {after}")
    elif before == after:
        say(f"{url}: is of the present version {after}")
    else:
        say(f"{url}: upgraded from version {before} to {after}")
        if copy := copy_before(common.settings.store.url, before, after):
            say(f"{copy}: a copy of it as it was")
    if why := slow_journal(common.settings.store.url):
        say(why)


@app.command()
def run() -> None:
    """Visit parks and send digests by their cadence. In the foreground, until SIGTERM or Ctrl-C."""
    from monitor.scheduler import Alarm
    from monitor.scheduler import run as ring

    settings = common.settings
    checked_mailer_of(settings)
    watched = plural(len(common.watched), "park")
    log, told = set_up_logs(settings.log.level), Log(STDOUT)
    folder = ParkFolder(settings.seeds)
    for error in folder.errors.values():
        log.write(f"parkwatch: {printable(str(error))}\n")
    with common.store(writes=True) as store:
        store.must_be_sound()
        try:
            with only_one(store, utc_now()) as is_held:
                told.write(f"watching {watched}; Ctrl-C ends\n")
                alarm = Alarm(store, settings, folder, utc_now, is_held)
                ring(alarm)
        except AlreadyRunningError as error:
            raise UsageError(str(error)) from error
    told.write("ended\n")
    if alarm.lost:
        raise StoreError(alarm.lost)


@app.command()
def status() -> None:
    """Show how everything stands, in one screen. Exit code 1 if something is not seen or not sent."""
    parks, errors = common.seeds
    with common.store() as store:
        health = health_of(store, parks, common.settings, utc_now())
        holder = holder_of(store)
        where = store.url
    running = f"process {holder.get('pid')} since {holder.get('since')}" if holder else "not running"
    say(f"store      {where}, {health.changes} changes in the ledger")
    say(f"scheduler  {running}")
    if health.tls_verify is not True:
        trusted = "NOT verified" if health.tls_verify is False else f"verified against {health.tls_verify}"
        say(f"tls        certificates of all parks: {trusted}")
    if common.settings.crawl.private_networks:
        say(f"private   {', '.join(common.settings.crawl.private_networks)}: sites may stand there")
    say()
    for park in health.parks:
        _print_park(park)
    for error in errors.values():
        say(f"  !  {error}")
    if not parks and not errors:
        say(f"     no park file in {common.settings.seeds.parks}: see docs/adding-a-park.md")
    _print_readers(health)
    if errors or not health.is_well:
        raise typer.Exit(UNSEEN)


def _print_park(park: ParkHealth) -> None:
    found = park.coverage
    mark = {Sight.WHOLE: "ok", Sight.NEVER: "--"}.get(found.sight, " !")
    visited = f"{park.last_visit:%Y-%m-%d %H:%M} UTC, {park.last_outcome}" if park.last_visit else "never visited"
    visited += f", due {park.next_visit:%m-%d %H:%M}" if park.last_visit else ""
    tls = "  TLS NOT verified" if park.tls_unverified else ""
    say(f" {mark}  {found.park:<22} {park.articles:>6} articles  {visited}{tls}")
    if park.is_read_generally:
        say("     read by the general extractor: what it takes for the text may hold too much or too little")
    if park.paused_until:
        say(f"     its host asks to be left alone until {park.paused_until:%Y-%m-%d %H:%M} UTC")
    for shift in park.shifts:
        say(f"     {shift_sentence(shift)}: 'parkwatch layouts diagnose {found.park}'")
    if found.why and found.sight is not Sight.NEVER:
        since = f" since {found.since:%Y-%m-%d %H:%M} UTC" if found.since else ""
        say(f"     {found.sight}{since}: {found.why}")
    if found.unread:
        say(f"     {plural(found.unread, 'listed page')} could not be read yet:")
        for line in park.unread:
            say(f"       {line.url}: {line.reason}")
        if found.unread > len(park.unread):
            say(f"       and {found.unread - len(park.unread)} more")


def _print_readers(health: Health) -> None:
    say()
    for reader in health.readers:
        paused = f"paused, {reader.refusals} digests in a row were refused: " if reader.refusals else ""
        say(f"     {reader.address}: {reader.cadence}, {paused}next digest {reader.next_digest:%Y-%m-%d %H:%M} UTC")
    if not health.readers:
        say("     no subscription yet: 'parkwatch subscribe ADDRESS'")
    for line, answer in health.undelivered:
        say(f"  !  digest {line.number} for {line.recipient}: {line.state}: {answer or 'not handed over yet'}")
        if line.state == REFUSED:
            say(f"     once that is mended: parkwatch digest {line.recipient} --now --again")


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder that is emptied and holds everything.")] = Path(
        ".demo"
    ),
) -> None:
    """Show the whole loop on sample parks. With real HTTP and SMTP on loopback."""
    from monitor.demo.loop import DemoError, run_demo

    try:
        run_demo(folder.resolve(), say)
    except DemoError as error:
        fail_with(str(error), UNSEEN)

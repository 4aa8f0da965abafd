"""Verbs that make and send digests: subscribe, subscriptions, unsubscribe, digest."""

import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from monitor.cli.app import UnreachableError, UsageError, app, common, print_json, say, warn
from monitor.digesting import Made, mailer_of, make, make_and_freeze, send_waiting
from monitor.settings import ADDRESS
from reports.mailer import Delivery, Outcome
from storage.cadence import next_slot, parse_cadence
from storage.clock import utc_now
from storage.database import Store
from storage.database import subscriptions as stored
from storage.database.subscriptions import Subscription


@app.command()
def subscribe(
    address: Annotated[str, typer.Argument(help="The reader's mail address.")],
    park: Annotated[list[str] | None, typer.Option("--park", help="A park; may be repeated. All if left out.")] = None,
    word: Annotated[
        list[str] | None, typer.Option("--word", help="Only changes that say this; may be repeated.")
    ] = None,
    cadence: Annotated[
        str, typer.Option(help="hourly, daily 07:00, weekdays 07:00 or weekly mon 07:00.")
    ] = "daily 07:00",
    time_zone: Annotated[str, typer.Option(help="The reader's time zone.")] = "Asia/Shanghai",
) -> None:
    """Add a reader. Her first digest reaches back as far as one digest usually covers."""
    if not ADDRESS.match(address):
        raise UsageError(f"{address!r} is no mail address")
    for slug in park or []:
        common.park(slug)
    try:
        rhythm = parse_cadence(cadence)
        ZoneInfo(time_zone)
    except ZoneInfoNotFoundError as error:
        raise UsageError(f"--time-zone {time_zone}: there is no such zone; write one such as Asia/Shanghai") from error
    except ValueError as error:
        raise UsageError(str(error)) from error
    now = utc_now()
    with common.store() as store, store.writing() as session:
        made = stored.subscribe(
            session,
            address=address,
            parks=tuple(park or ()),
            words=tuple(word or ()),
            cadence=str(rhythm),
            time_zone=time_zone,
            now=now,
            covers_since=now - rhythm.period,
        )
    due = next_slot(rhythm, time_zone, now).astimezone(ZoneInfo(time_zone))
    say(f"subscription {made.id}: {address}, {_wanted(made)}, {rhythm} {time_zone}; first digest {due:%a %d %b %H:%M}")


@app.command()
def subscriptions(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """List the readers."""
    with common.store() as store, store.reading() as session:
        for found in stored.subscriptions(session):
            if as_json:
                print_json(
                    {
                        "id": found.id,
                        "address": found.address,
                        "parks": found.parks,
                        "words": found.words,
                        "cadence": found.cadence,
                        "time_zone": found.time_zone,
                        "status": found.status,
                        "position": found.position,
                        "digests": found.digests,
                        "last_digest": found.last_digest_at,
                    }
                )
            else:
                rhythm = f"{found.cadence} {found.time_zone}"
                say(f"{found.id:>4}  {found.status:<7} {found.address:<32} {rhythm}, {_wanted(found)}")


@app.command()
def unsubscribe(
    subscription: Annotated[str, typer.Argument(help="Its number, or the reader's address.")],
) -> None:
    """End a subscription."""
    with common.store() as store:
        chosen = _chosen(store, subscription)
        with store.writing() as session:
            for found in chosen:
                stored.unsubscribe(session, found.id)
    for found in chosen:
        say(f"subscription {found.id} of {found.address} is ended")


@app.command()
def digest(
    subscription: Annotated[
        str | None, typer.Argument(help="Its number, or the reader's address; all if left out.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show the next digest; send and change nothing.")] = False,
    now: Annotated[bool, typer.Option("--now", help="Make it and send it now, whatever its cadence.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="With --preview: write the HTML here.")] = None,
) -> None:
    """Show or send digests. Without an option it tells what the next one would hold."""
    parks, _ = common.seeds
    unsent: list[str] = []
    with common.store() as store:
        for found in _chosen(store, subscription):
            if now and not preview:
                unsent += _send_now(store, found)
                continue
            made = make(store, parks, common.settings, found, utc_now())
            say(f"digest {made.digest.number} for {found.address}: {_counts(made)}")
            if preview:
                _show(made, output)
    if unsent:
        raise UnreachableError("; ".join(unsent))


def _show(made: Made, output: Path | None) -> None:
    path = output or Path(tempfile.gettempdir()) / f"parkwatch-digest-{made.subscription.id}.html"
    path.write_text(made.letter.html, encoding="utf-8")
    say(f"written to {path}")
    if output is None and sys.stdout.isatty():
        webbrowser.open(path.resolve().as_uri())


def _send_now(store: Store, subscription: Subscription) -> list[str]:
    """Make and send one digest; return what went wrong, so that the next reader still gets hers."""
    parks, _ = common.seeds
    now = utc_now()
    made = make_and_freeze(store, parks, common.settings, subscription, now)
    if made is None or made.digest_id is None:
        warn(f"parkwatch: the digest for {subscription.address} is being made by another process at this moment")
        return []
    sent = send_waiting(store, mailer_of(common.settings), utc_now, digest_id=made.digest_id)
    return [problem for _, delivery in sent for problem in _told(made, delivery)]


def _told(made: Made, delivery: Delivery) -> list[str]:
    name = f"digest {made.digest.number} for {made.subscription.address}"
    if delivery.outcome is Outcome.SENT:
        say(f"{name}: {_counts(made)}: sent")
        return []
    again = (
        "it stays on record" if delivery.outcome is Outcome.REFUSED else "it is kept and 'parkwatch run' tries again"
    )
    return [f"{name} was not sent ({delivery.outcome}): {delivery.answer}; {again}"]


def _counts(made: Made) -> str:
    found = made.digest
    text = f"{found.new_count} new, {found.changed_count} changed, {found.recovered_count} recovered"
    return text + (f", {len(found.unseen)} of {len(found.coverage)} parks not seen whole" if found.unseen else "")


def _chosen(store: Store, reference: str | None) -> list[Subscription]:
    with store.reading() as session:
        if reference is None:
            chosen = stored.subscriptions(session, only_active=True)
        else:
            chosen = stored.find(session, reference)
    if not chosen:
        what = f"'{reference}'" if reference else "yet"
        raise UsageError(f"there is no subscription {what}: add one with 'parkwatch subscribe ADDRESS'")
    return chosen


def _wanted(subscription: Subscription) -> str:
    parks = ", ".join(subscription.parks) or "all parks"
    return parks + (f", words {', '.join(subscription.words)}" if subscription.words else "")

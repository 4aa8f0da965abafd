"""Verbs for readers: subscribe, reschedule, subscriptions, unsubscribe."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from monitor.cli.app import UsageError, app, common, print_json, say
from monitor.settings import ADDRESS
from storage.cadence import Cadence, parse_cadence
from storage.clock import utc_now
from storage.database import Store
from storage.database import subscriptions as stored
from storage.database.subscriptions import Subscription


@app.command()
def subscribe(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The reader's mail address.")],
    park: Annotated[
        list[str] | None, typer.Option("--park", metavar="PARK", help="A park; may be repeated. All if left out.")
    ] = None,
    word: Annotated[
        list[str] | None,
        typer.Option(
            "--word",
            metavar="WORD",
            help="Only changes whose text says this word; may be repeated.",
        ),
    ] = None,
    cadence: Annotated[
        str, typer.Option(metavar="CADENCE", help="hourly, daily 07:00, weekdays 07:00 or weekly mon 07:00.")
    ] = "daily 07:00",
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="The reader's time zone.")] = "Asia/Shanghai",
) -> None:
    """Add a reader. Her first digest reaches back as far as one digest usually covers."""
    if not ADDRESS.fullmatch(address):
        hint = "" if address.isascii() else ": only addresses in ASCII can be mailed, write the host as xn--…"
        raise UsageError(f"{address!r} is no mail address{hint}")
    for slug in park or []:
        common.park(slug)
    rhythm = _rhythm(cadence, time_zone)
    now = utc_now()
    with common.store(writes=True) as store, store.writing() as session:
        wish = (address.casefold(), set(park or ()), set(word or ()))
        for found in stored.subscriptions(session, only_active=True):
            if wish != (found.address.casefold(), {*found.parks}, {*found.words}):
                continue
            if (str(rhythm), time_zone) == (found.cadence, found.time_zone):
                say(f"subscription {found.id}: {found.address} has this one already; nothing was added")
                return
            raise UsageError(
                f"subscription {found.id}: {found.address} has the same one at {found.cadence} {found.time_zone}, and "
                f"every change would come twice: change it with 'parkwatch reschedule {found.id}'"
            )
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
    say(f"subscription {made.id}: {address}, {_wanted(made)}, {rhythm} {time_zone}; first digest {_due(made, now)}")


@app.command()
def reschedule(
    subscription: Annotated[
        str,
        typer.Argument(metavar="SUBSCRIPTION", help="Its number, or the reader's address."),
    ],
    cadence: Annotated[
        str | None, typer.Option(metavar="CADENCE", help="hourly, daily 07:00, weekdays 07:00 or weekly mon 07:00.")
    ] = None,
    time_zone: Annotated[str | None, typer.Option(metavar="ZONE", help="The reader's time zone.")] = None,
) -> None:
    """Change when digests come. The next one begins where the last one ended: nothing is lost, nothing comes twice."""
    if cadence is None and time_zone is None:
        raise UsageError("nothing to change: add --cadence, --time-zone or both")
    now = utc_now()
    with common.store(writes=True) as store:
        chosen = chosen_of(store, subscription)
        rhythms = [(_rhythm(cadence or one.cadence, time_zone or one.time_zone), one) for one in chosen]
        with store.writing() as session:
            changed = [
                stored.reschedule(session, one.id, cadence=str(rhythm), time_zone=time_zone or one.time_zone, now=now)
                for rhythm, one in rhythms
            ]
    for one in changed:
        say(f"subscription {one.id}: {one.address}, {one.cadence} {one.time_zone}; next digest {_due(one, now)}")


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
    subscription: Annotated[
        str,
        typer.Argument(
            metavar="SUBSCRIPTION",
            help="Its number; the token in the subject of a reader's 'unsubscribe' mail; or her address, "
            "which ends all of hers.",
        ),
    ],
) -> None:
    """End a subscription; what was sent stays on record."""
    with common.store(writes=True) as store:
        chosen = chosen_of(store, subscription)
        with store.writing() as session:
            for found in chosen:
                stored.unsubscribe(session, found.id)
    for found in chosen:
        say(f"subscription {found.id} of {found.address} is ended")


def chosen_of(store: Store, reference: str | None) -> list[Subscription]:
    """Return the active subscriptions that a person means, all of them without a reference; raises UsageError."""
    with store.reading() as session:
        named = [found for found in stored.subscriptions(session) if reference is None or found.is_named_by(reference)]
    chosen = [found for found in named if found.is_active]
    if chosen:
        return chosen
    if reference and named:
        raise UsageError(f"subscription {named[-1].id} of {named[-1].address} has ended: 'subscribe' adds a new one")
    if reference:
        raise UsageError(f"there is no subscription '{reference}': 'parkwatch subscriptions' lists them")
    raise UsageError("there is no subscription yet: add one with 'parkwatch subscribe ADDRESS'")


def _rhythm(cadence: str, time_zone: str) -> Cadence:
    try:
        ZoneInfo(time_zone)
        return parse_cadence(cadence)
    except ZoneInfoNotFoundError as error:
        raise UsageError(f"--time-zone {time_zone}: there is no such zone; write one such as Asia/Shanghai") from error
    except ValueError as error:
        raise UsageError(str(error)) from error


def _due(subscription: Subscription, now: datetime) -> str:
    if subscription.is_due(now):
        return "at once"
    due = subscription.next_digest(now).astimezone(ZoneInfo(subscription.time_zone))
    return f"{due:%a} {due.day} {due:%b %H:%M}"


def _wanted(subscription: Subscription) -> str:
    parks = ", ".join(subscription.parks) or "all parks"
    return parks + (f", words {', '.join(subscription.words)}" if subscription.words else "")

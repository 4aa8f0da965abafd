"""Verbs that make and send digests: subscribe, subscriptions, unsubscribe, digest."""

import sys
import webbrowser
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from monitor.cli.app import UnreachableError, UsageError, app, common, print_json, say, write_file
from monitor.delivering import Sent, checked_mailer_of, send_at_once
from monitor.digesting import Made, make, make_and_freeze
from monitor.settings import ADDRESS
from reports.mailer import Outcome, SmtpMailer
from reports.render import plural
from storage.cadence import next_slot, parse_cadence
from storage.clock import utc_now
from storage.database import Store, digests
from storage.database import subscriptions as stored
from storage.database.subscriptions import Subscription


@app.command()
def subscribe(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The reader's mail address.")],
    park: Annotated[
        list[str] | None, typer.Option("--park", metavar="PARK", help="A park; may be repeated. All if left out.")
    ] = None,
    word: Annotated[
        list[str] | None, typer.Option("--word", metavar="WORD", help="Only changes that say this; may be repeated.")
    ] = None,
    cadence: Annotated[
        str, typer.Option(metavar="CADENCE", help="hourly, daily 07:00, weekdays 07:00 or weekly mon 07:00.")
    ] = "daily 07:00",
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="The reader's time zone.")] = "Asia/Shanghai",
) -> None:
    """Add a reader. Her first digest reaches back as far as one digest usually covers."""
    if not ADDRESS.fullmatch(address):
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
    with common.store(writes=True) as store, store.writing() as session:
        wish = (address.casefold(), set(park or ()), set(word or ()), str(rhythm), time_zone)
        for found in stored.subscriptions(session, only_active=True):
            if wish == (found.address.casefold(), {*found.parks}, {*found.words}, found.cadence, found.time_zone):
                say(f"subscription {found.id}: {found.address} has this one already; nothing was added")
                return
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
    subscription: Annotated[
        str, typer.Argument(metavar="SUBSCRIPTION", help="Its number; or the reader's address, which ends all of hers.")
    ],
) -> None:
    """End a subscription; what was sent stays on record."""
    with common.store(writes=True) as store:
        chosen = _chosen(store, subscription)
        with store.writing() as session:
            for found in chosen:
                stored.unsubscribe(session, found.id)
    for found in chosen:
        say(f"subscription {found.id} of {found.address} is ended")


@app.command()
def digest(
    subscription: Annotated[
        str | None, typer.Argument(metavar="SUBSCRIPTION", help="Its number, or the reader's address; all if left out.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show the next digest; send and change nothing.")] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Send what waits, and make and send the next one, whatever the cadence.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="With --preview: write the HTML here.")
    ] = None,
) -> None:
    """Show or send digests. Without an option it tells what the next one would hold."""
    if now and preview:
        raise UsageError("--now sends and --preview only shows: write one of them")
    if output and not preview:
        raise UsageError("--output says where --preview writes: add --preview")
    mailer = checked_mailer_of(common.settings) if now else None
    parks, broken = common.seeds
    unsent: list[str] = []
    with common.store(writes=now) as store:
        chosen = _chosen(store, subscription)
        if output and len(chosen) > 1:
            raise UsageError(f"--output takes one digest, this would write {len(chosen)}: name a subscription")
        for found in chosen:
            if mailer:
                unsent += _send_now(store, mailer, found)
                continue
            made = make(store, parks, common.settings, found, utc_now(), broken=broken)
            say(f"digest {made.digest.number} for {found.address}: {_counts(made)}")
            if preview:
                _show(made, output)
    if unsent:
        raise UnreachableError("; ".join(unsent))


def _show(made: Made, output: Path | None) -> None:
    if output is None:
        # A name that nobody can foresee, readable by its owner alone: the folder is everybody's.
        prefix = f"parkwatch-digest-{made.subscription.id}-"
        with NamedTemporaryFile("w", encoding="utf-8", prefix=prefix, suffix=".html", delete=False) as file:
            file.write(made.letter.html)
        path = Path(file.name)
    else:
        write_file(output, made.letter.html)
        path = output
    say(f"written to {path}")
    if output is None and sys.stdout.isatty():
        webbrowser.open(path.resolve().as_uri())


def _send_now(store: Store, mailer: SmtpMailer, subscription: Subscription) -> list[str]:
    """Send what waits for a reader, then her next digest; return what went wrong, so that the others get theirs.

    While an older one waits none is made: what it would hold comes with the next.
    """
    waited = send_at_once(store, mailer, utc_now, subscription.id)
    problems = [problem for sent in waited for problem in _told(sent, "had waited")]
    with store.reading() as session:
        left = digests.waiting(session, now=None, subscription_id=subscription.id)
    if left and not problems:
        problems = [f"digest {left[0].number} for {subscription.address} is being sent by another process: wait for it"]
    if problems:
        return problems
    parks, broken = common.seeds
    if waited and not make(store, parks, common.settings, subscription, utc_now()).digest.changes:
        return []
    with store.reading() as session:
        subscription = stored.get(session, subscription.id)
    made = make_and_freeze(store, parks, common.settings, subscription, utc_now(), broken=broken)
    if made is None:
        return [f"the digest for {subscription.address} is being made by another process at this moment"]
    return [
        problem
        for sent in send_at_once(store, mailer, utc_now, subscription.id)
        for problem in _told(sent, _counts(made))
    ]


def _told(sent: Sent, what: str) -> list[str]:
    letter, delivery = sent
    name = f"digest {letter.number} for {letter.recipient}"
    if delivery.outcome is Outcome.SENT:
        say(f"{name}: {what}: sent")
        return []
    if delivery.outcome is Outcome.REFUSED:
        return [f"{name} was refused for good: {delivery.answer}; it stays on record"]
    return [f"{name} was not sent: {delivery.answer}; it is kept, and 'digest --now' and 'run' try it again"]


def _counts(made: Made) -> str:
    found = made.digest
    counts = ((found.new_count, "new"), (found.changed_count, "changed"), (found.recovered_count, "recovered"))
    text = ", ".join(f"{count} {name}" for count, name in counts) if found.changes else "nothing new"
    if not found.changes and any(section.newest for section in found.sections):
        text = f"first sight of {plural(sum(bool(section.newest) for section in found.sections), 'park')}"
    return text + (
        f", {len(found.unseen)} of {plural(len(found.coverage), 'park')} not seen whole" if found.unseen else ""
    )


def _chosen(store: Store, reference: str | None) -> list[Subscription]:
    with store.reading() as session:
        named = [found for found in stored.subscriptions(session) if reference is None or found.is_named_by(reference)]
    chosen = [found for found in named if found.is_active]
    if chosen:
        return chosen
    if reference and named:
        raise UsageError(f"subscription {named[-1].id} of {named[-1].address} is ended: subscribe anew")
    what = f"'{reference}'" if reference else "yet"
    raise UsageError(f"there is no subscription {what}: add one with 'parkwatch subscribe ADDRESS'")


def _wanted(subscription: Subscription) -> str:
    parks = ", ".join(subscription.parks) or "all parks"
    return parks + (f", words {', '.join(subscription.words)}" if subscription.words else "")

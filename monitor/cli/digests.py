"""The verb that makes and sends digests."""

import sys
import webbrowser
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import typer

from monitor.cli.app import UnreachableError, UsageError, app, common, say, write_file
from monitor.cli.subscribing import chosen_of
from monitor.delivering import Sent, checked_mailer_of, send_at_once
from monitor.digesting import Made, make, make_and_freeze
from reports.mailer import Outcome, SmtpMailer
from reports.wording import plural
from storage.clock import utc_now
from storage.database import Store, deliveries
from storage.database import subscriptions as stored
from storage.database.subscriptions import Subscription


@app.command()
def digest(
    subscription: Annotated[
        str | None, typer.Argument(metavar="SUBSCRIPTION", help="Its number, or the reader's address; all if left out.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show the next digest; send and change nothing.")] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Send what waits, and make and send the next one, whatever the cadence.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="With --now: send once more what a mail server refused, the same bytes.")
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
    if again and not now:
        raise UsageError("--again says what --now sends: add --now")
    mailer = checked_mailer_of(common.settings) if now else None
    parks, broken = common.seeds
    unsent: list[str] = []
    with common.store(writes=now) as store:
        chosen = chosen_of(store, subscription)
        if output and len(chosen) > 1:
            raise UsageError(f"--output takes one digest, this would write {len(chosen)}: name a subscription")
        for found in chosen:
            if mailer:
                if again:
                    with store.writing() as session:
                        deliveries.again(session, found.id, utc_now())
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
        left = deliveries.waiting(session, now=None, subscription_id=subscription.id)
    if left and not problems:
        name = f"digest {left[0].number} for {subscription.address}"
        problems = [f"{name} is in another process's hands, or that one died: it is tried again within 20 minutes"]
    if problems:
        return problems
    parks, broken = common.seeds
    if waited and not make(store, parks, common.settings, subscription, utc_now()).digest.changes:
        return []
    with store.reading() as session:
        subscription = stored.get(session, subscription.id)
    made = make_and_freeze(store, parks, common.settings, subscription, store.moment(utc_now), broken=broken)
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
        return [f"{name} was refused for good: {delivery.answer}; it is kept, 'digest --now --again' sends it again"]
    if delivery.outcome is Outcome.UNKNOWN:
        return [
            f"{name} may have arrived: {delivery.answer}; nobody can tell, so 'digest --now' and 'run' send the same "
            "bytes again"
        ]
    return [f"{name} was not sent: {delivery.answer}; it is kept, and 'digest --now' and 'run' try it again"]


def _counts(made: Made) -> str:
    found = made.digest
    return found.summary + (
        f", {len(found.unseen)} of {plural(len(found.coverage), 'park')} not seen whole" if found.unseen else ""
    )

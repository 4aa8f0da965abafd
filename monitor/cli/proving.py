"""Verbs that prove: one change, and everything."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import typer

from crawler.checking import SeedError
from crawler.signs import PageSign
from monitor.cli.app import UNSEEN, UsageError, app, common, err, print_json, say, warn
from monitor.cli.reading import Json, change_json, show_differences, version_json
from monitor.delivering import journal_of
from monitor.proving import Proof, Side, proof_of, unproved_removals
from monitor.reextracting import Portion, rehearse
from monitor.settings import Settings
from reports.wording import plural
from storage.database import Session, StoreError, digests, in_words, rereadings, subscriptions
from storage.database import verify as verification
from storage.database.verify_rows import versions_rest_on_answers
from storage.journal import numbers_by_serial, serial_of
from storage.records import ArticleFields, Capture, ChangeKind

#: What a store has done of which the journal beside it knows more.
_FORGOT = "knows nothing of it: it was deleted, or an older backup restored (begun anew, remove the journal beside it)"


@app.command()
def prove(
    change: Annotated[int, typer.Argument(metavar="CHANGE", help="Its number, as 'changes' and digests have it.")],
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FOLDER", help="Write the captured bytes there as well.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what proves a change, without a fetch. Captures, hashes, windows, text, and the digests that hold it."""
    watched, _ = common.seeds
    with common.store() as store, store.reading() as session:
        proof = proof_of(session, change, watched, common.good_layouts)
    if proof is None:
        raise UsageError(f"there is no change {change} in the ledger; 'parkwatch changes' lists them")
    if as_json:
        print_json(_json(proof))
    else:
        _print(proof)
    if save is not None:
        for name, found in (
            ("before", proof.before.captures if proof.before else None),
            ("after", proof.after.captures if proof.after else None),
            ("answered", proof.answers),
        ):
            _save(save, name, found or ())
    if not proof.holds:
        warn(f"parkwatch: change {change} is not proved: see the lines marked '!'")
        raise typer.Exit(UNSEEN)


def _print(proof: Proof) -> None:
    entry = proof.entry
    after = f"{entry.seen_after:%Y-%m-%d %H:%M:%S}" if entry.seen_after else "the beginning"
    say(f"change {entry.number}: {entry.kind}, {entry.headline}")
    say(f"  {entry.park}, article {entry.article_id}, {entry.url}")
    if entry.previous_url:
        say(f"  formerly {entry.previous_url}")
    say(f"  happened between {after} and {entry.seen_at:%Y-%m-%d %H:%M:%S} UTC")
    for name, side in (("before", proof.before), ("after", proof.after)):
        if side is not None:
            _print_side(name, side)
    if proof.answers is None:
        say("  ! the stored bytes of what was answered do not fit their hash")
    for capture, sign in zip_longest(proof.answers or (), proof.signs):
        shown = ", a not-found page" if sign is PageSign.NOT_FOUND else ""
        say(f"answered: status {capture.status}{shown}, {capture.captured_at:%Y-%m-%d %H:%M:%S} UTC, {capture.url}")
        say(f"  {len(capture.content)} bytes, sha256 {_hash(capture)}")
        if capture in proof.contradicting:
            say("  ! it does not say that the page is gone")
    if proof.before is not None and proof.after is not None:
        show_differences(proof.before.line.fields, proof.after.line.fields)
    elif proof.after is not None:
        _print_text(proof.after.line.fields)
    elif proof.before is not None:
        say("what stood there until then:" if entry.kind is ChangeKind.REMOVED else "what it says:")
        _print_text(proof.before.line.fields)
    for found in proof.appearances:
        sent = f"sent {found.sent_at:%Y-%m-%d %H:%M:%S} UTC, {found.answer}" if found.sent_at else found.state
        say(f"digest {found.number} for {found.recipient}: {found.message_id}, sha256 {found.sha256}, {sent}")
    if not proof.appearances:
        say("in no digest yet")


def _print_side(name: str, side: Side) -> None:
    line = side.line
    say(f"{name}: version {line.number}, seen {line.seen_at:%Y-%m-%d %H:%M:%S} UTC, read by {line.layout}")
    for url, captured_at, digest in line.captures:
        say(f"  capture {captured_at:%Y-%m-%d %H:%M:%S} UTC, sha256 {digest}, {url}")
    if side.captures is None:
        say("  ! the stored bytes do not fit their hash")
    elif not side.is_same_layout and (side.unreadable or side.differing):
        other = side.unreadable or f"it gives another {', '.join(side.differing)}"
        say(f"  the bytes fit their hashes; by today's rules, which are others: {other}")
    elif side.unreadable:
        say(f"  ! read again, it gives nothing: {side.unreadable}")
    elif side.differing:
        say(f"  ! read again, it gives another {', '.join(side.differing)}: see 'parkwatch reextract'")
    else:
        layout = "the same layout" if side.is_same_layout else "today's layout"
        say(f"  the bytes fit their hashes; read again by {layout}, they give the fields on record")


def _print_text(fields: ArticleFields) -> None:
    say(f"  {fields.headline}")
    say(f"  dated {fields.date_published or '-'}, source {fields.source or '-'}")
    for paragraph in fields.body:
        say(f"  {paragraph}")


def _save(folder: Path, name: str, found: Sequence[Capture]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, capture in enumerate(found, 1):
        path = folder / f"{name}-{number}.html"
        path.write_bytes(capture.content)
        say(f"{path}: {len(capture.content)} bytes, sha256 {_hash(capture)}")


def _hash(capture: Capture) -> str:
    return hashlib.sha256(capture.content).hexdigest()


def _json(proof: Proof) -> dict[str, Any]:
    def side(found: Side | None) -> dict[str, Any] | None:
        if found is None:
            return None
        return {
            **version_json(found.line),
            "holds": found.holds,
            "differing": list(found.differing),
            "unreadable": found.unreadable,
        }

    return {
        **change_json(proof.entry),
        "proved": proof.holds,
        "version_before": side(proof.before),
        "version_after": side(proof.after),
        "answers": [
            {
                "url": capture.url,
                "captured_at": capture.captured_at,
                "status": capture.status,
                "sha256": _hash(capture),
                "sign": sign,
            }
            for capture, sign in zip_longest(proof.answers or (), proof.signs)
        ],
        "digests": [
            {
                "subscription": found.subscription,
                "number": found.number,
                "recipient": found.recipient,
                "message_id": found.message_id,
                "sha256": found.sha256,
                "state": found.state,
                "sent_at": found.sent_at,
            }
            for found in proof.appearances
        ],
    }


@app.command()
def verify() -> None:
    """Prove the promises on the store. The ledger, the digests, the bytes, and that these give what is on record."""
    reread, count = _Reread(), 0
    with common.store() as store, err.status("verifying"):
        # Before the store is looked at: what is made and sent meanwhile is in neither.
        taken = journal_of(store).hashes()
        with store.reading() as session:
            for problem in _problems(session, taken, reread):
                count += 1
                warn(f"parkwatch: {problem}")
    if reread.by_other_rules:
        say(
            f"{plural(reread.by_other_rules, 'version')} read otherwise by today's rules, which are others: what their "
            "captures gave then cannot be tried"
        )
    if count:
        raise typer.Exit(UNSEEN)
    say("every promise holds")


def _problems(session: Session, taken: Mapping[str, set[str]], reread: "_Reread") -> Iterator[str]:
    yield from verification.problems(
        session,
        journal=partial(_unlike_journal, taken=taken),
        removals=partial(unproved_removals, parks=common.seeds[0]),
        captures=partial(versions_rest_on_answers, hosts={slug: park.hosts for slug, park in common.seeds[0].items()}),
    )
    yield from _misread(common.settings, rereadings.count(session)[1], reread)


@dataclass
class _Reread:
    """Counts what was read again and could not be held against the record."""

    by_other_rules: int = 0


def _unlike_journal(session: Session, taken: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield the digests of which a server has taken other bytes than those on record, or that are on record no more."""
    lost, active = numbers_by_serial(taken), set()
    for reader in subscriptions.subscriptions(session):
        active |= {reader.id} if reader.is_active else set()
        for number in sorted(lost.pop(serial_of(reader.token), set())):
            if number > reader.digests:
                yield f"subscription {reader.id}: a server took digest {number}, and the store {_FORGOT}"
    for numbers in lost.values():
        yield f"a server took digest {max(numbers)} of a reader who is not on record, and the store {_FORGOT}"
    for frozen in digests.names(session):
        if frozen.state == digests.CANCELLED and frozen.message_id in taken and frozen.subscription in active:
            whose = f"subscription {frozen.subscription}"
            yield f"{whose}: digest {frozen.number} counts as cancelled, and a server took it"
        # Whatever is sent again is the same bytes, so a second hash is as wrong as another one.
        if taken.get(frozen.message_id, {frozen.sha256}) != {frozen.sha256}:
            yield (
                f"subscription {frozen.subscription}: the mail of digest {frozen.number} is not the one that a server "
                "took: the journal beside the store has another hash for it"
            )


def _rehearsed(settings: Settings, last: int) -> Iterator[Portion | str]:
    """Yield what was read again, or at last in a sentence why the rest was not."""
    try:
        yield from rehearse(settings.store.url, settings.seeds, last)
    except (StoreError, SeedError):
        raise
    except Exception as error:  # damage may take any form, and is to be told
        yield f"versions were not read again to the end: {in_words(error)}"


def _misread(settings: Settings, last: int, reread: _Reread) -> Iterator[str]:
    """Yield the versions that their captures do not give by the layout that read them.

    Of one that a site has overwritten since, the date is left aside: no 'reextract' takes a corrected zone over there.
    """
    for portion in _rehearsed(settings, last):
        if isinstance(portion, str):
            yield portion
            return
        for found in portion.differing:
            # Bytes that do not fit their hash are told where those are looked through.
            if found.has_bytes and not found.is_same_layout:
                reread.by_other_rules += 1
            differs = found.is_present or found.unreadable or {*found.changed_fields} - {"date_published"}
            if found.is_same_layout and differs:
                what = found.unreadable or f"another {', '.join(found.changed_fields)}"
                yield (
                    f"article {found.article_id}: version {found.number}, read again from its captures, gives {what}: "
                    "if the park's file was changed, 'parkwatch reextract' takes that over"
                )

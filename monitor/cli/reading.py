"""Verbs that read the store: articles, changes, visits, conditions, history, diff."""

from dataclasses import asdict
from datetime import datetime
from heapq import merge
from typing import Annotated, Any

import typer
from rich.text import Text

from monitor.cli.app import UsageError, app, common, day_or_moment, out, print_json, say
from reports.coverage import told
from reports.diff import Diff, Piece, diff_texts
from storage.clock import utc_now
from storage.database import Session, exports, ledger, visit_log
from storage.database.gaps import gaps
from storage.database.visit_log import ConditionLine
from storage.identity import canonical_address
from storage.processes import process_lives, this_host
from storage.records import ArticleFields, LedgerEntry

Park = Annotated[str | None, typer.Option("--park", metavar="PARK", help="Only this park.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def _since(what: str) -> Any:
    return typer.Option("--since", metavar="DAY", help=f"Only {what} this day on (UTC), such as 2024-01-31.")


@app.command()
def articles(
    park: Park = None,
    since: Annotated[str | None, _since("what was first seen, or changed, from")] = None,
    as_json: Json = False,
) -> None:
    """List articles with their present fields. By park, in the order in which they came on record."""
    moment = day_or_moment(since)
    with common.store() as store, store.reading() as session:
        for line in exports.articles(session, park=_checked(session, park), since=moment):
            if as_json:
                print_json(article_json(line))
            else:
                say(f"{line.id:>6}  {line.park:<20} {line.fields.date_published or '-':<25} {line.fields.headline}")


@app.command()
def changes(
    park: Park = None, since: Annotated[str | None, _since("what was seen from")] = None, as_json: Json = False
) -> None:
    """List the ledger's changes in order."""
    moment = day_or_moment(since)
    with common.store() as store, store.reading() as session:
        slugs = (park,) if _checked(session, park) and park else ()
        for entry in ledger.entries(session, parks=slugs, since=moment):
            if as_json:
                print_json(change_json(entry))
            else:
                say(
                    f"{entry.number:>6}  {entry.seen_at:%Y-%m-%d %H:%M}  {entry.kind:<10} {entry.park:<20} "
                    f"article {entry.article_id:<6} {entry.headline}"
                )


@app.command()
def visits(
    park: Park = None, since: Annotated[str | None, _since("visits begun from")] = None, as_json: Json = False
) -> None:
    """List visits and how they ended. What was planned, fetched, unchanged and failed."""
    moment = day_or_moment(since)
    with common.store() as store, store.reading() as session:
        for noted in visit_log.visits(session, park=_checked(session, park), since=moment):
            line = visit_log.as_it_stands(noted, now=utc_now(), host=this_host(), is_alive=process_lives)
            if as_json:
                print_json(asdict(line))
                continue
            say(
                f"{line.id:>6}  {line.started_at:%Y-%m-%d %H:%M}  {line.park:<20} {line.kind:<8} {line.outcome:<8} "
                f"{line.planned} planned, {line.fetched} fetched, {line.unchanged} unchanged, {line.failed} failed, "
                f"{line.changes} changes" + (f": {line.reason}" if line.reason else "")
            )


@app.command()
def conditions(
    park: Park = None,
    since: Annotated[str | None, _since("what began, ended or went on from")] = None,
    as_json: Json = False,
) -> None:
    """List episodes in which parks could not be seen, and gaps: times in which listings were longer than was read."""
    moment = day_or_moment(since)
    watched, _ = common.seeds
    with common.store() as store, store.reading() as session:
        chosen = _checked(session, park)
        episodes = visit_log.conditions(session, park=chosen, since=moment)
        for line in merge(episodes, sorted(gaps(session, park=chosen, since=moment), key=_began), key=_began):
            if as_json:
                print_json(asdict(line))
                continue
            open_end = "going on" if line.park in watched else "no longer watched"
            end = f"{line.ended_at:%Y-%m-%d %H:%M}" if line.ended_at else open_end
            say(f"{line.began_at:%Y-%m-%d %H:%M} to {end:<17}  {line.park:<20} {told(line)}")


def _began(line: ConditionLine) -> datetime:
    return line.began_at


Article = Annotated[str, typer.Argument(metavar="ARTICLE", help="Its id, as 'articles' lists it, or its address.")]


@app.command()
def history(article: Article, as_json: Json = False) -> None:
    """Show an article's versions and changes. Each with the captures that prove it."""
    with common.store() as store, store.reading() as session:
        article_id = _article_id(session, article)
        entries = list(ledger.entries(session, article_id=article_id))
        lines = exports.versions(session, article_id)
    if as_json:
        for line in lines:
            print_json({"record": "version", **version_json(line)})
        for entry in entries:
            print_json({"record": "change", **change_json(entry)})
        return
    for line in lines:
        when = "restated" if line.is_restated else "seen"  # by us, off the captures of the version before
        say(f"version {line.number}  {when} {line.seen_at:%Y-%m-%d %H:%M} UTC  {line.fields.headline}")
        say(f"  dated {line.fields.date_published or '-'}, source {line.fields.source or '-'}, read by {line.layout}")
        for url, captured_at, digest in line.captures:
            say(f"  capture {captured_at:%Y-%m-%d %H:%M:%S} UTC  sha256 {digest[:16]}…  {url}")
    for entry in entries:
        after = f"{entry.seen_after:%Y-%m-%d %H:%M}" if entry.seen_after else "the beginning"
        say(f"change {entry.number}  {entry.kind}  between {after} and {entry.seen_at:%Y-%m-%d %H:%M} UTC")


@app.command()
def diff(
    article: Article,
    before: Annotated[int | None, typer.Argument(metavar="A", help="A version; the one before the last.")] = None,
    after: Annotated[int | None, typer.Argument(metavar="B", help="A later version; the last one.")] = None,
) -> None:
    """Show what changed between two versions, word by word."""
    with common.store() as store, store.reading() as session:
        lines = {line.number: line for line in exports.versions(session, _article_id(session, article))}
    newest = max(lines)
    if newest == 1 and not after and not before:
        say(f"article {article} has one version; there is nothing to compare it with")
        return
    later = after or newest
    earlier = before or max(1, later - 1)
    for number in (earlier, later):
        if number not in lines:
            raise UsageError(f"article {article} has no version {number}; it has 1 to {newest}")
    if earlier == later:
        say(f"article {article}: version {later} is compared with itself; nothing to show")
        return
    show_differences(lines[earlier].fields, lines[later].fields)


def show_differences(one: ArticleFields, other: ArticleFields) -> None:
    """Print what differs between two versions, word by word."""
    for name in ("headline", "date_published", "source"):
        if getattr(one, name) != getattr(other, name):
            _show(name, diff_texts([getattr(one, name) or ""], [getattr(other, name) or ""]))
    if one.body != other.body:
        _show("body", diff_texts(one.body, other.body))


_STYLES = {Piece.SAME: "", Piece.DELETED: "red strike", Piece.INSERTED: "green bold"}


def _show(name: str, found: Diff) -> None:
    say(f"{name}:")
    for place in found.places:
        line = Text("  ")
        for run in place:
            # The signs carry the meaning where there is no colour.
            marks = {Piece.SAME: "{}", Piece.DELETED: "[-{}-]", Piece.INSERTED: "{{+{}+}}"}[run.piece]
            line.append(marks.format(run.text), style=_STYLES[run.piece])
        out.print(line)
    if found.more:
        say(f"  and {found.more} more places")


def _article_id(session: Session, reference: str) -> int:
    if reference.isdecimal():
        found = next(exports.articles(session, article_id=int(reference)), None)
        if found:
            return found.id
    else:
        article_id = exports.article_by_url(session, canonical_address(reference))
        if article_id is not None:
            return article_id
    raise UsageError(f"there is no article '{reference}' on record; 'parkwatch articles' lists them with their ids")


def article_json(line: exports.ArticleLine) -> dict[str, Any]:
    """Return an article under the keys that scripts rely on."""
    return {
        "id": line.id,
        "url": line.url,
        "park": line.park,
        **line.fields.as_row(),
        "state": line.state.value,
        "version": line.version,
        "first_seen": line.first_seen,
        "last_seen": line.last_seen,
    }


def version_json(line: exports.VersionLine) -> dict[str, Any]:
    """Return a version under the keys that scripts rely on."""
    return {
        "version": line.number,
        "seen_at": line.seen_at,
        **line.fields.as_row(),
        "layout": line.layout,
        "layout_revision": line.layout_revision,
        "restated": line.is_restated,
        "captures": [{"url": url, "captured_at": at, "sha256": sha256} for url, at, sha256 in line.captures],
    }


def change_json(entry: LedgerEntry) -> dict[str, Any]:
    """Return a change under the keys that scripts rely on."""
    return {
        "id": entry.number,
        "kind": entry.kind.value,
        "park": entry.park,
        "url": entry.url,
        "headline": entry.headline,
        "seen_after": entry.seen_after,
        "seen_at": entry.seen_at,
        "fields": list(entry.changed_fields),
        "before": entry.before,
        "after": entry.after,
        "recovered": entry.is_recovered,
        "article": entry.article_id,
    }


def _checked(session: Session, park: str | None) -> str | None:
    """Return the park's slug; one whose file was taken away still has its past. Raises as ``common.park`` does."""
    if park is not None and not visit_log.is_on_record(session, park):
        common.park(park)
    return park

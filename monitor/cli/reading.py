"""Verbs that read the store: articles, changes, visits, conditions, history, diff."""

from typing import Annotated, Any

import typer

from monitor.cli.app import app, common, day_or_moment, print_json, say
from storage.database import exports, ledger
from storage.records import LedgerEntry

Park = Annotated[str | None, typer.Option("--park", help="Only this park.")]
Since = Annotated[str | None, typer.Option("--since", help="Only from this day on, such as 2024-01-31.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command()
def articles(park: Park = None, since: Since = None, as_json: Json = False) -> None:
    """List articles with their present fields."""
    moment = day_or_moment(since)
    with common.store() as store, store.reading() as session:
        for line in exports.articles(session, park=_checked(park), since=moment):
            if as_json:
                print_json(article_json(line))
            else:
                say(f"{line.id:>6}  {line.park:<20} {line.fields.date_published or '-':<25} {line.fields.headline}")


@app.command()
def changes(park: Park = None, since: Since = None, as_json: Json = False) -> None:
    """List the ledger's changes in order."""
    moment = day_or_moment(since)
    with common.store() as store, store.reading() as session:
        slugs = (park,) if _checked(park) and park else ()
        for entry in ledger.entries(session, parks=slugs, since=moment):
            if as_json:
                print_json(change_json(entry))
            else:
                say(f"{entry.number:>6}  {entry.kind:<10} {entry.park:<20} {entry.headline}")


def article_json(line: exports.ArticleLine) -> dict[str, Any]:
    """Return an article under the keys that scripts rely on."""
    fields = line.fields
    return {
        "id": line.id,
        "url": line.url,
        "park": line.park,
        "headline": fields.headline,
        "date_published": fields.date_published,
        "date_published_raw": fields.date_published_raw,
        "source": fields.source,
        "body": "\n\n".join(fields.body),
        "in_language": fields.in_language,
        "state": line.state.value,
        "version": line.version,
        "first_seen": line.first_seen,
        "last_seen": line.last_seen,
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
    }


def _checked(park: str | None) -> str | None:
    if park is not None:
        common.park(park)
    return park

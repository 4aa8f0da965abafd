"""The verb that reads what is stored once more: reextract."""

import sys
from collections import Counter
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from monitor.cli.app import UNSEEN, UsageError, app, common, err, print_json, say, warn
from monitor.reextracting import Rehearsal, accept, rehearse
from reports.wording import plural
from storage.clock import utc_now
from storage.database import rereadings
from storage.records import ArticleFields

#: Without a terminal a line is printed for every so many versions.
_LINE_EVERY = 5000
_SHOWN = 70


@app.command()
def reextract(
    park: Annotated[str | None, typer.Argument(metavar="PARK", help="Slug of a park; all of them if left out.")] = None,
    rehearsing: Annotated[
        bool, typer.Option("--rehearse", help="Say what would change, write nothing; so without any option.")
    ] = False,
    accepting: Annotated[
        bool, typer.Option("--accept", help="Store what changes as restated versions, which no digest shows.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Read every stored page again by today's layouts. Without a fetch; say which fields would change."""
    if rehearsing and accepting:
        raise UsageError("--rehearse writes nothing and --accept does: give one of them")
    errors = common.seeds[1]
    if park:
        common.park(park)
    else:
        for error in errors.values():
            warn(f"parkwatch: {error}")
    tally = _Tally()
    with common.store(writes=accepting) as store:
        with store.reading() as session:
            count, last = rereadings.count(session, park)
        with _bar() as bar:
            task = bar.add_task("versions", total=count)
            for portion in rehearse(common.settings.store.url, common.settings.seeds, last, park=park):
                for found in portion.differing:
                    tally.add(found)
                    if as_json:
                        print_json(_row(found))
                    else:
                        _show(found)
                    if accepting:
                        tally.restated += accept(store, found, utc_now())
                tally.note(portion.read)
                bar.update(task, completed=tally.read)
            bar.update(task, completed=count)
    for line in tally.lines(accepting=accepting):
        warn(line) if as_json else say(line)
    if tally.unreadable or (errors and not park):
        raise typer.Exit(UNSEEN)


class _Tally:
    """Counts what was found."""

    def __init__(self) -> None:
        self.read = self.present = self.older = self.unreadable = self.restated = 0
        self.fields: Counter[str] = Counter()

    def add(self, found: Rehearsal) -> None:
        self.unreadable += found.unreadable is not None
        if found.restated and found.is_present:
            self.present += 1
            self.fields.update(found.changed_fields)
        elif found.restated:
            self.older += 1

    def note(self, read: int) -> None:
        if not sys.stderr.isatty() and (self.read + read) // _LINE_EVERY > self.read // _LINE_EVERY:
            warn(f"{self.read + read} versions read")
        self.read += read

    def lines(self, *, accepting: bool) -> list[str]:
        by_field = ", ".join(f"{name} {number}" for name, number in self.fields.most_common())
        changing = f"{plural(self.present, 'article')} would change{f' ({by_field})' if by_field else ''}"
        stored = f"{plural(self.restated, 'article')} restated: no digest shows it"
        lines = [f"{plural(self.read, 'version')} read again: {stored if accepting else changing}"]
        if accepting and self.restated < self.present:
            missed = plural(self.present - self.restated, "article")
            lines.append(f"{missed} got a new version meanwhile: run it again")
        if self.older:
            lines.append(f"{plural(self.older, 'older version')} would read otherwise as well: history stays as it was")
        if self.unreadable:
            lines.append(
                f"{plural(self.unreadable, 'version')} cannot be read by today's layouts: nothing is changed there"
            )
        if self.present and not accepting:
            lines.append("'parkwatch reextract --accept' stores this")
        return lines


def _bar() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=err, disable=not sys.stderr.isatty())


def _show(found: Rehearsal) -> None:
    version = "" if found.is_present else f" version {found.number}"
    if found.restated is None:
        say(f"{found.park}: article {found.article_id}{version} cannot be read: {found.unreadable}   {found.url}")
        return
    say(f"{found.park}: article {found.article_id}{version}: {', '.join(found.changed_fields)}   {found.url}")
    for name in found.changed_fields:
        before, after = _apart(_text(found.before, name), _text(found.restated.fields, name))
        say(f"    {name:<15} - {before}")
        say(f"    {'':<15} + {after}")


def _text(fields: ArticleFields, name: str) -> str:
    value = getattr(fields, name)
    return " ¶ ".join(value) if isinstance(value, tuple) else str(value or "-")


def _apart(one: str, other: str) -> tuple[str, str]:
    """Return the beginnings of two texts from shortly before the point where they part."""
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    begin = max(0, same - 20)
    lead = "…" if begin else ""
    return tuple(  # type: ignore[return-value]
        lead + text[begin : begin + _SHOWN] + ("…" if len(text) > begin + _SHOWN else "") for text in (one, other)
    )


def _row(found: Rehearsal) -> dict[str, Any]:
    return {
        "article": found.article_id,
        "park": found.park,
        "url": found.url,
        "version": found.number,
        "is_present": found.is_present,
        "fields": found.changed_fields,
        "before": found.before.as_row(),
        "after": found.restated.fields.as_row() if found.restated else None,
        "unreadable": found.unreadable,
    }

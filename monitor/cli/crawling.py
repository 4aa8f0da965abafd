"""The verb that visits sites: crawl."""

from enum import StrEnum
from typing import Annotated

import typer

from monitor.cli.app import UNSEEN, app, common, say, warn
from monitor.stopping import stopping
from monitor.visiting import Visitors, VisitResult, visit_parks
from reports.wording import plural


class Recheck(StrEnum):
    """Which known articles a visit asks for again."""

    DUE = "due"
    ALL = "all"
    NONE = "none"


@app.command()
def crawl(
    parks: Annotated[
        list[str] | None, typer.Argument(metavar="PARK", help="Slugs of parks; all of them if left out.")
    ] = None,
    recheck: Annotated[Recheck, typer.Option(help="Known articles to ask for again.")] = Recheck.DUE,
) -> None:
    """Visit parks now. Read what is new, and ask again for what is due."""
    _, errors = common.seeds
    chosen = [common.park(slug) for slug in parks] if parks else list(common.watched.values())
    for error in errors.values() if not parks else ():
        warn(f"parkwatch: {error}")
    with common.store(writes=True) as store:
        visitors = Visitors()
        with stopping(visitors.stop):
            results = visit_parks(
                common.settings, store, chosen, arguments={"recheck": recheck.value}, visitors=visitors
            )
    for result in results:
        say(_line(result))
    unseen = [result for result in results if result.outcome != "done"]
    for result in unseen:
        warn(f"parkwatch: {result.park}: {result.outcome}: {result.reason}")
    if unseen or (errors and not parks):
        raise typer.Exit(UNSEEN)


def _line(result: VisitResult) -> str:
    changes = "no change" if not result.changes else plural(result.changes, "change")
    if result.is_first and (result.added or result.outcome == "done"):
        # One that was cut off has put them there, and this is the first that has seen all.
        added = f"{plural(result.added, 'article')} on record" if result.added else "nothing more to put on record"
        return f"{result.park:<24} {result.outcome:<9} first visit: {added}"
    if result.added:
        changes += f", {result.added} more on record that stood there at the first visit"
        return f"{result.park:<24} {result.outcome:<9} {changes}"
    if result.outcome in ("failed", "refused"):
        return f"{result.park:<24} {result.outcome:<9} nothing was seen"
    return f"{result.park:<24} {result.outcome:<9} {changes}"

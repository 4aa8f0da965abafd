"""The verb that reads a park's past: backfill."""

import sys
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from monitor.cli.app import UNSEEN, UsageError, app, common, err, fail_with, say, warn
from monitor.stopping import stopping
from monitor.visiting import Event, Visitors, visit_parks
from reports.wording import plural
from storage.clock import utc_now
from storage.records import Park

#: Without a terminal a line is printed for every so many articles.
_LINE_EVERY = 25


@app.command()
def backfill(
    park: Annotated[str, typer.Argument(metavar="PARK", help="Slug of the park.")],
    since: Annotated[str, typer.Option(metavar="DAY", help="First day of the span, such as 2023-01-01.")],
    until: Annotated[str | None, typer.Option(metavar="DAY", help="Last day of the span; today if left out.")] = None,
    source: Annotated[
        str, typer.Option("--from", metavar="SOURCE", help="Where to read: live, the listing as it stands.")
    ] = "live",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read the listing, say what there is, store nothing.")
    ] = False,
) -> None:
    """Read a park's past off its live listing. Stopped or killed, the same command goes on where it stopped."""
    chosen = common.park(park)
    if source != "live":
        raise UsageError(f"--from {source}: archives are not read yet; write live or leave it out")
    today = utc_now().astimezone(ZoneInfo(chosen.time_zone)).date()
    first = _day(since, "--since", today)
    last = _day(until, "--until", today) if until else None
    if last and last < first:
        raise UsageError(f"--until {last} lies before --since {first}")
    arguments = {"since": first.isoformat()}
    if last:
        arguments["until"] = last.isoformat()
    if dry_run:
        arguments["dry_run"] = "1"
    delay = common.settings.crawl.delay
    say(f"{park}: walking its listing back to {first}, one page every {delay:g} s")
    visitors = Visitors()
    watch = Watch(chosen, delay, dry_run=dry_run)
    with common.store(writes=not dry_run) as store, stopping(visitors.stop), watch:
        [result] = visit_parks(
            common.settings, store, [chosen], arguments=arguments, watch=watch.see, visitors=visitors
        )
    if result.outcome == "stopped" or visitors.is_stopping:
        fail_with(f"{park}: stopped; the same command goes on from here", UNSEEN)
    if dry_run and result.outcome == "done":
        requests = f"{plural(watch.planned, 'request')} or a few more, {_time(watch.planned * delay)}"
        say(f"{park}: {plural(watch.planned, 'article')} would be read: {requests}; nothing was stored")
    elif not dry_run:
        say(f"{park}: {result.outcome}, {result.changes} recovered")
    if result.outcome != "done":
        warn(f"parkwatch: {park}: {result.outcome}: {result.reason}; the same command tries the rest again")
        raise typer.Exit(UNSEEN)


def _day(text: str, option: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: write a day such as 2023-01-31") from error
    if day > today:
        raise UsageError(f"{option} {text}: lies in the future")
    return day


class Watch:
    """Holds what is shown of a backfill: a bar on a terminal, plain lines elsewhere."""

    def __init__(self, park: Park, delay: float, *, dry_run: bool) -> None:
        self._park = park
        self._delay = delay
        self._is_dry_run = dry_run
        self._is_terminal = sys.stderr.isatty()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=err,
            disable=not self._is_terminal,
        )
        self._task: TaskID | None = None
        #: Articles that are to be read, once the listing is walked.
        self.planned = 0
        self._done = 0

    def __enter__(self) -> "Watch":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def see(self, event: Event) -> None:
        """Show one event of the child."""
        if event["event"] == "begun" and event["resumed"]:
            self._line(f"goes on after {plural(event['listing_pages'], 'listing page')}")
        elif event["event"] == "listing":
            self._listing(event)
        elif event["event"] == "plan":
            self._plan(event["articles"])
        elif event["event"] == "article":
            self._article()

    def _listing(self, event: Event) -> None:
        pages, of = event["pages"], event.get("of")
        if pages == 1 and of:
            requests = f"{plural(of, 'request')}, {_time(of * self._delay)}"
            self._line(f"the listing says it has {plural(of, 'page')}: {requests} at the most")
        if self._is_terminal:
            if self._task is None:
                self._task = self._bar.add_task("listing", total=of)
            self._bar.update(self._task, completed=pages)
        elif pages % 10 == 0:
            self._line(f"{pages} listing pages read, back to {event['reached'] or 'an unknown day'}")

    def _plan(self, articles: int) -> None:
        self.planned = articles
        if not self._is_dry_run:
            requests = f"{plural(articles, 'request')} or a few more, {_time(articles * self._delay)}"
            self._line(f"{plural(articles, 'article')} to read: {requests}")
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task("articles", total=articles) if not self._is_dry_run else None

    def _article(self) -> None:
        self._done += 1
        if self._task is not None:
            self._bar.update(self._task, completed=self._done)
        if not self._is_terminal and (self._done % _LINE_EVERY == 0 or self._done == self.planned):
            self._line(f"{self._done} of {self.planned} articles read")

    def _line(self, text: str) -> None:
        self._bar.console.print(f"{self._park.slug}: {text}", markup=False)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"

"""Show what each layout made of an article, field by field, beside what the listing says of it."""

from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text

from crawler.reading import Reading
from crawler.trying import Trial
from monitor.cli.app import out, printable, say
from reports.wording import plural
from storage.records import FIELDS, Link

_FIELD, _LOCATOR = 60, 20
_NARROWEST, _COLUMN, _BESIDE = 100, 28, 40
_MOST_NAMED = 3


def print_trials(trials: list[Trial], link: Link) -> None:
    """Print a table for one article: the families by how much they read, those that read the same in one column.

    The general extractor comes last. Where the columns do not fit beside each other, they follow in a further table.
    """
    say(f"\n{link.url}")
    columns = list(_alike(trial for trial in trials if isinstance(trial.result, Reading)))
    width = max(out.width, _NARROWEST)
    many = max(2, (width - _BESIDE) // _COLUMN)
    for at in range(0, len(columns), many):
        if at:
            say()
        out.print(_table(columns[at : at + many], link), width=width)
    unread = [trial.layout.name for trial in trials if not isinstance(trial.result, Reading)]
    if unread:
        say(f"not read by {', '.join(unread)}")


def _alike(trials: Iterable[Trial]) -> Iterator[tuple[str, Reading]]:
    """Yield what was read, once each, with the names of the layouts that read it so, the best first."""
    groups: dict[object, list[Trial]] = {}
    for trial in sorted(trials, key=lambda each: (each.layout.is_general, -each.score, -each.marks)):
        assert isinstance(trial.result, Reading)
        alone = trial.layout.name if trial.layout.is_general else ""
        groups.setdefault((alone, trial.result.fields), []).append(trial)
    for group in groups.values():
        names = [trial.layout.name for trial in group]
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        assert isinstance(group[0].result, Reading)
        yield ", ".join(names[:_MOST_NAMED]) + more, group[0].result


def _table(columns: list[tuple[str, Reading]], link: Link) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("", "the listing", *(title for title, _ in columns)):
        table.add_column(title, overflow="fold")
    for name in FIELDS:
        listed = {"headline": link.headline, "date_published": link.date}.get(name)
        table.add_row(
            name, _cell(listed), *(_cell(_shown(result, name), result.located_by.get(name)) for _, result in columns)
        )
    return table


def _shown(result: Reading, name: str) -> str | None:
    fields = result.fields
    if name == "body":
        return f"{plural(len(fields.body), 'paragraph')}, {sum(map(len, fields.body))} characters: {fields.body[0]}"
    value: str | None = getattr(fields, name)
    return value


def _cell(value: str | None, located_by: str | None = None) -> Text:
    text = printable(value or "-")
    text = text if len(text) <= _FIELD else f"{text[:_FIELD]}…"
    by = printable(located_by or "")
    return Text(text).append(f"\n{by[:_LOCATOR]}{'…' if len(by) > _LOCATOR else ''}" if by else "", style="dim")

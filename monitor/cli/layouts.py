"""The verb about layouts: which there are, and whether their samples still read as a person reads them."""

from typing import Annotated, Any

import typer

from crawler.layouts import Layout, load_good_layouts
from crawler.reading import Unreadable, recognises
from crawler.samples import FieldCheck, Verdict, check_sample, load_good_samples
from monitor.cli.app import UNSEEN, USAGE, app, common, say, warn
from reports.wording import plural

layouts_app = typer.Typer(help="List the layouts, or replay their samples.", invoke_without_command=True)
app.add_typer(layouts_app, name="layouts")

_SHOWN = 120


@layouts_app.callback()
def layouts(context: typer.Context) -> None:
    """List the layouts, or replay their samples."""
    if context.invoked_subcommand:
        return
    found, wrong = load_good_layouts(common.settings.seeds.layouts)
    for layout in found.values():
        say(f"{layout.name:<24} {layout.revision}  {layout.rules.title}")
    for error in wrong.values():
        warn(f"parkwatch: {error}")
    if wrong:
        raise typer.Exit(USAGE)


@layouts_app.command()
def check(
    name: Annotated[str | None, typer.Argument(metavar="LAYOUT", help="One layout; all of them if left out.")] = None,
) -> None:
    """Replay every sample and show each field: same, different or missing."""
    # One that is wrong is no reason not to look at another.
    chosen = [common.layout(name)] if name else list(common.layouts.values())
    wrong = sum(_check(layout) for layout in chosen)
    if wrong + sum(_is_too_wide(layout) for layout in chosen if not layout.is_general):
        raise typer.Exit(UNSEEN)


def _is_too_wide(layout: Layout) -> bool:
    """Say, and return, whether a layout takes most pages of the other families for its own."""
    others = [each for each in common.good_layouts.values() if each.name != layout.name and not each.is_general]
    pages = [sample.page for other in others for sample in load_good_samples(other.folder)[0]]
    taken = sum(recognises(layout, page) for page in pages)
    if taken * 2 <= len(pages):
        return False
    warn(f"parkwatch: {layout.name}: recognises {taken} of {len(pages)} pages of other families: narrow [recognise]")
    return True


def _check(layout: Layout) -> int:
    """Show a layout's samples; return how many of them do not read as they should."""
    samples, broken = load_good_samples(layout.folder)
    for error in broken:
        warn(f"parkwatch: {error}")
    if not samples:
        if not broken:
            warn(f"parkwatch: {layout.name}: has no sample: see docs/adding-a-park.md")
        return 1
    wrong = len(broken)
    for sample in samples:
        result = check_sample(sample, layout)
        if isinstance(result, Unreadable):
            wrong += 1
            say(f" !  {layout.name}/{sample.name}: cannot be read: {result.reason}")
            continue
        if not any(sample.expected.values()):
            wrong += 1
            say(f" ?  {layout.name}/{sample.name}: what a person reads on it is not in its expected.json yet")
            for field in result:
                say(f"      {field.name}: found {_shown(field.found)}   ({_shown(field.located_by or 'not found')})")
            continue
        differing = [field for field in result if field.verdict is not Verdict.SAME]
        wrong += bool(differing)
        say(f"{' !' if differing else 'ok'}  {layout.name}/{sample.name}: {_verdicts(result)}")
        for field in differing:
            say(f"      {field.name}: expected {_shown(field.expected)}")
            by = _shown(field.located_by or "not found")
            say(f"      {' ' * len(field.name)}     found {_shown(field.found)}   ({by})")
    verdict = f"{wrong} not as expected" if wrong else "good"
    say(f"{layout.name}: {plural(len(samples) + len(broken), 'sample')}, {verdict}")
    return wrong


def _verdicts(fields: list[FieldCheck]) -> str:
    return ", ".join(f"{field.name} {field.verdict}" for field in fields)


def _shown(value: Any) -> str:
    text = " ¶ ".join(value) if isinstance(value, list) else str(value or "-")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"

"""The verb about parks: what is watched, and what would be read of it."""

from typing import Annotated

import typer
from rich.cells import cell_len

from crawler.checking import SeedError
from crawler.listing import read_listing
from crawler.reading import Reading, read_article
from monitor.cli.app import UNSEEN, app, common, print_json, say, warn
from monitor.fetching import fetch
from reports.wording import in_short
from storage.clock import utc_now
from storage.records import Park

parks_app = typer.Typer(help="List the parks, try what is read of them, or add one.", invoke_without_command=True)
app.add_typer(parks_app, name="parks")


@parks_app.callback()
def parks(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the parks, try what is read of them, or add one."""
    if context.invoked_subcommand:
        return
    known, errors = common.watched, common.seeds[1]
    for slug, park in known.items():
        if as_json:
            print_json(
                {
                    "park": slug,
                    "name": park.name,
                    "language": park.language,
                    "time_zone": park.time_zone,
                    "listings": park.listings,
                    "layouts": park.layouts,
                    "hosts": sorted(park.hosts),
                    "cadence_minutes": park.cadence_minutes,
                    "tls_verify": park.tls_verify,
                }
            )
        else:
            name = park.name + " " * (40 - cell_len(park.name))  # a Chinese character is two cells wide
            say(f"{slug:<24} {name} {', '.join(park.layouts):<20} {park.listings[0]}")
    for error in errors.values():
        warn(f"parkwatch: {error}")
    if errors:
        raise typer.Exit(UNSEEN)


@parks_app.command()
def check(
    slugs: Annotated[list[str] | None, typer.Argument(metavar="PARK", help="Slugs; all parks if left out.")] = None,
) -> None:
    """Fetch a listing and its first article, and say what would be read; nothing is stored."""
    _, errors = common.seeds
    chosen = [common.park(slug) for slug in slugs] if slugs else list(common.watched.values())
    for error in errors.values() if not slugs else ():
        warn(f"parkwatch: {error}")
    good = [_check(park) for park in chosen]
    if not all(good) or (errors and not slugs):
        raise typer.Exit(UNSEEN)


def _check(park: Park) -> bool:
    layouts = [common.good_layouts[name] for name in park.layouts if name in common.good_layouts]
    if len(layouts) < len(park.layouts):
        raise SeedError(
            f"park {park.slug}: layouts {', '.join(park.layouts)}: known are {', '.join(common.good_layouts)}"
        )
    is_good = True
    for address in park.listings:
        fetched = fetch(common.settings, address, verify=park.tls_verify)
        if fetched.reason:
            warn(f"parkwatch: {park.slug}: {address}: {fetched.reason}")
            is_good = False
            continue
        listing = read_listing(fetched.page(park.encoding), layouts, park)
        say(f"{park.slug}: {address}: {len(listing.links)} articles by layout {listing.layout or 'none'}")
        say(f"  goes on at {listing.next.url}" if listing.next else "  has no further page")
        if not listing.links:
            why = listing.trouble or "no layout finds an article in it"
            warn(f"parkwatch: {park.slug}: {address}: {why}: see docs/adding-a-park.md")
            is_good = False
            continue
        is_good &= _check_article(park, listing.links[0].url)
    return is_good


def _check_article(park: Park, url: str) -> bool:
    fetched = fetch(common.settings, url, verify=park.tls_verify)
    if fetched.reason:
        warn(f"parkwatch: {park.slug}: {url}: {fetched.reason}")
        return False
    layouts = [common.good_layouts[name] for name in park.layouts]
    result = read_article(fetched.page(park.encoding), layouts, park, utc_now())
    if not isinstance(result, Reading):
        warn(f"parkwatch: {park.slug}: {url}: {result.reason}")
        return False
    say(f"  {url}")
    body = result.fields.body
    for name, value in (
        ("headline", result.fields.headline),
        ("date_published", result.fields.date_published),
        ("source", result.fields.source),
        ("body", f"{len(body)} paragraphs, from: {body[0][:80]}" if body else "pictures alone"),
    ):
        say(f"    {name:<15} {value or '-'}   ({in_short(result.located_by.get(name, 'not found'))})")
    return True

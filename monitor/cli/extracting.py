"""The verb that reads one page: extract."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from crawler.bounds import excess_of
from crawler.decoding import UNDECODED, decode
from crawler.layouts import Layout
from crawler.page import Page, language_of, title_parts
from crawler.reading import Reading, Unreadable, read_article
from crawler.signs import load_signs
from monitor.cli.app import UNSEEN, UsageError, app, common, fail_with, print_json, say
from monitor.fetching import fetch
from reports.wording import in_short
from storage.clock import utc_now
from storage.identity import bare_host
from storage.records import Park


@app.command()
def extract(
    page: Annotated[str, typer.Argument(metavar="FILE|URL", help="A saved page (HTML or visible text) or an address.")],
    layout: Annotated[str | None, typer.Option(metavar="LAYOUT", help="Read it with this layout alone.")] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="The address that a saved page came from.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read one page and print its fields; nothing is stored."""
    is_live = page.startswith(("http://", "https://"))
    if "://" in page and not is_live:
        raise UsageError(f"{page}: only http:// and https:// are fetched; or name a saved page")
    if url and not url.startswith(("http://", "https://")):
        raise UsageError(f"--url {url}: write a whole address that begins with http:// or https://")
    address = page if is_live else url or ""
    park = _park_of(address)
    loaded = _fetched(page, park) if is_live else _saved(Path(page), address, park)
    if not park.slug:
        park = replace(park, language=language_of(loaded))
    layouts = _layouts(layout, park, address)
    result = best_reading(loaded, layouts, park)
    if isinstance(result, Unreadable) and not layout:
        general = [known for known in common.good_layouts.values() if known.is_general and known not in layouts]
        generally = best_reading(loaded, general, park)
        if general:
            result = generally if isinstance(generally, Reading) else _also(result, generally)
            layouts = [*layouts, *general]
    if isinstance(result, Unreadable) and (titled := _with_title(loaded)):
        # No listing says what to look for: the last resort is what the page calls itself.
        by_title = best_reading(titled, layouts, park)
        result, loaded = (by_title, titled) if isinstance(by_title, Reading) else (result, loaded)
    # As in a visit: what no family reads may be no article at all.
    if (isinstance(result, Unreadable) or result.layout.is_general) and (sign := load_signs().of(loaded)):
        fail_with(f"{page}: {sign.in_words}, so it is no article", UNSEEN)
    if isinstance(result, Unreadable):
        fail_with(f"{page}: no layout reads it: {result.reason}", UNSEEN)
    row = _row(result, address, park)
    if as_json:
        print_json(row)
        return
    for name, value in row.items():
        if name == "located_by":
            continue
        where = row["located_by"].get(name)
        shown = "" if name == "body" else value if value is not None else "-"
        say(f"{name:<19} {shown}" + (f"   ({in_short(where)})" if where else ""))
        if name == "body":
            say(f"\n{value}\n")


def _also(families: Unreadable, general: Unreadable) -> Unreadable:
    return Unreadable(reason=f"{general.reason}; {families.reason}")


def _with_title(page: Page) -> Page | None:
    """Return the page as if a listing had led to it under its own title: by hand there is none that says more."""
    parts = title_parts(page.title)
    return replace(page, listed_headline=parts[0]) if parts else None


def best_reading(page: Page, layouts: list[Layout], park: Park) -> Reading | Unreadable:
    """Return the reading that found the most fields, the first of equals."""
    results = [read_article(page, [layout], park, utc_now()) for layout in layouts]
    readings = [result for result in results if isinstance(result, Reading)]
    if readings:
        return max(readings, key=lambda reading: len(reading.located_by))
    return Unreadable(reason="; ".join(result.reason for result in results if isinstance(result, Unreadable)))


def _row(result: Reading, address: str, park: Park) -> dict[str, Any]:
    return {
        "url": address or None,
        "park": park.slug or None,
        **result.fields.as_row(),
        "layout": result.layout.name,
        "located_by": result.located_by,
    }


def _park_of(address: str) -> Park:
    """Return the park that an address belongs to, or one that stands for any site of the field."""
    parks, _ = common.seeds
    host = bare_host(address)
    for park in parks.values():
        if host and host in {name.removeprefix("www.") for name in park.hosts}:
            return park
    return Park(
        slug="",
        name=host,
        time_zone="Asia/Shanghai",
        language="en",
        listings=(),
        layouts=(),
        hosts=frozenset({host}),
    )


def _layouts(name: str | None, park: Park, address: str) -> list[Layout]:
    known = common.good_layouts
    if name:
        return [common.layout(name)]
    if park.layouts:
        return [known[layout] for layout in park.layouts if layout in known]
    families = [layout for layout in known.values() if not layout.is_general]
    # Of readings that find as much, the one counts whose family has such addresses.
    return sorted(families, key=lambda layout: not (address and layout.is_article(address)))


def _saved(path: Path, address: str, park: Park) -> Page:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    decoded = decode(content, None, encoding=park.encoding)
    if decoded.is_damaged:
        fail_with(f"{path}: {UNDECODED}", UNSEEN)
    text = decoded.text
    if excess := excess_of(text):
        fail_with(f"{path}: {excess}", UNSEEN)
    head = text[:4000].lower()
    is_html = path.suffix.lower() != ".txt" and any(
        mark in head for mark in ("<html", "<!doctype", "<body", "<div", "<p")
    )
    return Page(url=address, text=text, is_html=is_html)


def _fetched(address: str, park: Park) -> Page:
    fetched = fetch(common.settings, address, verify=park.tls_verify)
    if fetched.reason:
        fail_with(f"{address}: {fetched.reason}", UNSEEN)
    if fetched.is_damaged(park.encoding):
        fail_with(f"{address}: {UNDECODED}", UNSEEN)
    return fetched.page(park.encoding)

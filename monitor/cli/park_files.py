"""Write what 'parks add' has found out: a park's file, a layout's folder."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from crawler.checking import SeedError
from crawler.layouts import Layout, load_layout
from monitor.cli.app import UsageError, say, warn, write_file
from monitor.fetching import Fetched
from reports.wording import plural
from storage.clock import utc_now
from storage.records import Link, Park


def hosts_of(*urls: str) -> frozenset[str]:
    """Return the hosts of addresses, each with and without ``www.``."""
    hosts = {urlsplit(url).netloc.lower() for url in urls}
    return frozenset(hosts | {h.removeprefix("www.") if h.startswith("www.") else f"www.{h}" for h in hosts})


def park_file(park: Park, url: str, layout: Layout) -> str:
    """Return the text of a park's file."""
    further = sorted(park.hosts - hosts_of(url) - {f"www.{host}" for host in park.hosts})
    lines = [
        f"name = {_quoted(park.name)}",
        f"time_zone = {_quoted(park.time_zone)}",
        f"language = {_quoted(park.language)}",
        f"listings = [{_quoted(url)}]",
        f"layouts = [{_quoted(layout.name)}]",
    ]
    if park.articles:
        lines.append(f"articles = [{', '.join(map(_quoted, park.articles))}]")
    if not park.tls_verify:
        lines.append("tls_verify = false")
    if further:
        lines.append(f"hosts = [{', '.join(map(_quoted, further))}]")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # JSON's escapes are TOML's (TOML 1.0, section String)


def write_layout(folder: Path, text: str, articles: list[tuple[Fetched, Link]], park: Park) -> Layout:
    """Make a layout's folder with the pages as samples, and return the layout; raises SeedError if it is wrong."""
    try:
        folder.mkdir(parents=True)
        for number, (fetched, _) in enumerate(articles, 1):
            sample = folder / "samples" / f"page-{number}"
            sample.mkdir(parents=True)
            (sample / "page.html").write_bytes(fetched.content)
            kind = f"content_type = {_quoted(fetched.content_type)}\n" if fetched.content_type else ""
            response = (
                f"url = {_quoted(fetched.url)}\ncaptured_at = {utc_now():%Y-%m-%dT%H:%M:%SZ}\n{kind}"
                f"time_zone = {_quoted(park.time_zone)}\nlanguage = {_quoted(park.language)}\n"
            )
            write_file(sample / "response.toml", response)
            expected = {"headline": "", "date_published": "", "source": "", "body": []}
            write_file(sample / "expected.json", json.dumps(expected, indent=1) + "\n")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror}") from error
    write_file(folder / "layout.toml", text)
    samples = plural(len(articles), "sample")
    say(f"{folder}: written with {samples}; what a person reads on them belongs into their expected.json")
    try:
        return load_layout(folder)
    except SeedError as error:
        warn(f"parkwatch: {error}")
        raise

"""The verb that puts a park under watch: look at its listing and two articles, try every layout, write its file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from crawler.decoding import UNDECODED
from crawler.elsewhere import articles_elsewhere
from crawler.grouping import largest_group
from crawler.layouts import Layout
from crawler.listing import ListingPage
from crawler.page import Page, language_of, title_parts
from crawler.proposing import propose_layout
from crawler.reading import Reading
from crawler.trying import (
    Trial,
    address_behind_frame,
    article_at,
    best_layout,
    doubts_of_listing,
    listings_by_layout,
    trouble_with_listing,
    try_layouts,
)
from monitor.cli.app import UNSEEN, UsageError, common, fail_with, say, warn, write_file
from monitor.cli.park_files import hosts_of, park_file, write_layout
from monitor.cli.parks import parks_app
from monitor.cli.trial_table import print_trials
from monitor.fetching import Fetched, fetch, fetch_all
from reports.wording import plural
from storage.clock import utc_now
from storage.identity import bare_host, canonical_address
from storage.records import Link, Park
from storage.text import clean_text

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")
#: What a listing's title says where it does not say whose it is.
_NO_NAME = re.compile(
    r"(?:(?:[\w-]+\.)+[a-z]{2,10}|[\d.]+)(?::\d+)?|(?i:(?:latest |park )?news(?: list)?|articles?|blog|home)"
    r"|(?:新闻|动态|要闻|通知|公告|资讯|列表|首页|中心|园区|工作)+"
)
#: Parts of a host that name no park.
_PLAIN = {"www", "en", "english", "com", "cn", "gov", "org", "net", "edu", "co"}


@parks_app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the page that lists the park's news.")],
    slug: Annotated[str | None, typer.Option(metavar="SLUG", help="Name of the park's file; from the host.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="The park's name; from the page's title.")] = None,
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="Zone in which its pages print times.")] = (
        "Asia/Shanghai"
    ),
    new_layout: Annotated[
        str | None, typer.Option(metavar="LAYOUT", help="Make a new layout of this name, with the pages as samples.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--tls-verify/--no-tls-verify", help="Whether the site's certificate is verified.")
    ] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look and say, write nothing.")] = False,
) -> None:
    """Watch a further park: fetch its listing and two articles, try every layout, write the park file."""
    park = replace(_park(url, slug, time_zone), tls_verify=verify)
    target = common.settings.seeds.parks / f"{park.slug}.toml"
    _must_be_new(url)
    _must_be_free(target, new_layout)
    fetched = _page(fetch(common.settings, url, verify=verify), url)
    _must_be_new(fetched.url, asked=url)
    page = fetched.page()
    park = _described(park, page, fetched.url, name)
    shown = page
    if framed := address_behind_frame(page, common.good_layouts.values(), park):
        page = _page(fetch(common.settings, framed, verify=verify), framed).page()
    listings = listings_by_layout(page, common.good_layouts, park)
    park, listings = _with_own_forms(park, page, listings)
    article = article_at(shown, listings, common.good_layouts, park, utc_now())
    if trouble := trouble_with_listing(shown, listings, common.good_layouts, article, park):
        fail_with(f"{url}: {trouble}", UNSEEN)
    links = next(iter(listings.values())).links
    articles = _two_of(links, verify=verify)
    layouts = dict(common.good_layouts)
    if new_layout:
        text = propose_layout(park.name, page, links, [(_with_link(got, link), link) for got, link in articles])
        if dry_run:
            say(text)
        else:
            layouts[new_layout] = write_layout(common.settings.seeds.layouts / new_layout, text, articles, park)
            listings |= listings_by_layout(page, {new_layout: layouts[new_layout]}, park)
    trials = _tried(articles, layouts, park)
    chosen = layouts.get(new_layout or "") or best_layout(trials, listings)
    if chosen is None:
        fail_with(f"{url}: no layout reads its articles: try --new-layout NAME", UNSEEN)
    doubts = _doubts_of_page(page, park, chosen, article, is_named=bool(name))
    _print_verdict(
        park, chosen, listings.get(chosen.name), [trial for trial in trials if trial.layout is chosen], doubts
    )
    if dry_run:
        say("nothing was written")
        return
    write_file(target, park_file(park, url, chosen))
    say(f"{target}: written; 'parkwatch crawl {park.slug}' makes its baseline")


def _with_own_forms(park: Park, page: Page, listings: dict[str, ListingPage]) -> tuple[Park, dict[str, ListingPage]]:
    """Return the park with the forms of its articles' addresses, if its list has entries that no layout knows."""
    group = largest_group(page, park.hosts)
    own = replace(park, articles=group.forms)
    found = listings_by_layout(page, common.good_layouts, own) if group.forms else {}
    first = next(iter(listings), next(iter(found), ""))
    known, more = ({link.url for link in each[first].links} if first in each else set() for each in (listings, found))
    return (own, found) if _is_better(known, more, group.urls) else (park, listings)


def _is_better(known: set[str], more: set[str], group: frozenset[str]) -> bool:
    """Say whether what the forms of a list's own addresses tell is better than what was *known* without them.

    A form that the menu shares is better than none, and worse than a layout's own; a story that is shown above the
    list has its form as well.
    """
    gained = more - known
    return known < more and (not known or len(gained - group) * 4 <= len(gained & group))


def _tried(articles: Sequence[tuple[Fetched, Link]], layouts: Mapping[str, Layout], park: Park) -> list[Trial]:
    """Try every layout on every article, and show what each made of it."""
    trials = []
    for got, link in articles:
        tried = try_layouts(_with_link(got, link), link, layouts.values(), park, utc_now())
        print_trials(tried, link)
        trials += tried
    return trials


def _park(url: str, slug: str | None, time_zone: str) -> Park:
    if not _is_plain_address(url):
        raise UsageError(f"{url}: write a whole address that begins with http:// or https://, without a login")
    try:
        ZoneInfo(time_zone)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise UsageError(f"--time-zone {time_zone}: write a time zone such as Asia/Shanghai") from error
    if slug is None:
        parts = "-".join(part for part in bare_host(url).split(".") if part not in _PLAIN)
        slug = re.sub(r"[^a-z0-9_-]+", "-", parts).strip("-_") or "park"
    if not _SLUG.fullmatch(slug):
        raise UsageError(f"--slug {slug}: write small letters, digits, hyphens and underscores")
    return Park(
        slug=slug,
        name=slug,
        time_zone=time_zone,
        language="en",
        listings=(url,),
        layouts=(),
        hosts=hosts_of(url),
    )


def _is_plain_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:
        return False


def _must_be_free(target: Path, new_layout: str | None) -> None:
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent} is no folder: make it, or set seeds.parks to the folder of your park files")
    if target.exists():
        raise UsageError(f"{target}: is there already: give the park another name with --slug")
    if new_layout and not _SLUG.fullmatch(new_layout):
        raise UsageError(f"--new-layout {new_layout}: write small letters, digits, hyphens and underscores")
    if new_layout and (new_layout in common.good_layouts or (common.settings.seeds.layouts / new_layout).exists()):
        raise UsageError(f"--new-layout {new_layout}: there is such a layout already")


def _must_be_new(url: str, asked: str | None = None) -> None:
    for park in common.seeds[0].values() if common.settings.seeds.parks.is_dir() else ():
        if canonical_address(url) in map(canonical_address, park.listings):
            there = f"{asked}: leads to {url}" if asked and asked != url else url
            raise UsageError(f"{there}: park '{park.slug}' watches this listing already")


def _page(fetched: Fetched, url: str) -> Fetched:
    if fetched.reason:
        hint = ", or --no-tls-verify for a certificate that is known to be broken"
        look = ": open it in a browser, and give the address that shows the news there"
        hint = hint if "certificate" in fetched.reason else look if "answered status" in fetched.reason else ""
        fail_with(f"{url}: {fetched.reason}{hint}", UNSEEN)
    if fetched.is_damaged():
        fail_with(f"{url}: {UNDECODED}", UNSEEN)
    return fetched


def _two_of(links: Sequence[Link], *, verify: bool) -> list[tuple[Fetched, Link]]:
    """Fetch two articles of a listing, the first and one further down; others where those do not come."""
    order = [*dict.fromkeys([0, len(links) // 2, 1, len(links) - 1, 2])]
    wanted = [links[at] for at in order if at < len(links)]
    good: list[tuple[Fetched, Link]] = []
    failed: list[tuple[Fetched, Link]] = []
    for some in (wanted[:2], wanted[2:]):
        needed = some if some and len(good) < 2 else []
        came = fetch_all(common.settings, [each.url for each in needed], verify=verify)
        for fetched, link in zip(came, needed, strict=True):
            (failed if fetched.reason else good).append((fetched, link))
    for fetched, link in failed:
        warn(f"parkwatch: {link.url}: {fetched.reason}")
    if not good:
        fail_with(f"{wanted[0].url}: none of the listing's articles could be fetched", UNSEEN)
    return good[:2]


def _described(park: Park, page: Page, final_url: str, name: str | None) -> Park:
    """Return the park with the name, the language and the hosts that its listing shows."""
    shown = name or page.meta("sitename") or next(reversed(title_parts(page.title)), "")
    return replace(
        park,
        name=clean_text(shown)[:80] or bare_host(final_url),
        language=language_of(page),
        hosts=park.hosts | hosts_of(final_url),
    )


def _doubts_of_page(page: Page, park: Park, chosen: Layout, article: Reading | None, *, is_named: bool) -> list[str]:
    """Return what is doubtful about the page that was given, whatever reads it."""
    found = [f"the page reads as an article itself, '{article.fields.headline[:80]}'"] if article else []
    if not is_named and _NO_NAME.fullmatch(park.name):
        found.append(f"its name, '{park.name}', is a column's or a host's: --name gives it another")
    elsewhere = articles_elsewhere(page, [chosen], park)
    return [*found, elsewhere] if elsewhere else found


def _with_link(fetched: Fetched, link: Link) -> Page:
    return replace(fetched.page(), listed_headline=link.headline, listed_date=link.date)


def _print_verdict(
    park: Park, chosen: Layout, listing: ListingPage | None, trials: list[Trial], doubts: list[str]
) -> None:
    say()
    say(f"{park.slug}: {park.name}, read by {chosen.name}")
    if listing:
        onward = f"which goes on at {listing.next.url}" if listing.next else "which has no further page"
        say(f"{plural(len(listing.links), 'article')} on the listing, {onward}")
    doubts += doubts_of_listing(listing) if listing else ["the listing is not read by this layout"]
    doubts += [f"{trial.link.url}: {doubt}" for trial in trials for doubt in trial.doubts(park.time_zone)]
    if park.articles:
        doubts.insert(0, f"the form of their addresses alone tells some of its articles: {', '.join(park.articles)}")
    if chosen.is_general:
        doubts.insert(0, "no family fits, so a general extractor reads it: --new-layout NAME proposes a layout")
    for doubt in doubts:
        say(f"  ? {doubt}")

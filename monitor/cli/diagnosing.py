"""The verb that says why a park is not read as it used to be: layouts diagnose."""

from collections.abc import Mapping
from typing import Annotated

import typer

from crawler.drift import listed_again, replays
from crawler.elsewhere import articles_elsewhere
from crawler.layouts import Layout, ways_of
from crawler.listing import read_listing
from crawler.page import Page
from crawler.proposing import propose_list, propose_locators
from crawler.reading import Unreadable, read_article
from crawler.rereading import page_of_capture
from monitor.cli.app import UNSEEN, common, say
from monitor.cli.layouts import layouts_app
from reports.wording import in_short, plural
from storage.database import Session, articles, drift, good_listings, visit_log
from storage.database.drift import GoodCapture
from storage.drift import NOT_FOUND, Counts, Shift, shifts
from storage.identity import canonical_address
from storage.records import FIELDS, Capture, ConditionKind, Link, Park

#: So many of the last good articles are read again.
_REPLAYED = 5


def shift_sentence(shift: Shift) -> str:
    """Say which field another locator finds than used to."""
    now = "is found by nothing" if shift.is_lost else f"is found by {in_short(shift.now)}"
    return (
        f"{shift.field} {now} in {plural(shift.readings, 'reading')}; "
        f"it was {in_short(shift.usual)} in {shift.usual_share:.0%} of {shift.past_readings}"
    )


@layouts_app.command()
def diagnose(
    park: Annotated[str, typer.Argument(metavar="PARK", help="Slug of the park.")],
) -> None:
    """Say whether a park is still read as it used to be, what broke, with evidence, and which locator would mend it."""
    chosen = common.park(park)
    layouts = [common.good_layouts[name] for name in chosen.layouts]
    with common.store() as store, store.reading() as session:
        now, past = drift.habit(session, park)
        good = drift.last_good(session, park, _REPLAYED)
        listings = good_listings.of_park(session, park)
        evidence = drift.evidence(session, park)
        conditions = [line for line in visit_log.conditions(session, park=park) if line.ended_at is None]
        known = {capture.url: _known(session, chosen, canonical_address(capture.url)) for capture, _ in evidence}
    moved, replayed = shifts(now, past, ways_of(layouts)), replays(good, layouts, chosen)
    _print_habits(now, past)
    _print_replays(good, replayed)
    listed = listed_again(listings, layouts, chosen)
    _print_listings(listings, listed)
    drifted = [line for line in conditions if line.kind in (ConditionKind.DRIFTED, ConditionKind.BLOCKED)]
    for line in drifted:
        say(f"\n{line.kind} since {line.began_at:%Y-%m-%d %H:%M} UTC: {line.evidence}")
    for capture, reason in evidence if drifted else ():
        _print_evidence(capture, reason, chosen, layouts, known[capture.url], [_link(each) for each in good])
    for shift in moved:
        say(f"\n{shift_sentence(shift)}")
        # Those that were read in the old way show the old template.
        shown = [each for each in good if each.located_by.get(shift.field, NOT_FOUND) == shift.now]
        for each in shown[:1]:
            say(f"  as on {each.url}")
        _print_proposals({shift.field: _shared_proposals(shift.field, shown or good, chosen)})
    if not drifted and not moved and all(replayed) and all(listed.values()):
        say("\nno sign of drift")
        return
    raise typer.Exit(UNSEEN)


def _known(session: Session, park: Park, url: str) -> Link | None:
    """Return what is on record of the page that could not be read, or what the listing said of it."""
    link = visit_log.listed(session, park.slug, url)
    article = articles.by_url(session, park.slug, url)
    return article or link


def _link(good: GoodCapture) -> Link:
    return Link(key="", url=good.url, headline=good.fields.headline, date=good.fields.date_published)


def _print_habits(now: Counts, past: Counts) -> None:
    if not now:
        say("no visit has read an article yet")
        return
    say("which locator found each field, in the last visits that it takes to judge and in those before:")
    for name in FIELDS:
        say(f"  {name:<15} {_habit(name, now)}   before: {_habit(name, past)}")


def _habit(name: str, counts: Counts) -> str:
    mine = {locator: number for (field, locator), number in counts.items() if field == name}
    total = sum(mine.values())
    most = sorted(mine, key=lambda locator: -mine[locator])[:3]
    shown = (f"{'nothing' if each == NOT_FOUND else in_short(each)} {mine[each] / total:.0%}" for each in most)
    return f"{', '.join(shown)} of {total}" if total else "-"


def _print_replays(good: list[GoodCapture], replayed: list[bool]) -> None:
    if good:
        of = plural(len(good), "last good article")
        say(f"\nread again by today's layouts, without a fetch: {sum(replayed)} of the {of} as they are on record")
    for article, is_good in zip(good, replayed, strict=True):
        if not is_good:
            say(f"  !  article {article.article_id} reads otherwise or not at all: {article.url}")


def _print_listings(kept: Mapping[str, Capture], listed: Mapping[str, int]) -> None:
    for listing, number in listed.items():
        found = f"{plural(number, 'article')} found" if number else "no article found any more"
        day = f"{kept[listing].captured_at:%Y-%m-%d}"
        say(f"  {' ' if number else '!'}  its listing as it was read on {day}: {found}: {listing}")


def _print_evidence(
    capture: Capture, reason: str, park: Park, layouts: list[Layout], known: Link | None, others: list[Link]
) -> None:
    page = page_of_capture(capture, park)
    length = sum(map(len, page.lines))
    say(f"\n{capture.url}   {capture.captured_at:%Y-%m-%d %H:%M} UTC, {len(capture.content)} bytes, {length} visible")
    say(f"  then: {reason}")
    if capture.url in park.listings:
        listing = read_listing(page, layouts, park)
        trouble = listing.trouble or articles_elsewhere(page, layouts, park)
        found = f"{plural(len(listing.links), 'article')} found by {listing.layout}" if listing.links else trouble
        say(f"  now:  {found or 'no layout finds an article in it'}")
        within, forms = propose_list(page, others) if not (listing.links or trouble) else ([], [])
        _print_proposals({"listing.within": within, "listing.articles": forms}, selectors=False)
        return
    result = read_article(page, layouts, park, capture.captured_at)
    say(f"  now:  {result.reason if isinstance(result, Unreadable) else f'read by {result.layout.name}'}")
    if known is not None and isinstance(result, Unreadable):
        _print_proposals(propose_locators(page, known))


def _shared_proposals(name: str, good: list[GoodCapture], park: Park) -> list[str]:
    pages: list[tuple[Page, Link]] = [(page_of_capture(each.captures[0], park), _link(each)) for each in good]
    found = [propose_locators(page, link).get(name, []) for page, link in pages]
    return [each for each in (found[0] if found else []) if all(each in other for other in found)]


def _print_proposals(proposals: dict[str, list[str]], *, selectors: bool = True) -> None:
    """Show what to write into the layout, as it is written there."""
    for name, values in proposals.items():
        for value in values:
            shown = f"{{ selector = '{value}' }}" if selectors else f"'{value}'"
            say(f"  proposed: {name}{'' if '.' in name else ' locator'}: {shown}")

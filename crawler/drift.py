"""Find out why pages that came could not be read, while the visit that met them still runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crawler.layouts import Layout
from crawler.listing import is_article_of, read_listing
from crawler.outcome import Account, Outcome
from crawler.reading import Reading
from crawler.rereading import page_of_capture, reread
from crawler.shared_values import LESS
from storage.database.drift import GoodCapture
from storage.decisions import changed_fields
from storage.drift import NOT_FOUND, Cause, cause_of
from storage.records import FIELDS, Capture, ConditionKind, Observation, Park


def located(observation: Observation) -> list[tuple[str, str]]:
    """Return for every field which locator found it."""
    return [(name, observation.located_by.get(name, NOT_FOUND)) for name in FIELDS]


def replays(good: Sequence[GoodCapture], layouts: Sequence[Layout], park: Park) -> list[bool]:
    """Say of each article whether today's layouts still read off its captures what is on record."""
    results = [(known, reread(known.captures, layouts, park, known.fields, known.listed_date)) for known in good]
    return [
        isinstance(result, Reading) and not changed_fields(known.fields, result.fields) for known, result in results
    ]


def knows_addresses(good: Sequence[GoodCapture], layouts: Sequence[Layout], park: Park) -> bool:
    """Say whether today's rules take the addresses of most articles on record for an article's."""
    known = [any(is_article_of(park, layout, article.url) for layout in layouts) for article in good]
    return sum(known) * 2 >= len(known)


def listed_again(kept: Mapping[str, Capture], layouts: Sequence[Layout], park: Park) -> dict[str, int]:
    """Return how many articles today's rules find in every listing of the park as it was last read well."""
    pages = {listing: page_of_capture(page, park) for listing, page in kept.items() if listing in park.listings}
    return {listing: len(read_listing(page, list(layouts), park).links) for listing, page in pages.items()}


def with_cause(
    outcome: Outcome,
    account: Account,
    *,
    replayed: Sequence[bool],
    knows_addresses: bool = True,
    lists_still: bool = True,
) -> Outcome:
    """Return the outcome with the cause named where pages could not be read; a block page is another condition."""
    evidence = outcome.conditions.get(ConditionKind.DRIFTED)
    if evidence is None or evidence.startswith(Cause.ALIKE):
        return outcome
    # The evidence is of this kind, where both are there.
    shared = account.shared[0] if account.shared and evidence == account.shared[1] else None
    cause = cause_of(
        account.unread_listings if account.lost_listing else [] if shared else account.unread_pages,
        listing_is_read=account.lost_listing is None,
        replays=replayed,
        lists_still=knows_addresses and lists_still,
    )
    if shared == "body" and cause is Cause.ARTICLES:
        cause = Cause.BLOCK_PAGE
    elif shared == LESS:
        cause = Cause.OUR_LAYOUT
    others: dict[ConditionKind, str] = {
        kind: told for kind, told in outcome.conditions.items() if kind is not ConditionKind.DRIFTED
    }
    kind = ConditionKind.BLOCKED if cause is Cause.BLOCK_PAGE else ConditionKind.DRIFTED
    return replace(outcome, conditions=others | {kind: f"{cause}: {evidence}"})

"""Choose what a spider does, visit or backfill, and give it the book that goes with that."""

from collections.abc import Callable
from datetime import timedelta

from scrapy.settings import BaseSettings

from crawler.backfill_book import BackfillBook
from crawler.backfill_plan import BackfillPlan
from crawler.book import VisitBook
from crawler.outcome import Account
from crawler.spiders.arguments import VisitArguments
from crawler.visit_plan import VisitPlan
from storage.database import visits
from storage.records import Park

Plan = VisitPlan | BackfillPlan


def planned(
    settings: BaseSettings, park: Park, account: Account, asked: VisitArguments, report: Callable[..., None]
) -> tuple[VisitBook, Plan]:
    """Return the book and the plan of what the arguments ask for."""
    store_url = settings["PARKWATCH_STORE_URL"]
    if asked.since:
        book = BackfillBook(store_url, park, kind=visits.BACKFILL)
        return book, BackfillPlan(
            book,
            park,
            account,
            since=asked.since,
            until=asked.until,
            most_pages=asked.max_pages,
            is_dry_run=asked.is_dry_run,
            report=report,
        )
    visit_book = VisitBook(store_url, park, kind=visits.VISIT)
    return visit_book, VisitPlan(
        visit_book,
        park,
        account,
        recheck=asked.recheck,
        first_visit_pages=asked.max_pages or settings.getint("PARKWATCH_FIRST_VISIT_PAGES"),
        most_pages=asked.max_pages or settings.getint("PARKWATCH_LISTING_PAGES"),
        whole_every=timedelta(hours=settings.getint("PARKWATCH_WHOLE_LISTING_HOURS")),
    )

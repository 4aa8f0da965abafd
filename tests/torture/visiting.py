"""Scenes in which a visit, a backfill or an upgrade dies at a named point."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from sqlalchemy import text

from storage.clock import utc_now
from storage.database import Store, exports, ledger, open_store, visit_log
from storage.database import verify as verification
from tests.torture import steps
from tests.torture.account import Tally, settle
from tests.torture.post import Post
from tests.torture.scenes import KILLED, drain
from tests.torture.stands import Stand, with_readers
from tests.tricksite import LISTING, Page, TrickSite, article, listing, path, status

VISITING_POINTS = (
    "visit_begun_before_commit",
    "visit_begun_after_commit",
    "listing_fetched",
    "listing_before_commit",
    "listing_after_commit",
    "article_fetched",
    "article_before_commit",
    "article_after_commit",
    "confirmed_before_commit",
    "confirmed_after_commit",
    "removed_before_commit",
    "removed_after_commit",
    "unlisted_before_commit",
    "unlisted_after_commit",
    "visit_ended_before_commit",
    "visit_ended_after_commit",
)
BACKFILL_POINTS = tuple(
    f"backfill_{step}_{side}_commit" for step in ("begun", "page", "ended") for side in ("before", "after")
)
MIGRATION_POINTS = ("migration_before_commit", "migration_after_commit")
#: What the second day of the site means, whoever dies on the way.
TRUTH = Counter({("new", 6): 1, ("new", 7): 1, ("new", 8): 1, ("edited", 1): 1, ("removed", 2): 1, ("unlisted", 3): 1})
_OLD = range(20, 29)


def first_day(site: TrickSite) -> None:
    """Let the site show five stories; the fourth and the fifth have validators that tell the truth."""
    site.pages.clear()
    site.serve_stories(1, 2, 3)
    for number in (4, 5):
        site.pages[path(number)] = _with_validator(number)
    site.pages[LISTING] = listing(1, 2, 3, 4, 5)


def second_day(site: TrickSite) -> None:
    """Three new stories, one edited, one gone, one no longer listed."""
    for number in (6, 7, 8):
        site.pages[path(number)] = article(number)
    site.pages[path(1)] = article(1, "The park built two halls.")
    site.pages[path(2)] = status(404)
    site.pages[LISTING] = listing(8, 7, 6, 5, 4, 1)


def with_old_stories(site: TrickSite) -> None:
    """Let the listing go on to a second page of older stories, which the first visit does not reach."""
    first_day(site)
    older = f"{LISTING}index_2.html"
    site.pages[LISTING] = listing(1, 2, 3, 4, 5, following=older)
    site.pages[older] = listing(*_OLD)
    for number in _OLD:
        site.pages[path(number)] = article(number)


def _with_validator(number: int) -> Callable[[BaseHTTPRequestHandler], Page]:
    tag = f'"v{number}"'

    def answer(request: BaseHTTPRequestHandler) -> Page:
        return status(304, ETag=tag) if request.headers["If-None-Match"] == tag else article(number, ETag=tag)

    return answer


def visited(site: TrickSite, post: Post, folder: Path) -> Callable[[str], None]:
    """Return how to prepare a store: readers, a first visit, and the digest that tells what stood there already."""

    def prepare(url: str) -> None:
        with_readers(url)
        first_day(site)
        here = Stand("", url, folder)
        park_file(site, folder)
        assert steps.run(steps.visit, url, folder, {"recheck": "all"}) == 0
        drain(here, post, utc_now() + timedelta(hours=1))

    return prepare


def park_file(site: TrickSite, folder: Path) -> None:
    """Write the park's file."""
    (folder / "parks").mkdir(exist_ok=True)
    site.park(folder)


def visit_dies(stand: Stand, site: TrickSite, post: Post, point: str, hit: int) -> Tally:
    """Visit the site on its second day, die at the point, visit again, and once more."""
    second_day(site)
    park_file(site, stand.folder)
    codes = [
        steps.run(steps.visit, stand.url, stand.folder, {"recheck": "all"}, crash_at=crash_at)
        for crash_at in (f"{point}:{hit}", "", "")
    ]
    drain(stand, post, utc_now() + timedelta(hours=3))
    tally = settle(stand, post, codes.count(KILLED))
    tally.wrong += [f"{point}: ended with {codes}"] if codes != [KILLED, 0, 0] else []
    store = open_store(stand.url)
    with store.reading() as session:
        entries = ledger.entries(session)
        found = Counter((str(entry.kind), int(entry.headline.split()[1])) for entry in entries)
    store.close()
    tally.wrong += [f"{point}: lost {change}" for change in TRUTH - found]
    tally.wrong += [f"{point}: not so or twice: {change}" for change in found - TRUTH]
    return tally


def backfill_dies(stand: Stand, site: TrickSite, point: str, hit: int) -> Tally:
    """Backfill the older stories, die at the point, and take it up again: every article once, and nothing new."""
    with_old_stories(site)
    park_file(site, stand.folder)
    arguments = {"since": "2024-05-01", "recheck": "none"}
    site.asked.clear()
    codes = [
        steps.run(steps.visit, stand.url, stand.folder, arguments, crash_at=crash_at)
        for crash_at in (f"{point}:{hit}", "")
    ]
    store = open_store(stand.url)
    with store.reading() as session:
        wrong = [f"verify: {problem}" for problem in verification.problems(session)]
        kinds = Counter(str(entry.kind) for entry in ledger.entries(session))
        held = sum(exports.counts(session, "trick").values())
    store.close()
    again = sum(site.asked[path(number)] - 1 for number in _OLD)
    wrong += [f"{point}: {again} articles were asked for again"] if again > 2 else []
    wrong += [f"{point}: ended with {codes}"] if codes != [KILLED, 0] else []
    wrong += [f"{point}: {held} articles instead of {5 + len(_OLD)}"] if held != 5 + len(_OLD) else []
    wrong += [f"{point}: {kinds} in the ledger"] if kinds != {"recovered": len(_OLD)} else []
    return Tally(scenes=1, kills=codes.count(KILLED), changes=len(_OLD), wrong=wrong)


def upgrade_dies(stand: Stand, point: str) -> Tally:
    """Upgrade a store of the first version, die at the point: it is old or new, and never between."""
    store = open_store(stand.url)
    as_it_was_first(store)
    store.close()
    codes = [steps.run(steps.upgrade, stand.url, crash_at=crash_at) for crash_at in (point, "")]
    store = open_store(stand.url)
    with store.reading() as session:
        wrong = [f"verify: {problem}" for problem in verification.problems(session)]
        list(visit_log.visits(session))
    store.close()
    wrong += [f"{point}: ended with {codes}"] if codes != [KILLED, 0] else []
    return Tally(scenes=1, kills=codes.count(KILLED), wrong=wrong)


def as_it_was_first(store: Store) -> None:
    """Take away what later versions brought."""
    with store.writing() as session:
        for index in (
            "ix_articles_park_headline",
            "ix_articles_park_id",
            "ix_visits_park_ended",
            "ix_visits_outcome_park",
            "ix_visits_park_id",
            "ix_digest_lines_change_number",
        ):
            session.execute(text(f"DROP INDEX {index}"))
        for table in ("visit_locators", "visit_evidence", "pauses", "change_captures", "good_listings"):
            session.execute(text(f"DROP TABLE {table}"))
        session.execute(text("ALTER TABLE unread DROP COLUMN absent_at"))
        session.execute(text("ALTER TABLE visits DROP COLUMN cadence_minutes"))
        session.execute(text("ALTER TABLE deliveries DROP COLUMN is_our_fault"))
        session.execute(text("ALTER TABLE subscriptions DROP COLUMN covers_since"))
        session.execute(text("ALTER TABLE subscriptions DROP COLUMN scheduled_at"))
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))

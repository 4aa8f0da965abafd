"""A site that answers slowly enough to be left in the middle, and looks at how far a run by hand has come."""

import os
import sqlite3
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from tests.conftest import Desk
from tests.tricksite import LISTING, Answer, Page, TrickSite, article, listing, path

STORIES = range(60, 0, -1)


def serve_slowly(site: TrickSite) -> TrickSite:
    """Let the site show sixty stories on five pages of its listing, each after a moment."""
    pages = [STORIES[at : at + 12] for at in range(0, 60, 12)]
    for at, numbers in enumerate(pages):
        following = f"{LISTING}index_{at + 2}.html" if at + 1 < len(pages) else None
        site.pages[LISTING if at == 0 else f"{LISTING}index_{at + 1}.html"] = listing(*numbers, following=following)
    site.pages |= {path(number): _slow_story(number) for number in STORIES}
    return site


def _slow_story(number: int) -> Answer:
    def answer(_request: BaseHTTPRequestHandler) -> Page:
        time.sleep(0.03)
        return article(number)

    return answer


def stories(desk: Desk) -> list[tuple[str, str]]:
    """Return which articles are on record."""
    return sorted((row["url"].rpartition("/")[2], row["headline"]) for row in desk.rows("articles"))


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def stored(desk: Desk, table: str) -> int:
    """Return how many rows a table has while another process writes."""
    connection = sqlite3.connect(desk.folder / "parkwatch.db")
    try:
        count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    finally:
        connection.close()
    return count


def has_running_visit(desk: Desk) -> bool:
    """Say whether a process that is on record as visiting is still there."""
    connection = sqlite3.connect(desk.folder / "parkwatch.db")
    try:
        pids = [row[0] for row in connection.execute("SELECT pid FROM visits WHERE outcome = 'running'")]
    finally:
        connection.close()
    return any(os.path.exists(f"/proc/{pid}") for pid in pids)

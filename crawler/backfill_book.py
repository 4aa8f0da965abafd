"""Keep a backfill's account in the store, so that one that was killed goes on where it was."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from crawler.book import VisitBook
from storage.database import backfills, exports, planning
from storage.records import Capture, Link, Origin

#: How much of what is on record is read from the store at once.
_PORTION = 200


class BackfillBook(VisitBook):
    """The book of a visit that reads a park's past."""

    def note_backfill_page(
        self,
        backfill_id: int,
        links: Sequence[Link],
        rest: tuple[dict[str, Any], ...],
        answer: Capture,
    ) -> None:
        """Write down what a backfill's listing page names within the span, and what is left to be read."""
        with self._store.writing("backfill_page") as session:
            planning.note_listing(
                session,
                self._park.slug,
                links,
                visit=self.visit,
                origin=Origin.BACKFILL,
                now=answer.captured_at,
                backfill_id=backfill_id,
                page=answer,
            )
            backfills.page_read(session, backfill_id, rest)

    def begin_backfill(
        self,
        *,
        since: date,
        until: date | None,
        listings: tuple[dict[str, Any], ...],
        now: datetime,
    ) -> backfills.Backfill:
        """Begin a backfill or take up the unfinished one of this span."""
        with self._store.writing("backfill_begun") as session:
            return backfills.begin_or_resume(
                session,
                self._park.slug,
                since=since,
                until=until,
                listings=listings,
                now=now,
            )

    def finish_backfill(self, backfill_id: int, now: datetime) -> None:
        """End a backfill of which nothing is left to be read."""
        with self._store.writing("backfill_ended") as session:
            backfills.finish(session, backfill_id, now)

    def published(self, since: date, until: date | None, after_id: int) -> list[exports.ArticleLine]:
        """Return a portion of what is on record of a span, a day more at both ends: zones differ."""
        first = datetime.combine(since, time(), UTC) - timedelta(days=1)
        last = datetime.combine(until, time(), UTC) + timedelta(days=2) if until else None
        with self._store.reading() as session:
            return exports.published(
                session, self._park.slug, since=first, until=last, after_id=after_id, limit=_PORTION
            )

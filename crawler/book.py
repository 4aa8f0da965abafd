"""Keep one visit's account in the store: what it asks before it fetches, what it writes down after."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from crawler.alike import headline_in
from crawler.outcome import Account, Outcome, may_be_walled
from crawler.shared_values import SHARED_ENDS
from storage.database import (
    Session,
    Store,
    articles,
    captures,
    drift,
    good_listings,
    open_store,
    pauses,
    planning,
    standing,
    visit_log,
    visits,
)
from storage.drift import Cause, dates_lost, may_lack_dates
from storage.processes import process_lives, this_host
from storage.records import ArticleState, Capture, ConditionKind, KnownArticle, Link, Observation, Origin, Park, Recheck

#: Every article on record has been asked for again by then.
_DESIGNS_KNOWN = timedelta(days=100)
_TEXTS_LOOKED_AT = 20


class VisitBook:
    """Holds the store for one visit of one park. Every method is one short transaction, fit for a thread."""

    def __init__(self, store_url: str, park: Park, *, kind: str) -> None:
        self._store_url = store_url
        self._park = park
        self._kind = kind
        self.visit = 0
        self.is_baseline = False
        self.began_at: datetime | None = None
        self._joined_at: datetime | None = None
        self.deep_read_at: datetime | None = None

    @cached_property
    def _store(self) -> Store:
        """The store, opened when it is first needed: ``scrapy parse`` and ``scrapy shell`` need none."""
        return open_store(self._store_url)

    @property
    def is_open(self) -> bool:
        """Whether a visit has begun; callbacks that run without one (``scrapy parse``) write nothing."""
        return self.visit > 0

    def begin(self, now: datetime, *, deep_pages: int = 0) -> None:
        """Begin the visit; raises VisitRefusedError while another process is at the park, or its host wants none.

        A listing read to its end, or over *deep_pages*, counts as read deep.
        """
        with self._store.writing("visit_begun") as session:
            until = pauses.until(session, self._park.hosts, now)
            if until is not None:
                raise visits.VisitRefusedError(
                    f"{self._park.slug}: its host asks to be left alone until {until:%Y-%m-%d %H:%M} UTC: wait for that"
                )
            self.is_baseline = self._kind == visits.VISIT and not visits.has_baseline(session, self._park.slug)
            self.visit = visits.begin(
                session,
                self._park.slug,
                kind=self._kind,
                is_baseline=self.is_baseline,
                now=now,
                host=this_host(),
                pid=os.getpid(),
                is_alive=process_lives,
                cadence_minutes=self._park.cadence_minutes,
            )
            self._joined_at = visits.last_joined(session, self._park.slug, now=now)
            self.deep_read_at = visits.last_deep(session, self._park.slug, pages=deep_pages, now=now)
        self.began_at = now

    def note_listing(
        self, links: Sequence[Link], answer: Capture, *, listing: str | None = None, revision: str = ""
    ) -> planning.Listed:
        """Write down what a listing page names; the first page of *listing* is what that looks like where it is read.

        *revision* is the layout's by which it was.
        """
        with self._store.writing("listing") as session:
            if listing is not None:
                good_listings.keep(session, self._park.slug, listing, answer, revision=revision)
            return planning.note_listing(
                session,
                self._park.slug,
                links,
                visit=self.visit,
                origin=Origin.BASELINE if self.is_baseline else Origin.CRAWL,
                now=answer.captured_at,
                joined_at=self._joined_at,
                page=answer,
            )

    def unread(self, *, now: datetime | None, for_backfill: bool = False) -> list[planning.Unread]:
        """Return what is listed and not yet read."""
        with self._store.reading() as session:
            return planning.unread(session, self._park.slug, now=now, for_backfill=for_backfill)

    def rechecks(self, *, due_at: datetime | None, after_id: int, limit: int) -> list[Recheck]:
        """Return known articles that are to be asked for again."""
        with self._store.reading() as session:
            return planning.rechecks(session, self._park.slug, due_at=due_at, after_id=after_id, limit=limit)

    def missing_from_listing(self) -> list[Recheck]:
        """Return the articles that a listing read to its end no longer names."""
        with self._store.reading() as session:
            return planning.missing_from_listing(session, self._park.slug, self.visit)

    def find(self, key: str) -> KnownArticle | None:
        """Return the known article under *key*, None if there is none."""
        with self._store.reading() as session:
            return articles.find(session, self._park.slug, key)

    def captures_of(self, known: KnownArticle) -> tuple[Capture, ...]:
        """Return the captures that an article's present version was read from; raises ValueError for damaged ones."""
        with self._store.reading() as session:
            return captures.of_version(session, known.id, known.version)

    def twins_of(self, observation: Observation) -> list[Recheck]:
        """Return known articles that say the same as one that is not on record."""
        with self._store.reading() as session:
            if articles.find(session, self._park.slug, observation.known_as or observation.key):
                return []
            return planning.twins(session, self._park.slug, observation.fields)

    def another_with(self, known: KnownArticle, observation: Observation) -> str | None:
        """Return the address of another article on record that says what is read of a known one."""
        with self._store.reading() as session:
            return planning.another_with(session, self._park.slug, known, observation.fields)

    def record(self, observation: Observation) -> articles.Recorded:
        """Write a good reading and what it means."""
        with self._store.writing("article") as session:
            return articles.record(session, observation)

    def confirm(self, article_id: int, seen_at: datetime) -> None:
        """Write that a server confirmed an article by 304."""
        with self._store.writing("confirmed") as session:
            standing.confirm(session, article_id, seen_at)

    def failed(self, *, article_id: int | None, key: str, reason: str, now: datetime) -> bool:
        """Write that an article could not be read, and nothing else; say whether a new one could not be before."""
        with self._store.writing() as session:
            if article_id is not None:
                standing.postpone(session, article_id, now)
            return planning.could_not_read(session, self._park.slug, key, reason, now)

    def postpone(self, article_id: int, now: datetime) -> None:
        """Write that a removed article is still gone: only the next look at it changes."""
        with self._store.writing() as session:
            standing.postpone(session, article_id, now)

    def forget(self, key: str, *, backfill_id: int | None) -> None:
        """Write that an address which this backfill listed need not be read after all."""
        with self._store.writing() as session:
            planning.forget_unread(session, self._park.slug, key, backfill_id=backfill_id)

    def removed(self, gone: Mapping[int, Capture], seen_at: datetime) -> int:
        """Write that articles are gone, each with the answer that says so; return how many changes that makes."""
        with self._store.writing("removed") as session:
            return len(
                standing.change_state(
                    session,
                    gone,
                    ArticleState.REMOVED,
                    seen_at=seen_at,
                    visit=self.visit,
                    proofs=gone,
                )
            )

    def weigh_unlisted(self) -> tuple[int, int]:
        """Return how many live articles this visit's whole listing has lost, and how many it names."""
        with self._store.reading() as session:
            return planning.count_missing(session, self._park.slug, self.visit, alive_since=self.began_at)

    def unlisted(self, listing: Sequence[Capture], seen_at: datetime) -> int:
        """Write that articles seen alive in this visit are not on any page of the listing; return how many."""
        with self._store.writing("unlisted") as session:
            missing = planning.missing_from_listing(session, self._park.slug, self.visit, alive_since=self.began_at)
            ids = [recheck.article_id for recheck in missing]
            return len(
                standing.change_state(
                    session,
                    ids,
                    ArticleState.UNLISTED,
                    seen_at=seen_at,
                    visit=self.visit,
                    listing=listing,
                )
            )

    def leave_alone(self, host: str, until: datetime) -> None:
        """Write that a host asks not to be asked before *until*."""
        with self._store.writing() as session:
            pauses.leave_alone(session, host, until)

    def heartbeat(self, account: Account, now: datetime) -> None:
        """Write that the visit is alive, and how far it is."""
        with self._store.writing() as session:
            visits.heartbeat(session, self.visit, now, tally_of(account))

    def end(self, account: Account, outcome: Outcome, clock: Callable[[], datetime]) -> None:
        """Write how the visit ended, and which conditions began or are over.

        The clock is read once the store is ours (:meth:`Store.moment`): a digest made meanwhile would take an earlier
        end for told already.
        """
        with self._store.writing("visit_ended") as session:
            now = clock()
            visits.end(
                session,
                self.visit,
                now=now,
                outcome=outcome.word,
                reason=outcome.reason,
                tally=tally_of(account),
            )
            if self._kind == visits.VISIT:
                drift.note(session, self.visit, account.located)
            if self._kind == visits.VISIT and outcome.word != "stopped":
                lost = dates_lost(*drift.habit(session, self._park.slug))
                conditions = ({ConditionKind.DRIFTED: lost} if lost else {}) | outcome.conditions
                begun = [
                    visits.begin_condition(session, self._park.slug, kind, evidence, now)
                    for kind, evidence in conditions.items()
                ]
                if any(begun):  # an episode is kept once by each of its causes, however long it lasts
                    drift.keep_evidence(session, self._park.slug, self.visit, account.evidence)
                if account.listing_pages:
                    going_on = set(conditions) | self._still(session, account)
                    visits.end_conditions(session, self._park.slug, now, but=going_on)

    def _still(self, session: Session, account: Account) -> set[ConditionKind]:
        """Return what an earlier visit found wrong with articles, if this one has read none that could end it."""
        slug, still = self._park.slug, set[ConditionKind]()
        open_ones = [line for line in visit_log.conditions(session, park=slug) if line.ended_at is None]
        # What was wrong with a listing is over once that is read.
        listings = [f": {url}: " for url in self._park.listings]
        of_articles = [line for line in open_ones if not any(url in line.evidence for url in listings)]
        walls = [line.evidence for line in of_articles if line.kind == ConditionKind.BLOCKED]
        if of_articles and not account.located and visit_log.count_of_unread(session, slug):
            unread = [line for line in of_articles if line.evidence.startswith(Cause.BLOCK_PAGE)]
            unread += [line for line in of_articles if line.kind == ConditionKind.DRIFTED]
            still.update(ConditionKind(line.kind) for line in unread)
        shared = [line for line in open_ones if line.evidence.endswith(SHARED_ENDS)]
        if shared and (account.has_put_off or not account.located):
            still.update(ConditionKind(line.kind) for line in shared)
        if any(may_lack_dates(line.evidence, account.located) for line in open_ones):
            still.add(ConditionKind.DRIFTED)
        if any(may_be_walled(account, wall) for wall in walls):
            still.add(ConditionKind.BLOCKED)
        return still

    def is_headline(self, line: str) -> bool:
        """Say whether a line, as lists write them, is the headline of one of the park's articles on record."""
        headline, is_cut = headline_in(line)
        with self._store.reading() as session:
            return articles.has_headline(session, self._park.slug, headline, is_cut=is_cut)

    def told_designs(self) -> list[str]:
        """Return what was told of lines that the site put into most texts at once, as long as articles may wait."""
        assert self.began_at is not None
        with self._store.reading() as session:
            found = visit_log.conditions(session, park=self._park.slug, since=self.began_at - _DESIGNS_KNOWN)
            return [line.evidence for line in found if line.evidence.startswith(Cause.ALIKE)]

    @cached_property
    def usual_headlines(self) -> list[str]:
        """The headlines of the newest articles as they stood when this visit first asked for them."""
        with self._store.reading() as session:
            return planning.newest_headlines(session, self._park.slug, _TEXTS_LOOKED_AT)

    def newest_texts(self) -> list[tuple[str, ...]]:
        """Return the paragraphs of the newest live articles, as they are on record."""
        with self._store.reading() as session:
            return planning.newest_texts(session, self._park.slug, _TEXTS_LOOKED_AT)

    def newest(self, limit: int) -> list[Recheck]:
        """Return the newest live articles, to be asked for whether they are due or not."""
        with self._store.reading() as session:
            return planning.newest(session, self._park.slug, limit)

    def last_good(self, limit: int) -> list[drift.GoodCapture]:
        """Return the newest articles with the captures they were read from; raises ValueError for damaged ones."""
        with self._store.reading() as session:
            return drift.last_good(session, self._park.slug, limit)

    def good_listings(self) -> dict[str, Capture]:
        """Return each listing as it was last read, by its address in the park's file; raises ValueError at damage."""
        with self._store.reading() as session:
            return good_listings.of_park(session, self._park.slug)

    def close(self) -> None:
        """Let go of the store."""
        if "_store" in self.__dict__:
            self._store.close()


def tally_of(account: Account) -> visits.Tally:
    """Return the part of an account that is stored."""
    return visits.Tally(
        listing_pages=account.listing_pages,
        listing_joined=account.listings_joined >= account.listings,
        listing_whole=account.listings_whole >= account.listings,
        planned=account.planned,
        fetched=account.fetched,
        unchanged=account.unchanged,
        failed=account.failed,
        changes=account.changes,
    )

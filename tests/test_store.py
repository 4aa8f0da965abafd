"""The store: versions, changes and ledger numbers in one transaction, and the promises proved from it."""

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event, text

from storage.database import (
    Store,
    StoreError,
    articles,
    exports,
    ledger,
    open_store,
    planning,
    rereadings,
    standing,
    upgrade_store,
    visits,
)
from storage.database import verify as verification
from storage.database.sqlite import wal_is_safe
from storage.database.tables import Base
from storage.records import ArticleState, Link, Observation, Origin, Validators
from tests.builders import DAY_1, DAY_2, DAY_3, address_of, an_article, an_observation, begun, damage
from tests.torture.visiting import as_it_was_first


def record(store: Store, *observations: Observation) -> list[articles.Recorded]:
    results = []
    for observation in observations:
        with store.writing() as session:
            results.append(articles.record(session, observation))
    return results


def kinds(store: Store) -> list[tuple[int, str]]:
    with store.reading() as session:
        return [(entry.number, entry.kind.value) for entry in ledger.entries(session)]


def problems(store: Store) -> list[str]:
    with store.reading() as session:
        return list(verification.problems(session))


def test_an_article_lives_through_its_changes(store: Store) -> None:
    record(
        store,
        an_observation(seen_at=DAY_1),
        an_observation(seen_at=DAY_2, fields=an_article(body=("Other words.",))),
        an_observation(seen_at=DAY_3, fields=an_article(body=("Other words.",))),
    )
    assert kinds(store) == [(1, "new"), (2, "edited")]
    with store.reading() as session:
        [line] = exports.articles(session)
        [_, edited] = ledger.entries(session)
        versions = exports.versions(session, line.id)
    assert (line.version, line.last_seen, line.fields.body) == (2, DAY_3, ("Other words.",))
    assert (edited.seen_after, edited.seen_at, edited.before, edited.after) == (DAY_1, DAY_2, 1, 2)
    assert edited.fields_before == an_article()
    assert [len(version.captures) for version in versions] == [1, 1]
    assert problems(store) == []


def test_a_first_visit_is_a_baseline_without_news(store: Store) -> None:
    record(store, *(an_observation(f"doc:{n}", origin=Origin.BASELINE) for n in range(5)))
    assert kinds(store) == []
    assert problems(store) == []


def test_what_was_listed_by_a_baseline_stays_baseline_when_it_is_read_later(store: Store) -> None:
    visit = begun(store)
    with store.writing() as session:
        link = Link(key="doc:1", url="http://eastgate.example/news/1.html")
        planning.note_listing(session, "eastgate", [link], visit=visit, origin=Origin.BASELINE, now=DAY_1)
    record(store, an_observation(seen_at=DAY_2, origin=Origin.CRAWL))
    assert kinds(store) == []


def test_a_baseline_article_reached_through_a_redirect_is_no_news(store: Store) -> None:
    visit = begun(store)
    with store.writing() as session:
        link = Link(key="doc:1", url="http://eastgate.example/news/1.html")
        planning.note_listing(session, "eastgate", [link], visit=visit, origin=Origin.BASELINE, now=DAY_1)
    record(store, an_observation("doc:2", asked_key="doc:1", asked_url=link.url, seen_at=DAY_2))
    assert kinds(store) == []
    with store.reading() as session:
        assert exports.article_by_url(session, link.url) == exports.article_by_url(
            session, "http://eastgate.example/news/2.html"
        )


def test_a_stamp_that_an_edited_page_lacks_stays_on_record(store: Store) -> None:
    bare = an_article(body=("Other words.",), date_published=None, date_published_raw=None, source=None)
    record(store, an_observation(), an_observation(seen_at=DAY_2, fields=bare))
    with store.reading() as session:
        [line] = exports.articles(session)
    assert (line.version, line.fields.date_published, line.fields.source) == (2, "2024-05-01", "Eastgate Daily")
    assert problems(store) == []


def test_a_stamp_that_says_more_is_on_record_with_the_page_that_says_it_and_in_nobodys_digest(store: Store) -> None:
    finer = an_article(date_published="2024-05-01T09:30:00+08:00", date_published_raw="2024-05-01 09:30")
    record(store, an_observation(), an_observation(seen_at=DAY_2, fields=finer))
    record(store, an_observation(seen_at=DAY_3, fields=an_article()))
    assert kinds(store) == [(1, "new")]
    with store.reading() as session:
        [line] = exports.articles(session)
        versions = exports.versions(session, line.id)
        held = [each.number for each in rereadings.stored(session, first=1, last=9)]
    assert (line.version, line.fields.date_published) == (2, finer.date_published)
    assert (versions[1].is_restated, versions[0].captures != versions[1].captures) == (True, True)
    assert held == [1, 2]
    assert problems(store) == []


def test_the_same_document_at_another_address_is_one_article(store: Store) -> None:
    record(store, an_observation(), an_observation(url="http://www.eastgate.example/elsewhere/1.html", seen_at=DAY_2))
    with store.reading() as session:
        assert len(list(exports.articles(session))) == 1


def test_a_moved_article_keeps_its_past(store: Store) -> None:
    record(store, an_observation("doc:1"))
    record(store, an_observation("doc:9", known_as="doc:1", is_moved=True, seen_at=DAY_2))
    with store.reading() as session:
        [line] = exports.articles(session)
        entry = list(ledger.entries(session))[-1]
    assert line.url.endswith("/9.html")
    assert (entry.kind.value, entry.previous_url) == ("moved", "http://eastgate.example/news/1.html")
    with store.reading() as session:
        by_old, by_new = (articles.find(session, "eastgate", key) for key in ("doc:1", "doc:9"))
        assert by_old is not None
        assert by_new is not None
        assert by_old.id == by_new.id
        assert [recheck.key for recheck in planning.rechecks(session, "eastgate", due_at=None)] == ["doc:9"]
    assert problems(store) == []


def test_an_article_is_removed_once_and_comes_back(store: Store) -> None:
    record(store, an_observation())
    for _ in range(2):
        with store.writing() as session:
            standing.change_state(session, [1], ArticleState.REMOVED, seen_at=DAY_2, visit=1)
    record(store, an_observation(seen_at=DAY_3))
    assert [kind for _, kind in kinds(store)] == ["new", "removed", "restored"]


def test_a_return_happened_after_it_was_last_known_to_be_gone(store: Store) -> None:
    record(store, an_observation())
    with store.writing() as session:
        standing.change_state(session, [1], ArticleState.REMOVED, seen_at=DAY_2, visit=1)
    record(store, an_observation(seen_at=DAY_3))
    with store.reading() as session:
        assert [(entry.seen_after, entry.seen_at) for entry in ledger.entries(session)][1:] == [
            (DAY_1, DAY_2),
            (DAY_2, DAY_3),
        ]


def test_an_article_left_the_listing_after_the_listing_last_named_it(store: Store) -> None:
    """That its page was seen alive a moment ago says nothing of the listing."""

    def visit(at: datetime, *keys: str) -> None:
        number = begun(store, now=at)
        with store.writing() as session:
            links = [Link(key=key, url="http://eastgate.example/news/1.html") for key in keys]
            planning.note_listing(session, "eastgate", links, visit=number, origin=Origin.CRAWL, now=at)
            tally = visits.Tally(listing_joined=True, listing_whole=True)
            visits.end(session, number, now=at, outcome="done", reason=None, tally=tally)
        numbers.append(number)

    numbers: list[int] = []
    record(store, an_observation("doc:1"))
    visit(DAY_1, "doc:1")
    visit(DAY_2)
    with store.writing() as session:
        standing.confirm(session, 1, DAY_2)
        standing.change_state(session, [1], ArticleState.UNLISTED, seen_at=DAY_2, visit=numbers[1])
    visit(DAY_3)
    visit(DAY_3 + timedelta(days=1), "doc:1")
    with store.reading() as session:
        windows = {entry.kind.value: (entry.seen_after, entry.seen_at) for entry in ledger.entries(session)}
    assert windows["unlisted"] == (DAY_1, DAY_2)
    assert windows["restored"] == (DAY_3, DAY_3 + timedelta(days=1))


def test_a_transaction_that_fails_leaves_neither_version_nor_number(store: Store) -> None:
    def write_and_die() -> None:
        with store.writing() as session:
            articles.record(session, an_observation())
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        write_and_die()
    assert kinds(store) == []
    record(store, an_observation())
    assert kinds(store) == [(1, "new")]


def test_numbers_have_no_gap_with_writers_side_by_side(store: Store) -> None:
    def write(park: str) -> None:
        for n in range(20):
            record(store, an_observation(f"doc:{n}", park=park))

    threads = [threading.Thread(target=write, args=(f"park{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [number for number, _ in kinds(store)] == list(range(1, 81))
    assert problems(store) == []


def test_articles_alike_are_looked_up_and_not_searched_for(file_store: Store) -> None:
    record(file_store, *(an_observation(f"doc:{n}") for n in range(3)))
    asked: list[tuple[str, object]] = []
    with file_store.reading() as session:
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda *about: asked.append((about[2], about[3])))
        assert len(planning.twins(session, "eastgate", an_article())) == 3
        [(statement, values)] = [each for each in asked if "UNION" in each[0]]
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
        steps = " / ".join(str(row[-1]) for row in plan)
    assert "ix_articles_park_content (park=? AND content_hash=?)" in steps
    assert "ix_articles_park_headline (park=? AND headline=?)" in steps
    assert "SCAN articles" not in steps


def test_verify_names_a_deleted_entry(store: Store) -> None:
    record(store, *(an_observation(f"doc:{n}") for n in range(3)))
    with store.writing() as session:
        session.execute(text("DELETE FROM ledger WHERE number = 2"))
    assert "ledger: entry 2 is missing" in problems(store)


def test_verify_names_the_last_entry_when_it_is_deleted(store: Store) -> None:
    record(store, *(an_observation(f"doc:{n}") for n in range(3)))
    with store.writing() as session:
        session.execute(text("DELETE FROM ledger WHERE number = 3"))
    assert "ledger: entry 3 is missing" in problems(store)


def test_verify_names_a_version_without_a_change_and_a_blob_that_was_touched(store: Store) -> None:
    record(store, an_observation())
    with store.writing() as session:
        session.execute(text("UPDATE ledger SET version_after = 7"))
        session.execute(text("UPDATE blobs SET content = :other"), {"other": bytes.fromhex("28b52ffd2000010000")})
    found = problems(store)
    assert "article 1: version 1 has no entry in the ledger" in found
    assert any(problem.startswith("blob ") for problem in found)


def test_verify_names_fields_that_were_changed_by_hand(store: Store) -> None:
    record(store, an_observation())
    with store.writing() as session:
        session.execute(text("UPDATE versions SET headline = 'forged'"))
    assert "article 1: the fields of version 1 do not fit their content hash" in problems(store)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE versions SET headline = 'x' WHERE number = 1",
            "the fields of version 1 do not fit their content hash",
        ),
        ("DELETE FROM blobs", "its bytes are missing"),
        ("DELETE FROM addresses", "its address is not on record, so it would be told as new"),
    ],
)
def test_verify_looks_behind_the_present_version(store: Store, statement: str, problem: str) -> None:
    record(store, an_observation(), an_observation(seen_at=DAY_2, fields=an_article(headline="Another")))
    damage(store, statement)
    assert any(problem in found for found in problems(store))


@pytest.mark.parametrize(
    ("forged", "problem"),
    [
        ("headline = 'Director arrested'", "entry 2, removed, has another headline than its version 1"),
        ("url = 'http://evil.example/x'", "entry 2 links to evil.example, where its article never stood"),
        ("park = 'other'", "entry 2 names the park other, its article is of eastgate"),
    ],
)
def test_verify_holds_a_removal_against_its_article(store: Store, forged: str, problem: str) -> None:
    record(store, an_observation())
    visit = begun(store)
    with store.writing() as session:
        standing.change_state(session, [1], ArticleState.REMOVED, seen_at=DAY_2, visit=visit)
    assert problems(store) == []
    damage(store, f"UPDATE ledger SET {forged} WHERE number = 2")
    assert f"ledger: {problem}" in problems(store)


def test_verify_names_each_row_that_cannot_be_read_and_goes_on(file_store: Store) -> None:
    record(file_store, an_observation(), an_observation("doc:2"))
    damage(file_store, "UPDATE ledger SET changed_fields = '[' WHERE number = 1")
    damage(file_store, "UPDATE ledger SET kind = 'unlistex' WHERE number = 2")
    damage(file_store, "UPDATE versions SET located_by = '{' WHERE article_id = 1")
    damage(file_store, "DELETE FROM blobs")
    found = problems(file_store)
    assert "ledger: entry 1: its changed_fields cannot be read" in found
    assert "ledger: entry 2 is of no kind that there is, unlistex" in found
    assert "article 1: version 1: its located_by cannot be read" in found
    assert any("its bytes are missing" in problem for problem in found)


def test_verify_names_what_has_lost_its_parent(file_store: Store) -> None:
    record(file_store, an_observation())
    damage(file_store, "DELETE FROM articles")
    assert any(problem.startswith("ledger: row 1 belongs to a row of articles") for problem in problems(file_store))


@pytest.mark.parametrize(
    ("forged", "problem"),
    [
        ("kind = 'redated'", "is no change of what its versions 1 and 2 differ in"),
        ("changed_fields = '[\"body\"]'", "is no change of what its versions 1 and 2 differ in"),
        ("headline = 'All is well'", "has another headline than its version 2"),
        ("seen_at = '2024-05-09 00:00:00'", "was seen at another moment than its version"),
        ("seen_after = '2024-06-09 00:00:00'", "has a window that ends before it begins"),
        ("kind = 'new'", "has a version before it, 1"),
        ("version_before = 7", "names a version that is missing"),
    ],
)
def test_verify_believes_no_entry_by_its_word(store: Store, forged: str, problem: str) -> None:
    record(store, an_observation(), an_observation(seen_at=DAY_2, fields=an_article(headline="Another")))
    assert problems(store) == []
    damage(store, f"UPDATE ledger SET {forged} WHERE number = 2")
    assert any(found.startswith("ledger: entry 2, ") and problem in found for found in problems(store))


def test_a_headline_that_changed_in_the_listing_makes_the_article_due(store: Store) -> None:
    record(store, an_observation())
    visit = begun(store)
    said = []
    for headline in ("A bearing works", "A bearing works", "A bearing works, twice"):
        with store.writing() as session:
            link = Link(key="doc:1", url="http://eastgate.example/news/1.html", headline=headline)
            listed = planning.note_listing(session, "eastgate", [link], visit=visit, origin=Origin.CRAWL, now=DAY_2)
            said.append(len(listed.suspicious))
    assert said == [0, 0, 1]


def test_a_page_that_cannot_be_read_is_tried_again_after_growing_pauses(store: Store) -> None:
    visit = begun(store)
    link = Link(key="doc:1", url="http://eastgate.example/news/1.html")
    with store.writing() as session:
        planning.note_listing(session, "eastgate", [link], visit=visit, origin=Origin.CRAWL, now=DAY_1)
        planning.could_not_read(session, "eastgate", "doc:1", "answered status 500", DAY_1)
        assert planning.unread(session, "eastgate", now=DAY_1 + timedelta(minutes=59)) == []
        assert len(planning.unread(session, "eastgate", now=DAY_1 + timedelta(minutes=61))) == 1
    record(store, an_observation(seen_at=DAY_2))
    with store.reading() as session:
        assert planning.unread(session, "eastgate", now=None) == []


def test_validators_are_kept_with_good_readings_alone(store: Store) -> None:
    given = Validators(etag='"x"', last_modified="Mon, 06 May 2024 08:00:00 GMT")
    record(store, an_observation(validators=given))
    with store.reading() as session:
        assert planning.rechecks(session, "eastgate", due_at=None)[0].validators == given
    record(store, an_observation(validators=Validators(last_modified="Wed, 01 Jan 2020 00:00:00 GMT"), seen_at=DAY_2))
    with store.reading() as session:
        assert not planning.rechecks(session, "eastgate", due_at=None)[0].validators


def test_after_many_304s_a_page_is_asked_for_whole(store: Store) -> None:
    record(store, an_observation(validators=Validators(etag='"x"')))
    for _ in range(planning.WHOLE_EVERY):
        with store.writing() as session:
            standing.confirm(session, 1, DAY_2)
    with store.reading() as session:
        assert not planning.rechecks(session, "eastgate", due_at=None)[0].validators


def test_the_migrations_make_the_tables_that_the_code_expects(store: Store) -> None:
    with store.reading() as session:
        context = MigrationContext.configure(session.connection())
        assert compare_metadata(context, Base.metadata) == []


def test_a_store_that_is_not_there_is_not_made_up(tmp_path: Path) -> None:
    path = tmp_path / "parkwatch.db"
    with pytest.raises(StoreError, match="create one with 'parkwatch init'"):
        open_store(f"sqlite:///{path}")
    path.touch()
    with pytest.raises(StoreError, match="is an empty file: restore it"):
        open_store(f"sqlite:///{path}")
    path.with_name("parkwatch.db.sent").touch()  # it has sent mails
    with pytest.raises(StoreError, match="is an empty file: restore it"):
        upgrade_store(f"sqlite:///{path}")


def test_a_store_of_a_newer_program_is_left_alone(store: Store) -> None:
    with store.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for act in (open_store, upgrade_store):
        with pytest.raises(StoreError, match="newer version"):
            act(address_of(store))


def test_a_store_from_an_older_version_is_upgraded_by_init_and_keeps_what_it_holds(store: Store) -> None:
    record(store, an_observation())
    as_it_was_first(store)
    url = address_of(store)
    with pytest.raises(StoreError, match=r"older version \(0001, .*: upgrade it with 'parkwatch init'"):
        open_store(url)
    assert upgrade_store(url) == ("0001", "0008")
    opened = open_store(url)
    with opened.reading() as session:
        assert len(list(ledger.entries(session))) == 1
        assert compare_metadata(MigrationContext.configure(session.connection()), Base.metadata) == []
    opened.close()


@pytest.mark.parametrize(
    ("version", "safe"),
    [((3, 40, 1), False), ((3, 51, 2), False), ((3, 51, 3), True), ((3, 44, 6), True), ((3, 45, 0), False)],
)
def test_wal_is_refused_on_libraries_that_can_lose_commits(version: tuple[int, ...], safe: bool) -> None:
    assert wal_is_safe(version) is safe

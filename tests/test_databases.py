"""What SQLite and PostgreSQL promise alike, with several at the store at once."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from monitor.demo.mailbox import Mailbox, receiving
from monitor.lock import AlreadyRunningError, holder_of, only_one
from storage.database import Store, articles, ledger, open_store, upgrade_store, visit_log, visits
from storage.records import ConditionKind
from tests.builders import DAY_1, DAY_2, address_of, an_observation
from tests.postgres import database, own_server
from tests.test_mail import Outcome, answers, frozen, mailer
from tests.test_store import kinds, problems, record

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long


@pytest.fixture
def postgres_store(postgres: tuple[str, str]) -> Iterator[Store]:
    server, template = postgres
    with database(server, template) as url:
        opened = open_store(url)
        yield opened
        opened.close()


def test_no_position_can_pass_a_number_that_commits_later(store: Store) -> None:
    began, may_end = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with store.writing() as session:
            articles.record(session, an_observation("doc:1"))
            began.set()
            may_end.wait(10)

    first = threading.Thread(target=slow_writer)
    first.start()
    assert began.wait(10)
    second = threading.Thread(target=record, args=(store, an_observation("doc:2", park="westgate")))
    second.start()
    time.sleep(0.3)
    with store.reading() as session:
        assert ledger.head(session) == 0
    assert second.is_alive(), "the second writer's number would be seen before the first one's"
    may_end.set()
    first.join()
    second.join()
    assert kinds(store) == [(1, "new"), (2, "new")]


def test_a_reader_sees_one_state_however_long_it_reads(store: Store) -> None:
    record(store, an_observation("doc:1"))
    with store.reading() as session:
        assert ledger.head(session) == 1
        record(store, an_observation("doc:2"))
        assert ledger.head(session) == 1
        assert len(list(ledger.entries(session))) == 1


def test_what_no_database_can_hold_does_not_stop_a_note(store: Store) -> None:
    with store.writing() as session:
        visits.begin_condition(session, "eastgate", ConditionKind.UNREACHABLE, "said \x00 and \ud83c", DAY_1)
    with store.reading() as session:
        assert [each.evidence for each in visit_log.conditions(session)] == ["said \ufffd and \ufffd"]


def test_one_scheduler_runs_on_a_store_and_its_end_frees_the_lock(store: Store) -> None:
    other = open_store(address_of(store))
    with only_one(store, DAY_1) as is_held:
        assert is_held()
        held = holder_of(other)
        assert held is not None
        said = rf"process {held['pid']} .* since 2024-05-06T08:00:00"
        with pytest.raises(AlreadyRunningError, match=said), only_one(other, DAY_1):
            pass
    assert holder_of(other) is None
    with only_one(other, DAY_1):
        assert holder_of(store) is not None
    other.close()


def test_a_scheduler_whose_lock_the_server_let_go_knows(postgres_store: Store) -> None:
    other = open_store(address_of(postgres_store))
    with only_one(postgres_store, DAY_1) as is_held:
        engine = create_engine(address_of(postgres_store))
        with engine.connect() as connection:
            # In this database alone: other tests work on the same server.
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                    " WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()"
                )
            )
        engine.dispose()
        with only_one(other, DAY_1):
            assert not is_held()
    other.close()


def test_a_server_that_restarts_in_the_middle_ends_one_transaction_and_no_more(postgres: tuple[str, str]) -> None:
    with own_server() as server:
        upgrade_store(server.address)
        store = open_store(server.address)
        record(store, an_observation("doc:1"))
        with only_one(store, DAY_1) as is_held:
            with pytest.raises(Exception, match=r"terminat|closed|connection"), store.writing() as session:  # noqa: PT012
                articles.record(session, an_observation("doc:2"))
                server.control("restart")
            assert not is_held()
        record(store, an_observation("doc:2"))
        assert kinds(store) == [(1, "new"), (2, "new")]
        assert problems(store) == []
        server.control("stop")
        with pytest.raises(OperationalError):
            problems(store)
        store.close()


def test_a_server_that_restarts_while_a_mail_is_handed_over_makes_no_copy(
    postgres: tuple[str, str], tmp_path: Path
) -> None:
    class Restarting(Mailbox):
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            own.control("restart")
            return await super().handle_DATA(server, session, envelope)

    with own_server() as own, receiving(Restarting()) as box:
        upgrade_store(own.address)
        store = open_store(own.address)
        frozen(store, tmp_path)
        assert answers(store, mailer(box.port)) == [Outcome.SENT]
        assert answers(store, mailer(box.port), DAY_2 + timedelta(hours=1)) == []
        assert len(box.mails) == 1
        store.close()


def test_a_store_that_stands_on_neither_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="write an address of SQLite or PostgreSQL"):
        open_store("mysql://u:p@h/x")

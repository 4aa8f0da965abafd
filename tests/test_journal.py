"""The note of what a server took, for the moment before the store knows."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes, policy
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from monitor.delivering import journal_of
from monitor.demo.loop import demo_settings
from monitor.demo.mailbox import Mailbox, receiving
from monitor.digesting import make_due
from storage.database import Store, articles, digests, open_store, upgrade_store, verify
from storage.journal import SentJournal, numbers_by_serial
from tests.builders import DAY_2, an_observation
from tests.conftest import Desk
from tests.test_mail import PARKS, Outcome, answers, frozen, mailer, subscribed
from tests.tricksite import TrickSite, article, path, status, tricking


def mails_go_to(box: Mailbox) -> dict[str, str]:
    return {
        "PARKWATCH_MAIL__HOST": "127.0.0.1",
        "PARKWATCH_MAIL__PORT": str(box.port),
        "PARKWATCH_MAIL__SECURITY": "none",
    }


def test_a_mail_is_held_by_its_very_bytes(tmp_path: Path) -> None:
    journal = SentJournal(tmp_path / "sent")
    journal.note("<d1.x@example.org>", "a" * 64)
    assert journal.holds("<d1.x@example.org>", "a" * 64)
    assert not journal.holds("<d1.x@example.org>", "b" * 64)
    assert not journal.holds("<d2.x@example.org>", "a" * 64)


def test_a_forged_mail_is_named_that_a_server_took_otherwise(desk: Desk, site: TrickSite, mailbox: Mailbox) -> None:
    site.serve_stories(1)
    site.park(desk.folder)
    desk.must("crawl")
    desk.variables |= mails_go_to(mailbox)
    desk.must("subscribe", "analyst@example.org")
    desk.must("digest", "--now")
    desk.must("digest", "--now")
    assert desk.must("verify") == "every promise holds\n"
    with closing(sqlite3.connect(desk.folder / "parkwatch.db")) as store, store:
        for number in (2, 1):
            [(message,)] = store.execute("SELECT message FROM digests WHERE number = ?", (number,)).fetchall()
            forged = message.replace(b"Story 1", b"Story 9")
            row = (forged, sha256(forged).hexdigest(), number)
            store.execute("UPDATE digests SET message = ?, sha256 = ? WHERE number = ?", row)
        first = "(SELECT sha256 FROM digests WHERE number = 1)"
        store.execute(f"UPDATE digests SET previous_sha256 = {first} WHERE number = 2")
    said = desk.fails("verify")
    assert "the mail of digest 1 is not the one that a server took" in said
    assert "the mail of digest 2 does not name the digest before it by the hash on record" in said


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A reader of two digests: of two stories, then of one that was edited and one that was removed."""
    with tricking() as site, receiving(Mailbox()) as box:
        desk = Desk.new(tmp_path_factory.mktemp("told"))
        site.serve_stories(1, 2, 3)
        site.park(desk.folder)
        desk.must("crawl")
        desk.variables |= mails_go_to(box)
        desk.must("subscribe", "analyst@example.org")
        desk.must("digest", "--now")
        site.pages[path(1)] = article(1, "The park built two halls.")
        site.pages[path(2)] = status(404)
        desk.must("crawl", "--recheck", "all")
        desk.must("digest", "--now")
        desk.must("verify")
        yield desk


@pytest.mark.parametrize(
    ("forged", "said"),
    [
        (
            (
                "DELETE FROM deliveries WHERE digest_id = 2",
                "DELETE FROM digest_lines WHERE digest_id = 2",
                "DELETE FROM digests WHERE id = 2",
                "UPDATE subscriptions SET position = (SELECT position_after FROM digests WHERE id = 1)",
            ),
            "subscription 1: a server took digest 2, and the store knows nothing of it",
        ),
        (
            ("UPDATE digests SET state = 'refused' WHERE number = 1",),
            "digest 1 counts as refused, and a server took it",
        ),
        (("UPDATE digests SET message = 'text'",), "subscription 1: the mail of digest 1 is no bytes any more"),
        (
            ("UPDATE ledger SET url = (SELECT url FROM articles WHERE id = 3) WHERE article_id < 3",),
            "links to another article's address, http://",
        ),
        (("UPDATE digests SET state = 'ready' WHERE number = 2",), "digest 2 counts as ready, and a server took it"),
        (("UPDATE deliveries SET outcome = 'deferred'",), "digest 1 counts as sent, and no delivery of it says so"),
        (("UPDATE subscriptions SET words = '[\"no such word\"]'",), "change 1 in a digest says none of its words"),
        (
            ("UPDATE subscriptions SET parks = '[\"other\"]'",),
            "change 1 in a digest is of trick, which it does not ask",
        ),
        (
            ("UPDATE articles SET state = 'removed'",),
            "its record says removed, by the ledger it is live",
        ),
        (("UPDATE articles SET state = 'live'",), "its record says live, by the ledger it is removed"),
        (
            (
                "UPDATE articles SET version = 1, content_hash = (SELECT content_hash FROM versions WHERE number = 1) "
                "WHERE version = 2",
            ),
            "its record is not that of its newest version",
        ),
        (("UPDATE digests SET state = 'nonsense' WHERE number = 1",), "digest 1 counts as nonsense, which is nothing"),
        (
            ("DELETE FROM deliveries WHERE digest_id = 2", "UPDATE digests SET state = 'cancelled' WHERE id = 2"),
            "subscription 1: digest 2 counts as cancelled, and a server took it",
        ),
        (("UPDATE ledger SET seen_after = NULL WHERE kind = 'edited'",), "edited, has a window that begins before"),
        (("UPDATE ledger SET seen_after = '2020-01-01'",), "removed, has a window that begins before"),
        (
            ("UPDATE captures SET url = 'http://evil.example/'",),
            "a page of evil.example, none of its park's",
        ),
        (("UPDATE captures SET status = 404",), "article 3: version 1 rests on an answer of status 404"),
        (
            ("UPDATE captures SET status = 200 WHERE status = 404",),
            "entry 2, removed, rests on an answer that by today's signs does not say so",
        ),
    ],
)
def test_a_forged_record_is_named(told: Desk, tmp_path: Path, forged: tuple[str, ...], said: str) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(told.folder, folder)
    desk = Desk(folder, told.variables)
    for statement in forged:
        desk.sql(statement)
    assert said in desk.fails("verify")


def test_a_digest_that_is_sent_while_verify_is_at_work_is_not_called_lost(
    told: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "desk"
    shutil.copytree(told.folder, folder)
    desk = Desk(folder, told.variables)
    journal = SentJournal(folder / "parkwatch.db.sent")
    [serial, *_] = numbers_by_serial(journal.hashes())
    looked_through = verify.problems

    def meanwhile(*arguments: Any, **further: Any) -> Iterator[str]:
        journal.note(f"<{serial}3.x@example.org>", "a" * 64)
        return looked_through(*arguments, **further)

    monkeypatch.setattr(verify, "problems", meanwhile)
    desk.must("verify")
    assert "a server took digest 3, and the store knows nothing of it" in desk.fails("verify")


def test_a_line_that_was_cut_is_nobodys_hash_and_a_second_one_is_kept(tmp_path: Path) -> None:
    journal = SentJournal(tmp_path / "sent")
    lines = ("<d1.x@example.org> " + "a" * 29, "<d2.x@example.org> " + "b" * 64, "<d2.x@example.org> " + "c" * 64)
    (tmp_path / "sent").write_text("\n".join(lines) + "\n", encoding="ascii")
    assert journal.hashes() == {"<d2.x@example.org>": {"b" * 64, "c" * 64}}


def test_it_never_grows_and_keeps_the_newest(tmp_path: Path) -> None:
    journal = SentJournal(tmp_path / "sent")
    journal.prepare()
    size = (tmp_path / "sent").stat().st_size
    for number in range(2000):
        journal.note(f"<d{number}.x@example.org>", f"{number:064}")
    assert (tmp_path / "sent").stat().st_size == size
    assert all(journal.holds(f"<d{number}.x@example.org>", f"{number:064}") for number in range(1850, 2000))


def test_a_line_that_was_cut_takes_no_other_with_it(tmp_path: Path) -> None:
    journal = SentJournal(tmp_path / "sent")
    journal.note("<d1.x@example.org>", "a")
    with (tmp_path / "sent").open("r+b") as file:
        file.seek(len("<d1.x@example.org> a\n"))
        file.write(b"<d2.x@exam")
    journal.note("<d3.x@example.org>", "c")
    assert journal.holds("<d1.x@example.org>", "a")
    assert journal.holds("<d3.x@example.org>", "c")


def test_a_journal_that_cannot_be_written_stops_no_mail(tmp_path: Path) -> None:
    journal = SentJournal(tmp_path / "no" / "folder")
    journal.prepare()
    journal.note("<d1.x@example.org>", "a")
    assert not journal.holds("<d1.x@example.org>", "a")


def test_a_store_restored_from_a_backup_says_what_it_has_forgotten(tmp_path: Path, mailbox: Mailbox) -> None:
    file, backup = tmp_path / "parkwatch.db", tmp_path / "backup.db"
    url = f"sqlite:///{file}"
    upgrade_store(url)
    with closing(open_store(url)) as store:
        subscribed(store)
    shutil.copy(file, backup)
    made = []
    for day in range(4):
        if day == 2:
            shutil.copy(backup, file)
        now = DAY_2 + timedelta(days=day)
        with closing(open_store(url)) as store:
            with store.writing() as session:
                articles.record(session, an_observation(f"doc:{day}", seen_at=now))
            made += make_due(store, PARKS, demo_settings(tmp_path, mailbox.port), now)
            assert answers(store, mailer(mailbox.port), now) == [Outcome.SENT]
    assert [(one.digest.number, one.digest.last_sent) for one in made] == [(1, 0), (2, 1), (1, 2), (2, 2)]
    mails = [message_from_bytes(mail, policy=policy.default) for mail in mailbox.mails]
    assert len({str(mail["Message-ID"]) for mail in mails}) == 4  # a server would drop the second of two alike
    said = ["up to number 2 at least" in mail.as_string().replace("=\n", "") for mail in mails]
    assert said == [False, False, True, True]


def test_what_the_journal_holds_is_not_sent_again_and_counts_as_sent(
    store: Store, tmp_path: Path, mailbox: Mailbox
) -> None:
    frozen(store, tmp_path)
    with store.reading() as session:
        message = digests.message_of(session, 1)
    journal_of(store).note(message.message_id, message.sha256)
    assert answers(store, mailer(mailbox.port)) == [Outcome.SENT]
    assert mailbox.mails == []
    assert answers(store, mailer(mailbox.port), DAY_2 + timedelta(days=1)) == []

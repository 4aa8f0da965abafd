"""Disks that are full, files that are held or spoilt, secrets that may not be read."""

import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

import monitor.delivering
from monitor.demo.mailbox import Mailbox
from storage.database import Store, articles, in_words, ledger, sqlite
from tests.builders import DAY_2, an_observation
from tests.conftest import HOUSE, Desk
from tests.test_mail import Outcome, answers, frozen, mailer
from tests.test_permissions import AS_ANYBODY
from tests.tricksite import TrickSite

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

#: The product's own: two libraries in one process know nothing of each other's locks.
LIBRARY = sqlite.module()


@contextmanager
def no_room() -> Iterator[None]:
    """Let no file grow, as on a disk that is full; what fits into a file as it is can be written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_disk_that_is_full_between_the_servers_yes_and_our_note_of_it_makes_no_copy(
    file_store: Store, tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen(file_store, tmp_path)
    written_down = monitor.delivering._write_down

    def on_a_full_disk(*arguments: object) -> None:
        with no_room():
            written_down(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(monitor.delivering, "_write_down", on_a_full_disk)
    with pytest.raises(OperationalError, match=r"disk I/O error|disk is full") as error:
        answers(file_store, mailer(mailbox.port))
    assert "disk" in in_words(error.value)
    assert "full" in in_words(error.value)
    monkeypatch.undo()
    assert answers(file_store, mailer(mailbox.port), DAY_2.replace(year=2030)) == [Outcome.SENT]
    assert len(mailbox.mails) == 1


def test_a_visit_on_a_full_disk_names_it_and_is_taken_up_again(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(1, 31), text="The park built a hall. " * 400)
    site.park(desk.folder)
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY)); "
    done = subprocess.run(
        [sys.executable, "-c", f"{limit}from monitor.start import main; main()", "crawl"],
        cwd=desk.folder,
        env=desk.environment() | {"PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (1, 3)
    assert "is the disk full?" in done.stderr
    assert "Traceback" not in done.stderr
    desk.run("crawl")
    assert len(desk.rows("articles")) == 30
    desk.must("verify")


def test_who_waits_for_a_store_in_vain_names_it(desk: Desk, site: TrickSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.serve_stories(1)
    site.park(desk.folder)
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_S", 1)
    with closing(LIBRARY.connect(desk.folder / "parkwatch.db", isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        done = desk.run("subscribe", "a@example.org")
        holder.execute("ROLLBACK")
    assert done.returncode == 3
    assert "parkwatch.db" in done.stderr
    assert "held the store for too long" in done.stderr
    desk.must("subscribe", "a@example.org")


def test_who_will_write_holds_the_others_off_from_the_beginning(file_store: Store) -> None:
    assert file_store.path is not None
    with (
        file_store.writing(),
        closing(LIBRARY.connect(file_store.path, timeout=0, isolation_level=None)) as other,
        pytest.raises(LIBRARY.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def test_two_writers_at_once_never_meet_a_busy_store(file_store: Store) -> None:
    wrong: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for number in range(150):
                with file_store.writing() as session:
                    articles.record(session, an_observation(f"doc:{name}{number}"))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    with file_store.reading() as session:
        assert ledger.head(session) == 300


def test_bytes_that_were_overwritten_in_a_stored_text_are_found(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(1, text="A sentence that nobody else has written, about valves.")
    site.park(desk.folder)
    desk.must("crawl")
    file = desk.folder / "parkwatch.db"
    with closing(LIBRARY.connect(file)) as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = file.read_bytes()
    assert b"nobody else has written" in content
    file.write_bytes(content.replace(b"nobody else has written", b"somebody else had writ."))
    assert "do not fit their content hash" in desk.fails("verify")


@pytest.mark.skipif(bool(AS_ANYBODY) and not shutil.which("setpriv"), reason="the superuser is refused nothing")
def test_a_password_that_may_not_be_read_is_named_and_never_shown(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(1)
    site.park(desk.folder)
    secret = desk.folder / "password"
    secret.write_text("a-word-that-nobody-knows\n", encoding="utf-8")
    secret.chmod(0)
    desk.variables |= {"PARKWATCH_MAIL__USER": "me", "PARKWATCH_MAIL__PASSWORD_FILE": str(secret)}
    done = subprocess.run(
        [*AS_ANYBODY, sys.executable, "-c", "from monitor.start import main; main()", "run"],
        cwd=desk.folder,
        env=desk.environment() | {"PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert f"mail.password_file: {secret} cannot be read: Permission denied" in done.stderr
    assert "nobody-knows" not in done.stdout + done.stderr

"""A store that is restored from an older backup finds again what it had told, and does not tell it as news."""

import shutil
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from monitor.demo.mailbox import Mailbox
from storage.records import ChangeKind, LedgerEntry
from storage.told import ToldNotes, mark_of
from tests.builders import an_article
from tests.conftest import Desk
from tests.test_digest import an_entry
from tests.test_journal import mails_go_to
from tests.tricksite import TrickSite, article, path, status


def a_change(number: int, kind: ChangeKind = ChangeKind.NEW, *, text: str = "One.", **more: Any) -> LedgerEntry:
    return an_entry(number, kind, **{"url": "http://a.example/1", "fields_after": an_article(body=(text,)), **more})


def text_of(mail: bytes) -> str:
    part = message_from_bytes(mail, _class=EmailMessage, policy=policy.default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.long
def test_what_a_restored_store_finds_again_is_told_as_told_before(
    desk: Desk, site: TrickSite, mailbox: Mailbox, tmp_path: Path
) -> None:
    site.serve_stories(1, 2, 3)
    site.park(desk.folder)
    desk.variables |= mails_go_to(mailbox)
    desk.must("crawl")
    desk.must("subscribe", "analyst@example.org")
    desk.must("digest", "--now")
    store, backup = desk.folder / "parkwatch.db", tmp_path / "backup.db"
    shutil.copy(store, backup)

    site.serve_stories(1, 2, 3, 4, 5, 6)
    site.pages[path(2)] = article(2, "The park built two halls.")
    site.pages[path(3)] = status(404)
    desk.must("crawl", "--recheck", "all")
    desk.must("digest", "--now")
    site.pages[path(4)] = article(4, "Story 4 as it was told when it was edited.")
    desk.must("crawl", "--recheck", "all")
    desk.must("digest", "--now")

    shutil.copy(backup, store)
    # One is news to everybody, one has changed since it was told.
    site.serve_stories(1, 2, 3, 4, 5, 6, 7)
    site.pages[path(2)] = article(2, "The park built two halls.")
    site.pages[path(3)] = status(404)
    site.pages[path(4)] = article(4, "Story 4 as it was told when it was edited.")
    site.pages[path(5)] = article(5, "Story 5 as nobody has seen it.")
    desk.must("crawl", "--recheck", "all")
    desk.must("digest", "--now")
    said = text_of(mailbox.mails[-1])
    assert "2 new, 4 told before" in said
    assert "listed as told before, where that is still known" in said
    news, _, before = said.partition("Told before, in digests that this store has forgotten: 4 changes.")
    assert "* Story 7" in news
    assert "* Story 5" in news
    again = [line.removeprefix("- ").partition(" of ")[0] for line in before.splitlines() if line.startswith("- ")]
    assert sorted(again) == ["Story 2", "Story 3", "Story 4", "Story 6"]
    # It is in a digest, so that no later one holds it.
    desk.must("digest", "--now")
    assert "Nothing new" in text_of(mailbox.mails[-1])


@pytest.mark.long
def test_what_a_store_remembers_telling_is_a_change_each_time(desk: Desk, site: TrickSite, mailbox: Mailbox) -> None:
    site.serve_stories(1)
    site.park(desk.folder)
    desk.variables |= mails_go_to(mailbox)
    desk.must("crawl")
    desk.must("subscribe", "analyst@example.org")
    for halls in ("two", "three", "two"):
        site.pages[path(1)] = article(1, f"The park built {halls} halls.")
        desk.must("crawl", "--recheck", "all")
        desk.must("digest", "--now")
        assert "\r\n1 changed\r\n" in text_of(mailbox.mails[-1])


@pytest.mark.parametrize(
    ("told", "found", "is_same"),
    [
        (a_change(1), a_change(9, ChangeKind.EDITED), True),
        (a_change(1), a_change(9, text="Two."), False),
        (a_change(1), a_change(9, url="http://a.example/2"), False),
        (a_change(1, ChangeKind.REMOVED), a_change(9, ChangeKind.REMOVED, text="Two."), True),
        (a_change(1, ChangeKind.REMOVED), a_change(9, ChangeKind.RESTORED), False),
    ],
)
def test_a_change_is_known_again_by_what_it_leads_to(
    tmp_path: Path, told: LedgerEntry, found: LedgerEntry, is_same: bool
) -> None:
    notes = ToldNotes(tmp_path / "told")
    notes.note("<s1.d1.x@example.org>", [told])
    assert notes.mails("s1.d", [found]) == ({9: "<s1.d1.x@example.org>"} if is_same else {})
    assert notes.mails("s2.d", [found]) == {}


def test_a_line_of_notes_that_was_cut_costs_itself_alone(tmp_path: Path) -> None:
    notes = ToldNotes(tmp_path / "told")
    (tmp_path / "told").write_text(f"<s1.d1.x@example.org> {mark_of(a_change(1))} {str(mark_of(a_change(2)))[:9]}")
    notes.note("<s1.d2.x@example.org>", [a_change(3, url="http://a.example/3")])
    found = notes.mails("s1.d", [a_change(4), a_change(5, url="http://a.example/3")])
    assert found == {4: "<s1.d1.x@example.org>", 5: "<s1.d2.x@example.org>"}


def test_notes_do_not_grow_for_ever_and_keep_the_newest(tmp_path: Path) -> None:
    notes = ToldNotes(tmp_path / "told")
    mails = {
        f"<s1.d{number}.x@example.org>": [a_change(0, url=f"http://a.example/{number}")] * 2000 for number in range(50)
    }
    for message_id, entries in mails.items():
        notes.note(message_id, entries)
    assert (tmp_path / "told").stat().st_size < 1_100_000
    assert notes.mails("s1.d", [a_change(9, url="http://a.example/49")]) == {9: "<s1.d49.x@example.org>"}
    assert notes.mails("s1.d", [a_change(9, url="http://a.example/0")]) == {}


def test_what_was_told_again_since_is_told_by_the_later_mail(tmp_path: Path) -> None:
    notes = ToldNotes(tmp_path / "told")
    for mail in ("lost", "own"):
        notes.note(f"<s1.d1.{mail}@example.org>", [a_change(1, ChangeKind.REMOVED)])
    assert notes.mails("s1.d", [a_change(9, ChangeKind.REMOVED)]) == {9: "<s1.d1.own@example.org>"}


def test_what_a_mail_took_back_is_known_no_more(tmp_path: Path) -> None:
    notes, removed, restored = ToldNotes(tmp_path / "told"), ChangeKind.REMOVED, ChangeKind.RESTORED
    notes.note("<s1.d1.x@example.org>", [a_change(1, removed), a_change(2, ChangeKind.EDITED, text="Two.")])
    notes.note("<s1.d2.x@example.org>", [a_change(3, restored), a_change(4, ChangeKind.EDITED, text="One.")])
    assert notes.mails("s1.d", [a_change(8, removed), a_change(9, ChangeKind.EDITED, text="Two.")]) == {}
    assert [*notes.mails("s1.d", [a_change(8, restored), a_change(9, ChangeKind.EDITED, text="One.")])] == [8, 9]


def test_of_several_changes_of_one_text_the_first_alone_was_told_before(tmp_path: Path) -> None:
    notes, edited = ToldNotes(tmp_path / "told"), ChangeKind.EDITED
    notes.note("<s1.d1.x@example.org>", [a_change(1, edited, text="Two.")])
    there_and_back = [a_change(number, edited, text=text) for number, text in ((9, "Two."), (8, "One."), (7, "Two."))]
    assert [*notes.mails("s1.d", there_and_back)] == [7]
    assert notes.mails("s1.d", there_and_back[:2]) == {}


def test_notes_that_are_not_there_tell_nothing(tmp_path: Path) -> None:
    notes = ToldNotes(tmp_path / "no" / "folder")
    with pytest.raises(OSError, match="No such file"):
        notes.note("<s1.d1.x@example.org>", [a_change(1)])
    assert notes.mails("s1.d", [a_change(1)]) == {}

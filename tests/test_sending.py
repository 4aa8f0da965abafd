"""Sending by hand: what waits goes out first, nothing piles up, and trouble is told in an operator's words."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import text

from monitor.delivering import send_at_once, send_waiting
from monitor.demo.loop import demo_settings
from monitor.demo.mailbox import Mailbox, receiving
from monitor.digesting import make_and_freeze
from reports.mailer import Outcome
from storage.database import Store, articles, deliveries, digests, subscriptions
from storage.database import verify as verification
from tests.builders import DAY_1, DAY_2, an_observation
from tests.conftest import Desk
from tests.slowsite import stored
from tests.test_mail import PARKS, Talkative, frozen, mailer, subscribed
from tests.torture.rude import GARBAGE, rudely
from tests.tricksite import TrickSite, free_port


def mails_to(desk: Desk, port: int) -> Desk:
    desk.variables |= {
        "PARKWATCH_MAIL__HOST": "127.0.0.1",
        "PARKWATCH_MAIL__PORT": str(port),
        "PARKWATCH_MAIL__SECURITY": "none",
    }
    return desk


def test_while_one_digest_waits_no_other_is_made_and_the_same_command_sends_it(desk: Desk, mailbox: Mailbox) -> None:
    desk.must("subscribe", "analyst@example.org")
    mails_to(desk, free_port())
    for _ in range(3):
        failed = desk.run("digest", "--now")
        assert (failed.returncode, stored(desk, "digests")) == (3, 1)
    assert "digest 1 for analyst@example.org was not sent: the mail server 127.0.0.1:" in failed.stderr
    mails_to(desk, mailbox.port)
    assert desk.must("digest", "--now") == "digest 1 for analyst@example.org: had waited: sent\n"
    assert "digest 2 for analyst@example.org: nothing new" in desk.must("digest", "--now")
    assert (stored(desk, "digests"), len(mailbox.mails)) == (2, 2)


def test_a_damaged_version_costs_its_own_line_and_no_other(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    desk.must("subscribe", "analyst@example.org")
    site.serve_stories(5, 4, 3, 2, 1)
    desk.must("crawl")
    with closing(sqlite3.connect(desk.folder / "parkwatch.db")) as store, store:
        store.execute("UPDATE versions SET body = 'not json' WHERE headline = 'Story 4 of the park'")
    desk.must("digest", "--preview", "-o", "digest.html")
    said = (desk.folder / "digest.html").read_text(encoding="utf-8")
    assert "Story 5 of the park" in said
    assert "cannot be shown: " in said
    assert "its body cannot be read" in desk.run("verify").stdout + desk.run("verify").stderr


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"USER": "me"}, "mail.user is set, so mail.password_file must name the file"),
        ({"USER": "me", "PASSWORD_FILE": "gone"}, "mail.password_file: gone cannot be read: No such file"),
        ({"USER": "me", "PASSWORD_FILE": "empty"}, "an SMTP login takes ASCII signs, at least one"),
    ],
)
def test_a_login_that_can_never_work_is_refused_before_anything_is_made(
    desk: Desk, variables: dict[str, str], sentence: str
) -> None:
    desk.must("subscribe", "analyst@example.org")
    (desk.folder / "empty").touch()
    desk.variables |= {f"PARKWATCH_MAIL__{name}": value for name, value in variables.items()}
    for verb in (("digest", "--now"), ("run",)):
        done = desk.run(*verb)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert sentence in done.stderr
    assert stored(desk, "digests") == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"host": "no-such-host.invalid"}, "no-such-host.invalid:25 is not known by that name: check mail.host"),
        ({"security": "starttls"}, "does not offer what is asked of it"),
        ({"security": "tls"}, "does not speak TLS as asked"),
        ({"user": "me"}, "does not offer what is asked of it"),
    ],
    ids=["no such host", "no starttls", "no tls", "no login"],
)
def test_trouble_with_a_server_is_told_in_an_operators_words(
    mailbox: Mailbox, tmp_path: Any, given: dict[str, str], words: str
) -> None:
    (tmp_path / "password").write_text("x")
    port = 25 if "host" in given else mailbox.port
    delivery = mailer(port, password_file=tmp_path / "password", **given).send("r@example.org", b"Subject: x\r\n\r\n")
    assert (delivery.outcome, delivery.is_our_fault) == (Outcome.DEFERRED, True)
    assert words in delivery.answer
    assert "Error" not in delivery.answer


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ({"connect": GARBAGE}, "the mail server 127.0.0.1:{port} answers with what is no answer: it is no mail server"),
        ({"rcpt": "550 \x1b[31mno such\x07 user"}, "recipient r@example.org: 550 [31mno such user"),
    ],
    ids=["no mail server", "a terminal's commands"],
)
def test_a_servers_words_are_shown_as_words(script: dict[str, str], words: str) -> None:
    with rudely(script) as server:
        delivery = mailer(server.port).send("r@example.org", b"Subject: x\r\n\r\n")
    assert words.format(port=server.port) in delivery.answer
    assert delivery.answer.isprintable()


def test_sending_at_once_waits_for_no_pause_but_overtakes_no_attempt(store: Store, tmp_path: Any) -> None:
    frozen(store, tmp_path)
    with receiving(Talkative(rcpt="450 try later")) as box:
        send_waiting(store, mailer(box.port), lambda: DAY_2)
        [(_, delivery)] = send_at_once(store, mailer(box.port), lambda: DAY_2, 1)
        assert delivery.outcome is Outcome.DEFERRED
    with store.writing() as session:
        deliveries.begin(session, 1, DAY_2, at_once=True)  # another process is at it
    with receiving(Mailbox()) as good:
        assert send_at_once(store, mailer(good.port), lambda: DAY_2, 1) == []
        assert good.mails == []


def test_days_of_our_own_trouble_are_not_held_against_a_mail(store: Store, mailbox: Mailbox, tmp_path: Any) -> None:
    frozen(store, tmp_path)
    for hours in range(0, 240, 12):
        [(_, told)] = send_waiting(store, mailer(free_port()), lambda: DAY_2 + timedelta(hours=hours))  # noqa: B023
        assert told.is_our_fault
    late = DAY_2 + timedelta(days=10)
    with receiving(Talkative(data="451 busy")) as box:
        send_at_once(store, mailer(box.port), lambda: late, 1)
    with store.reading() as session:
        [(line, answer)] = deliveries.undelivered(session, now=DAY_2, refused_since=DAY_1)
    assert (line.state, answer) == ("ready", "mail: 451 busy")
    [(_, sent)] = send_at_once(store, mailer(mailbox.port), lambda: late, 1)
    assert sent.outcome is Outcome.SENT


def test_a_mail_that_may_have_arrived_is_not_called_unsent(desk: Desk) -> None:
    with receiving(Talkative(drop=True)) as box:
        mails_to(desk, box.port)
        desk.must("subscribe", "analyst@example.org")
        lost = desk.run("digest", "--now")
    assert (lost.returncode, "digest 1 for analyst@example.org may have arrived: " in lost.stderr) == (3, True)
    assert "unknown, the server may have it: " in desk.run("status").stdout


def test_a_digest_that_nobody_hands_over_and_one_whose_sender_died_are_told(store: Store, tmp_path: Any) -> None:
    frozen(store, tmp_path)

    def wrong(now: datetime) -> str | None:
        with store.reading() as session:
            return deliveries.undelivered(session, now=now, refused_since=DAY_1)[0][1]

    assert wrong(DAY_2) is None
    assert "is 'parkwatch run' at work?" in (wrong(DAY_2 + timedelta(hours=2)) or "")
    with store.writing() as session:
        deliveries.begin(session, 1, DAY_2)  # and here the process dies
    assert "the server may have it" in (wrong(DAY_2) or "")


def frozen_as(store: Store, *, number: int, position: int) -> int | None:
    with store.writing() as session:
        return digests.freeze(
            session,
            subscription_id=1,
            number=number,
            position_before=position,
            position_after=position,
            changes=(),
            recipient="reader@example.org",
            message_id=f"<{number}.{position}@example.org>",
            message=b"",
            now=DAY_2,
        )


def test_a_digest_is_frozen_only_from_where_the_reader_stands(store: Store) -> None:
    subscribed(store)
    assert frozen_as(store, number=1, position=5) is None


def test_an_empty_digest_that_another_process_froze_is_not_frozen_again(store: Store) -> None:
    subscribed(store)
    assert frozen_as(store, number=1, position=0)
    assert frozen_as(store, number=1, position=0) is None


def test_the_same_subscription_twice_is_one(desk: Desk) -> None:
    wish = ("subscribe", "analyst@example.org", "--cadence", "hourly", "--word", "bearing")
    assert "subscription 1: " in desk.must(*wish)
    assert "has this one already" in desk.must(*wish)
    assert "subscription 2: " in desk.must(*wish, "--word", "steel")
    assert len(desk.must("subscriptions").splitlines()) == 2
    desk.must("unsubscribe", "ANALYST@example.org")
    ended = desk.run("digest", "2")
    assert (ended.returncode, ended.stderr) == (
        2,
        "parkwatch: subscription 2 of analyst@example.org has ended: 'subscribe' adds a new one\n",
    )


def test_a_readers_cadence_is_changed_and_not_doubled(desk: Desk) -> None:
    desk.must("subscribe", "analyst@example.org", "--cadence", "hourly")
    twice = desk.run("subscribe", "analyst@example.org", "--cadence", "weekly mon 07:00")
    assert twice.returncode == 2
    assert "change it with 'parkwatch reschedule 1'" in twice.stderr
    assert "nothing to change" in desk.run("reschedule", "1").stderr
    assert "weekly mon 07:00 UTC; next digest Mon " in desk.must(
        "reschedule", "1", "--cadence", "weekly mon 07:00", "--time-zone", "UTC"
    )
    assert "no such zone" in desk.run("reschedule", "1", "--time-zone", "Here/There").stderr
    assert desk.must("subscriptions").count("weekly mon 07:00 UTC") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--now", "--preview"), "--now sends and --preview only shows: write one of them"),
        (("-o", "x.html"), "--output says where --preview writes: add --preview"),
        (("--preview", "-o", "none/x.html"), "none/x.html: cannot be written: No such file or directory"),
        (("--preview", "-o", "x.html"), None),
    ],
)
def test_options_that_contradict_each_other_are_told(
    desk: Desk, arguments: tuple[str, ...], sentence: str | None
) -> None:
    desk.must("subscribe", "analyst@example.org")
    done = desk.run("digest", *arguments)
    assert done.returncode == (2 if sentence else 0)
    assert done.stderr == (f"parkwatch: {sentence}\n" if sentence else "")


def test_one_file_takes_one_preview(desk: Desk) -> None:
    desk.must("subscribe", "one@example.org")
    desk.must("subscribe", "two@example.org")
    done = desk.run("digest", "--preview", "-o", "x.html")
    assert (done.returncode, (desk.folder / "x.html").exists()) == (2, False)
    assert "--output takes one digest, this would write 2: name a subscription" in done.stderr


def test_a_digest_made_after_one_that_waited_takes_what_came_since(store: Store, tmp_path: Any) -> None:
    frozen(store, tmp_path)
    with store.writing() as session:
        articles.record(session, an_observation("doc:2", seen_at=DAY_1))
        reader = subscriptions.get(session, 1)
    second = make_and_freeze(store, PARKS, demo_settings(tmp_path, 25), reader, DAY_2)
    assert second
    assert (second.digest.number, second.digest.changes) == (2, (2,))


class Grumpy(Talkative):
    """Answers QUIT with whatever a test tells it to."""

    def __init__(self, quit_: str, **more: Any) -> None:
        super().__init__(**more)
        self.quit = quit_

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return self.quit


@pytest.mark.parametrize(
    ("rcpt", "goodbye", "outcome"),
    [("250 OK", "250 bye", Outcome.SENT), ("550 nobody", "421 leaving", Outcome.REFUSED)],
)
def test_what_is_answered_to_quit_changes_no_verdict(rcpt: str, goodbye: str, outcome: Outcome) -> None:
    with receiving(Grumpy(goodbye, rcpt=rcpt)) as box:
        assert mailer(box.port).send("r@example.org", b"Subject: x\r\n\r\nx\r\n").outcome is outcome


def test_a_host_name_that_is_none_is_told_and_not_raised() -> None:
    delivery = mailer(25, host="mail..example.org").send("r@example.org", b"Subject: x\r\n\r\n")
    assert (delivery.outcome, "check mail.host" in delivery.answer) == (Outcome.DEFERRED, True)


def test_a_park_whose_file_is_broken_or_gone_is_no_quiet_park(desk: Desk) -> None:
    (desk.folder / "parks" / "broken.toml").write_text("nam = 'x'\n")
    (desk.folder / "parks" / "fine.toml").write_text(
        'name = "Fine"\nlistings = ["http://fine.example/"]\nlayouts = ["tjuda"]\n'
    )
    desk.must("subscribe", "all@example.org")
    desk.must("subscribe", "one@example.org", "--park", "fine")
    (desk.folder / "parks" / "fine.toml").unlink()
    for reader, sentence in (
        ("all@example.org", "broken</strong>: not seen (its park file cannot be used)"),
        ("one@example.org", "fine</strong>: not seen (it is no longer watched)"),
    ):
        desk.must("digest", reader, "--preview", "-o", "x.html")
        assert sentence in (desk.folder / "x.html").read_text(encoding="utf-8")


def test_a_park_that_was_watched_and_is_no_longer_is_no_quiet_park_to_a_reader_of_all(
    desk: Desk, site: TrickSite, mailbox: Mailbox
) -> None:
    mails_to(desk, mailbox.port)
    site.serve_stories(1)
    site.park(desk.folder, "stays")
    site.park(desk.folder, "leaves")
    desk.must("crawl")
    desk.must("subscribe", "all@example.org")
    desk.must("digest", "--now")
    site.serve_stories(2, 1)
    desk.must("crawl")
    (desk.folder / "parks" / "leaves.toml").unlink()
    desk.must("digest", "--now")
    letters = [message_from_bytes(mail, policy=policy.default) for mail in mailbox.mails]
    told = [letter.get_body(("plain",)).get_content() for letter in letters]  # type: ignore[attr-defined]
    assert ["leaves: not seen" in text for text in told] == [False, True]
    assert "it is no longer watched" in told[1]
    assert "leaves: 1 of 1 planned visit done" in told[1]
    desk.sql(
        "UPDATE visits SET ended_at = '2024-01-01 00:00:00', started_at = '2024-01-01 00:00:00' WHERE park = 'leaves'"
    )
    desk.must("digest", "all@example.org", "--preview", "-o", "x.html")
    assert "no longer watched" not in (desk.folder / "x.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE digests SET state = 'sent'", "subscription 1: digest 1 counts as sent, and no delivery of it says so"),
        ("UPDATE digests SET number = 2", "subscription 1: digest 1 is missing"),
        ("UPDATE digests SET message_id = '<x@y>'", "subscription 1: the mail of digest 1 is not its own: it is <"),
        ("UPDATE digests SET recipient = 'eve@example.org'", "subscription 1: the mail of digest 1 is not its own:"),
    ],
)
def test_verify_believes_no_digest_by_its_word(store: Store, tmp_path: Any, damage: str, problem: str) -> None:
    frozen(store, tmp_path)
    with store.writing() as session:
        session.execute(text(damage))
    with store.reading() as session:
        assert any(found.startswith(problem) for found in verification.problems(session))


def test_without_any_park_nothing_is_said_to_have_been_seen(desk: Desk) -> None:
    desk.must("subscribe", "all@example.org")
    desk.must("digest", "--preview", "-o", "x.html")
    html = (desk.folder / "x.html").read_text(encoding="utf-8")
    assert ("No park is watched." in html, "seen whole" in html) == (True, False)

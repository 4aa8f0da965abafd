"""What a mail server has refused, or may have taken twice: the reader hears of it, and nothing of it is lost."""

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from monitor.delivering import journal_of, send_at_once, send_waiting
from monitor.demo.loop import demo_settings
from monitor.demo.mailbox import Mailbox, receiving
from monitor.digesting import Made, make, make_due
from monitor.scheduler import Alarm
from reports.mailer import Outcome
from reports.render import text_of
from storage.database import Store, articles, deliveries, digests, subscriptions, visits
from storage.database import verify as verification
from tests.builders import DAY_1, DAY_2, DAY_3, an_observation, begun
from tests.conftest import Desk
from tests.slowsite import stored
from tests.test_mail import PARKS, Talkative, frozen, mailer, subscribed
from tests.test_sending import mails_to

REFUSAL = "554 looks like spam"


def next_digest(store: Store, tmp_path: Path, now: datetime) -> Made:
    with store.reading() as session:
        reader = subscriptions.get(session, 1)
    return make(store, PARKS, demo_settings(tmp_path, 25), reader, now)


def told(made: Made) -> list[str]:
    lines = [line for line in text_of(made.digest).splitlines() if " reached you" in line]
    assert made.letter.html.count(" reached you") == len(lines)
    return lines


def test_a_refused_digest_is_told_of_until_one_arrives_and_goes_out_again_as_it_was(
    store: Store, mailbox: Mailbox, tmp_path: Path
) -> None:
    frozen(store, tmp_path)
    with receiving(Talkative(data=REFUSAL)) as box:
        send_waiting(store, mailer(box.port), lambda: DAY_2)
    made = next_digest(store, tmp_path, DAY_3)
    assert made.digest.changes == ()
    [line] = told(made)
    assert line.startswith("Digest 1 of Tue 7 May 08:00 with 1 change never reached you")
    assert "looks like spam" in line
    with store.writing() as session:
        assert deliveries.again(session, 1, DAY_3) == 1
    [(_, sent)] = send_waiting(store, mailer(mailbox.port), lambda: DAY_3)
    assert sent.outcome is Outcome.SENT
    assert b"A bearing works" in mailbox.mails[0]
    assert told(next_digest(store, tmp_path, DAY_3 + timedelta(hours=1))) == []
    with store.reading() as session:
        assert list(verification.problems(session)) == []


def test_a_refusal_that_comes_after_a_later_digest_was_sent_is_told_all_the_same(
    store: Store, mailbox: Mailbox, tmp_path: Path
) -> None:
    frozen(store, tmp_path)
    with receiving(Talkative(data="451 busy")) as box:
        send_waiting(store, mailer(box.port), lambda: DAY_2)
    make_due(store, PARKS, demo_settings(tmp_path, 25), DAY_3)
    with store.writing() as session:
        number = deliveries.begin(session, 2, DAY_3)
        deliveries.end(session, number or 0, outcome="sent", code=250, answer="", is_our_fault=False, now=DAY_3)
    with receiving(Talkative(data=REFUSAL)) as box:
        send_at_once(store, mailer(box.port), lambda: DAY_3 + timedelta(hours=1), 1)
    later = DAY_3 + timedelta(hours=2)
    assert [line.partition(" of ")[0] for line in told(next_digest(store, tmp_path, later))] == ["Digest 1"]
    make_due(store, PARKS, demo_settings(tmp_path, 25), DAY_3 + timedelta(days=1))
    send_at_once(store, mailer(mailbox.port), lambda: DAY_3 + timedelta(days=1), 1)
    assert told(next_digest(store, tmp_path, DAY_3 + timedelta(days=2))) == []


@pytest.mark.long
def test_a_mailbox_that_refuses_one_after_the_other_is_left_alone_for_a_while_and_nothing_is_lost(
    store: Store, mailbox: Mailbox, tmp_path: Path
) -> None:
    subscribed(store)
    settings, refused = demo_settings(tmp_path, 25), []
    with receiving(Talkative(rcpt="550 no such user")) as box:
        for day in range(16):
            now = DAY_2 + timedelta(days=day)
            with store.writing() as session:
                articles.record(session, an_observation(f"doc:{day}", seen_at=now - timedelta(hours=2)))
            refused += [day for _ in make_due(store, PARKS, settings, now)]
            send_waiting(store, mailer(box.port), lambda: now)  # noqa: B023
    assert refused == [0, 1, 2, 4, 8, 15]
    with store.reading() as session:
        [reader] = subscriptions.subscriptions(session)
    now = DAY_2 + timedelta(days=22)
    assert (reader.refusals, reader.next_digest(now - timedelta(days=2))) == (6, now)
    assert make_due(store, PARKS, settings, now - timedelta(days=1)) == []
    [made] = make_due(store, PARKS, settings, now)
    send_waiting(store, mailer(mailbox.port), lambda: now)
    with store.writing() as session:
        assert deliveries.again(session, 1, now) == 6
    send_waiting(store, mailer(mailbox.port), lambda: now)
    with store.reading() as session:
        assert list(verification.problems(session)) == []
        [reader] = subscriptions.subscriptions(session)
    assert (len(mailbox.mails), made.digest.changes, reader.refusals) == (7, (), 0)


@pytest.mark.long
def test_nobody_is_left_alone_where_nobodys_mail_is_taken(store: Store, tmp_path: Path) -> None:
    for address in ("one@example.org", "two@example.org"):
        subscribed(store, address)
    made = []
    with receiving(Talkative(rcpt="554 relay access denied")) as box:
        for day in range(5):
            now = DAY_2 + timedelta(days=day)
            made.append(len(make_due(store, PARKS, demo_settings(tmp_path, 25), now)))
            send_waiting(store, mailer(box.port), lambda: now)  # noqa: B023
    assert made == [2] * 5


def test_a_reader_who_is_left_alone_is_named_and_what_lets_her_read_again(desk: Desk, mailbox: Mailbox) -> None:
    desk.must("subscribe", "analyst@example.org")
    with receiving(Talkative(rcpt="550 who is that")) as box:
        mails_to(desk, box.port)
        for _ in range(3):
            assert desk.run("digest", "--now").returncode == 3
    status = desk.run("status").stdout
    assert "analyst@example.org: daily 07:00, paused, 3 digests in a row were refused: next digest 20" in status
    assert "parkwatch digest analyst@example.org --now --again" in status
    mails_to(desk, mailbox.port)
    desk.must("digest", "--now", "--again")
    assert "paused" not in desk.run("status").stdout


def test_a_mail_that_is_sent_again_has_five_days_of_its_own(store: Store, tmp_path: Path) -> None:
    frozen(store, tmp_path)
    now = DAY_2
    with receiving(Talkative(rcpt="450 try later")) as box:
        while send_at_once(store, mailer(box.port), lambda: now, 1):  # noqa: B023
            now += timedelta(hours=3)
        assert now - DAY_2 > timedelta(days=5)
        with store.writing() as session:
            deliveries.again(session, 1, now)
        [(_, first)] = send_at_once(store, mailer(box.port), lambda: now, 1)
    assert first.outcome is Outcome.DEFERRED
    with store.reading() as session:
        assert len(deliveries.waiting(session, now=None)) == 1


def test_a_digest_that_may_have_come_twice_is_named_once(store: Store, mailbox: Mailbox, tmp_path: Path) -> None:
    frozen(store, tmp_path)
    with receiving(Talkative(drop=True)) as box:
        send_waiting(store, mailer(box.port), lambda: DAY_2)
    send_at_once(store, mailer(mailbox.port), lambda: DAY_2 + timedelta(hours=1), 1)
    [made] = make_due(store, PARKS, demo_settings(tmp_path, 25), DAY_3)
    assert told(made) == [
        "Digest 1 of Tue 7 May 08:00 may have reached you more than once: an attempt to send it ended without an "
        "answer, so the same mail was sent again."
    ]
    assert told(next_digest(store, tmp_path, DAY_3 + timedelta(hours=1))) == []


def test_an_operator_sends_again_by_one_command(desk: Desk, mailbox: Mailbox) -> None:
    desk.must("subscribe", "analyst@example.org")
    with receiving(Talkative(rcpt="550 who is that")) as box:
        mails_to(desk, box.port)
        assert "'digest --now --again' sends it again" in desk.run("digest", "--now").stderr
    assert "parkwatch digest analyst@example.org --now --again" in desk.run("status").stdout
    mails_to(desk, mailbox.port)
    assert "add --now" in desk.run("digest", "--again").stderr
    assert desk.must("digest", "--now", "--again") == "digest 1 for analyst@example.org: had waited: sent\n"
    assert (stored(desk, "digests"), len(mailbox.mails)) == (1, 1)


def test_behind_a_sleep_a_late_digest_waits_for_the_visit_that_is_due_too(
    store: Store, mailbox: Mailbox, tmp_path: Path
) -> None:
    subscribed(store)
    clock = [DAY_1 + timedelta(days=4)]
    folder = cast(Any, SimpleNamespace(parks=lambda: PARKS, errors={}))
    alarm = Alarm(store, demo_settings(tmp_path, mailbox.port), folder, lambda: clock[0])
    alarm.digest()
    assert mailbox.mails == []
    for park in PARKS:
        number = begun(store, now=clock[0], park=park)
        with store.writing() as session:
            articles.record(session, an_observation(f"doc:{park}", park=park, seen_at=clock[0], visit=number))
            tally = visits.Tally(listing_joined=True)
            visits.end(session, number, now=clock[0], outcome="done", reason=None, tally=tally)
    clock[0] += timedelta(seconds=20)
    alarm.digest()
    [mail] = mailbox.mails
    assert b"This digest is late" in mail
    assert b"A bearing works" in mail


def test_a_visit_that_never_ends_holds_no_digest_back_for_long(store: Store, mailbox: Mailbox, tmp_path: Path) -> None:
    subscribed(store)
    clock = [DAY_1 + timedelta(days=4)]
    folder = cast(Any, SimpleNamespace(parks=lambda: PARKS, errors={}))
    alarm = Alarm(store, demo_settings(tmp_path, mailbox.port), folder, lambda: clock[0])
    for _ in range(20):
        alarm.digest()
        clock[0] += timedelta(minutes=2)
    assert len(mailbox.mails) == 1


def test_a_mail_that_the_journal_knows_was_taken_once_and_nobody_hears_of_copies(
    file_store: Store, mailbox: Mailbox, tmp_path: Path
) -> None:
    frozen(file_store, tmp_path)
    with file_store.writing() as session:
        deliveries.begin(session, 1, DAY_2)
    with file_store.reading() as session:
        message = digests.message_of(session, 1)
    journal_of(file_store).note(message.message_id, message.sha256)  # and here the process dies
    later = DAY_2 + timedelta(hours=1)
    [(_, sent)] = send_waiting(file_store, mailer(mailbox.port), lambda: later)
    assert (sent.outcome, mailbox.mails) == (Outcome.SENT, [])
    assert told(next_digest(file_store, tmp_path, DAY_3)) == []


def test_a_scheduler_that_is_told_to_stop_begins_no_mail(store: Store, mailbox: Mailbox, tmp_path: Path) -> None:
    frozen(store, tmp_path)
    folder = cast(Any, SimpleNamespace(parks=lambda: {}, errors={}))
    alarm = Alarm(store, demo_settings(tmp_path, mailbox.port), folder, lambda: DAY_2 + timedelta(minutes=1))
    alarm.visitors.stop()
    alarm.digest()
    assert mailbox.mails == []

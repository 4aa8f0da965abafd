"""Handing digests over: what servers say, what is tried again, and the bytes that never change."""

import ssl
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from sqlalchemy import text

from monitor.delivering import send_waiting
from monitor.demo.loop import demo_settings
from monitor.demo.mailbox import Mailbox, receiving
from monitor.digesting import make_and_freeze, make_due
from reports.mailer import Outcome, SmtpMailer
from storage.database import Store, articles, deliveries, digests, subscriptions
from storage.database import verify as verification
from storage.database.subscriptions import Subscription
from tests.builders import DAY_1, DAY_2, a_park, an_observation
from tests.torture.rude import rudely
from tests.tricksite import free_port

PARKS = {"eastgate": a_park()}


def mailer(port: int, **more: Any) -> SmtpMailer:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "user": "",
        "password_file": None,
        "sender": "parkwatch@example.org",
        "timeout": 5,
        "answer_timeout": 5,
    }
    return SmtpMailer(**{**given, **more})


class Talkative(Mailbox):
    """Says at RCPT and after the mail what a test tells it to."""

    def __init__(self, rcpt: str = "250 OK", data: str = "250 OK", *, drop: bool = False) -> None:
        super().__init__()
        self.rcpt, self.data, self.drop = rcpt, data, drop

    async def handle_RCPT(self, _s: Any, _session: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(bytes(envelope.content))
        if self.drop:
            server.transport.abort()
        return self.data


def subscribed(store: Store, address: str = "reader@example.org") -> Subscription:
    with store.writing() as session:
        return subscriptions.subscribe(
            session,
            address=address,
            parks=(),
            words=(),
            cadence="daily 07:00",
            time_zone="UTC",
            now=DAY_1,
            covers_since=DAY_1,
        )


def frozen(store: Store, tmp_path: Path, *addresses: str) -> None:
    with store.writing() as session:
        articles.record(session, an_observation(seen_at=DAY_1))
    for address in addresses or ("reader@example.org",):
        assert make_and_freeze(store, PARKS, demo_settings(tmp_path, 25), subscribed(store, address), DAY_2)


def answers(store: Store, sender: SmtpMailer, now: Any = DAY_2) -> list[Outcome]:
    return [delivery.outcome for _, delivery in send_waiting(store, sender, lambda: now)]


def test_a_digest_arrives_as_it_was_frozen(store: Store, tmp_path: Path, mailbox: Mailbox) -> None:
    frozen(store, tmp_path)
    with store.reading() as session:
        [waiting] = deliveries.waiting(session, now=DAY_2)
        message = digests.message_of(session, waiting.id).content
    assert answers(store, mailer(mailbox.port)) == [Outcome.SENT]
    assert mailbox.mails == [message]
    assert answers(store, mailer(mailbox.port)) == []


@pytest.mark.parametrize(
    ("server", "outcome"),
    [
        (lambda: Talkative(rcpt="450 try later"), Outcome.DEFERRED),
        (lambda: Talkative(rcpt="550 no such reader"), Outcome.REFUSED),
        (lambda: Talkative(data="451 busy"), Outcome.DEFERRED),
        (lambda: Talkative(data="554 no thanks"), Outcome.REFUSED),
        (lambda: Talkative(drop=True), Outcome.UNKNOWN),
    ],
    ids=["rcpt 4yz", "rcpt 5yz", "data 4yz", "data 5yz", "lost after the dot"],
)
def test_what_the_server_says_decides(
    store: Store, tmp_path: Path, server: Callable[[], Talkative], outcome: Outcome
) -> None:
    frozen(store, tmp_path)
    with receiving(server()) as box:
        assert answers(store, mailer(box.port)) == [outcome]
    later = DAY_2 + timedelta(minutes=6)
    with receiving(Mailbox()) as good:
        assert answers(store, mailer(good.port), DAY_2 + timedelta(minutes=1)) == []
        assert answers(store, mailer(good.port), later) == ([] if outcome is Outcome.REFUSED else [Outcome.SENT])
    if outcome is Outcome.UNKNOWN:
        assert isinstance(box, Talkative)
        assert box.mails == good.mails  # the same bytes, so that a copy can be known as one
    with store.reading() as session:
        assert list(verification.problems(session)) == []


def test_one_refused_address_holds_back_nobody(store: Store, tmp_path: Path) -> None:
    class Picky(Talkative):
        async def handle_RCPT(self, s: Any, session: Any, envelope: Any, address: str, o: Any) -> str:  # noqa: N802
            self.rcpt = "550 no such reader" if address.startswith("gone") else "250 OK"
            return await super().handle_RCPT(s, session, envelope, address, o)

    frozen(store, tmp_path, "gone@example.org", "here@example.org")
    with receiving(Picky()) as box:
        assert answers(store, mailer(box.port)) == [Outcome.REFUSED, Outcome.SENT]


def test_a_server_that_is_not_there_charges_nobody_and_ends_the_round(store: Store, tmp_path: Path) -> None:
    frozen(store, tmp_path, "one@example.org", "two@example.org")
    [(_, delivery)] = send_waiting(store, mailer(free_port()), lambda: DAY_2)
    assert delivery.outcome is Outcome.DEFERRED
    assert delivery.is_our_fault
    assert "refuses the connection: check mail.host and mail.port" in delivery.answer


def test_a_death_between_sending_and_hearing_sends_the_same_bytes_again(store: Store, tmp_path: Path) -> None:
    frozen(store, tmp_path)
    with store.writing() as session:
        [waiting] = deliveries.waiting(session, now=DAY_2)
        message = digests.message_of(session, waiting.id).content
        deliveries.begin(session, waiting.id, DAY_2)  # and here the process dies
    with receiving(Mailbox()) as box:
        # As long as the server may answer, another process leaves it alone.
        assert answers(store, mailer(box.port), DAY_2 + deliveries.LEASE - timedelta(seconds=1)) == []
        assert answers(store, mailer(box.port), DAY_2 + deliveries.LEASE) == [Outcome.SENT]
    assert box.mails == [message]


def test_only_the_answer_to_the_dot_can_mean_that_a_mail_was_taken() -> None:
    with rudely({"data": "250 ok"}) as server:
        delivery = mailer(server.port).send("r@example.org", b"Subject: x\r\n\r\nx\r\n")
    assert delivery.outcome is Outcome.DEFERRED


def test_whoever_was_held_up_sends_nothing_that_another_may_have_in_hand(store: Store, mailbox: Mailbox) -> None:
    frozen(store, Path())
    moments = iter([DAY_2, DAY_2, DAY_2 + timedelta(minutes=10), DAY_2 + timedelta(minutes=10)])
    [(_, delivery)] = send_waiting(store, mailer(mailbox.port), lambda: next(moments))
    assert (delivery.outcome, mailbox.mails) == (Outcome.DEFERRED, [])
    assert answers(store, mailer(mailbox.port), DAY_2 + timedelta(minutes=16)) == [Outcome.SENT]


def test_whoever_is_still_at_it_has_the_whole_time_once_more(store: Store) -> None:
    """A server that reads a large mail slowly asks for more time than an attempt has in the beginning."""
    frozen(store, Path())
    with store.writing() as session:
        number = deliveries.begin(session, 1, DAY_2)
        assert number
        for minutes in (8, 16, 24):
            assert deliveries.renew(session, number, DAY_2 + timedelta(minutes=minutes))
            assert deliveries.begin(session, 1, DAY_2 + timedelta(minutes=minutes + 19)) is None
        assert not deliveries.renew(session, number, DAY_2 + timedelta(minutes=34))
        assert deliveries.begin(session, 1, DAY_2 + timedelta(minutes=44))
        assert not deliveries.renew(session, number, DAY_2 + timedelta(minutes=44))


@pytest.mark.parametrize(("minutes", "outcome"), [(8, Outcome.SENT), (34, Outcome.DEFERRED)])
def test_a_slow_server_gets_a_mail_as_long_as_its_sender_is_there(
    store: Store, mailbox: Mailbox, minutes: int, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.mailer._ASKED_EVERY_S", -1)
    monkeypatch.setattr("reports.mailer._PIECE", 1000)
    frozen(store, Path())
    late = DAY_2 + timedelta(minutes=minutes)
    # When it begins, at each piece, and at the end.
    moments = chain([DAY_2] * 3, [DAY_2 + timedelta(minutes=8), late], repeat(late + timedelta(minutes=8)))
    [(_, delivery)] = send_waiting(store, mailer(mailbox.port), lambda: next(moments))
    assert (delivery.outcome, len(mailbox.mails)) == (outcome, outcome is Outcome.SENT)


def test_a_store_that_goes_away_while_the_server_waits_costs_no_more_than_a_later_attempt(mailbox: Mailbox) -> None:
    def gone() -> bool:
        raise RuntimeError("no store")

    with pytest.raises(RuntimeError, match="no store"):
        mailer(mailbox.port).send("r@example.org", b"Subject: x\r\n\r\nx\r\n", gone)
    assert mailbox.mails == []  # a QUIT would have been its first line


def test_the_word_of_an_attempt_that_another_followed_changes_nothing(store: Store) -> None:
    frozen(store, Path())
    with store.writing() as session:
        first = deliveries.begin(session, 1, DAY_2)
        second = deliveries.begin(session, 1, DAY_2 + deliveries.LEASE)
        assert first
        assert second
        assert not deliveries.may_go_on(session, first, DAY_2)  # its clock was set back
        assert deliveries.may_go_on(session, second, DAY_2 + deliveries.LEASE)
        refused: dict[str, Any] = {"outcome": "refused", "code": 550, "answer": "no", "is_our_fault": False}
        deliveries.end(session, first, **refused, now=DAY_2 + deliveries.LEASE)
        assert deliveries.may_go_on(session, second, DAY_2 + deliveries.LEASE)


def test_two_makers_of_one_digest_make_one(store: Store, tmp_path: Path) -> None:
    with store.writing() as session:
        articles.record(session, an_observation(seen_at=DAY_1))
    reader = subscribed(store)
    made: list[object] = []
    gate = threading.Barrier(4)

    def run() -> None:
        gate.wait()
        made.append(make_and_freeze(store, PARKS, demo_settings(tmp_path, 25), reader, DAY_2))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in made if one is not None]) == 1
    with store.reading() as session:
        assert list(verification.problems(session)) == []


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def test_starttls_is_verified_and_the_password_comes_from_its_file(tmp_path: Path, authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    ca_file, secret = tmp_path / "ca.pem", tmp_path / "password"
    authority.cert_pem.write_to_path(str(ca_file))
    secret.write_text("open sesame\n")
    heard: list[tuple[bytes, bytes]] = []

    def authenticator(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
        from aiosmtpd.smtp import AuthResult

        heard.append((data.login, data.password))
        return AuthResult(success=data.password == b"open sesame")

    box, port = Mailbox(), free_port()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        tls_context=context,
        require_starttls=True,
        authenticator=authenticator,
        auth_require_tls=True,
    )
    controller.start()
    try:
        given = {"security": "starttls", "user": "parkwatch", "password_file": secret}
        refused = mailer(port, **given).send("r@example.org", b"Subject: x\r\n\r\nx\r\n")
        assert (refused.outcome, "certificate that cannot be trusted" in refused.answer) == (Outcome.DEFERRED, True)
        assert heard == []
        sent = mailer(port, **given, tls_verify=str(ca_file)).send("r@example.org", b"Subject: x\r\n\r\nx\r\n")
        assert sent.outcome is Outcome.SENT
        assert heard == [(b"parkwatch", b"open sesame")]
        assert "sesame" not in repr(mailer(port, **given)) + sent.answer
        secret.write_text("wrong")
        wrong = mailer(port, **given, tls_verify=str(ca_file)).send("r@example.org", b"Subject: x\r\n\r\nx\r\n")
        assert (wrong.outcome, wrong.is_our_fault) == (Outcome.DEFERRED, True)
    finally:
        controller.stop()


def test_lines_that_begin_with_a_dot_arrive_whole(mailbox: Mailbox) -> None:
    content = b"Subject: x\r\n\r\n.\r\n..two\r\n.hidden\r\nend\r\n"
    assert mailer(mailbox.port).send("r@example.org", content).outcome is Outcome.SENT
    assert mailbox.mails == [content]


def test_who_unsubscribes_gets_no_mail_that_was_already_made(store: Store, tmp_path: Path, mailbox: Mailbox) -> None:
    frozen(store, tmp_path)
    with store.writing() as session:
        subscriptions.unsubscribe(session, 1)
    assert answers(store, mailer(mailbox.port)) == []
    assert mailbox.mails == []


def test_one_reader_whose_digest_cannot_be_made_holds_back_nobody(store: Store, tmp_path: Path) -> None:
    subscribed(store, "one@example.org")
    subscribed(store, "two@example.org")
    with store.writing() as session:
        session.execute(text("UPDATE subscriptions SET time_zone = 'No/Where' WHERE id = 1"))
    made = make_due(store, PARKS, demo_settings(tmp_path, 25), DAY_2)
    assert [one.subscription.address for one in made] == ["two@example.org"]


def test_a_clock_that_leaps_a_year_and_back_sends_each_digest_once(
    store: Store, tmp_path: Path, mailbox: Mailbox
) -> None:
    subscribed(store)
    settings, moments = demo_settings(tmp_path, 25), [DAY_2, DAY_2 + timedelta(days=365), DAY_2 + timedelta(hours=1)]
    for number, now in enumerate([*moments, DAY_2 + timedelta(hours=2), DAY_2 + timedelta(days=1)]):
        with store.writing() as session:
            articles.record(session, an_observation(f"doc:{number}", seen_at=now))
        make_due(store, PARKS, settings, now)
        answers(store, mailer(mailbox.port), now)
    # At the second and the third moment the clock leaps; between the third and the fourth no slot has passed.
    assert len(mailbox.mails) == 4
    with store.reading() as session:
        assert list(verification.problems(session)) == []


def test_a_digest_that_waits_while_the_clock_is_set_back_goes_out(
    store: Store, tmp_path: Path, mailbox: Mailbox
) -> None:
    frozen(store, tmp_path)
    ahead = DAY_2 + timedelta(days=365)
    assert answers(store, mailer(free_port()), ahead) == [Outcome.DEFERRED]
    assert answers(store, mailer(mailbox.port), DAY_2 + timedelta(minutes=1)) == [Outcome.SENT]


def test_a_mail_is_given_up_after_days_of_refusals_and_no_others(store: Store, tmp_path: Path) -> None:
    frozen(store, tmp_path)

    def states(server: int, first: int, last: int, step: int = 4) -> list[str]:
        """Try every few hours, from one hour to another."""
        for hours in range(first, last, step):
            answers(store, mailer(server), DAY_2 + timedelta(hours=hours))
        return state_of(store)

    with receiving(Talkative(rcpt="450 try later")) as box:
        assert states(box.port, 0, 48) == ["ready"]
        assert states(free_port(), 48, 240, 24) == ["ready"]  # days in which nobody could be reached
        assert states(box.port, 240, 300) == ["ready"]
        assert states(box.port, 24 * 365, 24 * 366, 24) == ["ready"]  # a clock that leaps makes no days of refusals
        assert states(box.port, 24 * 366, 24 * 366 + 24) == ["refused"]


def state_of(store: Store) -> list[str]:
    with store.reading() as session:
        return [line.state for line, _ in deliveries.undelivered(session, now=DAY_1, refused_since=DAY_1)]

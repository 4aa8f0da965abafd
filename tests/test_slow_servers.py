"""Mail servers that refuse encryption, read slowly or put a reader off; a scheduler that loses its lock meanwhile."""

import socket
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.delivering import send_waiting
from monitor.demo.mailbox import Mailbox, receiving
from reports.mailer import Outcome
from storage.database import Store
from tests.builders import DAY_2
from tests.test_mail import Talkative, answers, frozen, mailer
from tests.torture.rude import CLOSE, GARBAGE, HANG, RESET, rudely

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

OFFERED = "250-rude.example\r\n250 STARTTLS"


@pytest.mark.parametrize("act", ["454 4.7.0 no TLS now", "501 what?", GARBAGE, CLOSE, RESET, HANG])
def test_a_server_that_offers_tls_and_goes_back_on_it_gets_no_mail(act: str) -> None:
    with rudely({"ehlo": OFFERED, "other": act}) as server:
        told = mailer(server.port, security="starttls", timeout=1).send("r@example.org", b"Subject: x\r\n\r\nx\r\n")
    assert (told.outcome, told.is_our_fault, server.taken) == (Outcome.DEFERRED, True, [])


def test_a_server_that_reads_slowly_gets_a_large_mail_whole() -> None:
    content = b"Subject: x\r\n\r\n" + b"words and words\r\n" * 800_000
    taken = bytearray()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            line, _ = listener.accept()
            with line, line.makefile("rb", 65_536) as reader:
                line.sendall(b"220 slow.example\r\n")
                while word := reader.readline():
                    if not word.upper().startswith(b"DATA"):
                        line.sendall(b"221 bye\r\n" if word.upper().startswith(b"QUIT") else b"250 OK\r\n")
                        continue
                    line.sendall(b"354 go on\r\n")
                    while not taken.endswith(b"\r\n.\r\n"):
                        taken.extend(reader.read1(65_536))
                        time.sleep(0.02)
                    line.sendall(b"250 taken\r\n")

        threading.Thread(target=serve, daemon=True).start()
        # The whole takes longer than a reply may; no piece of it does.
        sender = mailer(listener.getsockname()[1], timeout=1, answer_timeout=30)
        began = time.monotonic()
        assert sender.send("r@example.org", content).outcome is Outcome.SENT
        assert time.monotonic() - began > 1
    assert bytes(taken) == content + b".\r\n"


def test_a_reader_who_is_put_off_is_tried_again_after_growing_pauses_and_holds_up_nobody(
    file_store: Store, tmp_path: Path
) -> None:
    class PutsOneOff(Talkative):
        async def handle_RCPT(self, s, session, envelope, address, o) -> str:  # type: ignore[no-untyped-def] # noqa: N802
            self.rcpt = "451 later" if address.startswith("late") else "250 OK"
            return await super().handle_RCPT(s, session, envelope, address, o)

    frozen(file_store, tmp_path, "late@example.org", "good@example.org")
    now = DAY_2
    with receiving(PutsOneOff()) as box:
        assert sorted(answers(file_store, mailer(box.port), now)) == [Outcome.DEFERRED, Outcome.SENT]
        for minutes in (5, 15, 30, 60, 180, 180):
            assert answers(file_store, mailer(box.port), now + timedelta(minutes=minutes, seconds=-1)) == []
            now += timedelta(minutes=minutes)
            assert answers(file_store, mailer(box.port), now) == [Outcome.DEFERRED]
    with receiving(Mailbox()) as good:
        assert answers(file_store, mailer(good.port), now + timedelta(minutes=180)) == [Outcome.SENT]


@pytest.mark.parametrize("turns", [[False], [True, False]])
def test_an_attempt_whose_time_is_over_ends_without_the_dot(turns: list[bool]) -> None:
    with rudely({}) as server:
        told = mailer(server.port).send("r@example.org", b"Subject: x\r\n\r\nx\r\n", lambda: turns.pop(0))
    assert (told.outcome, told.is_our_fault, turns, server.taken) == (Outcome.DEFERRED, True, [], [])


def test_a_scheduler_that_loses_its_lock_before_the_text_goes_out_sends_none(
    store: Store, tmp_path: Path, mailbox: Mailbox
) -> None:
    frozen(store, tmp_path)
    asked: list[bool] = [True, False]
    [(_, told)] = send_waiting(store, mailer(mailbox.port), lambda: DAY_2, lambda: asked.pop(0))
    assert (told.outcome, told.is_our_fault, asked, mailbox.mails) == (Outcome.DEFERRED, True, [], [])
    assert answers(store, mailer(mailbox.port), DAY_2 + timedelta(minutes=6)) == [Outcome.SENT]
    assert len(mailbox.mails) == 1

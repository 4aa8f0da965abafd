"""Hand a finished mail to an SMTP server, and say what the server said."""

import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from reports.mail_errors import in_words
from storage.crash import crash_point
from storage.text import clean_text

#: A text goes out in pieces of so many bytes, and it is asked whether it may go on once in so many seconds.
_PIECE, _ASKED_EVERY_S = 65_536, 60
#: Real replies run to a few dozen lines, at EHLO.
_MOST_REPLY_LINES = 200


class Outcome(StrEnum):
    """What became of an attempt."""

    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    #: The connection ended between the dot and the answer: the server may have the mail.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The outcome of one attempt; ``is_our_fault`` when no mail of anybody can be handed over."""

    outcome: Outcome
    code: int | None
    answer: str
    is_our_fault: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpMailer:
    """Knows the mail server. A password is read from its file at every attempt and never kept or shown."""

    host: str
    port: int
    security: str
    user: str
    password_file: Path | None
    sender: str
    timeout: int
    tls_verify: bool | str = True
    #: Who gives up early gets copies: servers look through a mail before they answer (RFC 5321, section 4.5.3.2.6).
    answer_timeout: int = 600

    def send(self, recipient: str, content: bytes, may_go_on: Callable[[], bool] = lambda: True) -> Delivery:
        """Hand one mail for one recipient over; never raises for what a server or a network does.

        *may_go_on* is asked once the server waits for the mail, each minute while it reads, and before the dot.
        """
        try:
            server = self._connect()
            try:
                return self._hand_over(server, recipient, content, may_go_on)
            finally:
                _say_goodbye(server)
        except _ToldError as told:
            return told.delivery
        except _PasswordError as error:
            return Delivery(outcome=Outcome.DEFERRED, code=None, answer=str(error), is_our_fault=True)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            return Delivery(
                outcome=Outcome.DEFERRED,
                code=getattr(error, "smtp_code", None),
                answer=f"the mail server {self.host}:{self.port} {in_words(error)}",
                is_our_fault=True,
            )

    def _connect(self) -> smtplib.SMTP:
        name = self.sender.partition("@")[2] or socket.getfqdn()
        if self.security == "tls":
            server: smtplib.SMTP = _SmtpTls(
                self.host, self.port, local_hostname=name, timeout=self.timeout, context=self._context()
            )
        else:
            server = _Smtp(self.host, self.port, local_hostname=name, timeout=self.timeout)
        try:
            if server.sock is not None:
                # Else the dot waits until the server confirms the text before it, which servers put off.
                server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._greet(server)
            if self.security == "starttls":
                # Without a context the standard library verifies nothing.
                server.starttls(context=self._context())
                self._greet(server)
            if self.user:
                server.login(self.user, self._password())
        except BaseException:
            server.close()
            raise
        return server

    def _greet(self, server: smtplib.SMTP) -> None:
        reply = server.ehlo()
        if reply[0] // 100 == 5:
            reply = server.helo()  # it knows no other (RFC 5321, section 3.2)
        self._step(reply, "greeting", is_our_fault=True)

    def _hand_over(
        self, server: smtplib.SMTP, recipient: str, content: bytes, may_go_on: Callable[[], bool]
    ) -> Delivery:
        crash_point("smtp_connected")
        self._step(server.mail(self.sender), "sender", is_our_fault=True)
        code, answer = server.rcpt(recipient)
        # RFC 5321, section 4.5.3.1.10: too many recipients, which passes, is said by 552 as well, as a full mailbox is.
        is_passing = code == 552 and (b"5.5.3" in answer or b"too many" in answer.lower())
        self._step((452 if is_passing else code, answer), f"recipient {recipient}")
        crash_point("recipient_taken")
        self._step(server.docmd("data"), "data", wanted=3)
        crash_point("data_asked_for")
        is_ours = False
        try:
            is_ours = may_go_on()
        finally:
            if not is_ours:
                server.close()  # not by QUIT, which would be taken for the mail
        said = (
            "not sent: the server kept it waiting too long, the scheduler is ending, or the store could not be asked "
            "whose turn it is"
        )
        if not is_ours:
            return Delivery(outcome=Outcome.DEFERRED, code=None, answer=said, is_our_fault=True)
        try:
            is_given = _give(server, _stuffed(content), may_go_on)
            crash_point("mail_half_sent")
            # Without the dot nothing is taken.
            if not (is_given and may_go_on()):
                server.close()
                return Delivery(outcome=Outcome.DEFERRED, code=None, answer=said, is_our_fault=True)
            server.send(b".\r\n")
            crash_point("mail_sent")
            if server.sock is not None:
                server.sock.settimeout(max(self.timeout, self.answer_timeout))
            code, answer = server.getreply()
            crash_point("answer_read")
            if server.sock is not None:
                server.sock.settimeout(self.timeout)
        except (smtplib.SMTPException, OSError) as error:
            said = f"the mail server was given the mail and then {in_words(error)}"
            return Delivery(outcome=Outcome.UNKNOWN, code=None, answer=said)
        if code // 100 not in (2, 4, 5):
            return Delivery(outcome=Outcome.UNKNOWN, code=code, answer=f"half an answer: {code}")
        return _delivery(code, answer, "mail")

    def _step(self, reply: tuple[int, bytes], what: str, *, wanted: int = 2, is_our_fault: bool = False) -> None:
        code, answer = reply
        if code // 100 == wanted:
            return
        told = _delivery(code, answer, what, is_our_fault=is_our_fault)
        if code // 100 not in (4, 5):
            # Replies out of step, as some proxies give them: only the answer to the dot can mean that a mail was taken.
            told = Delivery(outcome=Outcome.DEFERRED, code=code, answer=told.answer, is_our_fault=True)
        raise _ToldError(told)

    def _context(self) -> ssl.SSLContext:
        if isinstance(self.tls_verify, str):
            return ssl.create_default_context(cafile=self.tls_verify)
        context = ssl.create_default_context()
        if self.tls_verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def trouble(self) -> str | None:
        """Return what in its own settings keeps it from logging in, None if nothing does; asks no server."""
        try:
            if self.user:
                self._password()
        except _PasswordError as error:
            return str(error)
        return None

    def _password(self) -> str:
        if self.password_file is None:
            raise _PasswordError("mail.user is set, so mail.password_file must name the file of its password")
        try:
            password = self.password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise _PasswordError(
                f"mail.password_file: {self.password_file} cannot be read: {error.strerror}"
            ) from error
        except UnicodeDecodeError as error:
            raise _PasswordError(f"mail.password_file: {self.password_file} is no text in UTF-8") from error
        if not (password and password.isascii() and self.user.isascii()):
            # smtplib would end in a UnicodeEncodeError.
            raise _PasswordError(
                f"mail.password_file: {self.password_file} or mail.user: an SMTP login takes ASCII signs, at least one"
            )
        return password


class _FewLines:
    """A server's replies as smtplib reads them, each with no more lines than a server has to say."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.left = 0

    def readline(self, limit: int) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise OSError("a reply without an end")
        return self._file.readline(limit)

    def close(self) -> None:
        self._file.close()


class _Smtp(smtplib.SMTP):
    """Reads bounded replies; the standard library alone would read an endless one until memory ends."""

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            assert self.sock is not None
            self.file = _FewLines(self.sock.makefile("rb"))
        self.file.left = _MOST_REPLY_LINES
        return super().getreply()


class _SmtpTls(_Smtp, smtplib.SMTP_SSL):
    pass


def _say_goodbye(server: smtplib.SMTP) -> None:
    """End the connection; whatever is answered to QUIT changes nothing about the mail (RFC 5321, section 4.1.1.10)."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


class _PasswordError(Exception):
    pass


class _ToldError(Exception):
    def __init__(self, delivery: Delivery) -> None:
        super().__init__(delivery.answer)
        self.delivery = delivery


def _delivery(code: int, answer: bytes, what: str, *, is_our_fault: bool = False) -> Delivery:
    said = clean_text(f"{what}: {code} {answer.decode('utf-8', 'replace')}")
    if code // 100 == 2:
        return Delivery(outcome=Outcome.SENT, code=code, answer=said)
    outcome = Outcome.REFUSED if code // 100 == 5 and not is_our_fault else Outcome.DEFERRED
    return Delivery(outcome=outcome, code=code, answer=said, is_our_fault=is_our_fault or code == 421)


def _give(server: smtplib.SMTP, content: bytes, may_go_on: Callable[[], bool]) -> bool:
    """Give a server the text without its end, as long as it *may go on*, and say whether it has all of it.

    Each piece has the whole time of a reply: who reads slowly takes longer over a large mail.
    """
    asked_at = time.monotonic()
    for at in range(0, len(content), _PIECE):
        if time.monotonic() - asked_at > _ASKED_EVERY_S:
            if not may_go_on():
                return False
            asked_at = time.monotonic()
        server.send(content[at : at + _PIECE])
    return True


def _stuffed(content: bytes) -> bytes:
    """Return the bytes as they go over the line, a dot at a line's beginning doubled (RFC 5321, section 4.5.2)."""
    body = content if content.endswith(b"\r\n") else content + b"\r\n"
    stuffed = b"." + body if body.startswith(b".") else body
    return stuffed.replace(b"\r\n.", b"\r\n..")

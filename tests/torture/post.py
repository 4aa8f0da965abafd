"""A mail server that may say anything, and remembers every mail that it ever took."""

import asyncio
import re
from collections import defaultdict
from email import message_from_bytes, policy
from email.message import EmailMessage
from random import Random
from typing import Any

from monitor.demo.mailbox import Mailbox


class Post(Mailbox):
    """Takes mails, the more rudely the higher *chaos* is: the share of hand-overs that go wrong somewhere."""

    def __init__(self, chaos: float = 0.0, seed: int = 0) -> None:
        super().__init__()
        self._chaos = chaos
        self._random = Random(seed)

    def behave(self) -> None:
        """Do nothing wrong from now on."""
        self._chaos = 0.0

    def _goes_wrong(self, *ways: str) -> str | None:
        return self._random.choice(ways) if self._random.random() < self._chaos else None

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802
        """Take a recipient, put him off, or hang up."""
        wrong = self._goes_wrong("450 4.2.1 come back later", "421 4.3.2 going down", "hang up")
        if wrong == "hang up":
            server.transport.abort()
            return "250 OK"
        if wrong:
            return wrong
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail and say so; or take it and hang up, say half of it, or refuse it for now."""
        wrong = self._goes_wrong("451 4.3.0 no room", "taken, then gone", "taken, then half a word", "gone")
        if wrong == "gone":
            server.transport.abort()
            return "250 OK"
        if wrong and wrong.startswith("451"):
            return wrong
        self.mails.append(bytes(envelope.content))
        if wrong == "taken, then half a word":
            server.transport.write(b"25")
            await asyncio.sleep(0)
        if wrong:
            server.transport.abort()
        return "250 OK"

    def distinct(self) -> dict[str, list[bytes]]:
        """Return the mails by their Message-ID, each with its copies."""
        found: dict[str, list[bytes]] = defaultdict(list)
        for mail in list(self.mails):
            found[str(message_from_bytes(mail, policy=policy.default)["Message-ID"])].append(mail)
        return found


def words_in(mail: bytes, pattern: str) -> list[str]:
    """Return what a pattern finds in the plain text of a mail."""
    message = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(preferencelist=("plain",))
    assert body is not None
    return re.findall(pattern, body.get_content())


def reader_of(mail: bytes) -> str:
    """Return whom a mail is for."""
    return str(message_from_bytes(mail, policy=policy.default)["To"])

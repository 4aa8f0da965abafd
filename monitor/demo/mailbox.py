"""Receive mail on loopback with a real SMTP server."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller


class Mailbox:
    """Takes every mail, and keeps what was said around it."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.port = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        """Keep one mail."""
        self.mails.append(bytes(envelope.content))
        return "250 Message accepted for delivery"


@contextmanager
def receiving(mailbox: Mailbox) -> Iterator[Mailbox]:
    """Run the server on a free port while the block runs."""
    # The controller greets itself at its port, so it has to know it beforehand.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        mailbox.port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()

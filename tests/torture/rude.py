"""A mail server that plays one part as written: what to do at each step of one conversation."""

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

#: What may be done in place of a reply: beside these, the reply itself.
CLOSE, RESET, HANG, GARBAGE, HALF = "close", "reset", "hang", "garbage", "half"
#: Reply as is usual, but not before the gate is opened.
WAIT = "wait"
_PATIENCE_S = 600
_FINE = {"connect": "220 rude.example", "mail": "250 OK", "rcpt": "250 OK", "data": "354 go on", "dot": "250 taken"}
_WORDS = {"EHLO": "ehlo", "HELO": "ehlo", "MAIL": "mail", "RCPT": "rcpt", "DATA": "data", "QUIT": "quit"}


class RudeServer:
    """Serves conversations by a script; ``taken`` holds the mails that it took, whatever it said of them.

    The script names steps: connect, ehlo, mail, rcpt, data, half (of the mail), dot, quit. ``dot`` may begin with
    ``take `` for a mail that is kept before the answer goes wrong.
    """

    def __init__(self, script: Mapping[str, str]) -> None:
        self.script = dict(script)
        self.taken: list[bytes] = []
        self.port = 0
        #: Counts the conversations that have come to where they must wait for the gate.
        self.waiting, self.gate = threading.Semaphore(0), threading.Event()
        self._done = threading.Event()

    def converse(self, line: socket.socket) -> None:
        """Play the part over one connection."""
        with line, suppress(OSError, _OverError):
            self._say(line, "connect")
            reader = line.makefile("rb")
            while word := reader.readline():
                step = _WORDS.get(word[:4].decode("ascii", "replace").upper(), "other")
                if step == "ehlo":
                    self._say(line, step, "250-rude.example\r\n250 8BITMIME")
                elif step == "data":
                    self._say(line, step)
                    if self.script.get("data", WAIT) == WAIT:
                        self._take(line, reader)
                else:
                    self._say(line, step, "221 bye" if step == "quit" else "250 OK")
                    if step == "quit":
                        return

    def _take(self, line: socket.socket, reader: "socket.SocketIO | object") -> None:
        content = b""
        while (row := reader.readline()) not in (b".\r\n", b""):  # type: ignore[attr-defined]
            content += row[1:] if row.startswith(b".") else row
            if "half" in self.script:
                self._say(line, "half")
        answer = self.script.get("dot", _FINE["dot"])
        if row and (answer.startswith(("take ", "2"))):
            self.taken.append(content)
        self._do(line, answer.removeprefix("take "), _FINE["dot"])

    def _say(self, line: socket.socket, step: str, fine: str = "") -> None:
        fine = fine or _FINE.get(step, "250 OK")
        self._do(line, self.script.get(step, fine), fine)

    def _do(self, line: socket.socket, act: str, fine: str) -> None:
        if act == WAIT:
            self.waiting.release()
            self.gate.wait(_PATIENCE_S)
            act = fine
        if act == CLOSE:
            raise _OverError
        if act == RESET:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise _OverError
        if act == HANG:
            self._done.wait(30)
            raise _OverError
        if act == HALF:
            line.sendall(b"25")
            raise _OverError
        line.sendall(b"\x00\xff\x13 what?\r\n" if act == GARBAGE else f"{act}\r\n".encode())


class _OverError(Exception):
    pass


@contextmanager
def rudely(script: Mapping[str, str]) -> Iterator[RudeServer]:
    """Run the server on a free port while the block runs."""
    server = RudeServer(script)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]

        def accept() -> None:
            with suppress(OSError):
                while True:
                    line, _ = listener.accept()
                    threading.Thread(target=server.converse, args=(line,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            server._done.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)

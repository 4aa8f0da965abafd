"""Set up logging for the long-running verbs: one line an event, on stderr."""

import logging
import os
from io import TextIOBase

import structlog

STDOUT, STDERR = 1, 2


class Log(TextIOBase):
    """A file to write events to; a full disk behind it stops nothing, and once there is room it tells what is missing.

    What cannot be written is let go of: a buffer would grow, and come out in pieces.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lost = 0
        self._is_cut = False

    def write(self, text: str) -> int:
        """Write text, or count its lines as lost; never raises."""
        notice = f"{self._lost} lines before this one could not be written\n" if self._lost else ""
        # A full disk takes part of a line before it takes nothing.
        content = (("\n" if self._is_cut else "") + notice + text).encode(errors="backslashreplace")
        try:
            written = os.write(self._descriptor, content)
        except OSError:
            written = 0
        if written:
            self._is_cut = written < len(content)
        self._lost = 0 if written == len(content) else self._lost + text.count("\n")
        return len(text)


def set_up_logs(level: str) -> Log:
    """Let our events of *level* and the libraries' warnings come out in one shape; return what they are written to."""
    log = Log(STDERR)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=os.isatty(STDERR)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(log),  # type: ignore[arg-type]  # it only writes
    )
    logging.basicConfig(
        level=level if level == "DEBUG" else logging.WARNING,
        stream=log,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # A ring that comes while all batches are at work is no news: what is due stays due.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    return log

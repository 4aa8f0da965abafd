"""Set up logging for the long-running verbs: one line an event, on stderr."""

import logging
import sys

import structlog


def set_up_logs(level: str) -> None:
    """Let our events of *level* and the libraries' warnings come out in one shape."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(
        level=level if level == "DEBUG" else logging.WARNING,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # A ring that comes while all batches are at work is no news: what is due stays due.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)

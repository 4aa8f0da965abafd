"""Die at a named point as kill -9 does, so that the tests can see what every such death leaves behind.

A point does nothing unless ``PARKWATCH_CRASH_AT`` names it, as ``point`` or ``point:3`` for the third time it is come
by; the process then sends SIGKILL to itself, so that no handler and no ``finally`` runs.
"""

import os
import signal
from collections import Counter

_VARIABLE = "PARKWATCH_CRASH_AT"

#: Transactions that have a point before and after their commit.
STEPS = (
    "migration",
    "visit_begun",
    "listing",
    "article",
    "confirmed",
    "removed",
    "unlisted",
    "visit_ended",
    "backfill_begun",
    "backfill_page",
    "backfill_ended",
    "digest",
    "delivery_begun",
    "delivery_ended",
)
POINTS = (
    "listing_fetched",
    "article_fetched",
    *(f"{step}_{side}_commit" for step in STEPS for side in ("before", "after")),
    "digest_rendered",
    "smtp_connected",
    "recipient_taken",
    "data_asked_for",
    "mail_half_sent",
    "mail_sent",
    "answer_read",
    "journal_written",
)
_passed: Counter[str] = Counter()


def crash_point(point: str) -> None:
    """Die here if this is the point, and the time, that the tests have armed."""
    armed = os.environ.get(_VARIABLE)
    if not armed:
        return
    name, _, number = armed.partition(":")
    if name not in POINTS:
        raise ValueError(f"{_VARIABLE} names no crash point: {name}")
    if name != point:
        return
    _passed[point] += 1
    if _passed[point] == int(number or 1):
        os.kill(os.getpid(), signal.SIGKILL)

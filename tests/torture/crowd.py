"""A scene in which more is due at once than can be done at once, and some of it hangs."""

import os
import signal
import threading
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler

from storage.database import open_store, visit_log
from storage.database import verify as verification
from tests.torture import steps
from tests.torture.account import Tally
from tests.torture.post import Post
from tests.torture.stands import Stand
from tests.tricksite import LISTING, tricking

_PARKS, _SLOW = 20, 4
_PATIENCE_S = 180


def crowd_is_due(stand: Stand, post: Post) -> Tally:
    """Let many parks be due at once, each on a host of its own, of which some never answer: all are visited."""
    awake = threading.Event()

    def hang(_request: BaseHTTPRequestHandler) -> None:
        awake.wait(_PATIENCE_S)

    with ExitStack() as stack:
        for number in range(_PARKS):
            site = stack.enter_context(tricking(host=f"127.0.0.{number + 2}"))
            site.serve_stories(2, 1)
            if number < _SLOW:
                site.pages[LISTING] = hang
            site.park(stand.folder, slug=f"park-{number:02}")
        watching = steps.start(steps.watch, stand.url, stand.folder, post.port, 3)
        outcomes = _outcomes(stand)
        awake.set()
        assert watching.pid
        os.kill(watching.pid, signal.SIGTERM)
        watching.join(60)
    wanted = {f"park-{number:02}": "failed" if number < _SLOW else "done" for number in range(_PARKS)}
    wrong = [f"crowd: {slug} is {outcomes.get(slug)}" for slug in wanted if outcomes.get(slug) != wanted[slug]]
    store = open_store(stand.url)
    with store.reading() as session:
        wrong += [f"verify: {problem}" for problem in verification.problems(session)]
    store.close()
    return Tally(scenes=1, wrong=wrong)


def _outcomes(stand: Stand) -> dict[str, str]:
    """Return how each park's last visit ended, once all have, or when patience is at its end."""
    store = open_store(stand.url)
    until = time.monotonic() + _PATIENCE_S
    while True:
        with store.reading() as session:
            found = {line.park: line.outcome for line in visit_log.visits(session) if line.ended_at is not None}
        if len(found) == _PARKS or time.monotonic() > until:
            store.close()
            return found
        time.sleep(0.2)

"""Scenes in which there is no room: a disk that is full while something is written, and free again later."""

import resource
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.builders import DAY_1
from tests.torture import steps
from tests.torture.account import Tally, settle
from tests.torture.post import Post
from tests.torture.scenes import PARKS, drain, stories
from tests.torture.stands import Stand


def without_room(work: Any, *arguments: Any, room: int) -> None:
    """Carry a step out while no file may grow beyond *room* bytes more than the store's largest has now."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails instead: "disk I/O error", as a full disk does
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    try:
        work(*arguments)
    except Exception:  # as it should: whoever asked hears of it by the exit code
        sys.exit(1)


def disk_is_full(stand: Stand, post: Post, spare: int) -> Tally:
    """Store and send with so few bytes to spare, then with room again: nothing lost, nothing twice."""
    now = DAY_1 + timedelta(hours=1)
    found = stories(0, 40, DAY_1 + timedelta(minutes=30))
    room = max(path.stat().st_size for path in Path(stand.folder).glob("parkwatch.db*")) + spare
    failed = 0
    for work in (
        (steps.store_changes, stand.url, found),
        (steps.digest_and_send, stand.url, stand.folder, post.port, PARKS, now),
    ):
        failed += steps.run(_scarce, room, *work) != 0
    steps.run(steps.store_changes, stand.url, found)
    drain(stand, post, now + timedelta(hours=2))
    tally = settle(stand, post, 0)
    if tally.copies:
        tally.wrong.append(f"{tally.copies} copies, though the journal had room")
    if not failed:
        tally.wrong.append(f"with {spare} bytes to spare nothing failed")
    if tally.changes != 3 * len(found):
        tally.wrong.append(f"{tally.changes // 3} changes of {len(found)} are in the ledger")
    return tally


def _scarce(room: int, work: Any, *arguments: Any) -> None:
    without_room(work, *arguments, room=room)

"""Scenes in which somebody waits: a store that another process holds, a sender that was stopped and goes on."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from storage.database import open_store
from storage.database.deliveries import LEASE
from storage.database.mail_tables import DeliveryRow
from storage.database.postgres import LOCK_TIMEOUT_S
from tests.builders import DAY_1
from tests.torture import steps
from tests.torture.account import Tally, settle
from tests.torture.post import Post
from tests.torture.rude import WAIT, rudely
from tests.torture.scenes import PARKS, drain, stories
from tests.torture.stands import READERS, Stand

_NOW = DAY_1 + timedelta(hours=1)


def held(url: str, seconds: float, sign: Path) -> None:
    """Hold the right to write for a while, and give a sign once it is held."""
    store = open_store(url)
    with store.writing():
        sign.touch()
        time.sleep(seconds)
    store.close()


def store_is_held(stand: Stand, post: Post, seconds: float, *, may_fail: bool) -> Tally:
    """Store, freeze and send while another process holds the store: wait, or fail whole; nothing is lost either way."""
    found = stories(0, 4, _NOW - timedelta(minutes=30))
    codes, waited, sign = [], [], stand.folder / "held"
    for work in (
        (steps.store_changes, stand.url, found),
        (steps.digest_and_send, stand.url, stand.folder, post.port, PARKS, _NOW),
    ):
        sign.unlink(missing_ok=True)
        holder = steps.start(held, stand.url, seconds, sign)
        while not sign.exists():
            time.sleep(0.01)
        began = time.monotonic()
        codes.append(steps.run(*work))
        waited.append(time.monotonic() - began)
        holder.join()
        holder.close()
    steps.run(steps.store_changes, stand.url, found)
    drain(stand, post, _NOW + timedelta(hours=1))
    tally = settle(stand, post, 0)
    if min(waited) < min(seconds, LOCK_TIMEOUT_S) - 1:
        tally.wrong.append(f"held for {seconds} s: it was waited for {min(waited):.1f} s")
    if any(codes) and not may_fail:
        tally.wrong.append(f"held for {seconds} s: storing and sending ended with {codes}")
    if tally.changes != 3 * len(found) or tally.copies:
        tally.wrong.append(f"held for {seconds} s: {tally.changes} changes, {tally.copies} copies")
    return tally


def sender_is_stopped(stand: Stand, post: Post) -> Tally:
    """Stop a sender while the server makes it wait, let another send everything, and let the first go on."""
    steps.store_changes(stand.url, stories(0, 4, _NOW - timedelta(minutes=30)))
    with rudely({"data": WAIT}) as slow:
        first = steps.start(steps.digest_and_send, stand.url, stand.folder, slow.port, PARKS, _NOW, 60)
        assert slow.waiting.acquire(timeout=30)
        assert first.pid
        os.kill(first.pid, signal.SIGSTOP)
        later = _NOW + LEASE
        steps.run(steps.digest_and_send, stand.url, stand.folder, post.port, PARKS, later)
        os.kill(first.pid, signal.SIGCONT)
        slow.gate.set()
        first.join(60)
        code, taken = first.exitcode, list(slow.taken)
    drain(stand, post, later + timedelta(hours=2))
    post.mails += taken
    tally = settle(stand, post, 0)
    tally.wrong += [f"stopped: ended with {code}"] if code else []
    tally.wrong += ["stopped: it sent what another had sent"] if taken or tally.copies else []
    return tally


def server_takes_its_time(stand: Stand, post: Post, seconds: float) -> Tally:
    """Let a server think for long about each mail: it is waited for, and nobody's mail waits for another's."""
    steps.store_changes(stand.url, stories(0, 4, _NOW - timedelta(minutes=30)))
    with rudely({"dot": f"take {WAIT}"}) as slow:
        ringing = steps.start(steps.ring, stand.url, stand.folder, slow.port, PARKS, _NOW)
        side_by_side = sum(slow.waiting.acquire(timeout=30) for _ in READERS)
        time.sleep(seconds)
        slow.gate.set()
        attempts = _outcomes(stand, len(READERS))
        assert ringing.pid
        os.kill(ringing.pid, signal.SIGTERM)
        ringing.join(60)
        post.mails += slow.taken
    tally = settle(stand, post, 0)
    tally.wrong += [f"slow answers: {tally.copies} copies, {attempts}"] if attempts != ["sent"] * len(READERS) else []
    tally.wrong += [f"slow answers: {side_by_side} mails side by side"] if side_by_side < len(READERS) else []
    return tally


def _outcomes(stand: Stand, many: int) -> list[str]:
    """Return how the attempts ended, once so many of them have, or at most half a minute later."""
    store = open_store(stand.url)
    until = time.monotonic() + 30
    while True:
        with store.reading() as session:
            found = list(session.scalars(select(DeliveryRow.outcome).where(DeliveryRow.ended_at.is_not(None))))
        if len(found) >= many or time.monotonic() > until:
            store.close()
            return found
        time.sleep(0.05)

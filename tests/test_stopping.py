"""A scheduler that is told to stop while a mail server has its mail hears the answer, and sends no copy afterwards."""

import signal
import time

import pytest

from tests.conftest import Desk
from tests.slowsite import stored, wait_for
from tests.torture.rude import rudely
from tests.tricksite import TrickSite

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long


def test_sigterm_while_the_server_has_the_mail_costs_no_copy(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    desk.must("subscribe", "analyst@example.org", "--cadence", "hourly")
    desk.sql("UPDATE subscriptions SET created_at = '2024-01-01 00:00:00.000000'")
    with rudely({"dot": "take wait"}) as server:
        desk.variables |= {
            "PARKWATCH_MAIL__HOST": "127.0.0.1",
            "PARKWATCH_MAIL__PORT": str(server.port),
            "PARKWATCH_MAIL__SECURITY": "none",
        }
        process = desk.start("run")
        try:
            assert server.waiting.acquire(timeout=30)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            server.gate.set()
            process.communicate(timeout=30)
        finally:
            process.kill()
        assert (process.returncode, time.monotonic() - began < 30) == (0, True)
        again = desk.start("run")
        try:
            wait_for(lambda: f"process {again.pid}" in desk.run("status").stdout)
            time.sleep(1)
        finally:
            again.terminate()
            again.communicate(timeout=30)
    assert (len(server.taken), stored(desk, "deliveries")) == (1, 1)

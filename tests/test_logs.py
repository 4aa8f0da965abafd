"""What is written to stderr stops nothing, wherever that leads."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.demo.mailbox import Mailbox
from monitor.logs import Log
from tests.conftest import Desk
from tests.slowsite import stored, wait_for
from tests.tricksite import TrickSite

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long


def test_lines_that_a_full_disk_lost_are_counted_once_there_is_room(tmp_path: Path) -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    log = Log(descriptor)
    for number in range(3):
        log.write(f"event {number}\n")
    with (tmp_path / "log").open("wb") as room:
        os.dup2(room.fileno(), descriptor)
        log.write("event 3\n")
        log.write("event 4\n")
    os.close(descriptor)
    assert (tmp_path / "log").read_text() == "3 lines before this one could not be written\nevent 3\nevent 4\n"


def test_a_line_of_which_a_part_was_written_is_told_as_lost() -> None:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writing, False)
    log = Log(writing)
    log.write("x" * 4999 + "\n")
    assert os.read(reading, 9999) == b"x" * 4096
    log.write("event 2\n")
    assert os.read(reading, 9999) == b"\n1 lines before this one could not be written\nevent 2\n"


def test_a_scheduler_without_any_output_runs(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    run = f"exec {sys.executable} -c 'from monitor.start import main; main()' run >&- 2>&-"
    process = subprocess.Popen(["/bin/sh", "-c", run], cwd=desk.folder, env=desk.environment())
    try:
        wait_for(lambda: stored(desk, "articles") == 2)
    finally:
        process.terminate()
        process.wait(30)
    assert process.returncode == 0


def test_visits_and_digests_go_on_while_the_log_is_full(desk: Desk, site: TrickSite, mailbox: Mailbox) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.variables |= {
        "PARKWATCH_MAIL__HOST": "127.0.0.1",
        "PARKWATCH_MAIL__PORT": str(mailbox.port),
        "PARKWATCH_MAIL__SECURITY": "none",
    }
    desk.must("crawl")
    desk.must("subscribe", "poison@example.org", "--cadence", "hourly")
    desk.must("subscribe", "analyst@example.org", "--cadence", "hourly")
    desk.sql(
        "UPDATE subscriptions SET created_at = '2024-01-01 00:00:00.000000'",
        "UPDATE subscriptions SET time_zone = 'Nowhere/Nothing' WHERE id = 1",  # its digest cannot be made
    )
    with open("/dev/full", "wb") as full:
        process = subprocess.Popen(
            [sys.executable, "-c", "from monitor.start import main; main()", "run"],
            cwd=desk.folder,
            env=desk.environment(),
            stdout=full,
            stderr=full,
        )
        try:
            wait_for(lambda: mailbox.mails)
        finally:
            process.terminate()
            process.wait(30)
    assert process.returncode == 0
    assert b"analyst@example.org" in mailbox.mails[0]

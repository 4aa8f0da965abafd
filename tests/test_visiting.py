"""What a process that visits for months must not do: leak, call blindness sight, or lose its next portion of work."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.book import VisitBook
from crawler.outcome import DONE, Account, outcome_of
from crawler.spiders.park import ParkSpider
from monitor import children
from monitor.children import CHILD
from monitor.demo.loop import demo_settings
from monitor.health import health_of
from monitor.visiting import Visitors, how_it_died, visit_parks
from reports.coverage import Sight
from storage.database import Store, open_store, visit_log, visits
from storage.records import ConditionKind
from tests.builders import DAY_1, DAY_2, a_park, address_of, begun
from tests.conftest import Desk
from tests.tricksite import TrickSite


@pytest.mark.long
def test_visits_leave_no_pipe_open(desk: Desk, site: TrickSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    site.serve_stories(1)
    site.park(desk.folder)
    settings = demo_settings(desk.folder, 25)
    store = open_store(settings.store.url)
    visitors = Visitors()

    def visit() -> int:
        visit_parks(settings, store, [a_park("trick")], arguments={"recheck": "due"}, visitors=visitors)
        # The site's own connections close when they please.
        return sum(os.readlink(each).startswith("pipe:") for each in Path("/proc/self/fd").iterdir() if each.exists())

    first = visit()
    assert visit() <= first
    assert visitors.children == []
    store.close()


def test_a_file_in_the_operators_folder_is_not_taken_for_a_module(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(1)
    site.park(desk.folder)
    (desk.folder / "pty.py").write_text("raise SystemExit('not the one you are looking for')", encoding="utf-8")
    desk.must("crawl")


@pytest.mark.parametrize("seconds", [0.02, 0.04, 0.06, 0.08, 0.1])
def test_a_child_that_is_stopped_while_its_python_starts_says_nothing(seconds: float) -> None:
    child = subprocess.Popen(CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    Visitors(children=[child]).stop()
    _, err = child.communicate(timeout=30)
    assert (err, child.returncode != 0) == ("", True)


def test_a_ctrl_c_that_comes_while_a_child_is_being_started_reaches_it(
    desk: Desk, site: TrickSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.folder)
    site.serve_stories(1)
    site.park(desk.folder)
    visitors = Visitors()
    start = children.start_child

    def pressed_meanwhile() -> "subprocess.Popen[str]":
        visitors.stop()  # there is no child yet that could be told
        return start()

    monkeypatch.setattr(children, "start_child", pressed_meanwhile)
    settings = demo_settings(desk.folder, 25)
    with closing(open_store(settings.store.url)) as store:
        [result] = visit_parks(settings, store, [a_park("trick")], arguments={"recheck": "due"}, visitors=visitors)
    assert (result.outcome, result.reason) == ("cut off", "stopped by hand before the visit ended")
    assert not site.asked


def test_a_ctrl_c_that_meets_an_object_being_deleted_is_not_lost() -> None:
    script = """if True:
        import signal
        from monitor.start import heed_lost_interrupts

        class Pattern:
            def __del__(self):
                signal.raise_signal(signal.SIGINT)

        heed_lost_interrupts()
        Pattern()
        print("went on")
    """
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize(
    ("returncode", "overdue", "says"),
    [
        (-9, False, "its process was killed (SIGKILL)"),
        (-9, True, "its process was still there long after its deadline (crawl.deadline) and was killed"),
        (1, False, "its process ended by itself (exit code 1; what it said last is above or in the log)"),
    ],
)
def test_a_visit_without_an_end_says_what_ended_it(returncode: int, overdue: bool, says: str) -> None:
    assert how_it_died(returncode, overdue=overdue) == says


def test_a_park_that_nobody_has_visited_for_a_month_is_not_well(store: Store, tmp_path: Path) -> None:
    with store.writing() as session:
        visit = visits.begin(
            session, "eastgate", kind=visits.VISIT, now=DAY_1, host="h", pid=1, is_alive=lambda _: True
        )
        tally = visits.Tally(listing_joined=True)
        visits.end(session, visit, now=DAY_1, outcome="done", reason=None, tally=tally)
    parks, settings = {"eastgate": a_park()}, demo_settings(tmp_path, 25)
    soon = health_of(store, parks, settings, DAY_1 + timedelta(hours=1))
    late = health_of(store, parks, settings, DAY_1 + timedelta(days=30))
    assert (soon.is_well, late.is_well) == (True, False)
    assert late.parks[0].coverage.sight is Sight.NOT


def test_a_park_is_not_called_unseen_while_it_is_being_visited(store: Store, tmp_path: Path) -> None:
    parks, settings = {"eastgate": a_park()}, demo_settings(tmp_path, 25)
    begun(store)
    first = health_of(store, parks, settings, DAY_1 + timedelta(minutes=1))
    assert (first.is_well, first.parks[0].coverage.sight) == (True, Sight.NEVER)
    with store.writing() as session:
        [visit] = [line.id for line in visit_log.visits(session)]
        visits.end(session, visit, now=DAY_1, outcome="done", reason=None, tally=visits.Tally(listing_joined=True))
    begun(store, now=DAY_1 + timedelta(hours=6))
    again = health_of(store, parks, settings, DAY_1 + timedelta(hours=6, minutes=1))
    assert (again.is_well, again.parks[0].coverage.why) == (True, None)
    assert again.parks[0].last_outcome == visits.RUNNING


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("http://a.example/unblocked-port.html: answered status 500", "unreachable"),
        ("http://a.example/: blocked with status 403", "blocked"),
        ("http://blocked.example/: robots.txt forbids it", "robots-refused"),
    ],
)
def test_an_address_does_not_decide_what_condition_it_is(reason: str, kind: str) -> None:
    account = Account(listing_failures=[reason], failed=1)
    account.note_cause(reason)
    assert [str(found) for found in outcome_of(account, "finished").conditions] == [kind]


@pytest.mark.parametrize(("pages", "going_on"), [(0, True), (1, False)])
def test_only_a_visit_that_read_a_listing_ends_a_condition(store: Store, pages: int, going_on: bool) -> None:
    with store.writing() as session:
        visits.begin_condition(session, "eastgate", ConditionKind.UNREACHABLE, "no answer", DAY_1)
    book = VisitBook(address_of(store), a_park(), kind=visits.VISIT)
    book.begin(DAY_2)
    account = Account(listing_pages=pages)
    book.end(account, outcome_of(account, "closespider_timeout"), lambda: DAY_2)
    book.close()
    with store.reading() as session:
        [condition] = visit_log.conditions(session)
    assert (condition.ended_at is None) is going_on


def test_a_visit_says_how_many_pages_it_missed_beside_those_that_it_names() -> None:
    account = Account(listing_pages=1, listing_failures=["http://a.example/2: answered status 500"], failed=1)
    assert (outcome_of(account, "finished").reason or "").endswith("/2: answered status 500")
    for number in range(6):
        account.fail(f"http://a.example/{number}.html: answered status 500")
    assert (outcome_of(account, "finished").reason or "").endswith("/1.html: answered status 500 and 4 more")


def test_a_visit_that_cannot_work_out_its_next_portion_is_not_done() -> None:
    class Lost(ParkSpider):
        name = "lost"
        park = a_park()
        layouts = []

    def broken():  # type: ignore[no-untyped-def]
        raise OSError("the disk is gone")
        yield []

    spider = Lost()
    spider.account = Account(listing_pages=1, listings_joined=1)
    spider._portions = broken()
    spider.on_idle()
    outcome = outcome_of(spider.account, "finished")
    assert outcome.word != DONE
    assert "the disk is gone" in (outcome.reason or "")

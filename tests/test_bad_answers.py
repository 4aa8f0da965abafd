"""Answers made to do harm in the place of a known article: each is asked for, named, and changes nothing."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.conftest import Desk
from tests.torture.hostile import PAGES
from tests.tricksite import LISTING, Page, TrickSite, article, listing, ok, path, status, tricking

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

_BROKE = "unreachable: the connection broke"
_CUT = "the body was cut short on the way"
_SLOW = "unreachable: no answer in time"
_LARGE = "the page is larger than crawl.max_page_bytes"
_ROUND = "left out: max redirections reached"
_LED_AWAY = "answered status 302"
#: What is said of an answer, by its name.
SAID = {
    "closed at once": _BROKE,
    "reset": _BROKE,
    "reset in the middle": _CUT,
    "cut short": _CUT,
    "cut chunk": _CUT,
    "bad chunk": _CUT,
    "two lengths": _BROKE,
    "negative length": _BROKE,
    "garbage": _BROKE,
    "no version": _BROKE,
    "huge header": _BROKE,
    "many headers": "unreachable: it sends headers without an end",
    "slow headers": _SLOW,
    "slow": _SLOW,
    "never answers": _SLOW,
    "endless": _LARGE,
    "bomb": _LARGE,
    "bomb in deflate": _LARGE,
    "bomb in a bomb": _LARGE,
    "bomb in brotli": _LARGE,
    "twenty megabytes of text": _LARGE,
    "not gzip": "Not a gzipped file",
    "unknown encoding": "no layout fits",
    "half a gzip": "the page ends before its markup does",
    "binary": "cannot be decoded",
    "entities": "no layout fits",
    "a parked domain": "no layout fits",
    "redirect to itself": _ROUND,
    "redirect chain": _ROUND,
    "redirect there and back": _ROUND,
    "redirect to metadata": "left out: it leads off the site, to 169.254.169.254",
    "redirect to a file": _LED_AWAY,
    "redirect to data": _LED_AWAY,
    "redirect to ftp": _LED_AWAY,
    "redirect to gopher": _LED_AWAY,
    "redirect to a bucket": _LED_AWAY,
    "redirect to javascript": "unreachable: it leads to what is no web address",
    "redirect to a bad port": "Port out of range",
    "redirect to a long address": _BROKE,
    "redirect with a header in it": "answered status 500",
    "redirect in other letters": "answered status 500",
    "redirect without an address": _LED_AWAY,
}
#: Where a chain of redirects goes on.
ELSEWHERE = {name: PAGES[name] for name in ("redirect chain", "redirect there and back")}
#: An address and five hops behind it.
_MOST_HOPS = 6


@dataclass
class BadDay:
    """What a day left behind on which one article of every site is answered badly."""

    desk: Desk
    said: str
    asked: dict[str, int]
    hops: dict[str, int]


@pytest.fixture(scope="module")
def bad_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadDay]:
    desk = Desk.new(tmp_path_factory.mktemp("bad-answers"))
    desk.variables |= {"PARKWATCH_CRAWL__TIMEOUT": "4"}
    with ExitStack() as stack:
        sites = {name: stack.enter_context(tricking()) for name in SAID}
        for name, site in sites.items():
            site.serve_stories(3, 2, 1)
            site.park(desk.folder, name.lower().replace(" ", "-"))
        desk.must("crawl")
        for name, site in sites.items():
            site.pages[path(2)] = PAGES[name]
            site.pages["/robots.txt"], site.elsewhere = status(404), ELSEWHERE.get(name, status(500))
            site.asked.clear()
        said = desk.fails("crawl", "--recheck", "all")
        asked = {name: site.asked[path(2)] for name, site in sites.items()}
        hops = {
            name: sum(site.asked[at] for at in site.asked if at.startswith(path(2))) for name, site in sites.items()
        }
        yield BadDay(desk, said, asked, hops)


@pytest.mark.parametrize("name", SAID)
def test_a_bad_answer_is_asked_for_and_named(bad_day: BadDay, name: str) -> None:
    assert bad_day.asked[name]
    slug = name.lower().replace(" ", "-")
    [line] = [line for line in bad_day.said.splitlines() if line.startswith(f"parkwatch: {slug}: partly: ")]
    assert path(2) in line
    assert SAID[name] in line


@pytest.mark.parametrize("name", [name for name, said in SAID.items() if said == _ROUND])
def test_a_way_without_an_end_is_left_after_five_steps(bad_day: BadDay, name: str) -> None:
    assert bad_day.hops[name] == _MOST_HOPS


def test_bad_answers_change_nothing(bad_day: BadDay) -> None:
    assert bad_day.desk.changes() == []
    assert len(bad_day.desk.rows("articles")) == 3 * len(SAID)
    bad_day.desk.must("verify")


#: Runs the command and says the peak of whatever ran, in KiB (getrusage(2)).
PEAK = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-c", "from monitor.start import main; main()", *sys.argv[1:]])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_pages_without_an_end_take_little_memory(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)

    def peak_mib() -> float:
        # A process begins with the peak of the one it was forked from: so a small one starts it, and is asked.
        done = subprocess.run(
            [sys.executable, "-c", PEAK, "crawl", "--recheck", "all"],
            cwd=desk.folder,
            env=desk.environment(),
            capture_output=True,
            text=True,
        )
        return int(done.stdout.splitlines()[-1]) / 1024

    desk.must("crawl")
    before = peak_mib()
    for number, name in enumerate(("endless", "bomb", "bomb in brotli"), 1):
        site.pages[path(number)] = PAGES[name]
    assert peak_mib() - before < 64


#: This machine, and what is beside it, by many names; a port stands behind each.
SPELLINGS = (
    "http://127.0.0.1:{}/",
    "http://localhost:{}/",
    "http://LOCALHOST:{}/",
    "http://127.1:{}/",
    "http://127.0.1:{}/",
    "http://2130706433:{}/",
    "http://0x7f000001:{}/",
    "http://0x7f.0.0.1:{}/",
    "http://0177.0.0.1:{}/",
    "http://017700000001:{}/",
    "http://0.0.0.0:{}/",
    "http://0:{}/",
    "http://[::1]:{}/",
    "http://[::ffff:127.0.0.1]:{}/",
    "http://[::ffff:7f00:1]:{}/",
    "http://127.0.0.1.:{}/",
    "http://user@127.0.0.1:{}/",
    "http://\u2460\u2461\u2466.0.0.1:{}/",
    "//127.0.0.1:{}/",
    "http:127.0.0.1:{}/",
)


def _leading(way: str, there: list[str]) -> dict[str, Page]:
    """Return the pages that lead *there*, each from an article's address, or all of them from the listing."""
    if way == "link":
        items = "".join(f'<li><a href="{each}">Story 99 of the park</a></li>' for each in there)
        return {LISTING: ok(f'<html><body><ul class="list-group list-fuwu">{items}</ul></body></html>')}
    if way == "next page":
        return {LISTING: listing(1, 2, 3, following=there[0])}
    if way == "redirect":
        return {path(n): status(302, Location=each.encode().decode("latin-1")) for n, each in enumerate(there, 1)}
    refresh = '<html><head><meta http-equiv="refresh" content="0;url={}"></head><body></body></html>'
    return {path(n): ok(refresh.format(each)) for n, each in enumerate(there, 1)}


@pytest.mark.parametrize("way", ["redirect", "refresh", "link", "next page"])
def test_whatever_leads_to_another_port_of_this_machine_is_not_asked_for(desk: Desk, site: TrickSite, way: str) -> None:
    with tricking() as canary:
        canary.elsewhere = article(99)
        site.serve_stories(*range(1, len(SPELLINGS) + 1))
        site.park(desk.folder)
        desk.must("crawl")
        site.asked.clear()
        site.pages |= _leading(way, [each.format(canary.port) + path(99).lstrip("/") for each in SPELLINGS])
        desk.fails("crawl", "--recheck", "all")
        assert site.asked.total() > 1
        assert canary.asked.total() == 0
    assert desk.changes() == []

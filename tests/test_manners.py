"""How a site is asked: one page at a time, with pauses between, whatever its validators and its listing say."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import count, pairwise

import pytest

from tests.conftest import Desk
from tests.tricksite import LISTING, Answer, Page, TrickSite, article, listing, ok, path, status

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

_DELAY_S = 0.3


class Watched:
    """Notes when each page of a site was asked for, and how many at once."""

    def __init__(self) -> None:
        self.begun: list[float] = []
        self.at_once, self.most = 0, 0
        self._lock = threading.Lock()

    def page(self, shown: Page) -> Callable[[BaseHTTPRequestHandler], Page]:
        def answer(_: BaseHTTPRequestHandler) -> Page:
            with self._lock:
                self.begun.append(time.monotonic())
                self.at_once += 1
                self.most = max(self.most, self.at_once)
            time.sleep(0.05)
            with self._lock:
                self.at_once -= 1
            return shown

        return answer


def test_a_host_is_asked_one_thing_at_a_time_by_all_its_parks_together(desk: Desk, site: TrickSite) -> None:
    watched = Watched()
    for park, numbers in (("one", range(1, 6)), ("two", range(11, 16))):
        site.pages[f"{LISTING}{park}/"] = watched.page(listing(*numbers))
        site.pages |= {path(number): watched.page(article(number)) for number in numbers}
        (desk.folder / "parks" / f"{park}.toml").write_text(
            f'name = "{park}"\nlistings = ["{site.base}{LISTING}{park}/"]\nlayouts = ["tjuda"]\n', encoding="utf-8"
        )
    desk.variables["PARKWATCH_CRAWL__DELAY"] = str(_DELAY_S)
    desk.must("crawl")
    assert len(desk.rows("articles")) == 10
    assert watched.most == 1
    # From one park to the other a new visit begins, so all but one of the pauses are the delay's, give or take the
    # quarter by which it is varied.
    gaps = sorted(after - before for before, after in pairwise(watched.begun))
    assert gaps[1] > 0.7 * _DELAY_S


def _headed(**headers: Callable[[int], str]) -> Callable[[int], Answer]:
    """Return pages whose headers say something else at every look."""
    looks = count()

    def page_of(number: int) -> Answer:
        code, given, body = article(number)
        return lambda _: (code, {**given, **{name: value(next(looks)) for name, value in headers.items()}}, body)

    return page_of


VALIDATORS = {
    "an ETag that is another each time": _headed(ETag=lambda look: f'"{look}"'),
    "a day that is another each time": _headed(
        Last_Modified=lambda look: f"Mon, {1 + look % 28:02d} Jan 2024 00:00:00 GMT"
    ),
    "a day to come": _headed(Last_Modified=lambda _: "Fri, 01 Jan 2100 00:00:00 GMT"),
    "nonsense": _headed(ETag=lambda _: 'W/"a" , "b', Last_Modified=lambda _: "yesterday, \xe9"),
    "a long one": _headed(ETag=lambda _: f'"{"x" * 8_000}"'),
}


@pytest.mark.parametrize("name", VALIDATORS)
def test_validators_that_mean_nothing_make_no_change_and_hide_none(desk: Desk, site: TrickSite, name: str) -> None:
    site.pages[LISTING] = listing(3, 2, 1)
    site.pages |= {path(number): VALIDATORS[name](number) for number in (3, 2, 1)}
    site.park(desk.folder)
    for _ in range(3):
        desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []
    site.pages[path(2)] = article(2, "The park built two halls.")
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Story 2 of the park")]


def test_what_is_another_at_every_look_is_no_change(desk: Desk, site: TrickSite) -> None:
    looks = count(1)

    def restless(number: int) -> Answer:
        def answer(_: BaseHTTPRequestHandler) -> Page:
            look = next(looks)
            _, _, body = article(number)
            said = body.decode().replace(
                "<p>It is story",
                f'<input type="hidden" name="token" value="{look * 7919}">'
                f'<div class="ad">Advertisement: offer {look}</div>'
                f"<p>Views: {look}</p><p>It is now {look % 24:02d}:{look % 60:02d}:07</p><p>It is story",
            )
            return ok(said)

        return answer

    site.pages[LISTING] = listing(3, 2, 1)
    site.pages |= {path(number): restless(number) for number in (3, 2, 1)}
    site.park(desk.folder)
    for _ in range(8):
        desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []


def test_dates_that_cannot_be_keep_no_article_out_and_are_not_believed(desk: Desk, site: TrickSite) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=900)).strftime("%Y-%m-%d")
    said = ["2024-02-31 08:00:00", ahead, "2038-01-19 03:14:08", "0000-00-00", "99999", "9999-12-31"]
    site.serve_stories(*range(1, len(said) + 1))
    for number, date in enumerate(said, 1):
        before, _, _ = article(number)[2].decode().partition("<p>Release Time:")
        site.pages[path(number)] = ok(f"{before}<p>Release Time:{date}</p></body></html>")
    site.park(desk.folder)
    desk.must("crawl")
    found = {row["headline"]: row["date_published"] for row in desk.rows("articles")}
    assert found == {f"Story {number} of the park": None for number in range(1, len(said) + 1)}


def test_half_a_site_that_is_down_costs_nothing_but_itself(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(1, 13))
    site.park(desk.folder)
    desk.must("crawl")
    site.serve_stories(*range(1, 17))
    for number in range(2, 17, 2):
        site.pages[path(number)] = status(503)
    desk.fails("crawl", "--recheck", "all")
    assert sorted(desk.changes()) == [("new", "Story 13 of the park"), ("new", "Story 15 of the park")]
    site.serve_stories(*range(1, 17))
    desk.must("crawl", "--recheck", "all")
    assert sorted(name for _, name in desk.changes()) == [f"Story {number} of the park" for number in range(13, 17)]


def test_a_known_site_that_is_down_is_tried_again_and_loses_nothing(desk: Desk, site: TrickSite) -> None:
    def closed(request: BaseHTTPRequestHandler) -> None:
        request.connection.close()

    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.asked.clear()
    site.pages = {}
    site.elsewhere = closed
    desk.fails("crawl", "--recheck", "all")
    assert site.asked["/robots.txt"] > 1
    assert desk.changes() == []
    assert [row["kind"] for row in desk.rows("conditions") if not row["ended_at"]] == ["unreachable"]


def test_a_list_that_a_script_would_fetch_is_called_that(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = ok(
        '<html><body><a href="/">Home</a><div id="app"></div><script src="/app.js"></script></body></html>'
    )
    said = desk.fails("crawl", "--recheck", "all")
    assert "no layout finds an article in the listing, which a script would fetch" in said
    assert desk.changes() == []


def test_nul_bytes_and_rare_signs_are_stored_on_either_database(either_desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    code, headers, body = article(1, "The park built a \U00020000 hall for \U0001f600.")
    site.pages[path(1)] = (code, headers, body.replace(b"built a", b"bu\x00ilt a"))
    _, _, body = article(2, "园区新建一座𠀀厂房，用于生产阀门和水泵，预计明年春季投入使用。")
    site.pages[path(2)] = (200, {"Content-Type": "text/html; charset=gb2312"}, body.decode().encode("gb18030"))
    site.park(either_desk.folder)
    either_desk.must("crawl")
    bodies = {row["headline"]: row["body"] for row in either_desk.rows("articles")}
    assert "The park built a \U00020000 hall for \U0001f600." in str(bodies["Story 1 of the park"])
    assert "一座𠀀厂房" in str(bodies["Story 2 of the park"])
    either_desk.must("verify")

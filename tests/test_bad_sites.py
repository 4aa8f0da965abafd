"""Bad sites: whatever they answer is told, removes nothing, and holds back no other park."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

import pytest

from tests.conftest import Desk
from tests.tricksite import LISTING, Answer, Page, TrickSite, article, listing, ok, path, status, tricking

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long


def half_sent(request: BaseHTTPRequestHandler) -> None:
    _, _, body = article(2, "Other words, " * 400)
    request.send_response(200)
    request.send_header("Content-Type", "text/html")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[: len(body) // 2])
    request.wfile.flush()
    request.connection.close()


def cut_without_length(request: BaseHTTPRequestHandler) -> None:
    _, _, body = article(2)
    request.send_response(200)
    request.send_header("Content-Type", "text/html")
    request.send_header("Connection", "close")
    request.end_headers()
    request.wfile.write(body[: body.index(b"It is story")] + b"<p>Release Time:2024-05-03 08:00:00</p>")


WALL = ok("<html><body><h1>Access verification</h1><p>Please enter the captcha.</p></body></html>")
#: What a known article's address answers one day, and what is said of it.
BAD_ARTICLES: dict[str, tuple[Answer, str]] = {
    "broken": (status(500), "answered status 500"),
    "forbidden": (status(403), "blocked with status 403"),
    "walled": (WALL, "blocked by a verification page"),
    "half-sent": (half_sent, "cut short"),
    "cut": (cut_without_length, "ends before its markup does"),
    "unknown": (ok("<html><body><p>Nothing that a layout knows.</p></body></html>"), "no layout fits"),
    "blank": (ok(""), "is empty"),
    "pdf": ((200, {"Content-Type": "application/pdf"}, b"%PDF-1.4"), "is no page but application/pdf"),
    "garbage": ((200, {"Content-Type": "text/html"}, bytes(range(128, 256)) * 99), "cannot be decoded"),
}
#: What a listing answers one day, what is said of it, and the condition that it makes.
BAD_LISTINGS: dict[str, tuple[Answer, str, str]] = {
    "list-broken": (status(500), "answered status 500", "unreachable"),
    # Even an empty list stands between the links of its site.
    "list-empty": (
        ok('<html><body><a href="/">Home</a><p>Nothing today.</p></body></html>'),
        "no layout finds an article",
        "drifted",
    ),
    "list-walled": (WALL, "blocked by a verification page", "blocked"),
}


@dataclass
class BadDay:
    """What a day left behind on which every site but one is in trouble."""

    desk: Desk
    said: str
    asked: dict[str, set[str]]
    before: list[dict[str, str]]
    after: list[dict[str, str]]
    changes: list[dict[str, str]]
    conditions: list[dict[str, str]]
    ended: list[dict[str, str]]


@pytest.fixture(scope="module")
def bad_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BadDay]:
    desk = Desk.new(tmp_path_factory.mktemp("bad-day"))
    with ExitStack() as stack:
        sites = {slug: stack.enter_context(tricking()) for slug in (*BAD_ARTICLES, *BAD_LISTINGS, "good")}
        for slug, site in sites.items():
            site.serve_stories(3, 2, 1)
            site.park(desk.folder, slug)
        desk.must("crawl")
        before = desk.rows("articles")
        for slug, (answer, _) in BAD_ARTICLES.items():
            sites[slug].pages[path(2)] = answer
        for slug, (answer, _, _) in BAD_LISTINGS.items():
            sites[slug].pages[LISTING] = answer
        sites["good"].serve_stories(4, 3, 2, 1)
        for site in sites.values():
            site.asked.clear()
        said = desk.fails("crawl", "--recheck", "all")
        asked = {slug: set(site.asked) for slug, site in sites.items()}
        after, changes, conditions = desk.rows("articles"), desk.rows("changes"), desk.rows("conditions")
        for slug in BAD_LISTINGS:
            sites[slug].serve_stories(3, 2, 1)
        desk.must("crawl", *BAD_LISTINGS)
        yield BadDay(desk, said, asked, before, after, changes, conditions, desk.rows("conditions"))


def test_one_bad_park_does_not_hold_back_the_others(bad_day: BadDay) -> None:
    assert [(row["park"], row["kind"]) for row in bad_day.changes] == [("good", "new")]
    assert "parkwatch: good" not in bad_day.said


@pytest.mark.parametrize("slug", BAD_ARTICLES)
def test_a_bad_answer_for_a_known_article_changes_nothing_and_is_told(bad_day: BadDay, slug: str) -> None:
    [line] = [line for line in bad_day.said.splitlines() if line.startswith(f"parkwatch: {slug}: ")]
    assert line.startswith(f"parkwatch: {slug}: partly: http://127.0.0.1:")
    assert path(2) in line
    assert BAD_ARTICLES[slug][1] in line
    bodies = [[row["body"] for row in found if row["park"] == slug] for found in (bad_day.before, bad_day.after)]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("slug", BAD_LISTINGS)
def test_a_bad_listing_removes_nothing_asks_for_nothing_more_and_is_told(bad_day: BadDay, slug: str) -> None:
    _, reason, kind = BAD_LISTINGS[slug]
    [line] = [line for line in bad_day.said.splitlines() if line.startswith(f"parkwatch: {slug}: failed: ")]
    assert reason in line
    assert bad_day.asked[slug] <= {LISTING, "/robots.txt"}
    [condition] = [row for row in bad_day.conditions if row["park"] == slug]
    assert (condition["kind"], condition["ended_at"]) == (kind, None)
    [ended] = [row for row in bad_day.ended if row["park"] == slug]
    assert ended["ended_at"] is not None


def test_a_bad_day_breaks_no_promise(bad_day: BadDay) -> None:
    bad_day.desk.must("verify")


def test_a_host_that_is_not_there_ends_in_one_sentence(desk: Desk) -> None:
    (desk.folder / "parks" / "down.toml").write_text(
        'name = "Down"\nlistings = ["http://127.0.0.1:9/news/"]\nlayouts = ["tjuda"]\n'
    )
    said = desk.fails("crawl")
    assert said.startswith("parkwatch: down: failed: http://127.0.0.1:9/news/: unreachable: ")
    assert len(said.splitlines()) == 1


def test_a_site_that_loses_everything_at_once_is_not_believed(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(12, 0, -1))
    site.park(desk.folder)
    desk.must("crawl")
    for number in range(1, 9):
        del site.pages[path(number)]
    assert "nothing is removed" in desk.fails("crawl", "--recheck", "all")
    assert desk.changes() == []


def test_a_site_that_stops_answering_is_left_in_peace(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(30, 0, -1))
    site.park(desk.folder)
    desk.must("crawl")
    site.pages |= {path(n): status(403) for n in range(1, 31)}
    site.asked.clear()
    assert "left in peace: what else was due waits for the next visit" in desk.fails("crawl", "--recheck", "all")
    assert sum(n for p, n in site.asked.items() if p != LISTING) < 15


def test_robots_txt_is_obeyed_and_an_error_there_means_keep_out(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    site.pages["/robots.txt"] = (200, {}, f"User-agent: *\nDisallow: {path(2)}\n".encode())
    desk.must("crawl")
    assert (len(desk.rows("articles")), site.asked[path(2)]) == (1, 0)
    site.pages["/robots.txt"] = status(503)
    site.asked.clear()
    assert "its robots.txt answers status 503" in desk.fails("crawl", "--recheck", "all")
    assert set(site.asked) == {"/robots.txt"}


def test_a_redirect_off_the_site_is_not_followed(desk: Desk, site: TrickSite) -> None:
    with tricking() as other:
        other.pages["/stolen"] = article(2)
        site.serve_stories(2, 1)
        site.pages[path(2)] = status(302, Location=other.base.replace("127.0.0.1", "localhost") + "/stolen")
        site.park(desk.folder)
        desk.fails("crawl")
        assert other.asked["/stolen"] == 0


def test_a_page_larger_than_allowed_is_not_read(desk: Desk, site: TrickSite) -> None:
    desk.variables["PARKWATCH_CRAWL__MAX_PAGE_BYTES"] = "65536"
    site.serve_stories(2, 1)
    site.pages[path(2)] = article(2, "x" * 200_000)
    site.park(desk.folder)
    assert path(2) in desk.fails("crawl")
    assert len(desk.rows("articles")) == 1


def test_an_error_page_in_the_middle_of_a_listing_unlists_nothing(desk: Desk, site: TrickSite) -> None:
    second = f"{LISTING}index_2.html"
    site.serve_stories(*range(8, 0, -1))
    site.pages[LISTING] = listing(8, 7, 6, 5, following=second)
    site.pages[second] = listing(4, 3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[second] = ok("<html><body><p>Please come back another day.</p></body></html>")
    assert "no layout finds an article" in desk.fails("crawl", "--recheck", "all")
    assert desk.changes() == []
    site.pages[LISTING] = listing(8, 7, 6, 5, following=second)
    site.pages[second] = listing(4, 2, 1)
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("unlisted", "Story 3 of the park")]


def test_a_listing_that_loses_its_pages_unlists_nothing(desk: Desk, site: TrickSite) -> None:
    second = f"{LISTING}index_2.html"
    site.serve_stories(*range(12, 0, -1))
    site.pages[LISTING] = listing(*range(12, 6, -1), following=second)
    site.pages[second] = listing(*range(6, 0, -1))
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = listing(*range(12, 6, -1))  # a redesign took its pager away
    assert "no longer listed at once, which no site means" in desk.fails("crawl", "--recheck", "all")
    assert desk.changes() == []


def test_a_gateway_link_is_no_way_to_another_host(desk: Desk, site: TrickSite) -> None:
    with tricking() as inner:
        inner.pages[path(7)] = article(7)
        site.serve_stories(2, 1)
        _, headers, body = listing(2, 1)
        gate = f'<li><a href="/gate/big5/127.0.0.1:{inner.port}{path(7)}">gate</a></li>'.encode()
        site.pages[LISTING] = (200, headers, body.replace(b"</ul>", gate + b"</ul>"))
        site.park(desk.folder)
        desk.must("crawl")
        assert (len(desk.rows("articles")), inner.asked) == (2, {})


def test_a_page_that_comes_at_the_third_try_is_read(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    answers = iter([status(502), status(504), article(2)])
    site.pages[path(2)] = lambda _: next(answers)
    site.park(desk.folder)
    desk.must("crawl")
    assert len(desk.rows("articles")) == 2


def test_markup_that_a_server_calls_plain_text_is_read_as_markup(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    for number in (2, 1):
        _, _, body = article(number)
        site.pages[path(number)] = (200, {"Content-Type": "text/plain; charset=utf-8"}, body)
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []
    assert all("<" not in row["body"] for row in desk.rows("articles"))
    desk.must("verify")


def test_a_cookie_that_a_site_sets_is_never_sent_back(desk: Desk, site: TrickSite) -> None:
    sent: list[str | None] = []

    def baiting(page: Page) -> Answer:
        def answer(request: BaseHTTPRequestHandler) -> Page:
            sent.append(request.headers["Cookie"])
            return page

        return answer

    site.serve_stories(4, 3, 2, 1)
    for number in (4, 3, 2, 1):
        site.pages[path(number)] = baiting(article(number, Set_Cookie="session=1; Path=/"))
    site.park(desk.folder)
    desk.must("crawl")
    assert sent == [None] * 4


@pytest.mark.parametrize(
    "wall",
    [
        ok("<script>document.cookie='__jsl_clearance=1;Max-age=3600';location.reload()</script>"),
        ok("<html><head><script>$_ts=window['$_ts'];</script></head><body></body></html>"),
        ok("<html><body><h3>网站防火墙</h3><p>您的请求带有不合法参数，已被网站管理员设置拦截！</p></body></html>"),
        status(521),
    ],
    ids=["script", "another script", "firewall", "521"],
)
def test_a_wall_that_asks_for_another_try_is_a_wall(desk: Desk, site: TrickSite, wall: Page) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = wall
    desk.fails("crawl")
    assert [row["kind"] for row in desk.rows("conditions")] == ["blocked"]
    site.pages[LISTING] = listing(2, 1)
    desk.must("crawl", "--recheck", "none")  # that the listing is read is enough
    assert [row["ended_at"] is None for row in desk.rows("conditions")] == [False]
    assert desk.changes() == []


LOGIN = ok("<html><body><h1>登录</h1><form><input name=user><input name=word type=password></form></body></html>")


@pytest.mark.parametrize(
    ("wall", "said"),
    [
        (WALL, "blocked by a verification page"),
        (LOGIN, "blocked by a page that asks to log in"),
        (status(403), "blocked with status 403"),
    ],
    ids=["captcha", "login", "403"],
)
def test_a_wall_before_articles_alone_is_a_condition_until_one_of_them_is_read(
    desk: Desk, site: TrickSite, wall: Page, said: str
) -> None:
    site.serve_stories(4, 3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    pages = {path(number): site.pages[path(number)] for number in (4, 3, 2)}
    site.pages.update(dict.fromkeys(pages, wall))
    desk.fails("crawl", "--recheck", "all")
    [condition] = desk.rows("conditions")
    assert (condition["kind"], condition["ended_at"]) == ("blocked", None)
    assert condition["evidence"].startswith("walls stand before its articles: 3 of those asked for, the last http://")
    assert condition["evidence"].endswith(f": {said}")
    desk.run("crawl", "--recheck", "none")  # nobody has tried a door meanwhile
    news = site.pages[LISTING]
    site.pages[LISTING] = wall
    desk.fails("crawl")
    site.pages[LISTING] = listing(99, 4, 3, 2, 1)  # 99 is a dead link, which says nothing of the walls
    desk.run("crawl", "--recheck", "none")
    site.pages[LISTING] = news
    assert [row["ended_at"] for row in desk.rows("conditions")] == [None]
    site.pages.update(pages)
    desk.must("crawl", "--recheck", "all")
    assert [row["ended_at"] is None for row in desk.rows("conditions")] == [False]
    assert desk.changes() == []


def test_one_article_that_is_not_for_everybody_is_no_condition_of_its_park(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[path(2)] = status(403)
    assert "blocked with status 403" in desk.fails("crawl", "--recheck", "all")
    assert desk.rows("conditions") == []


@pytest.mark.parametrize("many", [3, 9])
def test_some_articles_for_members_alone_are_no_condition_whenever_they_are_tried_again(
    desk: Desk, site: TrickSite, many: int
) -> None:
    site.serve_stories(*range(2 * many + 2, 0, -1))
    site.park(desk.folder)
    closed = {path(2 * number): LOGIN for number in range(1, many + 1)}
    site.pages.update(closed)
    desk.fails("crawl")
    desk.sql("UPDATE unread SET next_try_at = '2024-01-01 00:00:00.000000'")
    site.asked.clear()
    desk.fails("crawl", "--recheck", "none")
    assert {*site.asked}.issuperset(closed)
    assert desk.rows("conditions") == []


def test_a_site_that_shuts_its_doors_in_the_middle_of_a_visit_is_walled_off_until_one_is_read(
    desk: Desk, site: TrickSite
) -> None:
    site.serve_stories(*range(24, 0, -1))
    site.park(desk.folder)
    desk.must("crawl")
    site.pages.update({path(number): status(403) for number in range(1, 10)})
    assert "left in peace" in desk.fails("crawl", "--recheck", "all")
    desk.run("crawl", "--recheck", "none")
    [condition] = desk.rows("conditions")
    assert (condition["kind"], condition["ended_at"]) == ("blocked", None)
    assert condition["evidence"].startswith("walls stand before its articles: ")


def test_a_cache_that_answers_with_another_article_tells_no_edit(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(6, 0, -1))
    site.park(desk.folder)
    desk.must("crawl")
    site.pages |= {path(number): article(6) for number in (1, 2, 3)}
    said = desk.fails("crawl", "--recheck", "all")
    assert desk.changes() == []
    assert f"{path(1)}: it shows another article on record, {site.base}{path(6)}" in said


def test_two_that_end_in_the_same_words_are_both_told(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(4, 3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    end = "The tender was cancelled by the committee."
    cancelled = (
        article(1, end)[2].replace(b"Story 1 of the park", b"Tender cancelled").replace(b"It is story 1.", b"Done.")
    )
    site.pages[path(1)] = ok(cancelled.decode())
    desk.must("crawl", "--recheck", "all")
    site.pages[path(2)] = ok(cancelled.decode())
    desk.must("crawl", "--recheck", "all")
    assert [headline for _, headline in desk.changes()] == ["Tender cancelled"] * 2


def test_copies_of_one_story_are_edited_by_their_people_alike(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(4, 3, 2, 1)
    site.pages[path(2)] = article(1)
    site.park(desk.folder)
    desk.must("crawl")
    assert len(desk.rows("articles")) == 4
    edited = article(1, "The park built two halls and a bridge.")[2].replace(b"Story 1 of the park", b"A story of two")
    site.pages[path(1)] = site.pages[path(2)] = ok(edited.decode())
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "A story of two")] * 2

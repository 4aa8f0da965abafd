"""Crawling real sites on loopback: what is read, what is asked for again, and what bad sites lead to."""

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

import pytest
import trustme

from tests.conftest import Desk
from tests.tricksite import LISTING, Answer, Page, TrickSite, article, listing, ok, path, status, tricking


@pytest.fixture
def site() -> Iterator[TrickSite]:
    with tricking() as found:
        yield found


def changes(desk: Desk) -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in desk.must("changes", "--json").splitlines()]
    return [(row["kind"], row["headline"]) for row in rows]


def articles(desk: Desk) -> list[dict[str, str]]:
    return [json.loads(line) for line in desk.must("articles", "--json").splitlines()]


def rows(desk: Desk, verb: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in desk.must(verb, "--json").splitlines()]


def visited(desk: Desk) -> dict[str, object]:
    row: dict[str, object] = json.loads(desk.must("visits", "--json").splitlines()[-1])
    return row


def fails(desk: Desk, *arguments: str) -> str:
    done = desk.run(*arguments)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    return done.stderr


def test_a_second_visit_finds_what_is_new_what_changed_and_what_is_gone(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    assert "first visit: 3 articles on record" in desk.must("crawl")
    assert (len(articles(desk)), changes(desk)) == (3, [])
    site.serve_stories(4, 3, 2)
    site.pages[path(2)] = article(2, "The park built two halls.")
    del site.pages[path(1)]
    desk.must("crawl", "--recheck", "all")
    assert sorted(changes(desk)) == [
        ("edited", "Story 2 of the park"),
        ("new", "Story 4 of the park"),
        ("removed", "Story 1 of the park"),
    ]
    assert visited(desk)["outcome"] == "done"
    site.serve_stories(4, 3, 2, 1)
    site.pages[path(2)] = article(2, "The park built two halls.")
    desk.must("crawl", "--recheck", "none")
    assert changes(desk)[-1] == ("restored", "Story 1 of the park")
    desk.must("verify")


def test_known_articles_are_asked_for_with_their_validators(desk: Desk, site: TrickSite) -> None:
    def honest(number: int, tag: str) -> None:
        def answer(request: BaseHTTPRequestHandler) -> Page:
            return status(304, ETag=tag) if request.headers["If-None-Match"] == tag else article(number, ETag=tag)

        site.pages[path(number)] = answer

    site.serve_stories(3, 2, 1)
    for number in (3, 2, 1):
        honest(number, f'"{number}"')
    site.park(desk.folder)
    desk.must("crawl")
    desk.must("crawl", "--recheck", "all")
    # One of the three is asked with a wrong validator first, and then answers whole.
    assert sorted(set(site.conditional)) == [path(n) for n in (1, 2, 3)]
    assert visited(desk)["unchanged"] == 3
    assert changes(desk) == []


def test_a_server_that_says_304_to_anything_is_seen_through(desk: Desk, site: TrickSite) -> None:
    def liar(number: int, text: str) -> None:
        def answer(request: BaseHTTPRequestHandler) -> Page:
            if request.headers["If-None-Match"]:
                return status(304)
            return article(number, text, ETag='"same"')

        site.pages[path(number)] = answer

    site.pages[LISTING] = listing(2, 1)
    for number in (2, 1):
        liar(number, "Before.")
    site.park(desk.folder)
    desk.must("crawl")
    for number in (2, 1):
        liar(number, "After.")
    desk.must("crawl", "--recheck", "all")
    assert [kind for kind, _ in changes(desk)] == ["edited", "edited"]


def test_an_article_that_moved_is_not_news(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    moved = path(77)
    site.pages[moved] = site.pages[path(2)]
    site.pages[path(2)] = status(301, Location=moved)
    site.pages[LISTING] = listing(3, 77, 1)
    desk.must("crawl")
    assert changes(desk) == [("moved", "Story 2 of the park")]


def test_a_copy_at_a_second_address_is_an_article_of_its_own(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[path(77)] = site.pages[path(2)]
    site.pages[LISTING] = listing(77, 3, 2, 1)
    desk.must("crawl")
    assert changes(desk) == [("new", "Story 2 of the park")]


def test_bursts_over_several_pages_are_all_found(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(5, 0, -1))
    site.park(desk.folder)
    desk.must("crawl")
    numbers = list(range(40, 0, -1))
    pages = [numbers[at : at + 8] for at in range(0, 40, 8)]
    for at, page in enumerate(pages):
        following = f"{LISTING}index_{at + 2}.html" if at + 1 < len(pages) else None
        site.pages[LISTING if at == 0 else f"{LISTING}index_{at + 1}.html"] = listing(*page, following=following)
    site.pages |= {path(n): article(n) for n in numbers}
    desk.must("crawl")
    assert len(changes(desk)) == 35


def test_an_article_is_the_same_under_tracking_parameters_and_session_ids(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    _, headers, body = listing(2, 1)
    noisy = body.replace(b"/2.html", b"/2.html?utm_source=list&amp;from=index").replace(
        b"/1.html", b"/1.html;jsessionid=9F"
    )
    site.pages[LISTING] = (200, headers, noisy)
    desk.must("crawl")
    assert (len(articles(desk)), changes(desk)) == (2, [])


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
    "cut": (cut_without_length, "ends in the middle"),
    "unknown": (ok("<html><body><p>Nothing that a layout knows.</p></body></html>"), "no layout fits"),
    "blank": (ok(""), "is empty"),
    "pdf": ((200, {"Content-Type": "application/pdf"}, b"%PDF-1.4"), "is no page but application/pdf"),
    "garbage": ((200, {"Content-Type": "text/html"}, bytes(range(128, 256)) * 99), "cannot be decoded"),
}
#: What a listing answers one day, what is said of it, and the condition that it makes.
BAD_LISTINGS: dict[str, tuple[Answer, str, str]] = {
    "list-broken": (status(500), "answered status 500", "unreachable"),
    "list-empty": (ok("<html><body><p>Nothing today.</p></body></html>"), "no layout finds an article", "drifted"),
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
        before = rows(desk, "articles")
        for slug, (answer, _) in BAD_ARTICLES.items():
            sites[slug].pages[path(2)] = answer
        for slug, (answer, _, _) in BAD_LISTINGS.items():
            sites[slug].pages[LISTING] = answer
        sites["good"].serve_stories(4, 3, 2, 1)
        for site in sites.values():
            site.asked.clear()
        said = fails(desk, "crawl", "--recheck", "all")
        asked = {slug: set(site.asked) for slug, site in sites.items()}
        after, changes, conditions = rows(desk, "articles"), rows(desk, "changes"), rows(desk, "conditions")
        for slug in BAD_LISTINGS:
            sites[slug].serve_stories(3, 2, 1)
        desk.must("crawl", *BAD_LISTINGS)
        yield BadDay(desk, said, asked, before, after, changes, conditions, rows(desk, "conditions"))


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
    said = fails(desk, "crawl")
    assert said.startswith("parkwatch: down: failed: http://127.0.0.1:9/news/: unreachable: ")
    assert len(said.splitlines()) == 1


def test_a_site_that_loses_everything_at_once_is_not_believed(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(12, 0, -1))
    site.park(desk.folder)
    desk.must("crawl")
    for number in range(1, 9):
        del site.pages[path(number)]
    assert "nothing is removed" in fails(desk, "crawl", "--recheck", "all")
    assert changes(desk) == []


def test_a_site_that_stops_answering_is_left_in_peace(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(30, 0, -1))
    site.park(desk.folder)
    desk.must("crawl")
    site.pages |= {path(n): status(403) for n in range(1, 31)}
    site.asked.clear()
    fails(desk, "crawl", "--recheck", "all")
    assert sum(n for p, n in site.asked.items() if p != LISTING) < 15


def test_robots_txt_is_obeyed_and_an_error_there_means_keep_out(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    site.pages["/robots.txt"] = (200, {}, f"User-agent: *\nDisallow: {path(2)}\n".encode())
    desk.must("crawl")
    assert (len(articles(desk)), site.asked[path(2)]) == (1, 0)
    site.pages["/robots.txt"] = status(503)
    site.asked.clear()
    assert "its robots.txt answers status 503" in fails(desk, "crawl", "--recheck", "all")
    assert set(site.asked) == {"/robots.txt"}


def test_a_redirect_off_the_site_is_not_followed(desk: Desk, site: TrickSite) -> None:
    with tricking() as other:
        other.pages["/stolen"] = article(2)
        site.serve_stories(2, 1)
        site.pages[path(2)] = status(302, Location=other.base.replace("127.0.0.1", "localhost") + "/stolen")
        site.park(desk.folder)
        fails(desk, "crawl")
        assert other.asked["/stolen"] == 0


def test_a_page_larger_than_allowed_is_not_read(desk: Desk, site: TrickSite) -> None:
    desk.variables["PARKWATCH_CRAWL__MAX_PAGE_BYTES"] = "65536"
    site.serve_stories(2, 1)
    site.pages[path(2)] = article(2, "x" * 200_000)
    site.park(desk.folder)
    assert path(2) in fails(desk, "crawl")
    assert len(articles(desk)) == 1


def test_an_unreadable_page_is_read_by_the_next_visit(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.pages[path(2)] = status(500)
    site.park(desk.folder)
    fails(desk, "crawl")
    assert "1 listed pages could not be read yet" in desk.run("status").stdout
    site.pages[path(2)] = article(2)
    desk.must("crawl", "--recheck", "all")
    assert (len(articles(desk)), changes(desk)) == (3, [])


def test_scrapy_users_find_what_they_expect(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    assert desk.scrapy("list").stdout.split() == ["trick"]
    done = desk.scrapy("crawl", "trick", "-O", "out.jsonl", "-s", "LOG_LEVEL=ERROR")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in (desk.folder / "out.jsonl").read_text().splitlines()]
    assert sorted(row["headline"] for row in rows) == ["Story 1 of the park", "Story 2 of the park"]
    assert list(rows[0]) == [
        "url", "park", "headline", "date_published", "date_published_raw", "source", "body", "in_language",
    ]  # fmt: skip
    assert len(articles(desk)) == 2
    parsed = desk.scrapy("parse", "--spider", "trick", "--noitems", site.base + LISTING, "-s", "LOG_LEVEL=ERROR")
    assert (parsed.returncode, "Traceback" in parsed.stderr) == (0, False)
    shell = desk.scrapy("shell", site.base + path(1), "-c", "(spider.name, response.status)", "-s", "LOG_LEVEL=ERROR")
    assert "('trick', 200)" in shell.stdout
    opened = desk.scrapy("settings", "--get", "TELNETCONSOLE_ENABLED").stdout
    assert opened.strip() == "False"


def test_an_error_page_in_the_middle_of_a_listing_unlists_nothing(desk: Desk, site: TrickSite) -> None:
    second = f"{LISTING}index_2.html"
    site.serve_stories(*range(8, 0, -1))
    site.pages[LISTING] = listing(8, 7, 6, 5, following=second)
    site.pages[second] = listing(4, 3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[second] = ok("<html><body><p>System busy, please come back later.</p></body></html>")
    assert "no layout finds an article" in fails(desk, "crawl", "--recheck", "all")
    assert changes(desk) == []
    site.pages[LISTING] = listing(8, 7, 6, 5, following=second)
    site.pages[second] = listing(4, 2, 1)
    desk.must("crawl", "--recheck", "all")
    assert changes(desk) == [("unlisted", "Story 3 of the park")]


def test_dead_links_on_a_listing_block_nothing_behind_them(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = listing(*range(30, 0, -1))
    site.pages |= {path(n): article(n) for n in range(3, 6)}
    desk.must("crawl")
    assert len(articles(desk)) == 5
    site.asked.clear()
    desk.must("crawl")
    assert site.asked[path(20)] == 0, "a dead link is not tried at every visit"


def test_a_gap_is_told_after_a_burst_beyond_the_budget(desk: Desk, site: TrickSite) -> None:
    desk.variables |= {"PARKWATCH_CRAWL__FIRST_VISIT_PAGES": "2", "PARKWATCH_CRAWL__LISTING_PAGES": "2"}

    def serve(numbers: list[int]) -> None:
        pages = [numbers[at : at + 5] for at in range(0, len(numbers), 5)]
        for at, page in enumerate(pages):
            following = f"{LISTING}index_{at + 2}.html" if at + 1 < len(pages) else None
            site.pages[LISTING if at == 0 else f"{LISTING}index_{at + 1}.html"] = listing(*page, following=following)
        site.pages |= {path(n): article(n) for n in numbers}

    serve(list(range(30, 0, -1)))
    site.park(desk.folder)
    desk.must("crawl")
    serve(list(range(60, 0, -1)))
    assert "trick: partly: a gap" in fails(desk, "crawl")


def test_an_article_whose_address_leads_to_another_one_keeps_its_text(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    before = {row["url"]: row["body"] for row in articles(desk)}
    site.pages[path(2)] = status(301, Location=path(3))
    assert "leads to another article on record" in fails(desk, "crawl", "--recheck", "all")
    assert ({row["url"]: row["body"] for row in articles(desk)}, changes(desk)) == (before, [])


def test_a_link_that_leads_to_a_known_article_is_settled(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = listing(99, 3, 2, 1)
    site.pages[path(99)] = status(302, Location=path(3))
    desk.must("crawl")
    site.asked.clear()
    desk.must("crawl")
    assert (changes(desk), site.asked[path(99)]) == ([], 0)


def test_removed_articles_do_not_stand_in_the_way_of_later_removals(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(9, 0, -1))
    site.park(desk.folder)
    desk.must("crawl")
    for gone in ((1, 2), (3, 4), (5,)):
        site.pages[LISTING] = listing(9, 8, 7, 6)
        for number in gone:
            site.pages[path(number)] = status(404)
        desk.must("crawl", "--recheck", "all")
    assert [kind for kind, _ in changes(desk) if kind == "removed"] == ["removed"] * 5


def test_a_gateway_link_is_no_way_to_another_host(desk: Desk, site: TrickSite) -> None:
    with tricking() as inner:
        inner.pages[path(7)] = article(7)
        site.serve_stories(2, 1)
        _, headers, body = listing(2, 1)
        gate = f'<li><a href="/gate/big5/127.0.0.1:{inner.port}{path(7)}">gate</a></li>'.encode()
        site.pages[LISTING] = (200, headers, body.replace(b"</ul>", gate + b"</ul>"))
        site.park(desk.folder)
        desk.must("crawl")
        assert (len(articles(desk)), inner.asked) == (2, {})


def test_certificates_are_verified_unless_a_park_opts_out(desk: Desk) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(desk.folder / "ca.pem"))
    with tricking(context) as site:
        site.serve_stories(2, 1)
        site.park(desk.folder, "strict")
        site.park(desk.folder, "lax", tls_verify="false")
        said = fails(desk, "crawl")
        assert [line.split(":")[1] for line in said.splitlines()] == [" strict"]
        assert {row["park"] for row in articles(desk)} == {"lax"}
        shown = desk.run("status").stdout
        [lax] = [line for line in shown.splitlines() if " lax " in line]
        assert lax.endswith("TLS NOT verified")
        desk.variables["PARKWATCH_CRAWL__TLS_VERIFY"] = "ca.pem"
        desk.must("crawl", "strict")
        assert {row["park"] for row in articles(desk)} == {"lax", "strict"}

"""Pages and servers made to do harm: bounded in time, refused by name, and never a wrong field stored."""

import gzip
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest

from crawler.bounds import excess_of
from crawler.layouts import load_layouts
from crawler.listing import read_listing
from crawler.page import Page
from crawler.seeds import BUNDLED
from reports.mailer import Outcome
from storage.text import clean_text
from tests.builders import a_park
from tests.conftest import Desk
from tests.test_mail import mailer
from tests.tricksite import LISTING, TrickSite, article, listing, ok, path, status

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

LAYOUTS = [load_layouts(BUNDLED / "layouts")["tjuda"]]


@pytest.mark.parametrize(
    ("html", "excess"),
    [
        ("<p>x" * 200_001, "has more than 200000 tags"),
        ("<p>words</p>" * 50_000, None),
        ("<div>" * 900 + "words" + "</div>" * 900, None),
        ("<p><font>" * 2000, None),
        (f'<img src="data:image/png;base64,{"A" * 900_000}">', None),
        ("<div>" * 150_000, "nests more than 2500 elements"),
        ("<b " + " ".join(f"a{n}=1" for n in range(40_000)) + ">", "has a tag with more than 1000 attributes"),
    ],
    ids=["too many tags", "long", "deep enough", "unclosed", "inline picture", "too deep", "too many attributes"],
)
def test_markup_that_costs_the_square_of_its_length_is_refused_unparsed(html: str, excess: str | None) -> None:
    found = excess_of(f"<html><body>{html}</body></html>")
    assert found == excess or (excess and found and found.startswith(excess))


def test_a_pile_of_accents_is_cut_and_a_word_with_accents_is_not() -> None:
    assert clean_text("Zoe\u0308 a\u0301\u0323b") == "Zoë ạ́b"
    assert len(clean_text("a" + "\u0301\u0323" * 200_000)) < 50


def test_a_listing_of_repeats_in_nested_lists_ends(site: TrickSite) -> None:
    link = f'<a href="{path(1)}">Story</a>'
    nested = '<ul class="list-group list-fuwu">' * 800 + f"<li>{link}</li>" * 800
    page = Page(url=f"{site.base}{LISTING}", text=f"<html><body>{nested}</body></html>")
    found = read_listing(page, LAYOUTS, a_park(hosts=frozenset({site.base.partition("//")[2]})))
    assert (len(found.links), found.is_cut) == (1, True)


def test_a_hostile_link_costs_a_listing_nothing_but_itself(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    code, headers, body = listing(2, 1)
    bad = b'<li><a href="/gate/big5/[x/2024-05-03/7.html">x</a></li><li><a href="http://[::1/2024-05-03/8.html">y</a></li>'
    site.pages[LISTING] = (code, headers, body.replace(b"</ul>", bad + b"</ul>"))
    site.park(desk.folder)
    desk.must("crawl")
    assert len(desk.rows("articles")) == 2


@pytest.mark.long
def test_a_listing_longer_than_is_read_unlists_nothing(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = listing(*range(5000, 2900, -1), 3, 2, 1)
    site.pages["/robots.txt"] = ok("User-agent: *\nDisallow: /english/news/parknews/2024\n")
    desk.fails("crawl", "--recheck", "none")
    assert desk.changes() == []


BODY = (
    "<html><body><div>Current Location:Home &gt; Park News</div><h2>{}</h2><p>{}</p>"
    "<p>Release Time:2024-05-03 08:00:00</p></body></html>"
)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (ok(BODY.format("Security verification", "Please slide.")), "blocked by a verification page"),
        (ok(BODY.format("系统维护公告", "本站正在维护。")), "blocked by a notice that the site is being worked on"),
        (ok(BODY.format("Story 2 of the park", "<div>" * 3000)), "nests more than 2500 elements inside each other"),
        (status(304), "answered 304 to a request without a condition"),
        (ok(BODY.format("Story 2 of the park", "The park b\ufffdilt a h\ufffdll.")), "characters cannot be decoded"),
        (ok(BODY.format("????????", "??????????, ???????? 9 ????????")), "the site has lost its signs"),
        (ok(BODY.format("Story 2 of the park", "The park")[:-30]), "the page ends before its markup does"),
        (status(200, Content_Type="application/\x1b]0;x"), "is no page but application/]0"),
    ],
    ids=[
        "captcha in the template",
        "maintenance in the template",
        "too deep",
        "304",
        "broken characters",
        "question marks",
        "cut",
        "control signs",
    ],
)
def test_another_page_in_an_articles_place_is_not_its_edit(
    desk: Desk, site: TrickSite, page: tuple[int, dict[str, str], bytes], said: str
) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[path(2)] = page
    assert said in desk.fails("crawl", "--recheck", "all")
    assert desk.changes() == []


def test_a_new_article_of_which_some_signs_cannot_be_decoded_is_not_stored(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.serve_stories(5, 4, 3, 2, 1)
    said = BODY.format("Story 4 of the park", "园区新建一座厂房，用于生产阀门和水泵，预计明年春季投入使用。").encode()
    site.pages[path(4)] = (200, {"Content-Type": "text/html"}, said.replace("座".encode(), b"\xe5\xba"))
    # What the site itself has lost is its text.
    site.pages[path(5)] = ok(BODY.format("Story 5 of the park", "The park built a hall of 9 \ufffd."))
    assert f"{path(4)}: some of its characters cannot be decoded" in desk.fails("crawl")
    assert desk.changes() == [("new", "Story 5 of the park")]


def test_a_headline_without_an_end_costs_its_own_article_alone_and_is_named(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.pages[path(2)] = ok(BODY.format("Story 2 of the park " + "x" * 1_000_000, "The park built a hall of 9 halls."))
    site.park(desk.folder)
    said = desk.fails("crawl")
    assert f"{path(2)}: no layout fits: tjuda: a headline of 1,000,020 characters is none: up to 500 are read" in said
    assert {line["headline"] for line in desk.rows("articles")} == {"Story 3 of the park", "Story 1 of the park"}


def test_a_sign_that_is_written_in_halves_costs_no_article_its_place(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.pages[path(2)] = ok(BODY.format("Story 2 of the park", "The park built a hall &#55357;&#56832; of 9 halls."))
    site.park(desk.folder)
    assert "3 articles on record" in desk.must("crawl")


def test_an_address_that_leads_to_a_notice_for_a_while_is_no_move(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages |= {path(n): status(302, Location=path(99)) for n in (1, 2)}
    site.pages[path(99)] = article(99, "All pages are being moved.")
    assert "leads to a page that says something else" in desk.fails("crawl", "--recheck", "all")
    assert desk.changes() == []


def test_a_small_site_that_loses_all_it_has_is_not_believed(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(3, 2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages |= {path(n): status(404) for n in (1, 2, 3)}
    assert "nothing is removed" in desk.fails("crawl", "--recheck", "all")
    assert desk.changes() == []


def test_a_mail_server_whose_reply_has_no_end_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def babble() -> None:
            connection, _ = server.accept()
            try:
                while True:
                    connection.sendall(b"220-and\r\n" * 1000)
            except OSError:
                pass

        threading.Thread(target=babble, daemon=True).start()
        delivery = mailer(server.getsockname()[1]).send("r@example.org", b"Subject: x\r\n\r\n")
    assert (delivery.outcome, "answers without an end" in delivery.answer) == (Outcome.DEFERRED, True)


def test_a_page_that_takes_more_memory_than_there_is_fails_alone(desk: Desk, site: TrickSite) -> None:
    desk.variables |= {"PARKWATCH_CRAWL__MEMORY": "384", "PARKWATCH_CRAWL__MAX_PAGE_BYTES": "900000000"}
    bomb = gzip.compress(b"<p>" + b"A" * 400_000_000, 1)
    site.serve_stories(3, 2, 1)
    site.pages[path(2)] = (200, {"Content-Type": "text/html", "Content-Encoding": "gzip"}, bomb)
    site.park(desk.folder)
    said = desk.fails("crawl")
    assert f"{path(2)}: it takes more memory than crawl.memory allows" in said
    assert len(desk.rows("articles")) == 2


def test_headers_without_an_end_cost_no_memory(desk: Desk, site: TrickSite) -> None:
    sent: list[int] = []

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        with suppress(OSError):
            for _ in range(100_000):
                sent.append(request.wfile.write((b"X-More: " + b"x" * 1000 + b"\r\n") * 10))

    site.pages[LISTING] = endless
    site.park(desk.folder)
    assert "it sends headers without an end" in desk.fails("crawl")
    assert sum(sent) < 3 * 20_000_000  # three tries, and what the line holds

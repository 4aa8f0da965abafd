"""robots.txt as RFC 9309 reads it, whatever a server makes of it."""

import random
import socket
import struct
import time
from http.server import BaseHTTPRequestHandler

import pytest

from crawler.robots import rules_for
from tests.conftest import Desk
from tests.tricksite import LISTING, Answer, TrickSite, ok, path, status

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

RULES = f"User-agent: *\nDisallow: {path(2)}\n"
OBEYED, NO_RULES, KEPT_OUT = {path(1)}, {path(1), path(2)}, set[str]()


def plain(text: str | bytes) -> Answer:
    return 200, {"Content-Type": "text/plain"}, text.encode() if isinstance(text, str) else text


def hangs_up(request: BaseHTTPRequestHandler) -> None:
    request.connection.close()


def resets(request: BaseHTTPRequestHandler) -> None:
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.connection.close()


def never_answers(_: BaseHTTPRequestHandler) -> None:
    time.sleep(6)


ANSWERS: dict[str, tuple[Answer, set[str]]] = {
    "rules": (plain(RULES), OBEYED),
    "empty": (plain(""), NO_RULES),
    "401": (status(401), NO_RULES),
    "403": (status(403), NO_RULES),
    "404": (status(404), NO_RULES),
    "410": (status(410), NO_RULES),
    "429": (status(429), KEPT_OUT),
    "500": (status(500), KEPT_OUT),
    "503": (status(503), KEPT_OUT),
    "hangs up": (hangs_up, KEPT_OUT),
    "resets": (resets, KEPT_OUT),
    "never answers": (never_answers, KEPT_OUT),
    "a page": (ok(f"<html><body><h1>Park News</h1><p>{RULES}</p></body></html>"), NO_RULES),
    "byte order mark": (plain("\ufeff" + RULES), OBEYED),
    "carriage returns": (plain(RULES.replace("\n", "\r")), OBEYED),
    "capitals and comments": (plain(f"# ours\nUSER-AGENT: *  # all\ndisallow: {path(2)} # not this\n"), OBEYED),
    "for us by name": (plain(f"User-agent: parkwatch\nDisallow: {path(2)}\n\nUser-agent: *\nDisallow: /\n"), OBEYED),
    "600 KiB": (plain(RULES + "# nothing\n" * 60_000), OBEYED),
    "random bytes": (plain(random.Random(1).randbytes(5000)), NO_RULES),
    "groups": (
        plain(
            f"Sitemap: /x.xml\nUser-agent: other\nDisallow: /\n\nUser-agent: a\nUser-agent: *\nDisallow: {path(2)}\n"
        ),
        OBEYED,
    ),
    "for others alone": (plain("User-agent: other\nDisallow: /\n"), NO_RULES),
    "6,000 agents and as many rules": (
        plain(
            "".join(f"User-agent: a{n}\n" for n in range(6000))
            + RULES
            + "".join(f"Disallow: /{n}x\n" for n in range(6000))
        ),
        OBEYED,
    ),
    "wildcards": (plain(f"User-agent: *\nDisallow: /*{path(2)[-7:]}$\n"), OBEYED),
    "a longer allow": (plain(f"User-agent: *\nDisallow: /\nAllow: {LISTING}\nDisallow: {path(2)}\n"), OBEYED),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_server_answers_for_robots_txt(desk: Desk, site: TrickSite, name: str) -> None:
    answer, read = ANSWERS[name]
    assert asked_with(desk, site, answer) == read


@pytest.mark.parametrize(("hops", "read"), [(1, OBEYED), (5, OBEYED), (99, KEPT_OUT)])
def test_five_redirects_are_followed_and_a_loop_means_keep_out(
    desk: Desk, site: TrickSite, hops: int, read: set[str]
) -> None:
    for hop in range(1, min(hops, 6)):
        site.pages[f"/robots{hop}.txt"] = status(301, Location=f"/robots{hop + 1}.txt")
    site.pages[f"/robots{min(hops, 6)}.txt"] = plain(RULES) if hops < 6 else status(301, Location="/robots.txt")
    assert asked_with(desk, site, status(301, Location="/robots1.txt")) == read


def test_what_is_kept_of_a_file_grows_with_the_rules_alone() -> None:
    agents = b"".join(b"User-agent: a%d\n" % n for n in range(6000))
    assert rules_for(agents + RULES.encode() * 3, "Parkwatch/0.1 (x)").count(b"agent") == 3
    assert rules_for(agents + b"Disallow: /\n", "Parkwatch/0.1 (x)") == b""
    assert len(rules_for(b"User-agent: *\n" + b"Disallow: /x\n" * 90_000, "Parkwatch/0.1")) < 513_000


def asked_with(desk: Desk, site: TrickSite, answer: Answer) -> set[str]:
    """Return which of two stories a first visit asked for."""
    site.serve_stories(2, 1)
    site.pages["/robots.txt"] = answer
    site.park(desk.folder)
    desk.variables |= {"PARKWATCH_CRAWL__DEADLINE": "20", "PARKWATCH_CRAWL__TIMEOUT": "2"}
    done = desk.run("crawl")
    assert "Traceback" not in done.stderr + done.stdout
    if not any(page.startswith(LISTING) for page in site.asked):
        assert "its robots.txt" in done.stderr
    assert next(iter(site.asked)) == "/robots.txt"
    return {page for page in site.asked if page in (path(1), path(2))}

"""Pages and answers made to do harm, in the place of articles that were read well before."""

import gzip
import resource
import socket
import struct
import time
import zlib
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import brotli

from storage.database import exports, ledger, open_store
from storage.database import verify as verification
from tests.torture import steps
from tests.torture.account import Tally
from tests.torture.stands import Stand
from tests.torture.visiting import park_file
from tests.tricksite import LISTING, Page, TrickSite, article, listing, ok, path, status

Answer = Page | Callable[[BaseHTTPRequestHandler], Page | None]
#: What a child may take while it meets all of them.
MOST_RSS_MB, MOST_SECONDS = 512, 120


#: After these a host is left alone for the rest of the visit.
SILENCING = ("retry after a year",)


def _raw(*pieces: bytes, pause: float = 0.0, reset: bool = False) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(request: BaseHTTPRequestHandler) -> None:
        try:
            for piece in pieces:
                request.connection.sendall(piece)
                time.sleep(pause)
            if reset:
                request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass

    return answer


def _headed(body: bytes, **headers: str) -> Page:
    return 200, {"Content-Type": "text/html", **headers}, body


def _story(headline: str, text: str) -> Page:
    return ok(
        f"<html><body><div>Current Location:Home &gt; Park News</div><h2>{headline}</h2><p>{text}</p>"
        "<p>Release Time:2024-05-03 08:00:00</p></body></html>"
    )


def _as_it_was(request: BaseHTTPRequestHandler) -> bytes:
    """Return the article that the address stands for."""
    return article(int(request.path.rpartition("/")[2].partition(".")[0]))[2]


def _other_of_two(at: str) -> str:
    return at.removesuffix("?2") if at.endswith("?2") else f"{at}?2"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
_BOMB = gzip.compress(b"<p>" + b"A" * 200_000_000)

#: By name: what is answered. An article in whose place one of these stands must not change into anything else.
PAGES: Mapping[str, Answer] = {
    **{
        f"status {code}": status(code)
        for code in (202, 204, 400, 401, 403, 407, 412, 429, 500, 502, 503, 504, 521, 599)
    },
    "retry after a year": status(503, Retry_After="31536000"),
    "retry after nonsense": status(429, Retry_After="soon"),
    "empty": _headed(b""),
    "blank": ok("<html><body></body></html>"),
    "loading": ok("<html><body>Loading...</body></html>"),
    "captcha": _story("Security verification", "Please slide to continue."),
    "login": ok("<html><head><title>Login</title></head><body><form>User name Password</form></body></html>"),
    "maintenance": _story("系统维护公告", "本站正在维护。"),
    "a parked domain": ok("<html><body><h1>This domain is for sale</h1><p>Buy it now.</p></body></html>"),
    "home page": _headed(listing(1, 2, 3)[2]),
    "redirect to itself": lambda request: status(302, Location=request.path),
    "redirect chain": lambda request: status(302, Location=f"{request.path}x"),
    "redirect off the site": status(302, Location="http://other.example/"),
    "redirect to loopback": status(302, Location="http://127.0.0.1:1/"),
    "redirect to metadata": status(302, Location="http://169.254.169.254/latest/"),
    "redirect to a file": status(302, Location="file:///etc/passwd"),
    "redirect to data": status(302, Location="data:text/html,<p>x"),
    "redirect to javascript": status(302, Location="javascript:alert(1)"),
    "redirect to ftp": status(302, Location="ftp://127.0.0.1/x"),
    "redirect to gopher": status(302, Location="gopher://127.0.0.1/x"),
    "redirect to a bucket": status(302, Location="s3://bucket/x"),
    "redirect there and back": lambda request: status(302, Location=_other_of_two(request.path)),
    "redirect to a bad port": status(302, Location="http://127.0.0.1:99999/"),
    "redirect to a long address": status(302, Location="/" + "x" * 100_000),
    "redirect with a header in it": status(302, Location="/x%0d%0aSet-Cookie: a=b\tc"),
    "redirect in other letters": _raw("HTTP/1.1 302 Found\r\nLocation: /园区/新闻.html\r\n\r\n".encode()),
    "redirect without an address": status(302),
    "meta refresh": ok(
        "<html><head><meta http-equiv=refresh content='0;url=http://127.0.0.1:1/'></head><body></body></html>"
    ),
    "closed at once": _raw(),
    "reset": _raw(HEAD, reset=True),
    "reset in the middle": _raw(HEAD + b"Content-Length: 5000\r\n\r\n<html><body><p>half", reset=True),
    "cut short": _raw(HEAD + b"Content-Length: 5000\r\n\r\n<html><body><p>half"),
    "cut chunk": _raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n<html>"),
    "bad chunk": _raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n<html>"),
    "two lengths": _raw(HEAD + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\n<html>xxx"),
    "negative length": _raw(HEAD + b"Content-Length: -5\r\n\r\n<html>"),
    "garbage": _raw(b"\x00\x01\x02 what\r\n\r\n"),
    "no version": _raw(b"<html><body>old</body></html>"),
    "huge header": _raw(HEAD + b"X-Long: " + b"y" * 3_000_000 + b"\r\n\r\n<html></html>"),
    "many headers": _raw(HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\n"),
    "slow headers": _raw(*(b"HTTP/1.1 200 OK\r\n", *[b"X-Slow: yes\r\n"] * 40), pause=0.2),
    "never answers": _raw(b"", pause=8.0),
    "slow": _raw(*([HEAD + b"\r\n", *[b"<p>x</p>"] * 40]), pause=0.2),
    "endless": _raw(HEAD + b"\r\n", *([b"<p>x</p>" * 10_000] * 2_000)),
    "bomb": _headed(_BOMB, Content_Encoding="gzip"),
    "bomb in deflate": _headed(zlib.compress(b"<p>" + b"A" * 200_000_000), Content_Encoding="deflate"),
    "bomb in a bomb": _headed(gzip.compress(_BOMB), Content_Encoding="gzip, gzip"),
    "bomb in brotli": _headed(brotli.compress(b"<p>" + b"A" * 200_000_000, quality=1), Content_Encoding="br"),
    "not gzip": _headed(b"<html><body>plain</body></html>", Content_Encoding="gzip"),
    "unknown encoding": _headed(b"<html><body>plain</body></html>", Content_Encoding="zebra"),
    "half a gzip": lambda request: _headed(gzip.compress(_as_it_was(request))[:-40], Content_Encoding="gzip"),
    "binary": _headed(bytes(range(256)) * 400),
    "a picture": (200, {"Content-Type": "image/png"}, b"\x89PNG" + b"\x00" * 400),
    "a document": (200, {"Content-Type": "application/pdf"}, b"%PDF-1.4"),
    "no type": lambda request: (200, {}, _as_it_was(request)),
    "NUL bytes": lambda request: _headed(_as_it_was(request).replace(b"park", b"pa\x00rk")),
    "broken UTF-8": lambda request: (
        200,
        {"Content-Type": "text/html; charset=utf-8"},
        _as_it_was(request).replace(b"park", b"p\xe4\xb8rk"),
    ),
    "deep": ok("<html><body>" + "<div>" * 100_000 + "x</body></html>"),
    "attributes": ok("<html><body><b " + " ".join(f"a{n}=1" for n in range(60_000)) + ">x</b></body></html>"),
    "tags": ok("<html><body>" + "<i>" * 400_000 + "</body></html>"),
    "entities": ok("<html><body>" + "&amp;" * 500_000 + "</body></html>"),
    "twenty megabytes of text": ok("<html><body><p>" + "words and words " * 1_250_000),
    "an entity bomb": _headed(b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><html><body>&b;</body></html>'),
    "unclosed": ok("<html><body><table>" + "<tr><td>" * 60_000),
    "a headline of a megabyte": _story("x" * 1_000_000, "text"),
    "accents": _story("e" + "\u0301" * 50_000, "text"),
    "a headline without an end": ok("<html><body><h1>" + "y" * 300_000),
    "other text for everyone": lambda request: _story(f"Random {time.monotonic_ns()}", "text"),
}


def met(stand: Stand, site: TrickSite, only: str | None = None) -> Tally:
    """Let hostile answers stand in the place of every second article, among good ones: the good ones are all read.

    What silences its host has a visit of its own: nothing is asked for after it.
    """
    chosen = {name: page for name, page in PAGES.items() if (name not in SILENCING if only is None else name == only)}
    good = range(1, len(chosen) + 1)
    hostile = {100 + number: name for number, name in enumerate(chosen)}
    site.pages.clear()
    for number in (*good, *hostile):
        site.pages[path(number)] = article(number)
    # In turn, since a visit gives a site up that fails many times in a row.
    site.pages[LISTING] = listing(*(number for pair in zip(good, hostile, strict=True) for number in pair))
    park_file(site, stand.folder)
    wrong = []
    if steps.run(steps.visit, stand.url, stand.folder, {"recheck": "all"}):
        wrong.append("the first visit failed")
    for number, name in hostile.items():
        site.pages[path(number)] = chosen[name]
    site.asked.clear()
    began = time.monotonic()
    measured = stand.folder / "rss"
    code = steps.run(visit_measured, stand.url, stand.folder, measured)
    taken = time.monotonic() - began
    rss = int(measured.read_text()) // 1024
    store = open_store(stand.url)
    with store.reading() as session:
        wrong += [f"verify: {problem}" for problem in verification.problems(session)]
        held = sum(exports.counts(session, "trick").values())
        changed = [entry.headline for entry in ledger.entries(session)]
    store.close()
    wrong += [f"{name}: was never asked for" for number, name in hostile.items() if not site.asked[path(number)]]
    wrong += [f"exit code {code}"] if code not in (0, 1) else []
    wrong += [f"{held} of {2 * len(hostile)} articles are on record"] if held != 2 * len(hostile) else []
    wrong += [f"took {taken:.0f} s"] if taken > MOST_SECONDS else []
    wrong += [f"took {rss} MB"] if rss > MOST_RSS_MB else []
    # Who says something else in an article's own form is believed.
    false = [name for name in changed if not name.startswith(("Random ", "xxx", "é"))]
    return Tally(scenes=len(hostile), changes=len(false), wrong=wrong + [f"changed: {name[:60]}" for name in false])


def visit_measured(url: str, folder: Path, measured: Path) -> None:
    """Visit, and write down how many kilobytes the process took at its most."""
    try:
        steps.visit(url, folder, {"recheck": "all"}, **_SHORT)
    finally:
        measured.write_text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


_SHORT: dict[str, Any] = {"timeout": 5, "deadline": 100}

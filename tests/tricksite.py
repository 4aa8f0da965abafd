"""A small site on loopback whose every page a test writes."""

import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Page = tuple[int, dict[str, str], bytes]
Answer = Page | Callable[[BaseHTTPRequestHandler], Page | None]

LISTING = "/english/news/parknews/"


def ok(html: str, **headers: str) -> Page:
    return 200, {"Content-Type": "text/html; charset=utf-8", **headers}, html.encode()


def status(code: int, **headers: str) -> Page:
    return code, {"Content-Type": "text/html", **headers}, b"<html><body>trouble</body></html>"


def listing(*numbers: int, following: str | None = None) -> Page:
    items = "".join(
        f'<li><a href="{path(n)}">Story {n} of the park</a><span>2024-05-{1 + n % 28:02d}</span></li>' for n in numbers
    )
    more = f'<a href="{following}">Next</a>' if following else ""
    return ok(f'<html><body><ul class="list-group list-fuwu">{items}</ul>{more}</body></html>')


def path(number: int) -> str:
    return f"/english/news/parknews/2024-05-{1 + number % 28:02d}/{number}.html"


def article(number: int, text: str = "The park built a hall.", **headers: str) -> Page:
    return ok(
        "<html><body><div>Current Location:Home &gt; Park News</div><h4>Park News</h4>"
        f"<h2>Story {number} of the park</h2><p>{text}</p><p>It is story {number}.</p>"
        f"<p>Release Time:2024-05-{1 + number % 28:02d} 08:00:00</p></body></html>",
        **headers,
    )


class TrickSite:
    """Serves ``pages`` by path; a callable may look at the request, or write to it by itself and return None."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        #: What every other address answers.
        self.elsewhere: Answer = status(404)
        self.asked: Counter[str] = Counter()
        self.conditional: list[str] = []
        self.host, self.port = "127.0.0.1", 0
        self.scheme = "http"

    @property
    def base(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    def serve_stories(self, *numbers: int, text: str = "The park built a hall.", **headers: str) -> None:
        self.pages[LISTING] = listing(*numbers)
        for number in numbers:
            self.pages[path(number)] = article(number, text, **headers)

    def park(self, folder: Path, slug: str = "trick", **more: str) -> None:
        more = {"layouts": '["tjuda"]', **more}
        lines = [f'name = "{slug.title()} Park"', f'listings = ["{self.base}{LISTING}"]']
        lines += [f"{key} = {value}" for key, value in more.items()]
        (folder / "parks" / f"{slug}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing when a crawler hangs up: that is what some tests are about."""


@contextmanager
def tricking(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[TrickSite]:
    site = TrickSite()
    site.host = host
    site.scheme = "https" if tls else "http"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self.do_GET()

        def do_GET(self) -> None:
            site.asked[self.path] += 1
            if self.headers.get("If-None-Match") or self.headers.get("If-Modified-Since"):
                site.conditional.append(self.path)
            answer = site.pages.get(self.path, site.elsewhere)
            page = answer(self) if callable(answer) else answer
            if page is None:
                self.close_connection = True
                return
            code, headers, body = page
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if code != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if code != 304 else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = QuietServer((host, 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    site.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    """Return a port on loopback at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port

"""Serve a sample park on loopback, as its family of content management would, on one of two days."""

import hashlib
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crawler.seeds import BUNDLED

FOLDER = BUNDLED / "demo"
Article = dict[str, Any]


@dataclass
class SampleSite:
    """A park's site as its file describes it; ``day`` is 1 or 2."""

    slug: str
    data: dict[str, Any]
    day: int = 1
    port: int = 0
    #: Paths asked for, in order, with the status they got.
    requests: list[tuple[str, int]] = field(default_factory=list)

    @property
    def listing_url(self) -> str:
        """The address of the site's listing."""
        return f"http://127.0.0.1:{self.port}{self.data['listing']}"

    def articles(self) -> list[Article]:
        """Return the articles of the present day, newest first."""
        found = {article["path"]: dict(article) for article in self.data["articles"]}
        for event in self.data["day_two"] if self.day == 2 else ():
            if event["kind"] == "remove":
                del found[event["path"]]
            else:
                found[event["path"]] = {**found.get(event["path"], {}), **event}
        return sorted(
            found.values(), key=lambda article: (article["path"].rpartition("/")[0], article["path"]), reverse=True
        )

    def park_file(self) -> str:
        """Return the file that an operator would write to watch the site."""
        return (
            f'name = "{self.data["name"]}"\nlanguage = "{self.data["language"]}"\n'
            f'listings = ["{self.listing_url}"]\nlayouts = ["{self.data["family"]}"]\n'
        )

    def answer(self, target: str) -> tuple[int, str, bytes]:
        """Return status, content type and bytes for a request's path and query."""
        parts = urlsplit(target)
        text = self._listing(parts.path, parse_qs(parts.query)) or self._article(parts.path)
        label = "gb2312" if self.data["encoding"] == "gb18030" else self.data["encoding"]
        kind = f"text/html; charset={label}"
        if text is None:
            return 404, kind, b"<html><body><h1>404 Not Found</h1></body></html>"
        return 200, kind, text.encode(self.data["encoding"])

    def _listing(self, path: str, query: dict[str, list[str]]) -> str | None:
        size, articles = self.data["page_size"], self.articles()
        count = -(-len(articles) // size)
        paths = [self._listing_path(number) for number in range(1, count + 1)]
        template = f"{self.data['family']}_listing.html"
        if path.endswith("/dataproxy.jsp"):
            number, template = int(query["page"][0]), "hanweb_records.xml"
        elif path in paths:
            number = paths.index(path) + 1
        else:
            return None
        return (
            _environment()
            .get_template(template)
            .render(
                site=self.data,
                articles=articles[(number - 1) * size : number * size],
                number=number,
                total=len(articles),
                pages=[{"number": at, "path": p} for at, p in enumerate(paths, 1)],
                next=paths[number] if number < count else None,
            )
        )

    def _listing_path(self, number: int) -> str:
        first: str = self.data["listing"]
        if number == 1:
            return first
        return f"{first}index_{number}.html" if first.endswith("/") else first.replace(".html", f"_{number}.html")

    def _article(self, path: str) -> str | None:
        for article in self.articles():
            count = article.get("pages", 1)
            paths = [article["path"]] + [article["path"].replace(".htm", f"_{n}.htm") for n in range(2, count + 1)]
            if path in paths:
                number, body = paths.index(path) + 1, article["body"]
                share = -(-len(body) // count)
                return (
                    _environment()
                    .get_template(f"{self.data['family']}_article.html")
                    .render(
                        site=self.data,
                        article=article,
                        body=body[(number - 1) * share : number * share],
                        number=number,
                        pages=[{"number": at, "path": p} for at, p in enumerate(paths, 1)] if count > 1 else [],
                    )
                )
        return None


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


def load_sites(folder: Path = FOLDER) -> list[SampleSite]:
    """Read the sample parks."""
    return [
        SampleSite(slug=path.stem, data=tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.toml"))
    ]


@contextmanager
def serving(sites: list[SampleSite]) -> Iterator[None]:
    """Serve every site on a free port of its own while the block runs."""
    servers = []
    for site in sites:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
        server.daemon_threads = True
        site.port = server.server_port
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        servers.append(server)
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _handler(site: SampleSite) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, kind, content = site.answer(self.path)
            tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            if status == 200 and self.headers.get("If-None-Match") == tag:
                status, content = 304, b""
            site.requests.append((self.path, status))
            self.send_response(status)
            self.send_header("ETag", tag)
            if status != 304:
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing: the demo's screen is for the reader."""

    return Handler

"""Listings made to mislead: traps without an end, links that lead astray, lists that have lost what they named."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from storage.database import ledger, open_store, visit_log
from storage.database import verify as verification
from tests.torture import steps
from tests.torture.account import Tally
from tests.torture.hostile import PAGES
from tests.torture.stands import Stand
from tests.torture.visiting import park_file
from tests.tricksite import LISTING, Answer, Page, TrickSite, article, listing, ok, path, status

_KNOWN = range(1, 13)
_NEW = 50
#: A visit of such a site may take so long, and ask for so many pages.
_MOST_SECONDS, _MOST_ASKED = 90, 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """What stands in the listing's place, what any other address answers, and what may come of it."""

    listing: Answer
    elsewhere: Answer | None = None
    may_be_new: bool = False


def _with(items: str, following: str = "") -> Page:
    more = f'<a href="{following}">Next</a>' if following else ""
    return ok(f'<html><body><ul class="list-group list-fuwu">{items}</ul>{more}</body></html>')


def _item(href: str, number: int) -> str:
    return f'<li><a href="{href}">Story {number} of the park</a><span>2024-05-{1 + number % 28:02d}</span></li>'


def _links(change: Callable[[str], str]) -> Page:
    return _with("".join(_item(change(path(number)), number) for number in _KNOWN))


def _onward(following: Callable[[str], str], numbers: Callable[[int], tuple[int, ...]]) -> Answer:
    """Answer every address with a list and a way on, for ever."""
    seen = Counter[str]()

    def answer(request: BaseHTTPRequestHandler) -> Page:
        name = urlsplit(request.path).path.rpartition("/")[2].partition(".")[0]
        if name.isdecimal():
            return article(int(name))
        seen[""] += 1
        items = "".join(_item(path(number), number) for number in numbers(seen[""]))
        return _with(items, following(request.path))

    return answer


def _counted(at: str) -> str:
    """Return the address that counts one further."""
    stem, mark, number = at.rpartition("=")
    return f"{stem}={int(number) + 1}" if mark else f"{at}?page=2"


def _bare(request: BaseHTTPRequestHandler) -> Page:
    """Answer as the address would without its parameters."""
    name = urlsplit(request.path).path.partition(";")[0].rpartition("/")[2].partition(".")[0]
    return article(int(name)) if name.isdecimal() else status(404)


_ASTRAY = (
    "javascript:alert(1)",
    "data:text/html,<p>x",
    "mailto:a@b.example",
    "tel:110",
    "file:///etc/passwd",
    "http://127.0.0.1:1/2024-05-01/7.html",
    "http://169.254.169.254/2024-05-01/7.html",
    "//other.example/2024-05-01/7.html",
    "http://[::1",
    "http://user:word@other.example/2024-05-01/7.html",
    "/2024-05-01/\r\nX: y/7.html",
    "\x00/7.html",
    "x" * 100_000,
    "../" * 500 + "7.html",
    "?",
    "#",
    "",
)

TRAPS: Mapping[str, Trap] = {
    "empty": Trap(listing=ok("<html><body><p>Nothing.</p></body></html>")),
    "a script that would fetch it": Trap(listing=ok('<html><body><div id="app"></div><script src="/x.js"></script>')),
    "another order": Trap(listing=listing(*(number * 5 % 13 for number in _KNOWN))),
    "each twice": Trap(listing=listing(*_KNOWN, *_KNOWN)),
    "three of twelve": Trap(listing=listing(*list(_KNOWN)[:3])),
    "tracking parameters": Trap(listing=_links(lambda to: f"{to}?utm_source=list&utm_medium=1"), elsewhere=_bare),
    "session ids": Trap(listing=_links(lambda to: f"{to};jsessionid=9F3A"), elsewhere=_bare),
    "fragments": Trap(listing=_links(lambda to: f"{to}#top")),
    "links astray": Trap(listing=_with("".join(_item(to, 7) for to in _ASTRAY) + _item(path(1), 1))),
    "facets": Trap(
        listing=_with(
            "".join(_item(path(number), number) for number in _KNOWN)
            + "".join(f'<li><a href="?{one}=1&{other}=1">both</a></li>' for one in "abcdefgh" for other in "abcdefgh")
        )
    ),
    "a calendar": Trap(
        listing=_onward(_counted, lambda _: ()),
        elsewhere=_onward(_counted, lambda _: ()),
    ),
    "the same list for ever": Trap(
        listing=_onward(_counted, lambda _: tuple(_KNOWN)),
        elsewhere=_onward(_counted, lambda _: tuple(_KNOWN)),
    ),
    "paths that grow": Trap(
        listing=_onward(lambda _: "more/", lambda _: tuple(_KNOWN)),
        elsewhere=_onward(lambda _: "more/", lambda _: tuple(_KNOWN)),
    ),
    "ever new stories": Trap(
        listing=_onward(_counted, lambda at: (1000 + 2 * at, 1001 + 2 * at)),
        elsewhere=_onward(_counted, lambda at: (1000 + 2 * at, 1001 + 2 * at)),
        may_be_new=True,
    ),
    "a frame of itself": Trap(listing=ok(f'<html><frameset><frame src="{LISTING}"></frameset></html>')),
    "a way on to itself": Trap(listing=listing(*_KNOWN, following=LISTING)),
    "a way on off the site": Trap(listing=listing(*_KNOWN, following="http://other.example/2.html")),
    "a way on to loopback": Trap(listing=listing(*_KNOWN, following="http://127.0.0.1:1/2.html")),
    **{
        name: Trap(listing=PAGES[name])
        for name in (
            "status 403",
            "status 500",
            "blank",
            "captcha",
            "login",
            "maintenance",
            "redirect to itself",
            "redirect off the site",
            "redirect to loopback",
            "meta refresh",
            "closed at once",
            "cut short",
            "endless",
            "huge header",
            "bomb",
            "binary",
            "deep",
            "tags",
            "attributes",
            "unclosed",
        )
    },
}


def misled(stand: Stand, site: TrickSite, trap: str) -> Tally:
    """Let the listing be a trap for a day: nothing comes of it, and the day after nothing is missing."""
    chosen = TRAPS[trap]
    site.pages.clear()
    site.elsewhere = status(404)
    site.serve_stories(*_KNOWN)
    park_file(site, stand.folder)
    wrong = [f"{trap}: exit code of the first visit"] if steps.run(steps.visit, stand.url, stand.folder, _ALL) else []
    site.pages[LISTING], site.elsewhere = chosen.listing, chosen.elsewhere or status(404)
    site.asked.clear()
    began = time.monotonic()
    code = steps.run(steps.visit, stand.url, stand.folder, _ALL, 5, 60)
    wrong += [f"{trap}: exit code {code}"] if code not in (0, 1) else []
    taken, asked = time.monotonic() - began, site.asked.total()
    wrong += [] if site.asked[LISTING] else [f"{trap}: the listing was never asked for"]
    wrong += [f"{trap}: took {taken:.0f} s"] if taken > _MOST_SECONDS else []
    wrong += [f"{trap}: asked for {asked} pages"] if asked > _MOST_ASKED else []
    site.elsewhere = status(404)
    site.serve_stories(_NEW, *_KNOWN)
    steps.run(steps.visit, stand.url, stand.folder, _ALL)
    store = open_store(stand.url)
    with store.reading() as session:
        wrong += [f"verify: {problem}" for problem in verification.problems(session)]
        entries = list(ledger.entries(session))
        outcomes = [visit.outcome for visit in visit_log.visits(session)]
    store.close()
    # What a trap led to and is gone the day after is told as a visit that saw only part.
    if len(outcomes) != 3 or outcomes[0] != "done" or outcomes[2] not in ("done", "partly"):
        wrong.append(f"{trap}: the visits came to {outcomes}")
    found = Counter((str(entry.kind), int(entry.headline.split()[1])) for entry in entries)
    if chosen.may_be_new:
        found -= Counter({change: count for change, count in found.items() if change[1] >= 1000})
    expected = Counter({("new", _NEW): 1})
    wrong += [f"{trap}: lost {change}" for change in expected - found]
    wrong += [f"{trap}: not so or twice: {change}" for change in found - expected]
    return Tally(scenes=1, changes=len(entries), wrong=wrong)


_ALL = {"recheck": "all"}

"""What reading an article costs, beside parsing its page and beside a general extractor; all take turns in one run.

``make bench-extract`` reads the bundled samples, each inside the frame of a portal's page. ``make bench-extract
STORE=parkwatch.db`` reads the newest pages of a store instead.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import lxml.html
import trafilatura
from selectolax.lexbor import LexborHTMLParser

from crawler.layouts import Layout, load_layouts
from crawler.page import Page
from crawler.reading import Reading, read_article
from crawler.rereading import page_of_capture
from crawler.samples import load_samples
from crawler.seeds import BUNDLED
from storage.database import drift, open_store, visit_log
from storage.records import Park

ROUNDS = 15
#: The slowest takes every fifth turn alone.
_SELDOM = 5
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PARK = Park(
    slug="bench", name="bench", time_zone="Asia/Shanghai", language="en", listings=(), layouts=(), hosts=frozenset()
)
# The frame of a portal's page, built as such pages are: a menu in folds, a column in a table, the article in an element
# of its own, a list of other stories.
# With a sample in it a page has 36,000 characters, one element for every 70: GeneralNewsExtractor's pages of Chinese
# authorities and schools have 21 to 87 thousand, and an element for every 60 to 75.
INDENT = "\n\n" + " " * 28
MENU = "".join(
    f"""{INDENT}<li><div id="nav{fold}">Column {fold}<p class="folded">"""
    + "".join(f'{INDENT}    <a href="/english/column/{fold}/{n}/">Unit {fold}.{n}</a>' for n in range(8))
    + f"</p></div>{INDENT}</li>"
    for fold in range(13)
)
COLUMN = "".join(
    f"""<tr>{INDENT}<td width="30" align="center"><img src="/english/images/index_01.jpg" width="10" height="9"></td>
    {INDENT}<td class="link" valign="bottom" width="138" height="20"><div align="left"><a href="/english/office/{n}/"
    title="Office {n}">Office {n}</a></div></td>{INDENT}</tr>
    <tr><td align="center" colspan="2"><img height="4" src="/english/images/index_18.jpg" width="168"></td></tr>"""
    for n in range(26)
)
RELATED = "".join(
    f"""{INDENT}<li><a href="/2023-0{n % 9 + 1}/11/story_{n}.shtml" target="_blank">An older story, number {n}</a>
    <span class="date">2023-0{n % 9 + 1}-11</span></li>"""
    for n in range(24)
)
SCRIPT = (
    "<script>"
    + "function menu(n){var at=document.getElementById('m'+n);if(!at){return false;}at.show();}\n" * 25
    + "</script>"
)
STYLE = (
    "<style>" + ".nav-item{float:left;width:120px;line-height:38px;background:#004b8d;color:#fff}\n" * 25 + "</style>"
)
HEAD, TAIL = (
    f'{STYLE}<div class="menu"><ul>{MENU}</ul></div><table>{COLUMN}</table>{SCRIPT}<div class="middle">',
    f'</div><div class="related"><ul>{RELATED}</ul></div>{SCRIPT}',
)

Work = Callable[[Page, Layout], object]
CONTESTANTS: dict[str, Work] = {
    "lxml.html parse": lambda page, _: lxml.html.fromstring(page.text),
    "lexbor parse": lambda page, _: LexborHTMLParser(page.text),
    "layout: headline, date, source, body": lambda page, layout: read_article(page, [layout], PARK, NOW),
    "trafilatura with metadata": lambda page, _: trafilatura.bare_extraction(page.text, with_metadata=True),
}


def framed_samples() -> list[tuple[Page, Layout]]:
    """Return every sample of markup, but those of the general layout, as the middle of a whole page."""
    found = []
    for layout in load_layouts(BUNDLED / "layouts").values():
        for sample in load_samples(layout.folder) if not layout.is_general else ():
            if sample.page.is_html and "<body>" in sample.page.text:
                text = sample.page.text.replace("<body>", f"<body>{HEAD}", 1).replace("</body>", f"{TAIL}</body>", 1)
                # As in a visit, the listing has said the headline.
                found.append((replace(sample.page, text=text, listed_headline=sample.expected["headline"]), layout))
    return found


def stored_pages(path: Path, limit: int = 60) -> list[tuple[Page, Layout]]:
    """Return the newest pages of every park of a store."""
    layouts, found = load_layouts(BUNDLED / "layouts"), []
    store = open_store(f"sqlite:///{path}")
    with store.reading() as session:
        parks = {visit.park for visit in visit_log.visits(session)}
        for park in sorted(parks):
            pages = [page_of_capture(each.captures[0], PARK) for each in drift.last_good(session, park, limit)]
            for page in pages:
                fitting = [each for each in layouts.values() if not each.is_general and reads(page, each)]
                found += [(page, fitting[0])] if fitting else []
    store.close()
    return found


def reads(page: Page, layout: Layout) -> bool:
    """Say whether the layout reads the page, so that no contestant wins by giving up."""
    return isinstance(read_article(fresh(page), [layout], PARK, NOW), Reading)


def fresh(page: Page) -> Page:
    """Return the page as it comes, nothing of it looked at yet."""
    return replace(page)


def main() -> None:
    """Let the contestants take turns over the same pages, and print what each costs beside a bare parse."""
    pages = stored_pages(Path(sys.argv[1])) if len(sys.argv) > 1 else framed_samples()
    pages = [(page, layout) for page, layout in pages if reads(page, layout)]
    if not pages:
        sys.exit("no page that a layout reads")
    times: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for number in range(ROUNDS):
        for name, work in CONTESTANTS.items():
            if name.startswith("trafilatura") and number % _SELDOM:
                continue
            began = time.perf_counter()
            for page, layout in pages:
                # Each lets go of what it made, as a visit does: else only what hangs on the page would take new memory.
                work(fresh(page), layout)
            times[name].append((time.perf_counter() - began) / len(pages) * 1000)
    size = sum(len(page.text) for page, _ in pages) // len(pages)
    print(f"{len(pages)} pages of {size:,} characters; ms a page: median (least to most), and beside a bare lxml parse")
    parses = times["lxml.html parse"]
    for name, taken in times.items():
        # Beside the parse of the same turn: a shared machine is faster in one second than in another.
        beside = statistics.median(one / parse for one, parse in zip(taken, _of_same_turns(parses, taken), strict=True))
        middle = statistics.median(taken)
        print(f"  {name:<38} {middle:8.3f} ({min(taken):.3f} to {max(taken):.3f}) {beside:7.2f}")
    layout, general = (statistics.median(times[name]) for name in list(CONTESTANTS)[2:])
    print(f"  a layout is {general / layout:.1f} times as fast as trafilatura")


def _of_same_turns(parses: list[float], taken: list[float]) -> list[float]:
    return parses if len(parses) == len(taken) else parses[::_SELDOM]


if __name__ == "__main__":
    main()

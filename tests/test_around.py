"""An article is read in the element that holds it, unless something of it stands elsewhere on its page."""

from datetime import UTC, datetime

import pytest

from crawler.around import part_around_text
from crawler.layouts import load_layouts
from crawler.page import Page
from crawler.reading import Reading, read_article
from crawler.seeds import BUNDLED
from tests.builders import a_park

LAYOUTS = load_layouts(BUNDLED / "layouts")
NOW = datetime(2026, 11, 1, tzinfo=UTC)
ZONE = "Sandbank Harbour Zone"
HEADLINE = "Sandbank harbour opens a second lock"
TEXT = (
    "The second lock of Sandbank harbour was opened to barges on Friday, after three years of work on its gates.",
    "Ships of up to two thousand tons will pass it in twenty minutes, which is half of what the old lock needs.",
)
PARAGRAPHS = "".join(f"<p>{line}</p>" for line in TEXT)
MENU = "<ul><li><a href=/a>About the zone</a></li><li><a href=/b>Investors' guide</a></li></ul>"
STAMP = "<p>Updated: 2022-05-06</p>"
BODY = f"<div class=art_cont>{PARAGRAPHS}</div>"


def a_page(body: str, *, title: str = HEADLINE, listed: str | None = None, head: str = "") -> Page:
    text = f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return Page("http://sandbank.example/2022-05/06/c_8.htm", text, listed_headline=listed)


def part_of(page: Page) -> tuple[str, ...] | None:
    part = part_around_text(page, LAYOUTS["chinadaily_regional"].rules.article)
    return part.lines if part else None


def read(page: Page, layout: str = "chinadaily_regional") -> Reading:
    found = read_article(page, [LAYOUTS[layout]], a_park(), NOW)
    assert isinstance(found, Reading), found
    return found


@pytest.mark.parametrize("listed", [None, HEADLINE, "Sandbank harbour opens …"])
def test_menus_beside_the_element_that_holds_the_article_are_not_looked_through(listed: str | None) -> None:
    middle = f"<div><div class=middle><h1>{HEADLINE}</h1>{STAMP}{BODY}</div>{MENU}</div>"
    assert part_of(a_page(MENU + middle + MENU, listed=listed)) == (HEADLINE, "Updated: 2022-05-06", *TEXT)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"<h1>{HEADLINE}</h1>{STAMP}{BODY}", {}),
        (f"<div><div class=art_cont><p>{HEADLINE}</p>{PARAGRAPHS}</div></div>", {}),
        (f"<div><h1>{HEADLINE}</h1>{STAMP}<div class=art_cont hidden>{PARAGRAPHS}</div></div>", {}),
        (f"<div><h1>{HEADLINE}</h1>{STAMP}<div class=text>{PARAGRAPHS}</div></div>", {}),
        (f"<div><p>News</p>{STAMP}{BODY}</div>", {"title": "News"}),
        (f"<div><h1>{HEADLINE}</h1>{STAMP}{BODY}</div>", {"listed": "Sandbank harbour dredges its basin"}),
        (f"<div><h1>{HEADLINE}</h1>{STAMP}{BODY}{'<p>word</p>' * 26_000}</div>", {}),
    ],
    ids=["the page", "in the text alone", "hidden", "unknown element", "a short title", "another headline", "too much"],
)
def test_where_no_such_element_is_sure_the_whole_page_is_looked_at(body: str, said: dict[str, str]) -> None:
    assert part_of(a_page(body, **said)) is None


def test_a_stamp_that_stands_above_the_element_is_found() -> None:
    page = a_page(f"<div>{STAMP}</div>{MENU}<div><h1>{HEADLINE}</h1>{BODY}</div>")
    assert part_of(page) == (HEADLINE, *TEXT)
    assert read(page).fields.date_published == "2022-05-06"


def test_a_source_that_stands_above_the_element_is_found_where_the_stamp_is_in_a_meta_tag() -> None:
    meta = '<meta name="PubDate" content="2022-05-06"><meta name="ArticleTitle" content="' + HEADLINE + '">'
    page = a_page(
        f"<p>Source: Harbour Gazette</p>{MENU}<div><h1>{HEADLINE}</h1><div id=zoom>{PARAGRAPHS}</div></div>", head=meta
    )
    found = read(page, "hanweb").fields
    assert (found.date_published, found.source) == ("2022-05-06", "Harbour Gazette")


def test_an_element_that_is_named_for_the_site_holds_no_headline_for_that() -> None:
    page = a_page(f"<h1>{HEADLINE}</h1>{MENU}<div><p>{ZONE}</p>{STAMP}{BODY}</div>", title=ZONE)
    assert part_of(page) == (ZONE, "Updated: 2022-05-06", *TEXT)
    assert read(page).fields.headline == HEADLINE


@pytest.mark.parametrize(
    "inside", ["<img src=/lock.jpg>", "</div><div><p>" + TEXT[1] + "</p>"], ids=["a picture", "nothing"]
)
def test_a_text_that_stands_outside_the_known_element_is_found(inside: str) -> None:
    page = a_page(
        f"<div><h1>{HEADLINE}</h1>{STAMP}<div class=art_cont>{inside}</div></div>{MENU}<div>{PARAGRAPHS}</div>"
    )
    assert read(page).fields.body == TEXT

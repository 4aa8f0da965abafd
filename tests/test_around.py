"""An article is read in the element that holds it, unless something of it stands elsewhere on its page."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crawler.around import part_around_text, tells_all
from crawler.fields import FieldReader
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
    around = part_around_text(page, LAYOUTS["chinadaily_regional"].rules.article)
    return around.part.lines if around else None


def read(page: Page, layout: str = "chinadaily_regional") -> Reading:
    found = read_article(page, [LAYOUTS[layout]], a_park(), NOW)
    assert isinstance(found, Reading), found
    return found


def read_by_trs(page: Page) -> Reading:
    return read(replace(page, url="http://sandbank.example/news/202205/t20220506_8.html"), "trs_wcm")


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
        (f"<h1>{HEADLINE}</h1>{STAMP}<div>{BODY}<p>Comments</p><p>{HEADLINE}</p></div>", {}),
        (f"<h1>{HEADLINE}</h1>{STAMP}<div><script>share('{HEADLINE}')</script>{BODY}</div>", {}),
        (f"<h1>{HEADLINE}</h1>{STAMP}<div><p hidden>{HEADLINE}</p>{BODY}</div>", {}),
        (f"<h1>{HEADLINE}</h1>{STAMP}<div><ul><li><a href=/8>{HEADLINE}</a></li></ul>{BODY}</div>", {}),
        (f"<h1>{HEADLINE}</h1>{STAMP}{'<div>' * 7}{BODY}{'</div>' * 7}", {}),
        (f"<div><h1>{HEADLINE}</h1>{'<div>' * 6}{BODY}{'</div>' * 6}</div>", {}),
    ],
    ids=[
        "the page",
        "in the text alone",
        "hidden text",
        "unknown element",
        "a short title",
        "another headline",
        "too much",
        "below the text",
        "in a script",
        "hidden headline",
        "in a link",
        "deep",
        "too deep",
    ],
)
def test_where_no_such_element_is_sure_the_whole_page_is_looked_at(body: str, said: dict[str, str]) -> None:
    assert part_of(a_page(body, **said)) is None


@pytest.mark.parametrize(
    ("layout", "listed", "head", "above", "beside"),
    [
        ("chinadaily_regional", None, "", f"<h1>{HEADLINE}</h1>{STAMP}", ""),
        ("chinadaily_regional", HEADLINE, "", f"<p>{HEADLINE}</p>{STAMP}", ""),
        ("trs_wcm", None, "", f"<h1>{HEADLINE}</h1><p>2022-05-06 来源：港报</p>", "<p>来源：河报</p>"),
        ("trs_wcm", None, "", f"<h1>{HEADLINE}</h1><p>2022-05-06 来源： 作者：</p>", "<p>来源：河报</p>"),
        ("trs_wcm", None, '<meta name="PubDate" content="2022-05-06">', f"<h1>{HEADLINE}</h1>", ""),
        ("hanweb", None, f'<meta name="ArticleTitle" content="{HEADLINE}">', f"<p>{HEADLINE}</p><p>2022-05-06</p>", ""),
        (
            "chinadaily_regional",
            None,
            "",
            f"<h1>{HEADLINE}</h1><p>(Harbour Paper) Updated: 2022-05-06</p>",
            "<p>Source: River Paper</p>",
        ),
    ],
    ids=[
        "headline by its element",
        "by the listing",
        "a source",
        "an empty source",
        "a stamp in a meta tag",
        "a headline in a meta tag",
        "a source without a label",
    ],
)
def test_what_tells_all_needs_no_look_at_the_rest_of_the_page(
    layout: str, listed: str | None, head: str, above: str, beside: str
) -> None:
    text = f"<div id=zoom class='art_cont TRS_Editor'>{PARAGRAPHS}</div>"
    page = a_page(f"{MENU}<div>{above}{text}</div>{beside}", listed=listed, head=head)
    around = part_around_text(page, LAYOUTS[layout].rules.article)
    assert around is not None
    found = FieldReader(page, around.part, LAYOUTS[layout], a_park(), NOW).read()
    assert isinstance(found, Reading)
    assert tells_all(around, found, page)
    # A text that was read in another way may stand anywhere.
    elsewhere = replace(found, located_by={**found.located_by, "body": "densest"})
    assert not tells_all(around, elsewhere, page)


def test_a_stamp_that_stands_above_the_element_is_found() -> None:
    page = a_page(f"<div>{STAMP}</div>{MENU}<div><h1>{HEADLINE}</h1>{BODY}</div>")
    assert part_of(page) == (HEADLINE, *TEXT)
    assert read(page).fields.date_published == "2022-05-06"


def test_a_stamp_is_found_of_which_neither_the_element_nor_the_address_says_anything() -> None:
    text = f"<div class=TRS_Editor>{PARAGRAPHS}</div>"
    page = a_page(f"<p>发布时间：2022-05-06</p>{MENU}<div><h1>{HEADLINE}</h1>{text}</div>", listed=HEADLINE)
    assert (
        read(replace(page, url="http://sandbank.example/news/8.html"), "trs_wcm").fields.date_published == "2022-05-06"
    )


@pytest.mark.parametrize(
    ("bar", "box"),
    [
        ("发布日期：2022-05-06", f"<h1>{HEADLINE}</h1>{{text}}<p>2022年4月20日</p>"),
        ("发布日期：2022-05-06", f"<h1>{HEADLINE}</h1><p>成文日期：2022年4月20日</p>{{text}}"),
        (
            "发布时间：2022-05-06",
            f"<h1>{HEADLINE}</h1><div class=TRS_Editor><p>时间：2022年6月1日</p>{PARAGRAPHS}</div>",
        ),
        ("发布时间：2022-05-06", f"{{text}}<p>最新</p><p>{HEADLINE}</p><p>2022-05-05</p>"),
    ],
    ids=["signature", "of a document", "of an event", "of another story"],
)
def test_another_day_beside_the_text_is_not_its_stamp(bar: str, box: str) -> None:
    text = f"<div class=TRS_Editor>{PARAGRAPHS}</div>"
    page = a_page(f"<p>{bar}</p>{MENU}<div>{box.format(text=text)}</div>", listed=HEADLINE)
    found = read_by_trs(page)
    assert found.fields.date_published == "2022-05-06"


@pytest.mark.parametrize("bar", ["<p>信息来源：港报</p>", "<p>Source: <b>港报</b></p>"])
def test_a_source_that_stands_outside_the_element_is_found(bar: str) -> None:
    box = f"<div><h1>{HEADLINE}</h1><p>发布时间：2022-05-06</p><div class=TRS_Editor>{PARAGRAPHS}</div></div>"
    for body in (bar + MENU + box, box + MENU + bar):
        page = a_page(body, listed=HEADLINE)
        found = read_by_trs(page)
        assert (found.fields.source, found.fields.date_published) == ("港报", "2022-05-06")


def test_a_chapters_heading_is_not_taken_for_the_headline() -> None:
    text = f"<div class=TRS_Editor><h1>Chapter one: locks</h1>{PARAGRAPHS}</div>"
    box = f"<div><p>{HEADLINE}</p><p>2022-05-06</p>{text}</div>"
    page = a_page(MENU + box, listed=HEADLINE)
    found = read_by_trs(page)
    assert found.fields.headline == HEADLINE


def test_a_summary_of_the_texts_name_does_not_hide_the_text_elsewhere() -> None:
    box = f"<div><h1>{HEADLINE}</h1><p>2022-05-06</p><div class=TRS_Editor><p>In short: a second lock.</p></div></div>"
    text = f"<div><div class=TRS_Editor>{PARAGRAPHS}</div></div>"
    page = a_page(MENU + box + text, listed=HEADLINE)
    found = read_by_trs(page)
    assert found.fields.body == TEXT


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
    "inside",
    ["<img src=/lock.jpg>", "</div><div><p>" + TEXT[1] + "</p>", "<p>Print</p></div><div><p>" + TEXT[1] + "</p>"],
    ids=["a picture", "nothing", "a label"],
)
def test_a_text_that_stands_outside_the_known_element_is_found(inside: str) -> None:
    page = a_page(
        f"<div><h1>{HEADLINE}</h1>{STAMP}<div class=art_cont>{inside}</div></div>{MENU}<div>{PARAGRAPHS}</div>"
    )
    assert read(page).fields.body == TEXT

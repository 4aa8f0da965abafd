"""Where a date stands says whose it is: beside the headline, in a list of other stories, behind a label's own cell."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from crawler.layouts import load_layouts
from crawler.listing import further_pages, read_listing
from crawler.page import Page
from crawler.reading import Reading, read_article
from crawler.seeds import BUNDLED
from tests.builders import a_park
from tests.conftest import Desk
from tests.tricksite import TrickSite, ok

LAYOUTS = load_layouts(BUNDLED / "layouts")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADLINE = "Harbour zone rents out a test hall for ship pumps"
TEXT = "".join(f"<p>Paragraph {n} of the story says at some length what the hall is good for.</p>" for n in range(6))
OTHERS = "".join(
    f'<li><a href="/o{n}.htm">Another story, number {n}, of this zone</a><span>2023-01-1{n}</span></li>'
    for n in range(4)
)
#: An article's address in each family; the day that it says, if it says one, is another than the page's.
PATHS = {
    "trs_wcm": "/xw/202205/t20220509_771.html",
    "ucap": f"/xw/202205/{'ab' * 16}.shtml",
    "gkmlpt": "/xw/content/post_771.html",
    "boda_vsb": "/info/10/771.htm",
    "sudy_webplus": "/2022/0509/c12a771/page.htm",
    "dedecms": "/a/xw/2022/0509/771.html",
    "empirecms": "/html/xw/2022/xw_0509/771.html",
    "metinfo": "/xw/shownews.php?id=771",
    "hanweb": "/art/2022/5/9/art_9_771.html",
}


def page(layout: str, markup: str, **listed: str) -> Page:
    text = f"<html><head><title>{HEADLINE}-Harbour Zone</title></head><body>{markup}</body></html>"
    return Page(url=f"http://zone.example{PATHS[layout]}", text=text, **listed)


def read(page: Page, layout: str) -> Reading:
    result = read_article(page, [LAYOUTS[layout]], a_park(), NOW)
    assert isinstance(result, Reading), result.reason
    return result


@pytest.mark.parametrize("layout", PATHS)
@pytest.mark.parametrize(
    "stamp",
    ["2022-05-06 10:30", "2022年05月06日 10:30", "来源：港区报　2022-05-06 10:30", "2022-05-06 10:30:00admin88"],
)
@pytest.mark.parametrize("listed_date", [None, "2022-05-06"])
def test_a_stamp_without_a_label_beside_the_headline_is_the_articles_own(
    layout: str, stamp: str, listed_date: str | None
) -> None:
    markup = f'<div class="a"><h1>{HEADLINE}</h1><div class="b">{stamp}</div><div class="c">{TEXT}</div></div>'
    # The listing's day alone would cost the hour, and the text that is looked for below a stamp.
    found = read(replace(page(layout, markup), listed_headline=HEADLINE, listed_date=listed_date), layout)
    assert found.fields.date_published == "2022-05-06T10:30:00+08:00"
    assert found.fields.headline == HEADLINE
    assert len(found.fields.body) == 6


@pytest.mark.parametrize("layout", ["trs_wcm", "boda_vsb", "hanweb"])
@pytest.mark.parametrize("is_above", [True, False])
def test_a_date_in_a_list_of_other_stories_is_never_the_articles(layout: str, is_above: bool) -> None:
    story = f'<h1>{HEADLINE}</h1><div class="trs_editor_view v_news_content" id="zoom">{TEXT}</div>'
    others = f"<div><h4>Hot stories</h4><ul>{OTHERS}</ul></div>"
    found = read(page(layout, others + story if is_above else story + others), layout)
    assert found.fields.headline == HEADLINE
    assert found.fields.date_published in ("2022-05-09", None)


@pytest.mark.parametrize(
    ("stamp", "date"),
    [
        ("<div>May 6, 2022</div>", "2022-05-06"),
        ("<div>06/05/2022</div>", "2022-05-06"),
        ("<div>22-05-06</div>", "2022-05-06"),
        ("<div>作者:甲 乙2022-05-06来源:港区报</div>", "2022-05-06"),
        ("<div>May 06, 2022  Click: [<span></span>]</div>", "2022-05-06"),
        ("<table><tr><td>发布日期：</td><td>2022年05月06日</td></tr></table>", "2022-05-06"),
        ("<table><tr><td>发布日期：</td><td></td></tr></table><p>The hall of 2021-03-04 is full.</p>", "2022-05-09"),
        ("<p>2022年5月6日，港区召开会议，部署泵业工作。</p>", "2022-05-09"),
    ],
)
def test_the_forms_of_a_stamp_and_what_only_looks_like_one(stamp: str, date: str) -> None:
    markup = f'<h1>{HEADLINE}</h1>{stamp}<div class="trs_editor_view">{TEXT}</div>'
    assert read(page("trs_wcm", markup), "trs_wcm").fields.date_published == date


def test_a_date_on_the_last_line_counts_where_nothing_better_says_the_day() -> None:
    markup = f'<h1>{HEADLINE}</h1><div class="trs_editor_view">{TEXT}</div><div>(Harbour Daily May 6, 2022)</div>'
    assert read(page("trs_wcm", markup), "trs_wcm").fields.date_published == "2022-05-06"
    listed = replace(page("trs_wcm", markup), listed_date="2022-05-08")
    assert read(listed, "trs_wcm").fields.date_published == "2022-05-08"


def test_a_time_outside_the_articles_own_part_is_its_own_if_the_day_is() -> None:
    part = f'<div id="shownews"><h1>{HEADLINE}</h1><div class="editor">{TEXT}</div></div>'
    for day, date in (("06", "2022-05-06T16:15:02+08:00"), ("07", "2022-05-06")):
        markup = f"{part}<div>更新时间：2022-05-{day} 16:15:02</div>"
        found = read(replace(page("metinfo", markup), listed_date="2022-05-06"), "metinfo")
        assert found.fields.date_published == date


@pytest.mark.parametrize("layout", [name for name in PATHS if name != "hanweb"] + ["chinadaily_regional"])
def test_a_page_without_a_date_is_read_where_the_listings_headline_stands_on_it(layout: str) -> None:
    path = PATHS.get(layout, "/2022-05/09/c_771.htm")
    text = f'<title>{HEADLINE}</title><h1>{HEADLINE}</h1><div class="e">{TEXT}</div>'
    bare = Page(url=f"http://zone.example{path}", text=text, listed_headline=HEADLINE)
    assert len(read(bare, layout).fields.body) == 6


def test_a_logo_in_a_heading_is_no_headline() -> None:
    text = (
        f'<h1 class="logo">Explore the Harbour</h1><h2>{HEADLINE}</h2><div>Updated: 2022-05-06</div><div>{TEXT}</div>'
    )
    bare = Page(url="http://zone.example/2022-05/09/c_771.htm", text=text)
    assert read(bare, "chinadaily_regional").fields.headline == HEADLINE


def test_a_label_above_the_stamp_is_no_headline() -> None:
    markup = f'<h1>{HEADLINE}</h1><p>来源：港区报</p><p>发布时间：2022-05-06 09:30</p><div id="zoom">{TEXT}</div>'
    assert read(page("hanweb", markup), "hanweb").fields.headline == HEADLINE


def test_a_trail_with_a_line_for_each_column_ends_before_the_headline() -> None:
    text = (
        "<ol><li>Current Location:</li><li>Home</li><li>Zone Notices</li></ol><h2>Zone Notices</h2>"
        f"<h3>{HEADLINE}</h3>{TEXT}<p>Release Time:2022-05-06 09:00:00</p>"
    )
    bare = Page(url="http://zone.example/english/news/parknews/2022-05-09/771.html", text=text)
    assert read(bare, "tjuda").fields.headline == HEADLINE


def test_a_link_around_a_whole_entry_gives_its_heading_alone() -> None:
    link = f'<a href="/2022-05/09/c_771.htm"><h3>{HEADLINE}</h3><p>The hall was built in a year.</p></a>'
    listing = Page(url="http://eastgate.example/news.html", text=f"<ul><li>{link}</li></ul>")
    [found] = read_listing(listing, [LAYOUTS["chinadaily_regional"]], a_park()).links
    assert found.headline == HEADLINE


def test_a_hanweb_list_in_the_page_itself_goes_on_by_its_pager() -> None:
    items = "".join(f'<li><a href="/art/2022/5/9/art_9_{n}.html">Story {n}</a></li>' for n in range(9))
    column = "/col/col9/index.html?uid=4&pageNum="
    pager = f'<a href="{column}1">上一页</a><a href="{column}3">下一页</a>'
    listing = Page(url=f"http://eastgate.example{column}2", text=f"<ul>{items}</ul>{pager}")
    following = read_listing(listing, [LAYOUTS["hanweb"]], a_park(), 2).next
    assert following is not None
    assert following.url.endswith("pageNum=3")


@pytest.mark.parametrize(
    "markup",
    [
        "<h1>Notice on the holidays from 12 June 2024</h1>{}",
        f"<h1>{HEADLINE}</h1><p>Registration open until 30 June 2025</p>{{}}",
        f"<h1>{HEADLINE}</h1>{{}}<p>From: Berlin to the harbour on 3 May 2019</p>",
        f"<h1>{HEADLINE}</h1>{{}}<p>Deadline, June 30, 2025</p>",
        f"<h1>{HEADLINE}</h1><p>May 28, 2025 | Opening</p>{{}}",
        f"<h1>{HEADLINE}</h1><table><tr><td>发布日期</td><td></td><td>成文日期</td><td>2019-01-02</td></tr></table>{{}}",
    ],
    ids=["headline", "until", "from", "deadline", "agenda", "another label"],
)
@pytest.mark.parametrize("layout", ["trs_wcm", "chinadaily_regional"])
def test_the_day_of_an_event_is_not_that_of_the_article(layout: str, markup: str) -> None:
    path = PATHS.get(layout, "/2022-05/09/c_771.htm")
    body = f'<div class="trs_editor_view art_cont">{TEXT}</div>'
    text = f"<html><head><title>{HEADLINE}</title></head><body>{markup.format(body)}</body></html>"
    bare = Page(url=f"http://zone.example{path}", text=text, listed_date="2022-05-06")
    assert read(bare, layout).fields.date_published == "2022-05-06"


def test_a_headline_over_two_lines_is_found_with_its_stamp() -> None:
    broken = HEADLINE.replace("rents", "<br>rents")
    markup = f'<h1>{broken}</h1><div>2022-05-06 10:30</div><div class="c">{TEXT}</div>'
    found = read(replace(page("trs_wcm", markup), listed_headline=HEADLINE), "trs_wcm")
    assert found.fields.date_published == "2022-05-06T10:30:00+08:00"
    assert len(found.fields.body) == 6


@pytest.mark.long
def test_what_only_the_listing_says_is_remembered_when_an_article_is_looked_at_again(
    desk: Desk, site: TrickSite
) -> None:
    addresses = [f"/xw/202205/t20220509_{number}.html" for number in (1, 2)]
    items = "".join(
        f'<li><a href="{address}">{HEADLINE}, part {at}</a><span>2022-05-06</span></li>'
        for at, address in enumerate(addresses)
    )
    site.pages["/xw/"] = ok(f"<html><body><ul>{items}</ul></body></html>")
    for at, address in enumerate(addresses):
        site.pages[address] = ok(f'<h1>{HEADLINE}, part {at}</h1><div class="c">{TEXT}</div>')
    (desk.folder / "parks" / "trick.toml").write_text(
        f'name = "Trick"\nlistings = ["{site.base}/xw/"]\nlayouts = ["trs_wcm"]\n'
    )
    desk.must("crawl")
    assert {row["date_published"] for row in desk.rows("articles")} == {"2022-05-06"}
    # The address says another day, and without the listing's headline the page could not be read at all.
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []
    desk.must("verify")
    desk.must("reextract", "--rehearse")
    site.pages[addresses[0]] = ok(f'<h1>{HEADLINE}, part 0</h1><div class="c">{TEXT}<p>Another hall follows.</p></div>')
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", f"{HEADLINE}, part 0")]


@pytest.mark.parametrize("layout", [*PATHS, "chinadaily_regional"])
def test_a_stamp_below_the_text_makes_no_paragraph_the_headline(layout: str) -> None:
    path = PATHS.get(layout, "/2022-05/09/c_771.htm")
    stamp = "Updated: 2022-05-06" if layout == "chinadaily_regional" else "发布时间：2022-05-06 来源：港区报"
    body = f'<div class="trs_editor_view art_cont v_news_content" id="zoom">{TEXT}</div>'
    text = f"<title>{HEADLINE}-Harbour Zone</title><table><tr><td>{HEADLINE}</td></tr></table>{body}<div>{stamp}</div>"
    found = read(Page(url=f"http://zone.example{path}", text=text), layout)
    assert (found.fields.headline, found.fields.date_published) == (HEADLINE, "2022-05-06")


def test_the_source_behind_a_day_and_a_stroke_is_read() -> None:
    markup = f'<h1>{HEADLINE}</h1><div>06/05/2022 | Harbour Daily</div><div class="trs_editor_view">{TEXT}</div>'
    listed = replace(page("trs_wcm", markup), listed_date="2022-05-06")
    assert read(listed, "trs_wcm").fields.source == "Harbour Daily"


def test_a_story_whose_pages_a_script_counts_is_read_whole() -> None:
    script = '<script>var countPage = 3; createPageHTML(3,0,"t20220509_771","html")</script>'
    rules = LAYOUTS["trs_wcm"].rules
    found = further_pages(
        page("trs_wcm", script), rules.article.pages, rules.article.second_page, rules.listing.paging.script
    )
    assert [url.rpartition("/")[2] for url in found] == ["t20220509_771_1.html", "t20220509_771_2.html"]


@pytest.mark.parametrize("layout", ["trs_wcm", "chinadaily_regional", "general"])
@pytest.mark.parametrize("title", ["Eastgate Park", "Zone Committee Website"], ids=["the park's name", "another name"])
@pytest.mark.parametrize("heading", ["div class=t", "h3"])
def test_what_every_page_calls_itself_is_nobodys_headline(layout: str, title: str, heading: str) -> None:
    markup = (
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1><{heading}>{HEADLINE}</{heading.split()[0]}>"
        f'<p>Updated: 2022-05-06</p><div class="c">{TEXT}</div><ul><li><a href="/o1.htm">Another story</a></li></ul>'
    )
    url = f"http://zone.example{PATHS.get(layout, '/2022-05/06/c_771.htm')}"
    park = replace(a_park(), name="Eastgate Park")
    for listed in (HEADLINE, HEADLINE[:30] + "…"):
        found = read_article(Page(url=url, text=markup, listed_headline=listed), [LAYOUTS[layout]], park, NOW)
        assert not isinstance(found, Reading) or found.fields.headline.startswith(HEADLINE[:30])


def test_a_headline_that_the_site_has_changed_is_believed_although_other_lists_have_the_old_one() -> None:
    new = "Harbour zone rents out two test halls for ship pumps"
    markup = (
        f"<html><head><title>{new}</title></head><body><h1>{new}</h1><p>Updated: 2022-05-06</p><div>{TEXT}</div>"
        f'<ul><li><a href="/2022-05/06/c_771.htm">{HEADLINE}</a></li></ul>'
    )
    found = Page(url="http://zone.example/2022-05/06/c_771.htm", text=markup, listed_headline=HEADLINE)
    assert read(found, "chinadaily_regional").fields.headline == new

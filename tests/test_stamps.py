"""Dates of publication where sites of many makes put them: among labels, above the headline, in data for machines."""

import json
from datetime import UTC, datetime

import pytest

from crawler.dates import read_date
from crawler.layouts import load_layouts
from crawler.linked_data import said_of_article
from crawler.page import Page, title_parts
from crawler.reading import Reading, read_article
from crawler.seeds import BUNDLED
from storage.records import ArticleFields
from tests.builders import a_park

LAYOUTS = load_layouts(BUNDLED / "layouts")
GENERAL = LAYOUTS["general"]
NOW = datetime(2026, 11, 1, tzinfo=UTC)
HEAD = "Weir rebuilt in ten weeks"
HEAD_ZH = "南渡园区十周建成新堰"
TEXT = (
    "The weir at the southern end of the park holds back enough water for a dry month, said the engineers who rebuilt "
    "it between two floods.",
    "Nine works along the canal draw on it for cooling, and the fish that pass it on their way upstream are counted by "
    "a camera below the bridge.",
)
TEXT_ZH = (
    "园区南端的新堰能够蓄住一个旱月所需的水量，负责重建的工程师介绍，工程是在两次汛期之间的十个星期里完成的。",
    "沿河的九家企业从这里取水冷却，洄游的鱼群经过桥下时由一台摄像机逐条计数，数据每天向周边的居民公布一次。",
)


def paragraphs(lines: tuple[str, ...]) -> str:
    return "<div class='t'>" + "".join(f"<p>{line}</p>" for line in lines) + "</div>"


def fields(body: str, *, head: str = "", title: str | None = None, listed: str | None = None) -> ArticleFields:
    name = title or (HEAD_ZH if HEAD_ZH in body else HEAD)
    text = f"<html><head><title>{name}</title>{head}</head><body>{body}</body></html>"
    page = Page(url="http://a.example/show/31.html", text=text, listed_headline=listed)
    read = read_article(page, [GENERAL], a_park(), NOW)
    assert isinstance(read, Reading), read
    return read.fields


def english(above: str = "", below: str = "", behind: str = "", head: str = "") -> ArticleFields:
    return fields(f"{above}<h1>{HEAD}</h1>{below}{paragraphs(TEXT)}{behind}", head=head, listed=HEAD)


def chinese(above: str = "", below: str = "") -> ArticleFields:
    return fields(f"{above}<h1>{HEAD_ZH}</h1>{below}{paragraphs(TEXT_ZH)}", listed=HEAD_ZH)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("May 3, 2020, 10:30 am", "2020-05-03T10:30:00+08:00"),
        ("May 3, 2020 at 10:30 pm", "2020-05-03T22:30:00+08:00"),
        ("2020年5月3日，10:30", "2020-05-03T10:30:00+08:00"),
        ("3 May 2020 | 08:15 min read", "2020-05-03"),
        ("03/05/2020 10:25 (GMT+7)", "2020-05-03T11:25:00+08:00"),
        ("03/05/2020 10:25 UTC+05:30", "2020-05-03T12:55:00+08:00"),
        ("03/05/2020 10:25 (GMT+77)", "2020-05-03T10:25:00+08:00"),
        ("2020-05-03, 10 guests", "2020-05-03"),
    ],
)
def test_a_clock_stands_behind_its_day_in_many_ways(text: str, iso: str) -> None:
    found = read_date(text, time_zone="Asia/Shanghai", captured_at=NOW)
    assert found is not None
    assert found.iso == iso


@pytest.mark.parametrize(
    ("above", "below", "date"),
    [
        ("<p>PRESS RELEASE | 03 Nov 2022</p>", "", "2022-11-03"),
        ("<p><span>Partnerships</span><span>23 May 2023</span></p>", "", "2023-05-23"),
        ("<p>23 May 2023 · 4 min read</p>", "", "2023-05-23"),
        ("", "<p>Town desk · 23 May 2023 · 4 min read</p>", "2023-05-23"),
        ("", "<p>Published 17th February 2023 | Share on a network</p>", "2023-02-17"),
        ("", "<p>Thu, 26/08/2021, 10:25 (GMT+7)</p>", "2021-08-26T11:25:00+08:00"),
        ("", "<dl><dt>Date published</dt><dd>9 December 2022</dd></dl>", "2022-12-09"),
    ],
)
def test_stamps_among_labels_are_read_and_are_no_text(above: str, below: str, date: str) -> None:
    found = english(above, below)
    assert (found.headline, found.date_published, found.body) == (HEAD, date, TEXT)


@pytest.mark.parametrize(
    ("above", "below", "date"),
    [
        ("", "<p>小渡 · 2022年9月28日 · 公司新闻 · 阅读 1,204</p>", "2022-09-28"),
        ("", "<p><span>2020-08-11</span><span>管理员</span></p>", "2020-08-11"),
        ("<div><b>11</b><span>2023-10</span></div>", "", "2023-10-11"),
        ("<div><b>10-11</b><span>2023</span></div>", "", "2023-10-11"),
        ("", "<div><b>11</b><span>2023-10</span></div>", "2023-10-11"),
        ("", "<div><b>10-11</b><span>2023</span></div>", "2023-10-11"),
        ("", "<p>發布單位：南渡工會</p><p>發布日期：2023-10-11</p><p>點閱數：512</p>", "2023-10-11"),
    ],
)
def test_stamps_of_chinese_companies_are_read_and_are_no_text(above: str, below: str, date: str) -> None:
    found = chinese(above, below)
    assert (found.headline, found.date_published, found.body) == (HEAD_ZH, date, TEXT_ZH)


@pytest.mark.parametrize(
    "line",
    [
        "Open day: 3 November 2022",
        "The weir of 3 November 2022 is gone.",
        "Park open since May 1, 2001",
        "Canal dredged again 2024-01-02",
        "欢迎您 2026年11月1日 星期日",
        "Good morning November 1, 2026 | Sunny",
        "Welcome · 31 October 2026",
        "2026-11-01 | Login | Register",
        "<b>01</b><i>2026-11</i>",
    ],
)
def test_what_else_stands_above_a_headline_with_a_day_in_it_is_no_stamp(line: str) -> None:
    found = english(f"<p>{line}</p>")
    assert (found.date_published, found.body) == (None, TEXT)


@pytest.mark.parametrize(
    "line", ["2024年6月1日起施行", "2024-06-01 | Ferry Hall | Free entry", "Released 2019-01-02 by the town"]
)
def test_a_day_on_which_something_takes_place_stands_back_behind_the_address(line: str) -> None:
    text = f"<html><head><title>{HEAD}</title></head><body><h1>{HEAD}</h1><p>{line}</p>{paragraphs(TEXT)}</body></html>"
    page = Page(url="http://a.example/news/t20240506_31.html", text=text, listed_headline=HEAD)
    read = read_article(page, [GENERAL], a_park(), NOW)
    assert isinstance(read, Reading)
    assert read.fields.date_published == "2024-05-06"


def test_when_a_page_was_last_updated_counts_less_than_the_stamp_below_the_headline() -> None:
    foot = "<p>Last updated: August 3, 2006</p>"
    assert english(below="<p>July 12, 2004</p>", behind=foot).date_published == "2004-07-12"
    assert english(below="<p>Updated: July 12, 2004</p>", behind=foot).date_published == "2004-07-12"
    alone = fields(f"<h1>{HEAD}</h1>{paragraphs(TEXT)}{foot}", listed=HEAD)
    assert alone.date_published == "2006-08-03"


def test_the_day_of_an_update_below_the_stamp_is_no_text() -> None:
    crumbs = f"<nav><ol><li><a href='/'>Home</a></li><li>{HEAD}</li></ol></nav>"
    days = "<dl><dt>Date published</dt><dd>9 December 2022</dd><dt>Last updated</dt><dd>3 January 2023</dd></dl>"
    text = "".join(f"<p>{line}</p>" for line in TEXT)
    notes = "<h2>Notes to editors</h2><p>Photographs are available on request.</p><h2>Was this page useful?</h2>"
    found = fields(
        f"{crumbs}<main><h1>{HEAD}</h1>{days}{text}{notes}</main><footer><p>Cookies</p></footer>", listed=HEAD
    )
    assert (found.date_published, found.body[:2]) == ("2022-12-09", TEXT)


def test_a_stamp_of_yesterday_below_the_headline_outweighs_a_listing_that_is_a_day_behind() -> None:
    text = (
        f"<html><head><title>{HEAD}</title></head><body><h1>{HEAD}</h1><p>Published: 2026-10-31</p>{paragraphs(TEXT)}"
    )
    page = Page("http://a.example/show/31.html", text, listed_headline=HEAD, listed_date="2026-10-30")
    read = read_article(page, [GENERAL], a_park(), NOW)
    assert isinstance(read, Reading)
    assert read.fields.date_published == "2026-10-31"


def linked(*objects: object) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(each)}</script>' for each in objects)


ARTICLE = {"@context": "https://schema.org", "@type": "NewsArticle", "datePublished": "2023-09-12T07:00:00+01:00"}


@pytest.mark.parametrize(
    "head",
    [
        "<meta itemprop='datePublished' content='2023-09-12T07:00:00+01:00'>",
        linked(ARTICLE),
        linked({"@graph": [{"@type": "WebSite", "datePublished": "2001-01-01"}, {**ARTICLE, "@type": ["Article"]}]}),
        "<script type='application/ld+json'>{broken</script>" + linked([{"@type": "BlogPosting"} | ARTICLE]),
        linked({**ARTICLE, "headline": HEAD}, {**ARTICLE, "headline": "Another", "datePublished": "2020-01-01"}),
        linked({**ARTICLE, "headline": "Another", "datePublished": "2020-01-01"}, {**ARTICLE, "headline": HEAD}),
    ],
    ids=["microdata", "an object", "a graph", "beside a broken one", "the first of two", "the second of two"],
)
def test_a_day_that_only_data_for_machines_says_is_read(head: str) -> None:
    assert english(head=head).date_published == "2023-09-12T14:00:00+08:00"
    assert english(head=head, below="<p>Published: 11 September 2023</p>").date_published == "2023-09-11"


@pytest.mark.parametrize(
    "head",
    [
        linked(ARTICLE | {"headline": "Another"}, ARTICLE | {"headline": "A third"}),
        linked(ARTICLE | {"headline": "Another"}),
        linked(ARTICLE, ARTICLE),
        linked(ARTICLE | {"@type": "Event"}),
        linked(ARTICLE | {"datePublished": 2023}),
        "<script type='application/ld+json'>" + "[" * 60_000 + "</script>",
        linked(ARTICLE | {"articleBody": "x" * 200_000}),
    ],
    ids=["others' alone", "another's", "two without a name", "no article", "no text", "deep", "large"],
)
def test_data_for_machines_that_says_nothing_of_this_article_is_left_alone(head: str) -> None:
    text = f"<html><head><title>{HEAD}</title>{head}</head><body></body></html>"
    assert said_of_article(Page(url="http://a.example/31.html", text=text), "datePublished") == ""


@pytest.mark.parametrize("between", [" | ", " - ", " – ", " :: ", " -- ", " · ", " • ", " ‹ ", " < ", " ~ ", " / "])
def test_a_title_is_parted_from_the_sites_name(between: str) -> None:
    assert title_parts(f"{HEAD}{between}South Ferry Park") == [HEAD, "South Ferry Park"]


def test_a_heading_that_is_broken_in_lines_is_read_whole_under_a_title_that_names_the_column() -> None:
    half, other = HEAD_ZH[:6], HEAD_ZH[6:]
    found = fields(
        f"<h1>{half}<br>{other}</h1><p>发布日期：2023-10-11 浏览次数：-</p>{paragraphs(TEXT_ZH)}", title="通知公告"
    )
    assert (found.headline.replace(" ", ""), found.body) == (HEAD_ZH, TEXT_ZH)


def test_a_column_above_a_headline_in_one_heading_is_none_of_it() -> None:
    found = fields(f"<h2>Focus<br>{HEAD}</h2><p>Published: 2023-10-11</p>{paragraphs(TEXT)}", title="News of the zone")
    assert found.headline == HEAD


def test_who_publishes_it_is_no_headline() -> None:
    labels = "<p>发布者：南渡工会</p><p>发布时间：2023-10-11</p><p>来源：南渡日报</p>"
    found = fields(f"<div class='n'>{HEAD_ZH}</div>{labels}{paragraphs(TEXT_ZH)}", title="南渡")
    assert (found.headline, found.source, found.body) == (HEAD_ZH, "南渡日报", TEXT_ZH)


def test_a_lead_in_a_box_of_its_own_brings_no_contacts_along() -> None:
    stamp = "<div class='news-date'><time itemprop='datePublished' datetime='2023-05-12'>12.05.2023</time></div>"
    lead = "Three hundred masons were at work at the same time when the last gate of the weir was lowered into its bed."
    more = (TEXT[0], TEXT[1], "Largest gate on the river", *(f"{line} So it was put on Monday." for line in TEXT))
    text = "".join(f"<h3>{line}</h3>" if len(line) < 40 else f"<p>{line}</p>" for line in more)
    contact = "<h4>Press contact</h4><p>Karl Weber<br>Phone: +49 69 1234-567<br>press@ferry.example</p>"
    found = fields(
        f"<header><a>South Ferry</a></header><main><div class='news'><div class='article'>{stamp}"
        f"<div class='header'><h1>{HEAD}</h1></div><div class='teaser-text'><p>{lead}</p></div>"
        f"<div class='news-text-wrap' itemprop='articleBody'>{text}</div>"
        f"<div class='news-related-files'><h4>Downloads</h4><a>Press release (PDF)</a></div>"
        f"<div class='contact-box'>{contact}</div></div></div></main>",
        listed=HEAD,
    )
    assert (found.date_published, found.body) == ("2023-05-12", (lead, *more))


def test_a_menu_above_a_stamp_is_no_headline() -> None:
    menu = "<div class='nav'><a href='/'>Home</a> <a href='/a/'>About the ferry</a> <a href='/i/'>Invest here</a></div>"
    body = f"{menu}<p>Updated: 2023-10-11</p>{paragraphs(TEXT)}"
    page = Page("http://a.example/show/31.html", f"<html><body>{body}</body></html>", listed_headline=HEAD)
    read = read_article(page, [GENERAL], a_park(), NOW)
    assert isinstance(read, Reading)
    assert read.fields.headline == HEAD
    # A headline may be a link to where it stands, or elsewhere.
    for address in ("/show/31.html", "http://paper.example/7"):
        own = f"{menu}<p><a href='{address}'>{HEAD}</a></p><p>Updated: 2023-10-11</p>{paragraphs(TEXT)}"
        assert fields(own, title="South Ferry Park").headline == HEAD
    short = f"{menu}<p><a href='/show/31.html'>新堰建成蓄水</a></p><p>Updated: 2023-10-11</p>{paragraphs(TEXT)}"
    assert fields(short, title="South Ferry Park").headline == "新堰建成蓄水"


@pytest.mark.parametrize(
    "foot",
    [
        "Last Updated: 2026-10-31",
        "Last Updated: 2026-10-31 | Copyright 2024 South Ferry",
        "Updated: 2026-10-31",
        "Updated: 2025-10-31 Copyright 2024 South Ferry",
    ],
)
@pytest.mark.parametrize("layout", ["general", "chinadaily_regional"])
def test_the_day_on_which_all_pages_were_made_stands_back_behind_what_the_listing_says(layout: str, foot: str) -> None:
    text = f"<html><head><title>{HEAD}</title></head><body><h1>{HEAD}</h1>{paragraphs(TEXT)}<p>{foot}</p></body></html>"
    page = Page("http://a.example/2024-01/01/c_5.htm", text, listed_headline=HEAD, listed_date="2024-01-02")
    read = read_article(page, [LAYOUTS[layout]], a_park(), NOW)
    assert isinstance(read, Reading)
    assert (read.fields.date_published, read.fields.source) == ("2024-01-02", None)


@pytest.mark.parametrize(
    ("layout", "url", "stamp", "listed", "day"),
    [
        ("trs_wcm", "http://a.example/xw/202607/t20260710_12.html", "Date: 07/10/2026", None, "2026-07-10"),
        ("trs_wcm", "http://a.example/xw/202609/t20260910_12.html", "Date: 10/09/2026", None, "2026-09-10"),
        (
            "hanweb",
            "http://a.example/art/2026/7/10/art_12_9000.html",
            "Date:07/10/2026 Source:Weir",
            None,
            "2026-07-10",
        ),
        ("general", "http://a.example/show/1.html", "Published: 07/10/2026", "2026-07-10", "2026-07-10"),
        # Nobody knows better, and so the day comes first.
        ("general", "http://a.example/show/1.html", "Published: 07/10/2026", None, "2026-10-07"),
        ("general", "http://a.example/show/1.html", "Published: 07/10/2026", "2026-08-01", "2026-10-07"),
    ],
)
def test_where_day_and_month_may_be_either_listing_and_address_tell(
    layout: str, url: str, stamp: str, listed: str | None, day: str
) -> None:
    text = f"<html><head><title>{HEAD}</title></head><body><h1>{HEAD}</h1><div>{stamp}</div><div id='zoom' class="
    text += f"'TRS_Editor'>{paragraphs(TEXT)}</div></body></html>"
    page = Page(url=url, text=text, listed_headline=HEAD, listed_date=listed)
    read = read_article(page, [LAYOUTS[layout]], a_park(), NOW)
    assert isinstance(read, Reading), read
    assert read.fields.date_published == day


def test_a_source_on_the_line_below_the_stamp_of_a_china_daily_page() -> None:
    text = f"<html><body><h1>{HEAD}</h1><div>Updated: Aug 9, 2017 Print</div><div>Source: Weir Weekly</div>"
    page = Page(
        url="http://a.example/2017-08/09/c_12.htm", text=f"{text}<div id='Content'>{paragraphs(TEXT)}</div></body>"
    )
    read = read_article(page, [LAYOUTS["chinadaily_regional"]], a_park(), NOW)
    assert isinstance(read, Reading), read
    assert (read.fields.source, read.fields.body) == ("Weir Weekly", TEXT)

"""The shapes that the families' pages have had over the years, as a person sees them: one line a shape."""

from datetime import UTC, datetime
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.dates import read_date
from crawler.layouts import load_layouts
from crawler.names import Names
from crawler.page import Page, Part, is_markup
from crawler.reading import Reading, read_article, recognises
from crawler.seeds import BUNDLED
from storage.records import ArticleFields
from storage.text import clean_text, comparison_text
from tests.builders import a_park

LAYOUTS = load_layouts(BUNDLED / "layouts")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def fields_of(layout: str, path: str, lines: str) -> ArticleFields:
    text = "\n\n".join(line.strip() for line in lines.split("¶"))
    page = Page(url=f"http://eastgate.example{path}", text=text, is_html=False)
    result = read_article(page, [LAYOUTS[layout]], a_park(), NOW)
    assert isinstance(result, Reading), result.reason
    return result.fields


CHINA_DAILY = [
    ("Home> Latest ¶ Crane turns ¶ (paper.example) ¶ Updated: 2022-03-07", "paper.example"),
    ("Home>News ¶ Crane turns ¶ (EGZONE) Updated: 2022-03-07", "EGZONE"),
    ("Crane turns ¶ (paper.example)Updated: 2022-03-07", "paper.example"),
    ("Crane turns ¶ ( paper.example ) Updated: 2022-03-07", "paper.example"),
    ("Crane turns ¶ en.eastgate.example | Updated: 2022-03-07", "en.eastgate.example"),
    ("Crane turns ¶ eastgate| Updated: 2022-03-07", "eastgate"),
    ("Crane turns ¶ eastgate|Updated: 2022-03-07", "eastgate"),
    ("Crane turns ¶ Updated : 2022-03-07", None),
    ("Crane turns ¶ Updated :2022-03-07", None),
    ("Crane turns ¶ Updated: March 7, 2022", None),
    ("Crane turns ¶ Updated: Mar 7, 2022 Print ¶ services.com", "services.com"),
    ("Crane turns ¶ By WU AN | Harbour Paper | Updated: 2022-03-07", "Harbour Paper"),
    ("Crane turns ¶ By Wu An ( Harbour Paper) Updated: 2022-03-07", "Harbour Paper"),
    ("Crane turns ¶ 2022-03-07 ¶ | ¶ (eastgate.example) ¶ Share Print", "eastgate.example"),
    ("Crane turns ¶ Updated: 2022-03-07 L M S", None),
    ("LMS ¶ Crane turns ¶ Updated: 2022-03-07", None),
    ("Crane turns ¶ ALMS ¶ (paper.example) Updated: 2022-03-07", "paper.example"),
    ("Crane turns ¶ (paper.example) Updated: 2022-03-07 Weibo Weixin Qzone Facebook Twitter More", "paper.example"),
    ("Crane turns ¶ Updated: 2022-03-07 Print Print", None),
    ("Crane turns ¶ Updated: 2022-03-07 Print Mail Large Medium  Small 0", None),
    ("Ten years of the harbour… ¶ Crane turns ¶ (paper.example) ¶ Updated: 2022-03-07", "paper.example"),
    ("Crane turns ¶ Updated: Mar 7, 2022 (services.com) Print", "services.com"),
    ("Crane turns ¶ 2022-03-07 | (eastgate.example) Share Print", "eastgate.example"),
    ("中文|日本語|Français|Deutsch ¶ Eastgate Special / News ¶ Crane turns ¶ Updated: 2022-03-07", None),
]


@pytest.mark.parametrize(("head", "source"), CHINA_DAILY)
def test_the_heads_of_china_dailys_regional_sites(head: str, source: str | None) -> None:
    tail = "The crane lifts ninety tons. ¶ Crane at berth four [Photo/Harbour] ¶ It is blue. ¶ Copyright © Eastgate"
    found = fields_of("chinadaily_regional", "/2022-03/07/c_5.htm", f"{head} ¶ {tail}")
    assert (found.headline, found.date_published, found.source) == ("Crane turns", "2022-03-07", source)
    assert found.body == ("The crane lifts ninety tons.", "It is blue.")


HANWEB = [
    ("Crane turns ¶ 2022-03-07 09:31", "2022-03-07T09:31:00+08:00", None),
    ("Crane turns ¶ 发布日期:2022-03-07 浏览次数:", "2022-03-07", None),
    ("Crane turns ¶ Date:2022-03-07 Source:Harbour Paper Fonts:[ Large Medium Small ]", "2022-03-07", "Harbour Paper"),
    (
        "Crane turns ¶ 【Fonts: Large Medium Small 【Source: Zone Office 【Date: 2022.03.07】",
        "2022-03-07",
        "Zone Office",
    ),
    ("Crane turns ¶ ReleaseDate: 2022-03-07 12:13:14 ArticleHits:", "2022-03-07T12:13:14+08:00", None),
    ("Crane turns ¶ Source:港务局 2022-03-07 09:10", "2022-03-07T09:10:00+08:00", "港务局"),
    ("Now:Home > Hot News ¶ Crane turns ¶ Date:2022-03-07 15:10", "2022-03-07T15:10:00+08:00", None),
    ("Crane turns ¶ 2022-03-07 来源:港报 浏览次数: ¶ 字号:", "2022-03-07", "港报"),
    (
        "首页 ¶ • 招商 ¶ 当前位置：首页 > 动态 ¶ Crane turns ¶ 发布时间：2022-03-07 来源： 作者： 点击量：5",
        "2022-03-07",
        None,
    ),
    ("Crane turns ¶ 来源：港报 发布时间：2022年3月7日 字体：[大 中 小] ¶ 原標題：別題", "2022-03-07", "港报"),
    (
        "Crane turns ¶ [大 中 小] 发稿时间：2022-03-07 信息来源：港务局 【打印此页】 【关闭本页】",
        "2022-03-07",
        "港务局",
    ),
    ("Crane turns ¶ Date: Source: Harbour Paper ¶ Date: 2022-03-07", "2022-03-07", "Harbour Paper"),
]
TAILS = [
    "【Print】 【Close】",
    "责任编辑：吴安",
    "责任编辑: 复审: 终审:",
    "上一篇：没有了",
    "(By Wu An, translated by Li Bo, edited by He Xi)",
    "分享到：",
    "12 > >>",
    "[打印此页] [关闭本页]",
    "来源：港报 作者：吴安 编辑：李波",
    "微信扫一扫",
    "标签：港口",
    "大汉版通发布系统",
]


@pytest.mark.parametrize(("head", "date", "source"), HANWEB)
def test_the_heads_of_hanweb_sites(head: str, date: str, source: str | None) -> None:
    found = fields_of(
        "hanweb", "/art/2022/3/9/art_5_77.html", f"{head} ¶ The crane lifts ninety tons. ¶ 主办单位：东港"
    )
    assert (found.headline, found.date_published, found.source) == ("Crane turns", date, source)
    assert found.body == ("The crane lifts ninety tons.",)


@pytest.mark.parametrize("tail", TAILS)
def test_what_stands_below_a_text_is_no_part_of_it(tail: str) -> None:
    lines = f"Crane turns ¶ 发布日期：2022-03-07 ¶ The crane lifts ninety tons. ¶ {tail}"
    assert fields_of("hanweb", "/art/2022/3/9/art_5_77.html", lines).body == ("The crane lifts ninety tons.",)


@pytest.mark.parametrize(
    ("text", "iso", "raw"),
    [
        ("10/09/2018", "2018-09-10", "10/09/2018"),
        ("22-09-26", "2022-09-26", "22-09-26"),
        ("2024 03-20 09:09:51", "2024-03-20T09:09:51+08:00", "2024 03-20 09:09:51"),
        ("2020.01.13", "2020-01-13", "2020.01.13"),
        ("2014/04/08", "2014-04-08", "2014/04/08"),
        ("2025年02月10日", "2025-02-10", "2025年02月10日"),
        ("2025年2月1日 9:05", "2025-02-01T09:05:00+08:00", "2025年2月1日 9:05"),
        ("Sept. 30, 2006", "2006-09-30", "Sept. 30, 2006"),
        ("Crane turns steadily 2018-06-20", "2018-06-20", "2018-06-20"),
        ("(Harbour Paper May 27, 2002)", "2002-05-27", "May 27, 2002"),
        ("2023-05-06 14:01:19Share:", "2023-05-06T14:01:19+08:00", "2023-05-06 14:01:19"),
        ("作者:吴安 李波2019-03-01来源:港报", "2019-03-01", "2019-03-01"),
        ("2015-06-13 2293", "2015-06-13", "2015-06-13"),
        ("2025年2月1日 下午3:05", "2025-02-01T15:05:00+08:00", "2025年2月1日 下午3:05"),
        ("2025-02-01 上午10:05:09", "2025-02-01T10:05:09+08:00", "2025-02-01 上午10:05:09"),
        ("2021-02-30 or rather 2021-03-02", "2021-03-02", "2021-03-02"),
    ],
)
def test_dates_in_the_forms_that_trap(text: str, iso: str, raw: str) -> None:
    found = read_date(text, time_zone="Asia/Shanghai", captured_at=NOW)
    assert found is not None
    assert (found.iso, found.raw) == (iso, raw)


def test_a_date_that_stands_in_two_folders_of_the_address() -> None:
    page = Page(
        url="http://eastgate.example/html/kx/2024/kx_0509/22.html",
        text="<title>Crane turns</title><h1>Crane turns</h1><td id=text></td><div id=text><p>It turned.</p></div>",
    )
    result = read_article(page, [LAYOUTS["empirecms"]], a_park(), NOW)
    assert isinstance(result, Reading), result.reason
    assert result.fields.date_published == "2024-05-09"


def test_labels_in_capitals_end_a_source() -> None:
    page = Page(
        url="http://eastgate.example/info/1/22.htm",
        text="<title>Crane turns</title><h1>Crane turns</h1><p>SOURCE: Harbour Paper DATE: 2024-05-09 VIEWS: 7</p>"
        "<div class=v_news_content><p>It turned.</p></div>",
    )
    result = read_article(page, [LAYOUTS["boda_vsb"]], a_park(), NOW)
    assert isinstance(result, Reading), result.reason
    assert (result.fields.source, result.fields.date_published) == ("Harbour Paper", "2024-05-09")


STORY = (
    "The new crane lifts ninety tons, which is thirty more than any other at the harbour of Eastgate.",
    "It was built in two years. A second one follows in spring, as the office of the harbour said on May 3, 2021.",
)


@pytest.mark.parametrize(
    ("layout", "path", "above"),
    [
        ("chinadaily_regional", "/2022-03/07/c_5.htm", "Home>News ¶ Crane turns at the harbour"),
        (
            "chinadaily_regional",
            "/2022-03/07/c_5.htm",
            "Ten years of… ¶ Crane turns at the harbour ¶ A view. [Photo/VCG]",
        ),
        ("hanweb", "/art/2022/3/7/art_5_77.html", "Crane turns at the harbour | | ¶ | |"),
        (
            "hanweb",
            "/art/2022/3/7/art_5_77.html",
            "• Home ¶ • Trade ¶ Now:Home > Hot News ¶ Crane turns at the harbour",
        ),
        ("trs_wcm", "/news/202203/t20220307_77.html", "首页 > 动态 ¶ Crane turns at the harbour ¶ 来源：港报"),
        ("ucap", "/news/202203/0123456789abcdef0123456789abcdef.shtml", "Crane turns at the harbour ¶ 2022-03-07"),
        ("general", "/2022-03-07/77.html", "You are here: Home ¶ Crane turns at the harbour"),
    ],
)
def test_visible_text_alone_is_read_where_no_label_tells_the_headline(layout: str, path: str, above: str) -> None:
    found = fields_of(layout, path, " ¶ ".join((above, *STORY, "Copyright © Eastgate")))
    assert (found.headline, found.body) == ("Crane turns at the harbour", STORY)
    assert found.date_published == (None if "/0123456789" in path and "2022" not in above else "2022-03-07")


def html_fields(layout: str, path: str, markup: str, listed: str | None = None) -> ArticleFields:
    page = Page(url=f"http://eastgate.example{path}", text=markup, listed_headline=listed)
    result = read_article(page, [LAYOUTS[layout]], a_park(), NOW)
    assert isinstance(result, Reading), result.reason
    return result.fields


TEXT = "".join(f"<p>{paragraph}</p>" for paragraph in STORY)


def test_a_date_on_the_headlines_line_is_the_date_and_no_headline() -> None:
    markup = f"<title>Crane turns</title><h1>Crane turns 2022-03-07</h1><div class=TRS_Editor>{TEXT}</div>"
    found = html_fields("trs_wcm", "/news/202203/t20220311_77.html", markup)
    assert (found.headline, found.date_published, found.body) == ("Crane turns", "2022-03-07", STORY)


@pytest.mark.parametrize(
    ("title", "listed"), [("Fire drill of 2022-03-07 - Eastgate", None), ("", "Fire drill of 2022-03-07")]
)
def test_a_day_that_title_or_listing_have_in_the_headline_belongs_to_it(title: str, listed: str | None) -> None:
    markup = f"<title>{title}</title><h1>Fire drill of 2022-03-07</h1><div class=TRS_Editor>{TEXT}</div>"
    found = html_fields("trs_wcm", "/news/202203/t20220311_77.html", markup, listed)
    assert (found.headline, found.date_published) == ("Fire drill of 2022-03-07", "2022-03-11")


def test_a_newspapers_date_stands_above_its_headline() -> None:
    markup = (
        f"<title>Crane turns</title><p>Harbour Paper</p><p>2022-03-07</p><h1>Crane turns</h1><article>{TEXT}</article>"
    )
    found = html_fields("general", "/read/77.html", markup, "Crane turns")
    assert (found.date_published, found.body) == ("2022-03-07", STORY)


@pytest.mark.parametrize("stamp", ["2022-03-07", "(Harbour Paper March 7, 2022)"])
def test_a_stamp_below_the_text_is_no_paragraph(stamp: str) -> None:
    markup = f"<title>Crane turns</title><h1>Crane turns</h1><article>{TEXT}<p>{stamp}</p></article>"
    found = html_fields("general", "/read/77.html", markup, "Crane turns")
    assert (found.date_published, found.body) == ("2022-03-07", STORY)


def test_a_column_in_the_first_heading_is_no_headline_where_listing_and_title_have_another() -> None:
    markup = (
        "<title>Crane turns at the harbour - Eastgate</title><h1>Ten years of the harbour</h1>"
        f"<h2>Crane turns at the harbour</h2><p>Updated: 2022-03-07</p><div class=art_cont>{TEXT}</div>"
    )
    found = html_fields("chinadaily_regional", "/2022-03/07/c_5.htm", markup, "Crane turns at the harbour")
    assert found.headline == "Crane turns at the harbour"


def test_captions_names_of_pictures_and_what_follows_a_story_are_no_paragraphs() -> None:
    before = "<figure><img src=3.jpg><figcaption>A crane at the harbour</figcaption></figure>"
    names = "<p>5c7e2f4a-1a2b-4c3d-9e8f-001122334455</p>"
    after = (
        "<p>The crane in spring. WU AN/FOR CHINA DAILY</p><p>By Wu An / Edited by Li Bo</p>"
        "<p>Related news:</p><p>Older crane retires</p>"
    )
    markup = (
        "<title>Crane turns</title><h1>Crane turns</h1><p>Updated: 2022-03-07</p>"
        f"<div class=art_cont>{before}{names}{TEXT}{after}</div>"
    )
    assert html_fields("chinadaily_regional", "/2022-03/07/c_5.htm", markup).body == STORY


def test_a_byline_glued_to_the_last_paragraph_is_cut_off() -> None:
    byline = "(By Wu An translated by Li Bo edited by He Xi)"
    head = "<title>Crane turns</title><h1>Crane turns</h1><p>Date: 2022-03-07</p>"
    markup = f"{head}<div id=zoom>{TEXT[:-4]}{byline}</p></div>"
    assert html_fields("hanweb", "/art/2022/3/7/art_5_77.html", markup).body == STORY


DAY = "/art/2022/3/7/art_5_77.html"
REGIONAL = "/2022-03/07/c_5.htm"


@pytest.mark.parametrize(
    ("layout", "path", "label"),
    [("hanweb", DAY, "Date: May 3, 2022"), ("general", "/read/77.html", "时间：2022年5月3日至5日")],
)
def test_the_day_of_an_event_is_no_stamp_and_its_line_is_text(layout: str, path: str, label: str) -> None:
    found = fields_of(layout, path, f"Fair opens in May ¶ 2022-03-07 10:00 ¶ {STORY[0]} ¶ {label} ¶ {STORY[1]}")
    assert (found.headline, found.date_published) == ("Fair opens in May", "2022-03-07T10:00:00+08:00")
    assert found.body == (STORY[0], label, STORY[1])


@pytest.mark.parametrize(
    ("layout", "path", "line"),
    [
        (
            "chinadaily_regional",
            REGIONAL,
            "Copyright disputes over the crane were settled by the court of Eastgate in May.",
        ),
        ("hanweb", DAY, "主办单位：东港港务局"),
        ("hanweb", DAY, "Sponsored by: the office of the harbour"),
        (
            "general",
            "/read/77.html",
            "版权所有者可以在港务局的窗口登记，窗口每天上午九点开门，下午五点关门，周末也照常办理。",
        ),
        (
            "general",
            "/read/77.html",
            "企业可在一个窗口办理ICP备案和其他手续，港务局的工作人员会当场答复，不用再跑第二次。",
        ),
    ],
)
def test_what_begins_like_a_footer_is_text_while_paragraphs_follow(layout: str, path: str, line: str) -> None:
    stamp = "Updated: 2022-03-07" if layout == "chinadaily_regional" else "发布日期：2022-03-07"
    lines = (
        f"Crane turns ¶ {stamp} ¶ {STORY[0]} ¶ {line} ¶ {STORY[1]} ¶ Copyright © Eastgate ¶ 京ICP备12345678号 ¶ Home"
    )
    assert fields_of(layout, path, lines).body == (STORY[0], line, STORY[1])


@pytest.mark.parametrize(("layout", "path"), [("hanweb", DAY), ("general", "/read/77.html")])
def test_a_source_above_its_stamp_is_no_headline(layout: str, path: str) -> None:
    found = fields_of(layout, path, f"Crane turns ¶ Source: Harbour Paper ¶ Time: 2022-03-07 ¶ {STORY[0]} ¶ {STORY[1]}")
    assert (found.headline, found.source, found.body) == ("Crane turns", "Harbour Paper", STORY)


@pytest.mark.parametrize("heading", ["<h1>Crane turns</h1>", "<div class=bt>Crane turns</div>"])
@pytest.mark.parametrize(
    "stamp", ["2022-03-07 10:00", "2022年3月7日 来源：港报", "March 7, 2022 Source: Harbour Paper"]
)
def test_the_weather_beside_a_story_is_neither_its_headline_nor_its_stamp(heading: str, stamp: str) -> None:
    side = "<td><h3>Weather</h3><p>2022-03-09</p><p>Sunny, 22 C</p></td>"
    story = f"<td>{heading}<div>{stamp}</div><div id=zoom>{TEXT}</div></td>"
    found = html_fields("hanweb", DAY, f"<title>Eastgate</title><table><tr>{side}{story}</tr></table>")
    assert (found.headline, (found.date_published or "")[:10], found.body) == ("Crane turns", "2022-03-07", STORY)


def test_a_page_that_a_table_lays_out_is_read_in_paragraphs() -> None:
    cell = f"<div align=center><b>Crane turns</b></div><div align=center>2022-03-07 Hits: 118</div><hr>{TEXT}"
    markup = f"<title>Eastgate</title><table width=900><tr><td>News<br>Notices</td><td>{cell}</td></tr></table>"
    found = html_fields("general", "/read/77.html", f"<html><body>{markup}</body></html>", "Crane turns")
    assert (found.headline, found.date_published, found.body) == ("Crane turns", "2022-03-07", STORY)


def test_the_stamps_of_other_stories_are_not_this_ones() -> None:
    side = "".join(f"<li>Another story, number {n}<p>Updated: 2022-03-1{n}</p></li>" for n in range(3))
    story = f"<h1>Crane turns</h1><div>Updated: 2022-03-06</div><div class=art_cont>{TEXT}</div>"
    found = html_fields("chinadaily_regional", REGIONAL, f"<title>Crane turns</title><ul>{side}</ul>{story}")
    assert found.date_published == "2022-03-06"


def test_a_page_of_pictures_keeps_what_is_said_of_them() -> None:
    said = [f"Crane number {n} of the harbour lifts its ninety tons. [Photo/IC]" for n in (1, 2)]
    body = "".join(f"<p>{line}</p>" for line in said)
    markup = f"<title>Crane turns</title><h1>Crane turns</h1><p>Updated: 2022-03-07</p><div class=art_cont>{body}</div>"
    assert html_fields("chinadaily_regional", REGIONAL, markup).body == tuple(said)


def test_a_text_that_begins_with_by_is_no_byline() -> None:
    first = "By Friday, 200 people had signed up."
    found = fields_of("chinadaily_regional", REGIONAL, f"Crane turns ¶ Updated: 2022-03-07 ¶ {first} ¶ {STORY[0]}")
    assert found.body == (first, STORY[0])


def test_a_sentence_before_the_release_time_on_its_line_is_text() -> None:
    lines = (
        f"Current Location:Home > Park News ¶ Crane turns ¶ {STORY[0]} ¶ {STORY[1]} Release Time:2022-03-07 10:11:12"
    )
    assert fields_of("tjuda", "/english/news/parknews/2022-03-09/77.html", lines).body == STORY


@pytest.mark.parametrize(("layout", "path"), [("hanweb", DAY), ("trs_wcm", "/news/202203/t20220307_77.html")])
def test_a_date_below_a_short_text_ends_it(layout: str, path: str) -> None:
    found = fields_of(layout, path, f"Crane turns at night ¶ {STORY[0]} ¶ {STORY[1]} ¶ March 7, 2022")
    assert (found.headline, found.date_published, found.body) == ("Crane turns at night", "2022-03-07", STORY)


def test_a_notice_keeps_its_host_its_time_and_its_place() -> None:
    lines = (
        "为推动港口发展，东港港务局定于五月举办起重机博览会，现将有关事项通知如下，请各单位按时参加并做好准备工作：。",
        "主办单位：东港港务局",
        "承办单位：东港商会",
        "时间：2022年5月1日上午9时",
        "地点：会展中心4号馆",
        "联系电话：12345678",
    )
    text = "".join(f"<p>{line}</p>" for line in lines)
    markup = (
        f"<title>起重机博览会通知</title><h1>起重机博览会通知</h1><p>发布日期：2022-03-07</p><div id=zoom>{text}</div>"
    )
    assert html_fields("hanweb", DAY, markup).body == lines


def test_a_list_of_names_at_the_end_is_no_menu() -> None:
    names = ("The winners are:", "Alpha Valves Ltd", "Beta Pumps Ltd", "Gamma Motors")
    text = TEXT + "".join(f"<p>{name}</p>" for name in names) + "<p>Copyright © Eastgate</p>"
    markup = f"<title>Crane turns</title><h1>Crane turns</h1><p>Updated: 2022-03-07</p><div class=art_cont>{text}</div>"
    assert html_fields("chinadaily_regional", REGIONAL, markup).body == (*STORY, *names)


@pytest.mark.parametrize("layout", ["hanweb", "general"])
@pytest.mark.parametrize(
    "headline",
    [
        "Eastgate opens its second test bench for the valves of high pressure (photos)",
        "东港新区召开2022年招商引资工作推进会并部署下半年重点任务（图）",
    ],
)
def test_a_headline_may_end_in_a_bracket(layout: str, headline: str) -> None:
    markup = f"<title>Eastgate</title><div>{headline}</div><p>发布日期：2022-03-07</p><article id=zoom>{TEXT}</article>"
    assert html_fields(layout, DAY, markup).headline == headline


def test_a_summary_may_stand_above_the_stamp() -> None:
    summary = "The crane that the harbour of Eastgate has waited for turns, and ninety tons are nothing to it."
    head = f"<title>Crane turns</title><h1>Crane turns</h1><p>{summary}</p><p>Date: 2022-03-09 10:00</p>"
    markup = f"{head}<div id=zoom>{TEXT}</div>"
    found = html_fields("hanweb", DAY, markup)
    assert (found.date_published, found.body) == ("2022-03-09T10:00:00+08:00", STORY)


def test_a_labelled_day_below_the_text_comes_before_the_addresss() -> None:
    markup = f"<title>Crane turns</title><h1>Crane turns</h1><div id=zoom>{TEXT}</div><p>Date: 2022-03-09 10:30</p>"
    assert html_fields("hanweb", DAY, markup).date_published == "2022-03-09T10:30:00+08:00"


@pytest.mark.parametrize("listed", [None, "Fire drill on 2022…"])
def test_a_day_that_a_headline_asks_for_stays_in_it(listed: str | None) -> None:
    markup = f"<title>Eastgate</title><h1>Fire drill on 2022-03-07</h1><div class=TRS_Editor>{TEXT}</div>"
    found = html_fields("trs_wcm", "/news/202203/t20220311_77.html", markup, listed)
    assert (found.headline, found.date_published) == ("Fire drill on 2022-03-07", "2022-03-11")


def test_a_headline_in_two_lines_is_spelt_as_the_title_has_it() -> None:
    markup = (
        "<title>东港新区起重机今日正式投入使用-东港</title><p>东港新区起重机</p><p>今日正式投入使用</p>"
        f"<p>发布时间：2022-03-07</p><div id=zoom>{TEXT}</div>"
    )
    assert html_fields("hanweb", DAY, markup).headline == "东港新区起重机今日正式投入使用"


@pytest.mark.parametrize(
    "path", ["/news/1008.html", "/a/1008.html", "/content/1008.html", "/art/1008.html", "/info/1008.htm"]
)
def test_an_address_that_any_site_may_have_makes_no_family(path: str) -> None:
    page = Page(url=f"http://eastgate.example{path}", text="<html><body><h1>Crane turns</h1></body></html>")
    assert [name for name, layout in LAYOUTS.items() if not layout.is_general and recognises(layout, page)] == []


PROSE = "今年上半年，园区兑现各类科技扶持资金2.36亿元，惠及企业560余家；新增省级以上研发平台14个，其中院士工作站2个。"


@pytest.mark.parametrize(
    ("stamp", "date", "source"),
    [
        ("<p>港口管委会　2022-03-07 10:20　来源：港报</p>", "2022-03-07T10:20:00+08:00", "港报"),
        ("<p>信息来源：港报　添加时间：2022-03-07</p>", "2022-03-07", "港报"),
        ("<p>来源于：港报 发布时间：2022-03-07</p>", "2022-03-07", "港报"),
        ("<p>时间：<small>2022-03-07</small> 点击：31次<br>作者：夏雨 来源：港报</p>", "2022-03-07", "港报"),
    ],
)
def test_stamps_of_sites_of_unknown_make(stamp: str, date: str, source: str) -> None:
    foot = '<div class="footer"><p>主办：港口管委会　承办：港报</p><p>地址：海滨路1号　电话：000-0000000</p></div>'
    markup = (
        f"<html><head><title>起重机转动了方向-港口</title></head><body><div><h2>起重机转动了方向</h2>{stamp}<div><p>{PROSE}</p>"
        f"<p>【关闭】【顶部】</p></div></div>{foot}</body></html>"
    )
    page = Page(url="http://eastgate.example/show.aspx?id=7", text=markup)
    found = read_article(page, [LAYOUTS["general"]], a_park(), NOW)
    assert isinstance(found, Reading)
    fields = found.fields
    assert (fields.date_published, fields.source, fields.body) == (date, source, (PROSE,))


def test_a_source_with_its_own_label_before_the_date_of_a_regional_page() -> None:
    lines = (
        "Crane turns ¶ Source: harbour.example Updated: March 7, 2022 Font Size: L M S ¶ The crane turned on Monday."
    )
    assert fields_of("chinadaily_regional", "/2022-03/07/c_77.htm", lines).source == "harbour.example"


@pytest.mark.parametrize("line", ["Parkwatcher[2024-05-01]", "Parkwatcher(2024-05-01)", "Parkwatcher 2024-05-01"])
def test_a_headline_may_end_in_the_middle_of_its_lines_first_word(line: str) -> None:
    markup = f"<html><head><title>Parkwatcher</title></head><body><div>{line}</div><p>{PROSE}</p></body></html>"
    found = html_fields("general", "/show.aspx", markup, "Parkwatcher")
    assert (found.headline, found.date_published, found.body) == ("Parkwatcher", "2024-05-01", (PROSE,))


SIGNS = st.text(st.sampled_from("Aab 1[]|（Ａ港区\u00e9\u2167"), min_size=1, max_size=9)


@given(lines=st.lists(SIGNS.map(clean_text).filter(bool), min_size=1, max_size=4), data=st.data())
def test_the_quick_look_at_lines_passes_over_none_that_the_title_says(lines: list[str], data: st.DataObject) -> None:
    values = [
        (at, value)
        for at, line in enumerate(lines)
        for value in (line, *(line[:end] for end in range(5, len(line))), line.removeprefix("1").strip())
    ]
    _, said = data.draw(st.sampled_from(values))
    page = Page(url="http://a.example/1.htm", text=f"<title>{escape(comparison_text(said))} of Harbour</title>")
    names = Names(page, Part(None, lines), "Harbour")
    begun = names.lines_in_title([r"^1\s*"])
    assert [(at, value) for at, value in values if at not in begun and names.is_in_title(value)] == []


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("text/html", "A bench opens", True),
        (None, "A bench opens", True),
        ("text/plain", " <!DOCTYPE html><p>A bench opens", True),
        ("Text/Plain; charset=utf-8", "<!-- seen --> <html lang='en'>", True),
        ("text/plain", "A bench opens\nPress Office <p.smith@zone.example> and <head@zone.example>", False),
        ("Text/Plain", "<p.smith@zone.example> writes of <table 3>", False),
    ],
)
def test_visible_text_is_no_markup_whatever_stands_in_it(kind: str | None, text: str, expected: bool) -> None:
    assert is_markup(kind, text) is expected


@pytest.mark.parametrize(
    ("heading", "title", "headline"),
    [
        ("<b>Park</b> opens<br>its quay", "Harbour", "Park opens its quay"),
        ("<i>港</i>区<i>开</i>园", "港口", "港区开园"),
        ("<b>Park opens</b><b>its quay</b>", "Park opens its quay | Harbour", "Park opens its quay"),
        ("Park opens<script>count(1)</script> its quay", "Harbour", "Park opens its quay"),
        ("<button>Park opens its quay</button>", "Harbour", "Park opens its quay"),
    ],
)
def test_a_heading_is_read_as_it_is_seen(heading: str, title: str, headline: str) -> None:
    markup = f"<title>{title}</title><h1 class=arti_title>{heading}</h1><div class=wp_articlecontent>{TEXT}</div>"
    assert html_fields("sudy_webplus", "/2024/0506/c1a7/page.htm", markup).headline == headline


@pytest.mark.parametrize("head", ["details-title", "met-shownews-header"])
def test_a_page_of_metinfos_newer_templates_is_known_by_its_head(head: str) -> None:
    markup = f"<div class={head}><h1>Crane turns</h1></div><p>Date: 2024-05-01</p><div class=editor>{TEXT}</div>"
    assert html_fields("metinfo", "/news/1008.html", markup).headline == "Crane turns"


def test_a_line_from_which_something_is_cut_off_is_looked_at_whatever_it_begins_with() -> None:
    page = Page(url="http://a.example/1.htm", text="<title>Crane turns today</title>")
    names = Names(page, Part(None, ["<b>Crane turns today", "Seen 31 times"]), "Harbour")
    assert names.lines_in_title(["</?b>"]) == {0}

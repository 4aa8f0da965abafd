"""What stands around a text without being part of it, and what only looks as if it did."""

from datetime import UTC, datetime

import pytest

from crawler.layouts import load_layouts
from crawler.page import Page
from crawler.reading import Reading, Unreadable, read_article
from crawler.seeds import BUNDLED
from storage.records import ArticleFields
from tests.builders import a_park

LAYOUTS = load_layouts(BUNDLED / "layouts")
NOW = datetime(2026, 11, 1, tzinfo=UTC)
HEAD, HEAD_ZH = "Kiln of the glass works is lit", "玻璃厂新窑点火投产"
TEXT = (
    "The glass works in the eastern part of the zone lit its second kiln on Tuesday, four months ahead of its plan.",
    "A crew of sixty will work on it in three shifts, and half of what it melts will be old bottles of the city.",
)
TEXT_ZH = (
    "位于园区东部的玻璃厂周二点燃了第二座窑炉，比原计划提前了四个月，首批产品预计下月初交付给本地的三家灯具企业。",
    "六十名工人将分三班在新窑工作，所用原料的一半来自全市回收的旧玻璃瓶，燃烧所需的天然气由新建的管道统一供应。",
)
REGIONAL, HANWEB, ANY = "/2022-03/07/c_5.htm", "/art/2022/3/9/art_5_77.html", "/show/31.html"


def paragraphs(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def read(
    layout: str, path: str, body: str, *, title: str = "", listed: str | None = None, day: str | None = None
) -> Reading | Unreadable:
    text = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    page = Page(url=f"http://kiln.example{path}", text=text, listed_headline=listed, listed_date=day)
    return read_article(page, [LAYOUTS[layout]], a_park(), NOW)


def fields(*arguments: str, **said: str | None) -> ArticleFields:
    found = read(*arguments, **said)  # type: ignore[arg-type]
    assert isinstance(found, Reading), found
    return found.fields


def regional(*lines: str) -> tuple[str, ...]:
    body = f"<h1>{HEAD}</h1><p>Updated: 2022-03-07</p><div class=art_cont>{paragraphs(*lines)}</div>"
    return fields("chinadaily_regional", REGIONAL, body).body


def hanweb(*lines: str) -> tuple[str, ...]:
    body = f"<h1>{HEAD_ZH}</h1><p>发布日期：2022-03-07</p><div id=zoom>{paragraphs(*lines)}</div>"
    return fields("hanweb", HANWEB, body, title=HEAD_ZH).body


@pytest.mark.parametrize(
    "line",
    [
        "Source: Harbour Paper",
        "Editor: Li Bo",
        "Edited by Li Bo and He Xi",
        "(Edited by Li Bo)",
        "(By Wu An, translated by Li Bo, edited by He Xi)",
        "Contact the writers at news@kiln.example",
        "(China Daily 03/07/2022 page5)",
        "(Photo/Xinhua)",
        "(Photo by Wu An)",
        "The second kiln glows for the first time at the works. WU AN",
        "Scan the QR code to read more",
        "1 2 3 Next",
        "Previous: A bridge is painted",
        "Close Window",
        "Keywords: glass",
        "Updated: March 7, 2022",
        "Comments Print Mail Large Medium Small 0",
        "Presented by China Daily.",
        "(By Wu An / Edited by Li Bo)",
        "wu.an@chinadaily.com.cn",
        "WU AN / FOR CHINA DAILY",
        "(Source: Harbour Paper)",
    ],
)
def test_what_a_regional_site_puts_below_a_text(line: str) -> None:
    assert regional(*TEXT, line) == TEXT


@pytest.mark.parametrize(
    "line",
    [
        "By the river",
        "By Air China Cargo",
        "Reporter: How did you come to the zone?",
        "Source: the city's budget and the zone's own funds",
        "Next: the zone will build a second works by 2025, said the mayor.",
        "1991",
        "120",
        "Presented by China Daily and the zone, the show drew makers of glass from nine countries to the old hall.",
        "Edited by three women of the town, the history of the works is in print.",
    ],
)
def test_what_only_looks_like_it_is_text(line: str) -> None:
    assert regional(TEXT[0], line, TEXT[1]) == (TEXT[0], line, TEXT[1])


@pytest.mark.parametrize(
    "line",
    [
        "（来源：港报）",
        "来源丨港报",
        "转自：港报",
        "图片来源：港报",
        "记者：吴安",
        "审核人：李波",
        "监制：何西",
        "文/吴安",
        "图丨李波",
        "（吴安 摄）",
        "▲新窑点火现场（资料图）",
        "图为点火现场。",
        "点击上方蓝字关注我们",
        "阅读原文",
        "— END —",
        "返回列表",
        "我要纠错",
        "您的浏览器不支持视频播放",
        "責任編輯：吳安",
        "上一篇 桥梁完成油漆",
        "下一篇没有了",
        "（图文：玻璃厂 审核：李波）",
        "(Source: Harbour Paper)",
        "(By Wu An / Edited by Li Bo)",
        "WU AN / FOR CHINA DAILY",
        "# # #",
        "Back to all news | Top",
        "點閱數：512",
    ],
)
def test_what_chinese_sites_put_below_a_text(line: str) -> None:
    assert hanweb(*TEXT_ZH, line) == TEXT_ZH


@pytest.mark.parametrize(
    "line",
    [
        "扫一扫就能看到窑炉的温度，来访的人都说很方便。",
        "▲ 高新技术产业产值同比增长百分之十二，占全部产值的一半以上。",
        "记者：请谈谈今年的招商思路",
        "策划：由管委会制定活动方案，报市政府批准后实施。",
        "图为根本，园区坚持以项目图发展",
        "相关链接的建设也在进行：通往码头的铁路支线下月动工。",
        "图为点火现场。新窑每天可以熔化二百吨旧玻璃，比老窑多出一半，工人们说它更安静。",
        "来源于旧瓶的原料占了一半，其余的石英砂由邻近的两座矿山供应。",
    ],
)
def test_what_only_begins_like_it_is_text(line: str) -> None:
    assert hanweb(TEXT_ZH[0], line, TEXT_ZH[1]) == (TEXT_ZH[0], line, TEXT_ZH[1])


@pytest.mark.parametrize(
    "tail",
    [
        "阅读人数：-",
        "点击率：12",
        "供稿单位：玻璃厂",
        "朗读",
        "语音播报",
        "扫一扫",
        "A+ A-",
        "浏览 33",
        "2293",
        "记者 吴安",
    ],
)
def test_a_chinese_source_ends_at_what_follows(tail: str) -> None:
    stamp = f"<p>2022-03-07 来源：港报 {tail}</p>"
    assert fields("general", ANY, f"<h1>{HEAD_ZH}</h1>{stamp}{paragraphs(*TEXT_ZH)}", title=HEAD_ZH).source == "港报"


@pytest.mark.parametrize(
    "tail", ["Large Medium Small", "Reads: 5", "Number of visits: 5", "Click Volume: 5", "Writer: Wu An", "A A A"]
)
def test_an_english_source_ends_at_what_follows(tail: str) -> None:
    stamp = f"<p>2022-03-07 Source: Harbour Paper {tail}</p>"
    assert fields("general", ANY, f"<h1>{HEAD}</h1>{stamp}{paragraphs(*TEXT)}", title=HEAD).source == "Harbour Paper"


@pytest.mark.parametrize(("layout", "path"), [("general", ANY), ("chinadaily_regional", REGIONAL)])
def test_a_bracket_below_the_text_names_the_paper_and_its_day(layout: str, path: str) -> None:
    lines = (*TEXT, "(Harbour Paper, May 27, 2022)")
    body = f"<h1>{HEAD}</h1><div class=art_cont>{paragraphs(*lines)}</div>"
    found = fields(layout, path, body, title=HEAD, listed=HEAD)
    assert (found.source, found.date_published, found.body) == ("Harbour Paper", "2022-05-27", TEXT)


@pytest.mark.parametrize("tail", [" | (Harbour Paper) Share Print", " (Harbour Paper)", " | Harbour Paper"])
def test_a_regional_source_behind_the_day_may_stand_in_brackets_behind_a_bar(tail: str) -> None:
    body = f"<h1>{HEAD}</h1><p>Updated: 2022-03-07{tail}</p><div class=art_cont>{paragraphs(*TEXT)}</div>"
    assert fields("chinadaily_regional", REGIONAL, body).source == "Harbour Paper"


@pytest.mark.parametrize("edges", ["〖〗", "【】", "[]", "［］"])
def test_a_source_in_brackets_of_its_own_is_read_without_them(edges: str) -> None:
    stamp = " ".join(f"{edges[0]}{said}{edges[1]}" for said in ("2022-03-07 16:05", "来源：港报", "点击数：1024"))
    found = fields("general", ANY, f"<h1>{HEAD_ZH}</h1><p>{stamp}</p>{paragraphs(*TEXT_ZH)}", title=HEAD_ZH)
    assert (found.date_published, found.source) == ("2022-03-07T16:05:00+08:00", "港报")


@pytest.mark.parametrize(
    ("stamp", "date"),
    [
        ("2022年03月07日 星期一 10:05", "2022-03-07T10:05:00+08:00"),
        ("2022年3月7日（周一）17时05分 来源：港报", "2022-03-07T17:05:00+08:00"),
        ("2022年03月07日 星期一", "2022-03-07"),
        ("〖2022-03-07〗", "2022-03-07"),
        ("發布時間：2022-03-07 來源：港報", "2022-03-07"),
        ("字体：小 中 大2022年03月07日 浏览量：次", "2022-03-07"),
    ],
)
def test_stamps_with_a_day_of_the_week_in_odd_brackets_and_in_traditional_signs(stamp: str, date: str) -> None:
    body = f"<h1>{HEAD_ZH}</h1><p>{stamp}</p>{paragraphs(*TEXT_ZH)}"
    assert fields("general", ANY, body, title=HEAD_ZH).date_published == date


def test_when_a_fair_takes_place_is_not_when_it_was_announced() -> None:
    lines = ("时间：2022年4月10日14:00", "地点：园区会展中心", *TEXT_ZH)
    found = fields("hanweb", HANWEB, f"<h1>{HEAD_ZH}</h1><div id=zoom>{paragraphs(*lines)}</div>", title=HEAD_ZH)
    assert (found.date_published, found.body) == ("2022-03-09", lines)


def test_a_summary_that_has_an_element_of_the_texts_name_is_not_the_text() -> None:
    summary = "<div class=TRS_Editor><p>玻璃厂的第二座窑炉提前点火。</p></div>"
    text = f"<div class=TRS_Editor>{paragraphs(*TEXT_ZH)}</div>"
    body = f"<h1>{HEAD_ZH}</h1><p>发布日期：2022-03-07</p>{summary}{text}"
    assert fields("trs_wcm", "/news/202203/t20220307_77.html", body, title=HEAD_ZH).body == TEXT_ZH


def test_a_text_that_stands_on_a_page_for_desks_and_for_phones_is_read_once() -> None:
    once = f"<div>{paragraphs(*TEXT)}</div>"
    body = f"<h1>{HEAD}</h1><p>Updated: 2022-03-07</p><div class=art_cont>{once}{once}</div>"
    assert fields("chinadaily_regional", REGIONAL, body).body == TEXT
    assert regional(TEXT[0], TEXT[1], TEXT[0]) == (TEXT[0], TEXT[1], TEXT[0])


ABOUT = paragraphs(
    *(
        f"The zone was founded {years} years ago on the marshes east of the city, and is home to {years * 7} companies "
        "that make glass, lamps, pumps and bearings for a dozen countries around the sea and beyond the mountains."
        for years in (30, 31, 32)
    )
)


def test_a_summary_above_its_text_does_not_stand_in_for_it() -> None:
    summary = f"<div class=summary><p>{TEXT_ZH[0]}</p></div>"
    text = f"<div><div>{paragraphs(*TEXT_ZH[1:], *TEXT)}</div></div>"
    body = f"<h1>{HEAD_ZH}</h1><p>发布日期：2022-03-07</p>{summary}{text}"
    found = fields("trs_wcm", "/news/202203/t20220307_77.html", body, title=HEAD_ZH)
    assert found.body == (*TEXT_ZH, *TEXT)


def test_a_stamp_above_the_time_and_place_of_a_fair_is_the_stamp() -> None:
    lines = paragraphs("时间：3月20日上午9点", "地点：园区会议中心", *TEXT_ZH)
    body = f"<h1>{HEAD_ZH}</h1><p>2022-03-07</p><div>{lines}</div>"
    assert fields("general", ANY, body, title=HEAD_ZH).date_published == "2022-03-07"


def test_a_box_elsewhere_that_bears_the_texts_name_is_not_the_text() -> None:
    comments = f"<div class=side><div class=TRS_Editor>{paragraphs(*TEXT, *TEXT_ZH[1:])}</div></div>"
    body = f"<h1>{HEAD_ZH}</h1><p>发布日期：2022-03-07</p><div class=TRS_Editor><p>{TEXT_ZH[0]}</p></div>{comments}"
    assert fields("trs_wcm", "/news/202203/t20220307_77.html", body, title=HEAD_ZH).body == TEXT_ZH[:1]


def test_columns_beside_a_story_of_one_paragraph_are_not_taken_along() -> None:
    row = f"<table><tr><td><p>{TEXT[0]} {TEXT[1]}</p></td><td><p>{TEXT[0][:60]} in short.</p></td></tr></table>"
    body = f"<h1>{HEAD}</h1><p>Updated: 2022-03-07</p>{row}"
    assert fields("chinadaily_regional", REGIONAL, body).body == (f"{TEXT[0]} {TEXT[1]}",)


@pytest.mark.parametrize("layout", ["chinadaily_regional", "general"])
@pytest.mark.parametrize("story", [TEXT, TEXT[:1]])
def test_a_box_about_the_park_does_not_stand_in_for_a_short_story(layout: str, story: tuple[str, ...]) -> None:
    body = (
        f"<div class=left><h1>{HEAD}</h1><div>2022-03-07 Updated: 2022-03-07</div><div class=main>{paragraphs(*story)}"
        f"</div></div><div class=right><h3>About us</h3>{ABOUT}</div>"
    )
    found = fields(layout, REGIONAL, body, title="x", listed=HEAD)
    assert found.body[: len(story)] == story
    assert not any("Updated" in line for line in found.body)


def test_paragraphs_that_an_editor_has_wrapped_deep_are_all_read() -> None:
    wrapped = "".join(f"<section><section><p><span>{line}</span></p></section></section>" for line in TEXT)
    body = (
        f"<h1>{HEAD}</h1><p>Updated: 2022-03-07</p><div class=story>{wrapped}</div><div class=box>{ABOUT[:300]}</div>"
    )
    assert fields("chinadaily_regional", REGIONAL, body).body == TEXT


def test_a_heading_right_below_the_stamp_is_text() -> None:
    text = f"<h3>Glass</h3><p>{TEXT[0]}</p><h3>Work</h3><p>{TEXT[1]}</p>"
    body = f"<h1>{HEAD}</h1><div>2022-03-07 Source: Harbour Paper</div><div class=c>{text}</div>"
    assert fields("general", ANY, body, title="x").body == ("Glass", TEXT[0], "Work", TEXT[1])


def test_a_title_that_only_begins_the_listings_headline_is_the_sites_name() -> None:
    listed = "东港园区玻璃厂新窑点火投产"
    body = f"<div>{listed}</div><div>编号 7</div>{paragraphs(*TEXT_ZH)}<p>2022-03-07</p>"
    found = fields("general", ANY, body, title="东港园区-新闻", listed=listed, day="2022-03-07")
    assert found.headline == listed

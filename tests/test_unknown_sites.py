"""Sites of no known family are read as a person reads them: stamps of many makes, furniture around the text."""

from datetime import UTC, datetime

import pytest

from crawler.layouts import load_layouts
from crawler.page import Page
from crawler.reading import Reading, read_article
from crawler.seeds import BUNDLED
from crawler.shown import as_shown
from storage.records import ArticleFields
from tests.builders import a_park

GENERAL = load_layouts(BUNDLED / "layouts")["general"]
NOW = datetime(2026, 11, 1, tzinfo=UTC)
FIRST = (
    "青湾新区与三家水泵制造企业在周一举行的仪式上签订协议，将在东部片区建设一座共用的铸造车间，预计明年秋天投入使用。"
)
LAST = (
    "新区负责人表示，车间的排水经过三级处理以后将全部用于绿化和道路清洗，周边的居民可以随时查看在线监测的数据和记录。"
)
TEXT = f"<p>{FIRST}</p><p>{LAST}</p>"
OTHER = (
    "东港园区的两家轴承厂上月完成了生产线的改造，产量比去年同期提高了两成，并且新招聘了四十多名熟练的技术工人和学徒。"
)
HEAD = "青湾新区签约共用铸造车间"
ENGLISH = (
    "The harbour zone has leased a cold store of nine thousand square metres to a dealer in fruit and fish, the board "
    "of the zone announced on Thursday."
)


def fields(body: str, *, title: str = f"{HEAD}-青湾新区", head: str = "", listed: str | None = None) -> ArticleFields:
    text = f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    page = Page(url="http://a.example/show/31.html", text=text, listed_headline=listed)
    read = read_article(page, [GENERAL], a_park(), NOW)
    assert isinstance(read, Reading), read
    return read.fields


def chinese(stamp: str, text: str = TEXT, behind: str = "", head: str = "") -> ArticleFields:
    return fields(f"<h1>{HEAD}</h1><div class='info'>{stamp}</div><div class='t'>{text}</div>{behind}", head=head)


def english(stamp: str, behind: str = "") -> ArticleFields:
    return fields(
        f"<h1>Cold store leased</h1>{stamp}<div><p>{ENGLISH}</p><p>{ENGLISH}</p></div>{behind}",
        title="Cold store leased | Harbour Zone",
        listed="Cold store leased",
    )


@pytest.mark.parametrize(
    ("stamp", "behind", "day"),
    [
        ("<p>published by admin on Thu, 03/07/2024 - 10:25</p>", "", "2024-03-07"),
        ("<p>Submitted by editor on Sunday, 03/07/2022 - 10:25</p>", "", "2022-07-03"),
        ("<p>by <a href='/p'>Press Office</a> | Jul 17, 2026 | <a href='/n'>News</a></p>", "", "2026-07-17"),
        ("", "<p>By portadmin|2023-10-05T08:11:20+00:00October 3rd, 2023|News|Comments Off</p>", "2023-10-03"),
    ],
    ids=["Drupal", "Drupal, the day first", "Divi", "Avada"],
)
def test_stamps_of_english_sites_are_read_as_they_are_meant(stamp: str, behind: str, day: str) -> None:
    found = english(stamp, behind)
    assert ((found.date_published or "")[:10], found.body) == (day, (ENGLISH, ENGLISH))


@pytest.mark.parametrize(
    ("stamp", "day", "source"),
    [
        ("2019年09月11日 青湾 园区新闻 1665 0", "2019-09-11", None),
        ("发布时间：<span>2020-09-14</span> 阅读：<span>102</span> 编辑：<span>乙</span>", "2020-09-14", None),
        ("2024-04-10 08:30:00 来源：青湾日报 评论：0", "2024-04-10", "青湾日报"),
        ("2018-11-21 10:06| 发布者: gx| 查看: 12| 评论: 2|来自: 青湾工会", "2018-11-21", "青湾工会"),
        ("政府门户网站 2016-12-03 08:31:12 来源：青湾日报", "2016-12-03", "青湾日报"),
        ("2019-03-04 20:05:23(点击：16) 查看评论", "2019-03-04", None),
        (
            "<p>来源：<a href='/s'>青湾工会</a> 2018-06-13 08:45</p><p>字体：<a>大</a><a>中</a><a>小</a></p>",
            "2018-06-13",
            "青湾工会",
        ),
        (
            "青湾经信局 jx.a.example 时间：2021年05月21日 09:06 来源：青湾日报【字体：大 中 小】",
            "2021-05-21",
            "青湾日报",
        ),
    ],
)
def test_stamps_of_chinese_systems_are_no_text(stamp: str, day: str, source: str | None) -> None:
    later = f"<div class='more'><p><a href='/show/30.html'>{OTHER}</a></p><p>2019年11月03日</p></div>"
    found = chinese(stamp, behind=later)
    assert ((found.date_published or "")[:10], found.source, found.body) == (day, source, (FIRST, LAST))


@pytest.mark.parametrize(
    "behind",
    [
        "<div>相关热词搜索：<a href='/tag/1'>车间</a></div>",
        "<div>发布者：系统管理员 点击数：46 发布时间：2024-05-06 10:21:33 更新时间：2024-05-07 09:00:15</div>",
        f"<h2>热门评论</h2><div>游客 2024-05-08 11:30</div><p>{OTHER}</p>",
        f"<h3>相关文章</h3><div><p>{OTHER}</p></div>",
        "<p>声明：本网站转载的内容均注明来源，如有侵权请联系我们。</p>",
        f"<div style='display: none'><p>{OTHER}</p></div>",
        "<p>Powered by Example CMS 3.4</p>",
    ],
    ids=["tags", "who entered it", "comments", "related", "disclaimer", "hidden", "maker"],
)
def test_what_systems_put_behind_a_text_is_none(behind: str) -> None:
    inside = chinese("发布时间：2024-05-06", text=TEXT + behind)
    beside = chinese("发布时间：2024-05-06", behind=behind)
    assert inside.body == beside.body == (FIRST, LAST)


def test_a_ranking_of_other_stories_is_not_taken_for_the_text() -> None:
    # The extractor passes by what is called a comment, whatever it holds.
    ranking = "".join(
        f"<li><em>{n}</em><a href='/show/{n}.html'>东港园区轴承厂完成改造第{n}期</a></li>" for n in range(5)
    )
    found = fields(
        f"<div class='comments-column'><h1>{HEAD}</h1><p>更新时间：2023-06-02</p><div class='text'>{TEXT}</div></div>"
        f"<div class='main'><div><h2>点击排行</h2><ul>{ranking}</ul></div></div>"
    )
    assert found.body == (FIRST, LAST)


def test_headings_and_cells_inside_a_text_are_lines_of_it() -> None:
    table = "<table><tr><td>项目</td><td>面积</td></tr><tr><td>铸造车间</td><td>9000平方米</td></tr></table>"
    found = chinese("发布时间：2024-05-06", text=f"<p>{FIRST}</p><h3>建设内容</h3>{table}<p>{LAST}</p>")
    assert found.body == (FIRST, "建设内容", "项目", "面积", "铸造车间", "9000平方米", LAST)


def test_what_an_extractor_takes_apart_is_put_together_again() -> None:
    shown = ("导航", "来源：青湾工会 2018-06-13 08:45", "字体：大中小", FIRST, LAST)
    pieces = ["来源：", "2018-06-13 08:45", "字体：", "大", "中", "小", FIRST, LAST]
    assert as_shown(pieces, shown) == list(shown[1:])
    assert as_shown([FIRST + LAST], shown) == [FIRST, LAST]
    assert as_shown(["another text"], shown) == ["another text"]
    heading = ("新区的车间建设进展顺利", "车间")
    assert as_shown(["新区的", "车间"], heading) == ["新区的", "车间"]


def test_a_moment_at_which_all_pages_were_made_is_no_publication() -> None:
    made = "<meta name='PubDate' content='2025-03-27 09:36:38'>"
    stamp = "日期：2025-02-26 11:54 来源："
    says_so = made + "<meta name='others' content='页面生成时间 2025-03-27 09:36:38'>"
    assert chinese(stamp, head=made).date_published == "2025-03-27T09:36:38+08:00"
    assert chinese(stamp, head=says_so).date_published == "2025-02-26T11:54:00+08:00"


@pytest.mark.parametrize(
    "body",
    [
        f"<h1>青湾信息管理与服务系统</h1><h3>{HEAD}</h3><div>{TEXT}</div><p>附件：协议（样本）.doc</p><p>发布时间：2024-05-06</p>",
        f"<h1>{HEAD}<a class='position' href='/n/'>新区要闻</a></h1><p>发布时间：2024-05-06</p><div>{TEXT}</div>",
        f"<h2>{HEAD}</h2><div>2024-05-06(点击：16) 查看评论</div><div>{TEXT}</div><div class='foot'>青湾政务平台</div>",
    ],
    ids=["the site in the h1", "a column in the h1", "the site in the foot"],
)
@pytest.mark.parametrize("title", ["通知公告", "青湾政务平台"])
def test_a_title_that_says_nothing_leaves_the_headline_to_the_listing(body: str, title: str) -> None:
    assert fields(body, title=title, listed=HEAD).headline == HEAD

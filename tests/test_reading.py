"""Reading: dates, encodings, identity, listings and layouts."""

from datetime import UTC, datetime

import pytest

from crawler.dates import read_date
from crawler.decoding import decode, encoding_named
from crawler.layouts import Layout, load_layouts
from crawler.listing import further_pages, key_of, read_listing
from crawler.page import Page
from crawler.patterns import search
from crawler.reading import Reading, Unreadable, read_article
from crawler.seeds import BUNDLED
from crawler.signs import PageSign, load_signs
from storage.identity import article_key, canonical_address
from storage.text import clean_text, first_sentences
from tests.builders import DAY_1, a_park

LAYOUTS = load_layouts(BUNDLED / "layouts")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2020.01.13", "2020-01-13"),
        ("2014/04/08", "2014-04-08"),
        ("2025年02月10日", "2025-02-10"),
        ("2026年5月11日", "2026-05-11"),
        ("Sep 8, 2017 Print", "2017-09-08"),
        ("Sept. 30, 2006", "2006-09-30"),
        ("March 7, 2022", "2022-03-07"),
        ("8 March 2022", "2022-03-08"),
        ("10/09/2018", "2018-09-10"),
        ("30-Aug-24", "2024-08-30"),
        ("22-09-26", "2022-09-26"),
        ("2024 03-20 09:09:51", "2024-03-20T09:09:51+08:00"),
        ("2021-08-20 14:45:22Share:", "2021-08-20T14:45:22+08:00"),
        ("2015-06-13 2293", "2015-06-13"),
        ("2024-05-0610:30", "2024-05-06T10:30:00+08:00"),
        ("２０２１－０３－０４", "2021-03-04"),
        ("作者:甲 乙2019-03-01来源:丙", "2019-03-01"),
    ],
)
def test_dates_are_read_as_park_sites_print_them(text: str, iso: str) -> None:
    found = read_date(text, time_zone="Asia/Shanghai", captured_at=NOW)
    assert found is not None
    assert found.iso == iso


@pytest.mark.parametrize("text", ["", "no date", "2021-13-45", "2099-01-01", "1066-10-14", "tel 022-1234-5678"])
def test_what_is_no_believable_date_is_none(text: str) -> None:
    assert read_date(text, time_zone="Asia/Shanghai", captured_at=NOW) is None


CHINESE = "云栖新区首条智能产线投产，负责人朱镕堃说，每小时可装配电机240台。"
ENGLISH_GB = "<p>He said “it’s ready” — at last.</p>"


@pytest.mark.parametrize("label", ["punycode", "idna", "undefined", "unicode-escape", "rot13", "hex", "zlib", "uu"])
@pytest.mark.parametrize("where", ["header", "meta"])
def test_a_label_that_is_of_no_page_costs_nothing(label: str, where: str) -> None:
    content = CHINESE.encode("gb18030") + b"x-" * 20_000
    if where == "meta":
        content = f'<meta charset="{label}">'.encode() + content
    decoded = decode(content, f"text/html; charset={label}" if where == "header" else "text/html")
    assert (decoded.encoding, decoded.is_damaged, CHINESE in decoded.text) == ("gb18030", False, True)
    assert encoding_named(label) is None


@pytest.mark.parametrize(
    ("content", "header"),
    [
        (CHINESE.encode("gb18030"), "text/html; charset=gb2312"),
        (CHINESE.encode("gb18030"), None),
        (CHINESE.encode("gb18030"), "text/html; charset=utf-8"),
        (CHINESE.encode("gb18030"), "text/html; charset=iso-8859-1"),
        (CHINESE.encode("utf-8"), "text/html; charset=gbk"),
        (b"\xef\xbb\xbf" + CHINESE.encode("utf-8"), "text/html; charset=gbk"),
        (b'<meta charset="gb2312">' + CHINESE.encode("gb18030"), "text/html"),
        (CHINESE.encode("utf-16"), None),
    ],
)
def test_bytes_are_decoded_right_under_any_label(content: bytes, header: str | None) -> None:
    decoded = decode(content, header)
    assert CHINESE in decoded.text
    assert not decoded.is_damaged


TRADITIONAL = "雲棲科學園區首條智慧產線投產，負責人說，每小時可裝配電機二百四十台，園區將持續優化環境。"


@pytest.mark.parametrize("encoding", ["big5", "gb18030"])
def test_traditional_characters_are_read_in_the_encoding_that_makes_common_ones_of_them(encoding: str) -> None:
    assert decode(f"<p>{TRADITIONAL}</p>".encode(encoding)).text == f"<p>{TRADITIONAL}</p>"
    # A label that the site's other pages have a right to.
    text = f'<meta charset="gb2312"><p>{TRADITIONAL}</p>'
    assert decode(text.encode(encoding)).text == text


def test_signs_that_mean_something_to_nobody_are_no_text() -> None:
    assert decode(("产业园区的\ue4c9\ue77e" * 20).encode("gb18030"), "text/html; charset=gb18030").is_damaged
    assert not decode(("\ue600" * 20 + TRADITIONAL).encode()).is_damaged  # icons


def test_an_english_page_whose_quotation_marks_are_chinese() -> None:
    assert decode(ENGLISH_GB.encode("gb18030"), "text/html; charset=iso-8859-1").text == ENGLISH_GB


def test_a_western_page_is_not_taken_for_chinese() -> None:
    text = "<p>Le café de la forêt, où l’été s’achève à Besançon.</p>"
    assert decode(text.encode("cp1252"), "text/html; charset=iso-8859-1").text == text


def test_bytes_that_are_no_text_are_damaged() -> None:
    assert decode(bytes(range(128, 256)) * 40, "text/html; charset=utf-8").is_damaged


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://tjuda.com/a/1.html", "https://www.tjuda.com/a/1.html"),
        ("http://a.example/n/1.html?utm_source=list&from=index", "http://a.example/n/1.html"),
        ("http://a.example/n/1.html;jsessionid=00FF12", "http://a.example/n/1.html"),
        ("http://a.example/n/1.html#top", "http://a.example/n/1.html"),
        ("http://a.example:80/n/1.html", "http://a.example/n/1.html"),
        ("http://b.example/gate/big5/a.example/n/1.html", "http://a.example/n/1.html"),
    ],
)
def test_an_article_is_the_same_at_addresses_that_differ_in_noise(one: str, other: str) -> None:
    assert article_key(one) == article_key(other)


def test_meaningful_parameters_tell_articles_apart() -> None:
    assert article_key("http://a.example/show.php?id=1") != article_key("http://a.example/show.php?id=2")


def test_a_document_number_outlives_its_address() -> None:
    layouts = [LAYOUTS["hanweb"]]
    assert key_of("https://a.example/art/2023/3/15/art_688_2069146.html", layouts) == key_of(
        "http://www.a.example/art/2024/1/2/art_700_2069146.html", layouts
    )


def test_c_numbers_of_china_daily_are_no_identity() -> None:
    layouts = [LAYOUTS["chinadaily_regional"]]
    one, other = (key_of(f"http://a.example/20{y}-05/06/c_277056.htm", layouts) for y in (20, 21))
    assert one != other


def test_canonical_addresses_keep_scheme_and_host() -> None:
    assert canonical_address("HTTPS://WWW.A.example/x/index.html?b=2&a=1&spm=z") == "https://www.a.example/x/?a=1&b=2"


@pytest.mark.parametrize(
    ("address", "asked_for"),
    [
        ("?news/800.html", "?news/800.html"),
        ("?list_3/&utm_source=mail", "?list_3/"),
        ("?q=%D6%D0&id=3", "?id=3&q=%D6%D0"),
        ("?q=中", "?q=%E4%B8%AD"),
        ("?id=1&spm=2", "?id=1"),
    ],
)
def test_a_query_still_leads_to_the_page_that_it_led_to(address: str, asked_for: str) -> None:
    """A path behind the question mark has no parameter, and not every site writes UTF-8."""
    assert canonical_address(f"http://a.example/{address}") == f"http://a.example/{asked_for}"
    assert canonical_address(f"http://a.example/{asked_for}") == f"http://a.example/{asked_for}"


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2016-08-10T20:00:00Z", "2016-08-11T04:00:00+08:00"),
        ("2016-08-10T20:00:00.123+0000", "2016-08-11T04:00:00+08:00"),
        ("2016-08-10T20:00:00+08:00", "2016-08-10T20:00:00+08:00"),
        ("2016-08-10 20:00-21:00", "2016-08-10T20:00:00+08:00"),
    ],
)
def test_a_stamp_with_an_offset_is_a_moment_of_its_own(text: str, iso: str) -> None:
    found = read_date(text, time_zone="Asia/Shanghai")
    assert found is not None
    assert found.iso == iso


@pytest.mark.parametrize("label", [None, "text/html; charset=iso-8859-1", "text/html; charset=utf-8"])
def test_curved_quotation_marks_of_windows_make_no_chinese(label: str | None) -> None:
    text = "<p>The park’s hall “opens” today. It is the zone’s own, “a chance for all of us”, they said.</p>"
    assert decode(text.encode("cp1252"), label).text == text
    assert decode(text.replace("’", "'").encode("gb18030"), label).text == text.replace("’", "'")


@pytest.mark.parametrize("wrongly", ["latin-1", "gb18030"])
def test_a_page_that_the_site_itself_encoded_twice_is_damaged(wrongly: str) -> None:
    page = "<p>" + "园区首批企业入驻，产值同比增长百分之十，的确可喜。" * 20 + "</p>"
    twice = page.encode().decode(wrongly, "replace").encode()
    assert not decode(page.encode()).is_damaged
    assert decode(twice).is_damaged


def test_a_few_accents_are_neither_chinese_nor_damage() -> None:
    text = "<p>The café of Zürich sells crêpes and naïve art.</p>"
    for content in (text.encode("cp1252"), text.encode()):
        assert (decode(content).text, decode(content).is_damaged) == (text, False)


def listing(html: str, layout: str, **more: object) -> tuple[list[tuple[str, str | None, str | None]], str | None]:
    page = Page(url="http://eastgate.example/col/col1/index.html", text=html)
    found = read_listing(page, [LAYOUTS[layout]], a_park(), **more)  # type: ignore[arg-type]
    return [(link.key, link.headline, link.date) for link in found.links], found.next.url if found.next else None


def test_a_hanweb_listing_hides_in_a_script() -> None:
    links, following = listing(
        """<script type="text/xml"><datastore>
        <nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy?page=1&webid=1"></a>]]>
        </nextgroup><recordset>
        <record><![CDATA[<li><a href='/art/2024/5/1/art_1_77.html' title='The whole headline of it'>The whole…</a>
        <span>2024-05-01</span></li>]]></record>
        <record><![CDATA[<table><tr><td><a href="/art/2024/4/1/art_1_76.html">Older<i>2024.04.01</i></a></td></tr>
        </table>]]>        </record></recordset></datastore></script><a href="/art/2020/1/1/art_9_1.html">menu</a>""",
        "hanweb",
    )
    assert links == [("doc:77", "The whole headline of it", "2024-05-01"), ("doc:76", "Older", "2024.04.01")]
    assert following == "http://eastgate.example/module/web/jpage/dataproxy?page=2&webid=1"


def test_the_records_of_a_hanweb_listing_may_be_rows_of_a_table() -> None:
    rows = "".join(
        f"<record><![CDATA[<tr><td><a href='/art/2024/5/{n}/art_1_{n}.html'>Hall {n} opens</a></td>"
        f"<td>2024-05-0{n}</td></tr>]]></record>"
        for n in (2, 1)
    )
    links, _ = listing(f"<script><datastore><recordset>{rows}</recordset></datastore></script>", "hanweb")
    assert links == [("doc:2", "Hall 2 opens", "2024-05-02"), ("doc:1", "Hall 1 opens", "2024-05-01")]


@pytest.mark.parametrize(
    ("item", "date"),
    [
        (
            "<h2>{a}</h2><time>Feb 16, 2025</time><p>The plant was begun on March 3, 2024, they said.</p>",
            "Feb 16, 2025",
        ),
        ("{a} [16 February 2025]", "16 February 2025"),
        ("{a}<em>25-02-16</em>", "25-02-16"),
        ("{a}<p>The plant was begun on March 3, 2024, they said.</p>", None),
    ],
)
def test_a_date_with_its_months_name_counts_where_it_stands_alone(item: str, date: str | None) -> None:
    items = [item.format(a=f'<a href="/english/2025-02-16/{n}.html">Plant {n} opens</a>') for n in (1, 2)]
    links, _ = listing("<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>", "tjuda")
    assert links == [(f"doc:{n}", f"Plant {n} opens", date) for n in (1, 2)]


def test_a_link_around_its_date_is_no_headline_with_a_date() -> None:
    links, _ = listing('<a href="/english/2025-02-16/1.html">A plant opens<i>Feb 16, 2025</i></a>', "tjuda")
    assert links == [("doc:1", "A plant opens", "Feb 16, 2025")]


def test_links_that_lead_off_the_site_are_left_out() -> None:
    links, _ = listing(
        """<ul class="list-group list-fuwu"><li><a href="http://evil.example/english/2024-05-01/1.html">x</a></li>
        <li><a href="javascript:go('/2024-05-01/2.html')">y</a></li><li><a href="http://[bad/2024-05-01/3.html">z</a></li>
        <li><a href="/english/news/parknews/2024-05-01/4.html">good</a><span>2024-05-01</span></li></ul>""",
        "tjuda",
    )
    assert links == [("doc:4", "good", "2024-05-01")]


def test_a_listing_goes_on_at_its_next_link() -> None:
    _, following = listing(
        """<div class="lis_box"><h3><a href="/2024-05/01/c_1.htm">A</a></h3></div><div><a href="news.html">1</a>
        <a href="news_2.html">2</a> <a href="news_9.html">9</a></div>""",
        "chinadaily_regional",
    )
    assert following == "http://eastgate.example/col/col1/news_2.html"


def test_a_listing_of_ten_thousand_links_is_cut_and_says_so() -> None:
    html = "".join(f'<li><a href="/english/2024-05-01/{n}.html">n</a></li>' for n in range(10_000))
    found = read_listing(Page(url="http://eastgate.example/", text=html), [LAYOUTS["tjuda"]], a_park())
    assert (len(found.links), found.is_cut) == (2000, True)


def test_a_story_names_its_further_pages() -> None:
    page = Page(
        url="http://a.example/2024-05/01/c_5.htm",
        text='<a href="c_5_2.htm">2</a><a href="c_5_4.htm">4</a><a href="c_9_7.htm">another story</a>',
    )
    assert further_pages(page, LAYOUTS["chinadaily_regional"].rules.article.pages) == tuple(
        f"http://a.example/2024-05/01/c_5_{n}.htm" for n in (2, 3, 4)
    )


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
@pytest.mark.parametrize(
    ("html", "sign"),
    [
        ("<p>拖动滑块完成拼图</p>", PageSign.BLOCKED),
        ("<p>请先完成人机验证</p>", PageSign.BLOCKED),
        ("<h1>登录</h1><form><input name=u><input name=p type=password></form>", PageSign.LOGIN),
        ("<h1>Access verification</h1><p>Please type the characters. 请完成验证码后继续。</p>", PageSign.BLOCKED),
        ("<div><h2>Sorry, the page you visited does not exist or has been deleted.</h2></div>", PageSign.NOT_FOUND),
        ("<div><h2>对不起，您访问的页面不存在或已被删除！</h2></div>", PageSign.NOT_FOUND),
        ("<h1>Oops! That page can’t be found.</h1><p>Maybe try a search?</p>", PageSign.NOT_FOUND),
        ("<h1>Nothing here</h1><p>It looks like nothing was found at this location.</p>", PageSign.NOT_FOUND),
        ("<h2>Checking if the site connection is secure</h2>", PageSign.BLOCKED),
        ("<h1>Just a moment...</h1>", PageSign.BLOCKED),
        ("<p>Just a moment of silence was kept for the men of the old mill.</p>", None),
        ("<p>This service is currently unavailable to visitors, said the office.</p>", None),
        ("<p>Nothing was found at the site of the old weir, said the council.</p>", None),
        ("<p>Sorry, the service is unavailable</p>", PageSign.BLOCKED),
        ("<p>很抱歉，您的访问请求已被系统阻断</p>", PageSign.BLOCKED),
        ("<form><input type=password></form><h2>404 Not Found</h2>", PageSign.NOT_FOUND),
        ("<div style='display:none'><input type=password></div><p>Kiln is lit</p>", None),
        ("<h1>Eastgate Park</h1><p>Welcome to our park, which has many factories and gardens to see.</p>", None),
        ("", None),
        ("<div>" * 5000, None),
    ],
    ids=[
        "slider",
        "proof of a person",
        "login",
        "wall",
        "not found",
        "not found in Chinese",
        "not found by a weblog",
        "nothing found",
        "a check of the connection",
        "a moment",
        "a moment of silence",
        "a service of the park",
        "nothing found by a council",
        "out of service",
        "cut off in Chinese",
        "login above 404",
        "hidden login",
        "home page",
        "empty",
        "deep",
    ],
)
def test_a_page_that_is_no_article_is_never_read_as_one(layout: Layout, html: str, sign: PageSign | None) -> None:
    page = Page(url="http://eastgate.example/2024-05/06/c_5.htm", text=f"<html><body>{html}</body></html>")
    assert isinstance(read_article(page, [layout], a_park(), DAY_1), Unreadable)
    assert load_signs().of(page) is sign


def test_the_reading_says_which_locator_won() -> None:
    html = '<h1>Head</h1><p>(src.example)</p><p>Updated: 2024-05-01</p><div class="art_cont"><p>Words.</p></div>'
    result = read_article(
        Page(url="http://a.example/2024-05/01/c_5.htm", text=html), [LAYOUTS["chinadaily_regional"]], a_park(), DAY_1
    )
    assert isinstance(result, Reading)
    assert result.located_by["headline"].startswith("selector:h1")
    assert result.located_by["body"] == "selector:div.art_cont"


def test_invisible_signs_and_overrides_do_not_survive_the_door() -> None:
    assert clean_text("a\u202eb\u200bc\x00d\ud800 \u2028e\n") == "abcd\ufffd e"


def test_an_excerpt_ends_where_a_sentence_does() -> None:
    body = ("One sentence here. Another one follows it. And a third that is long.",)
    assert first_sentences(body, 45) == "One sentence here. Another one follows it."
    assert first_sentences(("一句话。", "第二句话在这里。"), 40) == "一句话。第二句话在这里。"


def read(layout: str, url: str, html: str) -> Reading:
    result = read_article(Page(url=url, text=html), [LAYOUTS[layout]], a_park(), NOW)
    assert isinstance(result, Reading), result
    return result


@pytest.mark.parametrize(
    ("info", "source"),
    [
        ("来源：天津发布 浏览次数：12", "天津发布"),
        ("来源：市政府办公室编辑部 发布日期：2023-01-02", "市政府办公室编辑部"),
        ("Source: Dalian Daily ReleaseDate: 2023-01-02", "Dalian Daily"),
        ("Source: Author: Li Editor: Wang", None),
        ("Source: Zone Office Views: 12", "Zone Office"),
    ],
)
def test_a_source_ends_where_the_next_label_begins(info: str, source: str | None) -> None:
    html = f'<h1>Head of it</h1><div>{info}</div><div id="zoom"><p>数据来源：统计局。</p><p>Words.</p></div>'
    assert read("hanweb", "http://a.example/art/2023/1/2/art_1_2.html", html).fields.source == source


def test_a_paragraph_that_begins_like_a_byline_is_not_lost() -> None:
    text = "News\n\nHead\n\nUpdated: 2024-05-01\n\nFirst.\n\nBy 2025, output will double.\n\nCopyright X\n"
    page = Page(url="http://a.example/2024-05/01/c_5.htm", text=text, is_html=False)
    result = read_article(page, [LAYOUTS["chinadaily_regional"]], a_park(), NOW)
    assert isinstance(result, Reading)
    assert result.fields.body == ("First.", "By 2025, output will double.")


def test_a_bracket_in_the_text_is_no_source_and_share_words_are_none() -> None:
    html = """<h1>Head</h1><p>Updated: 2024-05-01 | Print</p>
    <div class="art_cont"><p>One.</p><p>Two.</p><p>Three.</p><p>(Figures as of March)</p></div>"""
    assert read("chinadaily_regional", "http://a.example/2024-05/01/c_5.htm", html).fields.source is None


def test_a_headline_in_several_elements_is_read_as_it_is_seen() -> None:
    count = "<script>count('1507')</script>"
    page = f"""<html><body><h1 class="arti_title">云栖新区<b>举办</b>招商{count}推介会<br>签约十二个</h1>
        <p>发布时间：<b>2024-05-06</b><b>10:30</b></p><div class="wp_articlecontent"><p>{CHINESE}</p></div>
        </body></html>"""
    found = read_article(Page(url="http://a.example/1.htm", text=page), [LAYOUTS["sudy_webplus"]], a_park(), NOW)
    assert isinstance(found, Reading)
    assert (found.fields.headline, found.fields.date_published) == (
        "云栖新区举办招商推介会 签约十二个",
        "2024-05-06T10:30:00+08:00",
    )


def test_crumbs_in_elements_of_their_own_are_no_headline() -> None:
    html = """<ol><li>Current Location:</li><li>Home</li><li>Park News</li></ol><h4>Park News</h4><h1>The headline</h1>
    <p>Words.</p><p>Source: X Release Time:2024-05-01 08:00:00</p>"""
    fields = read("tjuda", "http://a.example/parknews/2024-05-01/1.html", html).fields
    assert (fields.headline, fields.body) == ("The headline", ("Words.",))


@pytest.mark.parametrize("line", ["1" * 60 + "x", "-" * 400 + "x", "Share " * 90 + "x", "中文|" * 120 + "x "])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_no_pattern_backtracks_without_end(layout: Layout, line: str) -> None:
    rules = layout.rules.article
    for pattern in (*rules.skip, *rules.drop, *rules.end):
        search(pattern, line)  # raises if it takes too long


def test_a_time_in_the_afternoon_and_a_magazine_called_today() -> None:
    afternoon = read_date("2024-05-01 3:05 PM", time_zone="Asia/Shanghai", captured_at=NOW)
    assert afternoon is not None
    assert afternoon.iso == "2024-05-01T15:05:00+08:00"
    assert read_date("China Today", time_zone="Asia/Shanghai", captured_at=NOW) is None


def test_an_article_that_mentions_a_removal_is_not_a_not_found_page() -> None:
    text = "All trade barriers have been removed, and the old customs post, officials said on Monday, " * 3
    page = Page(url="http://a.example/1.html", text=f"<html><body><p>{text}</p></body></html>")
    assert load_signs().of(page) is None


STAMPED = "<h1>{}</h1><p>Updated: {} (A Paper)</p><div id='Content'><p>A hall was built.</p></div>"


def test_an_article_is_looked_for_where_it_stands_and_on_the_whole_page_if_it_is_not_there() -> None:
    aside = "<div class='side'><h1>Weather</h1><p>Updated: 2024-05-03 (Radio)</p></div>"
    found = read(
        "chinadaily_regional",
        "http://a.example/2024-05/01/c_5.htm",
        aside + f"<div class='lft_art'>{STAMPED.format('The headline', '2024-05-01')}</div>",
    ).fields
    assert (found.headline, found.date_published, found.source) == ("The headline", "2024-05-01", "A Paper")
    elsewhere = read(
        "chinadaily_regional",
        "http://a.example/2024-05/01/c_5.htm",
        f"<div class='lft_art'><h1>Weather</h1></div>{STAMPED.format('The headline', '2024-05-01')}",
    ).fields
    assert (elsewhere.date_published, elsewhere.body) == ("2024-05-01", ("A hall was built.",))
    hidden = f"<div hidden><div class='lft_art'>{STAMPED.format('Draft', '2024-04-01')}</div></div>"
    seen = read(
        "chinadaily_regional", "http://a.example/2024-05/01/c_5.htm", hidden + STAMPED.format("New", "2024-05-01")
    )
    assert seen.fields.date_published == "2024-05-01"

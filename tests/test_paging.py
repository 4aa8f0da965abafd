"""How listings of each family name their articles and go on."""

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.layouts import load_layouts
from crawler.listing import further_pages, key_of, pages_beside, read_listing
from crawler.page import Page
from crawler.paging import next_page
from crawler.seeds import BUNDLED
from tests.builders import a_park
from tests.conftest import Desk
from tests.tricksite import TrickSite, ok

LAYOUTS = load_layouts(BUNDLED / "layouts")
BASE = "http://eastgate.example"


def read(layout: str, html: str, url: str = f"{BASE}/news/index.html", number: int = 1):  # type: ignore[no-untyped-def]
    found = read_listing(Page(url=url, text=html), [LAYOUTS[layout]], a_park(), number)
    links = [(link.url.removeprefix(BASE), link.headline, link.date) for link in found.links]
    return links, found.next.url.removeprefix(BASE) if found.next else None, found.last_number


def item(href: str, headline: str = "Hall opens", date: str = "2024-05-01") -> str:
    return f'<li><a href="{href}">{headline}</a><span>{date}</span></li>'


@pytest.mark.parametrize(
    ("layout", "href", "address"),
    [
        ("trs_wcm", "./202405/t20240501_77.html", "/news/202405/t20240501_77.html"),
        ("ucap", "/x/202405/0123456789abcdef0123456789abcdef.shtml", None),
        ("gkmlpt", "/news/content/post_77.html", None),
        ("boda_vsb", "../info/1042/77.htm", "/info/1042/77.htm"),
        ("sudy_webplus", "/2024/0501/c15a77/page.htm", None),
        ("dedecms", "/a/news/2024/0501/77.html", None),
        ("empirecms", "/html/news/2024/kx_0501/77.html", None),
        ("metinfo", "/news85/shownews.php?lang=en&id=77", "/news85/shownews.php?id=77&lang=en"),
        ("general", "/news/2024/77.html", None),
    ],
)
def test_a_listing_names_its_articles_and_the_next_page(layout: str, href: str, address: str | None) -> None:
    links, following, _ = read(
        layout, f'<ul>{item(href)}</ul><a href="/about/">About us</a><a href="next_2.html">下一页</a>'
    )
    assert links == [(address or href, "Hall opens", "2024-05-01")]
    assert following == "/news/next_2.html"


def test_trs_counts_the_second_page_as_one() -> None:
    html = f'{item("./202405/t20240501_77.html")}<script>createPageHTML(3, 0, "index", "html");</script>'
    assert read("trs_wcm", html)[1:] == ("/news/index_1.html", 3)
    assert read("trs_wcm", html, f"{BASE}/news/index_1.html", 2)[1] == "/news/index_2.html"
    assert read("trs_wcm", html, f"{BASE}/news/index_2.html", 3)[1] is None


def test_a_story_of_trs_goes_on_at_number_one() -> None:
    rules = LAYOUTS["trs_wcm"].rules.article
    page = Page(url=f"{BASE}/news/t20240501_77.html", text='<a href="t20240501_77_2.html">3</a>')
    assert further_pages(page, rules.pages, rules.second_page) == (
        f"{BASE}/news/t20240501_77_1.html",
        f"{BASE}/news/t20240501_77_2.html",
    )


@pytest.mark.parametrize(
    ("layout", "path"),
    [
        ("hanweb", "/art/2024/5/1/art_5_77.html"),
        ("ucap", f"/202405/{'7' * 32}.shtml"),
        ("gkmlpt", "/content/post_77.html"),
        ("dedecms", "/a/news/2024/0501/77.html"),
        ("empirecms", "/html/news/2024/kx_0501/77.html"),
        ("chinadaily_regional", "/2024-05/01/c_77.htm"),
    ],
)
def test_a_story_goes_on_where_its_own_address_has_a_number_more(layout: str, path: str) -> None:
    stem, _, ext = path.rpartition(".")
    neighbour = path.replace("77.", "78.")
    links = f'<a href="{stem}_2.{ext}">2</a><a href="{stem}_3.{ext}">3</a><a href="{neighbour}">Next story</a>'
    page = Page(url=f"{BASE}{path}", text=f"{links}<a href='{neighbour.replace('.', '_4.')}'>Its fourth page</a>")
    rules = LAYOUTS[layout].rules
    assert further_pages(page, rules.article.pages) == (f"{BASE}{stem}_2.{ext}", f"{BASE}{stem}_3.{ext}")
    keys = [key_of(url, [LAYOUTS[layout]]) for url in (page.url, f"{BASE}{stem}_2.{ext}")]
    assert keys[0] == keys[1]


@pytest.mark.parametrize(("name", "pages"), [("t20240501_77", ["_1", "_2"]), ("index", [])])
def test_a_pager_that_a_script_draws_is_the_storys_if_it_bears_its_name(name: str, pages: list[str]) -> None:
    rules = LAYOUTS["trs_wcm"].rules
    page = Page(url=f"{BASE}/t20240501_77.html", text=f'<script>createPageHTML(3, 0, "{name}", "html");</script>')
    found = further_pages(page, rules.article.pages, rules.article.second_page, rules.listing.paging.script)
    assert found == tuple(f"{BASE}/t20240501_77{number}.html" for number in pages)


@pytest.mark.parametrize(
    ("link", "leads_on"),
    [
        ('<a href="list2.htm"><span>下一页&gt;&gt;</span></a>', True),
        ('<a href="list2.htm" title="下一页"><img src="next.gif"></a>', True),
        ('<a href="list2.htm"><img src="n.gif" alt="Next"></a>', True),
        ('<a href="list2.htm">&gt;</a>', True),
        ('<a href="list2.htm">上一页</a>', False),
    ],
)
def test_the_link_to_the_next_page_is_known_by_its_words_and_its_picture(link: str, leads_on: bool) -> None:
    _, following, _ = read("sudy_webplus", item("/2024/0501/c15a77/page.htm") + link)
    assert following == ("/news/list2.htm" if leads_on else None)


@pytest.mark.parametrize(
    ("layout", "script", "following"),
    [
        ("trs_wcm", "createPageHTML('page-div',34, 0,'index','html',680)", "/news/index_1.html"),
        ("trs_wcm", 'var countPage = 34; createPageHTML(countPage, 0, "index", "html")', "/news/index_1.html"),
        ("ucap", "createPageHTML('page_div',12, 1,'nav_list','shtml',230)", "/news/nav_list_2.shtml"),
    ],
)
def test_a_pager_that_a_script_draws_leads_on(layout: str, script: str, following: str) -> None:
    href = {"trs_wcm": "t20240501_77.html", "ucap": "/x/202405/0123456789abcdef0123456789abcdef.shtml"}[layout]
    assert read(layout, f"{item(href)}<script>{script}</script>")[1] == following


@pytest.mark.parametrize(
    ("layout", "parameter", "answer"),
    [
        ("ucap", "currpage", {"infolist": [{"title": "Hall opens", "link": "ADDRESS", "pubtime": "2024-05-01"}]}),
        (
            "gkmlpt",
            "page",
            {"articles": [{"title": "Hall opens", "url": "ADDRESS", "date": "2024-05-01"}], "total": 40},
        ),
    ],
)
def test_a_listing_that_comes_as_json_counts_its_own_pages(layout: str, parameter: str, answer: dict) -> None:  # type: ignore[type-arg]
    address = {"ucap": "/x/202405/0123456789abcdef0123456789abcdef.shtml", "gkmlpt": "/news/content/post_77.html"}
    text = json.dumps({"data": answer}).replace("ADDRESS", address[layout])
    links, following, _ = read(layout, text, f"{BASE}/api/list?{parameter}=4&channel=9", 4)
    assert links == [(address[layout], "Hall opens", "2024-05-01")]
    assert following == f"/api/list?{parameter}=5&channel=9"


@pytest.mark.parametrize("text", ['{"infolist": []}', '{"infolist": "x"}', "{", "[1, [2]]", "[" * 5000])
def test_json_that_names_no_article_is_an_empty_listing(text: str) -> None:
    assert read("ucap", text, f"{BASE}/api?currpage=2", 2)[:2] == ([], None)


def records(first: int, last: int) -> str:
    numbers = range(first, min(last, 7) + 1)
    rows = "".join(
        f"<record><![CDATA[{item(f'/art/2024/5/{n}/art_3_{n}.html', f'Hall {n} opens')}]]></record>" for n in numbers
    )
    return f"<datastore><nextgroup></nextgroup><recordset>{rows}</recordset></datastore>"


ARTICLE = (
    '<html><head><meta name="ArticleTitle" content="Hall {0} opens"><meta name="PubDate" content="2024-05-0{0}"></head>'
    '<body><div id="zoom"><p>Hall {0} has a floor of 900 square meters.</p></div></body></html>'
)


@pytest.fixture
def hanweb(desk: Desk, site: TrickSite) -> TrickSite:
    for number in range(1, 8):
        site.pages[f"/art/2024/5/{number}/art_3_{number}.html"] = ok(ARTICLE.format(number))
    (desk.folder / "parks" / "han.toml").write_text(
        f'name = "Han Park"\nlistings = ["{site.base}/col/col3/index.html"]\nlayouts = ["hanweb"]\n', encoding="utf-8"
    )
    return site


def test_further_records_are_asked_for_by_post(desk: Desk, hanweb: TrickSite) -> None:
    forms: list[dict[str, list[str]]] = []
    hanweb.pages["/col/col3/index.html"] = ok(
        f'<html><body><div id="31"><script type="text/xml">{records(1, 3)}</script></div><script>'
        "$('#31').jpage({perPage: 3, totalRecord: 7, proxyUrl: '/module/jpage/dataproxy.jsp',"
        "param: {col: '1', appid: '1', webid: '2', path: '/', columnid: '3', sourceContentType: '1', unitid: '31',"
        "webname: '汉园', permissiontype: '0'}});</script></body></html>"
    )

    def answer(request: BaseHTTPRequestHandler):  # type: ignore[no-untyped-def]
        asked = parse_qs(urlsplit(request.path).query)
        forms.append(parse_qs(request.form))  # type: ignore[attr-defined]
        return ok(records(int(asked["startrecord"][0]), int(asked["endrecord"][0])))

    for first in (4, 7):
        hanweb.pages[f"/module/jpage/dataproxy.jsp?startrecord={first}&endrecord={first + 2}&perpage=3"] = answer
    desk.must("crawl")
    assert len(desk.rows("articles")) == 7
    assert [(form["columnid"], form["webname"]) for form in forms] == [(["3"], ["汉园"])] * 2


HOT = f'<div class="hot"><ul>{item("/art/2024/5/2/art_3_2.html", "Hall 2 opens")}</ul></div>'


@pytest.mark.parametrize(("total", "goes_on"), [("", True), ("<totalrecord>6</totalrecord>", False)])
def test_records_are_asked_for_as_far_as_the_list_says_it_goes(total: str, *, goes_on: bool) -> None:
    paging = LAYOUTS["hanweb"].rules.listing.paging
    url = "http://a.example/module/jpage/dataproxy.jsp?startrecord=4&endrecord=6&perpage=3"
    page = Page(url=url, text=records(4, 6).replace("</datastore>", f"{total}</datastore>"))
    assert (next_page(page, paging, number=2, listed=3, form="col=1") is not None) is goes_on


@pytest.mark.parametrize("beside", ["", HOT], ids=["nothing else", "hot news"])
def test_a_column_page_that_lists_nothing_itself_names_the_gateway_that_does(
    desk: Desk, hanweb: TrickSite, beside: str
) -> None:
    hanweb.pages["/col/col3/index.html"] = ok(
        f'<html><body>{beside}<div class="column"><div>'
        '<script url="/api-gateway/jpaas-publish-server/front/page/build/unit"'
        " queryData=\"{'webId':'w1','pageId':'p1','parseType':'bulidstatic','pageType':'column','tagId':'list',"
        "'tplSetId':'t1','editType':'null'}\"></script></div></div></body></html>"
    )

    def answer(request: BaseHTTPRequestHandler):  # type: ignore[no-untyped-def]
        asked = json.loads(parse_qs(urlsplit(request.path).query)["paramJson"][0])
        numbers = range(7, 0, -1)[(asked["pageNo"] - 1) * 4 : asked["pageNo"] * 4]
        rows = "".join(item(f"/art/2024/5/{n}/art_3_{n}.html", f"Hall {n} opens") for n in numbers)
        markup = f'<ul>{rows}</ul><div class="pagination" rows="4" count="7"></div>'
        return 200, {"Content-Type": "application/json"}, json.dumps({"data": {"html": markup}}).encode()

    class Gateway(dict):  # type: ignore[type-arg]
        def get(self, path, default=None):  # type: ignore[no-untyped-def]
            return answer if path.startswith("/api-gateway/") else super().get(path, default)

    hanweb.pages = Gateway(hanweb.pages)
    desk.must("crawl")
    assert len(desk.rows("articles")) == 7
    [visit] = desk.rows("visits")
    assert (visit["outcome"], visit["listing_pages"]) == ("done", 2)
    (desk.folder / "parks" / "han.toml").unlink()
    added = desk.must("parks", "add", f"{hanweb.base}/col/col3/index.html", "--slug", "third", "--dry-run")
    assert "4 articles on the listing, which goes on at" in added


def test_a_story_of_an_unknown_site_goes_on_at_its_own_address_with_a_number() -> None:
    def beside(*links: tuple[str, str]) -> list[str]:
        text = "".join(f'<a href="{address}">{said}</a>' for said, address in links)
        found = pages_beside(Page(url=f"{BASE}/news/story77.html?from=mail", text=text))
        return [url.removeprefix(f"{BASE}/news/") for url in found]

    two, three = ("2", "story77_2.html"), ("3", "story77_3.html")
    assert beside(("1", "story77.html"), two, three, ("9", "story77_9.html")) == ["story77_2.html", "story77_3.html"]
    assert beside(("2", "story77_1.html"), ("3", "story77_2.html")) == ["story77_1.html", "story77_2.html"]
    assert beside(("Next story", "story77_2.html"), ("2", "story78_2.html"), ("2", "story78.html")) == []
    assert beside(("24", "story77_24.html"), ("2", "http://other.example/news/story77_2.html")) == []


def test_records_that_would_fetch_or_unfold_something_else_are_markup_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("what nobody may see", encoding="utf-8")
    item = "<li><a href='/art/2024/5/3/art_12_31.html'>A weir &more; &file;</a><span>2024-05-03</span></li>"
    entities = "".join(f'<!ENTITY more{n} "{f"&more{n - 1};" * 10}">' for n in range(1, 12))
    text = (
        f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY more0 "more">{entities}<!ENTITY more "&more11;">'
        f'<!ENTITY file SYSTEM "file://{secret}">]><datastore><recordset><record><![CDATA[{item}]]></record>'
        f'<record><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{secret}" parse="text"/></record>'
        "</recordset></datastore>"
    )
    park = a_park()
    url = f"http://{next(iter(park.hosts))}/module/jpage/dataproxy.jsp?page=1"
    links = read_listing(Page(url=url, text=text), [load_layouts(BUNDLED / "layouts")["hanweb"]], park).links
    assert [link.date for link in links] == ["2024-05-03"]
    said = str(links)
    assert "nobody may see" not in said
    assert len(said) < 1000

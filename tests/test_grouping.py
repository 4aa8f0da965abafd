"""A list is told by what lists look like, where no layout knows the form of its articles' addresses."""

import pytest

from crawler.grouping import forms_of, largest_group
from crawler.layouts import has_form, load_layouts
from crawler.listing import ListingPage, read_listing
from crawler.page import Page
from crawler.seeds import BUNDLED
from storage.records import Park
from tests.builders import a_park
from tests.conftest import Desk
from tests.test_general import story
from tests.tricksite import TrickSite, ok

GENERAL = load_layouts(BUNDLED / "layouts")["general"]
MENU = "".join(f"<li><a href='/{name}/'>{name.replace('-', ' ')}</a></li>" for name in ("news", "about-us", "invest"))
WHY = "<li><a href='/why-makers-of-pumps-come-here/'>Why makers of pumps come to the zone</a></li>"
STORIES = (
    ("zone-opens-second-hall-for-pumps", "Zone opens a second hall for makers of pumps"),
    ("river-port-gets-a-new-crane", "River port gets a new crane for heavy goods"),
    ("nine-firms-sign-for-the-east", "Nine firms sign for sites in the eastern quarter"),
    ("school-and-zone-train-welders", "School and zone train forty welders together"),
    ("heat-from-the-works-warms-flats", "Heat from the works warms two thousand flats"),
)


def a_list(*, dated: bool = True, address: str = "/{slug}/") -> str:
    rows = "".join(
        f"<div class='post n{at}'><h3><a href='{address.format(slug=slug, n=400 + at)}'>{text}</a></h3>"
        f"{f'<time>March {at + 1}, 2026</time>' if dated else ''}</div>"
        for at, (slug, text) in enumerate(STORIES)
    )
    return f"<html><body><ul class='menu'>{MENU}{WHY}</ul><main><div class='posts'>{rows}</div></main></body></html>"


def listed(html: str, *, url: str = "http://a.example/news/", articles: tuple[str, ...] = ()) -> ListingPage:
    park = Park(
        slug="a", name="a", time_zone="UTC", language="en", listings=(url,), layouts=("general",),
        hosts=frozenset({"a.example"}), articles=articles,
    )  # fmt: skip
    return read_listing(Page(url=url, text=html), [GENERAL], park)


@pytest.mark.parametrize(
    ("addresses", "form"),
    [
        (["/n/74.html", "/n/8.html"], r"^/n/\d+\.html$"),
        (["/2026/09/25/zone-opens-a-hall/", "/2025/12/02/crane-for-port/"], r"^/\d+/\d+/\d+/[^/-]+(?:-[^/-]+){2,}/$"),
        (["/?p=2339", "/?p=4"], r"^/\?p=\d+$"),
        (["/x/read.do?c=1&k=4", "/x/read.do?c=1&k=19"], r"^/x/read\.do\?c=1&k=\d+$"),
        (["/c/art_" + "0a" * 16 + ".html", "/d/art_" + "b1" * 16 + ".html"], r"^/[^/]+/art_[0-9a-f]+\.html$"),
        (["/press/2025/06/ice-on-the-lock", "/press/2025/06/flood-and-dam"], r"^/press/\d+/\d+/[^/-]+(?:-[^/-]+){2,}$"),
        (["/2025-06/a1.html", "/2025-06/a2.html"], r"^/\d+-\d+/a\d+\.html$"),
        (["/col/12/a1.html", "/col/12/a2.html"], r"^/col/12/a\d+\.html$"),
        (["/?news/74.html", "/?notes/8.html"], r"^/\?[^/]+/\d+\.html$"),
        (["/zone-opens-a-new-hall/", "/crane-for-the-port/"], r"^/[^/-]+(?:-[^/-]+){3,}/$"),
    ],
)
def test_what_addresses_share_is_their_form(addresses: list[str], form: str) -> None:
    assert forms_of([f"http://a.example{address}" for address in addresses]) == (form,)


@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize(
    "address", ["/{slug}/", "/stories/{slug}", "/page?about={slug}", "/?p={n}", "/story{n}/", "/?news/{n}.html"]
)
def test_the_articles_of_a_list_are_found_without_a_layout(address: str, *, dated: bool) -> None:
    html = a_list(dated=dated, address=address)
    group = largest_group(Page(url="http://a.example/news/", text=html), frozenset({"a.example"}))
    found = listed(html, articles=group.forms)
    assert [link.headline for link in found.links if "Why" not in str(link.headline)] == [text for _, text in STORIES]
    assert [link.date for link in found.links[-5:]] == [f"March {at + 1}, 2026" if dated else None for at in range(5)]


def test_a_menu_is_no_list() -> None:
    html = f"<html><body><ul>{MENU}{MENU.replace('/news', '/media')}</ul></body></html>"
    assert not largest_group(Page(url="http://a.example/", text=html), frozenset({"a.example"})).urls


@pytest.mark.long
def test_a_site_of_slugs_is_added_and_watched(desk: Desk, site: TrickSite) -> None:
    # A next page alone makes no frame of it, whose list would be there.
    site.pages["/news/"] = ok(a_list().replace("</main>", "<a href='/news/?page=1'>Next</a></main>"))
    site.pages["/news/?page=1"] = ok(a_list())
    for number, (slug, text) in enumerate(STORIES, 1):
        status, headers, body = story(number)
        site.pages[f"/{slug}/"] = (status, headers, body.replace(f"Test bench {number} opens".encode(), text.encode()))
    said = desk.must("parks", "add", f"{site.base}/news/", "--slug", "slugs")
    assert "the form of their addresses alone tells some of its articles" in said
    assert "articles = [" in (desk.folder / "parks" / "slugs.toml").read_text()
    desk.must("crawl", "slugs")
    assert sorted(row["headline"] for row in desk.rows("articles")) == sorted(text for _, text in STORIES)


@pytest.mark.parametrize(
    "address",
    [
        "/NewsView.aspx?id=7", "/newsc.aspx?id=7", "/index.php?m=content&c=index&a=show&catid=10&id=7",
        "/show-10-460-1.html", "/a/news/74.html", "/2026/09/25/hall/", "/archives/351", "/?p=2339",
        "/news/" + "0a" * 12 + ".html", "/gov/5817008/index.html", "/newsShow.jsp?newsid=31",
    ],
)  # fmt: skip
def test_forms_that_many_systems_give_their_articles_are_known(address: str) -> None:
    assert GENERAL.is_article(f"http://a.example{address}")


@pytest.mark.parametrize(
    "address",
    [
        "/channels/20085.html",
        "/view_list.aspx?id=4",
        "/list/120.html",
        "/news/",
        "/about/2.html",
        "/newslist.aspx?id=3",
    ],
)
def test_columns_and_further_pages_are_no_articles(address: str) -> None:
    assert not GENERAL.is_article(f"http://a.example{address}")


def test_a_form_that_names_a_query_sees_it() -> None:
    assert has_form("http://a.example/x?id=4", [r"^/x\?id=\d+$"])
    assert has_form("http://a.example/x/4.html?from=1", [r"/\d+\.html$"])
    assert not has_form("http://a.example/x", [r"^/x\?id=\d+$"])


def items(*rows: str, head: str = "", foot: str = "") -> ListingPage:
    return listed(f"<html><head>{head}</head><body><ul>{''.join(rows)}</ul>{foot}</body></html>")


def test_links_start_where_the_page_says() -> None:
    row = "<li><a href='n/show.jsp?id=4'>Nine firms sign</a></li>"
    found = items(row, head="<base href='http://a.example/park/'>")
    assert [link.url for link in found.links] == ["http://a.example/park/n/show.jsp?id=4"]
    led_away = items(row, head="<base href='http://evil.example/park/'>")
    assert [link.url for link in led_away.links] == ["http://a.example/news/n/show.jsp?id=4"]


def test_what_a_second_link_says_is_no_headline_and_a_pagers_no_article() -> None:
    found = items(
        "<li><a href='/n/411.html' title='Nine firms sign'>Read More ‣</a></li>",
        "<li><a href='/n/412.html'><h3>一号厂房封顶</h3></a><a href='/n/412.html'>了解更多</a></li>",
        foot="<a href='/n/413.html'>2</a><a href='/n/499.html'>尾页</a>",
    )
    assert [link.headline for link in found.links] == ["Nine firms sign", "一号厂房封顶"]


def test_a_date_in_two_elements_is_one_and_a_neighbours_is_nobodys() -> None:
    split = "<li><div><b>09-25</b><i>2026</i></div><a href='/n/411.html'>Nine firms sign</a></li>"
    assert items(split).links[0].date == "2026-09-25"
    relative = items("<li><p><a href='411.html'>One</a></p><p><a href='412.html'>Two</a> 2026-09-24</p></li>")
    assert [link.date for link in relative.links] == [None, "2026-09-24"]


@pytest.mark.parametrize(
    ("pager", "onward"),
    [
        ("<a href='/news/?c=2'>[下一页]</a>", "/news/?c=2"),
        ("<a href='/news/page/2/'>Older posts</a>", "/news/page/2/"),
        ("<a tagname='/news/11040-2.html' onclick=\"go(this,'/news/11040-2.html')\">下一页</a>", "/news/11040-2.html"),
        ("<a href='javascript:void(0)' onclick=\"go('/news/i_2.html')\">下一页</a>", "/news/i_2.html"),
        ("<script>createPageHTML('10','0','index','html');</script>", "/news/index_1.html"),
        ("<script>createPageHTML('paging',25,1,'index','html',500);</script>", "/news/index_2.html"),
        ("<script>createPageHTML(25,0,'index','shtml');</script>", "/news/index_1.shtml"),
    ],
)
def test_pagers_of_many_makes_lead_on(pager: str, onward: str) -> None:
    found = items("<li><a href='/n/411.html'>Nine firms sign</a></li>", foot=pager)
    assert found.next is not None
    assert found.next.url == f"http://a.example{onward}"


def test_a_parks_own_forms_join_those_of_its_layouts() -> None:
    rows = "<li><a href='/n/411.html'>One</a></li><li><a href='/zone-opens-a-hall/'>Two</a></li>"
    assert [link.headline for link in listed(rows).links] == ["One"]
    assert [link.headline for link in listed(rows, articles=("^/[^/]+/$",)).links] == ["One", "Two"]


def test_entries_of_a_list_that_no_layout_knows_are_watched_with_the_others(desk: Desk, site: TrickSite) -> None:
    rows = "".join(
        f"<li><a href='/n/{name}'>Test bench {n} opens for makers of valves</a> 2024-05-0{n}</li>"
        for n, name in enumerate(
            ("t-2024-a.html", "t-2024-b.html", "t-hall-c.html", "t-hall-d.html", "t-port-e.html"), 1
        )
    )
    site.pages["/n/"] = ok(f"<html><body><ul>{MENU}</ul><ul>{rows}</ul></body></html>")
    for n, name in enumerate(("t-2024-a.html", "t-2024-b.html", "t-hall-c.html", "t-hall-d.html", "t-port-e.html"), 1):
        site.pages[f"/n/{name}"] = story(n)
    assert "5 articles on the listing" in desk.must("parks", "add", f"{site.base}/n/", "--slug", "benches")
    assert a_park().articles == ()

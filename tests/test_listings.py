"""What listings of many makes say of their articles, and where they go on."""

import pytest

from crawler.layouts import load_layouts
from crawler.listing import ListingPage, read_listing
from crawler.page import Page
from crawler.seeds import BUNDLED
from tests.builders import a_park

LAYOUTS = load_layouts(BUNDLED / "layouts")


def listed(entries: str, layout: str = "general", url: str = "http://eastgate.example/news/") -> ListingPage:
    page = Page(url=url, text=f"<html><body>{entries}</body></html>")
    return read_listing(page, [LAYOUTS[layout]], a_park())


@pytest.mark.parametrize(
    ("day", "read"),
    [
        ("<b>11</b><i>2023-10</i>", "2023-10-11"),
        ("<i>2023.10</i><b>11</b>", "2023-10-11"),
        ("<b>11</b><i>2023年10月</i>", "2023-10-11"),
        ("<b>10-11</b><i>2023</i>", "2023-10-11"),
        ("<i>2023</i><b>10/11</b>", "2023-10-11"),
        ("<b>11</b><i>Oct 2023</i>", "11 Oct 2023"),
        ("<b>11</b><i>2023 works</i>", None),
    ],
)
def test_a_listings_day_may_stand_in_elements_side_by_side(day: str, read: str | None) -> None:
    entries = "".join(
        f"<li><div>{day}</div><a href='/show/{n}.html'>Weir rebuilt, part {n} of the story</a></li>" for n in range(6)
    )
    assert {link.date for link in listed(f"<ul>{entries}</ul>").links} == {read}


@pytest.mark.parametrize(
    ("day", "read"),
    [
        ("<time datetime='2024-05-03T10:00:00Z'>3 days ago</time>", "2024-05-03"),
        ("<i>Posted on May 3, 2024</i>", "May 3, 2024"),
        ("<i>Friday, 3 May 2024</i>", "3 May 2024"),
        ("<i>News | May 3, 2024</i>", "May 3, 2024"),
        ("<i>May 3, 2024 · Press releases</i>", "May 3, 2024"),
        ("<i>3-May-24</i>", "3-May-24"),
        ("<i>Open on May 3, 2024</i>", None),
        ("<i>Open house | May 3, 2024</i>", None),
    ],
)
def test_a_listings_day_is_read_behind_its_label_and_off_a_time(day: str, read: str | None) -> None:
    entries = "".join(f"<li><a href='/show/{n}.html'>Weir rebuilt, part {n}</a>{day}</li>" for n in range(6))
    assert {link.date for link in listed(f"<ul>{entries}</ul>").links} == {read}


def test_a_link_that_says_the_day_is_no_headline() -> None:
    entries = "".join(
        f"<li><a href='/show/{n}.html'>May {n}, 2024</a><a href='/show/{n}.html'>Weir rebuilt, part {n}</a></li>"
        for n in range(1, 6)
    )
    assert {link.headline for link in listed(f"<ul>{entries}</ul>").links} == {
        f"Weir rebuilt, part {n}" for n in range(1, 6)
    }


@pytest.mark.parametrize(
    "link",
    [
        "<b>[置顶]</b>{}",
        "{}<span class='new'>NEW</span>",
        "<i>05-10</i>{}",
        "<i>News</i><div class='card__title'>{}</div><p>Why it matters.</p><i>3 May 2024</i>",
        "<time datetime='2024-05-03'>May 3, 2024</time> <strong>{}</strong><p>Why it matters to all.</p>",
        "<b class='title-icon'>3</b><strong>{}</strong><p class='subtitle'>Why it matters to all.</p>",
    ],
    ids=["pinned", "new", "day", "card", "teaser", "icon"],
)
def test_a_link_around_a_whole_entry_holds_its_headline_and_other_things(link: str) -> None:
    said = "New weir of the park rebuilt, part {} of 24/7"
    entries = "".join(f"<li><a href='/show/{n}.html'>{link.format(said.format(n))}</a></li>" for n in range(6))
    assert {found.headline for found in listed(f"<ul>{entries}</ul>").links} == {said.format(n) for n in range(6)}


def test_what_stands_in_an_element_of_its_own_may_belong_to_the_headline() -> None:
    said = ("<b>New</b> hall opens", "<b>24/7</b> service begins", "<b>Weir</b> rebuilt")
    entries = "".join(f"<li><a href='/show/{n}.html'>{text}</a></li>" for n, text in enumerate(said))
    wanted = {text.replace("<b>", "").replace("</b>", "") for text in said}
    assert {found.headline for found in listed(f"<ul>{entries}</ul>").links} == wanted


STORIES = "<ul>" + "".join(f"<li><a href='/show/{n}.html'>Weir rebuilt, part {n}</a></li>" for n in range(6)) + "</ul>"


@pytest.mark.parametrize(
    ("pager", "page"),
    [
        ("<a href='?p=1'>1</a><a href='?p=2'>2</a><a href='?p=3'>3</a><a href='?p=2'>›</a><a href='?p=9'>»</a>", "2"),
        ("<div>Notices <a href='/notices/?p=1'>&gt;&gt;</a></div><a href='?p=2'>Next</a>", "2"),
        ("<a href='/notices/?p=1'>&gt;</a><a rel='next' href='?p=2'>More stories</a>", "2"),
        ("<a href='?p=2' aria-label='Next page'><svg></svg></a>", "2"),
        ("<a href='?p=2'>&gt;</a>", "2"),
    ],
    ids=["an arrow to the end", "an arrow of a box", "for machines", "for those who listen", "an arrow alone"],
)
@pytest.mark.parametrize("layout", ["general", "metinfo"])
def test_a_listing_goes_on_where_its_pager_says_so_and_not_where_any_arrow_leads(
    pager: str, page: str, layout: str
) -> None:
    stories = (
        STORIES.replace("/show/", "/news/shownews.php?id=").replace(".html", "") if layout == "metinfo" else STORIES
    )
    found = listed(stories + pager, layout)
    assert found.next is not None
    assert found.next.url == f"http://eastgate.example/news/?p={page}"


@pytest.mark.parametrize(
    ("layout", "address", "following"),
    [
        (
            "boda_vsb",
            "content.jsp?urltype=news.NewsContentUrl&wbtreeid=10&wbnewsid={}",
            "list.jsp?PAGENUM=2&wbtreeid=10",
        ),
        ("dedecms", "/plus/view.php?aid={}", "/plus/list.php?tid=12&PageNo=2"),
        ("empirecms", "/e/action/ShowInfo.php?classid=5&id={}", "/e/action/ListInfo/?classid=5&page=1"),
    ],
)
def test_a_list_of_a_site_that_makes_its_pages_when_they_are_asked_for(
    layout: str, address: str, following: str
) -> None:
    entries = "".join(f"<li><a href='{address.format(n)}'>Weir rebuilt, part {n}</a></li>" for n in range(700, 706))
    found = listed(f"<ul>{entries}</ul><a href='{following}'>下一页</a>", layout)
    assert [link.headline for link in found.links] == [f"Weir rebuilt, part {n}" for n in range(700, 706)]
    assert found.next is not None
    assert found.next.url.endswith(following)


@pytest.mark.parametrize("layout", ["dedecms", "ucap"])
def test_a_box_beside_a_list_of_the_sites_own_design_is_none_of_it(layout: str) -> None:
    path = {"dedecms": "/news/2024/0506/{}.html", "ucap": "/xw/202405/{:032x}.html"}[layout]

    def entries(numbers: range, day: str) -> str:
        return "".join(f"<li><a href='{path.format(n)}'>Weir rebuilt, part {n}</a>{day}</li>" for n in numbers)

    hot, own = entries(range(90, 96), ""), entries(range(8), "<i>2024-05-06</i>")
    assert len(listed(f"<div class='hot'><ul>{hot}</ul></div><div><ul>{own}</ul></div>", layout).links) == 8

"""Articles that are a poster, a film or a row of photos: no text, and nothing of the page's frame taken for one."""

import pytest

from crawler.layouts import load_layouts
from crawler.page import Page
from crawler.reading import Reading, Unreadable, read_article
from crawler.seeds import BUNDLED
from tests.builders import DAY_1, a_park
from tests.conftest import Desk
from tests.tricksite import TrickSite, ok

LAYOUTS = load_layouts(BUNDLED / "layouts")
POSTER = '<p><img src="/poster.jpg" alt=""></p>'
TEXT = "<p>The quay was lengthened by ninety metres, so that two of the large ferries can now load side by side.</p>"
FRAME = (
    "<div>Seen by <b>2528</b></div><div class='end'><p>Sponsor: Harbour Office &nbsp; Host: Harbour Press</p>"
    "<p>Address: 188 Seaside Avenue &nbsp; Telephone: 0599-86990000</p></div>"
)


def page(number: int, content: str) -> str:
    return (
        f"<html><head><title>Quay {number} in one picture</title></head><body><h1 class='arti_title'>Quay {number} in "
        f"one picture</h1><p>Release Time: 2024-05-0{number}</p><div class='wp_articlecontent'>{content}</div>{FRAME}"
        "</body></html>"
    )


@pytest.fixture
def harbour(desk: Desk, site: TrickSite) -> TrickSite:
    rows = "".join(f"<li><a href='/2024/050{n}/c1a{n}/page.htm'>Quay {n} in one picture</a></li>" for n in (2, 1))
    site.pages["/news/list.htm"] = ok(f"<html><body><ul>{rows}</ul></body></html>")
    park = f'name = "Harbour"\nlistings = ["{site.base}/news/list.htm"]\nlayouts = ["sudy_webplus"]\n'
    (desk.folder / "parks" / "harbour.toml").write_text(park, encoding="utf-8")
    return site


def put(site: TrickSite, number: int, content: str) -> None:
    site.pages[f"/2024/050{number}/c1a{number}/page.htm"] = ok(page(number, content))


@pytest.mark.long
def test_a_poster_is_an_article_without_text_and_the_text_that_comes_later_an_edit(
    desk: Desk, harbour: TrickSite
) -> None:
    put(harbour, 1, TEXT)
    put(harbour, 2, TEXT)
    desk.must("crawl")
    rows = (harbour.pages["/news/list.htm"][2]).replace(  # type: ignore[index]
        b"<ul>", b"<ul><li><a href='/2024/0503/c1a3/page.htm'>Quay 3 in one picture</a></li>"
    )
    harbour.pages["/news/list.htm"] = ok(rows.decode())
    put(harbour, 3, POSTER)
    desk.must("crawl")
    assert desk.changes() == [("new", "Quay 3 in one picture")]
    assert [row["body"] for row in desk.rows("articles") if row["headline"].startswith("Quay 3")] == [""]
    desk.must("subscribe", "reader@a.example")
    desk.must("digest", "1", "--preview", "-o", str(desk.folder / "digest.html"))
    assert "no text, only a picture" in (desk.folder / "digest.html").read_text(encoding="utf-8")
    put(harbour, 3, TEXT)
    desk.must("crawl", "--recheck", "all")
    assert desk.changes()[1:] == [("edited", "Quay 3 in one picture")]
    desk.must("verify")


def test_a_text_that_gives_way_to_a_picture_is_unread_and_no_edit(desk: Desk, harbour: TrickSite) -> None:
    put(harbour, 1, TEXT)
    put(harbour, 2, TEXT)
    desk.must("crawl")
    put(harbour, 2, '<img src="/loading.gif">')
    desk.run("crawl", "--recheck", "all")
    assert desk.changes() == []
    assert "its text is gone and only pictures are left" in desk.run("status").stdout


def test_an_empty_element_is_no_picture_and_prose_elsewhere_is_the_text() -> None:
    def read(content: str, beside: str = "") -> Reading | Unreadable:
        text = page(1, content).replace("wp_articlecontent", "TRS_Editor").replace(FRAME, f"<div>{beside}</div>{FRAME}")
        shown = Page(url="http://a.example/t20240501_1.htm", text=text)
        return read_article(shown, [LAYOUTS["trs_wcm"]], a_park(), DAY_1)

    empty, poster, moved = read(""), read(POSTER), read(POSTER, TEXT * 3)
    assert not (isinstance(empty, Reading) and not empty.fields.body)
    assert isinstance(poster, Reading)
    assert poster.fields.body == ()
    assert isinstance(moved, Reading)
    assert moved.fields.body[0].startswith("The quay was lengthened")


def test_a_park_whose_first_article_is_a_picture_can_be_checked(desk: Desk, harbour: TrickSite) -> None:
    for number in (1, 2):
        put(harbour, number, POSTER)
    said = desk.must("parks", "check", "harbour")
    assert "body            pictures alone" in said
    assert max(map(len, said.splitlines())) < 140

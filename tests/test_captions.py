"""A caption that bears no mark is told from a paragraph by where it stands; headings and texts are taken for none."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.captions import captions_in
from crawler.layouts import load_layouts
from crawler.page import Page
from crawler.reading import Reading, read_article
from crawler.seeds import BUNDLED
from tests.builders import DAY_1, a_park

LAYOUTS = load_layouts(BUNDLED / "layouts")
PICTURE = '<p style="text-align: center"><img src="/weir.jpg"></p>'
SAID = "Anglers at the new weir"
CAPTION = f'<p style="TEXT-ALIGN: center"><span>{SAID}</span></p>'
WORDS = (
    "The weir at the mouth of the river was raised by half a metre, so that barges find more water in the dry months."
)
PARAGRAPH = f"<p>{WORDS}</p>"


def found_in(content: str) -> set[str]:
    page = LexborHTMLParser(f"<html><body><div id=text>{content}</div></body></html>")
    return {*captions_in(page.css("#text")[0])}


@pytest.mark.parametrize(
    "content",
    [
        PARAGRAPH + PICTURE + CAPTION,
        PICTURE + "\n<!-- editor -->\n" + CAPTION + PARAGRAPH,
        '<p align="center"><a href="/big"><img src="/weir.jpg"></a></p><p align="Center">' + SAID + "</p>" + PARAGRAPH,
        PARAGRAPH + '<div><video src="/weir.mp4"></video></div>' + CAPTION + PICTURE,
        PICTURE + f'<p align="center"><b>Weir:</b> {SAID}</p>',
    ],
    ids=["last", "with a comment between", "aligned", "of a film", "with a bold word"],
)
def test_a_centred_line_right_below_a_picture_is_its_caption(content: str) -> None:
    assert {said.removeprefix("Weir: ") for said in found_in(content)} == {SAID}


@pytest.mark.parametrize(
    "content",
    [
        PICTURE + f"<p>{SAID}</p>",
        PICTURE + PARAGRAPH + CAPTION,
        PICTURE + "Words of the text." + CAPTION,
        f"<p>Words <img src='/sign.gif'></p>{CAPTION}",
        PICTURE + f'<h2 align="center">{SAID}</h2>',
        PICTURE + f'<p align="center"><strong>{SAID}</strong></p>' + PARAGRAPH,
        PICTURE + f'<p align="center">{SAID * 9}</p>' + PARAGRAPH,
        PICTURE + CAPTION + '<p align="center">A text that is centred as a whole.</p>',
        PICTURE + f'<p align="center">{SAID} <img src="/other.jpg"></p>',
        f'<img src="/weir.jpg">{CAPTION}',
        PICTURE + '<p align="center"> </p>',
    ],
    ids=[
        "not centred",
        "further down",
        "behind words",
        "below words",
        "heading",
        "bold",
        "long",
        "all centred",
        "a picture itself",
        "a picture of no block",
        "empty",
    ],
)
def test_what_only_stands_near_a_picture_is_no_caption(content: str) -> None:
    assert found_in(content) == set()


@pytest.mark.parametrize("layout", ["chinadaily_regional", "general"])
@pytest.mark.parametrize(("content", "body"), [(PICTURE + CAPTION + PARAGRAPH, (WORDS,)), (PICTURE + CAPTION, (SAID,))])
def test_a_caption_is_no_paragraph_unless_nothing_else_is_said(
    layout: str, content: str, body: tuple[str, ...]
) -> None:
    text = (
        "<html><head><title>The weir is raised</title></head><body><h1>The weir is raised</h1>"
        f"<p>Updated: 2022-05-06</p><div class=art_cont>{content}</div></body></html>"
    )
    found = read_article(Page("http://weir.example/2022-05/06/c_8.htm", text), [LAYOUTS[layout]], a_park(), DAY_1)
    assert isinstance(found, Reading), found
    assert found.fields.body == body

"""The element that holds the text is found by what stands in it, whatever else the page is full of."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.density import densest_block

SENTENCE = "The zone handed the keys of nine workshops to makers of pumps on Monday morning. "
TEXT = f"<p>{SENTENCE}</p>" * 3


def found_in(*parts: str) -> str | None:
    page = LexborHTMLParser(f"<html><body>{''.join(parts)}</body></html>")
    assert page.body is not None
    node = densest_block(page.body)
    return node.attributes.get("id") if node else None


@pytest.mark.parametrize(
    "beside",
    [
        "<div id=menu>" + "<p>Unit of the zone</p>" * 40 + "</div>",
        "<div id=stories>" + f"<p><a href=/1>{SENTENCE}</a></p>" * 9 + "</div>",
        f"<nav id=nav>{TEXT * 3}</nav>",
        f"<aside id=aside>{TEXT * 3}</aside>",
        f"<footer><div id=foot>{TEXT * 3}</div></footer>",
        f"<div class=site-footer><div id=foot><p>{SENTENCE * 4}</p></div></div>" + "<p>Short words.</p>" * 20,
        f"<div style='display:none'><div id=unseen>{TEXT * 3}</div></div>",
        "".join(f"<div id=teaser{n}><p>{SENTENCE}</p></div>" for n in range(9)),
    ],
    ids=["short labels", "links", "nav", "aside", "footer", "a marked foot", "hidden", "many teasers"],
)
def test_what_else_is_on_a_page_is_not_its_text(beside: str) -> None:
    text = f"<div id=text>{TEXT}</div>"
    assert found_in(text, beside) == found_in(beside, text) == "text"


def test_text_and_a_box_beside_it_are_not_taken_together() -> None:
    box = f"<div id=box><p>{SENTENCE}</p><p>{SENTENCE}</p></div>"
    assert found_in(f"<div id=both><div id=text>{TEXT}</div>{box}</div>") == "text"


def test_paragraphs_that_are_wrapped_one_by_one_meet_in_what_holds_them_all() -> None:
    assert found_in("<div id=text>" + f"<div><p>{SENTENCE}</p></div>" * 4 + "</div>") == "text"


def test_stray_words_around_the_blocks_of_a_page_make_no_paragraph_of_it() -> None:
    stray = f"<div id=outer><div id=page>{SENTENCE * 9}<div id=text>{TEXT}</div></div></div>"
    assert found_in(stray) == "text"


def test_a_span_may_be_called_a_paragraph() -> None:
    spans = f"<span class='p'>{SENTENCE}</span>" * 3
    assert found_in(f"<div id=text>{spans}</div><div id=other><p>{SENTENCE}</p></div>") == "text"


def test_a_page_without_a_paragraph_has_no_text() -> None:
    assert found_in("<ul><li>Home</li><li>News</li></ul>") is None

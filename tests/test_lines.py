"""A page's lines are what a person sees of it, whatever stands between two pieces of text."""

import pytest

from crawler.page import Page


def lines(body: str) -> tuple[str, ...]:
    return Page(url="http://a.example/1.html", text=f"<html><body>{body}</body></html>").lines


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("<p>园区今年<b>新签</b>项目</p>", ("园区今年新签项目",)),
        ("<p>园区<i style='display: none'>内部</i>今年</p>", ("园区今年",)),
        ("<p>园区<i hidden><b> 内部 </b></i>今年</p>", ("园区今年",)),
        ("<p>The <b>park</b> <i>grows</i></p>", ("The park grows",)),
        ("<p>The park<script>count()</script> grows</p>", ("The park grows",)),
        ("<p>The park<figcaption>A photo</figcaption></p><p>grows</p>", ("The park", "grows")),
        ("The park<div></div>grows", ("The park", "grows")),
        ("<span>The park</span><br><span>grows</span>", ("The park", "grows")),
        ("<td><own-word>The park</own-word> grows", ("The park grows",)),
    ],
)
def test_two_texts_share_a_line_where_a_person_sees_one(body: str, seen: tuple[str, ...]) -> None:
    assert lines(body) == seen


def test_elements_of_a_pages_own_are_known_by_their_names_alone() -> None:
    # The parser numbers them anew on every page: what one page calls a block is another one's word.
    for _ in range(300):
        assert lines("a<ucapcontent>b</ucapcontent>c") == ("a", "b", "c")
        assert lines("a<own-word>b</own-word>c") == ("abc",)

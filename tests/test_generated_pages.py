"""Pages that nobody made are thrown at every layout: whatever comes, a field is right or it is not there."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.layouts import Layout, load_layouts
from crawler.lines import BLOCKS, visible_lines
from crawler.listing import read_listing
from crawler.page import Page, Part
from crawler.reading import Reading, Unreadable, read_article
from crawler.rules import LayoutFile
from crawler.seeds import BUNDLED
from tests.builders import a_park

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

LAYOUTS = load_layouts(BUNDLED / "layouts")
FAMILIES = [layout for layout in LAYOUTS.values() if not layout.is_general]
NOW = datetime(2024, 6, 1, tzinfo=UTC)

SAID = """
Park News|Current Location:Home > Park News|Release Time:|Release Time:2024-05-01 08:00:00|Updated:|Updated: 2024-05-01
By A Name, Updated: May 1, 2024|(paper.example)|来源：|来源：晨报 作者：|发布时间：2024年5月1日|Date: 31/12/2099
2024-13-45|22-09-26|L M S|Copyright|责任编辑：甲|验证码|1 2 3 >|
A hall of the park was built last year, and nobody knows what for.
园区新建厂房，面积九百平方米，明年春天起对外招租，欢迎阀门制造企业入驻。
"""
ODD = ["\x00", "\u202e txet desrever", "\ud83c\udf00", "e" + "\u0301" * 40, "A hall was built. " * 40]
WORDS = st.sampled_from([*SAID.strip().replace("\n", "|").split("|"), *ODD])
TEXT = st.one_of(WORDS, st.text(max_size=40))
TAGS = st.sampled_from(
    "p div span h1 h2 h3 td tr table li ul a b br font center section article ucapcontent script style select".split()  # noqa: SIM905
)
MARKS = st.sampled_from(
    [
        "",
        "id=zoom",
        "class=TRS_Editor",
        "id=Content",
        "class=v_news_content",
        "class=art_cont",
        "hidden",
        "style='display:none'",
        "id=vsb_content",
        "href='/art/2024/5/1/art_1_2.html'",
        "href='//[bad'",
        "class='viewbox content'",
    ]
)
MARKUP = st.recursive(
    TEXT,
    lambda inner: st.builds(
        lambda tag, mark, parts, closed: f"<{tag} {mark}>{''.join(parts)}{f'</{tag}>' if closed else ''}",
        TAGS,
        MARKS,
        st.lists(inner, max_size=5),
        st.booleans(),
    ),
    max_leaves=25,
)
METAS = st.lists(
    st.builds(
        '<meta name="{}" content="{}">'.format,
        st.sampled_from(["ArticleTitle", "pubdate", "ContentSource", "og:title"]),
        st.one_of(WORDS, st.text(alphabet=st.characters(exclude_characters='"'), max_size=30)),
    ),
    max_size=4,
)
ADDRESSES = st.sampled_from(
    [
        "/parknews/2024-05-01/77.html",
        "/2024-05/01/c_77.htm",
        "/art/2024/5/1/art_1_77.html",
        "/202405/t20240501_77.html",
        "/info/1/77.htm",
        "/content/post_77.html",
        "/a/news/2024/0501/77.html",
        "/2024/0501/c1a77/page.htm",
        "/x",
    ]
)
PAGES = st.builds(
    lambda path, title, metas, parts: Page(
        url=f"http://eastgate.example{path}",
        text=f"<html><head><title>{title}</title>{''.join(metas)}</head><body>{''.join(parts)}</body></html>",
    ),
    ADDRESSES,
    TEXT,
    METAS,
    st.lists(MARKUP, max_size=8),
)
TEXT_PAGES = st.builds(
    lambda path, lines: Page(url=f"http://eastgate.example{path}", text="\n".join(lines), is_html=False),
    ADDRESSES,
    st.lists(TEXT, max_size=12),
)
thorough = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def is_clean(text: str) -> bool:
    """Say whether a reader sees all of a text: no controls, no marks that turn it around, no ends of lines."""
    return text == text.strip() and all(unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl") for sign in text)


def must_be_right(reading: Reading, page: Page) -> None:
    fields = reading.fields
    assert fields.headline
    assert len(fields.headline) <= 500
    assert fields.body or any(f"<{tag}" in page.text for tag in ("img", "video", "audio", "iframe", "embed", "object"))
    assert all(is_clean(text) and text for text in (fields.headline, *fields.body))
    assert fields.source is None or (is_clean(fields.source) and 0 < len(fields.source) <= 80)
    assert (fields.date_published is None) == (fields.date_published_raw is None)
    if fields.date_published:
        moment = datetime.fromisoformat(fields.date_published)
        assert moment.year >= 1990
        assert moment.replace(tzinfo=UTC) <= NOW + timedelta(days=3)
    if not reading.layout.is_general:
        seen = "\n".join(page.lines)
        assert all(paragraph in seen for paragraph in fields.body)


@given(page=st.one_of(PAGES, TEXT_PAGES))
@settings(thorough, max_examples=250)
def test_a_family_reads_a_page_rightly_or_not_at_all(page: Page) -> None:
    for layout in FAMILIES:
        result = read_article(Page(page.url, page.text, page.is_html), [layout], a_park(), NOW)
        if isinstance(result, Reading):
            must_be_right(result, Page(page.url, page.text, page.is_html))


@given(page=PAGES)
@settings(thorough, max_examples=40)
def test_the_general_extractor_reads_a_page_rightly_or_not_at_all(page: Page) -> None:
    result = read_article(page, [LAYOUTS["general"]], a_park(), NOW)
    if isinstance(result, Reading):
        must_be_right(result, page)


@given(page=PAGES)
@settings(thorough, max_examples=100)
def test_no_listing_leads_off_the_site(page: Page) -> None:
    for layout in LAYOUTS.values():
        found = read_listing(page, [layout], a_park())
        assert all(link.url.startswith("http://eastgate.example/") for link in found.links)


@given(page=PAGES)
@settings(thorough, max_examples=150)
def test_the_text_of_a_block_is_a_part_of_the_text_of_its_page(page: Page) -> None:
    for node in page.tree.body.css(", ".join(BLOCKS - {"br", "hr", "ucapcontent", "body"})) if page.tree.body else []:
        said = tuple(visible_lines(node))
        assert said == () or said in (page.lines[at : at + len(said)] for at in range(len(page.lines)))


@given(page=PAGES)
@settings(thorough, max_examples=150)
def test_lines_that_are_noted_on_the_way_are_those_of_the_block(page: Page) -> None:
    for tag in ("div", "td", "ucapcontent", "span"):
        part = Part(page.tree.body)
        part.expect(tag)
        assert list(part.lines) == visible_lines(page.tree.body)
        for node in part.css(tag)[:1]:
            assert part.lines_of(node) == visible_lines(node)


def layout_with(**article: object) -> Layout:
    rules = {
        "title": "t",
        "recognise": {"selectors": ["body"]},
        "listing": {"articles": ["/x$"]},
        "article": {
            "headline": {"locators": [{"selector": "h1"}]},
            "date_published": {"locators": [{"listing": True}]},
            "body": {"locators": [{"selector": "div"}]},
            **article,
        },
    }
    return Layout("careless", LayoutFile.model_validate(rules))


@pytest.mark.parametrize(
    "article",
    [
        {"drop": ["(a|aa)+$"]},
        {"headline": {"locators": [{"line": "(?P<value>(a|aa)+)$"}]}},
        {"headline": {"locators": [{"selector": "h1"}], "strip": ["(a|aa)+$"]}},
        {"headline": {"locators": [{"selector": "h1"}], "reject": ["^(a|aa)+$"]}},
    ],
)
def test_a_pattern_that_backtracks_without_end_is_given_up_and_named(article: dict[str, object]) -> None:
    text = f"<h1>{'a' * 400}b</h1><div>{'a' * 280}b</div>"
    result = read_article(Page("http://eastgate.example/x", text), [layout_with(**article)], a_park(), NOW)
    assert isinstance(result, Unreadable)
    assert "careless: the pattern " in result.reason
    assert "(a|aa)+" in result.reason

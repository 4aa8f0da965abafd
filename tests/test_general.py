"""A park on no known layout is useful at once, and its readings are marked as what they are."""

from pathlib import Path

import pytest

from crawler import page as pages
from crawler.body import body_from
from crawler.general import general_body
from crawler.layouts import load_layouts
from crawler.reading import Reading, read_article
from crawler.seeds import BUNDLED
from tests.builders import DAY_1, a_park
from tests.conftest import Desk
from tests.tricksite import Page, TrickSite, ok

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

WORDS = (
    "The valve quarter has opened a second test bench for high pressures, which small firms may rent by the day. "
    "It was paid for by the district and three makers of valves, who will run it together for the next ten years."
)


def story(number: int, words: str = WORDS) -> Page:
    return ok(
        f"<html><head><title>Test bench {number} opens - Valve Quarter</title></head><body><div class='top'>"
        "<a href='/'>Start</a><a href='/about'>About</a></div><div class='x1'>"
        f"<div class='x2'>Test bench {number} opens</div><div class='x3'>Published: 2024-05-0{number}</div>"
        f"<div class='x4'><p>{words}</p><p>Bench {number} is the last of its kind. Visits can be booked from June on, "
        "and firms from abroad are welcome as well.</p></div></div><div>Copyright Valve Quarter</div></body></html>"
    )


@pytest.fixture
def site(desk: Desk, site: TrickSite) -> TrickSite:
    rows = "".join(f"<li><a href='/blog/2024/{n}.html'>Test bench {n} opens</a> 2024-05-0{n}</li>" for n in (3, 2, 1))
    site.pages["/blog/"] = ok(f"<html><body><a href='/about'>About</a><ul>{rows}</ul></body></html>")
    for number in (1, 2, 3):
        site.pages[f"/blog/2024/{number}.html"] = story(number)
    park = f'name = "Valve Quarter"\nlistings = ["{site.base}/blog/"]\n'
    (desk.folder / "parks" / "valves.toml").write_text(park, encoding="utf-8")
    return site


def test_a_park_without_a_layout_is_read_and_marked(desk: Desk, site: TrickSite) -> None:
    desk.must("crawl")
    rows = desk.rows("articles")
    assert sorted((row["headline"], row["date_published"]) for row in rows) == [
        (f"Test bench {n} opens", f"2024-05-0{n}") for n in (1, 2, 3)
    ]
    assert all(row["body"].startswith(WORDS) for row in rows)
    assert "read by general" in desk.must("history", str(rows[0]["id"]))
    assert "read by the general extractor" in desk.must("status")


def test_what_stands_above_the_headline_is_no_text(desk: Desk, site: TrickSite) -> None:
    for number in (1, 2, 3):
        said = f"Test bench {number} opens"
        site.pages[f"/blog/2024/{number}.html"] = ok(
            f"<html><head><title>{said} | Valve Quarter</title>"
            f"<meta property='article:published_time' content='2024-05-0{number}'></head><body><main><article><header>"
            f"<p>Newsroom</p><h1>{said}</h1></header><div><p>{WORDS}</p><p>{WORDS}</p></div></article>"
            # Among its latest stories a site lists the one that is being read.
            f"</main><div><ul><li><a href='/blog/2024/{number}.html'>{said}</a></li></ul></div></body></html>"
        )
    desk.must("crawl")
    assert all(row["body"].startswith(WORDS) for row in desk.rows("articles"))


def test_a_wall_and_a_portal_page_are_no_articles_of_it(desk: Desk, site: TrickSite) -> None:
    wall = ok("<html><body><h1>Access verification</h1><p>Published: 2024-05-01</p></body></html>")
    site.pages["/blog/2024/2.html"] = wall
    site.pages["/blog/2024/1.html"] = ok(f"<html><body><h1>Valve Quarter</h1><p>{WORDS}</p></body></html>")
    desk.run("crawl")
    assert [row["headline"] for row in desk.rows("articles")] == ["Test bench 3 opens"]


def test_extract_falls_back_to_it_where_no_family_reads_a_page(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(story(1)[2])
    said = desk.must("extract", str(tmp_path / "page.html"), "--url", "http://valves.example/blog/2024/1.html")
    assert "Test bench 1 opens" in said
    assert "general" in said


def test_extract_tells_a_wall_from_an_article(desk: Desk, tmp_path: Path) -> None:
    page = tmp_path / "wall.html"
    form = "<form><p>Name</p><input name='n'><p>Password</p><input type='password'></form>"
    page.write_text(f"<html><head><title>Staff pages</title></head><body><h1>Staff pages</h1>{form}</body></html>")
    said = desk.fails("extract", str(page))
    assert said.endswith("wall.html: blocked by a page that asks to log in, so it is no article\n")


def test_extract_and_add_refuse_a_page_that_cannot_be_decoded(desk: Desk, site: TrickSite) -> None:
    site.pages["/garbage.html"] = (200, {"Content-Type": "text/html"}, bytes(range(128, 256)) * 99)
    for verb in (["extract"], ["parks", "add"]):
        assert "/garbage.html: cannot be decoded, set 'encoding'" in desk.fails(*verb, f"{site.base}/garbage.html")


def test_a_page_that_would_keep_the_extractor_busy_for_minutes_is_left_alone() -> None:
    assert general_body(pages.Page(url="http://a.example/", text="<p>some words</p>" * 30_000)) == []


def test_a_list_of_other_stories_beside_the_text_is_no_text_and_its_news_are_no_edit(
    desk: Desk, site: TrickSite
) -> None:
    def with_side(*stories: str) -> None:
        items = (
            f"<a href='/blog/2023/{at}.html'>{said}</a><span>2023-05-1{at}</span>" for at, said in enumerate(stories)
        )
        side = "".join(f"<li>{item}</li>" for item in items)
        for number in (1, 2, 3):
            before, end, after = story(number)[2].decode().partition("</div><div>Copyright")
            page = f"{before}<div class='side'><ul>{side}</ul></div>{end}{after}"
            site.pages[f"/blog/2024/{number}.html"] = ok(page)

    with_side("Notice of 2023-04-01 on the water of the quarter", "A ninth maker of valves comes to the quarter")
    desk.must("crawl")
    assert not [row for row in desk.rows("articles") if "ninth maker" in row["body"] or "the water" in row["body"]]
    with_side("The quarter has a canteen for all its firms now", "Notice of 2023-04-01 on the water of the quarter")
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []


def redesigned(number: int, words: str = WORDS) -> Page:
    return ok(
        f"<html><head><title>Test bench {number} opens - Valve Quarter</title></head><body><section class='page'>"
        f"<div class='kopf'>Test bench {number} opens</div><div class='zeit'>2024-05-0{number} | Press Office</div>"
        f"<article class='wort'><p>What follows was written by the people of the quarter for their guests.</p>"
        f"<p>{words}</p><p>Bench {number} is the last of its kind. Visits can be booked from June on, and firms "
        "from abroad are welcome as well.</p><p>Thank you for reading the news of the quarter to its end.</p>"
        "</article></section><div>Copyright Valve Quarter</div></body></html>"
    )


def test_a_redesign_of_an_unknown_site_is_no_edit_and_what_its_people_wrote_that_day_is(
    desk: Desk, site: TrickSite
) -> None:
    for number in (1, 2, 3):
        code, headers, content = story(number)  # type: ignore[misc]
        stamp = f"<p>Published 2024-05-0{number} by the Press Office</p><p>{WORDS[:9]}".encode()
        content = content.replace(b"Published: ", b"").replace(f"<p>{WORDS[:9]}".encode(), stamp)
        site.pages[f"/blog/2024/{number}.html"] = (code, headers, content)
    desk.must("crawl")
    assert all(row["body"].startswith(WORDS) for row in desk.rows("articles"))
    for number in (1, 2, 3):
        site.pages[f"/blog/2024/{number}.html"] = redesigned(
            number, WORDS.replace("ten", "nine") if number == 2 else WORDS
        )
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Test bench 2 opens")]
    desk.must("crawl", "--recheck", "all")
    assert len(desk.changes()) == 1
    desk.must("verify")


def test_a_paragraph_put_behind_an_unknown_sites_text_or_taken_away_is_an_edit(desk: Desk, site: TrickSite) -> None:
    desk.must("crawl")
    code, headers, content = story(1)  # type: ignore[misc]
    more = b"<p>The mayor of the district cut the ribbon, and a band played until late at night.</p>"
    site.pages["/blog/2024/1.html"] = (
        code,
        headers,
        content.replace(b"welcome as well.</p>", b"welcome as well.</p>" + more),
    )
    desk.must("crawl", "--recheck", "all")
    site.pages["/blog/2024/1.html"] = story(1)
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Test bench 1 opens")] * 2


def test_an_edit_on_the_second_page_of_an_unknown_sites_story_is_told(desk: Desk, site: TrickSite) -> None:
    code, headers, content = story(3)  # type: ignore[misc]
    pager = b"<a href='/blog/2024/3.html'>1</a> <a href='/blog/2024/3_2.html'>2</a>"
    site.pages["/blog/2024/3.html"] = (code, headers, content.replace(b"<div>Copyright", pager + b"<div>Copyright"))
    site.pages["/blog/2024/3_2.html"] = story(
        3, "The second page tells what a day costs: forty yuan for a firm of the quarter."
    )
    desk.must("crawl")
    [row] = [row for row in desk.rows("articles") if row["url"].endswith("3.html")]
    assert (row["body"].startswith(WORDS), "forty yuan" in row["body"]) == (True, True)
    site.pages["/blog/2024/3_2.html"] = story(
        3, "The second page tells what a day costs: fifty yuan for a firm of the quarter."
    )
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Test bench 3 opens")]


def test_what_the_extractor_glues_together_is_parted_as_the_page_shows_it() -> None:
    lines = ("Test bench opens", WORDS, f"{WORDS} Twice.", "Release Time:2024-05-01")
    items = "<br/><br/>".join(lines)
    page = pages.Page(url="http://a.example/1.html", text=f"<html><body><ul><li>{items}</li></ul></body></html>")
    assert {*lines[1:3]} <= {*general_body(page)}


def test_a_headline_of_any_length_above_the_stamp_is_no_text() -> None:
    headline = (
        "The valve quarter opens a second test bench for pressures that no other quarter of the country can measure"
    )
    article = load_layouts(BUNDLED / "layouts")["general"].rules.article
    lines = [headline, "Published 2024-05-01 by the Press Office", WORDS]
    assert body_from(lines, article, headline, frozenset(lines[:2])) == (WORDS,)


def test_a_stamp_of_two_lines_below_trail_and_headline_is_no_text() -> None:
    article = load_layouts(BUNDLED / "layouts")["general"].rules.article
    stamp = "Time: 2024-05-01 23:00 Seen: 33"
    lines = ["Source: Press Office Author: the clerk", "Time: 2024-05-01", "Seen: 33", WORDS]
    assert body_from(lines, article, "A bench opens", frozenset({stamp})) == (WORDS,)


def test_what_comes_above_the_headline_is_no_text_and_what_is_shown_below_it_is() -> None:
    agenda = "".join(f"<p>At {hour} the {what}</p>" for hour, what in ((9, "speeches"), (10, "tour"), (11, "lunch")))
    trail = "<table><tr><td></td><td>Place: <a href='/'>Start</a> &gt; News</td></tr></table>"
    head = "<div class='x2'>A bench opens</div><div>Source: Press Office<br>Time: 2024-05-01 23:00 Seen: 33</div>"

    def body(text: str) -> tuple[str, ...]:
        markup = f"<html><head><title>A bench opens</title></head><body>{trail}<div>{head}{text}</div></body></html>"
        page = pages.Page(url="http://a.example/show?id=7", text=markup)
        found = read_article(page, [load_layouts(BUNDLED / "layouts")["general"]], a_park(), DAY_1)
        assert isinstance(found, Reading)
        return found.fields.body

    assert body(f"<p>{WORDS}</p>") == (WORDS,)
    told = body(f"{agenda}<p>A bench opens</p><p>{WORDS}</p><p>{WORDS} Twice.</p>")
    assert told[0] == "At 9 the speeches"
    assert told[-2:] == (WORDS, f"{WORDS} Twice.")


@pytest.mark.parametrize("name", ["page sticky-footer", "footer-fixed"])
@pytest.mark.parametrize("layout", ["general", "trs_wcm"])
def test_an_element_named_for_its_foot_that_holds_the_text_is_no_foot(name: str, layout: str) -> None:
    markup = (
        f"<html><head><title>A bench opens</title></head><body><p>Where you are: Start</p><div class='{name}'>"
        f"<h1>A bench opens</h1><p>Release Time: 2024-05-01</p><div><p>{WORDS}</p><p>{WORDS} Twice.</p></div></div>"
        "<div class='footer'><p>Host: the Press Office of the quarter</p></div></body></html>"
    )
    page = pages.Page(url="http://a.example/t20240501_7.html", text=markup)
    found = read_article(page, [load_layouts(BUNDLED / "layouts")[layout]], a_park(), DAY_1)
    assert isinstance(found, Reading)
    assert found.fields.body == (WORDS, f"{WORDS} Twice.")


def test_a_stamp_behind_the_text_names_no_line_of_it_as_headline(desk: Desk, site: TrickSite) -> None:
    for number in (1, 2, 3):
        said = f"Test bench {number} opens"
        site.pages[f"/blog/2024/{number}.html"] = ok(
            f"<html><head><title>Valve Quarter</title></head><body><div>Where you are: Start</div><div><p>{said}</p>"
            f"<p>{WORDS}</p><p>What a day costs</p><p>Release Time: 2024-05-0{number} 10:11:12</p>"
            "<p>Technical Support: Valve Software Co., Ltd.</p></div></body></html>"
        )
    desk.must("crawl")
    for row in desk.rows("articles"):
        assert row["headline"].startswith("Test bench")
        assert row["body"].split("\n\n")[-2:] == [WORDS, "What a day costs"]


def put(site: TrickSite, number: int, old: bytes, new: bytes) -> None:
    """Serve a story with a piece of its markup replaced."""
    code, headers, content = story(number)  # type: ignore[misc]
    assert old in content
    site.pages[f"/blog/2024/{number}.html"] = (code, headers, content.replace(old, new))


LAST = b"welcome as well.</p>"
CALLED_OFF = b"<p>The opening was called off on Tuesday because the bench had burst in its trial run.</p>"


def test_a_name_taken_off_a_list_is_an_edit_though_the_text_says_it_elsewhere(desk: Desk, site: TrickSite) -> None:
    before = (
        b"<p>Alpha Valves and Beta Pumps both asked to run the bench for all.</p><p>Admitted are</p><p>Alpha Valves</p>"
    )
    put(site, 1, LAST, LAST + before + b"<p>Beta Pumps</p>")
    desk.must("crawl")
    put(site, 1, LAST, LAST + before)
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Test bench 1 opens")]


@pytest.mark.parametrize(
    ("old", "then", "now"),
    [
        (b"<p>The valve", b"<p class='MsoNormal'>The valve", b"<p>The valve"),
        (b"<body>", b"<body class='mon'>", b"<body class='tue'>"),
    ],
    ids=["an editor's paragraph", "a class of the day"],
)
def test_markup_that_is_no_design_hides_no_paragraph(
    desk: Desk, site: TrickSite, old: bytes, then: bytes, now: bytes
) -> None:
    put(site, 1, old, then)
    desk.must("crawl")
    put(site, 1, old, now)
    code, headers, content = site.pages["/blog/2024/1.html"]  # type: ignore[misc]
    site.pages["/blog/2024/1.html"] = (code, headers, content.replace(LAST, LAST + CALLED_OFF))
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == [("edited", "Test bench 1 opens")]


def test_a_text_that_a_script_holds_as_well_stands_where_a_person_sees_it(desk: Desk, site: TrickSite) -> None:
    script = f'<body><script type="application/ld+json">{{"articleBody": "{WORDS}"}}</script>'.encode()
    for number in (1, 2, 3):
        put(site, number, b"<body>", script)
    desk.must("crawl")
    for number in (1, 2, 3):
        code, headers, content = redesigned(number)  # type: ignore[misc]
        site.pages[f"/blog/2024/{number}.html"] = (code, headers, content.replace(b"<body>", script))
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []


def test_another_story_at_a_like_address_is_no_further_page(desk: Desk, site: TrickSite) -> None:
    put(site, 1, b"<div>Copyright", b"<a href='/blog/2024/1_2.html'>2</a><div>Copyright")
    site.pages["/blog/2024/1_2.html"] = story(2, "Nothing of this is said in the story of the first test bench.")
    put(site, 3, b"<div>Copyright", b"<a href='/blog/2024/3_24.html'>Report of 2024</a><div>Copyright")
    desk.must("crawl")
    bodies = [row["body"] for row in desk.rows("articles")]
    assert (len(bodies), any("Nothing of this" in body for body in bodies)) == (3, False)

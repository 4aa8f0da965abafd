"""An operator has the address of a news page; within minutes the park is watched."""

import json
import re
import ssl
import tomllib
from pathlib import Path

import pytest
import trustme

from crawler.page import Page
from crawler.proposing import propose_locators
from monitor.cli.adding import _is_better
from storage.records import Link
from tests.conftest import Desk
from tests.tricksite import LISTING, TrickSite, ok, path, status, tricking

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long


@pytest.fixture
def own(desk: Desk) -> Desk:
    (desk.folder / "layouts").mkdir()
    desk.variables |= {"PARKWATCH_SEEDS__LAYOUTS": str(desk.folder / "layouts"), "COLUMNS": "140"}
    return desk


def files(desk: Desk) -> set[str]:
    return {str(path.relative_to(desk.folder)) for path in desk.folder.rglob("*") if path.is_file()}


STORY = """<html><head><title>{headline} - Basin Park</title></head><body>
<div class="menu"><a href="/">Home</a><a href="/map.html">Map</a></div>
<div style="display:none" id="copy">{headline}</div>
<div class="kopf">{headline}</div><div class="tag">Stamped 2024-05-0{number} at noon</div>
<div class="wort"><p>The basin was filled for the first time since the flood, and ships may turn in it again.</p>
<p>Number {number} of the four locks is still being mended, which will take until the end of the summer.</p></div>
<div class="fuss"><p>Basin Park, all rights reserved, and none of the stories may be copied without asking.</p></div>
</body></html>"""


@pytest.fixture
def basin(site: TrickSite) -> TrickSite:
    """A site of nobody's make: no labels, no vendor marks."""
    headlines = {3: "Basin is filled again", 2: "Locks are mended", 1: "Flood damages the quay"}
    rows = "".join(f"<li><a href='/meldung/{n}77.html'>{h}</a><i>2024-05-0{n}</i></li>" for n, h in headlines.items())
    site.pages["/meldung/"] = ok(
        f"<html><head><title>News - Basin Park</title></head><body><div class='menu'><a href='/map.html'>Map</a></div>"
        f"<ul class='liste'>{rows}</ul></body></html>"
    )
    for number, headline in headlines.items():
        site.pages[f"/meldung/{number}77.html"] = ok(STORY.format(number=number, headline=headline))
    return site


def test_a_park_on_a_known_family_is_one_file(own: Desk, site: TrickSite) -> None:
    site.serve_stories(4, 3, 2, 1)
    before = files(own)
    said = own.must("parks", "add", f"{site.base}{LISTING}", "--slug", "east", "--name", "East Park")
    assert files(own) - before == {"parks/east.toml"}
    assert "east: East Park, read by tjuda" in said
    assert "no source was found" in said
    own.must("crawl", "east")
    assert len(own.rows("articles")) == 4


def test_an_address_that_is_not_there_says_what_to_give(own: Desk, site: TrickSite) -> None:
    said = own.fails("parks", "add", f"{site.base}/nowhere/")
    assert said.endswith(
        "/nowhere/: answered status 404: open it in a browser, and give the address that shows the news there\n"
    )


@pytest.mark.parametrize(
    ("title", "is_doubted"),
    [("新闻动态", True), ("News", True), ("", True), ("News - Basin Park", False), ("Newsham Park", False)],
)
def test_a_name_that_is_a_columns_or_a_hosts_is_doubted(
    own: Desk, basin: TrickSite, title: str, *, is_doubted: bool
) -> None:
    content = basin.pages["/meldung/"]
    assert not callable(content)
    basin.pages["/meldung/"] = ok(content[2].decode().replace("News - Basin Park", title))
    said = own.must("parks", "add", f"{basin.base}/meldung/", "--slug", "east", "--dry-run")
    assert ("--name gives it another" in said) == is_doubted


def test_a_dry_run_writes_nothing(own: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    before = files(own)
    said = own.must("parks", "add", f"{site.base}{LISTING}", "--new-layout", "east", "--dry-run")
    assert "[article.body]" in said
    assert "nothing was written" in said
    assert files(own) == before


def test_a_host_that_gives_no_name_costs_no_slug(own: Desk) -> None:
    refused = own.run("parks", "add", "http://[::1]:9/")
    assert (refused.returncode, "http://[::1]:9/: unreachable" in refused.stderr) == (1, True), refused.stderr


def test_a_listing_that_is_watched_already_is_not_added_twice(own: Desk, site: TrickSite) -> None:
    site.serve_stories(4, 3, 2, 1)
    own.must("parks", "add", f"{site.base}{LISTING}", "--slug", "east")
    again = own.run("parks", "add", f"{site.base}{LISTING}", "--slug", "other")
    assert (again.returncode, "park 'east' watches this listing already" in again.stderr) == (2, True)


def test_an_address_that_leads_to_a_listing_that_is_watched_adds_no_second_park(own: Desk, site: TrickSite) -> None:
    site.serve_stories(4, 3, 2, 1)
    own.must("parks", "add", f"{site.base}{LISTING}", "--slug", "east")
    site.pages["/news"] = status(301, Location=f"{site.base}{LISTING}")
    again = own.run("parks", "add", f"{site.base}/news", "--slug", "other")
    said = f"{site.base}/news: leads to {site.base}{LISTING}: park 'east' watches this listing already"
    assert (again.returncode, said in again.stderr) == (2, True), again.stderr


def test_articles_on_another_host_are_named_with_the_key_that_lets_them_in(own: Desk, site: TrickSite) -> None:
    there = "".join(f'<li><a href="http://news.example{path(n)}">Story {n} of the park</a></li>' for n in range(1, 6))
    site.pages[LISTING] = ok(f"<html><body><ul>{there}</ul></body></html>")
    said = "5 articles that it names stand on news.example: add that to 'hosts' in the park file"
    assert said in own.fails("parks", "add", f"{site.base}{LISTING}", "--slug", "east")
    site.park(own.folder, "east")
    assert said in own.run("crawl").stderr
    site.serve_stories(4, 3, 2, 1)
    content = site.pages[LISTING]
    site.pages[LISTING] = (content[0], content[1], content[2].replace(b"</ul>", there.encode() + b"</ul>"))  # type: ignore[index]
    (own.folder / "parks" / "east.toml").unlink()
    assert f"? {said}" in own.must("parks", "add", f"{site.base}{LISTING}", "--slug", "east")


def test_a_link_to_a_friend_or_two_is_no_article_elsewhere(own: Desk, site: TrickSite) -> None:
    site.serve_stories(4, 3, 2, 1)
    there = "".join(f'<li><a href="http://news.example{path(n)}">A friend of the park</a></li>' for n in (1, 2))
    content = site.pages[LISTING]
    site.pages[LISTING] = (content[0], content[1], content[2].replace(b"</ul>", there.encode() + b"</ul>"))  # type: ignore[index]
    assert "news.example" not in own.must("parks", "add", f"{site.base}{LISTING}", "--slug", "east")


def test_a_layout_for_addresses_of_words_is_proposed_with_their_form(own: Desk, site: TrickSite) -> None:
    words = [
        "the-park-opens-a-hall",
        "a-dealer-in-fish-moves-in",
        "nine-masons-for-one-weir",
        "the-ferry-runs-late-again",
    ]
    entries = "".join(f'<li><a href="/news/{each}/">{each.replace("-", " ").title()}</a></li>' for each in words)
    menu = '<a href="/about-us/">About us</a><a href="/">Welcome to the park and its harbour</a>'
    site.pages["/news/"] = ok(f"<html><body>{menu}<ul class='n'>{entries}</ul></body></html>")
    for each in words:
        site.pages[f"/news/{each}/"] = ok(STORY.format(number=1, headline=each.replace("-", " ").title()))
    said = own.must("parks", "add", f"{site.base}/news/", "--slug", "east", "--new-layout", "words", "--dry-run")
    [form] = {*re.findall("^(?:articles|addresses) = \\['(.*)'\\]$", said, re.MULTILINE)}
    assert all(re.search(form, f"/news/{each}/") for each in words)
    assert not any(re.search(form, address) for address in ("/", "/news/", "/about-us/", "/news/events/"))


@pytest.mark.parametrize(
    ("known", "more", "is_better"),
    [
        ("", "abcd", True),
        ("a", "abcdef", True),
        ("a", "bcdef", False),
        ("f", "abcdef", True),
        ("a", "axy", False),
        ("abcd", "abcd", False),
    ],
    ids=["nothing known", "all of the list", "another", "one above the list", "the menu's", "no more"],
)
def test_a_parks_own_forms_are_taken_where_they_tell_more_of_its_list(
    known: str, more: str, *, is_better: bool
) -> None:
    assert _is_better({*known}, {*more}, frozenset("abcde")) == is_better


def test_what_is_no_listing_is_told_from_one(own: Desk, site: TrickSite) -> None:
    site.serve_stories(4, 3, 2, 1)
    assert "is an article itself by the layout tjuda, 'Story 4 of the park'" in own.fails(
        "parks", "add", f"{site.base}{path(4)}"
    )
    site.pages["/list.json"] = (
        200,
        {"Content-Type": "application/json"},
        b'{"rows": [{"t": "Story", "u": "/1.html"}]}',
    )
    assert "is a list in JSON that no layout reads" in own.fails("parks", "add", f"{site.base}/list.json")


def test_a_layout_that_takes_every_page_for_an_article_stands_in_no_other_ones_way(own: Desk, site: TrickSite) -> None:
    site.serve_stories(4, 3, 2, 1)
    content = site.pages[LISTING]
    menu = b"".join(b'<a href="/about/%d/">About</a>' % n for n in range(30))
    site.pages |= {f"/about/{n}/": ok("<html><body><p>About the park.</p></body></html>") for n in range(30)}
    site.pages[LISTING] = (content[0], content[1], content[2].replace(b"<body>", b"<body>" + menu))  # type: ignore[index]
    (own.folder / "layouts" / "mine").mkdir()
    (own.folder / "layouts" / "mine" / "layout.toml").write_text(
        'title = "Anything"\n[recognise]\nlines = [".*"]\n[listing]\narticles = [".*"]\n'
        '[article.headline]\nlocators = [{ selector = "h1" }]\n'
        "[article.date_published]\nlocators = [{ listing = true }]\n"
        '[article.body]\nlocators = [{ selector = "article" }]\n'
    )
    said = own.must("parks", "add", f"{site.base}{LISTING}", "--slug", "east", "--name", "East Park")
    assert "east: East Park, read by tjuda" in said


def test_a_short_listing_that_reads_like_an_article_is_doubted_and_not_refused(own: Desk, site: TrickSite) -> None:
    teasers = "".join(
        f'<li><a href="/meldung/{n}77.html">The park opens its hall number {n} to visitors</a>'
        f"<p>Updated: 2024-05-0{n}</p></li>"
        for n in range(1, 7)
    )
    site.pages["/n/"] = ok(
        f"<html><head><title>Opening Days - Hall Park</title></head><body><h1>Opening Days</h1><ul>{teasers}</ul>"
    )
    for number in range(1, 7):
        site.pages[f"/meldung/{number}77.html"] = ok(
            STORY.format(number=number, headline=f"The park opens its hall number {number} to visitors")
        )
    said = own.must("parks", "add", f"{site.base}/n/", "--slug", "east", "--dry-run")
    assert "? the page reads as an article itself, 'Opening Days'" in said


def test_a_site_with_a_broken_certificate_is_added_when_the_operator_says_so(own: Desk) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with tricking(context) as site:
        site.serve_stories(4, 3, 2, 1)
        refused = own.fails("parks", "add", f"{site.base}{LISTING}", "--slug", "east")
        assert "its certificate cannot be trusted" in refused
        assert "--no-tls-verify" in refused
        own.must("parks", "add", f"{site.base}{LISTING}", "--slug", "east", "--no-tls-verify")
        assert "tls_verify = false" in (own.folder / "parks" / "east.toml").read_text()
        own.must("crawl", "east")


def test_a_folder_for_parks_that_is_not_there_is_told_before_anything_is_fetched(own: Desk, site: TrickSite) -> None:
    own.variables["PARKWATCH_SEEDS__PARKS"] = "nowhere"
    done = own.run("parks", "add", f"{site.base}{LISTING}")
    assert (done.returncode, done.stderr.strip()) == (
        2,
        "parkwatch: nowhere is no folder: make it, or set seeds.parks to the folder of your park files",
    )
    assert not site.asked


def test_a_site_of_unknown_make_is_read_generally_and_that_is_doubtful(own: Desk, basin: TrickSite) -> None:
    said = own.must("parks", "add", f"{basin.base}/meldung/", "--slug", "basin")
    assert "basin: Basin Park, read by general" in said
    assert "no family fits, so a general extractor reads it" in said


def test_families_that_read_a_page_alike_share_a_column(own: Desk, basin: TrickSite) -> None:
    marks = 'class="v_news_content TRS_Editor wp_articlecontent" id="zoom"'
    for url in ("/meldung/377.html", "/meldung/277.html", "/meldung/177.html"):
        code, kind, content = basin.pages[url]  # type: ignore[misc]
        content = content.replace(b'class="wort"', marks.encode())
        basin.pages[url] = (code, kind, content.replace(b"Stamped", b"Date:").replace(b"at noon", b""))
    said = own.must("parks", "add", f"{basin.base}/meldung/", "--slug", "basin", "--dry-run")
    table = said[: said.index("not read by")]
    assert "boda_vsb, hanweb," in table
    assert table.count("selector:.v_news") == 1
    wide = [line for line in said.splitlines() if len(line) > 140]
    assert not wide


def test_a_new_layout_is_proposed_from_what_the_listing_says(own: Desk, basin: TrickSite) -> None:
    own.must("parks", "add", f"{basin.base}/meldung/", "--slug", "basin", "--new-layout", "basin")
    layout = (own.folder / "layouts" / "basin" / "layout.toml").read_text(encoding="utf-8")
    assert "within = ['ul.liste']" in layout
    for selector in ("div.kopf", "div.tag", "div.wort"):
        assert f"locators = [{{ selector = '{selector}' }}" in layout
    own.must("crawl")
    rows = sorted(own.rows("articles"), key=lambda row: row["url"])
    assert [row["headline"] for row in rows] == ["Flood damages the quay", "Locks are mended", "Basin is filled again"]
    assert [row["date_published"] for row in rows] == ["2024-05-01", "2024-05-02", "2024-05-03"]
    assert all(row["body"].startswith("The basin was filled") and row["body"].endswith("summer.") for row in rows)


def test_a_headline_is_proposed_alone_though_its_kind_stands_above_it_and_its_stamp_beside_it() -> None:
    page = """<html><body><div class="side"><div class="name">News of the basin</div></div>
    <div id="story"><div class="name">The basin is filled again</div><p>Source: Press <i>2024-05-03</i></p></div>
    <p>Ships may turn in the basin again, for the first time since the flood of last year.</p></body></html>"""
    link = Link(key="3", url="http://a.example/3.html", headline="The basin is filled again", date="2024-05-03")
    assert propose_locators(Page(url=link.url, text=page), link)["headline"] == ["#story div.name"]


def test_the_expected_fields_of_its_samples_are_left_to_the_person(own: Desk, basin: TrickSite) -> None:
    own.must("parks", "add", f"{basin.base}/meldung/", "--slug", "basin", "--new-layout", "basin")
    unfilled = own.run("layouts", "check", "basin")
    assert unfilled.returncode == 1
    assert "basin/page-1: what a person reads on it is not in its expected.json yet" in unfilled.stdout
    assert "headline: found Basin is filled again" in unfilled.stdout
    for sample in (own.folder / "layouts" / "basin" / "samples").iterdir():
        address = tomllib.loads((sample / "response.toml").read_text(encoding="utf-8"))["url"]
        said = own.must("extract", str(sample / "page.html"), "--url", address, "--layout", "basin", "--json")
        fields = json.loads(said)
        expected = {name: fields[name] for name in ("headline", "date_published", "source")}
        expected["body"] = fields["body"].split("\n\n")
        (sample / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
    assert "basin: 2 samples, good" in own.must("layouts", "check", "basin")


def test_an_article_that_does_not_come_is_passed_over(own: Desk, site: TrickSite) -> None:
    site.serve_stories(5, 4, 3, 2, 1)
    site.pages[path(5)] = status(500)
    assert "read by tjuda" in own.must("parks", "add", f"{site.base}{LISTING}", "--slug", "east")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["ftp://x.example/"], 2, "write a whole address"),
        (["http://[bad/"], 2, "write a whole address"),
        (["http://user:word@x.example/"], 2, "without a login"),
        (["http://x.example/", "--time-zone", "Foo/Bar"], 2, "write a time zone such as"),
        ([f"{{base}}{LISTING}", "--slug", "No Slug"], 2, "small letters"),
        ([f"{{base}}{LISTING}", "--new-layout", "tjuda"], 2, "there is such a layout already"),
        ([f"{{base}}{LISTING}", "--slug", "taken"], 2, "is there already"),
        (["{base}/empty/"], 1, "no layout finds an article in it"),
        (["{base}/nothing/"], 1, "answered status 404"),
    ],
)
def test_what_cannot_be_added_is_said_in_a_sentence(
    own: Desk, site: TrickSite, arguments: list[str], code: int, says: str
) -> None:
    site.serve_stories(2, 1)
    site.pages["/empty/"] = ok("<html><body><p>Welcome to our park.</p></body></html>")
    Path(own.folder / "parks" / "taken.toml").write_text('name = "T"\nlistings = ["http://t.example/"]\n', "utf-8")
    done = own.run("parks", "add", *(each.format(base=site.base) for each in arguments))
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr

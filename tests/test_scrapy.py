"""Scrapy's own commands, run as Scrapy users run them."""

import json

import pytest

from crawler.spiders.arguments import VisitArguments
from tests.conftest import Desk
from tests.tricksite import LISTING, TrickSite, path

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

QUIET = ("-s", "LOG_LEVEL=ERROR")


@pytest.fixture
def site(desk: Desk, site: TrickSite) -> TrickSite:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    return site


def exported(desk: Desk) -> list[dict[str, str]]:
    return [json.loads(line) for line in (desk.folder / "out.jsonl").read_text().splitlines()]


def test_scrapy_users_find_what_they_expect(desk: Desk, site: TrickSite) -> None:
    assert desk.real_scrapy("list").stdout.split() == ["trick"]
    done = desk.real_scrapy("crawl", "trick", "-O", "out.jsonl", *QUIET)
    assert (done.returncode, done.stderr) == (0, "")
    rows = exported(desk)
    assert sorted(row["headline"] for row in rows) == ["Story 1 of the park", "Story 2 of the park"]
    assert list(rows[0]) == [
        "url", "park", "headline", "date_published", "date_published_raw", "source", "body", "in_language",
    ]  # fmt: skip
    assert len(desk.must("articles").splitlines()) == 2
    shell = desk.scrapy("shell", site.base + path(1), "-c", "(spider.name, response.status)", *QUIET)
    assert "('trick', 200)" in shell.stdout
    assert desk.scrapy("settings", "--get", "TELNETCONSOLE_ENABLED").stdout.strip() == "False"


def test_a_span_is_exported_whole_however_often(desk: Desk, site: TrickSite) -> None:
    span = ("crawl", "trick", "-a", "since=2024-05-01", "-a", "until=2024-05-20", "-O", "out.jsonl", *QUIET)
    desk.scrapy(*span)
    first = exported(desk)
    site.serve_stories(3, 2, 1)
    site.asked.clear()
    desk.scrapy(*span)
    assert len(first) == 2
    assert [row for row in exported(desk) if row in first] == sorted(first, key=exported(desk).index)
    assert [row["headline"] for row in exported(desk)][2:] == ["Story 3 of the park"]
    assert (site.asked[path(1)], site.asked[path(3)]) == (0, 1)


@pytest.mark.parametrize("page", [path(1), LISTING])
def test_looking_at_a_page_needs_no_store_and_makes_none(desk: Desk, site: TrickSite, page: str) -> None:
    (desk.folder / "parkwatch.db").unlink()
    parsed = desk.scrapy("parse", "--spider", "trick", site.base + page, *QUIET)
    assert (parsed.returncode, "Traceback" in parsed.stderr) == (0, False)
    assert "'headline': 'Story 1 of the park'" in parsed.stdout
    assert "observation" not in parsed.stdout
    callback = desk.scrapy("parse", "--spider", "trick", "-c", "parse_article", site.base + path(1), *QUIET)
    assert "'body': 'The park built a hall." in callback.stdout
    assert not (desk.folder / "parkwatch.db").exists()


def test_crawling_without_a_store_says_so(desk: Desk, site: TrickSite) -> None:
    (desk.folder / "parkwatch.db").unlink()
    done = desk.scrapy("crawl", "trick", *QUIET)
    assert "trick: the visit cannot begin: there is no store at parkwatch.db: create one with" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_argument_or_park_is_a_sentence(desk: Desk, site: TrickSite) -> None:
    for arguments, sentence in (
        (("trick", "-a", "since=soon"), "-a since=soon: write a day such as 2023-01-31"),
        (("nobody",), "there is no park 'nobody'; known are trick"),
    ):
        done = desk.scrapy("crawl", *arguments, *QUIET)
        assert (done.returncode, done.stderr.splitlines()[-1].partition(": error: ")[2]) == (2, sentence)
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"form": "x"}, "-a form: there is no such argument; known are since"),
        ({"until": "2024-05-01"}, "-a until: needs since"),
        ({"since": "2024-05-02", "until": "2024-05-01"}, "-a until=2024-05-01: lies before since=2024-05-02"),
        ({"recheck": "some"}, "-a recheck=some: write due, all or none"),
        ({"max_pages": "0"}, "-a max_pages=0: write a number"),
        ({"dry_run": "1"}, "-a dry_run: goes with since alone"),
    ],
)
def test_each_wrong_argument_has_its_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^-a ") as caught:
        VisitArguments.parse(given)
    assert str(caught.value).startswith(sentence)


def test_a_wrong_park_file_costs_scrapy_that_park_alone(desk: Desk, site: TrickSite) -> None:
    (desk.folder / "parks" / "wrong.toml").write_text('nam = "x"\n')
    listed = desk.scrapy("list")
    assert (listed.returncode, listed.stdout.split()) == (0, ["trick"])
    assert "wrong.toml: unknown key 'nam', did you mean 'name'?" in listed.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SEEDS__PARKS", "/nowhere", "/nowhere is no folder: set seeds.parks"),
        ("CRAWL__DELEY", "1", "the variable PARKWATCH_CRAWL__DELEY names no setting"),
    ],
)
def test_wrong_settings_are_a_sentence_in_scrapy_too(desk: Desk, name: str, value: str, sentence: str) -> None:
    desk.variables[f"PARKWATCH_{name}"] = value
    listed = desk.scrapy("list")
    assert (listed.returncode, listed.stderr.count("\n")) == (2, 1)
    assert listed.stderr.startswith(f"parkwatch: {sentence}")

"""What the verbs say: sentences instead of classes, ids that lead on, and nothing destroyed by a slip."""

import json

import pytest

from tests.conftest import Desk
from tests.tricksite import LISTING, TrickSite, article, free_port, path, status


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("crawl", "--fast"), "no such option: --fast: see 'parkwatch crawl --help'"),
        (("parks", "chck"), "no such command 'chck', did you mean 'check': see 'parkwatch parks --help'"),
        (("backfill", "x"), "missing option '--since': see 'parkwatch backfill --help'"),
        (("diff", "1", "a"), "invalid value for 'A': write a whole number: see 'parkwatch diff --help'"),
        (("extract", "ftp://x.example/"), "ftp://x.example/: only http:// and https:// are fetched; or name"),
        (("extract", "x.html", "--url", "x.example"), "--url x.example: write a whole address that begins with"),
        (("articles", "--park", "nobody"), "there is no park 'nobody' in"),
    ],
)
def test_wrong_usage_is_one_sentence(desk: Desk, arguments: tuple[str, ...], sentence: str) -> None:
    done = desk.run(*arguments)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert done.stderr.startswith(f"parkwatch: {sentence}")


def test_a_demo_empties_no_folder_but_its_own(desk: Desk) -> None:
    (desk.folder / "work").mkdir()
    (desk.folder / "work" / "thesis.txt").write_text("years of it")
    done = desk.run("demo", "--folder", "work")
    assert (done.returncode, "holds something that no demo put there" in done.stderr) == (1, True)
    assert (desk.folder / "work" / "thesis.txt").read_text() == "years of it"


def test_a_history_gives_versions_and_changes_with_names(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(1)
    site.park(desk.folder)
    desk.must("crawl")
    assert "article 1 has one version" in desk.must("diff", "1")
    site.pages[path(1)] = article(1, "The park built two halls.")
    desk.must("crawl", "--recheck", "all")
    first, second, change = [json.loads(line) for line in desk.must("history", "1", "--json").splitlines()]
    assert [first["record"], second["record"], change["record"]] == ["version", "version", "change"]
    assert (first["body"].split(".")[0], second["body"].split(".")[0]) == (
        "The park built a hall",
        "The park built two halls",
    )
    assert [set(capture) for capture in second["captures"]] == [{"url", "captured_at", "sha256"}]
    assert (change["kind"], change["before"], change["after"], change["article"]) == ("edited", 1, 2, 1)


def test_a_park_whose_file_was_taken_away_keeps_its_past(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.pages[LISTING] = status(500)
    desk.fails("crawl")
    assert " to going on " in desk.must("conditions")
    (desk.folder / "parks" / "trick.toml").unlink()
    assert len(desk.must("articles", "--park", "trick").splitlines()) == 2
    assert " to no longer watched " in desk.must("conditions", "--park", "trick")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://no-such-host.invalid/news/", "the host name is not known"),
        ("http://127.0.0.1:PORT/news/", "connection refused"),
    ],
)
def test_why_a_host_cannot_be_reached_is_told_in_words(desk: Desk, address: str, words: str) -> None:
    address = address.replace("PORT", str(free_port()))
    (desk.folder / "parks" / "far.toml").write_text(f'name = "F"\nlistings = ["{address}"]\nlayouts = ["tjuda"]\n')
    crawl = desk.run("crawl")
    assert (crawl.returncode, crawl.stdout.split()) == (1, ["far", "failed", "nothing", "was", "seen"])
    assert f"unreachable: its robots.txt cannot be fetched ({words})" in crawl.stderr
    [line] = desk.must("conditions").splitlines()
    assert line.count("unreachable") == 1


def test_a_listing_is_shown_in_cells_that_line_up(desk: Desk) -> None:
    for slug, name in (("a", "Eastgate"), ("b", "晨麓工业园")):
        (desk.folder / "parks" / f"{slug}.toml").write_text(
            f'name = "{name}"\nlistings = ["http://{slug}.example/"]\nlayouts = ["tjuda"]\n', encoding="utf-8"
        )
    one, other = desk.must("parks").splitlines()
    assert one.index("tjuda") == other.index("tjuda") + len("晨麓工业园")

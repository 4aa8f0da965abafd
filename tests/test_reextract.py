"""A changed layout is rehearsed over what is stored, without a fetch, and accepted without a word to any reader."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.seeds import BUNDLED
from tests.conftest import Desk
from tests.tricksite import TrickSite

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long


@pytest.fixture
def rules(desk: Desk, site: TrickSite) -> Path:
    """Crawl three stories, then return the file of the operator's own layout, which is the bundled one so far."""
    site.serve_stories(3, 2, 1, text="The park built a hall.</p><p>Photo by a visitor")
    site.park(desk.folder)
    desk.must("crawl")
    desk.must("subscribe", "a@example.org")
    shutil.copytree(BUNDLED / "layouts" / "tjuda", desk.folder / "layouts" / "tjuda")
    desk.variables["PARKWATCH_SEEDS__LAYOUTS"] = str(desk.folder / "layouts")
    site.asked.clear()
    return desk.folder / "layouts" / "tjuda" / "layout.toml"


def change(rules: Path, old: str, new: str) -> None:
    text = rules.read_text(encoding="utf-8")
    assert old in text
    rules.write_text(text.replace(old, new), encoding="utf-8")


def bodies(desk: Desk) -> set[str]:
    return {row["body"] for row in desk.rows("articles")}


def test_a_rehearsal_says_what_would_change_and_writes_nothing(desk: Desk, rules: Path, site: TrickSite) -> None:
    assert "3 versions read again: 0 articles would change" in desk.must("reextract")
    change(rules, "drop = [", "drop = [\n    '^Photo by',")
    before = bodies(desk)
    said = desk.must("reextract", "trick", "--rehearse")
    assert "3 versions read again: 3 articles would change (body 3)" in said
    assert "Photo by a visitor" in said
    lines = [json.loads(line) for line in desk.must("reextract", "--json").splitlines()]
    assert [line["fields"] for line in lines] == [["body"]] * 3
    assert not any("Photo" in line["after"]["body"] for line in lines)
    assert bodies(desk) == before
    assert not site.asked


def test_a_source_that_a_layout_learns_to_find_is_restated(desk: Desk, rules: Path) -> None:
    learnt = "\n[article.source]\nlocators = [{ line = '^It is (?P<value>story \\d)' }]\n"
    rules.write_text(rules.read_text(encoding="utf-8") + learnt, encoding="utf-8")
    assert "3 articles would change (source 3)" in desk.must("reextract")
    desk.must("reextract", "--accept")
    assert {row["source"] for row in desk.rows("articles")} == {"story 1", "story 2", "story 3"}
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []


def test_a_digest_shows_what_is_new_as_it_is_read_today(desk: Desk, rules: Path, site: TrickSite) -> None:
    site.serve_stories(4, 3, 2, 1, text="The park built a hall.</p><p>Photo by a visitor")
    desk.must("crawl")
    desk.must("digest", "--preview", "-o", "before.html")
    change(rules, "drop = [", "drop = [\n    '^Photo by',")
    desk.must("reextract", "--accept")
    desk.must("digest", "--preview", "-o", "after.html")
    shown = [(desk.folder / name).read_text(encoding="utf-8") for name in ("before.html", "after.html")]
    assert ["Photo by a visitor" in html for html in shown] == [True, False]
    assert all("Story 4 of the park" in html for html in shown)
    desk.must("verify")


def test_what_is_accepted_is_restated_and_in_nobodys_digest(desk: Desk, rules: Path, site: TrickSite) -> None:
    change(rules, "drop = [", "drop = [\n    '^Photo by',")
    assert "3 articles restated" in desk.must("reextract", "--accept")
    assert bodies(desk) == {f"The park built a hall.\n\nIt is story {number}." for number in (1, 2, 3)}
    assert "restated" in desk.must("history", "1")
    assert desk.rows("changes") == []
    assert "3 versions read again: 0 articles restated" in desk.must("reextract", "--accept")
    assert not site.asked
    desk.must("crawl", "--recheck", "all")
    assert desk.rows("changes") == []
    desk.must("verify")


def test_what_todays_layout_cannot_read_stays_as_it_is_and_is_told(desk: Desk, rules: Path) -> None:
    change(rules, "Release Time", "Time of release")
    before = bodies(desk)
    done = desk.run("reextract", "--accept")
    assert done.returncode == 1
    assert "trick: article 1 cannot be read: tjuda: " in done.stdout
    assert "3 versions cannot be read by today's layouts" in done.stdout
    assert bodies(desk) == before


def test_damaged_bytes_are_told_and_the_others_read(desk: Desk, rules: Path) -> None:
    with closing(sqlite3.connect(desk.folder / "parkwatch.db")) as store, store:
        hashes = "SELECT blob_hash FROM captures JOIN version_captures ON capture_id = captures.id WHERE version_id = ?"
        (mine,), (other,) = (store.execute(hashes, (version,)).fetchone() for version in (2, 1))
        store.execute(
            "UPDATE blobs SET content = (SELECT content FROM blobs WHERE hash = ?) WHERE hash = ?", (other, mine)
        )
    done = desk.run("reextract")
    assert "article 2 cannot be read: its stored bytes do not fit their hash" in done.stdout
    assert "3 versions read again" in done.stdout


def test_to_rehearse_and_to_accept_at_once_is_refused(desk: Desk, rules: Path) -> None:
    done = desk.run("reextract", "--rehearse", "--accept")
    assert (done.returncode, "give one of them" in done.stderr) == (2, True)

"""Every line of a digest can be proved from the store, and what no longer proves it is named."""

import hashlib
import json
from pathlib import Path

import pytest

from storage.database import open_store
from storage.decisions import content_hash
from tests.builders import an_article, damage
from tests.conftest import Desk
from tests.slowsite import stored
from tests.tricksite import LISTING, TrickSite, article, listing, ok, path, status

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long


@pytest.fixture
def watched(desk: Desk, site: TrickSite) -> Desk:
    """Two stories of which one is edited and one removed, and a reader who has been told."""
    site.serve_stories(1, 2, 3)
    site.park(desk.folder)
    desk.must("crawl")
    desk.must("subscribe", "reader@example.org")
    site.pages[path(1)] = article(1, "The park built two halls.")
    site.pages[path(2)] = status(404)
    site.pages[LISTING] = listing(1, 3)
    desk.must("crawl", "--recheck", "all")
    return desk


def number_of(desk: Desk, kind: str) -> str:
    return next(str(row["id"]) for row in desk.rows("changes") if row["kind"] == kind)


def test_an_edit_is_proved_by_two_captures_that_are_read_again(watched: Desk, site: TrickSite, tmp_path: Path) -> None:
    number = number_of(watched, "edited")
    said = watched.must("prove", number, "--save", str(tmp_path / "proof"))
    before, after = (hashlib.sha256(article(1, text)[2]).hexdigest() for text in _TEXTS)
    assert [before in line for line in said.splitlines() if "capture " in line] == [True, False]
    assert after in said
    assert said.count("the bytes fit their hashes; read again by the same layout, they give the fields on record") == 2
    assert "[-a hall-]{+two halls+}" in said
    assert "in no digest yet" in said
    assert (tmp_path / "proof" / "before-1.html").read_bytes() == article(1, _TEXTS[0])[2]
    assert (tmp_path / "proof" / "after-1.html").read_bytes() == article(1, _TEXTS[1])[2]
    site.pages.clear()
    proof = json.loads(watched.must("prove", number, "--json"))
    assert proof["proved"] is True
    assert proof["version_before"]["captures"][0]["sha256"] == before


def test_a_move_is_proved_by_the_page_at_its_new_place(watched: Desk, site: TrickSite) -> None:
    site.pages[path(3)] = status(301, Location=path(33))
    site.pages[path(33)] = article(3)
    watched.must("crawl", "--recheck", "all")
    said = watched.must("prove", number_of(watched, "moved"))
    assert "answered: status 200, " in said
    assert path(33) in said
    assert hashlib.sha256(article(3)[2]).hexdigest() in said
    watched.must("verify")
    watched.sql("DELETE FROM change_captures WHERE change_number = (SELECT max(number) FROM ledger)")
    assert "moved, has no capture of what was answered" in watched.fails("verify")


def test_a_not_found_page_with_status_200_is_proved_by_what_it_shows(watched: Desk, site: TrickSite) -> None:
    site.pages[path(3)] = ok("<html><body><h1>Sorry, the page you visited does not exist.</h1></body></html>")
    watched.must("crawl", "--recheck", "all")
    *_, last = (row["id"] for row in watched.rows("changes") if row["kind"] == "removed")
    said = watched.must("prove", str(last))
    assert "answered: status 200, a not-found page, " in said
    assert json.loads(watched.must("prove", str(last), "--json"))["answers"][0]["sign"] == "not found"
    assert "what stood there until then:" in said


def test_what_left_the_listing_and_came_back_is_proved_by_the_listings(watched: Desk, site: TrickSite) -> None:
    site.serve_stories(*range(20, 3, -1))
    site.pages[LISTING] = listing(*range(20, 2, -1), 1)
    watched.must("crawl", "--recheck", "all")
    site.pages[LISTING] = without = listing(*range(20, 3, -1), 1)
    watched.must("crawl", "--recheck", "all")
    site.pages[LISTING] = again = listing(*range(20, 2, -1), 1, 99)
    site.pages[path(99)] = article(99)
    watched.must("crawl", "--recheck", "all")
    for kind, page in (("unlisted", without), ("restored", again)):
        said = watched.must("prove", number_of(watched, kind))
        assert hashlib.sha256(page[2]).hexdigest() in said
    watched.must("verify")
    watched.sql("DELETE FROM change_captures WHERE change_number = (SELECT number FROM ledger WHERE kind = 'restored')")
    assert "restored, has no capture of what was answered" in watched.fails("verify")
    watched.sql("DELETE FROM change_captures WHERE change_number = (SELECT number FROM ledger WHERE kind = 'unlisted')")
    watched.must("verify")  # as a store of an older version stands


_TEXTS = ("The park built a hall.", "The park built two halls.")


def test_a_removal_shows_what_stood_there_and_a_number_that_is_none_is_named(watched: Desk) -> None:
    said = watched.must("prove", number_of(watched, "removed"))
    assert "what stood there until then:" in said
    assert "It is story 2." in said
    assert "answered: status 404, " in said
    assert hashlib.sha256(status(404)[2]).hexdigest() in said
    unknown = watched.run("prove", "99")
    assert (unknown.returncode, "there is no change 99 in the ledger" in unknown.stderr) == (2, True)


def test_a_removal_is_not_proved_by_an_answer_that_shows_the_page(watched: Desk) -> None:
    watched.sql("UPDATE captures SET status = 200 WHERE status = 404")
    number = number_of(watched, "removed")
    assert f"change {number} is not proved" in watched.fails("prove", number)
    assert "! it does not say that the page is gone" in watched.run("prove", number).stdout


@pytest.mark.parametrize("content", ["x'28b52ffd2000010000'", "substr(content, 1, 40)", "x'00'"])
def test_bytes_that_were_touched_prove_nothing_and_hide_nothing_else(watched: Desk, content: str) -> None:
    number = number_of(watched, "edited")
    store = open_store(f"sqlite:///{watched.folder / 'parkwatch.db'}")
    damage(store, f"UPDATE blobs SET content = {content}")
    store.close()
    assert f"change {number} is not proved" in watched.fails("prove", number)
    assert "the stored bytes do not fit their hash" in watched.run("prove", number).stdout
    said = watched.fails("verify")
    assert said.count("parkwatch: blob ") == stored(watched, "blobs")
    assert "--debug" not in said


def test_a_forged_past_is_named_by_verify(watched: Desk) -> None:
    """The version that was overwritten is given other words, and a hash that fits them."""
    forged = content_hash(an_article(headline="Story 1 of the park", body=("A lie.",), source=None))
    watched.sql(
        "UPDATE versions SET headline = 'Story 1 of the park', body = '[\"A lie.\"]', source = NULL, "
        f"date_published = '2024-05-01', content_hash = '{forged}' "
        "WHERE number = 1 AND article_id = (SELECT article_id FROM versions WHERE number = 2)"
    )
    said = watched.fails("verify")
    assert "version 1, read again from its captures, gives another" in said
    assert "do not fit their content hash" not in said


def test_what_other_rules_have_read_is_counted_by_verify_and_not_called_proved(watched: Desk) -> None:
    watched.sql("UPDATE versions SET layout_revision = 'another', body = '[\"A lie.\"]' WHERE number = 2")
    forged = content_hash(an_article(headline="Story 1 of the park", body=("A lie.",), source=None))
    watched.sql(f"UPDATE versions SET date_published = '2024-05-01', content_hash = '{forged}' WHERE number = 2")
    assert "1 version read otherwise by today's rules, which are others" in watched.run("verify").stdout


def test_a_past_version_whose_bytes_hold_no_article_is_named_by_verify(watched: Desk) -> None:
    watched.sql(
        "UPDATE version_captures SET capture_id = (SELECT capture_id FROM change_captures LIMIT 1) WHERE version_id = "
        "(SELECT id FROM versions WHERE number = 1 AND article_id = (SELECT article_id FROM versions WHERE number = 2))"
    )
    assert "version 1, read again from its captures, gives tjuda: " in watched.fails("verify")


def test_a_line_that_is_gone_from_a_digest_of_words_is_named(watched: Desk) -> None:
    watched.must("subscribe", "words@example.org", "--word", "two halls")
    watched.sql("UPDATE subscriptions SET position = 0, covers_since = '2024-01-01 00:00:00.000000'")
    watched.run("digest", "2", "--now")
    number = number_of(watched, "edited")
    watched.must("verify")
    watched.sql("UPDATE digests SET line_count = 0 WHERE subscription_id = 2")
    watched.sql("DELETE FROM digest_lines WHERE subscription_id = 2")
    assert f"subscription 2: change {number} is in none of its digests" in watched.fails("verify")


def test_a_version_that_its_captures_do_not_give_is_named_by_verify(watched: Desk) -> None:
    watched.must("verify")
    file = watched.folder / "parks" / "trick.toml"
    file.write_text(file.read_text() + 'time_zone = "Europe/Berlin"\n')
    said = watched.fails("verify")
    assert "article 1: version 1, read again from its captures, gives another date_published" in said
    assert "!" in watched.run("prove", number_of(watched, "edited")).stdout
    watched.must("reextract", "--accept")
    watched.must("verify")


def test_a_layout_that_was_changed_breaks_no_promise(watched: Desk) -> None:
    folder = watched.folder / "layouts" / "tjuda"
    folder.mkdir(parents=True)
    bundled = Path(__file__).parent.parent / "seeds" / "layouts" / "tjuda" / "layout.toml"
    (folder / "layout.toml").write_text(bundled.read_text().replace("drop = [", "drop = [\n    'It is story',"))
    watched.variables["PARKWATCH_SEEDS__LAYOUTS"] = str(watched.folder / "layouts")
    watched.must("verify")

"""Sites' edits and our edits never mix: what a changed layout reads otherwise is restated, and nobody's news."""

import json
import shutil
from pathlib import Path

import pytest

from crawler.layouts import load_layouts
from crawler.reading import Reading
from crawler.rereading import reread
from crawler.seeds import BUNDLED
from storage.records import ArticleFields, Capture
from tests.builders import DAY_1, a_park
from tests.conftest import Desk
from tests.tricksite import TrickSite, article, path

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long

LAYOUTS = load_layouts(BUNDLED / "layouts")


@pytest.fixture
def layout(desk: Desk) -> Path:
    """A folder of layouts of the operator's own, in which he mends one."""
    shutil.copytree(BUNDLED / "layouts" / "tjuda", desk.folder / "layouts" / "tjuda")
    desk.variables["PARKWATCH_SEEDS__LAYOUTS"] = str(desk.folder / "layouts")
    return desk.folder / "layouts" / "tjuda" / "layout.toml"


def drop(layout: Path, pattern: str) -> None:
    text = layout.read_text(encoding="utf-8")
    layout.write_text(text.replace("drop = [\n", f"drop = [\n    '{pattern}',\n"), encoding="utf-8")


def versions(desk: Desk, number: int) -> list[tuple[int, bool, str]]:
    (found,) = (row["id"] for row in desk.rows("articles") if row["headline"] == f"Story {number} of the park")
    rows = [json.loads(line) for line in desk.must("history", str(found), "--json").splitlines()]
    return [(row["version"], row["restated"], row["body"]) for row in rows if row["record"] == "version"]


def test_a_mended_layout_is_no_edit(desk: Desk, site: TrickSite, layout: Path) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    drop(layout, "^It is story")
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []
    assert versions(desk, 1) == [
        (1, False, "The park built a hall.\n\nIt is story 1."),
        (2, True, "The park built a hall."),
    ]
    assert {row["body"] for row in desk.rows("articles")} == {"The park built a hall."}
    assert "version 2  restated" in desk.must("history", "1")
    desk.must("verify")
    desk.must("subscribe", "analyst@example.org")
    assert "0 changed" in desk.must("digest") or "first sight" in desk.must("digest")


def test_an_edit_on_the_day_of_a_mended_layout_shows_the_sites_part_alone(
    desk: Desk, site: TrickSite, layout: Path
) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    drop(layout, "^It is story")
    site.pages[path(1)] = article(1, "The park built three halls.")
    desk.must("crawl", "--recheck", "all")
    [change] = desk.rows("changes")
    assert (change["kind"], change["before"], change["after"]) == ("edited", 2, 3)
    shown = desk.must("diff", str(change["article"]), "2", "3")
    assert ("three halls" in shown, "It is story" in shown) == (True, False)
    desk.must("verify")


def test_a_corrected_time_zone_redates_nothing(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(2, 1)
    site.park(desk.folder)
    desk.must("crawl")
    site.park(desk.folder, time_zone='"Asia/Urumqi"')
    desk.must("crawl", "--recheck", "all")
    assert desk.changes() == []
    assert {row["date_published"][-6:] for row in desk.rows("articles")} == {"+06:00"}


def test_a_date_that_only_the_listing_gave_outlives_a_new_reading() -> None:
    page = b'<html><body><h1>Crane turns</h1><div id="zoom"><p>It lifts ninety tons.</p></div></body></html>'
    capture = Capture(url="http://eastgate.example/art/x_1.html", captured_at=DAY_1, status=200, content=page)
    known = ArticleFields(headline="Crane turns", date_published="2024-05-01", body=("Another text.",))
    found = reread([capture], [LAYOUTS["hanweb"]], a_park(), known)
    assert isinstance(found, Reading), found.reason
    assert (found.fields.date_published, found.fields.body) == ("2024-05-01", ("It lifts ninety tons.",))

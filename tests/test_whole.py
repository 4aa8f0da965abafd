"""The main job from end to end, by the real command, over real HTTP and SMTP."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from monitor.demo.loop import run_demo
from monitor.demo.mailbox import Mailbox
from monitor.demo.site import load_sites, serving
from storage.database import open_store
from tests.builders import damage
from tests.conftest import Desk
from tests.tricksite import free_port

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long


def json_of(desk: Desk, *arguments: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in desk.must(*arguments, "--json").splitlines()]


def test_two_days_of_three_parks_reach_a_reader(either_desk: Desk, mailbox: Mailbox) -> None:
    desk = either_desk
    sites = load_sites()
    desk.variables |= {
        "PARKWATCH_MAIL__HOST": "127.0.0.1",
        "PARKWATCH_MAIL__PORT": str(mailbox.port),
        "PARKWATCH_MAIL__SECURITY": "none",
        "PARKWATCH_MAIL__SENDER": "parkwatch@example.org",
    }
    with serving(sites):
        for site in sites:
            (desk.folder / "parks" / f"{site.slug}.toml").write_text(site.park_file())
        desk.must("crawl")
        assert desk.must("subscribe", "analyst@example.org", "--time-zone", "Asia/Shanghai").startswith(
            "subscription 1"
        )
        for site in sites:
            site.day = 2
        desk.must("crawl", "--recheck", "all")
        checked = desk.must("parks", "check", "chenlu")

    articles = {row["url"].partition("/art/")[2] or row["url"]: row for row in json_of(desk, "articles")}  # type: ignore[attr-defined]
    assert len(articles) == 7 + 2 + 6 + 1 + 5 + 1
    story = articles["2024/3/27/art_1207_51633.html"]
    assert {key: story[key] for key in ("headline", "date_published", "source", "in_language", "state", "version")} == {
        "headline": "工程师朱镕谈老厂房的新用途",
        "date_published": "2024-03-27",
        "source": "晨麓日报",
        "in_language": "zh",
        "state": "live",
        "version": 1,
    }
    [split] = [row for row in articles.values() if "Cold store" in str(row["headline"])]
    assert str(split["body"]).count("\n\n") == 3
    changes = json_of(desk, "changes")
    assert [row["id"] for row in changes] == list(range(1, 10))
    assert sorted(str(row["kind"]) for row in changes) == ["edited"] * 3 + ["new"] * 4 + ["removed", "retitled"]
    assert list(changes[0]) == [
        "id", "kind", "park", "url", "headline", "seen_after", "seen_at", "fields", "before", "after", "recovered",
        "article",
    ]  # fmt: skip
    assert "articles by layout hanweb" in checked

    assert "4 new, 5 changed" in desk.must("digest", "--now")
    [mail] = mailbox.mails
    message = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message["Subject"].startswith("Parkwatch: 4 new, 5 changed")
    for subtype in ("plain", "html"):
        part = message.get_body(preferencelist=(subtype,))
        assert part is not None
        said = part.get_content()
        for word in (
            "1.73",
            "水处理装备企业集中签约，总投资18.6亿元",
            "All 3 parks were seen whole",
            "stood there already",
        ):
            assert word in said
    assert "nothing new" in desk.must("digest", "--now")
    assert len(mailbox.mails) == 2

    edited = next(row for row in changes if row["kind"] == "edited" and row["park"] == "riverside")
    [line] = [
        line for line in desk.must("changes").splitlines() if str(edited["headline"]) in line and "edited" in line
    ]
    assert f"article {edited['article']} " in line
    shown = desk.must("diff", str(edited["article"]))
    assert shown == desk.must("diff", str(edited["url"]))
    assert "[-1.37-]{+1.73+}" in shown
    assert "version 2" in desk.must("history", str(edited["url"]))
    assert "every promise holds" in desk.must("verify")
    assert "ok  riverside" in desk.must("status")

    opened = open_store(desk.variables.get("PARKWATCH_STORE__URL") or f"sqlite:///{desk.folder / 'parkwatch.db'}")
    damage(opened, "DELETE FROM ledger WHERE number = 4")
    opened.close()
    broken = desk.run("verify")
    assert broken.returncode == 1
    assert "ledger: entry 4 is missing" in broken.stderr


def test_a_mail_server_that_is_not_there_loses_no_digest(desk: Desk) -> None:
    desk.variables |= {"PARKWATCH_MAIL__PORT": str(free_port()), "PARKWATCH_MAIL__SECURITY": "none"}
    desk.must("subscribe", "analyst@example.org")
    done = desk.run("digest", "--now")
    assert done.returncode == 3
    assert "digest 1 for analyst@example.org was not sent: the mail server localhost:" in done.stderr
    assert "digest 1 for analyst@example.org: ready" in desk.run("status").stdout
    desk.must("verify")


def test_a_preview_changes_nothing(desk: Desk) -> None:
    desk.must("subscribe", "analyst@example.org", "--cadence", "weekly fri 17:00")
    for _ in range(2):
        assert "digest 1 for" in desk.must("digest", "--preview", "-o", "preview.html")
    assert "<html" in (desk.folder / "preview.html").read_text()
    desk.must("unsubscribe", "analyst@example.org")
    assert desk.run("digest", "--preview").returncode == 2


@pytest.mark.parametrize("extension", ["html", "txt"])
def test_extract_reads_a_saved_page(desk: Desk, extension: str) -> None:
    page = {
        "html": "<h1>Head</h1><p>Updated: 2024-05-01</p><div class='art_cont'><p>First.</p><p>Second.</p></div>",
        "txt": "News\n\nHead\n\n(src.example)\n\nUpdated: 2024-05-01\n\nFirst.\n\nSecond.\n\nCopyright X\n",
    }[extension]
    (desk.folder / f"page.{extension}").write_text(page)
    [row] = json_of(desk, "extract", f"page.{extension}", "--url", "http://www.exploringtianjin.com/2024-05/01/c_1.htm")
    assert (row["headline"], row["date_published"], row["body"]) == ("Head", "2024-05-01", "First.\n\nSecond.")
    assert row["layout"] == "chinadaily_regional"
    assert row["located_by"]


def test_the_demo_runs_in_a_folder_of_its_own_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARKWATCH_STORE__URL", f"sqlite:///{tmp_path / 'mine.db'}")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    lines: list[str] = []
    run_demo(tmp_path / "demo", lines.append)
    assert len(lines) <= 30
    assert any("4 new, 5 changed" in line for line in lines)
    assert (tmp_path / "demo" / "digest.html").stat().st_size > 5000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo"]

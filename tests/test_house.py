"""The house: imports go down, names are words, and the docs know every verb and setting."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor import reference
from monitor.cli.app import app
from monitor.settings import all_keys

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = ("storage", "crawler", "reports", "monitor")
#: What each room may lean on; crawler and reports never meet.
BELOW = {
    "storage": {"storage"},
    "crawler": {"crawler", "storage"},
    "reports": {"reports", "storage"},
    "monitor": set(ROOMS),
}
LIBRARIES = {
    "sqlalchemy": "storage/database",
    "alembic": "storage/database",
    "scrapy": "crawler",
    "jinja2": ("reports", "monitor/demo"),
    "apscheduler": "monitor",
    "typer": "monitor/cli",
}
#: Reading a page must not need Scrapy.
PLAIN = ("decoding", "page", "dates", "layouts", "reading", "body", "listing", "samples", "seeds", "signs")


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((HOUSE / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", list(sources()), ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_go_down_and_libraries_stay_in_their_room(path: Path) -> None:
    place = str(path.relative_to(HOUSE))
    room = place.split("/")[0]
    for name in imported(path):
        top = name.split(".")[0]
        if top in ROOMS:
            assert top in BELOW[room], f"{place} imports {name}, which lies above or beside it"
        if top in LIBRARIES:
            assert place.startswith(LIBRARIES[top]), f"{place} imports {top}, whose room is {LIBRARIES[top]}"


@pytest.mark.parametrize("name", PLAIN)
def test_reading_a_page_needs_no_scrapy(name: str) -> None:
    assert not {top.split(".")[0] for top in imported(HOUSE / "crawler" / f"{name}.py")} & {"scrapy", "twisted"}


def test_no_file_is_a_drawer_for_anything() -> None:
    assert not [path for path in sources() if re.search(r"(utils?|helpers?|common|misc)\.py$", path.name)]


def test_only_the_clock_asks_for_the_time() -> None:
    asking = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time)\(")
    found = [str(path) for path in sources() if path.name != "clock.py" and asking.search(path.read_text())]
    assert found == []


def verbs() -> list[str]:
    return [command.callback.__name__ for command in app.registered_commands if command.callback] + ["parks"]


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_is_in_the_docs(verb: str) -> None:
    text = (HOUSE / "docs" / "running.md").read_text(encoding="utf-8")
    assert f"parkwatch {verb}" in text, f"docs/running.md does not tell of 'parkwatch {verb}'"


@pytest.mark.parametrize("key", [key for key, _ in all_keys()])
def test_every_setting_is_in_the_docs(key: str) -> None:
    assert f"| `{key}` |" in (HOUSE / "docs" / "running.md").read_text(encoding="utf-8")


def test_the_settings_table_is_made_from_the_code() -> None:
    text = reference.DOCUMENT.read_text(encoding="utf-8")
    assert reference.with_table(text) == text, "run 'make docs'"


def test_every_word_of_the_house_is_in_the_glossary() -> None:
    glossary = (HOUSE / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = (
        "park layout listing capture article version change ledger visit condition subscription digest delivery "
        "restated recovered baseline"
    )
    assert [word for word in words.split() if f"**{word}**" not in glossary] == []


def test_the_lock_names_no_host() -> None:
    assert "://" not in (HOUSE / "requirements.lock").read_text(encoding="utf-8")


def test_the_command_line_starts_without_what_most_verbs_do_not_need() -> None:
    script = "import sys, monitor.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert not {"scrapy", "twisted.internet", "trafilatura", "jinja2", "rjieba"} & {*done.stdout.split()}

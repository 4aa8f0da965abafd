"""The application object, what all verbs share, and how errors end."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from crawler.checking import SeedError
from crawler.layouts import Layout, layout_folders, load_good_layouts, load_layout, load_layouts
from monitor.park_folder import Seeds, load_seeds
from monitor.settings import Settings, SettingsError, load_settings
from storage.database import Store, StoreError, in_words, open_store
from storage.records import Park

DONE, UNSEEN, USAGE, WITHOUT_STORE = 0, 1, 2, 3

app = typer.Typer(
    name="parkwatch",
    help="Watch the news pages of industrial parks and mail digests of what is new and what changed.\n\n"
    "Every verb takes --settings FILE (default: parkwatch.toml in this folder) and --debug (show tracebacks).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"parkwatch {metadata.version('parkwatch')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Say which version this is.")
    ] = False,
) -> None: ...


out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class UsageError(Exception):
    """What was asked for cannot be done as it was asked; the sentence says how to ask."""


class UnreachableError(Exception):
    """The store or the mail server cannot be reached."""


@dataclass
class Common:
    """What every verb may need; each part is made when it is first asked for."""

    settings_file: Path | None = None
    debug: bool = False

    @cached_property
    def settings(self) -> Settings:
        """The operator's settings."""
        return load_settings(self.settings_file)

    @cached_property
    def seeds(self) -> Seeds:
        """The parks by slug, and what is wrong with the others."""
        return load_seeds(self.settings.seeds)

    @property
    def watched(self) -> dict[str, Park]:
        """The parks by slug; raises UsageError if there is not one."""
        parks, errors = self.seeds
        if not parks and not errors:
            raise UsageError(f"{self.settings.seeds.parks}: holds no park file: see docs/adding-a-park.md")
        return parks

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """All layouts by name; raises SeedError at the first that is wrong."""
        return load_layouts(self.settings.seeds.layouts)

    @cached_property
    def good_layouts(self) -> dict[str, Layout]:
        """The layouts by name that can be used."""
        return load_good_layouts(self.settings.seeds.layouts)[0]

    def layout(self, name: str) -> Layout:
        """Return a layout; raises UsageError or SeedError if there is none of that name, or it is wrong."""
        if name in self.good_layouts:
            return self.good_layouts[name]
        folders = layout_folders(self.settings.seeds.layouts)
        if name in folders:
            return load_layout(folders[name])
        raise UsageError(
            f"there is no layout '{name}' in {self.settings.seeds.layouts}; known are {', '.join(folders)}"
        )

    def park(self, slug: str) -> Park:
        """Return a park; raises UsageError or SeedError if there is none of that name, or its file is wrong."""
        parks, errors = self.seeds
        if slug in parks:
            return parks[slug]
        if slug in errors:
            raise errors[slug]
        known = ", ".join(sorted(parks)) or "none"
        raise UsageError(f"there is no park '{slug}' in {self.settings.seeds.parks}; known are {known}")

    @contextmanager
    def store(self, *, writes: bool = False) -> Iterator[Store]:
        """Open the store for one verb; one that *writes* is refused at once where it may not."""
        store = open_store(self.settings.store.url)
        try:
            if writes:
                store.must_be_writable()
            yield store
        finally:
            store.close()


common = Common()


def set_up(settings_file: Path | None, *, debug: bool) -> None:
    """Note the options that stand before any verb."""
    for made in ("settings", "seeds", "layouts", "good_layouts"):
        common.__dict__.pop(made, None)
    common.settings_file, common.debug = settings_file, debug


def failed(error: Exception) -> NoReturn:
    """End with the error's sentence and its exit code."""
    if isinstance(error, (SettingsError, SeedError, UsageError)):
        fail_with(str(error), USAGE)
    if isinstance(error, (StoreError, UnreachableError)):
        fail_with(str(error), WITHOUT_STORE)
    if type(error).__module__.startswith("sqlalchemy"):
        fail_with(f"{common.settings.store.url}: {in_words(error)}", WITHOUT_STORE)
    if isinstance(error, OSError) and error.filename:
        fail_with(f"{error.filename}: {error.strerror}", USAGE)
    fail_with(f"{type(error).__name__}: {' '.join(str(error).split())[:300]} (--debug shows where)", UNSEEN)


def fail_with(sentence: str, code: int) -> NoReturn:
    """Say one sentence on stderr and end."""
    err.print(f"parkwatch: {printable(sentence)}", markup=False)
    sys.exit(code)


def say(text: str = "") -> None:
    """Print a line; page text in it is never taken for markup, and reaches no terminal's controls."""
    out.print(printable(text), markup=False)


def warn(text: str) -> None:
    """Print a line on stderr."""
    err.print(printable(text), markup=False)


def printable(text: str) -> str:
    """Return text without control characters, which a site could use to write anywhere on a terminal."""
    return "".join(sign if sign == "\n" or sign.isprintable() else "\ufffd" for sign in text)


def write_file(path: Path, text: str) -> None:
    """Write a file that the operator named; raises UsageError if it cannot be written there."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def print_json(row: dict[str, Any]) -> None:
    """Print one object on a line of its own."""
    sys.stdout.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


def day_or_moment(text: str | None) -> datetime | None:
    """Return what --since says: a day (its midnight in UTC) or a moment; raises UsageError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--since {text}: write a day such as 2024-01-31") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

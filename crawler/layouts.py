"""Load layouts, the families of pages: a folder each, with its rules, some of them standing in for others."""

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.checking import SeedError, check, read_toml
from crawler.patterns import search
from crawler.rules import LayoutFile
from storage.identity import plain_path

#: Where the layouts that come along live in a checkout.
BUNDLED_LAYOUTS = Path(__file__).resolve().parent.parent / "seeds" / "layouts"


class Layout:
    """A checked layout with its name, its revision and the folder that it came from."""

    def __init__(self, name: str, rules: LayoutFile, folder: Path = Path()) -> None:
        self.name = name
        self.rules = rules
        self.folder = folder

    @property
    def is_general(self) -> bool:
        """Whether it takes the text from a general extractor: useful at once, and never sure."""
        return any(locator.general for locator in self.rules.article.body.locators)

    @cached_property
    def revision(self) -> str:
        """A hash of the rules that decide what is read; a new title is no new revision."""
        rules = self.rules.model_dump(mode="json", exclude={"title"}, exclude_defaults=True)
        return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()[:12]

    @cached_property
    def ways(self) -> frozenset[str]:
        """All its locators of articles' fields, as the record of which one won names them."""
        article = self.rules.article
        rules = (article.headline, article.date_published, article.source, article.body)
        return frozenset(locator.way for rule in rules if rule for locator in rule.locators)

    def is_article(self, url: str) -> bool:
        """Say whether an address has the form of this family's articles."""
        return has_form(url, self.rules.listing.articles)

    def __repr__(self) -> str:
        return f"Layout({self.name!r}, {self.revision})"


def has_form(url: str, patterns: Iterable[str]) -> bool:
    """Say whether one of the patterns is found in an address's path; those that name a question mark see its query."""
    path, query = plain_path(url), urlsplit(url).query
    whole = f"{path}?{query}" if query else path
    return any(search(pattern, whole if r"\?" in pattern or "[?" in pattern else path) for pattern in patterns)


def ways_of(layouts: Iterable[Layout]) -> frozenset[str]:
    """Return all locators of some layouts, by their names on record."""
    return frozenset(way for layout in layouts for way in layout.ways)


def load_layout(folder: Path) -> Layout:
    """Read one family's ``layout.toml``; raises SeedError."""
    path = folder / "layout.toml"
    if not path.is_file():
        raise SeedError(f"{path}: there is no such layout")
    data = read_toml(path)
    base = data.get("extends")
    if isinstance(base, str):
        data = _extended(data, read_toml(_beside(folder, base)))
    return Layout(folder.name, check(LayoutFile, data, path), folder)


def _beside(folder: Path, name: str) -> Path:
    for place in (folder.parent, BUNDLED_LAYOUTS):
        if (place / name / "layout.toml").is_file():
            return place / name / "layout.toml"
    raise SeedError(f"{folder / 'layout.toml'}: extends '{name}', and there is no such layout beside it")


def layout_folders(folder: Path) -> dict[str, Path]:
    """Return where each layout stands, by name: one in *folder* stands in for a bundled one of the same name."""
    if not folder.is_dir():
        raise SeedError(f"{folder} is no folder: set seeds.layouts to the folder of your layouts")
    places = (BUNDLED_LAYOUTS, folder)
    found = {path.parent.name: path.parent for place in places for path in place.glob("*/layout.toml")}
    return {name: found[name] for name in sorted(found)}


def load_layouts(folder: Path) -> dict[str, Layout]:
    """Read all layouts of a folder, and the bundled ones; raises SeedError at the first that is wrong."""
    return {name: load_layout(place) for name, place in layout_folders(folder).items()}


def load_good_layouts(folder: Path) -> tuple[dict[str, Layout], dict[str, SeedError]]:
    """Return by name the layouts that can be used, and what is wrong with the others."""
    layouts, errors = {}, {}
    for name, place in layout_folders(folder).items():
        try:
            layouts[name] = load_layout(place)
        except SeedError as error:
            errors[name] = error
    return layouts, errors


def _extended(data: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """Return a layout's keys with those of another behind them, where they say what articles of any site look like."""
    own, other = data.get("article"), base.get("article")
    if not isinstance(own, dict) or not isinstance(other, dict):
        return data
    joined = {name: _behind(own.get(name), other.get(name)) for name in ("skip", "drop", "foot", "end")}
    for name in ("headline", "date_published", "source"):
        mine, theirs = own.get(name, {}), other.get(name, {})
        if isinstance(mine, dict) and isinstance(theirs, dict):
            keys = ("locators", "reject", "strip")
            joined[name] = mine | {key: value for key in keys if (value := _behind(mine.get(key), theirs.get(key)))}
    return data | {"article": own | {name: value for name, value in joined.items() if value}}


def _behind(own: Any, other: Any) -> Any:
    """Return two lists as one; what is no list is for the check to refuse."""
    if own is None:
        return other
    return [*own, *(other or [])] if isinstance(own, list) and isinstance(other, (list, type(None))) else own

"""Load what people write about parks: one TOML file a park, checked on load."""

import os
import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, field_validator

from crawler.checking import SeedError, check, read_toml
from crawler.decoding import encoding_named
from crawler.rules import Pattern
from storage.records import Park

#: Where the bundled parks and layouts live in a checkout.
BUNDLED = Path(__file__).resolve().parent.parent / "seeds"

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write a whole address that begins with http:// or https://")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]


class ParkFile(BaseModel):
    """The keys of ``seeds/parks/<slug>.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="the park's name as a reader knows it")
    time_zone: str = Field("Asia/Shanghai", description="the zone in which its pages print times")
    language: str = Field("en", description="the language of its news: en or zh, also en-GB, zh-Hant")
    listings: list[WebAddress] = Field(min_length=1, description="addresses of the pages that list its articles")
    layouts: list[str] = Field(
        ["general"], min_length=1, description="layouts to try, the likeliest first; a general extractor if left out"
    )
    articles: list[Pattern] = Field(
        [], description="further forms of its articles' addresses, path and query, that no layout knows"
    )
    hosts: list[str] = Field([], description="further hosts of the same site")
    cadence: str = Field(
        "6h",
        description="how often to visit: minutes, hours or days, such as 30m, 6h, 1d",
    )
    encoding: str | None = Field(None, description="the pages' encoding, only where they declare a wrong one")
    tls_verify: StrictBool = Field(True, description="false if the site's certificate is broken; shown in status")

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("write a time zone such as Asia/Shanghai") from error
        return value

    @field_validator("language")
    @classmethod
    def _is_read_here(cls, value: str) -> str:
        if not re.fullmatch(r"(en|zh)(-[A-Za-z]+)*", value):
            raise ValueError("write en or zh, the languages that layouts are made for")
        return value

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, value: str | None) -> str | None:
        if value is not None and encoding_named(value) is None:
            raise ValueError("write the name of an encoding such as gb18030, or leave it out")
        return value

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, value: list[str]) -> list[str]:
        for host in value:
            if not re.fullmatch(r"[^\s/:@]+(:\d+)?", host):
                raise ValueError(f"write bare hosts such as news.example.org, not {host!r}")
        return value

    @field_validator("cadence")
    @classmethod
    def _is_a_span(cls, value: str) -> str:
        span_minutes(value)
        return value


def span_minutes(text: str) -> int:
    """Return the minutes of a span such as ``30m``, ``6h`` or ``1d``."""
    unit = {"m": 1, "h": 60, "d": 1440}.get(text[-1:])
    if unit is None or not text[:-1].isdigit() or int(text[:-1]) == 0:
        raise ValueError("write a span such as 30m, 6h or 1d")
    return int(text[:-1]) * unit


def load_park(path: Path) -> Park:
    """Read one park file; raises SeedError."""
    if not _SLUG.fullmatch(path.stem):
        raise SeedError(
            f"{path}: the file's name is the park's slug: write it in small letters, digits, hyphens and underscores"
        )
    data = read_toml(path)
    checked = check(ParkFile, data, path)
    hosts = {urlsplit(address).netloc.lower() for address in checked.listings} | {h.lower() for h in checked.hosts}
    twins = {h.removeprefix("www.") if h.startswith("www.") else f"www.{h}" for h in hosts if ":" not in h}
    return Park(
        slug=path.stem,
        name=checked.name,
        time_zone=checked.time_zone,
        language=checked.language,
        listings=tuple(checked.listings),
        layouts=tuple(checked.layouts),
        hosts=frozenset(hosts | twins),
        cadence_minutes=span_minutes(checked.cadence),
        encoding=checked.encoding,
        tls_verify=checked.tls_verify,
        articles=tuple(checked.articles),
    )


def load_parks(folder: Path) -> tuple[dict[str, Park], dict[str, SeedError]]:
    """Read a folder of parks; return by slug the good ones, and what is wrong with the others."""
    if not folder.is_dir():
        raise SeedError(f"{folder} is no folder: set seeds.parks to the folder of your park files")
    if not os.access(folder, os.R_OK | os.X_OK):
        # Its list would be empty, as if no park were watched.
        raise SeedError(f"{folder}: this user may not read it: allow that, or set seeds.parks to another folder")
    parks: dict[str, Park] = {}
    errors: dict[str, SeedError] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            parks[path.stem] = load_park(path)
        except SeedError as error:
            errors[path.stem] = error
    return parks, errors

"""Load what people write about parks: one TOML file a park, checked on load."""

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from storage.records import Park

#: Where the bundled parks and layouts live in a checkout.
BUNDLED = Path(__file__).resolve().parent.parent / "seeds"


class SeedError(Exception):
    """A park or layout file cannot be used; the sentence names file, key and what to write instead."""


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write a whole address that begins with http:// or https://")
    return value


M = TypeVar("M", bound=BaseModel)
WebAddress = Annotated[str, AfterValidator(_web_address)]


class ParkFile(BaseModel):
    """The keys of ``seeds/parks/<slug>.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="the park's name as a reader knows it")
    time_zone: str = Field("Asia/Shanghai", description="the zone in which its pages print times")
    language: str = Field("en", pattern=r"^[a-z]{2}(-[A-Za-z]+)?$", description="the language of its news")
    listings: list[WebAddress] = Field(min_length=1, description="addresses of the pages that list its articles")
    layouts: list[str] = Field(min_length=1, description="layouts to try, the likeliest first")
    hosts: list[str] = Field([], description="further hosts of the same site")
    cadence: str = Field(
        "6h",
        description="how often to visit: minutes, hours or days, such as 30m, 6h, 1d",
    )
    encoding: str | None = Field(None, description="the pages' encoding, only where they declare a wrong one")
    tls_verify: bool = Field(True, description="false if the site's certificate is broken; shown in status")

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("write a time zone such as Asia/Shanghai") from error
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
    )


def load_parks(folder: Path) -> tuple[dict[str, Park], list[SeedError]]:
    """Read a folder of parks; return the good ones by slug, and what is wrong with the others."""
    if not folder.is_dir():
        raise SeedError(f"{folder} is no folder: set seeds.parks to the folder of your park files")
    parks: dict[str, Park] = {}
    errors: list[SeedError] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            parks[path.stem] = load_park(path)
        except SeedError as error:
            errors.append(error)
    return parks, errors


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises SeedError with its name and the line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SeedError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SeedError(f"{path}: is not TOML: {error}") from error


def check(model: type[M], data: dict[str, Any], path: Path) -> M:
    """Validate *data*; raises SeedError that names the file, the key and the nearest valid word."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise SeedError(f"{path}: {_sentence(model, first)}") from error


def _sentence(model: type[BaseModel], error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "the file"
    if error["type"] == "extra_forbidden":
        known = _words_of(model)
        near = difflib.get_close_matches(str(error["loc"][-1]), known, n=1)
        return f"unknown key '{where}'" + (
            f", did you mean '{near[0]}'?" if near else f"; known are {', '.join(known)}"
        )
    if error["type"] == "missing":
        return f"'{where}' is missing"
    return f"{where}: {error['msg'].removeprefix('Value error, ')} (found {str(error.get('input'))[:80]!r})"


def _words_of(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> list[str]:
    words = list(model.model_fields)
    for found in model.model_fields.values():
        for inner in [found.annotation, *getattr(found.annotation, "__args__", ())]:
            if isinstance(inner, type) and issubclass(inner, BaseModel) and inner not in seen:
                words += _words_of(inner, seen | {model})
    return words

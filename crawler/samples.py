"""Replay sample pages: raw bytes and headers as they came, and the fields that a person expects of them."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from crawler.checking import SeedError, check, read_toml
from crawler.decoding import decode
from crawler.layouts import Layout
from crawler.page import Page, is_markup
from crawler.reading import Reading, Unreadable, read_article
from storage.records import FIELDS, Park


class ResponseFile(BaseModel):
    """The keys of a sample's ``response.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="the address that the page came from")
    captured_at: datetime = Field(description="when it came")
    content_type: str | None = Field(None, description="the header, if there was one")
    time_zone: str = Field("Asia/Shanghai", description="the park's zone")
    language: str = Field("en", description="the park's language")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One page of a layout's past or present, and what is expected of it."""

    name: str
    page: Page
    park: Park
    captured_at: datetime
    expected: dict[str, Any]

    def read(self, layout: Layout) -> Reading | Unreadable:
        """Read the page again."""
        return read_article(self.page, [layout], self.park, self.captured_at)


class Verdict(StrEnum):
    """How a field that was read compares with what a person expects of it."""

    SAME = "same"
    DIFFERENT = "different"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCheck:
    """One field of one sample: expected, found, and by which locator."""

    name: str
    verdict: Verdict
    expected: Any
    found: Any
    located_by: str | None


def check_sample(sample: Sample, layout: Layout) -> list[FieldCheck] | Unreadable:
    """Replay a sample and compare it field by field."""
    result = sample.read(layout)
    if isinstance(result, Unreadable):
        return result
    checks = []
    for name in FIELDS:
        found = getattr(result.fields, name)
        found = list(found) if name == "body" else found or None
        expected = sample.expected.get(name) or None
        verdict = Verdict.SAME if found == expected else Verdict.DIFFERENT if found else Verdict.MISSING
        checks.append(
            FieldCheck(
                name=name,
                verdict=verdict,
                expected=expected,
                found=found,
                located_by=result.located_by.get(name),
            )
        )
    return checks


def load_sample(folder: Path) -> Sample:
    """Read a sample's folder: ``page.*``, ``response.toml`` and ``expected.json``; raises SeedError."""
    pages = sorted(folder.glob("page.*"))
    if len(pages) != 1:
        raise SeedError(f"{folder}: needs one file page.html or page.txt, it has {len(pages)}")
    response = check(ResponseFile, read_toml(folder / "response.toml"), folder / "response.toml")
    try:
        expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SeedError(f"{folder / 'expected.json'}: cannot be read: {error}") from error
    if not isinstance(expected, dict):
        raise SeedError(f"{folder / 'expected.json'}: write an object with the keys {', '.join(FIELDS)}")
    park = Park(
        slug="sample",
        name="sample",
        time_zone=response.time_zone,
        language=response.language,
        listings=(),
        layouts=(),
        hosts=frozenset(),
    )
    text = decode(pages[0].read_bytes(), response.content_type).text
    return Sample(
        name=folder.name,
        page=Page(url=response.url, text=text, is_html=is_markup(response.content_type, text)),
        park=park,
        captured_at=response.captured_at,
        expected=expected,
    )


def load_samples(folder: Path) -> list[Sample]:
    """Read all samples of a layout's folder; raises SeedError for the first that is wrong."""
    found, wrong = load_good_samples(folder)
    if wrong:
        raise wrong[0]
    return found


def load_good_samples(folder: Path) -> tuple[list[Sample], list[SeedError]]:
    """Read the samples of a layout's folder, and say what is wrong with those that cannot be read."""
    found, wrong = [], []
    for path in sorted((folder / "samples").glob("*")):
        try:
            found += [load_sample(path)] if path.is_dir() else []
        except SeedError as error:
            wrong.append(error)
    return found, wrong

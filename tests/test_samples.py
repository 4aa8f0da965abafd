"""Every sample of every layout, field by field."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from crawler.layouts import Layout, load_layouts
from crawler.reading import Unreadable
from crawler.samples import Sample, check_sample, load_samples
from crawler.seeds import BUNDLED
from tests.conftest import Desk

LAYOUTS = load_layouts(BUNDLED / "layouts")


def cases() -> Iterator[Any]:
    for layout in LAYOUTS.values():
        for sample in load_samples(BUNDLED / "layouts" / layout.name):
            for name in ("headline", "date_published", "source", "body"):
                yield pytest.param(layout, sample, name, id=f"{layout.name}/{sample.name}/{name}")


@pytest.mark.parametrize(("layout", "sample", "name"), list(cases()))
def test_a_sample_reads_as_a_person_reads_it(layout: Layout, sample: Sample, name: str) -> None:
    checks = check_sample(sample, layout)
    assert not isinstance(checks, Unreadable), checks
    [field] = [field for field in checks if field.name == name]
    assert name in sample.expected, "a person says of every field what it is, null included"
    assert field.found == field.expected


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_every_layout_has_samples_of_two_eras(layout: Layout) -> None:
    assert len(load_samples(BUNDLED / "layouts" / layout.name)) >= 2


def test_an_operator_sees_field_by_field_what_his_change_to_a_layout_broke(desk: Desk) -> None:
    assert "tjuda: 4 samples, good" in desk.must("layouts", "check", "tjuda")
    own = desk.folder / "layouts"
    shutil.copytree(BUNDLED / "layouts" / "tjuda", own / "tjuda")
    rules = (own / "tjuda" / "layout.toml").read_text(encoding="utf-8")
    (own / "tjuda" / "layout.toml").write_text(rules.replace("drop = [", "drop = [\n    '^Park News$',"), "utf-8")
    desk.variables["PARKWATCH_SEEDS__LAYOUTS"] = str(own)
    done = desk.run("layouts", "check")
    assert done.returncode == 1
    assert " !  tjuda/bulleted-2019: headline same, date_published same, source same, body different" in done.stdout
    assert "body: expected A maker of ball bearings" in done.stdout
    shutil.rmtree(own / "tjuda" / "samples")
    assert "tjuda: has no sample" in desk.fails("layouts", "check", "tjuda")
    assert desk.run("layouts", "check", "tjudo").returncode == 2


def test_a_sample_that_cannot_be_read_is_named_and_costs_no_other_its_turn(desk: Desk) -> None:
    own = desk.folder / "layouts"
    shutil.copytree(BUNDLED / "layouts" / "tjuda", own / "tjuda")
    (own / "tjuda" / "samples" / "bulleted-2019" / "expected.json").write_text("{", encoding="utf-8")
    desk.variables["PARKWATCH_SEEDS__LAYOUTS"] = str(own)
    done = desk.run("layouts", "check", "tjuda")
    assert done.returncode == 1
    assert "bulleted-2019/expected.json: cannot be read: " in done.stderr
    assert done.stdout.count("ok  tjuda/") == 3
    assert "tjuda: 4 samples, 1 not as expected" in done.stdout


def test_a_layout_that_recognises_every_page_is_told_of(desk: Desk) -> None:
    own = desk.folder / "layouts" / "tjuda"
    shutil.copytree(BUNDLED / "layouts" / "tjuda", own)
    rules = (own / "layout.toml").read_text(encoding="utf-8")
    (own / "layout.toml").write_text(rules.replace("[recognise]", '[recognise]\nselectors = ["body"]'), "utf-8")
    desk.variables["PARKWATCH_SEEDS__LAYOUTS"] = str(own.parent)
    done = desk.run("layouts", "check", "tjuda")
    assert done.returncode == 1
    assert "parkwatch: tjuda: recognises " in done.stderr
    assert "pages of other families: narrow [recognise]" in done.stderr

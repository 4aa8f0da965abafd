"""Every sample of every layout, field by field."""

from collections.abc import Iterator
from typing import Any

import pytest

from crawler.layouts import Layout, load_layouts
from crawler.reading import Reading
from crawler.samples import Sample, load_samples
from crawler.seeds import BUNDLED

LAYOUTS = load_layouts(BUNDLED / "layouts")


def cases() -> Iterator[Any]:
    for layout in LAYOUTS.values():
        for sample in load_samples(BUNDLED / "layouts" / layout.name):
            for name in ("headline", "date_published", "source", "body"):
                yield pytest.param(layout, sample, name, id=f"{layout.name}/{sample.name}/{name}")


@pytest.mark.parametrize(("layout", "sample", "name"), list(cases()))
def test_a_sample_reads_as_a_person_reads_it(layout: Layout, sample: Sample, name: str) -> None:
    result = sample.read(layout)
    assert isinstance(result, Reading), result
    found = getattr(result.fields, name)
    assert (list(found) if name == "body" else found) == sample.expected[name]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_every_layout_has_samples_of_two_eras(layout: Layout) -> None:
    assert len(load_samples(BUNDLED / "layouts" / layout.name)) >= 2

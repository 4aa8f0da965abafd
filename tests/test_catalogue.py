"""The catalogue of faults names tests and trials that there are, and counts what fails."""

import ast
from pathlib import Path

import pytest

from tests.torture.__main__ import SORTS
from tests.torture.catalogue import HOUSE, Fault, failed_tests, faults, held


def functions_of(file: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}


def test_every_fault_is_tried_by_what_there_is() -> None:
    catalogue = faults()
    assert len({fault.name for fault in catalogue}) == len(catalogue) > 100
    assert {trial for fault in catalogue for trial in fault.trials} <= {*SORTS}
    assert [fault.name for fault in catalogue if not (fault.tests or fault.trials)] == []
    named = {tuple(test.partition("[")[0].split("::")) for fault in catalogue for test in fault.tests}
    there = {file: functions_of(HOUSE / file) for file, _ in named}
    assert [test for file, test in sorted(named) if test not in there[file]] == []


@pytest.mark.parametrize(
    ("failed", "broken", "is_held"),
    [(set(), set(), True), ({"a"}, set(), False), (set(), {"stalls"}, False), ({"c"}, {"kill points"}, True)],
)
def test_a_fault_is_held_if_everything_that_tries_it_is(failed: set[str], broken: set[str], *, is_held: bool) -> None:
    assert held(Fault(breaks="mail", name="x", tests=("a", "b"), trials=("stalls",)), failed, broken) is is_held


def test_what_nothing_tries_is_not_held() -> None:
    assert not held(Fault(breaks="mail", name="x"), set(), set())


@pytest.mark.long
def test_tests_that_fail_are_skipped_or_are_not_there_are_named() -> None:
    good = "tests/test_catalogue.py::test_what_nothing_tries_is_not_held"
    one = "tests/test_catalogue.py::test_a_fault_is_held_if_everything_that_tries_it_is[failed0-broken0-True]"
    assert failed_tests([good, one]) == set()
    assert failed_tests([good, "tests/test_catalogue.py::test_that_is_not_there"]) != set()

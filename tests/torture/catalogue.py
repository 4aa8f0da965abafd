"""The catalogue of faults: what can break, and the tests and trials that break it and look at what comes of it."""

import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent.parent
CATALOGUE = Path(__file__).with_name("faults.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault; ``tests`` are pytest's names of functions, ``trials`` the sorts of trial that inject it as well."""

    #: What breaks: processes, the store, the network, pages, mail.
    breaks: str
    name: str
    tests: tuple[str, ...] = ()
    trials: tuple[str, ...] = ()


def faults(path: Path = CATALOGUE) -> list[Fault]:
    """Return the catalogue."""
    found = tomllib.loads(path.read_text(encoding="utf-8"))["fault"]
    return [
        Fault(**{key: tuple(value) if isinstance(value, list) else value for key, value in each.items()})
        for each in found
    ]


def failed_tests(names: Iterable[str]) -> set[str]:
    """Run tests, and return those of *names* that did not pass: failed, skipped altogether, or not there."""
    wanted = sorted({*names})
    with tempfile.TemporaryDirectory(prefix="pw-faults-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", f"--junitxml={report}"]
        subprocess.run([*command, *wanted], cwd=HOUSE, stdout=sys.stderr, check=False)
        if not report.exists():
            return {*wanted}
        passed: dict[str, bool] = defaultdict(lambda: True)
        for case in ElementTree.parse(report).iter("testcase"):
            name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '')}"
            # One that is skipped on one of the databases is tried on the other.
            if case.find("skipped") is None:
                for each in (name, name.partition("[")[0]):
                    passed[each] &= not len(case)
    return {name for name in wanted if name not in passed or not passed[name]}


def held(fault: Fault, failed: Collection[str], broken_trials: Collection[str]) -> bool:
    """Say whether everything that tries a fault came out well; what nothing tries did not."""
    return bool(fault.tests or fault.trials) and not ({*fault.tests} & {*failed} or {*fault.trials} & {*broken_trials})

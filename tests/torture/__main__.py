"""``make torture``: everything on both databases, side by side, and the table in docs/reliability.md made anew."""

import json
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path

from monitor.demo.mailbox import receiving
from storage.crash import POINTS
from storage.database.postgres import LOCK_TIMEOUT_S
from storage.database.sqlite import module
from tests.torture.account import Tally
from tests.torture.catalogue import Fault, failed_tests, faults, held
from tests.torture.crowd import crowd_is_due
from tests.torture.hostile import SILENCING, met
from tests.torture.listings import TRAPS, misled
from tests.torture.mail_faults import FAULTS, survives
from tests.torture.many import ten_thousand_change
from tests.torture.post import Post
from tests.torture.scarcity import disk_is_full
from tests.torture.scenes import SENDING_POINTS, dies_at_random, sending_scene
from tests.torture.stalls import sender_is_stopped, server_takes_its_time, store_is_held
from tests.torture.stands import KINDS, Stands, with_readers
from tests.torture.visiting import (
    BACKFILL_POINTS,
    MIGRATION_POINTS,
    VISITING_POINTS,
    backfill_dies,
    upgrade_dies,
    visit_dies,
    visited,
)
from tests.tricksite import tricking

REPORT = Path(__file__).resolve().parent.parent.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- make torture -->", "<!-- end -->"
#: Points that a visit comes by many times are tried at their first, second and third time, the others thrice.
_MANY = {"article_fetched", "article_before_commit", "article_after_commit"}
_RANDOM_KILLS, _KILLS_A_STORE = 600, 50
_NINE_MINUTES_S = 540
SORTS = (
    "kill points",
    "random kills",
    "mail faults",
    "full disks",
    "hostile pages",
    "hostile listings",
    "stalls",
    "many changes",
)
_SEED = 20240506


def torture(kind: str, kills: int) -> dict[str, Tally]:
    """Do everything on one kind of database, and return what came of each sort of trial."""
    found = {name: Tally() for name in SORTS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pw-torture-")))
        stands = stack.enter_context(Stands(kind, folder))
        site, post = stack.enter_context(tricking()), stack.enter_context(receiving(Post()))
        prepared = visited(site, post, folder)
        # Nine minutes in which nothing is done but wait.
        patient = stack.enter_context(stands.stand("readers", with_readers))
        thinking = stack.enter_context(ThreadPoolExecutor(1)).submit(
            server_takes_its_time, patient, Post(), _NINE_MINUTES_S
        )

        def trial(
            sort: str, name: str, prepare: Callable[[str], None], what: Callable[..., Tally], *more: object
        ) -> None:
            with stands.stand(name, prepare) as stand:
                post.mails.clear()
                tally = what(stand, *more)
            note(sort, tally)

        def note(sort: str, tally: Tally) -> None:
            found[sort].add(tally)
            for wrong in tally.wrong:
                print(f"{kind}: {wrong}", file=sys.stderr, flush=True)

        for hit in (1, 2, 3):
            for point in SENDING_POINTS:
                found["kill points"].add(sending_scene(stands, post, point, hit))
            for point in VISITING_POINTS:
                trial("kill points", "visited", prepared, visit_dies, site, post, point, hit if point in _MANY else 1)
            for point in BACKFILL_POINTS:
                trial("kill points", "visited", prepared, backfill_dies, site, point, 1)
            for point in MIGRATION_POINTS:
                trial("kill points", "readers", with_readers, upgrade_dies, point)
            print(f"{kind}: round {hit} of kill points done", file=sys.stderr, flush=True)
        for fault in FAULTS:
            trial("mail faults", "readers", with_readers, survives, post, fault)
        for spare in range(0, 600_000, 20_000) if kind == "sqlite" else ():
            trial("full disks", "readers", with_readers, disk_is_full, post, spare)
        for only in (None, *SILENCING):
            trial("hostile pages", "readers", with_readers, met, site, only)
        for name in TRAPS:
            trial("hostile listings", "readers", with_readers, misled, site, name)
        for seconds, may_fail in ((8, False), (LOCK_TIMEOUT_S + 5, True)):
            trial("stalls", "readers", with_readers, partial(store_is_held, may_fail=may_fail), post, seconds)
        trial("stalls", "readers", with_readers, sender_is_stopped, post)
        trial("stalls", "readers", with_readers, crowd_is_due, post)
        trial("many changes", "readers", with_readers, ten_thousand_change, post)
        note("stalls", thinking.result())
        for number in range(max(1, kills // _KILLS_A_STORE)):
            seed = _SEED + number
            with receiving(Post(0.4, seed)) as rude:
                trial("random kills", "readers", with_readers, dies_at_random, rude, _KILLS_A_STORE, seed)
    return found


def main() -> None:
    """Run both kinds in processes of their own, then write the table; exit code 1 if anything was lost or twice."""
    if len(sys.argv) > 1 and sys.argv[1] in KINDS:
        print(json.dumps({sort: asdict(tally) for sort, tally in torture(sys.argv[1], int(sys.argv[2])).items()}))
        return
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else _RANDOM_KILLS
    began = time.monotonic()
    runs = {
        kind: subprocess.Popen(
            [sys.executable, "-m", "tests.torture", kind, str(kills)], stdout=subprocess.PIPE, text=True
        )
        for kind in KINDS
    }
    found = {}
    for kind, run in runs.items():
        said, _ = run.communicate()
        if run.returncode:
            sys.exit(f"the run on {kind} ended with {run.returncode}")
        # What the steps' own logs say comes before.
        found[kind] = {sort: Tally(**given) for sort, given in json.loads(said.splitlines()[-1]).items()}
    catalogue = faults()
    failed = failed_tests(test for fault in catalogue for test in fault.tests)
    broken = {sort for tallies in found.values() for sort, tally in tallies.items() if tally.wrong}
    met_badly = [fault for fault in catalogue if not held(fault, failed, broken)]
    table = table_of(found, catalogue, met_badly, (time.monotonic() - began) / 60)
    text = REPORT.read_text(encoding="utf-8")
    REPORT.write_text(f"{text.partition(BEGIN)[0]}{BEGIN}\n{table}{END}{text.partition(END)[2]}", encoding="utf-8")
    print(table)
    wrong = [line for tallies in found.values() for tally in tallies.values() for line in tally.wrong]
    wrong += [f"not held: {fault.name}" for fault in met_badly]
    if wrong:
        sys.exit(f"{len(wrong)} promises were broken, see above: {'; '.join(wrong[:5])}")


def table_of(found: dict[str, dict[str, Tally]], catalogue: list[Fault], met_badly: list[Fault], minutes: float) -> str:
    """Return the table in Markdown."""

    def row(name: str, cell: Callable[[dict[str, Tally]], object]) -> str:
        return f"| {name} | " + " | ".join(str(cell(found[kind])) for kind in KINDS) + " |"

    def of(sort: str, name: str) -> Callable[[dict[str, Tally]], str]:
        return lambda tallies: f"{getattr(tallies[sort], name):,}"

    def everywhere(name: str) -> Callable[[dict[str, Tally]], str]:
        return lambda tallies: f"{sum(getattr(tally, name) for tally in tallies.values()):,}"

    def broken(word: str) -> Callable[[dict[str, Tally]], int]:
        return lambda tallies: sum(word in wrong for tally in tallies.values() for wrong in tally.wrong)

    return "\n".join(
        [
            "",
            "| | SQLite | PostgreSQL |",
            "|---|---|---|",
            row(f"kill points, each at least three times ({len(POINTS)} points)", of("kill points", "scenes")),
            row("of these survived", lambda t: t["kill points"].scenes - t["kill points"].failed),
            row("kills at random moments, mail server misbehaving", of("random kills", "kills")),
            row("mail server faults", of("mail faults", "scenes")),
            row("disks full for a while, at so many moments", of("full disks", "scenes")),
            row("hostile answers in the place of an article", of("hostile pages", "scenes")),
            row("listings that are traps or lead astray", of("hostile listings", "scenes")),
            row("stores held, a sender stopped, a server that thinks nine minutes, a crowd", of("stalls", "scenes")),
            row("ten thousand changes at once", of("many changes", "scenes")),
            row("changes that were to reach a reader", everywhere("changes")),
            row("**lost**", broken("never heard of")),
            row("**in two digests**", broken("too often")),
            row("digests mailed", everywhere("mails")),
            row("copies of a mail, all in the window that SMTP leaves open", everywhere("copies")),
            row("copies that differ, or that nothing explains", broken("cop")),
            row("other promises broken (`verify`, outcomes on record, bounds)", lambda t: len(_other(t))),
            "",
            "Faults of the catalogue (`tests/torture/faults.toml`), each by tests and trials that inject it:",
            "",
            "| what breaks | faults tried | held |",
            "|---|---|---|",
            *_by_what_breaks(catalogue, met_badly),
            "",
            f"Made in {minutes:.0f} minutes by `make torture` with Python {platform.python_version()} and SQLite "
            f"{module().sqlite_version}; the seeds of the random kills begin at {_SEED}.",
            "",
        ]
    )


def _by_what_breaks(catalogue: list[Fault], met_badly: list[Fault]) -> list[str]:
    tried, lost = (Counter(fault.breaks for fault in some) for some in (catalogue, met_badly))
    rows = [f"| {breaks} | {count} | {count - lost[breaks]} |" for breaks, count in tried.items()]
    return [*rows, f"| **all** | {len(catalogue)} | {len(catalogue) - len(met_badly)} |"]


def _other(tallies: dict[str, Tally]) -> list[str]:
    known = ("never heard of", "too often", "cop")
    return [line for tally in tallies.values() for line in tally.wrong if not any(word in line for word in known)]


if __name__ == "__main__":
    main()

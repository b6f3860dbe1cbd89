"""What we measure is what pgbench measures: its own log of the same statements on the same server."""

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from pgclinic.grading.proving import compare
from pgclinic.model.proof import Latencies, Run, Verdict
from pgclinic.model.workload import Load
from pgclinic.postgres.measure import measure
from pgclinic.verbs.driving import drive
from pgclinic.workload.latencies import Samples, summary
from pgclinic.workload.script import parse_script

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

STATEMENTS = {
    "waiting": "select pg_sleep(0.015);",
    "working": "select sum(n % 7) from generate_series(1, 400000) as n;",
}
CALLS = 40
LEAST_MS = 10.0
ATTEMPTS = 3
"""Another process may take the machine for as long as one side is measured, and not the other."""


def by_pgbench(database: "Database", folder: Path, calls: int, statements: dict[str, str]) -> dict[str, list[float]]:
    """Milliseconds of each transaction, from the log that it writes (documentation of pgbench, per-transaction log)."""
    found = {}
    for name, statement in statements.items():
        script, log = folder / f"{name}.sql", folder / name
        script.write_text(statement)
        options = ["-n", "-c", "1", "-t", str(calls), "-f", script, "-l", "--log-prefix", log]
        subprocess.run(
            [database.instance.binaries.program("pgbench"), *options, database.conninfo],
            env={"PATH": os.environ.get("PATH", os.defpath)},
            capture_output=True,
            check=True,
            timeout=120,
        )
        (written,) = folder.glob(f"{name}.[0-9]*")
        found[name] = [int(line.split()[2]) / 1000 for line in written.read_text().splitlines()]
        written.unlink()
    return found


def as_run(times: dict[str, list[float]], like: Run) -> Run:
    def of(name: str) -> Latencies:
        samples = Samples(name, calls=len(times[name]))
        samples.times_ms.extend(times[name])
        return summary(name, [samples])

    return msgspec.structs.replace(like, statements=tuple(of(name) for name in sorted(times)), tasks=())


def both(database: "Database", folder: Path) -> tuple[Run, Run]:
    """Half of pgbench's calls before ours and half after, so that a drift of the machine favours neither."""
    script = parse_script({f"{name}.sql": text for name, text in STATEMENTS.items()})
    first = by_pgbench(database, folder, CALLS // 2, STATEMENTS)
    ours = drive(measure(database.conninfo, script, Load(repeat=CALLS, connections=1)))
    second = by_pgbench(database, folder, CALLS // 2, STATEMENTS)
    return as_run({name: first[name] + second[name] for name in STATEMENTS}, ours), ours


def test_medians_agree_with_the_log_of_pgbench_within_the_intervals(database: "Database", tmp_path: Path) -> None:
    disagreeing = ["not measured"]
    for _ in range(ATTEMPTS):
        theirs, ours = both(database, tmp_path)
        disagreeing = []
        for comparison in compare(theirs, ours).statements:
            assert comparison.before.calls == comparison.after.calls == CALLS
            assert (comparison.before.p50_ms or 0) > LEAST_MS
            # Within the intervals, unless a difference is shown that is neither chance nor too small to matter.
            if comparison.verdict in {Verdict.FASTER, Verdict.SLOWER}:
                disagreeing.append(f"{comparison.name}: {comparison.before.p50_ms} ms and {comparison.after.p50_ms} ms")
        if not disagreeing:
            return
    assert not disagreeing


def test_a_difference_that_there_is_would_be_seen(database: "Database", tmp_path: Path) -> None:
    theirs = by_pgbench(database, tmp_path, CALLS, {"waiting": "select pg_sleep(0.015);"})
    script = parse_script({"waiting.sql": "select pg_sleep(0.025);"})
    ours = drive(measure(database.conninfo, script, Load(repeat=CALLS, connections=1)))
    (waiting,) = compare(as_run(theirs, ours), ours).statements
    assert waiting.verdict is Verdict.SLOWER

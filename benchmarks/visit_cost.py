"""What one visit costs: the clinic's time and memory, and the server's work; few tables, and a crowd of them."""

import json
import subprocess
import sys
from collections.abc import Sequence

import psycopg

from benchmarks.data.crowd import crowded
from benchmarks.report import Row
from pgclinic.instance import Instance

SIZES = (
    # tables, statements, seconds, megabytes
    (100, 500, 1, 500),
    (20_000, 50_000, 15, 500),
)

_VISIT = """
import json, os, resource, sys, time
from pathlib import Path
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive

begun, begun_process = time.perf_counter(), time.process_time()
with open_session(sys.argv[1]) as connection:
    snapshot = drive(collect(connection))
    seconds = time.perf_counter() - begun
    # Fields 14 and 15 of proc(5): what the server's process spent, in clock ticks.
    spent = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    peak = Path(f"/proc/{connection.info.backend_pid}/status").read_text().partition("VmHWM:")[2].split()[0]
print(json.dumps({
    "seconds": seconds,
    "own_seconds": time.process_time() - begun_process,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    "server_seconds": sum(map(int, spent)) / os.sysconf("SC_CLK_TCK"),
    "server_megabytes": int(peak) / 1000,
    "relations": len(snapshot.relations),
    "statements": len(snapshot.statements),
    "valued": len({row.relation for row in snapshot.column_statistics if row.histogram_bounds}),
    "blind_spots": [spot.reason for spot in snapshot.blind_spots],
}))
"""
_WORK = """
select blks_hit + blks_read, temp_files, temp_bytes, tup_inserted + tup_updated + tup_deleted
from pg_stat_database where datname = current_database()
"""


def run() -> Sequence[Row]:
    rows: list[Row] = []
    for tables, statements, seconds, megabytes in SIZES:
        with crowded(tables, statements) as instance:
            rows += _measured(instance, f"{tables:,} tables, {statements:,} statements", seconds, megabytes)
    return rows


def _measured(instance: Instance, subject: str, seconds: float, megabytes: float) -> list[Row]:
    before = _work(instance)
    answer = subprocess.run([sys.executable, "-c", _VISIT, instance.conninfo()], check=True, stdout=subprocess.PIPE)
    after = _work(instance)
    found = json.loads(answer.stdout)
    pages, files, temporary, changed = (late - early for early, late in zip(before, after, strict=True))

    def row(figure: str, value: float, unit: str = "", line: float | None = None) -> Row:
        said = "" if line is None else f"under {line:g} {unit}".strip()
        return Row(
            subject=subject,
            figure=figure,
            value=value,
            unit=unit,
            line=said,
            passes=None if line is None else value < line,
        )

    return [
        row("time", found["seconds"], "s", seconds),
        row("memory", found["megabytes"], "MB", megabytes),
        row("the clinic's processor time", found["own_seconds"], "s"),
        row("the server's processor time", found["server_seconds"], "s"),
        row("the server process's memory, shared pages too", found["server_megabytes"], "MB"),
        row("pages read", pages),
        row("temporary files", files, "", 1),
        row("temporary bytes", temporary),
        row("rows changed", changed, "", 1),
        row("relations seen", found["relations"]),
        row("statements brought", found["statements"]),
        row("tables with values", found["valued"]),
        *(row(f"blind spot: {reason}", 1) for reason in found["blind_spots"]),
    ]


def _work(instance: Instance) -> tuple[int, ...]:
    with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
        (row,) = connection.execute(_WORK).fetchall()
    return tuple(row)


if __name__ == "__main__":
    from benchmarks import report

    report.show(run())

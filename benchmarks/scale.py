"""``prescribe`` for 5,000 tables and 20,000 statements: wall time, and memory of it and its private server together."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.data.fleet import fleet
from benchmarks.report import Row
from pgclinic.model.snapshot_file import write

TABLES, STATEMENTS = 5_000, 20_000
SECONDS, MEGABYTES = 300, 2_000
_EVERY = 0.5


def run() -> Sequence[Row]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fleet.pgclinic"
        file.write_bytes(b"".join(write(fleet(TABLES, STATEMENTS))))
        return _measure(file)


def _measure(file: Path) -> list[Row]:
    program = Path(sys.executable).with_name("pgclinic")
    answer = file.with_name("course.json")
    begun, most = time.perf_counter(), 0
    with (
        answer.open("wb") as out,
        subprocess.Popen([program, "prescribe", file, "--format", "json"], stdout=out) as process,
    ):
        while process.poll() is None:
            most = max(most, _proportional_bytes(process.pid))
            time.sleep(_EVERY)
    seconds = time.perf_counter() - begun
    course = json.loads(answer.read_text())
    subject = f"{TABLES:,} tables, {STATEMENTS:,} statements"
    megabytes = most / 10**6
    within = f"under {SECONDS} s", f"under {MEGABYTES:,} MB"
    return [
        Row(subject=subject, figure="time", value=seconds, unit="s", line=within[0], passes=seconds < SECONDS),
        Row(subject=subject, figure="memory", value=megabytes, unit="MB", line=within[1], passes=megabytes < MEGABYTES),
        Row(subject=subject, figure="indexes proposed", value=len(course["items"])),
        Row(subject=subject, figure="statements planned", value=course["workload"]["statements"]),
        Row(subject=subject, figure="plans", value=course["workload"]["plans"]),
        Row(subject=subject, figure="things said to be left out", value=len(course["workload"]["omitted"])),
    ]


def _proportional_bytes(root: int) -> int:
    """Memory of a process and all below it, shared pages counted once (Pss of /proc/PID/smaps_rollup; Linux only)."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    total, pending = 0, [root]
    while pending:
        pid = pending.pop()
        pending += children.get(pid, ())
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total

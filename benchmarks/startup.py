"""How long the command line takes to say its version and its help: the median of several runs."""

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.report import Row

RUNS = 9
LIMIT = 0.3


def run() -> Sequence[Row]:
    program = Path(sys.executable).with_name("pgclinic")
    rows = []
    for option in ("--version", "--help"):
        seconds = []
        for _ in range(RUNS):
            begun = time.perf_counter()
            subprocess.run([program, option], capture_output=True, check=True)
            seconds.append(time.perf_counter() - begun)
        median = statistics.median(seconds)
        row = Row(subject=f"pgclinic {option}", figure="median", value=median, unit="s", line=f"{LIMIT} s")
        rows.append(msgspec.structs.replace(row, passes=median <= LIMIT))
    return rows

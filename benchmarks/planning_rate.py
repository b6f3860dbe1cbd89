"""Plans a second on TPC-H's queries: the twin against the server's own EXPLAIN, with as many sessions as cores.

Both answer the same questions in turns, so that whatever else the machine does meets both; the ratio is the median's.
"""

import os
import statistics
import threading
import time
from collections.abc import Sequence

import psycopg

from benchmarks.data.databases import database
from benchmarks.data.planned import snapshot_of
from benchmarks.data.servers import server
from benchmarks.data.suites import TPCH
from benchmarks.report import Row
from pgclinic.model.plan import Asked, Plan, Question
from pgclinic.twin.planner import Twin

MAJORS = (15, 18)
ROUNDS = 7
REPETITIONS = 20
RATIO = 0.8


def run() -> Sequence[Row]:
    rows = []
    for major in MAJORS:
        with server(major) as source:
            conninfo = database(source, TPCH)
            rows += _compare(conninfo, f"PostgreSQL {major}, {os.cpu_count()} sessions")
    return rows


def _compare(conninfo: str, subject: str) -> list[Row]:
    queries = list(TPCH.compared().values()) * REPETITIONS
    asked = [Asked(Question(sql=query)) for query in queries]
    own, twins = [], []
    begun = time.perf_counter()
    with Twin(snapshot_of(conninfo)) as twin:
        ready = time.perf_counter() - begun
        for _ in range(ROUNDS):
            own.append(len(queries) / _seconds_of_sessions(conninfo, queries))
            begun = time.perf_counter()
            answers = twin.plan_all(asked)
            twins.append(len(queries) / (time.perf_counter() - begun))
            assert all(isinstance(answer, Plan) for answer in answers)
    ratio = statistics.median(twin / real for twin, real in zip(twins, own, strict=True))
    return [
        Row(subject=subject, figure="snapshot and twin ready", value=ready, unit="s"),
        Row(subject=subject, figure="the server itself", value=statistics.median(own), unit="plans/s"),
        Row(subject=subject, figure="the twin", value=statistics.median(twins), unit="plans/s"),
        Row(subject=subject, figure="ratio", value=ratio, line=f"at least {RATIO}", passes=ratio >= RATIO),
    ]


def _seconds_of_sessions(conninfo: str, queries: Sequence[str]) -> float:
    """Wall seconds until plain sessions, one a core, have explained every query and fetched its plan as text."""
    sessions = os.cpu_count() or 1
    together = threading.Barrier(sessions + 1)

    def work(share: Sequence[str]) -> None:
        with psycopg.connect(conninfo, autocommit=True, prepare_threshold=None) as connection:
            connection.execute("select 1")
            together.wait()
            for query in share:
                connection.execute(f"explain (format json) {query}")
            together.wait()

    threads = [threading.Thread(target=work, args=(queries[number::sessions],)) for number in range(sessions)]
    for thread in threads:
        thread.start()
    together.wait()
    begun = time.perf_counter()
    together.wait()
    seconds = time.perf_counter() - begun
    for thread in threads:
        thread.join()
    return seconds

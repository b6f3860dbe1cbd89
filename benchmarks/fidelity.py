"""The twin's cost over the server's own, query by query, with primary keys only, on TPC-H and TPC-DS."""

from collections.abc import Sequence

import psycopg

from benchmarks.data.databases import database
from benchmarks.data.planned import server_cost, snapshot_of
from benchmarks.data.servers import server
from benchmarks.data.suites import SUITES, Suite
from benchmarks.report import Row
from pgclinic.model.plan import Plan, Question
from pgclinic.twin.planner import Twin

MAJORS = (15, 18)
TOLERANCE = 0.001
"""Of the server's cost: what the twin may be off without an index."""


def run() -> Sequence[Row]:
    rows = []
    for major in MAJORS:
        with server(major) as source:
            for suite in SUITES:
                rows += _compare(database(source, suite), suite, major)
    return rows


def _compare(conninfo: str, suite: Suite, major: int) -> list[Row]:
    errors = {}
    with Twin(snapshot_of(conninfo)) as twin, psycopg.connect(conninfo, autocommit=True) as connection:
        for number, query in suite.queries().items():
            answer = twin.plan(Question(sql=query))
            truth = server_cost(connection, query)
            errors[number] = abs(answer.cost / truth - 1) if isinstance(answer, Plan) else 1.0
            if errors[number] > TOLERANCE:
                print(
                    f"{suite.name} {major} query {number}: {answer if errors[number] == 1 else answer.cost} for {truth}"
                )
    subject = f"{suite.name}, PostgreSQL {major}"
    equal = sum(error <= TOLERANCE for error in errors.values())
    line = f"all {len(errors)}"
    return [
        Row(subject=subject, figure="costs within 0.1 %", value=equal, line=line, passes=equal == len(errors)),
        Row(subject=subject, figure="the worst is off by", value=100 * max(errors.values()), unit="%"),
    ]

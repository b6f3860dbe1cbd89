"""What a server's own planner says, and what pgclinic sees of it."""

import psycopg

from benchmarks.data.suites import Suite
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import WorkloadScript
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive
from pgclinic.workload.script import parse_script


def snapshot_of(conninfo: str) -> Snapshot:
    """What a visit sees."""
    with open_session(conninfo) as connection:
        return drive(collect(connection))


def server_cost(connection: psycopg.Connection, query: str) -> float:
    """The total cost that the server's own planner gives to the query."""
    ((document,),) = connection.execute(f"explain (format json) {query}").fetchall()
    return float(document[0]["Plan"]["Total Cost"])


def script_of(suite: Suite) -> WorkloadScript:
    """The suite's compared queries as a workload, each of the same weight."""
    return parse_script(
        {f"q{number:02}.sql": f"{query};" for number, query in suite.compared().items()}, source=suite.name
    )

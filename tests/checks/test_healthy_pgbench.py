"""A false alarm costs more trust than a missed illness: an ordinary database at work must stay unmentioned."""

import subprocess

import psycopg
import pytest

from pgclinic.instance import binaries_for, start
from pgclinic.model.finding import Severity
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe

pytestmark = [pytest.mark.server, pytest.mark.end_to_end]


@pytest.mark.parametrize("major", [15, 18])
def test_an_exercised_pgbench_database_has_nothing_above_information(major: int) -> None:
    binaries = binaries_for(major)
    settings = {"shared_preload_libraries": "pg_stat_statements", "autovacuum": "on", "shared_buffers": "128MB"}
    settings |= {"fsync": "on", "full_page_writes": "on", "max_wal_size": "4GB"}
    with start(binaries, settings=settings) as instance:
        pgbench = binaries.program("pgbench")
        with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
            connection.execute("create extension pg_stat_statements")
        subprocess.run([pgbench, "-i", "-s", "10", "-q", instance.conninfo()], check=True, capture_output=True)
        subprocess.run([pgbench, "-T", "10", "-c", "4", instance.conninfo()], check=True, capture_output=True)
        with open_session(instance.conninfo()) as connection:
            snapshot = drive(collect(connection))
    result = drive(checkup(snapshot))
    print(major, result.grade, result.kpis, sep="\n")
    assert [finding for finding in result.findings if finding.severity > Severity.INFO] == []
    assert result.grade.score == 100.0
    assert {spot.subject for spot in result.blind_spots} & {"statements", "table_counters"} == set()
    assert next(kpi.value for kpi in result.kpis if kpi.name == "p95") is not None
    course = drive(prescribe(snapshot))
    assert course.prescriptions == ()
    assert course.workload.statements >= 4
    assert all("not planned: together" in each for each in course.workload.omitted)

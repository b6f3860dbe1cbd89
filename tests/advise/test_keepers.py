"""What extensions that keep partitions could take over: statements that PostgreSQL's grammar reads."""

import pytest

from pgclinic.advise.partitioning.keepers import keepers
from pgclinic.model.catalog import Extension
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import FORMAT_VERSION, Header, Server, Snapshot
from pgclinic.remedies.partition_table import Division
from pgclinic.sql.statements import parsed

DIVISION = Division(
    table=RelationName("public", "Phone Calls"), key="At", key_type="date", interval="1 month", primary=("id",)
)


def seen(*extensions: tuple[str, str]) -> Snapshot:
    return Snapshot(
        header=Header(format_version=FORMAT_VERSION, collector="test", clock="2026-01-01T00:00:00+00:00"),
        server=Server(version_num=150000, version="15", database="d"),
        extensions=tuple(Extension(name=name, version=version, schema="Kept") for name, version in extensions),
    )


def test_without_them_nothing_is_said() -> None:
    assert list(keepers(seen(("pg_cron", "1.6")), DIVISION, deletes_by_age=True)) == []


def test_pg_partman_4_would_stumble_over_the_past() -> None:
    ((sentence, example),) = keepers(seen(("pg_partman", "4.7.2")), DIVISION, deletes_by_age=True)
    assert "left out" in sentence
    assert example is None


@pytest.mark.parametrize("deletes", [True, False])
def test_pg_partman_5_gets_the_table_its_retention_and_its_job(*, deletes: bool) -> None:
    snapshot = seen(("pg_partman", "5.1.0"), ("pg_cron", "1.6"))
    ((_, example),) = keepers(snapshot, DIVISION, deletes_by_age=deletes)
    assert example is not None
    assert ("retention" in example.code) == deletes
    assert """"Kept".create_parent(p_parent_table := 'public.Phone Calls', p_control := 'At'""" in example.code
    assert """cron.schedule('pg_partman', '17 3 * * *', 'call "Kept".run_maintenance_proc()')""" in example.code
    assert len(parsed(example.code).stmts) == (7 if deletes else 6)


def test_a_hypertable_is_told_with_its_price() -> None:
    ((sentence, example),) = keepers(seen(("timescaledb", "2.17.2")), DIVISION, deletes_by_age=True)
    assert example is not None
    assert "locks the table" in sentence
    assert """create_hypertable('public."Phone Calls"', by_range('At', interval '1 month')""" in example.code

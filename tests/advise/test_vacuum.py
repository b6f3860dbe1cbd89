"""The vacuum adviser: tables that churn get what they need, and all others nothing."""

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

import renaming
from pgclinic.advise.advisers import vacuum
from pgclinic.advise.case import Case
from pgclinic.model.background import Checkpoints
from pgclinic.model.catalog import Extension, Index, IndexDefinition, IndexKey, Relation, Setting
from pgclinic.model.counters import DatabaseCounters, TableCounters
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import Declined, Prescription, Risk
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.model.workload import Workload
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe

if TYPE_CHECKING:
    from conftest import Database

_TABLE = ObjectName("table", "calls", "public")


def table(rows: float, **more: Any) -> Relation:
    values: dict[str, Any] = {"pages": round(rows / 50), "tuples": rows, "heap_bytes": round(rows * 160)}
    return Relation(oid=1, schema="public", name="calls", kind="r", owner="x", **(values | more))


def seen(relation: Relation, counters: TableCounters, *, major: int = 17, **more: Any) -> Snapshot:
    return Snapshot(
        header=Header(format_version=1, collector="test", clock="2026-01-02T00:00:00+00:00"),
        server=Server(version_num=major * 10_000, version=str(major), database="shop"),
        relations=(relation,),
        table_counters=(counters,),
        database_counters=DatabaseCounters(stats_reset="2026-01-01T00:00:00+00:00"),
        checkpoints=Checkpoints(),
        settings=(Setting(name="autovacuum_freeze_max_age", value="200000000"),),
        **more,
    )


def advised(snapshot: Snapshot, *findings: Finding) -> list[Prescription | Declined]:
    case = Case(
        snapshot=snapshot,
        workload=Workload(statements=(), source=""),
        findings=findings,
        planner_of=lambda _: contextlib.nullcontext(None),  # type: ignore[arg-type]
    )
    return [event for event in vacuum.advise(case) if isinstance(event, (Prescription, Declined))]


def statements(items: list[Prescription | Declined]) -> list[str]:
    return [statement.sql for item in items if isinstance(item, Prescription) for statement in item.do]


def finding(check: str, about: ObjectName = _TABLE, severity: Severity = Severity.NOTICE, *facts: Fact) -> Finding:
    return Finding(check, severity, about, "why", "do it", facts=facts)


def bloated(provenance: Provenance) -> Finding:
    return finding(
        "table_bloat",
        _TABLE,
        Severity.NOTICE,
        Fact("table", "calls", Unit.TEXT),
        Fact("size", 16e9, Unit.BYTES),
        Fact("needed", 4e9, Unit.BYTES, provenance),
    )


def test_a_table_full_of_dead_rows_is_cleared_now_and_earlier_from_now_on() -> None:
    snapshot = seen(table(300_000), TableCounters(relation=1, n_dead_tup=50_000))
    assert statements(advised(snapshot)) == [
        "alter table public.calls set (autovacuum_vacuum_scale_factor = '0.01')",
        "vacuum (analyze) public.calls",
    ]


@pytest.mark.parametrize(
    ("rows", "counters"),
    [
        (300_000, TableCounters(relation=1)),
        (300_000, TableCounters(relation=1, n_dead_tup=14_000)),
        (300_000, TableCounters(relation=1, n_dead_tup=2_000, n_tup_upd=5_000_000)),
        (800, TableCounters(relation=1, n_dead_tup=400)),
        (5_000_000, TableCounters(relation=1, n_tup_ins=5_000_000)),
    ],
)
def test_a_table_that_vacuum_keeps_up_with_is_left_alone(rows: float, counters: TableCounters) -> None:
    assert advised(seen(table(rows, all_visible_pages=round(rows / 50)), counters)) == []


def test_what_turns_over_needs_less_to_be_dead_now() -> None:
    snapshot = seen(table(300_000), TableCounters(relation=1, n_dead_tup=20_000, n_tup_upd=900_000))
    assert statements(advised(snapshot)) == ["alter table public.calls set (autovacuum_vacuum_scale_factor = '0.01')"]


def test_a_table_is_not_vacuumed_oftener_than_autovacuum_can_come() -> None:
    snapshot = seen(table(20_000), TableCounters(relation=1, n_dead_tup=3_000, n_tup_upd=86_400 * 10))
    assert statements(advised(snapshot))[0] == "alter table public.calls set (autovacuum_vacuum_scale_factor = '0.06')"


@pytest.mark.parametrize(
    ("major", "parameter"),
    [(17, "autovacuum_vacuum_scale_factor = '0.001'"), (18, "autovacuum_vacuum_max_threshold = '500000'")],
)
def test_a_huge_table_is_given_a_number_of_rows_where_the_server_knows_one(major: int, parameter: str) -> None:
    snapshot = seen(table(500_000_000), TableCounters(relation=1, n_dead_tup=80_000_000), major=major)
    assert statements(advised(snapshot))[0] == f"alter table public.calls set ({parameter})"


def test_a_growing_table_is_vacuumed_for_what_is_new() -> None:
    snapshot = seen(table(20_000_000), TableCounters(relation=1, n_tup_ins=9_000_000))
    assert statements(advised(snapshot)) == [
        "alter table public.calls set (autovacuum_vacuum_insert_scale_factor = '0.02')"
    ]


def test_what_a_findings_own_remedy_sets_is_left_to_it() -> None:
    snapshot = seen(table(300_000), TableCounters(relation=1, n_dead_tup=50_000))
    assert statements(advised(snapshot, finding("late_vacuum"))) == ["vacuum (analyze) public.calls"]


def test_a_vacuum_that_would_clear_nothing_is_refused() -> None:
    snapshot = seen(table(300_000), TableCounters(relation=1, n_dead_tup=50_000))
    held = finding("vacuum_held_back", ObjectName("role", "reports"))
    (refused,) = [each for each in advised(snapshot, held) if isinstance(each, Declined)]
    assert "somebody still sees them" in refused.reason


def test_the_largest_of_the_old_tables_are_frozen_by_hand_before_a_storm() -> None:
    snapshot = seen(table(300_000, frozen_xid_age=190_000_000), TableCounters(relation=1))
    assert advised(snapshot) == []
    (item,) = advised(snapshot, finding("freeze_storm", ObjectName("database", "shop")))
    assert statements([item]) == ["vacuum (freeze, analyze) public.calls"]


def test_how_a_table_is_written_anew_depends_on_what_the_server_has() -> None:
    key = IndexDefinition(RelationName("public", "calls"), (IndexKey("id"),))
    primary = Index(oid=2, relation=1, schema="public", name="pk", definition=key, sql="", is_primary=True)
    relation, counters = table(100_000_000), TableCounters(relation=1)
    measured = bloated(Provenance.MEASURED)
    (refused,) = advised(seen(relation, counters), bloated(Provenance.ESTIMATED))
    assert isinstance(refused, Declined)
    (newest,) = advised(seen(relation, counters, major=19, indexes=(primary,)), measured)
    assert statements([newest]) == ["repack (concurrently) public.calls"]
    installed = (Extension(name="pg_repack", version="1.5", schema="public"),)
    (gentle,) = advised(seen(relation, counters, extensions=installed), measured)
    (heavy,) = advised(seen(relation, counters), measured)
    assert isinstance(gentle, Prescription)
    assert isinstance(heavy, Prescription)
    assert gentle.do == heavy.do == ()
    assert gentle.application is not None
    assert "pg_repack" in gentle.application.examples[0].code
    assert heavy.application is not None
    assert "vacuum (full, analyze) public.calls;" in heavy.application.examples[0].code
    assert "nobody can read or write it" in heavy.reason
    assert heavy.risk is Risk.HIGH


def test_renaming_the_table_gives_the_same() -> None:
    snapshot = seen(table(300_000), TableCounters(relation=1, n_dead_tup=50_000))
    other, names = renaming.renamed(snapshot)
    assert [renaming._in_sql(sql, names) for sql in statements(advised(snapshot))] == statements(advised(other))


@pytest.mark.server
def test_after_the_treatment_hardly_any_row_is_dead_and_nothing_more_is_prescribed(
    database_on_each: "Database",
) -> None:
    database = database_on_each
    database.execute("create table calls as select n as id, n % 7 as state from generate_series(1, 20000) n")
    database.execute("vacuum analyze calls")
    database.execute("update calls set state = 1 where id % 5 = 0")
    database.execute("analyze calls")
    course = drive(prescribe(_visited(database), kinds=("vacuum",)))
    assert [item.kind for item in course.prescriptions] == ["set_storage_parameters", "vacuum"]
    for item in course.prescriptions:
        assert database.execute(item.verify) == [(False,)]
        with database.connect() as connection:
            for statement in item.do:
                connection.execute(statement.sql.encode())
        assert database.execute(item.verify) == [(True,)]
    after = _visited(database)
    assert after.table_counters[0].n_dead_tup <= 0.01 * 20_000
    assert drive(prescribe(after, kinds=("vacuum",))).prescriptions == ()
    for statement in course.prescriptions[0].undo:
        database.execute(statement.sql)
    assert database.execute("select reloptions from pg_class where relname = 'calls'") == [(None,)]


def _visited(database: "Database") -> Snapshot:
    """As if it had been counting for long: what churns a new server would make autovacuum due all the time."""
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    assert snapshot.database_counters is not None
    counters = replace(snapshot.database_counters, stats_reset="2026-01-01T00:00:00+00:00")
    return replace(snapshot, database_counters=counters)

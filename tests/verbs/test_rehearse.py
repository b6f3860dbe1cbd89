"""A treatment tried on synthetic rows, from a snapshot alone."""

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.evidence import Provenance
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import Course, Prescription, Statement
from pgclinic.model.proof import Verdict
from pgclinic.model.rehearsal import Rehearsal
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Load
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.report import rehearsal_html, rehearsal_json, rehearsal_text
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe
from pgclinic.verbs.rehearse import rehearse

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

SCHEMA = """
    create extension pg_stat_statements;
    create table customers (id int primary key, name text not null, since timestamptz not null);
    create table orders (id int primary key, customer int not null references customers, state text, total numeric);
    insert into customers select n, 'secret name ' || n, now() - n * interval '1 hour' from generate_series(1, 2000) n;
    insert into orders select n, 1 + n * 7919 % 2000, (array['new', 'paid', 'sent'])[1 + n % 3], n
    from generate_series(1, 40000) n;
    vacuum analyze;
"""
LOAD = Load(repeat=60, connections=1)


@pytest.fixture
def shop(database_on_each: "Database") -> "Database":
    with database_on_each.connect() as connection:
        for statement in SCHEMA.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
        connection.execute("select pg_stat_statements_reset()")
        for number in range(1, 30):
            connection.execute("select * from orders where customer = %s", [number])
            connection.execute("select count(*) from customers where since > now() - interval '5 days'")
            connection.execute(
                "select name, sum(total) from orders join customers on customers.id = customer where customers.id = %s"
                " group by name",
                [number],
            )
    return database_on_each


def snapshot_of(database: "Database", *, values: bool = True) -> Snapshot:
    with open_session(database.conninfo) as connection:
        return drive(collect(connection, values=values))


def rehearsed(snapshot: Snapshot, notes: list[str] | None = None, **options: Any) -> Rehearsal:
    verb = rehearse(snapshot, **({"scale": 0.5, "load": LOAD} | options))
    return drive(verb, lambda progress: notes.append(progress.note) if notes is not None else None)


def test_the_treatment_is_applied_and_measured_beside_an_untreated_copy(shop: "Database") -> None:
    snapshot = snapshot_of(shop)
    result = rehearsed(snapshot)
    assert result.provenance is Provenance.REHEARSED
    assert {table.name.name: table.rows for table in result.made.tables} == {"orders": 20_000, "customers": 1000}
    assert result.made.omissions == ()

    built = [item for item in result.items if item.state == "done" and "customer" in " ".join(item.sql)]
    assert built
    assert all(item.seconds is not None and item.full_seconds is not None for item in built)
    assert all((item.full_seconds or 0) > 2 * (item.seconds or 0) for item in built)

    lookup = next(each for each in result.proof.statements if each.name.startswith("select * from orders"))
    assert lookup.before.blocks_hit is not None
    assert lookup.after.blocks_hit is not None
    assert lookup.after.blocks_hit < lookup.before.blocks_hit / 3
    assert lookup.verdict is Verdict.FASTER
    assert lookup.after.rows > 0, "the values are those of the mannequin's own rows"
    assert all(each.equal_results is not False for each in result.proof.statements)
    clocked = next(each for each in result.proof.statements if "since" in each.name)
    assert clocked.before.rows == clocked.after.rows == 60
    assert any(gain.fingerprint == lookup.after.fingerprint and gain.planned > 1 for gain in result.gains)
    assert shop.execute("select count(*) from pg_indexes where tablename = 'orders'") == [(1,)]

    text = rehearsal_text.text(result)
    assert max(map(len, text.splitlines())) <= 80
    assert "synthetic rows" in text
    assert "20,000" in text
    document = json.loads(rehearsal_json.encode(result))
    assert document["provenance"] == "rehearsed"
    assert {each["verdict"] for each in document["statements"]} <= {verdict.value for verdict in Verdict}
    page = rehearsal_html.page(result)
    assert "<svg" in page
    assert "synthetic rows" in page
    for form in (text, rehearsal_json.encode(result), page):
        assert "password" not in form


def test_without_values_it_is_rehearsed_all_the_same_and_said(shop: "Database") -> None:
    result = rehearsed(snapshot_of(shop, values=False), scale=0.2, load=Load(repeat=5, connections=1))
    assert not result.made.has_values
    assert result.proof.statements
    text = rehearsal_text.text(result)
    assert "taken without values" in text
    assert "secret name" not in text
    assert "taken without values" in rehearsal_html.page(result)


def test_what_an_ordinary_role_cannot_do_is_named_and_what_fails_does_not_stop_the_rest(database: "Database") -> None:
    database.execute("create extension pg_stat_statements")
    database.execute("create table t (a int, b int); insert into t select n, n from generate_series(1, 30000) n")
    database.execute("analyze t; select pg_stat_statements_reset()")
    for number in range(20):
        database.execute(f"select * from t where a = {number}")
    snapshot = snapshot_of(database)
    course = drive(prescribe(snapshot, kinds=["index"]))
    (index,) = course.prescriptions

    def made_up(name: str, sql: str, verify: str = "") -> Prescription:
        return msgspec.structs.replace(
            index,
            kind="test",
            object=ObjectName("thing", name),
            do=(Statement(sql=sql),),
            undo=(),
            verify=verify,
            gains=(),
        )

    hopeless = made_up("hopeless", "alter table t add constraint no check (a < 0)")
    server = made_up("server", "select 1", "select exists (select from pg_catalog.pg_file_settings)")
    tried = Course(
        patient=course.patient, prescriptions=(hopeless, server, index), workload=course.workload, tables=course.tables
    )
    result = rehearsed(snapshot, course=tried, scale=1, load=Load(repeat=5, connections=1))
    assert [item.state for item in result.items] == ["failed", "not rehearsed", "done"]
    assert "violated" in result.items[0].note
    assert "whole server" in result.items[1].note
    assert result.course.prescriptions == tried.prescriptions


def test_a_snapshot_without_statements_needs_a_workload(database: "Database") -> None:
    database.execute("create table t (a int)")
    with pytest.raises(UserError, match="workload"):
        rehearsed(snapshot_of(database))
    with pytest.raises(UserError, match="share of the rows"):
        rehearsed(snapshot_of(database), scale=2)

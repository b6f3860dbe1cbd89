"""Cases for advisers: a real database as one visit sees it, statements that are asked of it, findings about them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import psycopg

from pgclinic.advise import advisers
from pgclinic.advise.case import Case
from pgclinic.model.evidence import Fact
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import Declined, Prescription, StatementMapping
from pgclinic.model.workload import Workload, WorkloadStatement
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.parameters import UNTYPED, Bound, accept_bound_values, gathered
from pgclinic.sql.statements import fingerprint
from pgclinic.twin.planner import Twin
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from conftest import Database


def case_of(database: "Database", *checks_and_statements: tuple[str, str], calls: float = 1_000) -> Case:
    """The database now, with these statements as its workload and a finding of the check about each."""
    with open_session(database.conninfo) as connection:
        snapshot = drive(collect(connection))
    statements = tuple(
        WorkloadStatement(fingerprint=fingerprint(sql), name=sql, sql=sql, calls=calls, total_ms=calls)
        for _, sql in checks_and_statements
    )
    findings = tuple(
        Finding(
            check=check,
            severity=Severity.NOTICE,
            object=ObjectName("statement", fingerprint(sql)),
            summary="",
            advice="",
            facts=(Fact("table", "t"), Fact("calls", calls), Fact("calls_share", 0.5), Fact("share", 0.5)),
        )
        for check, sql in checks_and_statements
        if check
    )
    return Case(
        snapshot=snapshot,
        workload=Workload(statements=statements, source="a test"),
        findings=findings,
        planner_of=Twin,
    )


def advised(name: str, case: Case) -> list[Prescription | Declined]:
    """What an adviser says, without its progress."""
    return [event for event in advisers.advise(name, case) if isinstance(event, Prescription | Declined)]


def prescribed(name: str, case: Case) -> list[Prescription]:
    """The prescriptions alone."""
    return [event for event in advised(name, case) if isinstance(event, Prescription)]


Values = Sequence[str | None]
"""The parameters of one call, as text; their types are left to the statement, as drivers do."""


def one_by_one(connection: psycopg.Connection, sql: str, calls: Sequence[Values]) -> list[tuple[Any, ...]]:
    """The rows of all calls, call by call."""
    return [row for call in calls for row in _run(connection, sql, _bound(call))]


def together(
    connection: psycopg.Connection, mapping: StatementMapping, calls: Sequence[Values]
) -> list[tuple[Any, ...]]:
    """The rows of one run of the replacements that stands for all calls, as the player does it."""
    pieces = [calls[start : start + mapping.calls] for start in range(0, len(calls), mapping.calls)]
    return [
        row
        for piece in pieces
        for replacement in mapping.replacements
        for row in _run(
            connection, replacement.sql, gathered([_bound(call) for call in piece], replacement.parameters, {})
        )
    ]


def _bound(call: Values) -> tuple[Bound, ...]:
    return tuple(Bound(value, UNTYPED) for value in call)


def _run(connection: psycopg.Connection, sql: str, parameters: tuple[Bound, ...]) -> list[tuple[Any, ...]]:
    accept_bound_values(connection)
    cursor = psycopg.RawCursor(connection)
    cursor.execute(sql.encode(), parameters)
    return cursor.fetchall() if cursor.description else []

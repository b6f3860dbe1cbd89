"""Asking the user's own planner about the statements that a prescription is for; nothing is executed."""

from collections.abc import Iterator, Mapping

import msgspec
import psycopg

from pgclinic.model.keeping import StatementAnswer
from pgclinic.model.prescription import Prescription, StatementGain
from pgclinic.model.workload import ParameterSet
from pgclinic.sql.explaining import explaining_script, plannable
from pgclinic.sql.statements import UnreadableSqlError

_MOST_STATEMENTS = 20
"""The heaviest, each asked in a few ways: a planner is quick, and the observer has other things to do."""

_SETTINGS = "set statement_timeout = 5000; set lock_timeout = 50"
_NO_SETTINGS = "reset statement_timeout; reset lock_timeout"


class Plan(msgspec.Struct, frozen=True):
    """The cost of a plan, and the indexes that it uses by name."""

    cost: float
    indexes: frozenset[str]


Plans = dict[str, Plan]
"""By the fingerprint of the statement and the number of the way in which it was asked."""


def asked_about(prescription: Prescription) -> tuple[StatementGain, ...]:
    """The statements that are to gain; where there are none, those that must not lose, without planned costs."""
    return prescription.gains or tuple(
        StatementGain(
            fingerprint=each.fingerprint,
            name=each.name,
            sql=each.sql,
            cost_before=0.0,
            cost_after=0.0,
            weight=each.weight,
            role=each.role,
        )
        for each in prescription.watches
    )


def ask(connection: psycopg.Connection, prescription: Prescription) -> Plans:
    """The plans of the statements that gain, as generic ones and with the values that they were prescribed with.

    Where none gains it is those that are watched. What this planner refuses (another search path, a right that is
    missing) is left out.
    """
    heaviest = sorted(asked_about(prescription), key=lambda gain: (-gain.weight, gain.fingerprint))[:_MOST_STATEMENTS]
    if not heaviest:
        return {}
    major = connection.info.server_version // 10000
    plans: Plans = {}
    connection.execute(_SETTINGS)
    try:
        for gain in heaviest:
            for way, values in enumerate(_ways(gain)):
                plan = _plan(connection, gain.sql, values, major)
                if plan is not None:
                    plans[f"{gain.fingerprint}/{way}"] = plan
    finally:
        connection.execute(_NO_SETTINGS)
    return plans


def answers(prescription: Prescription, before: Mapping[str, float], after: Plans) -> tuple[StatementAnswer, ...]:
    """What changed, for every statement that could be asked before (costs, by the same keys) and after."""
    own = {each.index.name for each in prescription.lasting if each.index is not None}
    found = []
    for gain in asked_about(prescription):
        keys = [key for key in before if key.rpartition("/")[0] == gain.fingerprint and key in after]
        if keys:
            found.append(
                StatementAnswer(
                    fingerprint=gain.fingerprint,
                    cost_before=sum(before[key] for key in keys) / len(keys),
                    cost_after=sum(after[key].cost for key in keys) / len(keys),
                    is_used=any(own & after[key].indexes for key in keys),
                    weight=gain.weight or 1.0,
                )
            )
    return tuple(found)


def _ways(gain: StatementGain) -> tuple[ParameterSet | None, ...]:
    return (None, *gain.values)


def _plan(connection: psycopg.Connection, sql: str, values: ParameterSet | None, major: int) -> Plan | None:
    try:
        script = explaining_script(plannable(sql), values, major)
    except (UnreadableSqlError, ValueError):
        return None
    try:
        cursor = connection.execute(script.encode())
        while not (cursor.description and cursor.rowcount):
            if not cursor.nextset():
                return None
        row = cursor.fetchone()
    except psycopg.Error:
        if connection.closed:
            raise
        connection.execute("rollback")
        return None
    if row is None:
        return None
    root = row[0][0]["Plan"]
    return Plan(float(root["Total Cost"]), frozenset(_indexes(root)))


def _indexes(node: dict[str, object]) -> Iterator[str]:
    name = node.get("Index Name")
    if isinstance(name, str):
        yield name
    children = node.get("Plans", [])
    for child in children if isinstance(children, list) else []:
        yield from _indexes(child)

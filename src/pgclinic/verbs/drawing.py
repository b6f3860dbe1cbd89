"""Values to ask the real planner with: drawn from the statistics that the database has now, and kept nowhere."""

from collections.abc import Generator, Iterable, Mapping

import msgspec

from pgclinic.advise.whatif import Subject, subject_of
from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.errors import UserError
from pgclinic.model.prescription import Prescription
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import ParameterSet, WorkloadStatement
from pgclinic.postgres.asking import asked_about
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql import quote
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.sql.statements import UnreadableSqlError

_MOST_SETS = 3


def drawn_values(
    conninfo: str, prescriptions: Iterable[Prescription]
) -> Generator[Progress, None, Mapping[str, tuple[ParameterSet, ...]]]:
    """Sets of values by the fingerprint of each statement that is to gain, or is watched, and has none of its own.

    A prescription holds no values: it is shown around, and they may be confidential. What it says itself, the constants
    of a partial index, is asked for too: the index is made for those. Where nothing can be seen of the database there
    are none, and the planner is asked without.
    """
    prescriptions = tuple(prescriptions)
    gains = {gain.fingerprint: gain for item in prescriptions for gain in asked_about(item) if not gain.values}
    if not gains:
        return {}
    try:
        with open_session(conninfo) as connection:
            snapshot = yield from collect(connection)
    except UserError:
        return {}
    statements = (
        WorkloadStatement(fingerprint=gain.fingerprint, name=gain.name, sql=gain.sql, role=gain.role)
        for gain in gains.values()
    )
    drawn = {}
    for statement in statements:
        subject = subject_of(statement, snapshot)
        made = [
            each.makes
            for item in prescriptions
            if any(gain.fingerprint == statement.fingerprint for gain in asked_about(item))
            for each in item.do
            if each.makes is not None and each.makes.predicate
        ]
        named = tuple(dict.fromkeys(found for index in made if (found := _asking_for(index, subject, snapshot))))
        drawn[statement.fingerprint] = (*named, *subject.statement.parameters[:_MOST_SETS])
    return drawn


def _asking_for(index: IndexDefinition, subject: Subject, snapshot: Snapshot) -> ParameterSet | None:
    """Values by which the statement asks for the rows that a partial index holds; None when no constant says which."""
    if subject.shape is None:
        return None
    sql = f"select from {quote.relation(index.relation)} where {index.predicate}"
    try:
        uses = shape_of(sql, resolver_of(snapshot)).uses
    except UnreadableSqlError:
        return None
    constants = {
        condition.operand: condition.constants[0]
        for use in uses
        for condition in use.conditions
        if condition.is_column and condition.operator == "=" and len(condition.constants) == 1 and not condition.arm
    }
    wanted = {
        use.number: constants[use.column]
        for use in subject.shape.parameters
        if use.relation == index.relation and use.operator == "=" and use.role == "value" and use.column in constants
    }
    if not wanted:
        return None
    numbers = {use.number for use in subject.shape.parameters}
    like = next(iter(subject.statement.parameters), ParameterSet((None,) * max(numbers), open=frozenset(numbers)))
    return msgspec.structs.replace(
        like,
        values=tuple(wanted.get(number, value) for number, value in enumerate(like.values, 1)),
        open=like.open - frozenset(wanted),
        bare=like.bare - frozenset(wanted),
    )

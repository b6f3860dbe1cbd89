"""Storms of single-row inserts, upserts, updates and deletes become one statement for many rows.

It starts from the check single_row_writes. An INSERT of one row becomes an INSERT from arrays with the same conflict
rule; where that would not write the same (an upsert refuses to touch a row twice, a trigger fires once for all), it
becomes a function that runs the statement itself for each row in order, in a single round trip. An UPDATE or DELETE by
key joins its table to the arrays; where two calls may have the same key and both leave something of theirs, it becomes
such a function too. The twin confirms that
the statement can be planned; what it saves are round trips, parsing and planning, which no planner's cost contains.
Plain appends can be copied as well.
"""

from collections.abc import Iterator

import msgspec

from pgclinic.advise.case import Case
from pgclinic.advise.writes.changes import form_of_change
from pgclinic.advise.writes.code import code_for
from pgclinic.advise.writes.forms import Form, form_of
from pgclinic.model.catalog import Function, Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding
from pgclinic.model.plan import Question, Refusal
from pgclinic.model.prescription import (
    ApplicationChange,
    Declined,
    Gather,
    Hazard,
    Prescription,
    Replacement,
    Risk,
    StatementMapping,
    When,
)
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.model.workload import WorkloadStatement
from pgclinic.remedies import create_function
from pgclinic.sql import keyed_changes
from pgclinic.sql.batching import Parameter, SingleRow, UntypedParameterError, parameters_of, single_row
from pgclinic.sql.keyed_changes import KeyedChange, keyed_change
from pgclinic.sql.resolve import resolver_of

_NAME = "batched_writes"

ROWS = 1_000
"""Rows of one batch: more save next to nothing, and hold locks for longer."""

_UNTYPED = "The type of {parameter} stands neither in the statement nor in its column, so that no array can be made."
_UNNAMED = "What the statement returns is computed, and the function that would write the rows cannot declare it."
_REFUSED = "PostgreSQL does not take the batch: {refusal}."


class _Batch(msgspec.Struct, frozen=True, kw_only=True):
    finding: Finding
    statement: WorkloadStatement
    table: Relation
    row: SingleRow | None
    parameters: tuple[Parameter, ...]
    form: Form


def advise(case: Case) -> Iterator[Progress | Prescription | Declined]:
    """A batch for each statement that writes rows one at a time, the heaviest first."""
    batches: list[_Batch] = []
    for finding in case.findings_of("single_row_writes"):
        found = _batch(case, finding)
        if isinstance(found, Declined):
            yield found
        elif found is not None:
            batches.append(found)
    if not batches:
        return
    yield Progress("planning batches")
    functions = tuple(_as_function(each.form) for each in batches if each.form.function)
    altered = msgspec.structs.replace(case.snapshot, functions=(*case.snapshot.functions, *functions))
    with case.planner_of(altered) as planner:
        for batch in batches:
            asked = (batch.form.sql, *filter(None, [batch.form.planned]))
            answers = [planner.plan(Question(sql=sql, role=batch.statement.role)) for sql in asked]
            refusal = next((answer.reason for answer in answers if isinstance(answer, Refusal)), "")
            if refusal:
                facts = (Fact("refusal", refusal, Unit.TEXT),)
                yield Declined(adviser=_NAME, object=batch.finding.object, reason=_REFUSED, facts=facts)
            else:
                yield _prescription(batch)


def _batch(case: Case, finding: Finding) -> _Batch | Declined | None:
    """The batch for a finding; None for a statement that is not planned for, or that no arrays can stand for."""
    statement = case.statement_of(finding)
    if statement is None:
        return None
    row = None
    try:
        inserted, changed = _inserted(case.snapshot, statement), _changed(case.snapshot, statement)
        if inserted is not None:
            table, row, parameters = inserted
            form = form_of(case.snapshot, table, row, parameters, statement.role)
        elif changed is not None:
            table, change, parameters = changed
            form = form_of_change(case.snapshot, table, change, parameters, statement.role)
        else:
            return None
    except UntypedParameterError as error:
        facts = (Fact("parameter", str(error), Unit.TEXT),)
        return Declined(adviser=_NAME, object=finding.object, reason=_UNTYPED, facts=facts)
    except ValueError:  # unreadable, or with a name that no object can have
        return None
    if form is None:
        return Declined(adviser=_NAME, object=finding.object, reason=_UNNAMED)
    return _Batch(finding=finding, statement=statement, table=table, row=row, parameters=parameters, form=form)


def _inserted(
    snapshot: Snapshot, statement: WorkloadStatement
) -> tuple[Relation, SingleRow, tuple[Parameter, ...]] | None:
    """The table, the INSERT and its parameters; None for what is no INSERT of one row with parameters into a table."""
    row = single_row(statement.sql, resolver_of(snapshot, statement.role))
    table = snapshot.relation_by_name.get(row.relation.name) if row else None
    if row is None or table is None or table.kind not in {"r", "p"}:
        return None
    types = {column.name: column.type for column in snapshot.columns_of.get(table.oid, ())}
    parameters = parameters_of(row, types) if types.keys() >= {name for name, _ in row.cells} else ()
    return (table, row, parameters) if parameters else None


def _changed(
    snapshot: Snapshot, statement: WorkloadStatement
) -> tuple[Relation, KeyedChange, tuple[Parameter, ...]] | None:
    """The table, the UPDATE or DELETE and its parameters; None for any other, or one that hands rows back."""
    change = keyed_change(statement.sql, resolver_of(snapshot, statement.role))
    table = snapshot.relation_by_name.get(change.relation.name) if change else None
    if change is None or table is None or table.kind not in {"r", "p"}:
        return None
    types = {column.name: column.type for column in snapshot.columns_of.get(table.oid, ())}
    named = {name for name, _ in (*change.cells, *change.equalities)}
    return (table, change, keyed_changes.parameters_of(change, types)) if types.keys() >= named else None


def _as_function(form: Form) -> Function:
    definition = form.function
    assert definition is not None
    return Function(
        oid=0,
        schema=definition.name.schema,
        name=definition.name.name,
        arguments=", ".join(type_ for _, type_ in definition.arguments),
        returns=definition.returns,
        kind="f",
        language=definition.language,
        volatility=definition.volatility,
        sql=definition.sql,
    )


def _prescription(batch: _Batch) -> Prescription:
    function = batch.form.function
    remedy = create_function.remedy(function) if function else None
    mapping = StatementMapping(
        original=batch.statement.fingerprint,
        sql=batch.statement.sql,
        replacements=(
            Replacement(
                sql=batch.form.sql,
                parameters=tuple(Gather(each.number, as_array=True) for each in batch.parameters),
            ),
        ),
        calls=ROWS,
        equal_results=batch.form.sameness,
        runs_original=function is not None,
    )
    facts = {fact.name: fact for fact in batch.finding.facts}
    return Prescription(
        kind=_NAME,
        object=batch.finding.object,
        table=table_object(batch.table),
        reason="Rows of {table} are written one statement at a time, {calls} calls; up to {rows_per_batch} rows can be "
        "written by one statement, and {sameness}.",
        do=remedy.do if remedy else (),
        undo=remedy.undo if remedy else (),
        verify=remedy.verify if remedy else "",
        hazards=(Hazard.CHANGES_APPLICATION,),
        cures=(batch.finding.fingerprint,),
        facts=(
            facts["table"],
            facts["calls"],
            facts["calls_share"],
            facts["share"],
            Fact("rows_per_batch", ROWS),
            Fact("sameness", batch.form.sameness, Unit.PHRASE),
        ),
        mappings=(mapping,),
        application=ApplicationChange(
            summary="Collect the rows and write up to a thousand of them with one statement, each parameter an array.",
            examples=code_for(batch.table, batch.row, batch.parameters, batch.form),
        ),
        when=When.THIS_WEEK,
        risk=Risk.MEDIUM,
    )

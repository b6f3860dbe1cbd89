"""A search whose filters may be off becomes a function that plans for those that are on.

It starts from the check catch_all_predicate. `$1 is null or column = $1` becomes a condition that is there or not: the
function puts the statement together from the filters whose parameters are not null and hands the values over beside
the text, so that PostgreSQL plans each combination with its values; it runs with the rights of the caller and looks
names up where the statement did. The twin plans every filter alone, all together and none, with values that were seen
or drawn, and with the indexes that single filters ask for; the function is prescribed when these plans cost less than
the one plan that must be right for all combinations, which a prepared statement may end up with.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from pgclinic.advise.case import Case
from pgclinic.advise.planner import Planner
from pgclinic.advise.stacks import SUPABASE, Argument, examples, text_of
from pgclinic.advise.whatif import subject_of
from pgclinic.model.catalog import IndexDefinition, IndexKey, Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding
from pgclinic.model.names import RelationName
from pgclinic.model.plan import Plan, Question, Refusal
from pgclinic.model.prescription import (
    ApplicationChange,
    CodeExample,
    Declined,
    Gather,
    Hazard,
    Prescription,
    Replacement,
    Risk,
    StatementGain,
    StatementMapping,
    When,
)
from pgclinic.model.progress import Progress
from pgclinic.model.shape import Shape
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.model.workload import WorkloadStatement
from pgclinic.remedies import create_function
from pgclinic.remedies.create_function import FunctionDefinition, free_name
from pgclinic.sql import quote
from pgclinic.sql.filters import Search, body_of, casts, renumbered, search
from pgclinic.sql.naming import free
from pgclinic.sql.outputs import ColumnTypes, outputs_of
from pgclinic.sql.resolve import resolver_of, search_path
from pgclinic.sql.shape import shape_of
from pgclinic.sql.types import array_of, unmodified

_NAME = "search_function"
_CHEAPER = 0.8
"""Of the one plan's cost, that those of the combinations may cost on average."""

_UNDECLARED = "The types of what the statement takes and returns are not all written down, as a function has to."
_REFUSED = "PostgreSQL does not plan the statement: {refusal}."
_NO_GAIN = "Planned, the combinations cost {after} on average and the one plan for all of them {before}."


class _Searching(msgspec.Struct, frozen=True, kw_only=True):
    finding: Finding
    statement: WorkloadStatement
    shape: Shape
    search: Search
    table: Relation
    function: FunctionDefinition
    sql: str
    numbers: tuple[int, ...]


def advise(case: Case) -> Iterator[Progress | Prescription | Declined]:
    """A function for each search with filters that may be off, the heaviest first."""
    found: list[_Searching] = []
    names: set[str] = {function.name for function in case.snapshot.functions}
    for finding in case.findings_of("catch_all_predicate"):
        statement = case.statement_of(finding)
        try:
            searching = _searching(case.snapshot, finding, statement, names) if statement else None
        except ValueError:  # unreadable, or with a name that no object can have
            continue
        if isinstance(searching, Declined):
            yield searching
        elif searching is not None:
            names.add(searching.function.name.name)
            found.append(searching)
    if not found:
        return
    yield Progress("planning searches")
    with case.planner_of(case.snapshot) as planner:
        for each in found:
            yield _judged(case.snapshot, each, planner)


def _searching(
    snapshot: Snapshot, finding: Finding, statement: WorkloadStatement, taken: set[str]
) -> _Searching | Declined | None:
    found = search(statement.sql)
    resolver = resolver_of(snapshot, statement.role)
    shape = shape_of(statement.sql, resolver)
    if found is None or not shape.uses:
        return None

    def types_of(name: RelationName) -> Mapping[str, str]:
        relation = snapshot.relation_by_name[name]
        return {column.name: column.type for column in snapshot.columns_of.get(relation.oid, ())}

    outputs = outputs_of(found.tree.stmts[0].stmt.select_stmt, resolver, types_of)
    columns = types_of(shape.uses[0].relation)
    beside = {each.number: columns.get(each.column, "") for each in found.filters if each.otherwise}
    types = _types(shape, {**beside, **casts(found.tree)}, types_of)
    if outputs is None or types is None:
        return Declined(adviser=_NAME, object=finding.object, reason=_UNDECLARED)
    table = snapshot.relation_by_name[shape.uses[0].relation]
    column_of = {each.number: each.column for each in found.filters}
    arguments: dict[str, str] = {}
    for number, type_ in types.items():
        stem = f"{column_of[number]}{_ending(shape, number)}" if number in column_of else _word(shape, number)
        arguments[free(stem, arguments.keys() | {each.name for each in outputs})] = type_
    schemas = {schema.name for schema in snapshot.schemas}
    function = FunctionDefinition(
        name=RelationName(table.schema, free_name(f"search_{table.name}", taken)),
        arguments=tuple(arguments.items()),
        returns=f"table ({', '.join(f'{quote.identifier(each.name)} {unmodified(each.type)}' for each in outputs)})",
        body=body_of(found),
        search_path=tuple(name for name in search_path(snapshot, statement.role) if name in schemas),
        volatility="stable",
    )
    values = ", ".join(f"${number}::{type_}" for number, type_ in types.items())
    return _Searching(
        finding=finding,
        statement=statement,
        shape=shape,
        search=found,
        table=table,
        function=function,
        sql=f"select * from {quote.relation(function.name)}({values})",
        numbers=tuple(types),
    )


def _types(shape: Shape, written: Mapping[int, str], types_of: ColumnTypes) -> dict[int, str] | None:
    """The type of each parameter, ``$1`` to the last; None where one is not known."""
    found = {number: unmodified(type_) for number, type_ in written.items() if type_}
    for use in shape.parameters:
        if use.role in {"limit", "offset"}:
            found.setdefault(use.number, "bigint")
        elif use.role in {"value", "list"} and use.relation is not None:
            type_ = types_of(use.relation)[use.column]
            found.setdefault(use.number, array_of(type_).sql if use.role == "list" else unmodified(type_))
        elif use.role in {"before_now", "after_now"}:
            found.setdefault(use.number, "interval")
    highest = max(found, default=0)
    numbers = {use.number for use in shape.parameters}
    is_known = numbers <= found.keys() and set(found) == set(range(1, highest + 1))
    return {number: found[number] for number in sorted(found)} if is_known and found else None


_ENDINGS = {">=": "from", ">": "after", "<=": "until", "<": "before", "~~": "like", "~~*": "like"}


def _ending(shape: Shape, number: int) -> str:
    operator = next((each.operator for each in shape.parameters if each.number == number), "")
    return f"_{_ENDINGS.get(operator, 'wanted')}"


def _word(shape: Shape, number: int) -> str:
    use = next((each for each in shape.parameters if each.number == number), None)
    if use is not None and use.role in {"limit", "offset"}:
        return f"rows_{'wanted' if use.role == 'limit' else 'skipped'}"
    return f"{use.column}_value" if use is not None and use.column else f"value_{number}"


def _judged(snapshot: Snapshot, searching: _Searching, planner: Planner) -> Prescription | Declined:
    """Compare the plan for all combinations with those of each filter alone, of all and of none."""
    statement = searching.statement
    refusal = planner.plan(Question(sql=statement.sql, role=statement.role))
    if isinstance(refusal, Refusal):
        facts = (Fact("refusal", refusal.reason, Unit.TEXT),)
        return Declined(adviser=_NAME, object=searching.finding.object, reason=_REFUSED, facts=facts)
    made = planner.add_all(_indexes(snapshot, searching))
    visible = frozenset(each.id for each in made if not isinstance(each, Refusal))
    one_plan = planner.plan(Question(sql=statement.sql, role=statement.role), visible=visible)
    assert isinstance(one_plan, Plan)
    costs = [
        cost
        for numbers in _combinations(searching.search)
        for cost in _costs(snapshot, searching, numbers, planner, visible)
    ]
    mean = sum(costs) / len(costs) if costs else one_plan.cost
    if mean > _CHEAPER * one_plan.cost:
        costs_now = (Fact("before", round(one_plan.cost, 2), Unit.COST), Fact("after", round(mean, 2), Unit.COST))
        return Declined(adviser=_NAME, object=searching.finding.object, reason=_NO_GAIN, facts=costs_now)
    gain = StatementGain(
        fingerprint=statement.fingerprint,
        name=statement.name,
        sql=statement.sql,
        cost_before=round(one_plan.cost, 2),
        cost_after=round(mean, 2),
        low_after=round(min(costs), 2),
        high_after=round(max(costs), 2),
        parameters=("statistics",),
        role=statement.role,
    )
    return _prescription(searching, gain)


def _combinations(found: Search) -> Iterator[tuple[int, ...]]:
    numbers = tuple(each.number for each in found.filters)
    yield from dict.fromkeys(((), *((number,) for number in numbers), numbers))


def _costs(
    snapshot: Snapshot, searching: _Searching, numbers: Sequence[int], planner: Planner, visible: frozenset[int]
) -> Iterator[float]:
    """The costs of one combination, with values from the statistics."""
    sql, _ = renumbered(searching.search.with_filters(numbers))
    role = searching.statement.role
    asked = WorkloadStatement(fingerprint="", name="", sql=sql, role=role, rows=searching.statement.rows)
    drawn = subject_of(asked, snapshot).statement.parameters or (None,)
    for parameters in drawn:
        plan = planner.plan(Question(sql=sql, parameters=parameters, role=role), visible=visible)
        if isinstance(plan, Plan):
            yield plan.cost


def _indexes(snapshot: Snapshot, searching: _Searching) -> tuple[IndexDefinition, ...]:
    """The index that each filter alone would be served by, in the order of the result, unless there is one."""
    use = searching.shape.uses[0]
    order = tuple(IndexKey(key.column, descending=key.descending, nulls_first=key.nulls_first) for key in use.order[:1])
    columns = {column.name for column in snapshot.columns_of.get(searching.table.oid, ())}
    firsts = dict.fromkeys(each.column for each in searching.search.filters if each.column in columns)
    return tuple(
        IndexDefinition(
            relation=use.relation,
            keys=(IndexKey(column), *(key for key in order if key.expression != column)),
        )
        for column in firsts
    )


def _prescription(searching: _Searching, gain: StatementGain) -> Prescription:
    remedy = create_function.remedy(searching.function)
    mapping = StatementMapping(
        original=searching.statement.fingerprint,
        sql=searching.statement.sql,
        replacements=(
            Replacement(sql=searching.sql, parameters=tuple(Gather(number) for number in searching.numbers)),
        ),
        runs_original=True,
    )
    columns = ", ".join(dict.fromkeys(each.column for each in searching.search.filters))
    return Prescription(
        kind=_NAME,
        object=searching.finding.object,
        table=table_object(searching.table),
        reason="One plan of a search in {table} serves every combination of filters ({columns}); a function plans for "
        "those that are on.",
        do=remedy.do,
        undo=remedy.undo,
        verify=remedy.verify,
        hazards=(Hazard.CHANGES_APPLICATION,),
        cures=(searching.finding.fingerprint,),
        facts=(
            Fact("table", str(searching.table.relation_name), Unit.TEXT),
            Fact("columns", columns, Unit.TEXT),
            Fact("calls", searching.statement.calls),
        ),
        gains=(gain,),
        mappings=(mapping,),
        application=ApplicationChange(
            summary="Call the function in place of the statement; a filter that is off is null, as before.",
            examples=_code(searching),
        ),
        when=When.THIS_WEEK,
        risk=Risk.MEDIUM,
    )


def _code(searching: _Searching) -> tuple[CodeExample, ...]:
    function = searching.function
    names = [name for name, _ in function.arguments]
    arguments = [Argument(name, f"search[{text_of(name)}]", f"search[{text_of(name)}]") for name in names]
    schema = "" if function.name.schema == "public" else f".schema({text_of(function.name.schema)})"
    values = ",\n  ".join(f"{text_of(each.name)}: {each.javascript}" for each in arguments)
    call = f"const {{ data }} = await supabase{schema}.rpc({text_of(function.name.name)}, {{\n  {values},\n}});"
    return (*examples(searching.sql, arguments, returns_rows=True), CodeExample(SUPABASE, call))

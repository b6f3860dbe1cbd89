"""The form in which a batch writes exactly what its rows would have written one by one."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from pgclinic.model.catalog import Relation
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies.create_function import FunctionDefinition, free_name
from pgclinic.sql import quote
from pgclinic.sql.batching import Parameter, SingleRow, batch_statement, function_body
from pgclinic.sql.resolve import search_path
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.triggers import Firing, firing_of
from pgclinic.sql.types import unmodified

IN_ORDER = "the rows are written in their order, and one that conflicts is passed over"
LAST_WINS = "a row replaces the one that is there as a whole, so that of those with one key only the last is written"
ONE_BY_ONE = "the function runs the statement itself for each row, in order"
AT_ONCE = f"{ONE_BY_ONE}, or for all of them at once when no two have the same key"


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """``sql`` is run for arrays ``$1 … $n``, and calls ``function`` where it needs one.

    ``planned`` is the statement that a planner can be asked about, empty where there is none. ``sameness`` says why
    the rows are the same.
    """

    sql: str
    sameness: str
    planned: str = ""
    function: FunctionDefinition | None = None


def form_of(
    snapshot: Snapshot, table: Relation, row: SingleRow, parameters: Sequence[Parameter], role: str
) -> Form | None:
    """The plainest form that is right; None where the statement hands back what a function cannot declare.

    An upsert in one statement fails when two rows have one key (``ExecOnConflictUpdate``), a trigger of the statement
    fires once for all rows, and one that fires after a row sees those that came later.
    """
    firings = tuple(firings_of(snapshot, table))
    can_be_together = row.is_rowwise and all(
        firing.is_row and firing.is_before and not (firing.on_insert and row.conflict == "update") for firing in firings
    )
    if can_be_together and row.conflict != "update":
        together = batch_statement(row, parameters)
        return Form(sql=together, planned=together, sameness=IN_ORDER)
    key = _key(snapshot, table, row) if can_be_together else ()
    if key and row.replaces_whole_rows and not row.has_returning and not any(each.on_update for each in firings):
        last = batch_statement(row, parameters, last_of=key)
        return Form(sql=last, planned=last, sameness=LAST_WINS)
    return _function(snapshot, table, row, parameters, role, key)


def _function(
    snapshot: Snapshot, table: Relation, row: SingleRow, parameters: Sequence[Parameter], role: str, key: Sequence[str]
) -> Form | None:
    returns = _returns(snapshot, table, row)
    if returns is None:
        return None
    return form_of_function(
        snapshot,
        table,
        parameters,
        role,
        returns=returns,
        body=lambda names: function_body(row, parameters, names, at_once=key),
        sameness=AT_ONCE if key else ONE_BY_ONE,
        planned=batch_statement(row, parameters) if key else "",
    )


def form_of_function(
    snapshot: Snapshot,
    table: Relation,
    parameters: Sequence[Parameter],
    role: str,
    *,
    body: Callable[[Sequence[str]], str],
    sameness: str,
    returns: str = "void",
    verb: str = "write",
    planned: str = "",
) -> Form:
    """A function of the arrays, called by one statement; ``body`` is given the names of its arguments."""
    columns = {column.name for column in snapshot.columns_of.get(table.oid, ())}
    names: list[str] = []
    for each in parameters:
        names.append(free_name(f"{each.name}_values", columns | set(names)))
    taken = {function.name for function in snapshot.functions if function.schema == table.schema}
    function = FunctionDefinition(
        name=RelationName(table.schema, free_name(f"{verb}_{table.name}", taken)),
        arguments=tuple((name, each.type.sql) for name, each in zip(names, parameters, strict=True)),
        returns=returns,
        body=body(names),
        search_path=tuple(name for name in search_path(snapshot, role) if name in _schemas(snapshot)),
    )
    arguments = ", ".join(f"${place}::{each.type.sql}" for place, each in enumerate(parameters, 1))
    return Form(
        sql=f"select * from {quote.relation(function.name)}({arguments})",
        sameness=sameness,
        planned=planned,
        function=function,
    )


def _schemas(snapshot: Snapshot) -> set[str]:
    return {schema.name for schema in snapshot.schemas}


def _returns(snapshot: Snapshot, table: Relation, row: SingleRow) -> str | None:
    """What the function hands back: nothing, rows of the table, or some of their columns."""
    if not row.has_returning:
        return "void"
    names = row.returns
    if names == ("*",):
        return f"setof {quote.relation(table.relation_name)}"
    types = {column.name: column.type for column in snapshot.columns_of.get(table.oid, ())}
    if names is None or not types.keys() >= set(names):
        return None
    return f"table ({', '.join(f'{quote.identifier(name)} {unmodified(types[name])}' for name in names)})"


def _key(snapshot: Snapshot, table: Relation, row: SingleRow) -> tuple[str, ...]:
    """The columns by which rows conflict, where the batch can tell which of its rows have the same; else none.

    They are never null (nulls do not conflict) and compared as their type does it (not by a collation of their own).
    """
    constraints = snapshot.constraints_of.get(table.oid, ())
    key = row.key or next((each.columns for each in constraints if each.name == row.constraint), ())
    known = {column.name: column for column in snapshot.columns_of.get(table.oid, ())}
    written = {name for name, _ in row.cells}
    are_fit = all(name in written and known[name].not_null and not known[name].collation for name in key)
    return key if are_fit else ()


def firings_of(snapshot: Snapshot, table: Relation) -> Iterator[Firing]:
    """When the triggers of a table and its partitions fire; one that cannot be read may fire always."""
    pending = [table.oid]
    while pending:
        oid = pending.pop()
        pending += [child.oid for child in snapshot.children_of.get(oid, ())]
        for trigger in snapshot.triggers:
            if trigger.relation != oid or trigger.enabled == "D":
                continue
            try:
                yield firing_of(trigger.sql)
            except UnreadableSqlError:
                yield Firing(is_row=False, is_before=False, on_insert=True, on_update=True, on_delete=True)

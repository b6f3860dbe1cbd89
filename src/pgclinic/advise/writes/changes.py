"""The form in which many updates or deletes by key change exactly what they would have changed one by one."""

from collections.abc import Sequence

from pgclinic.advise.writes.forms import AT_ONCE, ONE_BY_ONE, Form, firings_of, form_of_function
from pgclinic.model.catalog import Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.batching import Parameter
from pgclinic.sql.keyed_changes import KeyedChange, batch_statement, function_body

GONE = "a row goes when any of the calls names it"
LAST_CALL = "of the calls with one key only the last is run, because it overwrites what the others leave"


def form_of_change(
    snapshot: Snapshot, table: Relation, change: KeyedChange, parameters: Sequence[Parameter], role: str
) -> Form:
    """The plainest form that is right.

    A row that two calls of one UPDATE ... FROM reach is changed by either of them (documentation, UPDATE), a trigger of
    the statement fires once for all rows, and one that fires after a row sees those that came later.
    """
    is_delete = change.verb == "delete"
    firings = [each for each in firings_of(snapshot, table) if (each.on_delete if is_delete else each.on_update)]
    can_be_together = all(each.is_row and each.is_before for each in firings)
    if is_delete and can_be_together:
        sql = batch_statement(change, parameters)
        return Form(sql=sql, planned=sql, sameness=GONE)
    has_key = can_be_together and _is_compared_plainly(snapshot, table, change) and not _is_unique(snapshot, change)
    if has_key and change.last_wins and not firings:
        sql = batch_statement(change, parameters, keeps_last=True)
        return Form(sql=sql, planned=sql, sameness=LAST_CALL)
    return form_of_function(
        snapshot,
        table,
        parameters,
        role,
        verb=change.verb,
        body=lambda names: function_body(change, parameters, names, at_once=has_key),
        sameness=AT_ONCE if has_key else ONE_BY_ONE,
        planned=batch_statement(change, parameters) if has_key else "",
    )


def _is_compared_plainly(snapshot: Snapshot, table: Relation, change: KeyedChange) -> bool:
    """Whether two values of the key are the same in the arrays when they are in the table."""
    known = {column.name: column for column in snapshot.columns_of.get(table.oid, ())}
    return all(not known[name].collation for name in change.key)


def _is_unique(snapshot: Snapshot, change: KeyedChange) -> bool:
    """Whether it assigns columns that must be unique: then the order decides who comes too late."""
    assigned = {name for name, _ in change.cells}
    table = snapshot.relation_by_name[change.relation.name]
    return any(
        index.definition.is_unique and not assigned.isdisjoint(key.expression for key in index.definition.keys)
        for index in snapshot.indexes_of.get(table.oid, ())
    )

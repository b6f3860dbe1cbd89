"""What a statement makes, a later one takes away.

What it sees:
    Tables, columns, indexes, views, functions and policies that the migration makes and drops again, or replaces,
    with nothing in between that names them or writes to their table; row-level security that is enabled and
    disabled.

Why it matters:
    The work was for nothing, and it is not what somebody meant: a file was pasted twice, or a line is left over.

What to do:
    Leave both out, or the one that is wrong.
"""

from collections.abc import Iterator, Mapping

from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection, Step
from pgclinic.model.snapshot import Snapshot

_WRITES = frozenset({"insert_stmt", "update_stmt", "delete_stmt", "copy_stmt", "do_stmt", "merge_stmt", "call_stmt"})


def examine(migration: Migration) -> Iterator[Objection]:
    """One objection an object, at the statement that makes it."""
    made: dict[ObjectName, int] = {}
    before = _objects(migration.source)
    original = before
    for number, step in enumerate(migration.steps):
        after = before if step.after is step.before else _objects(step.after)
        for name in after.keys() - before.keys():
            made[name] = number
        changed = [name for name in after.keys() & before.keys() & made.keys() if after[name] != before[name]]
        gone = [name for name in before.keys() - after.keys() if name in made]
        gone = [name for name in gone if not _is_part(name, gone)]
        for name in sorted(gone):
            if name not in original and not _is_used(migration, made[name], number, name):
                yield _objection(migration.steps[made[name]], step, name)
            made.pop(name)
        for name in sorted(changed):
            if name.kind == "function" and not _is_used(migration, made[name], number, name):
                yield _objection(migration.steps[made[name]], step, name)
        before = after


def _is_part(name: ObjectName, gone: list[ObjectName]) -> bool:
    """Columns, indexes and policies go with their table, and that is told of the table."""
    return any(other.kind in {"table", "view"} and other.name == name.parent for other in gone if other != name)


def _objection(making: Step, taking: Step, name: ObjectName) -> Objection:
    return Objection(
        place=making.statement.place,
        finding=Finding(
            check="undone_later",
            severity=Severity.WARNING,
            object=name,
            summary="{object} does not outlast the migration: {place} takes it away again.",
            advice="Leave both statements out, or the one that is wrong.",
            facts=(Fact("object", name.name, Unit.TEXT), Fact("place", str(taking.statement.place), Unit.TEXT)),
        ),
    )


def _is_used(migration: Migration, made: int, gone: int, name: ObjectName) -> bool:
    """Whether something in between needs it; scratch tables, and indexes for one large update, are a good use."""
    bare = name.name.partition("(")[0] if name.kind == "function" else name.name
    table = name.parent or bare
    for step in migration.steps[made + 1 : gone]:
        deed = step.statement.deed
        named = {each for _, each in deed.relations} | deed.functions
        if deed.kind in _WRITES and (table in named or deed.kind in {"do_stmt", "call_stmt"}):
            return True
        if bare in named or (name.kind == "function" and bare in step.statement.sql):
            return True
    return False


def _objects(state: Snapshot) -> Mapping[ObjectName, object]:
    """What can be made and taken away, with what it is; checks and foreign keys may be a means, and are left out."""
    found: dict[ObjectName, object] = {}
    for relation in state.relations:
        kind = "view" if relation.kind in "vm" else "table"
        found[ObjectName(kind, relation.name, relation.schema)] = relation.oid
        if relation.row_security:
            found[ObjectName("row-level security", relation.name, relation.schema, relation.name)] = True
        for column in state.columns_of.get(relation.oid, ()) if kind == "table" else ():
            found[ObjectName("column", column.name, relation.schema, relation.name)] = column.number
    for index in state.indexes:
        found[ObjectName("index", index.name, index.schema, index.definition.relation.name)] = index.oid
    for function in state.functions:
        found[ObjectName("function", f"{function.name}({function.arguments})", function.schema)] = function.sql
    for policy in state.policies:
        table = state.relation_by_oid.get(policy.relation)
        if table is not None:
            found[ObjectName("policy", policy.name, table.schema, table.name)] = True
    return found

"""What a migration's own functions and views will ask: an index may be there for them alone.

They may read tables that are as new as they are, and nobody knows how much those will hold. They are planned as holding
one row, with which an index of a large table serves best: what serves nobody then serves nobody.
"""

from collections.abc import Iterator

import msgspec

from pgclinic.model.catalog import Relation
from pgclinic.model.review import Migration
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import WorkloadStatement
from pgclinic.sql import bodies
from pgclinic.sql.statements import UnreadableSqlError, fingerprint

PLANNED = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
"""Statements that a planner can be asked about."""


def own_statements(migration: Migration) -> Iterator[WorkloadStatement]:
    """The statements of functions and the queries of views that the migration makes, never called as yet."""
    for sql in dict.fromkeys((*_of_functions(migration), *_of_views(migration))):
        try:
            yield WorkloadStatement(fingerprint=fingerprint(sql), name="", sql=sql, calls=0.0)
        except UnreadableSqlError:
            continue


def with_new_relations(migration: Migration) -> Snapshot:
    """The source, and beside it the tables and views that are new in the end."""
    source, final = migration.source, migration.final
    new = {each.oid for each in final.relations} - migration.existing
    known = {(each.schema, each.name, each.arguments) for each in source.functions}
    return msgspec.structs.replace(
        source,
        schemas=(*source.schemas, *(each for each in final.schemas if each not in source.schemas)),
        relations=(*source.relations, *(_with_a_row(each) for each in final.relations if each.oid in new)),
        columns=(*source.columns, *(each for each in final.columns if each.relation in new)),
        functions=(
            *source.functions,
            *(each for each in final.functions if (each.schema, each.name, each.arguments) not in known),
        ),
    )


def _with_a_row(relation: Relation) -> Relation:
    return msgspec.structs.replace(relation, pages=1, tuples=1.0) if relation.kind in "rm" else relation


def _of_functions(migration: Migration) -> Iterator[str]:
    for function in migration.new_functions:
        try:
            body = bodies.body_of(function.sql) if function.sql is not None else bodies.Body()
        except UnreadableSqlError:
            continue
        yield from (query.sql for query in body.queries if query.kind in PLANNED)


def _of_views(migration: Migration) -> Iterator[str]:
    known = {each.oid: each.definition for each in migration.source.relations}
    for relation in migration.final.relations:
        if relation.kind in "vm" and relation.definition and known.get(relation.oid) != relation.definition:
            yield relation.definition.rstrip().removesuffix(";")

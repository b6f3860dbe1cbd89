"""A new index does nothing that another one does not do.

What it sees:
    Indexes of the migration whose every lookup and sort an index that stays serves as well: one that was there, or
    another of the migration. Keys, included columns, conditions and operator classes are compared as PostgreSQL
    understands them.

Why it matters:
    Every write pays for both, and both take room in memory and on disk.

What to do:
    Leave it out.
"""

from collections.abc import Iterator

from pgclinic.advise.equivalence import serves
from pgclinic.model.catalog import Index
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.review import Migration, Objection


def examine(migration: Migration) -> Iterator[Objection]:
    """One objection an index."""
    final = migration.final
    told: set[int] = set()
    for index in final.indexes:
        if index.oid in migration.source.index_by_oid or index.constraint or index.parent is not None:
            continue
        other = _server(migration, index, told)
        if other is not None:
            told.add(index.oid)
            yield Objection(
                place=migration.place_of_index(RelationName(index.schema, index.name)),
                finding=Finding(
                    check="redundant_new_index",
                    severity=Severity.WARNING,
                    object=ObjectName("index", index.name, index.schema),
                    summary="{index} does nothing that {other} does not do: {sql}",
                    advice="Leave {index} out.",
                    facts=(
                        Fact("index", index.name, Unit.TEXT),
                        Fact("other", other.name, Unit.TEXT),
                        Fact("sql", other.sql, Unit.TEXT),
                    ),
                ),
            )


def _server(migration: Migration, index: Index, told: set[int]) -> Index | None:
    """The index that stays and serves as well; of two equal new ones the first stays."""
    return next(
        (
            other
            for other in migration.final.indexes_of.get(index.relation, ())
            if other.oid != index.oid
            and other.is_valid
            and other.oid not in told
            and serves(other.definition, index.definition)
            and (
                other.oid in migration.source.index_by_oid
                or other.oid < index.oid
                or not serves(index.definition, other.definition)
            )
        ),
        None,
    )

"""A table is written anew while nobody may use it.

What it sees:
    Statements after which a table that was there before has another file on the private server: a change of a type
    that is not stored alike, a column with a volatile default, VACUUM FULL, CLUSTER, a refresh of a materialized view
    that is not concurrent. It is PostgreSQL of the same version that tells. How long it takes is estimated from the
    bytes of the table and its indexes.

Why it matters:
    Nobody reads or writes the table until it is done; whoever comes meanwhile queues up and holds a connection. As
    much disk is needed as the table has.

What to do:
    Add a new column without a default, fill it in batches, and swap the two; refresh concurrently; repack with
    pg_repack.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.locks import in_sql
from pgclinic.model.review import Migration, Objection
from pgclinic.model.tables import table_object
from pgclinic.sizes.working import rewriting_seconds, stored_bytes

_REPACKING = frozenset({"vacuum_stmt", "cluster_stmt"})
"""What only writes the same rows again."""


def examine(
    migration: Migration, *, min_bytes: int = 8 << 20, min_seconds: float = 0.1, long_seconds: float = 10
) -> Iterator[Objection]:
    """One objection a statement and table."""
    for step in migration.steps:
        for oid in sorted(step.trace.rewritten & migration.existing):
            relation = step.before.relation_by_oid.get(oid)
            if relation is None or relation.oid not in migration.source.relation_by_oid:
                continue
            size, seconds = stored_bytes(step.before, relation), rewriting_seconds(step.before, relation)
            if size < min_bytes and seconds < min_seconds:
                continue
            yield Objection(
                place=step.statement.place,
                finding=Finding(
                    check="rewrites_table",
                    severity=Severity.CRITICAL if seconds >= long_seconds else Severity.WARNING,
                    object=table_object(relation),
                    summary=(
                        "{table} ({size}) is written anew under {lock}, about {seconds}: "
                        "nobody reads or writes it meanwhile."
                    ),
                    advice=(
                        "Repack {table} with pg_repack, which locks it for an instant only."
                        if step.statement.deed.kind in _REPACKING
                        else "Refresh {table} concurrently."
                        if relation.kind == "m"
                        else "Add a column without a default beside it, fill it in batches, and swap them."
                    ),
                    facts=(
                        Fact("table", str(relation.relation_name), Unit.TEXT),
                        Fact("size", size, Unit.BYTES),
                        Fact("seconds", seconds, Unit.SECONDS, Provenance.ESTIMATED),
                        Fact("lock", in_sql(step.trace.lock_on(oid) or "AccessExclusiveLock"), Unit.TEXT),
                    ),
                ),
            )

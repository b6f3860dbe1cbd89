"""Drop an index that costs more than it gives, without stopping reads or writes."""

from pgclinic.model.catalog import Index
from pgclinic.model.evidence import Fact
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import Hazard, Prescription, Remedy, Risk, Statement, StatementGain
from pgclinic.remedies.create_index import build_statement, drop_concurrently
from pgclinic.sql import quote

_BEGINNINGS = ("CREATE UNIQUE INDEX ", "CREATE INDEX ")
"""How the text of pg_get_indexdef starts (``pg_get_indexdef_worker`` in PostgreSQL's ruleutils.c)."""


def remedy(index: Index) -> Remedy:
    """Drop this index; the way back builds it again from the server's own definition of it.

    An invalid index has no way back but a new build, which nobody wants: its ``undo`` is empty.
    Raises ValueError for an index that enforces something or belongs to a partitioned one: DROP INDEX
    CONCURRENTLY refuses those.
    """
    if index.constraint or index.is_primary or index.is_exclusion or index.is_replica_identity:
        raise ValueError(f"the index {index.name} enforces a constraint or identifies replicated rows")
    if index.is_partitioned or index.parent is not None:
        raise ValueError(f"the index {index.name} is part of a partitioned index")
    name = RelationName(index.schema, index.name)
    return Remedy(
        kind="drop_index",
        do=(drop_concurrently(name, index.definition.relation),),
        undo=tuple(_rebuild(index)) if index.is_valid else (),
        verify=f"select pg_catalog.to_regclass({quote.literal(quote.relation(name))}) is null",
        hazards=(Hazard.WAITS_FOR_OLD_TRANSACTIONS,),
        risk=Risk.MEDIUM,
    )


def prescribe(
    index: Index,
    *,
    reason: str,
    gains: tuple[StatementGain, ...] = (),
    cures: tuple[str, ...] = (),
    facts: tuple[Fact, ...] = (),
) -> Prescription:
    """The same as an item of a course. Raises ValueError as ``remedy`` does."""
    cure = remedy(index)
    table = index.definition.relation
    return Prescription(
        kind=cure.kind,
        object=ObjectName("index", index.name, schema=index.schema),
        table=ObjectName("table", table.name, schema=table.schema),
        reason=reason,
        do=cure.do,
        undo=cure.undo,
        verify=cure.verify,
        hazards=cure.hazards,
        risk=cure.risk,
        cures=cures,
        facts=facts,
        gains=gains,
    )


def _rebuild(index: Index) -> list[Statement]:
    beginning = next((words for words in _BEGINNINGS if index.sql.startswith(words)), None)
    if beginning is None:
        raise ValueError(f"not a definition by pg_get_indexdef: {index.sql[:60]!r}")
    text = f"{beginning}CONCURRENTLY {index.sql.removeprefix(beginning)}"
    statements = [build_statement(text, index.definition, index.name)]
    if index.is_clustered:
        table = index.definition.relation
        statements.append(
            Statement(
                sql=f"alter table {quote.relation(table)} cluster on {quote.identifier(index.name)}",
                lock="SHARE UPDATE EXCLUSIVE",
                blocks="schema changes on {table}, for an instant",
                table=str(table),
            )
        )
    return statements

"""A large table is read from end to end, again and again, by statements that want a part of it.

What it sees:
    Tables with at least `min_scans` sequential scans that read at least `min_rows` rows each on average, where
    pg_stat_statements holds at least `min_scans` calls of statements with a condition, a join or a limit on the table
    that touch at least half of its pages for each call and return less than `few_rows` of its rows. When those
    statements take `heavy_share` of all time it is a warning. Where pg_stat_statements cannot be seen whole, the
    counters of the table alone speak, and only softly.

Why it matters:
    Each such call costs time in proportion to the table, so it becomes slower every day, pushes useful pages out
    of memory and keeps disks and processors busy with rows that nobody asked for. The grade weighs how many
    rows are read this way for each statement that is run.

What to do:
    Let `pgclinic prescribe` look for an index: it asks PostgreSQL's planner whether it would be used. For sums over
    most of a table no index helps; keep the sum instead, for example in a materialized view.
"""

from collections.abc import Iterator, Mapping, Sequence

from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, stored, table_object
from pgclinic.sql.counted import CountedStatement, CountedWorkload, counted
from pgclinic.sql.narrowing import TableReference, table_references
from pgclinic.sql.statements import UnreadableSqlError

FAMILY = "statements"
NEEDS = ("table_counters", "schemas")


def examine(
    snapshot: Snapshot,
    *,
    min_scans: int = 20,
    min_rows: int = 10_000,
    few_rows: float = 0.05,
    heavy_share: float = 0.05,
) -> Iterator[Finding]:
    """Tables that are scanned for little."""
    workload = counted(snapshot.statements)
    database = snapshot.database_counters
    asked = workload.calls or (database.xact_commit if database else 0) or 1
    all_are_seen = bool(snapshot.statements) and all(spot.subject != "statements" for spot in snapshot.blind_spots)
    suspects = [table for table in stored(snapshot) if _is_scanned(snapshot, table, min_scans, min_rows)]
    asking = _statements_by_narrowed_table(snapshot, workload, suspects, few_rows)
    for table in suspects:
        counters = snapshot.counters_of[table.oid]
        guilty = [one for one in asking.get(table.oid, ()) if _reads_for_little(snapshot, table, one, few_rows)]
        if all_are_seen and sum(one.calls for one in guilty) < min_scans:
            continue
        share = sum(one.total_ms for one in guilty) / workload.total_ms if guilty else 0.0
        read_per_statement = counters.seq_tup_read / asked
        yield Finding(
            check="sequential_scans",
            severity=Severity.WARNING if share >= heavy_share else Severity.NOTICE,
            object=table_object(table),
            summary="{scans} sequential scans of {table} read {rows_per_scan} rows each.",
            advice="Let pgclinic prescribe look for an index that the planner would use instead.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("scans", counters.seq_scan),
                Fact("rows_per_scan", counters.seq_tup_read / counters.seq_scan),
                Fact("index_scans", counters.idx_scan),
                Fact("statements", len(guilty)),
                Fact("statements_share", share, Unit.RATIO),
                *(Fact("text", one.text, Unit.TEXT) for one in guilty[:1]),
            ),
            burden=read_per_statement / (read_per_statement + min_rows),
        )


def _is_scanned(snapshot: Snapshot, table: Relation, min_scans: int, min_rows: int) -> bool:
    counters = snapshot.counters_of.get(table.oid)
    return (
        counters is not None
        and counters.seq_scan >= min_scans
        and counters.seq_tup_read >= min_rows * counters.seq_scan
    )


def _reads_for_little(snapshot: Snapshot, table: Relation, statement: CountedStatement, few_rows: float) -> bool:
    return (
        statement.shared_blks / statement.calls >= table.pages / 2
        and statement.rows / statement.calls <= few_rows * known_rows(snapshot, table)
    )


def _statements_by_narrowed_table(
    snapshot: Snapshot, workload: CountedWorkload, suspects: Sequence[Relation], few_rows: float
) -> Mapping[int, Sequence[CountedStatement]]:
    asking: dict[int, list[CountedStatement]] = {}
    for statement in workload.statements:
        # Parsing is dear, and most statements read too little to be guilty of anything.
        if not any(_reads_for_little(snapshot, table, statement, few_rows) for table in suspects):
            continue
        for oid in _narrowed(snapshot, statement.text, frozenset()):
            asking.setdefault(oid, []).append(statement)
    return asking


def _narrowed(snapshot: Snapshot, sql: str, seen: frozenset[int]) -> frozenset[int]:
    """Oids of the tables that a statement narrows, also through views, whose own conditions count."""
    try:
        references = table_references(sql)
    except UnreadableSqlError:
        return frozenset()
    found: set[int] = set()
    for reference in references:
        for relation in _meant(snapshot, reference):
            if relation.kind == "v" and relation.definition and relation.oid not in seen:
                found |= _narrowed(snapshot, relation.definition, seen | {relation.oid})
            if reference.is_narrowed:
                found |= {relation.oid, *(child.oid for child in snapshot.children_of.get(relation.oid, ()))}
    return frozenset(found)


def _meant(snapshot: Snapshot, reference: TableReference) -> Iterator[Relation]:
    """What a name may stand for: without a schema it may be any, because search paths are not known."""
    schemas = [reference.schema] if reference.schema else [schema.name for schema in snapshot.schemas]
    for schema in schemas:
        relation = snapshot.relation_by_name.get(RelationName(schema, reference.name))
        if relation is not None:
            yield relation

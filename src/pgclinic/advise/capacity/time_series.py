"""TimescaleDB: where a large table of events grows so fast that its compression and retention pay."""

from collections.abc import Iterator

from msgspec.structs import replace

from pgclinic.advise.case import Case
from pgclinic.advise.prescribed import prescribed
from pgclinic.model.clock import DAY
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import ApplicationChange, CodeExample, Hazard, Prescription, Remedy, Risk, When
from pgclinic.model.sessions import counted_seconds
from pgclinic.model.tables import known_rows
from pgclinic.sql import quote

_YEAR = 365


def time_series(case: Case, *, grown_bytes: float = 200 << 30, long_enough: float = DAY) -> Iterator[Prescription]:
    """Tables of events (large_unpartitioned_table) that will grow by ``grown_bytes`` a year."""
    snapshot = case.snapshot
    seconds = counted_seconds(snapshot)
    if not seconds or seconds < long_enough or any(each.name == "timescaledb" for each in snapshot.extensions):
        return
    for finding in case.findings_of("large_unpartitioned_table"):
        table = snapshot.relation_by_name.get(RelationName(finding.object.schema, finding.object.name))
        column = next((str(fact.value) for fact in finding.facts if fact.name == "column"), "")
        counters = snapshot.counters_of.get(table.oid) if table else None
        if table is None or counters is None or not column:
            continue
        row_bytes = (table.total_bytes or 0) / max(1.0, known_rows(snapshot, table))
        a_year = counters.n_tup_ins / seconds * DAY * _YEAR * row_bytes
        if a_year < grown_bytes:
            continue
        name = quote.relation(table.relation_name)
        table_name = quote.literal(name)
        item = prescribed(
            Remedy(kind="capacity", do=()),
            finding.object,
            reason="{table} grows by {a_year} a year, in the order of {column}: TimescaleDB compresses what is old.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("column", column, Unit.TEXT),
                Fact("a_year", a_year, Unit.BYTES, Provenance.ESTIMATED),
                Fact("size", table.total_bytes or 0, Unit.BYTES),
            ),
            when=When.THIS_MONTH,
            risk=Risk.HIGH,
        )
        code = (
            f"select create_hypertable({table_name}, by_range({quote.literal(column)}), migrate_data => true);\n"
            f"alter table {name} set (timescaledb.compress);\n"
            f"select add_compression_policy({table_name}, interval '30 days');"
        )
        change = ApplicationChange(
            summary=(
                "Where the extension may be installed, try it on a copy first: migrate_data locks the table for as long"
                " as it takes. Plain partitions are the other way."
            ),
            examples=(CodeExample("TimescaleDB", code),),
        )
        yield replace(item, hazards=(Hazard.NEEDS_EXCLUSIVE_LOCK, Hazard.TAKES_DISK), application=change)

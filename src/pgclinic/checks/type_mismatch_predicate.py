"""A column and what it is compared with have different types, so that its index is of no use.

What it sees:
    Comparisons where the column must be converted: it stands under a cast (`id::text = $1`), the value is cast to a
    type that wins over the column's (`number = $1::numeric` for an integer column, `code = $1::text` for a char(n)),
    or it is joined with a column of such a type. The column is the first of an index, and statements with at least
    `notable_share` of all time and at least `min_calls` calls touch at least `large_part` of the pages of the table,
    which has at least `min_rows` rows. The types of parameters that are only bound are not seen.

Why it matters:
    PostgreSQL converts the column of every row and compares the results; the index holds the unconverted values.

What to do:
    Cast the value to the column's type, or bind it as that type in the driver. Where two tables disagree, give the
    columns the same type.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows
from pgclinic.sql.asked import AskedStatement, notable
from pgclinic.sql.clauses import aggregates
from pgclinic.sql.conditions import Comparison
from pgclinic.sql.wrapping import as_sql, cast_type, wrapping_of

FAMILY = "statements"
NEEDS = ("statements", "indexes", "columns")
_COMPARED = frozenset({"=", "<", "<=", ">", ">="})
_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_WIDER = {"numeric": _INTEGERS, "float4": _INTEGERS, "float8": _INTEGERS | {"numeric"}}
_WIDER_COLUMNS = {"numeric": _INTEGERS, "real": _INTEGERS, "double precision": _INTEGERS | {"numeric"}}
_TEXTS = frozenset({"text", "varchar"})
_FEW = 0.01
_RELABELLED = frozenset({"text", "character varying"})


def examine(
    snapshot: Snapshot,
    *,
    notable_share: float = 0.01,
    min_calls: int = 5,
    min_rows: int = 10_000,
    large_part: float = 0.25,
) -> Iterator[Finding]:
    """Statements with such a comparison, the heaviest first, each once."""
    for statement in notable(snapshot, notable_share, min_calls):
        for comparison in statement.comparisons:
            if comparison.arm or comparison.operator not in _COMPARED:
                continue
            table = statement.reads_much_of(comparison.relation, large_part, min_rows)
            if table is None or not _is_indexed(snapshot, table, comparison):
                continue
            # A join that returns much reads everything anyway, whatever the types.
            if comparison.partner is not None and not _is_selective(snapshot, statement, table):
                continue
            own = _type(snapshot, comparison.relation, comparison.column)
            other = _winning_type(snapshot, comparison, own)
            if not other:
                continue
            yield Finding(
                check="type_mismatch_predicate",
                severity=Severity.NOTICE,
                object=statement.object,
                summary="A statement compares {column} of {table}, which is {type}, as {other_type}.",
                advice="Give the value the type of {column}, so that its index can be used.",
                facts=(
                    Fact("column", comparison.column, Unit.TEXT),
                    Fact("table", str(comparison.relation), Unit.TEXT),
                    Fact("type", own, Unit.TEXT),
                    Fact("other_type", other, Unit.TEXT),
                    Fact("comparison", f"{as_sql(comparison.side)} … {as_sql(comparison.other)}", Unit.TEXT),
                    *statement.facts,
                ),
                burden=statement.share,
            )
            break


def _is_selective(snapshot: Snapshot, statement: AskedStatement, table: Relation) -> bool:
    if statement.reading is None or aggregates(statement.reading.tree):
        return False
    return statement.rows_per_call <= _FEW * known_rows(snapshot, table)


def _is_indexed(snapshot: Snapshot, table: Relation, comparison: Comparison) -> bool:
    first = (index.definition.keys[0] for index in snapshot.indexes_of.get(table.oid, ()) if index.is_valid)
    return any(key.is_column and key.expression == comparison.column for key in first)


def _type(snapshot: Snapshot, name: RelationName, column: str) -> str:
    """The type of a column without its modifier; empty for one that is not known."""
    table = snapshot.relation_by_name.get(name)
    columns = snapshot.columns_of.get(table.oid, ()) if table is not None else ()
    found = next((each for each in columns if each.name == column), None)
    return found.type.partition("(")[0] if found is not None and found.type_schema == "pg_catalog" else ""


def _winning_type(snapshot: Snapshot, comparison: Comparison, own: str) -> str:
    """The type that the column is converted to before it is compared; empty when it is not."""
    if not own:
        return ""
    wrapping = wrapping_of(comparison.side)
    if wrapping is not None:
        if wrapping.kind != "cast" or wrapping.name == "date" or (wrapping.name in _TEXTS and own in _RELABELLED):
            return ""
        return wrapping.name if comparison.is_constant and not _same_type(wrapping.name, own) else ""
    if comparison.partner is not None:
        theirs = _type(snapshot, *comparison.partner)
        is_padded = own == "character" and theirs in _RELABELLED
        return theirs if own in _WIDER_COLUMNS.get(theirs, frozenset()) or is_padded else ""
    cast = cast_type(comparison.other)
    if own == "character" and cast == "text":
        return cast
    return cast if own in _WIDER.get(cast, frozenset()) else ""


_NAMES = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "bpchar": "character",
    "varchar": "character varying",
}
_TIMES = frozenset({"timestamp", "timestamptz"})


def _same_type(name: str, own: str) -> bool:
    """Whether a cast changes nothing, or to nothing that other operators of the index would not take."""
    inside = _NAMES.get(name, name)
    return inside == own or (name in _TIMES and own.startswith("timestamp"))

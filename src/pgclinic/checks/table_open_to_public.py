"""Every role that can connect may read or change a table.

What it sees:
    Tables without row-level security on which PUBLIC was granted something. The right to change rows is a notice;
    the right to read them is mere information, because lists that everyone may read are common.
    Tables of extensions are left out.

Why it matters:
    A grant to PUBLIC holds for each role that there is and each that will be made, on all applications of the server
    that can connect: nobody thinks of it when a role for a report or a partner is made.

What to do:
    Grant to the roles that need it, and revoke from PUBLIC.
"""

from collections.abc import Iterator

from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.privileges import PUBLIC, WRITING, granted
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import known_rows, table_object

FAMILY = "security"
NEEDS = ("relations",)


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Tables that are open to all, in the order of the catalog."""
    tables = [relation for relation in snapshot.relations if relation.kind in {"r", "p", "f"}]
    for table in tables:
        letters = granted(table.grants).get(PUBLIC, frozenset())
        writes = bool(letters & WRITING)
        if table.row_security or not (writes or "r" in letters):
            continue
        yield Finding(
            check="table_open_to_public",
            severity=Severity.NOTICE if writes else Severity.INFO,
            object=table_object(table),
            summary="Every role may change rows of {table}." if writes else "Every role may read {table}.",
            advice="Grant {table} to the roles that need it, and revoke from PUBLIC what it was granted.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("privileges", "".join(sorted(letters)), Unit.TEXT),
                Fact("rows", known_rows(snapshot, table), provenance=Provenance.ESTIMATED),
            ),
            burden=1 / len(tables),
        )

"""The migration ends with a transaction open.

What it sees:
    A BEGIN without a COMMIT before the end of the last file.

Why it matters:
    The connection is closed, the transaction is rolled back, and nothing of it was done.

What to do:
    End it with COMMIT.
"""

from collections.abc import Iterator

from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.review import Migration, Objection


def examine(migration: Migration) -> Iterator[Objection]:
    """One objection, at the last BEGIN."""
    if not migration.is_left_open:
        return
    opening = [step.statement.place for step in migration.steps if step.statement.deed.kind == "transaction_stmt"]
    place = opening[-1] if opening else migration.steps[-1].statement.place
    yield Objection(
        place=place,
        finding=Finding(
            check="never_committed",
            severity=Severity.CRITICAL,
            object=ObjectName("statement", str(place)),
            summary="The transaction is never committed: all of it is rolled back when the session ends.",
            advice="End it with COMMIT.",
        ),
    )

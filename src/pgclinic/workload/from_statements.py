"""The workload that pg_stat_statements tells of."""

from pgclinic.model.counters import StatementCounters
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Omission, Workload, WorkloadStatement
from pgclinic.sql import statements
from pgclinic.sql.counted import summed
from pgclinic.sql.tokens import COMMENTS, tokens_of

_PLANNABLE = frozenset({"select", "insert", "update", "delete", "merge"})
_FIRST_WORDS = frozenset({"SELECT", "WITH", "INSERT", "UPDATE", "DELETE_P", "MERGE", "VALUES", "TABLE"})
"""How a statement with a plan begins, as tokens of the grammar."""


def workload_of(snapshot: Snapshot) -> Workload:
    """Every statement that has a plan, heaviest first; statements equal but for constants and role are one.

    Cut texts and what PostgreSQL's newest grammar does not read are omissions; utility statements have no plan and
    are passed over.
    """
    found: dict[tuple[str, str], list[StatementCounters]] = {}
    omissions = []
    for row in snapshot.statements:
        if row.is_truncated:
            omissions.append(Omission(row.text, "its text is cut", row.total_ms))
            continue
        try:
            if statements.kind(row.text).verb in _PLANNABLE:
                found.setdefault((statements.fingerprint(row.text), row.role), []).append(row)
        except statements.UnreadableSqlError as error:
            if _may_have_a_plan(row.text):
                omissions.append(Omission(row.text, str(error), row.total_ms))
    merged = [_merged(fingerprint, role, rows) for (fingerprint, role), rows in found.items()]
    merged.sort(key=lambda statement: -(statement.total_ms or 0))
    return Workload(statements=tuple(merged), source="pg_stat_statements", omissions=tuple(omissions))


def _may_have_a_plan(text: str) -> bool:
    """Utility statements are often unreadable (``savepoint $1``, ``do $1``), and nothing is missed with them."""
    try:
        words = [token.kind for token in tokens_of(text) if token.kind not in COMMENTS and token.kind != "ASCII_40"]
    except statements.UnreadableSqlError:
        return True
    return bool(words) and words[0] in _FIRST_WORDS


def _merged(fingerprint: str, role: str, rows: list[StatementCounters]) -> WorkloadStatement:
    sums = summed(rows)
    return WorkloadStatement(
        fingerprint=fingerprint,
        name=fingerprint,
        sql=sums.text,
        calls=sums.calls,
        total_ms=sums.total_ms,
        rows=sums.rows / max(sums.calls, 1),
        role=role,
    )

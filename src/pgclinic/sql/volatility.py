"""Whether a call may differ from row to row: pg_proc.provolatile of the function that it means, by name."""

from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.built_in import FUNCTIONS
from pgclinic.sql.expressions import FunctionCall

_STABLE = frozenset({"current_setting"})
"""PostgreSQL's own that policies call and that cost something; one reading of the clock costs nothing."""

_IMMUTABLE = frozenset(name for name, _ in FUNCTIONS)


def volatility_of(snapshot: Snapshot, call: FunctionCall) -> str:
    """``s`` (the same all through a statement), ``i`` (always the same), ``v``, or empty when that is not known.

    Names are overloaded and types are not known here: of the user's functions that it could mean, the most volatile
    counts. Without a schema a user's function of that name stands for PostgreSQL's own.
    """
    meant = [
        function.volatility
        for function in snapshot.functions
        if function.name == call.name and call.schema in {"", function.schema}
    ]
    if meant:
        return next(each for each in ("v", "s", "i", meant[0]) if each in meant)
    if call.schema not in {"", "pg_catalog"}:
        return ""
    return "s" if call.name in _STABLE else "i" if call.name in _IMMUTABLE else ""

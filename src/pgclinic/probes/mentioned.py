"""Which relations do the statements of a visit name, directly, through views and through functions? Pure.

Every word of a text counts as a name, so that no text need be parsed: too many relations rather than too few.
"""

from collections.abc import Iterable

from pgclinic.model.catalog import Function, Relation
from pgclinic.model.counters import StatementCounters
from pgclinic.model.snapshot import Record
from pgclinic.sql.mentions import words


def mentioned_by_statements(records: Iterable[Record]) -> frozenset[str]:
    """Bare names of relations; none where no statement was counted."""
    names: set[str] = set()
    inside: dict[str, set[str]] = {}
    pending: set[str] = set()
    for record in records:
        match record:
            case StatementCounters():
                pending |= words(record.text)
            case Relation():
                names.add(record.name)
                if record.definition:
                    inside.setdefault(record.name, set()).update(words(record.definition))
            case Function() if record.sql:
                inside.setdefault(record.name, set()).update(words(record.sql))
    known = names | inside.keys()
    found: set[str] = set()
    while new := (pending & known) - found:
        found |= new
        pending = set().union(*(inside.get(name, set()) for name in new))
    return frozenset(found & names)

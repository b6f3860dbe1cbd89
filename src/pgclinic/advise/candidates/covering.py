"""B-trees that carry what else the statement reads, so that it need not visit the table (index-only scans).

A column that is INCLUDEd is of use only when all that the statement reads is in the index: PostgreSQL tests conditions
on it after the visit otherwise. So there is nothing between all the rest and none.
"""

from collections.abc import Iterator

from pgclinic.advise.candidates.keys import Keys, leading
from pgclinic.advise.candidates.target import Target
from pgclinic.model.catalog import IndexDefinition

_WIDEST_PAYLOAD_BYTES = 128
_MOST_INCLUDED = 8
"""More columns than this make an index that every other change of the statement or the table would outdate."""


def propose(target: Target) -> Iterator[IndexDefinition]:
    """Every list of keys that searches or sorts, with all the rest."""
    for keys in leading(target):
        payload = payload_of(target, keys)
        if payload:
            yield IndexDefinition(target.use.relation, keys, include=payload)


def payload_of(target: Target, keys: Keys) -> tuple[str, ...]:
    """The other columns that the statement reads, when they are all known and small enough to carry along."""
    use = target.use
    if use.reads_all or not use.columns <= target.columns.keys():
        return ()
    rest = target.in_order(use.columns - {key.expression for key in keys if key.is_column})
    if len(rest) > _MOST_INCLUDED:
        return ()
    widths = [target.statistics(name) for name in rest]
    if any(each is None for each in widths) or sum(each.avg_width for each in widths if each) > _WIDEST_PAYLOAD_BYTES:
        return ()
    return tuple(rest)

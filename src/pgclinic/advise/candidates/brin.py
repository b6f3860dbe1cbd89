"""BRIN: a range of a column that lies in a large table nearly in the order of the rows.

The planner costs minmax and minmax_multi alike (``brincostestimate`` reads the correlation only), so that it could
never prefer the latter; it is not proposed.
"""

from collections.abc import Iterator

from pgclinic.advise.candidates.target import Target
from pgclinic.model.catalog import IndexDefinition, IndexKey

_FEWEST_PAGES = 256
"""Below this a table has no more than two ranges of the default size."""
_LEAST_CORRELATION = 0.9
_FINER = ("pages_per_range=32",)
_SEARCHED = frozenset({"=", "<", "<=", ">", ">="})
_SUMMARISED = frozenset(
    {
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "real",
        "double precision",
        "date",
        "timestamp without time zone",
        "timestamp with time zone",
        "time without time zone",
        "interval",
        "uuid",
        "oid",
        "text",
        "character varying",
    }
)
"""Types whose default operator class is minmax."""


def propose(target: Target) -> Iterator[IndexDefinition]:
    """With ranges of the default size, and finer ones."""
    if target.heap.pages < _FEWEST_PAGES:
        return
    for name in target.compared(_SEARCHED.__contains__, joins=False):
        statistics = target.statistics_of_heap(name)
        correlation = statistics.correlation if statistics else None
        if target.type(name) in _SUMMARISED and abs(correlation or 0) >= _LEAST_CORRELATION:
            for options in ((), _FINER):
                yield IndexDefinition(target.use.relation, (IndexKey(name),), method="brin", options=options)

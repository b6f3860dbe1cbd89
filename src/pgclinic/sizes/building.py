"""How long a build would take: reading the table, computing and sorting the keys, writing the index; estimated.

The constants were measured by ``benchmarks/index_builds.py`` on PostgreSQL 15 and 18 with everything in memory; a
server whose disk is the bottleneck needs longer, one that builds in parallel less.
"""

import math

from pgclinic.sizes.types import PAGE

BYTES_READ_A_SECOND = 400e6
BYTES_WRITTEN_A_SECOND = 200e6
_SECONDS_A_ROW = {"btree": 0.25e-6, "hash": 1.2e-6, "gin": 0.5e-6, "gist": 10e-6, "spgist": 6e-6, "brin": 0.5e-6}
_SECONDS_A_COMPARISON = 0.055e-6
"""Sorting n rows takes n log2 n of them; only a B-tree and a hash index are sorted whole."""
_SECONDS_A_GIN_PAGE = 1.2e-3
"""GIN's work grows with the keys in a row, and so does the index."""
_SORTED = frozenset({"btree", "hash"})


def seconds(method: str, rows: float, heap_pages: int, index_pages: int) -> float:
    """Seconds of CREATE INDEX without CONCURRENTLY, which reads the table twice."""
    each = _SECONDS_A_ROW.get(method, _SECONDS_A_ROW["btree"])
    if method in _SORTED:
        each += math.log2(max(2.0, rows)) * _SECONDS_A_COMPARISON
    if method == "gin":
        each += index_pages * _SECONDS_A_GIN_PAGE / max(1.0, rows)
    return rows * each + heap_pages * PAGE / BYTES_READ_A_SECOND + index_pages * PAGE / BYTES_WRITTEN_A_SECOND

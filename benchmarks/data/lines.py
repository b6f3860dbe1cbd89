"""The published figures that ours are held against; measured on this data, PostgreSQL 15, primary keys only.

TPC-H: the nineteen queries of ``Suite.compared``, B-tree indexes of up to two columns unless said, at the size that the
indexes really have. TPC-DS: 99 queries at a nominal budget; the peers' costs are those planned with HypoPG.
"""

import msgspec


class Line(msgspec.Struct, frozen=True):
    """Somebody's answer: megabytes, workload cost relative to before, and the geometric mean over the queries."""

    who: str
    megabytes: int
    cost: float
    mean: float | None = None


TPCH = (
    Line("CoPhy-style program", 141, 0.761),
    Line("prototype", 145, 0.751),
    Line("Extend", 178, 0.788),
    Line("prototype", 182, 0.719),
    Line("CoPhy-style program", 297, 0.686),
    Line("prototype", 331, 0.683),
    Line("Extend", 341, 0.689),
    Line("Relaxation", 1368, 0.639),
    Line("prototype with INCLUDE, planned", 500, 0.657),
    Line("prototype with INCLUDE, planned", 1000, 0.594),
    Line("prototype with INCLUDE, planned", 2500, 0.442),
    Line("prototype with INCLUDE, planned", 4295, 0.386),
)
TPCDS = (
    Line("Extend", 250, 0.334, 0.721),
    Line("Extend", 500, 0.333, 0.696),
    Line("Extend", 1000, 0.333, 0.645),
    Line("Extend", 2500, 0.333, 0.643),
    Line("DTA", 1000, 0.285, 0.569),
    Line("DB2Advis", 1000, 0.0129, 0.471),
    Line("DB2Advis", 2500, 0.0124, 0.418),
    Line("prototype", 250, 0.0117, 0.519),
    Line("prototype", 500, 0.0112, 0.433),
    Line("prototype", 1000, 0.0105, 0.401),
    Line("prototype", 2500, 0.0104, 0.392),
)
LINES = {"tpch": TPCH, "tpcds": TPCDS}

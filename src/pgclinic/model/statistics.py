"""What ANALYZE left behind: the planner's knowledge of the data."""

import msgspec


class ColumnStatistics(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="column_statistics"):
    """One row of pg_stats. ``relation`` is the oid of the table, or of the index when ``column`` is an index key.

    Value arrays are texts in PostgreSQL's array notation, of the column's type, exactly as the server printed them
    under ISO DateStyle and UTC; they are None without the right to see them or with ``--no-values``.
    ``n_distinct`` below zero is a share of the rows (pg_stats). ``has_*`` remember what was redacted.
    """

    relation: int
    column: str
    inherited: bool = False
    null_frac: float = 0.0
    avg_width: int = 0
    n_distinct: float = 0.0
    correlation: float | None = None
    most_common_vals: str | None = None
    most_common_freqs: tuple[float, ...] | None = None
    histogram_bounds: str | None = None
    most_common_elems: str | None = None
    most_common_elem_freqs: tuple[float, ...] | None = None
    elem_count_histogram: tuple[float, ...] | None = None
    range_length_histogram: str | None = None
    range_empty_frac: float | None = None
    range_bounds_histogram: str | None = None


class ColumnEnds(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="column_ends"):
    """The smallest and largest value of an indexed column right now, by index probe, as text.

    The planner looks them up in the index itself when a predicate falls near the end of the histogram
    (``get_actual_variable_range`` in PostgreSQL's selfuncs.c); the twin has no rows to look up.
    """

    relation: int
    column: str
    low: str | None = None
    high: str | None = None


class ExtendedStatistics(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="extended_statistics"):
    """An object made by CREATE STATISTICS: its definition; its data where it could be read.

    ``n_distinct`` and ``dependencies`` as pg_stats_ext prints them. ``most_common_vals`` is a text[] of two dimensions
    in PostgreSQL's notation, one row a combination, with its frequency and the one that it would have were the columns
    independent. ``expressions`` are the statistics of its expressions, whose text is their ``column``.
    ``inherited``: of the table with its children.
    """

    relation: int
    schema: str
    name: str
    sql: str
    inherited: bool = False
    n_distinct: str | None = None
    dependencies: str | None = None
    most_common_vals: str | None = None
    most_common_freqs: tuple[float, ...] | None = None
    most_common_base_freqs: tuple[float, ...] | None = None
    expressions: tuple[ColumnStatistics, ...] = ()

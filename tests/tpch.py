"""TPC-H data and queries from DuckDB's generator, loaded into PostgreSQL with primary keys only."""

from pathlib import Path

import duckdb
import duckdb_extension_tpch
import psycopg

PRIMARY_KEYS = {
    "region": "r_regionkey",
    "nation": "n_nationkey",
    "supplier": "s_suppkey",
    "customer": "c_custkey",
    "part": "p_partkey",
    "partsupp": "ps_partkey, ps_suppkey",
    "orders": "o_orderkey",
    "lineitem": "l_orderkey, l_linenumber",
}
_TYPES = {"VARCHAR": "varchar", "BIGINT": "bigint", "INTEGER": "integer", "DATE": "date"}


def load(connection: psycopg.Connection, scale: float) -> tuple[str, ...]:
    """Create, fill, key and analyse the eight tables; returns the 22 queries."""
    source = duckdb.connect()
    (extension,) = Path(duckdb_extension_tpch.__file__).parent.rglob("*.duckdb_extension")
    source.execute(f"load '{extension}'")
    source.execute(f"call dbgen(sf={scale})")
    for table, key in PRIMARY_KEYS.items():
        columns = source.execute(f"describe {table}").fetchall()
        typed = ", ".join(f"{name} {_TYPES.get(kind, kind.lower())} not null" for name, kind, *_ in columns)
        connection.execute(f"create table {table} ({typed})")
        with connection.cursor().copy(f"copy {table} from stdin") as copy:
            for row in source.execute(f"select * from {table}").fetchall():
                copy.write_row(row)
        connection.execute(f"alter table {table} add primary key ({key})")
    connection.execute("vacuum analyze")
    queries = source.execute("select query from tpch_queries() order by query_nr").fetchall()
    return tuple(query.strip().rstrip(";") for (query,) in queries)

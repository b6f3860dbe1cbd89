"""TPC-H and TPC-DS: rows and query texts from DuckDB's generators, tables from the specifications."""

import contextlib
import importlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import msgspec
import psycopg

_CHUNK_BYTES = 1 << 20
_LEFT_OUT_OF_TPCH = {2, 17, 20}
"""Queries that index selection is not compared on: without an index they drown all others (Kossmann et al., 2020)."""


class Suite(msgspec.Struct, frozen=True):
    """A benchmark. PostgreSQL plans every one of the queries as the generator writes them."""

    name: str
    generator: str
    left_out: frozenset[int] = frozenset()

    @property
    def tables(self) -> str:
        """``create table`` and ``alter table`` statements."""
        return Path(__file__).with_name(f"{self.name}.sql").read_text()

    def queries(self) -> dict[int, str]:
        """Every query's text by its number."""
        with _generator(self) as source:
            rows = source.execute(f"select query_nr, query from {self.name}_queries() order by query_nr").fetchall()
        return {number: text.strip().rstrip(";") for number, text in rows}

    def compared(self) -> dict[int, str]:
        """The queries that index selection is judged by."""
        return {number: text for number, text in self.queries().items() if number not in self.left_out}


TPCH = Suite("tpch", "dbgen", frozenset(_LEFT_OUT_OF_TPCH))
TPCDS = Suite("tpcds", "dsdgen")
SUITES = (TPCH, TPCDS)


@contextlib.contextmanager
def exported(suite: Suite, scale: float) -> Iterator[dict[str, Path]]:
    """One CSV file a table, gone afterwards: a gigabyte at scale factor 1."""
    with tempfile.TemporaryDirectory() as folder, _generator(suite, Path(folder) / "rows.duckdb") as source:
        source.execute(f"call {suite.generator}(sf = {scale})")
        files = {}
        for (table,) in source.execute("select table_name from duckdb_tables() order by table_name").fetchall():
            files[table] = Path(folder) / f"{table}.csv"
            source.execute(f"copy {table} to '{files[table]}' (header false)")
        yield files


def load(connection: psycopg.Connection, suite: Suite, files: Mapping[str, Path]) -> None:
    """Create and fill the tables in an empty database, primary keys only, then vacuum and analyse it."""
    with connection.transaction():
        connection.execute(suite.tables.partition("alter table")[0])
        for table, file in files.items():
            command = f"copy {table} from stdin (format csv, freeze)"
            with connection.cursor().copy(command) as copy, file.open("rb") as rows:
                while chunk := rows.read(_CHUNK_BYTES):
                    copy.write(chunk)
        connection.execute("alter table" + suite.tables.partition("alter table")[2])
    connection.execute("vacuum (analyze)")


@contextlib.contextmanager
def _generator(suite: Suite, database: Path | str = ":memory:") -> Iterator[duckdb.DuckDBPyConnection]:
    package = importlib.import_module(f"duckdb_extension_{suite.name}")
    (extension,) = Path(str(package.__file__)).parent.rglob("*.duckdb_extension")
    with duckdb.connect(database, config={"memory_limit": "1GB", "threads": 2}) as source:
        source.execute(f"load '{extension}'")
        yield source

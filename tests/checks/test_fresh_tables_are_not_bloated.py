"""A table that was just loaded is never called bloated, whatever its columns are."""

import random
from typing import TYPE_CHECKING

import pytest

from pgclinic.checks.table_bloat import examine
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.driving import drive

if TYPE_CHECKING:
    from tests.conftest import Database

pytestmark = pytest.mark.server

VALUES = {
    "boolean": "n % 2 = 0",
    "smallint": "n % 100",
    "integer": "n",
    "bigint": "n",
    "real": "n",
    "double precision": "n",
    "numeric": "n / 7.0",
    "numeric(12,2)": "n",
    "date": "current_date",
    "time with time zone": "current_time",
    "timestamp": "now()",
    "interval": "make_interval(secs => n)",
    "uuid": "gen_random_uuid()",
    "text": "repeat('x', n % 200)",
    "character varying(40)": "md5(n::text)",
    "character(70)": "'a'",
    "bytea": "decode(md5(n::text), 'hex')",
    "jsonb": "jsonb_build_object('a', n, 'b', array[n, n])",
    "json": "'{\"a\": [1, 2, 3]}'",
    "integer[]": "array[n, n, n]",
    "text[]": "array[md5(n::text), '']",
    "inet": "'10.0.0.1'",
    "int8range": "int8range(n, n + 1)",
    "point": "point(n, n)",
    "box": "box(point(n, n), point(1, 1))",
    "tsvector": "to_tsvector('simple', md5(n::text))",
    "bit(9)": "n::bit(9)",
    "macaddr": "'08:00:2b:01:02:03'",
    "money": "n",
}


@pytest.mark.parametrize("seed", range(4))
def test_freshly_loaded_tables_of_any_columns(database: "Database", seed: int) -> None:
    chance = random.Random(seed)
    with database.connect() as connection:
        for number in range(15):
            types = chance.choices(list(VALUES), k=chance.randint(1, 14))
            nulls = [chance.choice([0, 0, 2, 3]) for _ in types]
            columns = ", ".join(f"c{place} {name}" for place, name in enumerate(types))
            values = ", ".join(
                f"case when n % {every} = 0 then null else ({VALUES[name]})::{name} end" if every else VALUES[name]
                for name, every in zip(types, nulls, strict=True)
            )
            filled = chance.choice([100, 100, 70, 20])
            connection.execute(f"create table t{number} ({columns}) with (fillfactor = {filled})")
            connection.execute(f"insert into t{number} select {values} from generate_series(1, 3000) as n")
        connection.execute("vacuum analyze")
    with open_session(database.conninfo) as session:
        snapshot = drive(collect(session))
    assert list(examine(snapshot, min_bytes=16_384, bloat_share=0.34)) == []

"""What pg_stat_statements made of a statement meets what the log says of it, on real servers."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql.parameters import put_parameters
from pgclinic.sql.statements import fingerprint
from pgclinic.sql.tree import parse_one, written
from pgclinic.verbs.driving import drive
from pgclinic.workload.from_statements import workload_of
from pgclinic.workload.logs import read_logs
from pgclinic.workload.seen import joined

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

STATEMENTS = [
    "select * from meetings where id = 5 and room = 'it''s' and ok = true limit 3",
    "SELECT * FROM meetings WHERE id in (1, 2, 3) and room is not null order by 1 offset 2",
    "select count(*), -1, - 2.5e1 from meetings where at > now() - interval '1 day' and id - 5 > -7",
    "select date_trunc('hour', at), 'x'::text, null from meetings where at < date '2026-01-01' group by 1",
    "insert into meetings (id, room) values (1, 'a'), (2, E'b\\n'), (3, null)",
    "update meetings set room = $$new$$ where id = 1 /* request 77 */ and room like 'a%'",
    "select * from meetings where id = any (array[1, 2]) and at between '2026-01-01' and '2026-02-01' -- 5",
    "with old as (delete from meetings where id > 1000000) select * from meetings m where m.id = 17;",
]


def test_every_statement_gets_the_values_that_it_had(database_on_each: "Database", tmp_path: Path) -> None:
    database_on_each.execute("create extension pg_stat_statements")
    database_on_each.execute("create table meetings (id bigint, room text, ok boolean, at timestamptz)")
    with database_on_each.connect() as session:
        session.execute("set log_min_duration_statement = 0")
        session.execute("set log_duration = off")
        for sql in STATEMENTS:
            session.execute(sql)
        session.execute("select * from meetings where ok = %s and room = %s and id < 1000", (True, "b"))
    with open_session(database_on_each.conninfo) as visit:
        counted = workload_of(drive(collect(visit)))
    log = tmp_path / "server.log"
    log.write_text(database_on_each.instance.log)
    workload = joined(counted, read_logs([log]), database=database_on_each.name)
    asked = {
        statement.fingerprint: statement for statement in workload.statements if "meetings" in statement.sql.lower()
    }
    assert len(asked) == len(STATEMENTS) + 1
    for sql in STATEMENTS:
        statement = asked[fingerprint(sql)]
        (parameters,) = statement.parameters
        assert not parameters.open, statement
        tree = parse_one(statement.sql)
        put_parameters(tree, parameters)
        assert written(tree) == written(parse_one(sql))
    (extended,) = (each for each in asked.values() if "ok = $1" in each.sql and "room = $2" in each.sql)
    assert [each.values for each in extended.parameters] == [("t", "b", "1000")]

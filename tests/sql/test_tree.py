"""Parse trees are written as a server reads them."""

from typing import TYPE_CHECKING

import pytest

from pgclinic.sql.explaining import explaining_script, plannable
from pgclinic.sql.tree import parse_one, written

if TYPE_CHECKING:
    from conftest import Database


def test_an_extract_whose_field_is_a_parameter_is_a_call() -> None:
    sql = "select extract($1 from at), extract(hour from at) from t where b = $2"
    again = written(parse_one(sql))
    assert again == written(parse_one(again))
    assert 'pg_catalog."extract"($1, at)' in again


@pytest.mark.server
def test_a_server_plans_what_its_statistics_show_of_extract(database: "Database") -> None:
    statement = "select extract($2 from at), avg(value) from t where quality = $1 group by 1"
    database.execute("create table t (at timestamptz, value float, quality int)")
    script = explaining_script(plannable(statement), None, database.major)
    with database.connect() as connection:
        connection.execute(script)

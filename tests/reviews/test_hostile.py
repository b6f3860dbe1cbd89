"""A migration is somebody else's code: whatever it tries, nothing happens outside of its private server."""

import pytest

from hostile import attack, marked
from pgclinic.model.errors import UserError
from reviewing import reviewed

pytestmark = pytest.mark.server


def test_no_file_no_program_no_superuser() -> None:
    with marked() as marker:
        body = attack(marker).replace("return true; ", "return; ")
        result = reviewed(
            f"do $attack$ {body} $attack$;\n"
            f"copy (select 1) to program 'touch {marker}';\n"
            f"copy (select 1) to '{marker}';\n"
            f"create table t (a text);\ncopy t from '/etc/passwd';\n"
            "create function c() returns int language c as 'libc.so.6', 'system';\n"
            "alter role pgclinic_builder superuser;\nset role pgclinic_superuser;\n"
            "create extension dblink;\ncreate extension file_fdw;\ncreate extension plpython3u;\n"
            "create role boss superuser;\nset session authorization boss;\n"
            "create schema shadow;\n"
            "create function shadow.lower(text) returns text language plpgsql as $$ begin raise 'owned'; end $$;\n"
            "set search_path = shadow, pg_catalog;\ncreate table u (a int);\n"
            "rollback;\ncommit;\nset session_replication_role = replica;\nset statement_timeout = 0;\nreset all;\n"
        )
        assert not marker.exists()
    ran = {each.sql.split("\n")[0][:30]: each.verdict for each in result.statements}
    assert ran["create table u (a int)"] == "ran"
    assert [sql for sql, verdict in ran.items() if sql.startswith("copy") and verdict == "ran"] == []


def test_what_does_not_end_is_ended() -> None:
    with pytest.raises(UserError, match=r"m\.sql:2: the statement did not end in time"):
        reviewed(
            "set statement_timeout = 0;\n"
            "do $$ begin loop begin perform pg_sleep(1); exception when query_canceled then null; end; end loop;"
            " end $$;"
        )

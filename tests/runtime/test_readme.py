"""The code of the runtime's README, run section after section on a real server."""

import os
import re
import sys
import types
import warnings
from typing import Any

import psycopg
import pytest

from conftest import ROOT, Database
from pgclinic.stack import Redis
from stacking import Pair

pytestmark = pytest.mark.server
SECTIONS = ("Batches", "Loader", "N+1 guard")
OF_PARTS = ("Routing", "Hot cache")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_code_of_the_readme_runs(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "runtime" / "README.md").read_text()
    monkeypatch.setenv("DATABASE_URL", database.conninfo)
    for statements in blocks(text, "sql"):
        database.execute(statements)
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")[1:]}
    module = types.ModuleType("readme")
    monkeypatch.setitem(sys.modules, "readme", module)  # Strawberry looks for a resolver's names there
    namespace: dict[str, Any] = vars(module)
    for name in SECTIONS:
        for number, code in enumerate(blocks(sections[name], "python")):
            with warnings.catch_warnings():
                exec(compile(code, f"{name} {number}", "exec"), namespace)
    assert database.execute("select id, status from calls order by id") == [(1, "done"), (3, "new"), (4, "new")]
    assert [call and call["id"] for call in namespace["found"]] == [3, None, 1]
    assert "20 times from N+1 guard 0:8" in str(namespace["caught"][0].message)


def test_the_code_of_the_readme_about_parts_runs(
    pair: Pair, redis_store: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "runtime" / "README.md").read_text()
    pair.execute("".join(blocks(text, "sql")))
    for name, value in {
        "DATABASE_URL": pair.conninfo,
        "REPLICA_URL": pair.replica_conninfo,
        "REDIS_URL": redis_store.url,
        "SECRET": "0123456789abcdef",
    }.items():
        monkeypatch.setenv(name, value)
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")[1:]}
    namespace: dict[str, Any] = {"os": os}
    try:
        for name in OF_PARTS:
            for number, code in enumerate(blocks(sections[name], "python")):
                exec(compile(code, f"{name} {number}", "exec"), namespace)
    finally:
        with psycopg.connect(pair.conninfo, autocommit=True) as connection:
            connection.execute(
                "select pg_drop_replication_slot(slot_name) from pg_replication_slots"
                " where slot_name = 'pgclinic_cache' and database = current_database()"
            )
    assert namespace["number"] == (1,)
    assert namespace["router"].current_session().token is not None

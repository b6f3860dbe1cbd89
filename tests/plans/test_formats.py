"""Real plans of every version: the text form and the JSON form of a plan are the same noun."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from pgclinic.model.plan import Buffers, Explained, PlanNode
from pgclinic.plans.document import walk
from pgclinic.plans.reader import read
from plans import samples

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server

ENDS = (13, 18)
"""All options on the oldest and the newest, a few between."""
_TITLE = re.compile(r"^ *(?:-> {1,2})?(?P<title>[A-Z][A-Za-z ]*?)(?: using .*| on .*)?  \(cost=")


def prepared(database: "Database") -> psycopg.Connection[Any]:
    connection = database.connect()
    connection.execute(samples.SCHEMA)
    connection.execute("vacuum analyze")
    parts = conninfo_to_dict(database.conninfo)
    options = f"host '{parts['host']}', port '{parts['port']}'"
    connection.execute(samples.foreign(options, database.name))
    if parts.get("password"):
        connection.execute(
            f"alter user mapping for current_user server loop options (user '{parts['user']}', "
            f"password '{parts['password']}')"
        )
    return connection


def text_of(connection: psycopg.Connection[Any], options: str, sql: str) -> str:
    return "\n".join(line for (line,) in connection.execute(f"explain ({options}) {sql}"))


def json_of(connection: psycopg.Connection[Any], options: str, sql: str) -> str:
    (document,) = connection.execute(f"explain ({options}, format json) {sql}").fetchone() or (None,)
    return msgspec.json.encode(document).decode()


def compared(explained: Explained, *, verbose: bool, costs: bool) -> Any:
    """What both forms hold, without what differs from one execution to the next."""

    def node(each: PlanNode) -> PlanNode:
        run = each.run and msgspec.structs.replace(
            each.run,
            startup_ms=None if each.run.startup_ms is None else 1,
            total_ms=None if each.run.total_ms is None else 1,
            memory_kb=0,
            buffers=each.run.buffers and Buffers(temp_written=each.run.buffers.temp_written),
        )
        return msgspec.structs.replace(
            each,
            run=run,
            children=tuple(map(node, each.children)),
            **({} if costs else {"total_cost": 0, "startup_cost": 0, "rows": 0, "width": 0}),
            # Without VERBOSE the text form says of no scan of a sub-query or a function what stands behind its alias.
            **({} if verbose else {"schema": ""}),
        )

    triggers = [
        msgspec.structs.replace(each, relation="", ms=None if each.ms is None else 1) for each in explained.triggers
    ]
    return {
        "root": node(explained.root),
        "triggers": triggers,
        "settings": explained.settings,
        "is timed": explained.execution_ms is not None,
        "is planned": explained.planning_ms is not None,
        "jit": explained.jit and msgspec.structs.replace(explained.jit, total_ms=1 if explained.jit.total_ms else None),
    }


def statements(major: int) -> Iterator[tuple[str, str]]:
    yield from samples.READING.items()
    yield from samples.CHANGING.items()
    if major >= 15:
        yield from samples.MERGING.items()


def test_text_and_json_are_the_same_noun(database_on_every: "Database") -> None:
    with prepared(database_on_every) as connection:
        connection.execute("set work_mem = '256kB'; set max_parallel_workers_per_gather = 0")
        for options in samples.OPTIONS if database_on_every.major in ENDS else samples.FEW_OPTIONS:
            connection.execute("vacuum analyze")
            for name, sql in statements(database_on_every.major):
                # A change that is rolled back leaves dead rows, and the next estimate is another one.
                is_changed = "analyze" in options and name not in samples.READING
                has_costs = "costs off" not in options and not is_changed
                answers = []
                for ask in (text_of, json_of):
                    connection.execute("begin")
                    answers.append(ask(connection, options, sql))
                    connection.execute("rollback")
                as_text, as_json = (
                    [compared(each, verbose="verbose" in options, costs=has_costs) for each in read(answer)]
                    for answer in answers
                )
                assert as_text == as_json, f"{name} ({options}):\n{answers[0]}"


def test_titles_are_what_the_text_form_prints(database_on_every: "Database") -> None:
    with prepared(database_on_every) as connection:
        connection.execute("set work_mem = '256kB'; set max_parallel_workers_per_gather = 0")
        for name, sql in statements(database_on_every.major):
            printed = [
                match["title"]
                for line in text_of(connection, "costs", sql).splitlines()
                if (match := _TITLE.match(line))
            ]
            (explained,) = read(json_of(connection, "costs", sql))
            assert [node.title for node in walk(explained.root)] == printed, name

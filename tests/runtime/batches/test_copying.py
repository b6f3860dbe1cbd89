"""COPY in place of an INSERT with a conflict rule: only where it does the same, and only while it pays."""

import contextlib
import random
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from psycopg.adapt import AdaptersMap, Dumper

from conftest import Database
from pgclinic_runtime import encoding
from pgclinic_runtime.batches import BatchWriter, GroupFailedError, Insert, Limits, RowsRefusedError, setup
from pgclinic_runtime.batches.copying import Turns
from pgclinic_runtime.encoding import Encoder, arrays

COLUMNS = ("id", "seen")
NOTHING = Insert("calls", COLUMNS, conflict=("id",))
UPDATE = Insert("calls", COLUMNS, conflict=("id",), update=("seen",))


@pytest.fixture
def counted(database: Database) -> Callable[[], tuple[int, int]]:
    """How many times COPY and INSERT have run to their end."""
    database.execute("create extension pg_stat_statements; create table calls (id int primary key, seen int)")
    with database.connect() as connection:
        setup(connection)

    def count() -> tuple[int, int]:
        told = database.execute(
            "select sum(calls) filter (where query ilike 'copy %'),"
            " sum(calls) filter (where query ilike 'insert into \"calls\"%') from pg_stat_statements"
            " where dbid = (select oid from pg_database where datname = current_database())"
        )
        return int(told[0][0] or 0), int(told[0][1] or 0)

    return count


def written(database: Database, target: Insert, *groups: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The table's rows after each group has been written as one."""
    with BatchWriter(database.conninfo, target, limits=Limits(rows=5000, seconds=600)) as writer:
        for group in groups:
            ticket = writer.write_many(group)
            writer.flush(60)
            ticket.result(60)
    return database.execute("select * from calls order by 1")


@pytest.mark.server
@pytest.mark.parametrize("target", [NOTHING, UPDATE], ids=["nothing", "update"])
def test_groups_go_by_copy_until_one_conflicts_and_then_not_for_sixteen_groups(
    database: Database, counted: Callable[[], tuple[int, int]], target: Insert
) -> None:
    with BatchWriter(database.conninfo, target) as writer:
        for number in range(3):
            writer.write((number, 0)).result(60)
        assert counted() == (3, 0)
        writer.write_many([(3, 0), (1, 7)]).result(60)
        assert counted() == (3, 1)
        for number in range(4, 20):
            writer.write((number, 0)).result(60)
        assert counted() == (3, 17)
        writer.write((20, 0)).result(60)
        assert counted() == (4, 17)
    rows = database.execute("select id from calls where seen = 7")
    assert rows == ([(1,)] if target.update else [])
    assert database.execute("select count(*) from calls") == [(21,)]


@pytest.mark.server
def test_it_can_be_turned_off(database: Database, counted: Callable[[], tuple[int, int]]) -> None:
    target = Insert("calls", COLUMNS, conflict=("id",), copy_first=False)
    assert written(database, target, [(1, 1)], [(2, 2)]) == [(1, 1), (2, 2)]
    assert counted() == (0, 2)
    assert len(written(database, target, [(number, 3) for number in range(1, 1201)])) == 1200
    assert counted()[1] - 2 > 1  # in parts, so that the server need not wait for all of them


@pytest.mark.server
@pytest.mark.parametrize(
    ("prepare", "target"),
    [
        pytest.param(
            "create table log (n int); create function note() returns trigger language plpgsql as"
            " 'begin insert into log values (1); return null; end';"
            " create trigger note after update on calls execute function note()",
            UPDATE,
            id="statement trigger",
        ),
        pytest.param(
            "alter table calls enable row level security, force row level security;"
            " create policy all_of_them on calls using (true)",
            NOTHING,
            id="policies",
        ),
        pytest.param("alter table calls rename to kept; create view calls as select * from kept", NOTHING, id="view"),
    ],
)
def test_where_copy_would_do_another_thing_rows_are_inserted(
    database: Database, counted: Callable[[], tuple[int, int]], prepare: str, target: Insert
) -> None:
    database.execute(prepare)
    role = f"{database.name}_writer"
    database.execute(
        f"create role {role} login password 'w'; grant all on all tables in schema public to {role};"
        f"grant usage on schema pgclinic_runtime to {role};"
        f"grant select, insert on all tables in schema pgclinic_runtime to {role}"
    )
    try:
        with BatchWriter(database.conninfo_as(role, "w"), target) as writer:
            writer.write_many([(1, 1), (2, 2)]).result(60)
        assert counted() == (0, 1)
    finally:
        database.execute(f"drop owned by {role}; drop role {role}")


@pytest.mark.server
def test_a_generated_identity_is_refused_as_an_insert_refuses_it(
    database: Database, counted: Callable[[], tuple[int, int]]
) -> None:
    database.execute("alter table calls alter id add generated always as identity")
    with pytest.raises(GroupFailedError, match="cannot insert a non-DEFAULT value"):
        written(database, NOTHING, [(1, 1)])
    assert counted()[0] == 0


@pytest.mark.server
def test_a_rule_without_a_unique_index_fails_before_any_row_is_doubled(
    database: Database, counted: Callable[[], tuple[int, int]]
) -> None:
    with pytest.raises(GroupFailedError, match="no unique or exclusion constraint"):
        written(database, Insert("calls", COLUMNS, conflict=("seen",)), [(1, 1)])
    assert counted()[0] == 0
    assert database.execute("select count(*) from calls") == [(0,)]


@pytest.mark.server
def test_a_right_that_the_rule_needs_is_missed_at_the_first_group(
    database: Database, counted: Callable[[], tuple[int, int]]
) -> None:
    role = f"{database.name}_writer"
    database.execute(
        f"create role {role} login password 'w'; grant select, insert on calls to {role};"
        f"grant usage on schema pgclinic_runtime to {role};"
        f"grant select, insert on all tables in schema pgclinic_runtime to {role}"
    )
    try:
        with (
            pytest.raises(GroupFailedError, match="permission denied"),
            BatchWriter(database.conninfo_as(role, "w"), UPDATE) as writer,
        ):
            writer.write((1, 1)).result(60)
        with BatchWriter(database.conninfo_as(role, "w"), NOTHING) as writer:
            writer.write((1, 1)).result(60)
        assert counted() == (1, 0)
    finally:
        database.execute(f"drop owned by {role}; drop role {role}")


@pytest.mark.server
@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("alter table calls drop constraint calls_pkey", None),
        ("create rule none as on insert to calls do instead nothing", [(1, 1)]),
        ("alter table calls alter id add generated always as identity", None),
        ("create index on calls (seen); analyze calls", [(1, 1), (2, 2)]),
    ],
    ids=["no index", "rule", "identity", "harmless"],
)
def test_a_table_that_is_changed_meanwhile_is_written_by_the_insert(
    database: Database, counted: Callable[[], tuple[int, int]], change: str, after: list[tuple[int, int]] | None
) -> None:
    with contextlib.suppress(GroupFailedError), BatchWriter(database.conninfo, NOTHING) as writer:
        writer.write((1, 1)).result(60)
        database.execute(change)
        ticket = writer.write((2, 2))
        if after:
            ticket.result(60)
        else:
            with pytest.raises(GroupFailedError):
                ticket.result(60)
    assert database.execute("select * from calls order by 1") == (after or [(1, 1)])
    assert counted()[1] == 0


@pytest.mark.server
def test_a_check_that_reads_the_table_sees_the_rows_before_its_own(
    database: Database, counted: Callable[[], tuple[int, int]]
) -> None:
    database.execute(
        "create function has_room() returns boolean language sql as 'select count(*) < 2 from calls';"
        "alter table calls add check (has_room())"
    )
    with BatchWriter(database.conninfo, NOTHING) as writer, pytest.raises(RowsRefusedError) as refused:
        writer.write_many([(number, 0) for number in range(5)]).result(60)
    assert [one.position for one in refused.value.refusals] == [2, 3, 4]
    assert counted()[0] == 0


@pytest.mark.server
def test_a_deferrable_constraint_refuses_each_row_from_the_first_on(
    database: Database, counted: Callable[[], tuple[int, int]]
) -> None:
    database.execute("alter table calls drop constraint calls_pkey, add primary key (id) deferrable")
    with BatchWriter(database.conninfo, NOTHING) as writer, pytest.raises(RowsRefusedError):
        writer.write((1, 1)).result(60)
    assert counted()[0] == 0


@pytest.mark.server
@pytest.mark.parametrize("copy_first", [True, False])
def test_both_ways_read_values_as_a_plain_insert_does(database: Database, copy_first: bool) -> None:  # noqa: FBT001
    with database.connect() as connection:
        setup(connection)
    database.execute(
        "create type pair as (a int, b text); create domain paired as pair;"
        "create table odd (id int primary key, p pair, d paired, x box)"
    )
    values = ('(1,"a, b")', '(2,"c""d")', "(3,4),(1,2)")
    with (
        database.connect() as connection,
        BatchWriter(
            database.conninfo, Insert("odd", ("id", "p", "d", "x"), conflict=("id",), copy_first=copy_first)
        ) as writer,
    ):
        writer.write((1, *values)).result(60)
        literals = sql.SQL(", ").join(map(sql.Literal, values))
        connection.execute(sql.SQL("insert into odd values (2, {})").format(literals))
    first, second = database.execute("select p::text, d::text, x::text from odd order by id")
    assert first == second


@pytest.mark.server
@pytest.mark.parametrize("copy_first", [True, False])
def test_equal_keys_that_are_written_differently_keep_their_order(database: Database, copy_first: bool) -> None:  # noqa: FBT001
    database.execute("create table calls (id numeric primary key, seen int)")
    with database.connect() as connection:
        setup(connection)
    target = Insert("calls", COLUMNS, conflict=("id",), update=("seen",), copy_first=copy_first)
    assert written(database, target, [("1.0", 1), ("1.0", 2), ("1.00", 3), ("2", 4)]) == [(1, 3), (2, 4)]


@pytest.mark.server
@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("copy_first", [True, False])
def test_a_value_that_is_no_utf8_is_set_aside_and_nothing_else(
    database: Database,
    copy_first: bool,  # noqa: FBT001
) -> None:
    class Broken(int):
        pass

    class BrokenDumper(Dumper):
        def dump(self, obj: Any) -> bytes:  # noqa: ARG002
            return b"\xe9"

    class Context:
        adapters, connection = AdaptersMap(psycopg.adapters), None

    Context.adapters.register_dumper(Broken, BrokenDumper)
    target = Insert("calls", COLUMNS, conflict=("id",), copy_first=copy_first)
    rows = [(number, Broken() if number == 700 else number) for number in range(1701)]
    with BatchWriter(
        database.conninfo, target, limits=Limits(rows=5000, bytes=10**7, seconds=600), adapters=Context()
    ) as writer:
        ticket = writer.write_many(rows)
        writer.flush(60)
        with pytest.raises(RowsRefusedError) as refused:
            ticket.result(60)
    assert len(refused.value.refusals) == 1
    assert database.execute("select count(*) from calls") == [(1700,)]


def test_the_way_of_writing_is_no_part_of_a_spools_purpose() -> None:
    assert repr(Insert("calls", COLUMNS)) == repr(Insert("calls", COLUMNS, copy_first=False))


@pytest.mark.server
def test_partitions_and_their_conflicts(database: Database, counted: Callable[[], tuple[int, int]]) -> None:
    database.execute(
        "drop table calls; create table calls (id int primary key, seen int) partition by range (id);"
        "create table low partition of calls for values from (0) to (10);"
        "create table high partition of calls for values from (10) to (20)"
    )
    assert written(database, UPDATE, [(1, 1), (11, 1)], [(11, 2), (12, 2)]) == [(1, 1), (11, 2), (12, 2)]
    assert counted() == (1, 1)


def share_copied(chance: float) -> tuple[float, float]:
    """The shares of groups that COPY tried, and that it failed at, where each group conflicts with this chance."""
    turns, dice = Turns(), random.Random(5)
    tried = failed = 0
    for _ in range(20_000):
        if turns.is_due():
            tried += 1
            if dice.random() < chance:
                failed += 1
                turns.failed()
            else:
                turns.succeeded()
    return tried / 20_000, failed / 20_000


def test_copy_is_tried_as_often_as_it_pays() -> None:
    assert share_copied(0.0) == (1.0, 0.0)
    assert share_copied(0.001)[0] > 0.95
    for chance in (0.01, 0.1, 0.2, 0.5, 1.0):
        assert share_copied(chance)[1] < 0.02
    assert share_copied(1.0)[0] < 0.002


VALUES = (
    st.none()
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
    | st.sampled_from(["", "NULL", r"\N", r"\.", "\\", "\\\\t", "\t", '"', "{}", "a\tb\nc\rd\\e", ",", " "])
)


@pytest.mark.server
@pytest.mark.parametrize("way", ["psycopg's", "our own"])
def test_lines_become_arrays_that_postgresql_reads_as_the_same_values(
    database: Database, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "our own":
        monkeypatch.setattr(encoding, "format_row_text", None)
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        encoder = Encoder()
        connection.execute("create temporary table given (n serial, a text, b text, c text)")

        @given(st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=5))
        def check(rows: list[tuple[str | None, ...]]) -> None:
            lines = encoder.copy_lines(rows, 3)
            literals = arrays(lines, 3)
            got = connection.execute(
                "select * from unnest(%s::text[], %s::text[], %s::text[]) with ordinality as w(a, b, c, n) order by n",
                literals,
            ).fetchall()
            assert [row[:3] for row in got] == rows
            connection.execute("truncate given")
            with connection.cursor().copy("copy given (a, b, c) from stdin") as copy:
                copy.write(lines)
            assert connection.execute("select a, b, c from given order by n").fetchall() == rows

        check()

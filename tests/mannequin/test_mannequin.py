"""The mannequin on real servers: what a planner sees of it is what it sees of its model."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest

import tpch
from hostile import marked, of_a_hostile_database
from pgclinic.demo.data.world import World
from pgclinic.demo.loading import load as load_demo
from pgclinic.demo.workload_script import demo_script
from pgclinic.mannequin.amounts import amounts_of
from pgclinic.mannequin.implied import implied_references
from pgclinic.mannequin.server import Mannequin
from pgclinic.model.rehearsal import Made
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Load, WorkloadStatement
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql.statements import fingerprint
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prove import prove
from pgclinic.verbs.replay import replay

if TYPE_CHECKING:
    from conftest import Database

pytestmark = pytest.mark.server
WITHIN = 2
NEARLY_ALL = 0.9


def snapshot_of(database: "Database", *, values: bool = True) -> Snapshot:
    with open_session(database.conninfo) as connection:
        return drive(collect(connection, values=values))


def planned_rows(connection: psycopg.Connection, query: str) -> float:
    ((document,),) = connection.execute(f"explain (format json) {query}".encode()).fetchall()
    return float((document if isinstance(document, list) else json.loads(document))[0]["Plan"]["Plan Rows"])


def share_within(source: psycopg.Connection, there: psycopg.Connection, queries: list[str], scale: float) -> float:
    """How many statements' rows are within a factor of two: those of a lookup stay, those of a scan shrink."""
    good = 0
    for query in queries:
        one, other = planned_rows(source, query), planned_rows(there, query)
        good += max(1, one * scale) / WITHIN <= other <= one * WITHIN
    return good / len(queries)


def tpch_statements(queries: tuple[str, ...]) -> list[WorkloadStatement]:
    return [WorkloadStatement(fingerprint=fingerprint(query), name=query[:20], sql=query) for query in queries]


def test_tpch_is_planned_with_the_rows_of_its_model(database_on_each: "Database") -> None:
    with database_on_each.connect() as connection:
        queries = tpch.load(connection, scale=0.01)
        with Mannequin(snapshot_of(database_on_each), scale=1) as mannequin:
            made = drive(mannequin.make())
            assert made.omissions == ()
            assert made.made_with.startswith(f"PostgreSQL {database_on_each.major}")
            with psycopg.connect(mannequin.conninfo()) as there:
                assert share_within(connection, there, list(queries), 1) >= NEARLY_ALL


def test_a_part_of_tpch_has_that_part_of_the_rows_and_still_joins(database: "Database") -> None:
    with database.connect() as connection:
        queries = tpch.load(connection, scale=0.03)
        snapshot = snapshot_of(database)
        references = implied_references(snapshot, tpch_statements(queries))
        with Mannequin(snapshot, scale=0.25, references=references) as mannequin:
            made = drive(mannequin.make())
            rows = {table.name.name: table.rows / table.full_rows for table in made.tables}
            assert rows["lineitem"] == pytest.approx(0.25, abs=0.02)
            assert rows["nation"] == 1
            with psycopg.connect(mannequin.conninfo()) as there:
                assert share_within(connection, there, list(queries), 0.25) >= NEARLY_ALL
                ((joined,),) = there.execute("select count(*) from lineitem join orders on l_orderkey = o_orderkey")
                assert joined == pytest.approx(next(t.rows for t in made.tables if t.name.name == "lineitem"), rel=0.02)


def test_the_demo_is_planned_with_the_rows_of_its_model(database_on_each: "Database") -> None:
    connect = partial(
        open_session, database_on_each.conninfo, read_only=False, statement_timeout_ms=0, lock_timeout_ms=0
    )
    database_on_each.execute("create extension pg_stat_statements")
    drive(load_demo(connect, World(3000, 1, datetime(2026, 6, 1, tzinfo=UTC))))
    try:
        drive(prove(database_on_each.conninfo, demo_script(), Load(repeat=2, connections=2, include_writes=True)))
        snapshot = snapshot_of(database_on_each)
        script = drive(replay(snapshot))
        queries = [variant for task in script.tasks for step in task.steps for variant in step.variants]
        assert len(queries) > 20
        with Mannequin(snapshot, scale=1) as mannequin, database_on_each.connect() as connection:
            made = drive(mannequin.make())
            assert made.omissions == ()
            with psycopg.connect(mannequin.conninfo()) as there:
                assert share_within(connection, there, queries, 1) >= NEARLY_ALL
    finally:
        database_on_each.execute(
            "drop owned by anon, authenticated, service_role; drop role anon, authenticated, service_role"
        )


EVERYTHING = """
    create type mood as enum ('sad', 'ok', 'happy');
    create domain percent as numeric(5, 2) check (value between 0 and 100);
    create table teams (
        id int generated by default as identity primary key, name text not null unique, lead int, code char(4) not null
    );
    create table people (
        id bigserial primary key, team int not null references teams, boss bigint references people,
        email varchar(40) unique, mood mood not null, score percent, tags text[], document jsonb,
        born date not null, seen timestamptz, during tstzrange, token uuid not null unique,
        small smallint, flag boolean, address inet, took interval, raw bytea, words tsvector,
        first_name text not null, upper_name text generated always as (upper(first_name)) stored,
        starts date not null, ends date, constraint in_order check (ends >= starts)
    );
    alter table teams add constraint teams_lead_fkey foreign key (lead) references people deferrable;
    create table members (
        team int references teams, person bigint references people, role text, primary key (team, person)
    );
    create table seats (
        team int, person bigint, seat int unique, foreign key (team, person) references members
    );
    create table events (
        id bigint not null, at timestamptz not null, what text, primary key (id, at)
    ) partition by range (at);
    create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
    create table events_2 partition of events for values from ('2026-02-01') to ('2026-03-01');
    create index people_lower_idx on people (lower(email));
    create index people_document_idx on people using gin (document);
    create materialized view by_team as select team, count(*) as people from people group by team;
    create view happy as select * from people where mood = 'happy';
    insert into teams (name, code) select 'team ' || n, to_char(n, 'FM0000') from generate_series(1, 50) n;
    insert into people (team, boss, email, mood, score, tags, document, born, seen, during, token, small, flag, address,
        took, raw, words, first_name, starts, ends)
    select 1 + (n * n) % 50, null, case when n % 10 > 0 then 'p' || n || '@example.org' end,
        (array['sad', 'ok', 'happy']::mood[])[1 + n % 3], (n * 7 % 10001) / 100.0, array['t' || n % 5, 'u' || n % 3],
        jsonb_build_object('n', n, 'k', n % 9), date '1950-01-01' + n % 20000,
        timestamptz '2026-01-01' + n * interval '13 minutes', tstzrange('2026-01-01', '2026-01-02'), gen_random_uuid(),
        n % 100, n % 4 = 0, ('10.0.' || n % 200 || '.' || n % 250)::inet, n % 60 * interval '1 minute',
        decode(md5(n::text), 'hex'), to_tsvector('english', 'red house number ' || n % 20),
        'name' || n % 700, date '2026-01-01' + n % 300,
        case when n % 2 = 0 then date '2026-01-01' + n % 300 + n % 17 end
    from generate_series(1, 3000) n;
    update people set boss = id / 10 where id > 20;
    update teams set lead = id * 3;
    insert into members select team, id, 'r' || id % 4 from people;
    insert into seats select team, person, row_number() over () from members limit 1000;
    insert into events select n, timestamptz '2026-01-01' + n * interval '19 minutes', 'w' || n % 30
    from generate_series(1, 4000) n;
    refresh materialized view by_team;
    vacuum analyze;
"""


@pytest.fixture
def everything(database_on_each: "Database") -> "Database":
    with database_on_each.connect() as connection:
        for statement in EVERYTHING.split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
    return database_on_each


def made_of(snapshot: Snapshot, look: Callable[[psycopg.Connection], Any], **options: Any) -> tuple[Made, Any]:
    with Mannequin(snapshot, **({"scale": 1} | options)) as mannequin:
        made = drive(mannequin.make())
        with psycopg.connect(mannequin.conninfo(), autocommit=True) as connection:
            return made, look(connection)


def figures(connection: psycopg.Connection) -> dict[str, Any]:
    queries = {
        "rows": "select count(*), count(email), count(distinct token), count(distinct team), count(ends) from people",
        "orphans": "select count(*) from people p where boss is not null and not exists"
        " (select from people b where b.id = p.boss)",
        "members": "select count(*) from members m join people p on p.id = m.person join teams t on t.id = m.team",
        "partitions": "select count(*) from events_1",
        "unvalidated": "select conname from pg_constraint where not convalidated order by 1",
        "generated": "select bool_and(upper_name = upper(first_name)) from people",
        "moods": "select mood, count(*) from people group by mood order by mood",
        "next": "insert into people (team, mood, born, token, first_name, starts)"
        " select id, 'ok', '2000-01-01', gen_random_uuid(), 'x', '2026-01-01' from teams limit 1 returning id > 2000",
    }
    return {name: connection.execute(query.encode()).fetchall() for name, query in queries.items()}


def test_types_keys_references_checks_and_partitions_are_as_they_were(everything: "Database") -> None:
    made, found = made_of(snapshot_of(everything), figures)
    assert made.omissions == ()
    assert found["rows"][0][0] == 3000
    assert found["rows"][0][1] == pytest.approx(2700, abs=5)
    assert found["rows"][0][2] == 3000
    assert found["rows"][0][3] == pytest.approx(50, abs=30)
    assert found["orphans"] == [(0,)]
    assert found["members"] == [(3000,)]
    assert found["partitions"][0][0] == pytest.approx(2349, abs=5)
    assert found["unvalidated"] == []
    assert found["generated"] == [(True,)]
    assert found["moods"] == [("sad", 1000), ("ok", 1000), ("happy", 1000)]
    assert found["next"] == [(True,)]


def test_the_same_seed_makes_the_same_rows(everything: "Database") -> None:
    snapshot = snapshot_of(everything)
    digest = "select md5(string_agg(p::text, ',' order by id)) from people p"
    (_, one), (_, again), (_, other) = (
        made_of(snapshot, lambda connection: connection.execute(digest).fetchall(), scale=0.4, seed=seed)
        for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other


def test_a_snapshot_without_values_gives_a_mannequin_of_invented_ones(everything: "Database") -> None:
    snapshot = snapshot_of(everything, values=False)
    made, found = made_of(
        snapshot,
        lambda connection: connection.execute(
            "select count(*), count(email), count(distinct team), avg(length(first_name)) from people"
        ).fetchone(),
    )
    assert not made.has_values
    assert found[0] == 3000
    assert found[1] == pytest.approx(2700, abs=5)
    assert found[2] > 10
    assert float(found[3]) == pytest.approx(6, abs=2)


def test_what_no_synthetic_row_passes_is_left_out_and_named(database: "Database") -> None:
    database.execute("create table pairs (id int primary key, a text not null, b text not null, check (b = md5(a)))")
    database.execute("insert into pairs select n, n::text, md5(n::text) from generate_series(1, 3000) n")
    database.execute("analyze")
    made, rows = made_of(
        snapshot_of(database), lambda connection: connection.execute("select count(*) from pairs").fetchall()
    )
    assert made.omissions == ("constraint pairs_check (synthetic rows do not pass it)",)
    assert rows == [(3000,)]


def test_too_many_rows_or_bytes_lower_the_scale_but_not_small_tables(database: "Database") -> None:
    database.execute("create table big (id int primary key, note text); create table small (id int)")
    database.execute("insert into big select n, repeat('x', 50) from generate_series(1, 20000) n")
    database.execute("insert into small select generate_series(1, 500)")
    database.execute("analyze")
    snapshot = snapshot_of(database)
    every = frozenset(relation.oid for relation in snapshot.relations)
    names = {relation.oid: relation.name for relation in snapshot.relations}

    def rows(**bounds: Any) -> tuple[float, dict[str, int]]:
        found = amounts_of(snapshot, every, 0.5, **bounds)
        return found.scale, {names[oid]: count for oid, count in found.rows.items()}

    assert rows() == (0.5, {"big": 10_000, "small": 500})
    scale, cut = rows(most_rows=4500)
    assert cut == {"big": pytest.approx(4000, abs=5), "small": 500}
    assert scale == pytest.approx(0.2, abs=0.001)
    by_bytes = amounts_of(snapshot, every, 0.5, most_bytes=1_000_000)
    assert 0.1 < by_bytes.scale < 0.5
    assert by_bytes.bytes <= 1_000_000
    with Mannequin(snapshot, scale=0.5, most_rows=4500) as mannequin:
        notes: list[str] = []
        made = drive(mannequin.make(), lambda progress: notes.append(progress.note))
    assert (made.asked, made.scale) == (0.5, scale)
    assert any(note.startswith("scale 0.2 instead of 0.5") for note in notes)


def test_tables_that_refer_to_each_other_fit_together_in_part_too(database: "Database") -> None:
    database.execute("create table a (id uuid primary key default gen_random_uuid(), b uuid)")
    database.execute("create table b (id uuid primary key default gen_random_uuid(), a uuid not null references a)")
    database.execute("alter table a add foreign key (b) references b")
    database.execute("insert into a select from generate_series(1, 4000); insert into b (a) select id from a")
    database.execute("update a set b = b.id from b where b.a = a.id")
    database.execute("vacuum analyze")
    made, found = made_of(
        snapshot_of(database),
        lambda connection: connection.execute(
            "select count(*), (select count(*) from pg_constraint where not convalidated) from a join b on b.id = a.b"
        ).fetchone(),
        scale=0.5,
    )
    assert made.omissions == ()
    assert found == (2000, 0)


def test_values_that_copy_would_take_for_something_else_arrive_as_they_are(database: "Database") -> None:
    odd = ["\\\\.", "\\\\N", "a\\tb", "a\\nb", "a\\rb", "c:\\\\new", '"{}"', "é€", ""]
    database.execute("create table odd (value text not null)")
    for value in odd:
        database.execute("insert into odd select %s from generate_series(1, 100)", [value])
    database.execute("analyze odd")
    _, found = made_of(
        snapshot_of(database),
        lambda connection: connection.execute("select value, count(*) from odd group by value").fetchall(),
    )
    assert dict(found) == dict.fromkeys(odd, 100)


def test_absurd_statistics_harm_nobody(database: "Database") -> None:
    database.execute("create table t (a int, b text[], c timestamptz not null)")
    database.execute("insert into t select n, array['x', 'y'], now() from generate_series(1, 2000) n")
    database.execute("analyze")
    snapshot = snapshot_of(database)
    absurd = {
        "null_frac": -4.0,
        "avg_width": 2**31,
        "n_distinct": 1e300,
        "correlation": 9.0,
        "most_common_freqs": (1e300, -5.0),
        "most_common_vals": None,
        "elem_count_histogram": (1e300, -1.0, 1e300),
    }
    (table,) = snapshot.relations
    hostile = msgspec.structs.replace(
        snapshot,
        relations=(msgspec.structs.replace(table, tuples=1e300, pages=1, heap_bytes=2**62),),
        column_statistics=tuple(msgspec.structs.replace(row, **absurd) for row in snapshot.column_statistics),
    )
    made, rows = made_of(
        hostile, lambda connection: connection.execute("select count(*) from t").fetchall(), most_rows=3000
    )
    assert rows == [(made.tables[0].rows,)]
    assert 0 < rows[0][0] <= 3000


def test_nothing_is_left_of_it_afterwards(database: "Database") -> None:
    database.execute("create table t (a int)")
    with Mannequin(snapshot_of(database)) as mannequin:
        drive(mannequin.make())
        folder = mannequin.instance.socket_directory
        assert folder.is_dir()
    assert not folder.exists()


@pytest.fixture
def marker() -> Iterator[Path]:
    with marked() as path:
        yield path


def test_a_hostile_snapshot_does_nothing_here_either(database_on_each: "Database", marker: Path) -> None:
    snapshot = of_a_hostile_database(database_on_each, marker)
    with Mannequin(snapshot, scale=1) as mannequin:
        drive(mannequin.make())
        copied = mannequin.copy("treated")
        with psycopg.connect(copied, autocommit=True) as connection:
            for query in ("select count(*) from t where h0()", "select * from v", "insert into t values (1, 1, 'x')"):
                connection.execute(query)
            (session,) = connection.execute("select current_setting('is_superuser')").fetchall()
            assert session == ("off",)
        with psycopg.connect(mannequin.instance.conninfo()) as superuser:
            found = superuser.execute("select rolname from pg_roles where rolsuper").fetchall()
            assert found == [("pgclinic_superuser",)]
    assert not marker.exists()

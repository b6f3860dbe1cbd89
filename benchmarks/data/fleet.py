"""A snapshot of a database of thousands of tables and statements, grown from one real table.

The table's catalog records and statistics are a real server's; every other table is a copy of another size. Statements
are of a dozen shapes over different columns, and few of them take most of the time, as everywhere.
"""

import random
from collections.abc import Iterator

import msgspec
import psycopg

from benchmarks.data.planned import snapshot_of
from pgclinic.instance import binaries_for, start
from pgclinic.model.catalog import Column, Constraint, Index, Relation
from pgclinic.model.counters import StatementCounters, TableCounters
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnEnds, ColumnStatistics

TABLE = """
create table item as
select n as id, n / 7 as parent, n % 4000 as account,
  (array['done', 'done', 'done', 'open', 'failed'])[1 + n % 5] as status,
  'kind ' || n % 30 as kind, timestamptz '2026-01-01' + n * interval '9 minutes' as created,
  timestamptz '2026-01-01' + (n * 7919 % 20000) * interval '9 minutes' as updated, date '2026-01-01' + n % 200 as day,
  (n * 104729::bigint % 100000)::numeric(12, 2) as amount, (n * 15485863::bigint % 1000)::float8 as score,
  n % 50 = 0 as flag,
  case when n % 20 = 0 then timestamptz '2026-06-01' + n * interval '1 minute' end as deleted,
  'user' || n || '@example.org' as email, lpad((n % 10000)::text, 8, '0')::char(8) as code, 'name ' || n % 3000 as name,
  array['tag' || n % 11, 'tag' || n % 17] as tags, jsonb_build_object('source', 'web' || n % 5) as data,
  n * 31 % 500 as quantity, 'city ' || n % 400 as city, repeat('note ', n % 12) as note
from generate_series(1, 20000) as n;
alter table item add primary key (id);
vacuum analyze item
"""
COPIED = (Relation, Column, ColumnStatistics, ColumnEnds, Index, Constraint, TableCounters)
MATCHED = ("parent", "account", "status", "kind", "code", "email", "city", "name", "quantity", "day")
RANGED = ("created", "updated", "amount", "score", "day")
_FIRST_OID = 100_000
_OIDS_A_TABLE = 10
_SEED = 20_000
_TAIL = 1.1
"""Zipf's exponent: the n-th heaviest statement takes 1/n**1.1 of the time of the first."""
_HEAVIEST_MS = 3_600_000.0


def fleet(tables: int, statements: int) -> Snapshot:
    """The snapshot. The same numbers give the same one."""
    with start(binaries_for(18)) as instance:
        with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
            for statement in TABLE.split(";"):
                connection.execute(statement.encode())
        pattern = snapshot_of(instance.conninfo())
    chance = random.Random(_SEED)
    copies = [_copy(pattern, number, chance.lognormvariate(0, 2.5)) for number in range(tables)]
    merged = {
        name: tuple(record for copy in copies for record in getattr(copy, name))
        for name in (
            "relations",
            "columns",
            "column_statistics",
            "column_ends",
            "indexes",
            "constraints",
            "table_counters",
        )
    }
    asked = tuple(_statements(chance, tables, statements))
    return msgspec.structs.replace(pattern, **merged, statements=asked)


def _copy(pattern: Snapshot, number: int, factor: float) -> Snapshot:
    """One more table, ``factor`` times as large."""
    (relation,) = pattern.relations
    (index,) = pattern.indexes
    first = _FIRST_OID + _OIDS_A_TABLE * number
    name = _table(number)

    def grown(count: float | None) -> int:
        return max(1, round((count or 0) * factor))

    sizes = {field: grown(getattr(relation, field)) for field in ("pages", "tuples", "all_visible_pages")}
    heap_bytes = sizes["pages"] * pattern.server.block_size
    key = msgspec.structs.replace(
        index,
        oid=first + 1,
        relation=first,
        name=f"{name}_pkey",
        constraint=f"{name}_pkey",
        definition=msgspec.structs.replace(index.definition, relation=RelationName("public", name)),
        sql=f"CREATE UNIQUE INDEX {name}_pkey ON public.{name} USING btree (id)",
        pages=grown(index.pages),
        tuples=sizes["tuples"],
        bytes=grown(index.pages) * pattern.server.block_size,
    )
    return msgspec.structs.replace(
        pattern,
        relations=(msgspec.structs.replace(relation, oid=first, name=name, heap_bytes=heap_bytes, **sizes),),
        columns=tuple(msgspec.structs.replace(each, relation=first) for each in pattern.columns),
        column_statistics=tuple(msgspec.structs.replace(each, relation=first) for each in pattern.column_statistics),
        column_ends=tuple(msgspec.structs.replace(each, relation=first) for each in pattern.column_ends),
        indexes=(key,),
        constraints=tuple(
            msgspec.structs.replace(each, oid=first + 2, relation=first, name=f"{name}_pkey", index=first + 1)
            for each in pattern.constraints
            if each.kind == "p"
        ),
        table_counters=tuple(msgspec.structs.replace(each, relation=first) for each in pattern.table_counters),
    )


def _table(number: int) -> str:
    return f"item_{number:05}"


def _statements(chance: random.Random, tables: int, statements: int) -> Iterator[StatementCounters]:
    seen: set[str] = set()
    while len(seen) < statements:
        text = _text(chance, tables)
        if text in seen:
            continue
        seen.add(text)
        rank = len(seen)
        calls = chance.randint(1, 100_000)
        yield StatementCounters(
            queryid=str(rank),
            role="pgclinic_superuser",
            text=text,
            calls=calls,
            rows=calls * chance.choice((1, 10, 100)),
            total_ms=_HEAVIEST_MS / rank**_TAIL,
        )


def _text(chance: random.Random, tables: int) -> str:
    """A statement of one of a dozen shapes; low numbers of tables are asked more often."""
    one, two = (_table(min(int(chance.paretovariate(0.3)) - 1, tables * 10) % tables) for _ in range(2))
    equal, other = chance.sample(MATCHED, 2)
    ranged, shown = chance.choice(RANGED), chance.choice(MATCHED)
    shapes = (
        f"select * from {one} where {equal} = $1",
        f"select {shown} from {one} where {equal} = $1 and {other} = $2",
        f"select * from {one} where {equal} = $1 order by {ranged} desc limit $2",
        f"select count(*) from {one} where {equal} = $1 and {ranged} >= $2 and {ranged} < $3",
        f"select {equal}, count(*), sum(amount) from {one} where {ranged} > $1 group by {equal}",
        f"select * from {one} where {equal} = $1 and deleted is null order by id limit $2",
        f"select a.id, b.{shown} from {one} as a join {two} as b on b.parent = a.id where a.{equal} = $1",
        f"select b.{shown}, count(*) from {one} as a join {two} as b using (account) where b.{ranged} > $1 group by 1",
        f"select * from {one} where {equal} in ($1, $2, $3) order by {ranged}",
        f"select id from {one} where {equal} = $1 and exists (select from {two} where {two}.parent = {one}.id)",
        f"select * from {one} where lower({shown}::text) = $1",
        f"select * from {one} where data @> $1 and {ranged} > $2",
        f"update {one} set {shown} = {shown} where {equal} = $1",
        f"delete from {one} where {ranged} < $1 and {equal} = $2",
        f"insert into {one} (id, parent, {equal}) values ($1, $2, default)",
    )
    return chance.choice(shapes)

"""Random snapshots: records of every kind, with oids and names from small pools so that they refer to each other.

They are made from a random number each, field by field as the records declare them: a kind of record that is added is
part of them from then on.
"""

import types
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random
from typing import Any, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st

from pgclinic import probes
from pgclinic.model.catalog import IndexDefinition, IndexKey, Relation, Setting
from pgclinic.model.finding import BlindSpot
from pgclinic.model.snapshot import FIELD_OF_KIND, Header, Record, Server, Snapshot

HOSTILE_NAMES = (
    "orders",
    "id",
    "public",
    'a"b',
    "it's",
    "dots.in.it",
    "two  spaces",
    " led by one",
    "naïve 漢字 👩\u200d🚀",
    "\u202egnirts\u2066",
    "é" * 31,
    "x" * 63,
    "<script>alert(1)</script>",
    "</pre><img src=x onerror=alert(1)>",
    "[text](javascript:alert(1))",
    "![x](http://example.test/x.png)",
    "a|b|c",
    "`ticks` and ``more``",
    "**bold** _it_ ~~gone~~ #1 @everyone",
    "www.example.test",
    "https://example.test/path",
    "\x1b[2J\x1b]0;owned\x07",
    "{table} {0} {share!r}",
    "[red]rich[/red]",
    "%(percent)s %n",
    "line\nbreak\r\n\n# heading\n- item\n",
    "&lt;b&gt; &amp; &#x41;",
    "$(touch owned)",
    "-- comment",
    "\x00\x7f\x9b",
    "",
)
_SQL = (
    "select * from orders where id = $1",
    "select o.id from orders o join public.orders p on p.id = o.id where o.note like '%' || $1",
    "insert into orders (id, note) values ($1, $2)",
    "update orders set note = $1 where id = $2",
    "delete from orders where created_at < now() - interval $1",
    "with recursive r as (select 1 union all select * from r) select * from r offset $1",
    "(id > 0)",
    "lower(note)",
    "CHECK ((id > 0))",
    "FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    "RANGE (created_at)",
    "CREATE INDEX i ON public.orders USING btree (id)",
    "select '</pre><script>document.title = 1</script>' as \"[red]x[/red]\"",
    "select 1 /* \x1b[2J \u202e */; drop table x",
    "select 'unfinished",
)
_CHOICES: dict[tuple[str, str], Sequence[str]] = {
    ("Relation", "kind"): "rpvmf",
    ("Relation", "persistence"): "put",
    ("Constraint", "kind"): "pufcx",
    ("Function", "kind"): "fpwa",
    ("Function", "volatility"): "isv",
    ("Function", "parallel"): "sru",
    ("UserType", "kind"): "edcrb",
    ("Trigger", "enabled"): "ODRA",
    ("Policy", "command"): ("ALL", "SELECT", "INSERT", "UPDATE", "DELETE"),
    ("Policy", "roles"): ("public", "app", 'a"b'),
    ("IndexDefinition", "method"): ("btree", "hash", "gin", "gist", "brin"),
    ("Column", "type"): ("integer", "bigint", "text", "uuid", "json", "timestamp with time zone", "numeric(10,2)"),
    ("Sequence", "type"): ("smallint", "integer", "bigint"),
    ("Session", "state"): ("active", "idle", "idle in transaction", "idle in transaction (aborted)", ""),
    ("Session", "kind"): ("client backend", "autovacuum worker", "walsender"),
    ("ReplicationSlot", "kind"): ("physical", "logical"),
    ("ReplicationSlot", "wal_status"): ("reserved", "extended", "unreserved", "lost", ""),
}  # fmt: skip
_MOMENTS = ("2026-11-22T12:00:00+00:00", "2026-11-21T23:59:59.999999+00:00", "1999-01-01T00:00:00+00:00")
_CLOCK = _MOMENTS[0]
_SETTINGS = {
    "autovacuum": ("on", "off"),
    "track_counts": ("on", "off"),
    "jit": ("on", "off"),
    "wal_level": ("minimal", "replica", "logical"),
    "search_path": ('"$user", public', 'a"b, public', ""),
} | dict.fromkeys(
    (
        "shared_buffers", "work_mem", "max_connections", "random_page_cost", "autovacuum_vacuum_scale_factor",
        "autovacuum_vacuum_threshold", "autovacuum_freeze_max_age", "checkpoint_timeout", "max_wal_size",
        "effective_cache_size", "maintenance_work_mem", "superuser_reserved_connections", "max_worker_processes",
    ),
    ("0", "-1", "100", "200000000", "9223372036854775807"),
)  # fmt: skip
"""Settings with values that a server would state."""
_SQL_FIELDS = frozenset({"sql", "text", "definition", "default", "using", "with_check", "predicate", "partition_key",
                         "partition_bound"})  # fmt: skip
_SHARES = frozenset({"null_frac", "correlation", "range_empty_frac"})
_OIDS = frozenset({"oid", "relation", "parent", "index", "references", "owner_relation", "parents"})

_NAMES = tuple(name for name in HOSTILE_NAMES if name and "\x00" not in name)
"""Those that PostgreSQL allows."""
names = st.one_of(st.sampled_from(HOSTILE_NAMES), st.text(max_size=20))
_COUNTS = (0, 1, 2, 7, 100, 5_000, 100_000, 10_000_000, 2**31 - 1, 2**63 - 1)
_AMOUNTS = (-1.0, 0.0, 0.5, 1.0, 60.0, 3_000.0, 1e6, 1e300)


def snapshots() -> st.SearchStrategy[Snapshot]:
    """Snapshots that a hostile or unlucky file may hold; every record is one that the reader would accept."""
    return st.integers(0, 2**64 - 1).map(lambda seed: _snapshot(Random(seed)))


def _snapshot(random: Random) -> Snapshot:
    asked = tuple(sorted(probe.name for probe in probes.probes()))
    return Snapshot(
        header=Header(format_version=1, collector="pgclinic test", clock=_CLOCK, probes=asked),
        server=Server(
            version_num=random.randint(13, 19) * 10_000,
            version="17.1",
            database=_name(random),
            visitor=_name(random),
            started_at=_MOMENTS[1],
        ),
        blind_spots=tuple(
            BlindSpot(subject=random.choice(asked), reason=_name(random), object=_name(random), grant=_name(random))
            for _ in range(random.choice((0, 0, 1, 3)))
        ),
        **dict(_fields(random)),
    )


def _fields(random: Random) -> Iterator[tuple[str, Any]]:
    several = {each.name for each in msgspec.structs.fields(Snapshot) if get_origin(each.type) is tuple}
    for kind in get_args(Record):
        if kind in {Header, Server, BlindSpot}:
            continue
        name = FIELD_OF_KIND[kind]
        if kind is Relation:  # a snapshot's records refer to relations that it holds
            made = [msgspec.structs.replace(_record(random, kind), oid=oid) for oid in range(1, 6)]
            yield name, tuple(_below_later_ones(each, "parents") for each in made)
        elif name not in several:
            yield name, _record(random, kind) if random.random() < 0.7 else None
        else:
            yield name, _several(random, kind)


def _several(random: Random, kind: type[Any]) -> tuple[Any, ...]:
    """A few records; of what a catalog has only once, one each."""
    found = [_record(random, kind) for _ in range(random.choice((0, 1, 2, 4, 8)))]
    match kind.__name__:
        case "Index":
            return tuple({record.oid: _below_later_ones(record, "parent") for record in found}.values())
        case "Constraint":
            return tuple({record.oid: record for record in found}.values())
        case "TableCounters" | "ToastTable":
            return tuple({record.relation: record for record in found}.values())
        case "Setting":
            return tuple({(record.name, record.scope): record for record in found}.values())
    return tuple(found)


def _below_later_ones(record: Any, field: str) -> Any:
    """Without parents of a lower oid, so that nothing inherits from itself: the reader accepts no such file."""
    parents = getattr(record, field)
    if field == "parents":
        return msgspec.structs.replace(record, parents=tuple(oid for oid in parents if oid > record.oid))
    return msgspec.structs.replace(record, parent=parents if parents and parents > record.oid else None)


@cache
def _declared(kind: type[Any]) -> tuple[Any, ...]:
    return msgspec.structs.fields(kind)


def _record(random: Random, kind: type[Any]) -> Any:
    """One record of a kind; a field that has a default has it every third time."""
    values = {
        field.encode_name: _value(random, kind.__name__, field.encode_name, field.type)
        for field in _declared(kind)
        if field.required or random.random() < 0.7
    }
    if kind is Setting:
        name = random.choice(sorted(_SETTINGS))
        return Setting(
            **{**values, "name": name, "value": random.choice(_SETTINGS[name]), "boot_value": "1", "unit": ""}
        )
    if kind is IndexDefinition and not values["keys"]:
        values["keys"] = (IndexKey("id"),)
    return kind(**values)


def _value(random: Random, kind: str, field: str, type_: Any) -> Any:  # noqa: C901, PLR0911 - one line a type
    """A value of one annotation; which one depends on the field where not everything would mean anything."""
    origin, arguments = get_origin(type_), get_args(type_)
    if origin in {Union, types.UnionType}:
        if random.random() < 0.25:
            return None
        return _value(random, kind, field, next(each for each in arguments if each is not type(None)))
    if origin is tuple:
        return tuple(_value(random, kind, field, arguments[0]) for _ in range(random.randint(0, 3)))
    if origin is dict:
        return {_name(random): random.choice(_COUNTS) for _ in range(random.randint(0, 2))}
    if (kind, field) in _CHOICES:
        return random.choice(_CHOICES[kind, field])
    if type_ is bool:
        return random.random() < 0.5
    if type_ is int:
        if field in _OIDS:
            return random.randint(1, 5)
        return (
            max(random.choice(_COUNTS), 1) if field in {"increment", "block_size", "calls"} else random.choice(_COUNTS)
        )
    if type_ is float:
        return random.uniform(-1, 1) if field in _SHARES else random.choice(_AMOUNTS)
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return _record(random, type_)
    if field.endswith("_at") or field.startswith("last_") or field in {"stats_reset", "since", "statements_reset"}:
        return random.choice(_MOMENTS)
    if field in _SQL_FIELDS and random.random() < 0.7:
        return random.choice(_SQL)
    return _name(random)


def _name(random: Random) -> str:
    if random.random() < 0.8:
        return random.choice(_NAMES)
    return "".join(chr(random.choice((random.randint(1, 0x2FF), random.randint(0x2000, 0x20FF)))) for _ in range(9))

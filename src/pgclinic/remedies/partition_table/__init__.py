"""Turn a table into one partitioned by range of a time, without moving a row and without a long lock.

The table itself becomes the partition of all that was before a bound in the near future: a CHECK says so first, NOT
VALID and then validated while reads and writes go on, so that ATTACH PARTITION has nothing to read (documentation of
ALTER TABLE, "ATTACH PARTITION"). Names are exchanged in one short transaction, in which the new table gets all that
hangs on the old one, read from the catalogs at that moment: what is not known here cannot be forgotten. What cannot be
exchanged (a materialized view, a foreign key that points here) ends that transaction with an error that names it.

A function makes the partitions of the time to come, and drops or detaches old ones for who asks it to. The way back
gives the table its name again; rows that were written since are read through it as those of inheriting tables and moved
into it in batches.
"""

from collections.abc import Iterator

import msgspec

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Hazard, Remedy, Statement
from pgclinic.remedies.create_index import LONGEST_NAME, build_statement
from pgclinic.remedies.partition_table.plpgsql import block, body_of, function
from pgclinic.sql import quote

KIND = "partition_table"
_NOTHING_REFUSED = "30 days"
"""How far ahead of now the bound lies at least: until the exchange is done, rows beyond it are refused."""

_SUFFIXES = {"1 day": "_YYYY_MM_DD", "1 week": '_IYYY_"w"IW', "1 month": "_YYYY_MM", "1 year": "_YYYY"}
INTERVALS = tuple(_SUFFIXES)
"""What a partition may hold, the shortest first; each is a unit of date_trunc."""

_TYPES = {
    "date": "pg_catalog.date",
    "timestamp without time zone": "pg_catalog.timestamp",
    "timestamp with time zone": "pg_catalog.timestamptz",
}
_MOVED = 1000
"""Rows in a batch of the way back: writers wait for it, so it takes some hundredths of a second."""


class Division(msgspec.Struct, frozen=True, kw_only=True):
    """How a table is to be partitioned.

    ``key_type`` is the column's type as format_type writes it, ``interval`` one of INTERVALS. ``primary`` are the
    columns of the primary key, empty without one; where they lack the key it is added to them. ``taken`` are the names
    of the schema's relations. ``has_pg_cron``: the extension pg_cron is in this database.
    """

    table: RelationName
    key: str
    key_type: str
    interval: str
    primary: tuple[str, ...] = ()
    taken: frozenset[str] = frozenset()
    has_pg_cron: bool = False

    @property
    def past(self) -> RelationName:
        """What the table is called once it is a partition."""
        return self._beside("_past")

    @property
    def upkeep(self) -> RelationName:
        """The function that makes partitions ahead of time."""
        return self._beside("_partitions")

    @property
    def widened_key(self) -> IndexDefinition | None:
        """The unique index that the partition's primary key is made from; None where there is nothing to add."""
        if not self.primary or self.key in self.primary:
            return None
        return _unique(self.table, (*self.primary, self.key))

    def _beside(self, ending: str) -> RelationName:
        return RelationName(self.table.schema, free_name(self.table.name, ending, self.taken))


class Upkeep(msgspec.Struct, frozen=True, kw_only=True):
    """How the next partitions of a table are made that is partitioned already.

    ``width`` is what each holds, as an interval; its name is ``stem`` and its beginning as to_char's ``suffix`` says.
    """

    table: RelationName
    key: str
    key_type: str
    width: str
    stem: str
    suffix: str


def remedy(division: Division) -> Remedy:
    """The conversion and its way back. Raises ValueError for a type that it does not know."""
    names = _Names.of(division)
    return Remedy(
        kind=KIND,
        do=tuple(_there(division, names)),
        undo=tuple(_back(division, names)),
        verify=_is_partitioned(division.table),
        hazards=(
            Hazard.READS_WHOLE_TABLE,
            Hazard.NEEDS_EXCLUSIVE_LOCK,
            Hazard.CHANGES_APPLICATION,
            *((Hazard.TAKES_DISK, Hazard.WAITS_FOR_OLD_TRANSACTIONS) if division.widened_key else ()),
        ),
    )


class _Names(msgspec.Struct, frozen=True, kw_only=True):
    """Names that no relation or constraint has yet."""

    bound: str
    interim: str
    back: str
    spare: str
    past_primary: str
    give_back: RelationName

    @staticmethod
    def of(division: Division) -> "_Names":
        table, taken = division.table, division.taken
        widened = division.widened_key is not None
        return _Names(
            bound=free_name(table.name, "_bound", taken),
            interim=free_name(division.past.name, "_key", taken) if widened else "",
            back=free_name(table.name, "_key", taken) if widened else "",
            spare=free_name(table.name, "_spare", taken),
            past_primary=free_name(division.past.name, "_pkey", taken),
            give_back=RelationName(table.schema, free_name(table.name, "_give_back", taken)),
        )


def _there(division: Division, names: _Names) -> Iterator[Statement]:
    table = str(division.table)
    name = quote.relation(division.table)
    if (definition := division.widened_key) is not None:
        sql = quote.create_index(definition, names.interim, concurrently=True)
        yield msgspec.structs.replace(build_statement(sql, definition, names.interim), is_interim=True)
    yield Statement(
        sql=_block(_BOUND, {**_table(division), "bound_name": names.bound}, ("bound pg_catalog.text",)),
        lock="ACCESS EXCLUSIVE",
        blocks="everything on {table}, for an instant",
        table=table,
    )
    yield Statement(
        sql=f"alter table {name} validate constraint {quote.identifier(names.bound)}",
        in_transaction=False,  # or the lock of the statement before it would be kept while the whole table is read
        lock="SHARE UPDATE EXCLUSIVE",
        blocks="schema changes and VACUUM on {table}; reads and writes go on",
        table=table,
    )
    yield Statement(sql=_upkeep(division))
    yield Statement(
        sql=_block(_text("look") + _text("swap"), _exchange(division, names), _LOOKING, _SWAPPING),
        lock="ACCESS EXCLUSIVE",
        blocks="everything on {table}, for an instant",
        table=table,
    )
    call = f"select {quote.relation(division.upkeep)}()"
    yield Statement(
        sql=call,
        in_transaction=False,  # or the lock of the exchange would be kept meanwhile; it may be run again
        lock="SHARE UPDATE EXCLUSIVE",
        blocks="schema changes and VACUUM on {table}; reads and writes go on",
        table=table,
    )
    if division.has_pg_cron:
        job, call = quote.literal(_job(division)), quote.literal(call)
        yield Statement(sql=f"select cron.schedule({job}, '17 3 * * *', {call})")
    yield Statement(
        sql=f"analyze {name}",
        in_transaction=False,  # it reads a sample of every partition
        lock="SHARE UPDATE EXCLUSIVE",
        blocks="schema changes and VACUUM on {table}; reads and writes go on",
        table=table,
    )


def _back(division: Division, names: _Names) -> Iterator[Statement]:
    """``needs`` counts the statements of the way there."""
    first = 1 if division.widened_key else 0
    bound, made, swapped = first + 1, first + 3, first + 4
    table = str(division.table)
    if division.has_pg_cron:
        yield Statement(sql=f"select cron.unschedule({quote.literal(_job(division))})", needs=swapped + 2)
    if division.widened_key is not None:
        definition = _unique(division.past, division.primary)
        sql = quote.create_index(definition, names.back, concurrently=True)
        build = build_statement(sql, definition, names.back)
        yield msgspec.structs.replace(build, is_interim=True, needs=swapped)
    yield Statement(
        sql=_block(_text("look") + _text("swap_back"), _exchange(division, names), _LOOKING, _SWAPPING_BACK),
        lock="ACCESS EXCLUSIVE",
        blocks="everything on {table}, for an instant",
        table=table,
        needs=swapped,
    )
    yield Statement(sql=_give_back(division, names), needs=swapped)
    yield Statement(
        sql=f"select from {quote.relation(names.give_back)}({_MOVED})",
        lock="SHARE ROW EXCLUSIVE",
        blocks="writes to {table}, for as long as a batch takes",
        table=table,
        repeats=True,
        needs=swapped,
    )
    yield Statement(sql=f"drop function {quote.relation(names.give_back)}(integer)", needs=swapped)
    arguments = "integer, interval, boolean"
    yield Statement(sql=f"drop function {quote.relation(division.upkeep)}({arguments})", needs=made)
    yield Statement(
        sql=_block(_UNBOUND, {**_table(division), "bound_name": names.bound}),
        lock="ACCESS EXCLUSIVE",
        blocks="everything on {table}, for an instant",
        table=table,
        needs=bound,
    )


_BOUND = """
    -- Rows beyond the bound are refused until the exchange: it lies far enough ahead of now.
    perform pg_catalog.set_config('TimeZone', 'UTC', true);
    bound := pg_catalog.date_trunc(unit, pg_catalog.now() + ahead) + width;
    execute pg_catalog.format(
        'alter table %I.%I add constraint %I check (%I < %L) not valid', home, table_name, bound_name, key_name, bound
    );
    execute pg_catalog.format('comment on constraint %I on %I.%I is %L', bound_name, home, table_name, bound);
"""

_UNBOUND = """
    -- The exchange takes the bound away: there is one where it did not come to that.
    if exists (
        select from pg_catalog.pg_constraint as k
        where k.conrelid = pg_catalog.format('%I.%I', home, table_name)::pg_catalog.regclass and k.conname = bound_name
    ) then
        execute pg_catalog.format('alter table %I.%I drop constraint %I', home, table_name, bound_name);
    end if;
"""

_LOOKING = (
    "asked pg_catalog.regclass",
    "others pg_catalog.text",
    "views pg_catalog.text[]",
    "triggers pg_catalog.text[]",
    "command pg_catalog.text",
    "primary_name pg_catalog.name",
    "dropping pg_catalog.text[]",
    "numbering pg_catalog.text[]",
    "sequences pg_catalog.text[]",
    "reached pg_catalog.int8",
    "is_called pg_catalog.bool",
)
_SWAPPING = ("made pg_catalog.regclass", "bound pg_catalog.text")
_SWAPPING_BACK = (
    "past pg_catalog.regclass",
    "part pg_catalog.regclass",
    "own pg_catalog.text[]",
    "has_rows pg_catalog.bool",
    "heirs pg_catalog.regclass[] := '{}'",
)


def _table(division: Division) -> dict[str, str]:
    return {
        "home": division.table.schema,
        "table_name": division.table.name,
        "key_name": division.key,
        "width": division.interval,
        "unit": division.interval.partition(" ")[2],
        "ahead": _NOTHING_REFUSED,
    }


def _exchange(division: Division, names: _Names) -> dict[str, str]:
    return {
        "home": division.table.schema,
        "table_name": division.table.name,
        "key_name": division.key,
        "past_name": division.past.name,
        "bound_name": names.bound,
        "interim_name": names.interim,
        "back_name": names.back,
        "past_primary_name": names.past_primary,
        "spare_name": names.spare,
    }


_CONSTANT_TYPES = {"width": "pg_catalog.interval", "ahead": "pg_catalog.interval", "has_default": "pg_catalog.bool"}


def _block(body: str, values: dict[str, str], *variables: tuple[str, ...]) -> str:
    return block(body, values, *variables, types=_CONSTANT_TYPES)


def _function(body: str, values: dict[str, str], head: str) -> str:
    return function(body, values, head, types=_CONSTANT_TYPES)


def _upkeep(division: Division) -> str:
    stem, suffix = naming(division)
    upkeep = Upkeep(
        table=division.table,
        key=division.key,
        key_type=division.key_type,
        width=division.interval,
        stem=stem,
        suffix=suffix,
    )
    return _upkeep_function(upkeep, f"create function {quote.relation(division.upkeep)}", has_default=True)


def upkeep_function(upkeep: Upkeep, name: RelationName) -> str:
    """A function of this name that makes partitions ahead, and none for all other rows, replaced where there is one.

    Raises ValueError for a key that is no time.
    """
    return _upkeep_function(upkeep, f"create or replace function {quote.relation(name)}", has_default=False)


def _upkeep_function(upkeep: Upkeep, create: str, *, has_default: bool) -> str:
    values = {
        "home": upkeep.table.schema,
        "table_name": upkeep.table.name,
        "key_name": upkeep.key,
        "width": upkeep.width,
        "has_default": str(has_default).lower(),
        "stem": upkeep.stem,
        "suffix": upkeep.suffix,
    }
    return _function(
        _text("upkeep").replace("key_type", _type(upkeep.key, upkeep.key_type)),
        values,
        f"{create}(ahead integer default 3, keep interval default null,"
        " dropping boolean default true) returns integer language plpgsql"
        " set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO, YMD'",
    )


def _give_back(division: Division, names: _Names) -> str:
    return _function(
        _text("give_back"),
        {"home": division.table.schema, "table_name": division.table.name},
        f"create function {quote.relation(names.give_back)}(most integer) returns setof integer language plpgsql"
        " set search_path = pg_catalog, pg_temp",
    )


def column_type(division: Division) -> str:
    """The key's type, with its schema. Raises ValueError for one that it does not know."""
    return _type(division.key, division.key_type)


def naming(division: Division) -> tuple[str, str]:
    """What the names of its partitions begin with, and how they go on with their beginning, for to_char."""
    return _cut(division.table.name, "_0000_00_00"), _SUFFIXES[division.interval]


def _type(key: str, key_type: str) -> str:
    plain = key_type.partition("(")[0].strip() + key_type.partition(")")[2]
    if plain not in _TYPES:
        raise ValueError(f"the column {key} is no time: {key_type}")
    return _TYPES[plain]


def _text(name: str) -> str:
    return body_of(KIND, name)


def _unique(table: RelationName, columns: tuple[str, ...]) -> IndexDefinition:
    return IndexDefinition(table, tuple(IndexKey(column) for column in columns), is_unique=True)


def _job(division: Division) -> str:
    return str(division.upkeep)


def _is_partitioned(table: RelationName) -> str:
    """Whether it is partitioned, and analysed since: ANALYZE comes last."""
    return (
        "select exists (select from pg_catalog.pg_class as c"
        " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        f" where n.nspname = {quote.literal(table.schema)} and c.relname = {quote.literal(table.name)}"
        " and c.relkind = 'p' and c.reltuples >= 0)"
    )


def _cut(stem: str, ending: str) -> str:
    return stem.encode()[: LONGEST_NAME - len(ending)].decode(errors="ignore")


def free_name(stem: str, ending: str, taken: frozenset[str]) -> str:
    """``<stem><ending>``, numbered where that is taken, no longer than a name can be."""
    number = 0
    while True:
        numbered = f"{ending}{number or ''}"
        name = _cut(stem, numbered) + numbered
        if name not in taken:
            return name
        number += 1

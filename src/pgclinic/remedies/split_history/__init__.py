"""Split the partition that holds all that was before a table was partitioned, and make one of its parts again.

Rows can be in one partition only, and partitions are told apart by bounds that hold for every row: so a partition
cannot be emptied into others bit by bit. The new partitions are filled beside it, from its pages in their order, while
triggers note the key of every row that is written meanwhile (nothing else: what is noted twice or seen too late by some
isolation level is looked up again as it is now). When all is there and no note is left, one short transaction puts the
new partitions in its place; CHECKs prove their bounds, so nothing is read. It stays behind, empty, as the partition of
what is older still, which is all that the way back of the conversion needs.

The way back from the split is the same with the partitions as the source. Both need as much disk again as the rows
take, until the exchange.
"""

from collections.abc import Iterator

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Hazard, Remedy, Risk, Statement
from pgclinic.remedies.partition_table import Division, column_type, free_name, naming
from pgclinic.remedies.partition_table.plpgsql import block, body_of, function
from pgclinic.sql import quote

KIND = "split_history"
_AT_ONCE = 2000
"""Rows in a batch: others wait for none of them, but the exchange is tried when so few or fewer changes are left."""

_TYPES = {"width": "pg_catalog.interval", "is_back": "pg_catalog.bool", "most": "pg_catalog.int4"}
_OPENING = (
    "parent pg_catalog.regclass",
    "past pg_catalog.regclass",
    "model pg_catalog.regclass",
    "filled pg_catalog.regclass",
    "others pg_catalog.text",
    "command pg_catalog.text",
    "columns pg_catalog.text",
    "part pg_catalog.text",
    "held pg_catalog.text",
    "source pg_catalog.regclass",
    "sources pg_catalog.regclass[]",
    "following {key_type}",
    "ending {key_type}",
)
_EXCHANGING = (
    "parent pg_catalog.regclass",
    "past pg_catalog.regclass",
    "filled pg_catalog.regclass",
    "sources pg_catalog.regclass[]",
    "source pg_catalog.regclass",
    "step pg_catalog.text",
    "done pg_catalog.int8",
    "is_behind pg_catalog.bool",
    "columns pg_catalog.text",
    "part pg_catalog.text",
    "held pg_catalog.text",
)


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """A division whose past is to be split, from ``beginning`` on, which is where an interval begins, as text.

    The table has a primary key: by it a row that was changed is found again.
    """

    division: Division
    beginning: str


def remedy(split: Split) -> Remedy:
    """The split and its way back. Raises ValueError without a primary key, and for a key's type it does not know."""
    if not split.division.primary:
        raise ValueError(f"{split.division.table} has no primary key")
    parts = _Parts(split)
    there = tuple(parts.way(is_back=False))
    exchange = len(there) - 1
    back = (
        Statement(sql=parts.given_up(), lock="ACCESS EXCLUSIVE", blocks=_AN_INSTANT, table=parts.table, needs=1),
        *(msgspec.structs.replace(each, needs=exchange) for each in parts.way(is_back=True)),
    )
    return Remedy(
        kind=KIND,
        do=there,
        undo=back,
        verify=parts.is_split(),
        hazards=(Hazard.READS_WHOLE_TABLE, Hazard.TAKES_DISK, Hazard.NEEDS_EXCLUSIVE_LOCK),
        risk=Risk.HIGH,
    )


_AN_INSTANT = "everything on {table}, for an instant"


class _Parts:
    """The names and texts that the statements share."""

    def __init__(self, split: Split) -> None:
        division = split.division
        self.beginning, self.key_type = split.beginning, column_type(division)
        self.schema, self.table = division.table.schema, str(division.table)
        stem, suffix = naming(division)
        taken = division.taken
        key = dict.fromkeys((*division.primary, division.key))
        self.keys = tuple(map(quote.identifier, key))
        self.values = {
            "home": division.table.schema,
            "table_name": division.table.name,
            "past_name": division.past.name,
            "key_name": division.key,
            "most": str(_AT_ONCE),
            **{
                f"{name}_name": free_name(division.table.name, f"_{name}", taken)
                for name in ("filled", "noted", "state", "step", "note", "empty", "older", "bound")
            },
        }
        self.opening = {
            "keys": ", ".join(self.keys),
            "mark": f"split from {division.past.name}",
            "width": division.interval,
            "stem": stem,
            "suffix": suffix,
        }

    def way(self, *, is_back: bool) -> Iterator[Statement]:
        """There or back: the statements."""
        yield Statement(sql=self._step())
        yield Statement(sql=self._note())
        yield Statement(sql=self._empty())
        yield Statement(
            sql=self._open(is_back=is_back), lock="SHARE ROW EXCLUSIVE", blocks=_AN_INSTANT, table=self.table
        )
        yield Statement(sql=f"select from {self._name('step')}({_AT_ONCE})", repeats=True)
        exchange = {**self.values, "is_back": str(is_back).lower()}
        yield Statement(
            sql=block(body_of(KIND, "exchange"), exchange, _EXCHANGING, types=_TYPES),
            lock="ACCESS EXCLUSIVE",
            blocks=_AN_INSTANT,
            table=self.table,
        )
        yield Statement(
            sql=f"analyze {quote.relation(RelationName(self.schema, self.values['table_name']))}",
            in_transaction=False,  # it reads a sample of every partition
            lock="SHARE UPDATE EXCLUSIVE",
            blocks="schema changes and VACUUM on {table}; reads and writes go on",
            table=self.table,
        )

    def given_up(self) -> str:
        """What is half filled goes; after the exchange there is nothing of it."""
        return block(body_of(KIND, "given_up"), self.values, ("source pg_catalog.regclass",), types=_TYPES)

    def is_split(self) -> str:
        """Whether parts of the past are partitions, and analysed since: ANALYZE comes last."""
        parent = quote.literal(quote.relation(RelationName(self.schema, self.values["table_name"])))
        return (
            "select exists (select from pg_catalog.pg_inherits as i"
            " join pg_catalog.pg_class as c on c.oid = i.inhrelid"
            f" where i.inhparent = pg_catalog.to_regclass({parent}) and c.reltuples >= 0"
            f" and pg_catalog.obj_description(c.oid, 'pg_class') = {quote.literal(self.opening['mark'])})"
        )

    def _name(self, name: str) -> str:
        return quote.relation(RelationName(self.schema, self.values[f"{name}_name"]))

    def _open(self, *, is_back: bool) -> str:
        body = "".join(body_of(KIND, name) for name in ("open", "merged" if is_back else "targets", "watch"))
        variables = tuple(each.format(key_type=self.key_type) for each in _OPENING)
        beginning = f"beginning {self.key_type}" + ("" if is_back else f" := {quote.literal(self.beginning)}")
        body = body.replace("::key_type", f"::{self.key_type}")
        return block(body, {**self.values, **self.opening}, (*variables, beginning), types=_TYPES)

    def _step(self) -> str:
        same = " and ".join(f"f.{key} = n.{key}" for key in self.keys)
        values = {**self.values, "keys": ", ".join(self.keys), "same": same}
        del values["most"]
        head = (
            f"create function {self._name('step')}(most integer) returns setof integer language plpgsql"
            " set search_path = pg_catalog, pg_temp set row_security = off set timezone = 'UTC'"
            " set datestyle = 'ISO, YMD'"
        )
        return function(body_of(KIND, "step"), values, head, types=_TYPES)

    def _note(self) -> str:
        """Whoever writes to the table notes the key, whatever they may do besides."""
        keys = ", ".join(self.keys)
        old, new = (", ".join(f"{row}.{key}" for key in self.keys) for row in ("old", "new"))
        insert = f"insert into {self._name('noted')} ({keys}) values"
        return f"create function {self._name('note')}() returns trigger {_DEFINER} as " + quote.dollars(
            f"begin\n    if tg_op <> 'INSERT' then\n        {insert} ({old});\n    end if;\n"
            f"    if tg_op = 'INSERT' or tg_op = 'UPDATE' and ({new}) is distinct from ({old}) then\n"
            f"        {insert} ({new});\n    end if;\n    return null;\nend"
        )

    def _empty(self) -> str:
        truncate = f"truncate {self._name('filled')}, {self._name('noted')}"
        return f"create function {self._name('empty')}() returns trigger {_DEFINER} as " + quote.dollars(
            f"begin\n    {truncate};\n    return null;\nend"
        )


_DEFINER = "language plpgsql security definer set search_path = pg_catalog, pg_temp"

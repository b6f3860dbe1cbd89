"""Where rows go and by which statement: COPY, an ``unnest`` insert with a conflict rule, or a function of the database.

A target turns one row into bytes when it is written (so a value that PostgreSQL could not read is refused at once, its
size is known, and a spool can keep it), and many such lines into statements. Pure: nothing here connects.
"""

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from psycopg import sql

from pgclinic_runtime.batches.commands import Command, Copy, Reply, Run
from pgclinic_runtime.batches.encoding import Encoder, copy_line, elements

Name = str | tuple[str, ...]
Steps = Generator[Command, Reply, None]
_TYPES = """
    select attname, pg_catalog.format_type(atttypid, -1), typcategory = 'A' and typtype <> 'd'
    from pg_catalog.pg_attribute join pg_catalog.pg_type on pg_type.oid = atttypid
    where attrelid = {table}::pg_catalog.regclass and attnum > 0 and not attisdropped
    order by attnum
"""


class Form(Protocol):
    """A target as one connection knows it."""

    def write(self, lines: Sequence[bytes]) -> Steps:
        """The statements that write these rows, inside a transaction; none must be lost or doubled."""
        ...

    def waves(self, lines: Sequence[bytes]) -> list[list[int]]:
        """The positions of rows that one statement may hold together, in an order that keeps each key's own."""
        ...


class Target(Protocol):
    """What a writer writes to."""

    def encoder(self, encoder: Encoder) -> "Encode":
        """How one row becomes a line."""
        ...

    def form(self) -> Generator[Command, Reply, Form]:
        """Ask the database what must be known of it, once a connection."""
        ...


class Encode(Protocol):
    """One row as bytes; TypeError or ``psycopg.DataError`` for what no row is."""

    def __call__(self, row: Any, /) -> bytes:  # noqa: ANN401 - a sequence, or what JSON can hold
        """The line."""
        ...


@dataclass(frozen=True, slots=True)
class Append:
    """COPY: the fastest, when no row can conflict. ``table`` is a name or (schema, name); rows as columns."""

    table: Name
    columns: tuple[str, ...]

    def encoder(self, encoder: Encoder) -> Encode:
        """Lines of COPY's text format."""
        width = len(self.columns)
        return lambda row: copy_line(encoder.texts(row, width))

    def form(self) -> Generator[Command, Reply, Form]:
        """Nothing to ask."""
        yield from ()
        return _Appending(
            sql.SQL("copy {} ({}) from stdin").format(_identifier(self.table), _identifiers(self.columns))
        )


@dataclass(frozen=True, slots=True)
class Insert:
    """``insert … select … from unnest(…) on conflict``: ``update`` names the columns to overwrite, none: do nothing.

    ``conflict`` names the columns of a unique index; empty with nothing to update means any conflict. Rows of one key
    act in the order in which they were written.
    """

    table: Name
    columns: tuple[str, ...]
    conflict: tuple[str, ...] = ()
    update: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse rules that PostgreSQL would refuse for every group."""
        if self.update and not self.conflict:
            raise ValueError("to update on a conflict, say which columns conflict")
        if unknown := {*self.conflict, *self.update} - {*self.columns}:
            raise ValueError(f"not among the columns that are written: {', '.join(sorted(unknown))}")

    def encoder(self, encoder: Encoder) -> Encode:
        """Lines of array elements, one a column."""
        width = len(self.columns)
        return lambda row: elements(encoder.texts(row, width))

    def form(self) -> Generator[Command, Reply, Form]:
        """Ask for the columns' types: arrays are cast to them, so that a value is read as a plain INSERT would."""
        table = _identifier(self.table)
        types = {
            name: (type_name, is_array)
            for name, type_name, is_array in (yield Run(sql.SQL(_TYPES).format(table=_literal(table))))
        }
        places, values = [], []
        for number, column in enumerate(self.columns):
            # A column that is missing is told by the insert itself, in PostgreSQL's words.
            name, is_array = types.get(column, ("text", False))
            type_name = sql.SQL(name)  # quoted by format_type
            value = sql.Identifier("written", f"c{number}")
            # unnest takes an array of arrays apart to its last element, so arrays travel as texts.
            carrier = sql.SQL("pg_catalog.text") if is_array else type_name
            places.append(sql.SQL(f"${number + 1}::{{}}[]").format(carrier))
            values.append(sql.SQL("{}::{}").format(value, type_name) if is_array else value)
        statement = sql.SQL("insert into {} ({}) select {} from unnest({}) as written({}){}").format(
            table,
            _identifiers(self.columns),
            sql.SQL(", ").join(values),
            sql.SQL(", ").join(places),
            _identifiers([f"c{number}" for number in range(len(self.columns))]),
            self._rule(),
        )
        return _Inserting(statement, len(self.columns), tuple(self.columns.index(name) for name in self.conflict))

    def _rule(self) -> sql.SQL | sql.Composed:
        columns = sql.SQL(" ({})").format(_identifiers(self.conflict)) if self.conflict else sql.SQL("")
        if not self.update:
            return sql.SQL(" on conflict{} do nothing").format(columns)
        changes = [
            sql.SQL("{} = {}").format(sql.Identifier(name), sql.Identifier("excluded", name)) for name in self.update
        ]
        return sql.SQL(" on conflict{} do update set {}").format(columns, sql.SQL(", ").join(changes))


@dataclass(frozen=True, slots=True)
class Call:
    """``select function($1::jsonb)`` with an array of the rows; a row is whatever ``json.dumps`` takes."""

    function: Name

    def encoder(self, encoder: Encoder) -> Encode:  # noqa: ARG002 - JSON needs none
        """Lines of JSON."""
        return lambda row: json.dumps(row, separators=(",", ":"), allow_nan=False).encode()

    def form(self) -> Generator[Command, Reply, Form]:
        """Nothing to ask."""
        yield from ()
        return _Calling(sql.SQL("select {}($1::pg_catalog.jsonb)").format(_identifier(self.function)))


@dataclass(frozen=True, slots=True)
class _Appending:
    statement: sql.SQL | sql.Composed

    def write(self, lines: Sequence[bytes]) -> Steps:
        yield Copy(self.statement, b"\n".join((*lines, b"")))

    def waves(self, lines: Sequence[bytes]) -> list[list[int]]:
        return [list(range(len(lines)))]


@dataclass(frozen=True, slots=True)
class _Inserting:
    statement: sql.SQL | sql.Composed
    width: int
    key: tuple[int, ...]

    def write(self, lines: Sequence[bytes]) -> Steps:
        columns = zip(*(line.split(b"\0") for line in lines), strict=True) if lines else [()] * self.width
        yield Run(self.statement, tuple(f"{{{b','.join(column).decode()}}}" for column in columns))

    def waves(self, lines: Sequence[bytes]) -> list[list[int]]:
        # DO UPDATE cannot touch a row twice in one statement: the first rows of each key, then the second ones, …
        waves: list[list[int]] = []
        seen: dict[tuple[bytes, ...], int] = {}
        for position, line in enumerate(lines):
            parts = line.split(b"\0")
            key = tuple(parts[number] for number in self.key)
            turn = seen[key] = seen.get(key, -1) + 1
            if turn == len(waves):
                waves.append([])
            waves[turn].append(position)
        return waves


@dataclass(frozen=True, slots=True)
class _Calling:
    statement: sql.SQL | sql.Composed

    def write(self, lines: Sequence[bytes]) -> Steps:
        yield Run(self.statement, (f"[{b','.join(lines).decode()}]",))

    def waves(self, lines: Sequence[bytes]) -> list[list[int]]:
        return [list(range(len(lines)))]


def _identifier(name: Name) -> sql.Identifier:
    return sql.Identifier(*((name,) if isinstance(name, str) else name))


def _identifiers(names: Sequence[str]) -> sql.SQL | sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _literal(identifier: sql.Identifier) -> sql.Literal:
    return sql.Literal(identifier.as_string(None))

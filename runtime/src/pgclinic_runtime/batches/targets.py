"""Where rows go and by which statement: COPY, an ``unnest`` insert with a conflict rule, or a function of the database.

A target turns one row into bytes when it is written (so a value that PostgreSQL could not read is refused at once, its
size is known, and a spool can keep it), and many such lines into statements. Pure: nothing here connects.
"""

import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg
from psycopg import sql

from pgclinic_runtime.batches.blocks import Block, gathered, lines_of
from pgclinic_runtime.batches.copying import Looks, Turns, looked, stand_in
from pgclinic_runtime.batches.errors import passes
from pgclinic_runtime.columns import TEXT, Name, column_types, copy_into, identifier, identifiers, unnested
from pgclinic_runtime.commands import Command, Copy, Reply, Run, RunEach
from pgclinic_runtime.encoding import Encoder, arrays

_INSERTED, _COPIED = 500, 200
"""Rows of an INSERT, and of a piece of COPY's input: so many that a start does not count, so few that it comes soon.
A socket of a machine's own holds some 200 kB, and has room again when a quarter is left: a piece is to be no more."""
_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
Steps = Generator[Command, Reply, None]
Write = Callable[[Sequence[Block]], Steps]


class Form(Protocol):
    """A target as one connection knows it."""

    def copy(self, blocks: Sequence[Block]) -> Copy | None:
        """The COPY that writes the next group as a whole, if one does; it is tried first."""
        ...

    def ways(self) -> Sequence[Write]:
        """Other ways to write it as a whole; when the database refuses one way, the next is tried."""
        ...

    def write(self, blocks: Sequence[Block]) -> Steps:
        """The statements that write these rows, inside a transaction; none must be lost or doubled."""
        ...

    def waves(self, lines: Sequence[bytes]) -> list[list[int]]:
        """The positions of rows that one statement may hold together, all in their order."""
        ...


class Target(Protocol):
    """What a writer writes to."""

    def encoder(self, encoder: Encoder) -> "Encode":
        """How rows become lines."""
        ...

    def form(self) -> Generator[Command, Reply, Form]:
        """Ask the database what must be known of it, once a connection."""
        ...


class Encode(Protocol):
    """Rows as bytes; TypeError or ``psycopg.DataError`` for what no row is, with no word of which it was."""

    def __call__(self, rows: Sequence[Any], /) -> bytes:
        """A line for each: of a sequence, or of what JSON can hold."""
        ...


@dataclass(frozen=True, slots=True)
class Append:
    """COPY: the fastest, when no row can conflict. ``table`` is a name or (schema, name); rows as columns."""

    table: Name
    columns: tuple[str, ...]

    def encoder(self, encoder: Encoder) -> Encode:
        """Lines of COPY's text format."""
        width = len(self.columns)
        return lambda rows: encoder.copy_lines(rows, width)

    def form(self) -> Generator[Command, Reply, Form]:
        """Nothing to ask."""
        yield from ()
        return _Appending(copy_into(self.table, self.columns))


@dataclass(frozen=True, slots=True)
class Insert:
    """``insert … select … from unnest(…) on conflict``: ``update`` names the columns to overwrite, none: do nothing.

    ``conflict`` names the columns of a unique index; empty with nothing to update means any conflict. Rows of one key
    act in the order in which they were written. ``copy_first``: while groups without conflicts are the rule, write them
    by COPY, and by the insert when it fails; a failure is an error in the server's log, and leaves dead rows.
    """

    table: Name
    columns: tuple[str, ...]
    conflict: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    copy_first: bool = field(default=True, repr=False)  # its lines are the same, and so is a spool's purpose

    def __post_init__(self) -> None:
        """Refuse rules that PostgreSQL would refuse for every group."""
        if self.update and not self.conflict:
            raise ValueError("to update on a conflict, say which columns conflict")
        if unknown := {*self.conflict, *self.update} - {*self.columns}:
            raise ValueError(f"not among the columns that are written: {', '.join(sorted(unknown))}")

    def encoder(self, encoder: Encoder) -> Encode:
        """Lines of COPY's text format."""
        width = len(self.columns)
        return lambda rows: encoder.copy_lines(rows, width)

    def form(self) -> Generator[Command, Reply, Form]:
        """Ask for the columns' types: arrays are cast to them, so that a value is read as a plain INSERT would."""
        looks, is_same = yield from looked(self.table, self.columns, updates=bool(self.update))
        known = yield from column_types(self.table)
        # A column that is missing is told by the insert itself, in PostgreSQL's words.
        types = [known.get(column, TEXT) for column in self.columns]
        names = [f"c{number}" for number in range(len(types))]
        values = [each.cast(sql.Identifier("written", name)) for each, name in zip(types, names, strict=True)]
        statement = sql.SQL("insert into {} ({}) select {} from {} as written({}){}").format(
            identifier(self.table),
            identifiers(self.columns),
            sql.SQL(", ").join(values),
            unnested(types),
            identifiers(names),
            self._rule(),
        )
        copy = (yield from stand_in(statement, self.table, self.columns)) if self.copy_first and is_same else None
        return _Inserting(statement, len(self.columns), [*map(self.columns.index, self.conflict)], looks, copy)

    def _rule(self) -> sql.SQL | sql.Composed:
        columns = sql.SQL(" ({})").format(identifiers(self.conflict)) if self.conflict else sql.SQL("")
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
        return lambda rows: "".join([_JSON.encode(row) + "\n" for row in rows]).encode()

    def form(self) -> Generator[Command, Reply, Form]:
        """Nothing to ask."""
        yield from ()
        return _Calling(sql.SQL("select {}($1::pg_catalog.jsonb)").format(identifier(self.function)))


@dataclass(frozen=True, slots=True)
class _Appending:
    statement: sql.Composed

    def copy(self, blocks: Sequence[Block]) -> Copy:
        return Copy(self.statement, gathered(blocks, _COPIED))

    def ways(self) -> Sequence[Write]:
        return ()

    def write(self, blocks: Sequence[Block]) -> Steps:
        yield self.copy(blocks)

    def waves(self, lines: Sequence[bytes]) -> list[list[int]]:
        return [list(range(len(lines)))]


@dataclass(slots=True)
class _Inserting:
    statement: sql.Composed
    width: int
    key: Sequence[int]
    looks: Looks
    stand_in: sql.Composed | None
    turns: Turns = field(default_factory=Turns)

    def copy(self, blocks: Sequence[Block]) -> None:  # noqa: ARG002 - it has to look at its table before it commits
        return None

    def ways(self) -> Sequence[Write]:
        return (self.copied, self.inserted) if self.stand_in and self.turns.is_due() else (self.inserted,)

    def copied(self, blocks: Sequence[Block]) -> Steps:
        assert self.stand_in is not None
        try:
            yield Copy(self.stand_in, gathered(blocks, _COPIED))
            yield from self.looks.again()
        except psycopg.Error as error:
            if not passes(error):
                self.turns.failed()
            raise
        self.turns.succeeded()

    def inserted(self, blocks: Sequence[Block]) -> Steps:
        yield from self.write(blocks)
        yield from self.looks.again()

    def write(self, blocks: Sequence[Block]) -> Steps:
        parts = gathered(blocks, _INSERTED) if blocks else (b"",)
        yield RunEach(self.statement, (arrays(part, self.width) for part in parts))
        if not blocks:  # of pieces it is the first, and has the lock for all of them
            yield from self.looks.again()

    def waves(self, lines: Sequence[bytes]) -> list[list[int]]:
        # DO UPDATE cannot touch a row twice in one statement. No row passes another: keys that differ can be equal.
        waves: list[list[int]] = []
        seen: set[tuple[bytes, ...]] = set()
        for position, line in enumerate(lines):
            parts = line.split(b"\t")
            key = tuple(parts[number] for number in self.key)
            if key in seen or not waves:
                waves.append([])
                seen.clear()
            seen.add(key)
            waves[-1].append(position)
        return waves


@dataclass(frozen=True, slots=True)
class _Calling:
    statement: sql.Composed

    def copy(self, blocks: Sequence[Block]) -> None:  # noqa: ARG002
        return None

    def ways(self) -> Sequence[Write]:
        return (self.write,)

    def write(self, blocks: Sequence[Block]) -> Steps:
        yield Run(self.statement, (f"[{b','.join(lines_of(blocks)).decode()}]",))

    def waves(self, lines: Sequence[bytes]) -> list[list[int]]:
        return [list(range(len(lines)))]

"""Rows into tables, by COPY through the ordinary role. What a CHECK refuses is drawn again, a few times."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import psycopg

from pgclinic.mannequin.drawing import NULL
from pgclinic.mannequin.ladder import Numbers
from pgclinic.mannequin.tables import DrawnTable
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql import quote

CHUNK = 10_000
"""Rows of a COPY: few, so that what is refused costs little."""

_ROUNDS = 12
_STAGE = "pg_temp.pgclinic_stage"
_NUMBER = "pgclinic_row"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_NULL_TEXT = "\\N"
_SURROGATES = "surrogatepass"

_CHECKS = """
    select conname, pg_catalog.pg_get_expr(conbin, conrelid) from pg_catalog.pg_constraint
    where conrelid = %s::pg_catalog.regclass and contype = 'c' order by conname
"""
_BOUND = "select pg_catalog.pg_get_partition_constraintdef(%s::pg_catalog.regclass)"


class Filled(msgspec.Struct, frozen=True):
    """How many rows a table got, and what had to be left out for it, in words."""

    rows: int
    omissions: tuple[str, ...] = ()


class Filling:
    """Fills one table through one session. ``check`` is called between chunks and may raise to stop."""

    def __init__(
        self, connection: psycopg.Connection[Any], snapshot: Snapshot, table: DrawnTable, check: Callable[[], None]
    ) -> None:
        self.rows = 0
        self._connection = connection
        self._table = table
        self._check = check
        self._name = quote.relation(table.relation.relation_name)
        self._codes = {name: drawn.codes.copy() for name, drawn in table.columns.items()}
        self._texts = {
            name: [*(text.translate(_ESCAPES) for text in drawn.texts), _NULL_TEXT]
            for name, drawn in table.columns.items()
        }
        self._leave_defaults(snapshot)
        self._columns = ", ".join(map(quote.identifier, self._codes))
        self._movable = self._columns_free_to_change(snapshot)
        self._random = np.random.default_rng(zlib.crc32(str(table.relation.relation_name).encode(errors="replace")))
        self._is_staged = False
        self._omissions: list[str] = []

    def fill(self) -> Filled:
        """Copy every row. What cannot be said to have worked is in the omissions; nothing is raised for bad rows."""
        try:
            for start in range(0, self._table.rows if self._codes else 0, CHUNK):
                self._check()
                rows = np.arange(start, min(start + CHUNK, self._table.rows), dtype=np.int64)
                if self._is_staged:
                    self.rows += self._stage(rows)
                    continue
                try:
                    self._copy(f"copy {self._name} ({self._columns}) from stdin", rows)
                    self.rows += len(rows)
                except psycopg.errors.CheckViolation:
                    self._begin_staging()
                    self.rows += self._stage(rows)
        except psycopg.Error as error:
            if self._connection.closed:
                raise
            self._connection.rollback()
            reason = error.diag.message_primary or "it was refused"
            self._omissions.append(
                f"{self._table.rows - self.rows:,} rows of {self._table.relation.relation_name} ({reason})"
            )
        return Filled(self.rows, tuple(self._omissions))

    def _leave_defaults(self, snapshot: Snapshot) -> None:
        """A column of which nothing could be made is the server's to fill, where it has a default."""
        for column in snapshot.columns_of.get(self._table.relation.oid, ()):
            codes = self._codes.get(column.name)
            if codes is not None and column.default and column.not_null and (codes == NULL).all():
                del self._codes[column.name]

    def _columns_free_to_change(self, snapshot: Snapshot) -> tuple[str, ...]:
        """What stands in a CHECK, without keys and references: others rely on these."""
        oid = self._table.relation.oid
        constraints = snapshot.constraints_of.get(oid, ())
        checked = {name for each in constraints if each.kind == "c" for name in each.columns}
        fixed = {name for each in constraints if each.kind in "pufx" for name in each.columns}
        for index in snapshot.indexes_of.get(oid, ()):
            fixed |= {key.expression for key in index.definition.keys} if index.definition.is_unique else set()
        free = [name for name in self._codes if name not in fixed]
        return tuple(name for name in free if name in checked) or tuple(free)

    def _copy(self, statement: str, rows: Numbers, *, numbered: bool = False) -> None:
        with self._connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.write("".join(self._lines(rows, numbered=numbered)).encode(errors=_SURROGATES))

    def _lines(self, rows: Numbers, *, numbered: bool) -> Iterator[str]:
        columns: list[Sequence[str]] = [
            list(map(self._texts[name].__getitem__, codes[rows].tolist())) for name, codes in self._codes.items()
        ]
        if numbered:
            columns.append(list(map(str, rows.tolist())))
        return (f"{line}\n" for line in map("\t".join, zip(*columns, strict=True)))

    def _begin_staging(self) -> None:
        self._is_staged = True
        number = quote.identifier(_NUMBER)
        self._connection.execute(
            f"create temporary table pgclinic_stage as select {self._columns}, 0::int8 as {number}"
            f" from only {self._name} with no data".encode()
        )
        self._checks = [
            (str(name), str(expression)) for name, expression in self._connection.execute(_CHECKS, [self._name])
        ]
        bound = self._connection.execute(_BOUND, [self._name]).fetchone()
        self._bound = str(bound[0]) if bound is not None and bound[0] is not None else ""

    def _stage(self, rows: Numbers) -> int:
        """Copy the rows past the stage, which keeps what a check refuses; returns how many came through."""
        number = quote.identifier(_NUMBER)
        conditions = [f"({expression}) is not false" for _, expression in self._checks]
        conditions += [f"({self._bound})"] if self._bound else []
        passes = " and ".join(conditions) or "true"
        waiting, inserted = rows, 0
        for attempt in range(_ROUNDS):
            if attempt:
                self._draw_again(waiting)
            self._connection.execute(f"truncate {_STAGE}")
            self._copy(f"copy {_STAGE} ({self._columns}, {number}) from stdin", waiting, numbered=True)
            inserted += self._connection.execute(
                f"insert into {self._name} ({self._columns}) select {self._columns} from {_STAGE} where {passes}"
                f" order by {number}".encode()
            ).rowcount
            refused = self._connection.execute(
                f"select {number} from {_STAGE} where not coalesce({passes}, false) order by 1".encode()
            ).fetchall()
            waiting = np.array([int(row[0]) for row in refused], dtype=np.int64)
            if not len(waiting):
                return inserted
        return inserted + self._without_what_refuses(len(waiting))

    def _draw_again(self, rows: Numbers) -> None:
        """New values for what may change, each from another row of the table."""
        for name in self._movable:
            codes = self._codes[name]
            codes[rows] = codes[self._random.integers(0, len(codes), len(rows))]

    def _without_what_refuses(self, left: int) -> int:
        """Drop the checks that the rows on the stage do not pass, and name them; rows outside of a partition go."""
        kept = []
        for name, expression in self._checks:
            found = self._connection.execute(
                f"select from {_STAGE} where ({expression}) is false limit 1".encode()
            ).rowcount
            if found:
                self._connection.execute(
                    f"alter table only {self._name} drop constraint {quote.identifier(name)}".encode()
                )
                self._omissions.append(f"constraint {name} (synthetic rows do not pass it)")
            else:
                kept.append((name, expression))
        self._checks = kept
        where = f" where ({self._bound})" if self._bound else ""
        inserted = self._connection.execute(
            f"insert into {self._name} ({self._columns}) select {self._columns} from {_STAGE}{where}"
            f" order by {quote.identifier(_NUMBER)}".encode()
        ).rowcount
        if inserted < left:
            self._omissions.append(
                f"{left - inserted:,} rows of {self._table.relation.relation_name} (outside of its bounds)"
            )
        return inserted

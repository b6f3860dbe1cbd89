"""Values for ``$1 … $n`` as a driver binds them: text with the type that the value had where it came from."""

import random
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
import psycopg
from psycopg.adapt import Dumper

from pgclinic.model.errors import UserError
from pgclinic.sql.binding import bind
from pgclinic.sql.squashing import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from psycopg.adapt import Buffer

    from pgclinic.model.prescription import Gather
    from pgclinic.model.workload import Step

_MOST_ROWS = 20_000

UNTYPED = 0
"""The oid by which a driver leaves a parameter's type to the statement."""

_NUMBER = "\0"
"""No value begins with it, for PostgreSQL's texts hold no zero byte."""


class Bound(msgspec.Struct, frozen=True):
    """One value in PostgreSQL's text form (None is null) and the oid of its type."""

    text: str | None
    oid: int


class _BoundDumper(Dumper):
    """Hands the text over as it is, under its own type."""

    def get_key(self, obj: Bound, format: psycopg.adapt.PyFormat) -> tuple[type, type]:  # noqa: ARG002, A002 - psycopg's
        return (Bound, _type_of(obj.oid))

    def upgrade(self, obj: Bound, format: psycopg.adapt.PyFormat) -> "_BoundDumper":  # noqa: ARG002, A002 - psycopg's
        dumper = _BoundDumper(Bound, self.connection)
        dumper.oid = obj.oid
        return dumper

    def dump(self, obj: Bound) -> "Buffer | None":
        return None if obj.text is None else obj.text.encode()


_types: dict[int, type] = {}


def _type_of(oid: int) -> type:
    """A Python type for each PostgreSQL type, because psycopg remembers dumpers by Python type."""
    return _types.setdefault(oid, type(f"Bound{oid}", (), {}))


def accept_bound_values(connection: psycopg.Connection) -> None:
    """Make a session understand Bound parameters."""
    connection.adapters.register_dumper(Bound, _BoundDumper)


class ParameterRows(msgspec.Struct, frozen=True):
    """Rows of parameters for one statement, in the order in which they are used; one empty row when it has none."""

    rows: tuple[tuple[Bound, ...], ...] = ((),)

    def slice(self, start: int, count: int) -> tuple[tuple[Bound, ...], ...]:
        """``count`` rows from ``start`` on, beginning again at the end."""
        return tuple(self.rows[position % len(self.rows)] for position in range(start, start + count))


def draw(connection: psycopg.Connection, step: "Step", seed: int) -> ParameterRows:
    """The rows of a statement's parameter query, shuffled from the seed; runs in READ ONLY.

    Raises UserError when the query fails, takes too long or gives no row.
    """
    if not step.parameters_sql:
        return ParameterRows()
    try:
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("set transaction read only")
            cursor.execute(f"select * from ({step.parameters_sql}\n) drawn limit {_MOST_ROWS}".encode())
            result = cursor.pgresult
    except psycopg.Error as error:
        reason = error.diag.message_primary or error
        raise UserError(f"The parameters of {step.name!r} cannot be had: {reason}.") from error
    if result is None or not result.ntuples:
        raise UserError(f"The parameters of {step.name!r} are no rows at all; its query must find some.")
    rows = [
        tuple(
            Bound(None if (value := result.get_value(row, column)) is None else value.decode(), result.ftype(column))
            for column in range(result.nfields)
        )
        for row in range(result.ntuples)
    ]
    random.Random(f"{seed}/{step.name}").shuffle(rows)  # noqa: S311 - a reproducible order, no secret
    return ParameterRows(tuple(rows))


_ARRAY_TYPES = """
    select oid::integer, typarray::integer from pg_catalog.pg_type
    where oid = any(%s::integer[]::oid[]) and typarray <> 0 order by oid
"""


def array_types(connection: psycopg.Connection, drawn: "Iterable[ParameterRows]") -> dict[int, int]:
    """The array type of each type among the parameters."""
    oids = sorted({value.oid for rows in drawn for value in rows.rows[0]})
    return dict(connection.execute(_ARRAY_TYPES, [oids]).fetchall())


def as_in(template: str, sql: str, call: "tuple[Bound, ...]") -> tuple[Bound, ...] | None:
    """The values that a call of ``sql`` has where ``template`` has ``$n``, constants of ``sql`` among them.

    None when they are not the same statement but for constants; an empty template is ``sql`` itself.
    """
    if not template or template == sql:
        return call
    places = _places(template, sql)
    if places is None or any(isinstance(place, int) and place > len(call) for place in places):
        return None
    return tuple(call[place - 1] if isinstance(place, int) else place for place in places)


@lru_cache(maxsize=1024)
def _places(template: str, sql: str) -> tuple[Bound | int, ...] | None:
    """For each ``$n`` of the template the constant of ``sql``, or the number of its parameter, that stands there."""
    highest = max((int(word.text[1:]) for word in words_of(sql) if word.kind == "PARAM"), default=0)
    found = bind(template, sql, [f"{_NUMBER}{number}" for number in range(1, highest + 1)])
    if found is None or found.open or found.lists:
        return None
    return tuple(
        int(value.removeprefix(_NUMBER)) if value is not None and value.startswith(_NUMBER) else Bound(value, UNTYPED)
        for value in found.values
    )


def gathered(
    calls: "Sequence[tuple[Bound, ...]]", gathers: "Iterable[Gather]", array_of: "Mapping[int, int]"
) -> tuple[Bound, ...]:
    """The parameters of one replacement that stands for these calls of the original."""
    values: list[Bound] = []
    for gather in gathers:
        column = [call[gather.parameter - 1] for call in calls]
        if gather.as_array:
            oid = column[0].oid
            values.append(Bound(_array_text([value.text for value in column]), array_of.get(oid, UNTYPED)))
        else:
            values.append(column[0])
    return tuple(values)


def _array_text(items: "Sequence[str | None]") -> str:
    """PostgreSQL's array notation, each item quoted (documentation, section 8.15.6)."""
    escaped = (None if item is None else item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join("null" if item is None else f'"{item}"' for item in escaped) + "}"

"""What can be loaded by key: one row of a table, or the rows that refer to a parent. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from psycopg import sql

from pgclinic_runtime.columns import TEXT, ColumnType, Name, identifier, identifiers, unnested

Row = TypeVar("Row")
Answer_co = TypeVar("Answer_co", covariant=True)
Types = Mapping[str, ColumnType]


class Source(Protocol[Answer_co]):
    """Answers keys of one kind in one statement."""

    @property
    def table(self) -> Name:
        """The table that is asked."""
        ...

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the key."""
        ...

    def statement(self, types: Types) -> sql.Composed:
        """A statement of one array for each column of the key; its rows begin with the key's position from 1."""
        ...

    def answers(self, rows: Sequence[tuple[Any, ...]], count: int) -> Sequence[Answer_co]:
        """The statement's rows as one answer for each of ``count`` keys."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """A column to sort by."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Rows(Generic[Row]):
    """The row of a key, None where there is none. ``key`` is unique; several columns make a composite key.

    ``into`` is called with the columns by name: ``dict``, a dataclass, a Strawberry type.
    """

    table: Name
    key: str | tuple[str, ...]
    columns: tuple[str, ...]
    into: Callable[..., Row] = dict  # type: ignore[assignment] # Row is dict where nothing else is said

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the key."""
        return (self.key,) if isinstance(self.key, str) else self.key

    def statement(self, types: Types) -> sql.Composed:
        """Each key's row, with its position."""
        return sql.SQL("select asked.position, {} from {} join {} as found on {}").format(
            _of("found", self.columns), _asked(self.keys, types), identifier(self.table), _matches(self.keys, types)
        )

    def answers(self, rows: Sequence[tuple[Any, ...]], count: int) -> list[Row | None]:
        """A row or None for each key."""
        answers: list[Row | None] = [None] * count
        for position, *values in rows:
            answers[position - 1] = self.into(**dict(zip(self.columns, values, strict=True)))
        return answers


@dataclass(frozen=True, slots=True)
class Children(Generic[Row]):
    """The rows that refer to a parent by ``key``: a list for each, empty where there are none.

    Each parent has its own ``limit`` and ``order``; an index on the key and then the order's columns makes it cheap.
    Without an order, rows come in no particular one.
    """

    table: Name
    key: str | tuple[str, ...]
    columns: tuple[str, ...]
    order: tuple[Order | str, ...] = ()
    limit: int | None = None
    into: Callable[..., Row] = dict  # type: ignore[assignment] # Row is dict where nothing else is said

    def __post_init__(self) -> None:
        """Refuse a limit that is none."""
        if self.limit is not None and self.limit < 0:
            raise ValueError("a limit is not negative")

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the key."""
        return (self.key,) if isinstance(self.key, str) else self.key

    def statement(self, types: Types) -> sql.Composed:
        """Each parent's rows by a lateral join, which stops at the limit parent by parent."""
        orders = [each if isinstance(each, Order) else Order(each) for each in self.order]
        sort = [(sql.Identifier("found", each.column), each.descending) for each in orders]
        names = [sql.Identifier(f"sort{number}") for number in range(len(orders))]
        limit = sql.SQL("") if self.limit is None else sql.SQL(" limit {}").format(sql.Literal(self.limit))
        return sql.SQL(
            "select asked.position, {columns} from {asked} cross join lateral"
            " (select {inner} from {table} as found where {matches}{order}{limit}) as child order by {outer}"
        ).format(
            columns=sql.SQL(", ").join(sql.Identifier("child", f"c{number}") for number in range(len(self.columns))),
            asked=_asked(self.keys, types),
            inner=sql.SQL(", ").join(
                sql.SQL("{} as {}").format(value, name)
                for value, name in (
                    *((sql.Identifier("found", each), _c(number)) for number, each in enumerate(self.columns)),
                    *((value, name) for (value, _), name in zip(sort, names, strict=True)),
                )
            ),
            table=identifier(self.table),
            matches=_matches(self.keys, types),
            order=sql.SQL(" order by {}").format(_sorted(sort)) if sort else sql.SQL(""),
            limit=limit,
            outer=_sorted(
                [
                    (sql.Identifier("asked", "position"), False),
                    *((name, each.descending) for name, each in zip(names, orders, strict=True)),
                ]
            ),
        )

    def answers(self, rows: Sequence[tuple[Any, ...]], count: int) -> list[list[Row]]:
        """A list for each parent."""
        answers: list[list[Row]] = [[] for _ in range(count)]
        for position, *values in rows:
            answers[position - 1].append(self.into(**dict(zip(self.columns, values, strict=True))))
        return answers


def _c(number: int) -> sql.Identifier:
    return sql.Identifier(f"c{number}")


def _of(relation: str, columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(relation, column) for column in columns)


def _asked(keys: Sequence[str], types: Types) -> sql.Composed:
    names = [*(f"k{number}" for number in range(len(keys))), "position"]
    return sql.SQL("{} with ordinality as asked({})").format(
        unnested([types.get(key, TEXT) for key in keys]), identifiers(names)
    )


def _matches(keys: Sequence[str], types: Types) -> sql.Composed:
    return sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(
            sql.Identifier("found", key), types.get(key, TEXT).cast(sql.Identifier("asked", f"k{number}"))
        )
        for number, key in enumerate(keys)
    )


def _sorted(sort: Sequence[tuple[sql.Identifier, bool]]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("{} desc" if descending else "{}").format(value) for value, descending in sort)

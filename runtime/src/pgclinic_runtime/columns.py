"""The types of a table's columns, so that arrays of texts are cast to what the table really holds."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from pgclinic_runtime.commands import Command, Reply, Run

Name = str | tuple[str, ...]
_TYPES = """
    select attname, pg_catalog.format_type(atttypid, -1),
        (typcategory = 'A' and typtype <> 'd') or typcategory = 'C' or typdelim <> ','
    from pg_catalog.pg_attribute join pg_catalog.pg_type on pg_type.oid = atttypid
    where attrelid = {table}::pg_catalog.regclass and attnum > 0 and not attisdropped
    order by attnum
"""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type without its length or precision, as an INSERT's values have none before they are assigned.

    ``as_text``: array elements of it cannot carry its values, for ``unnest`` takes arrays and rows apart to the last,
    and some types have a delimiter of their own.
    """

    name: sql.SQL
    as_text: bool = False

    @property
    def carrier(self) -> sql.SQL:
        """The type of array elements that carry such values."""
        return sql.SQL("pg_catalog.text") if self.as_text else self.name

    def cast(self, value: sql.Composable) -> sql.Composable:
        """A carried value as one of this type."""
        return sql.SQL("{}::{}").format(value, self.name) if self.as_text else value


TEXT = ColumnType(sql.SQL("text"))


def column_types(table: Name) -> Generator[Command, Reply, Mapping[str, ColumnType]]:
    """Ask for the types of a table's columns, by name; its error is PostgreSQL's when there is no such table."""
    rows = yield Run(sql.SQL(_TYPES).format(table=sql.Literal(identifier(table).as_string(None))))
    return {name: ColumnType(sql.SQL(type_name), as_text=as_text) for name, type_name, as_text in rows}


def unnested(types: Sequence[ColumnType]) -> sql.Composed:
    """``unnest($1::…[], $2::…[], …)`` of one array a column."""
    arrays = [sql.SQL(f"${number}::{{}}[]").format(each.carrier) for number, each in enumerate(types, 1)]
    return sql.SQL("unnest({})").format(sql.SQL(", ").join(arrays))


def identifier(name: Name) -> sql.Identifier:
    """A name, or (schema, name)."""
    return sql.Identifier(*((name,) if isinstance(name, str) else name))


def identifiers(names: Sequence[str]) -> sql.Composed:
    """Names, with commas between them."""
    return sql.SQL(", ").join(map(sql.Identifier, names))


def copy_into(table: Name, columns: Sequence[str]) -> sql.Composed:
    """``copy … from stdin``."""
    return sql.SQL("copy {} ({}) from stdin").format(identifier(table), identifiers(columns))

"""Code that runs one statement, for the stacks that people use."""

import json
from collections.abc import Sequence

import msgspec

from pgclinic.model.prescription import CodeExample
from pgclinic.sql.layout import laid_out, respelled

PSYCOPG, SQLALCHEMY, DJANGO, SUPABASE, PRISMA = "psycopg", "SQLAlchemy", "Django", "supabase-js", "Prisma"


_INDENT = " " * 4


class Argument(msgspec.Struct, frozen=True):
    """One parameter of a statement: its name, and what the application passes, in Python and in JavaScript."""

    name: str
    python: str
    javascript: str


def examples(sql: str, arguments: Sequence[Argument], *, returns_rows: bool) -> tuple[CodeExample, ...]:
    """The statement with ``$1 … $n`` through psycopg, SQLAlchemy, Django and Prisma."""
    return (
        CodeExample(PSYCOPG, _psycopg(sql, arguments, returns_rows=returns_rows)),
        CodeExample(SQLALCHEMY, _sqlalchemy(sql, arguments, returns_rows=returns_rows)),
        CodeExample(DJANGO, _django(sql, arguments, returns_rows=returns_rows)),
        CodeExample(PRISMA, _prisma(sql, arguments, returns_rows=returns_rows)),
    )


def _psycopg(sql: str, arguments: Sequence[Argument], *, returns_rows: bool) -> str:
    values = "".join(f"\n        {each.python}," for each in arguments)
    found = "\nfound = cursor.fetchall()" if returns_rows else ""
    call = f"cursor.execute(\n    {_python(laid_out(sql, _INDENT), _INDENT)},\n    [{values}\n    ],\n)"
    return f"cursor = psycopg.RawCursor(connection)\n{call}{found}"


def _sqlalchemy(sql: str, arguments: Sequence[Argument], *, returns_rows: bool) -> str:
    call = f"session.connection().exec_driver_sql(\n    {_named(sql, arguments)},\n)"
    return f"found = {call}.all()" if returns_rows else call


def _django(sql: str, arguments: Sequence[Argument], *, returns_rows: bool) -> str:
    found = "\n    found = cursor.fetchall()" if returns_rows else ""
    return (
        "with connection.cursor() as cursor:\n"
        f"    cursor.execute(\n        {_named(sql, arguments, blanks=8)},\n    ){found}"
    )


def _prisma(sql: str, arguments: Sequence[Argument], *, returns_rows: bool) -> str:
    escaped = laid_out(sql, "  ").replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
    text = respelled(escaped, lambda number: f"${{{arguments[number - 1].javascript}}}")
    call = "const found = await prisma.$queryRaw" if returns_rows else "await prisma.$executeRaw"
    return f"{call}`\n{text}\n`;"


def _named(sql: str, arguments: Sequence[Argument], *, blanks: int = 4) -> str:
    """The statement with ``%(name)s`` and the dictionary of its parameters, as two arguments of a call."""
    names = [each.name if each.name.isidentifier() and each.name.isascii() else "" for each in arguments]
    names = [name or f"value_{number}" for number, name in enumerate(names, 1)]
    indent = " " * blanks
    text = respelled(laid_out(sql, indent), lambda number: f"%({names[number - 1]})s", percent="%%")
    items = "".join(f'\n{indent}    "{name}": {each.python},' for name, each in zip(names, arguments, strict=True))
    return f"{_python(text, indent)},\n{indent}{{{items}\n{indent}}}"


def _python(sql: str, indent: str) -> str:
    """SQL over several lines as a Python string."""
    escaped = sql.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""\n{escaped}\n{indent}"""'


def text_of(name: str) -> str:
    """A name as a string of Python or JavaScript."""
    return json.dumps(name, ensure_ascii=False)


def list_of(column: str) -> Argument:
    """The values that ``rows``, a list of dictionaries, have in a column."""
    key = text_of(column)
    return Argument(column, f"[row[{key}] for row in rows]", f"rows.map((row) => row[{key}])")

"""Statements prepared by name: ``prepare q as …`` and the ``execute q (…)`` that calls it."""

from pgclinic.sql.constants import constant_value
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tokens import tokens_of
from pgclinic.sql.tree import parse_one


def statement_in_prepare(sql: str) -> str | None:
    """The statement that a PREPARE names, as it was written; None for any other text."""
    if sql.lstrip()[:7].lower() != "prepare":
        return None
    try:
        if parse_one(sql).stmts[0].stmt.WhichOneof("node") != "prepare_stmt":
            return None
        # Types may stand between the name and AS, but none of them holds that word.
        begin = next(token for token in tokens_of(sql) if token.kind == "AS")
    except UnreadableSqlError:
        return None
    return sql.encode()[begin.end :].decode().strip().rstrip(";").rstrip()


def call_with_values(call: str, prepare: str) -> tuple[str, tuple[str | None, ...] | None] | None:
    """The prepared statement that ``execute q (1, 'a')`` runs, and the values; None for these where one is computed."""
    statement = statement_in_prepare(prepare)
    if statement is None:
        return None
    try:
        node = parse_one(call).stmts[0].stmt
    except UnreadableSqlError:
        return None
    if node.WhichOneof("node") != "execute_stmt":
        return None
    constants = [constant_value(parameter) for parameter in node.execute_stmt.params]
    known = tuple(constant.text for constant in constants if constant is not None)
    return statement, known if len(known) == len(constants) else None

"""The present moment in a statement, replaced by one that can be set, so that a plan can be made as of any clock."""

import postgast

from pgclinic.sql.quote import literal
from pgclinic.sql.statements import split
from pgclinic.sql.tree import Node, Tree, expression_of, parse_one, replace_nodes, strings, written

SCHEMA = "pgclinic_clock"
"""Where the functions that stand for the clock live on the twin."""

FUNCTIONS = {
    "now": "timestamp with time zone",
    "current_date": "date",
    "current_time": "time with time zone",
    "localtimestamp": "timestamp without time zone",
    "localtime": "time without time zone",
}
"""The clock's functions and what each returns."""

_CALLS = {"now": "now", "transaction_timestamp": "now", "statement_timestamp": "now"}
"""Stable functions only: the planner cannot look ahead of the volatile clock_timestamp()."""

_VALUES = {
    "SVFOP_CURRENT_DATE": "current_date",
    "SVFOP_CURRENT_TIME": "current_time",
    "SVFOP_CURRENT_TIME_N": "current_time",
    "SVFOP_CURRENT_TIMESTAMP": "now",
    "SVFOP_CURRENT_TIMESTAMP_N": "now",
    "SVFOP_LOCALTIME": "localtime",
    "SVFOP_LOCALTIME_N": "localtime",
    "SVFOP_LOCALTIMESTAMP": "localtimestamp",
    "SVFOP_LOCALTIMESTAMP_N": "localtimestamp",
}


def with_settable_clock(sql: str) -> str:
    """The statement with each reading of the clock replaced; unchanged text when it reads none."""
    tree = parse_one(sql)
    return written(tree) if replace_clock(tree) else sql


def with_fixed_clock(sql: str, moment: str) -> str:
    """The statement with each reading of the clock replaced by a constant; unchanged text when it reads none.

    ``moment`` is ISO 8601 with its zone. Unlike a function, a constant costs nothing for each row that is looked at.
    """
    tree = parse_one(sql)
    constants = {
        name: expression_of(f"cast(timestamp with time zone {literal(moment)} as {result})")
        for name, result in FUNCTIONS.items()
    }
    changed = False

    def replacement(node: Tree) -> Tree | None:
        nonlocal changed
        name = _clock_function(node)
        changed = changed or name is not None
        return None if name is None else constants[name]

    replace_nodes(tree, replacement)
    return written(tree) if changed else sql


def function_with_settable_clock(sql: str) -> str:
    """CREATE FUNCTION with each reading of the clock in an SQL body replaced, whether it is a string or a statement.

    The planner inlines such a body (``inline_function`` in clauses.c). Bodies in other languages stay as they are.
    Raises UnreadableSqlError.
    """
    tree = parse_one(sql)
    changed = replace_clock(tree)
    created = tree.stmts[0].stmt.create_function_stmt
    options = {each.def_elem.defname: each.def_elem.arg for each in created.options}
    language = options["language"].string.sval.lower() if "language" in options else "sql"
    if language == "sql" and "as" in options:
        for item in options["as"].list.items:
            body = ";\n".join(with_settable_clock(statement) for statement in split(item.string.sval))
            if body != ";\n".join(split(item.string.sval)):
                item.string.sval = body
                changed = True
    return written(tree) if changed else sql


def replace_clock(tree: Tree) -> bool:
    """Replace the clock in place; says whether there was any."""
    changed = False

    def replacement(node: Tree) -> Tree | None:
        nonlocal changed
        name = _clock_function(node)
        if name is None:
            return None
        changed = True
        return _call(name)

    replace_nodes(tree, replacement)
    return changed


def _clock_function(node: Tree) -> str | None:
    match node.WhichOneof("node"):
        case "func_call":
            name = strings(node.func_call.funcname)
            if node.func_call.args or (len(name) > 1 and name[0] != "pg_catalog"):
                return None
            return _CALLS.get(name[-1]) if name else None
        case "sqlvalue_function":
            field = node.sqlvalue_function.DESCRIPTOR.fields_by_name["op"]
            return _VALUES.get(field.enum_type.values_by_number[node.sqlvalue_function.op].name)
    return None


def _call(name: str) -> Tree:
    node = Node()
    for part in (SCHEMA, name):
        node.func_call.funcname.add().string.sval = part
    node.func_call.funcformat = postgast.pg_query_pb2.COERCE_EXPLICIT_CALL
    return node

"""`date(column) = $1` gets a range of the column beside it, which an index on the column can be searched by.

The range is implied by the condition, which stays: so the rows are the same in every time zone, at every change of
the clocks, and for infinity. It reaches one day beyond where the column has a time zone, because the day begins when
the session's zone says so.
"""

from pgclinic.advise.rewrites import Query, Rewritten
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.sql.rewriting import OPERATOR, names_no_column, text_of
from pgclinic.sql.tree import Tree, strings

_FLIPPED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_DAYS = {"timestamp without time zone": 0, "timestamp with time zone": 1}
"""How many days the session's time zone may put between a moment and what it is called."""


def rewrite(query: Query) -> Rewritten | None:
    """Add the range that the first such condition implies."""
    opened = query.opened()
    if opened is None:
        return None
    for condition in opened.conjuncts():
        if condition.WhichOneof("node") != "a_expr" or condition.a_expr.kind != OPERATOR:
            continue
        operator = strings(condition.a_expr.name)[-1]
        sides = (condition.a_expr.lexpr, condition.a_expr.rexpr, operator)
        flipped = (condition.a_expr.rexpr, condition.a_expr.lexpr, _FLIPPED.get(operator, ""))
        for side, other, compared in (sides, flipped):
            inner = _inside_date(side)
            column = opened.column(inner) if inner is not None else None
            if inner is None or column is None or compared not in _FLIPPED or not names_no_column(other):
                continue
            known = query.column(column.relation, column.column)
            kind = known.type.replace("(3)", "").replace("(6)", "") if known is not None else ""
            if kind not in _DAYS:
                continue
            opened.demand(_range(text_of(inner), text_of(other), compared, _DAYS[kind]))
            return Rewritten(
                sql=opened.sql,
                change="the date of a column is compared as a range of the column beside it",
                sameness="the range follows from the condition, which stays",
                index=IndexDefinition(relation=column.relation, keys=(IndexKey(column.column),)),
            )
    return None


def _range(column: str, day: str, operator: str, margin: int) -> str:
    """What ``date(column) operator day`` says of the column at least."""
    lower = f"{column} >= ({day})::date - {margin}"
    upper = f"{column} <= ({day})::date + {1 + margin}"
    return {"=": f"{lower} and {upper}", ">": lower, ">=": lower, "<": upper, "<=": upper}[operator]


def _inside_date(side: Tree) -> Tree | None:
    """The column in ``date(column)``, ``column::date`` and ``date_trunc('day', column)``."""
    kind = side.WhichOneof("node")
    if kind == "type_cast" and strings(side.type_cast.type_name.names)[-1] == "date":
        return side.type_cast.arg
    if kind != "func_call":
        return None
    name, arguments = strings(side.func_call.funcname)[-1], side.func_call.args
    if name == "date" and len(arguments) == 1:
        return arguments[0]
    is_day = name == "date_trunc" and len(arguments) == 2 and arguments[0].a_const.sval.sval.lower() == "day"  # noqa: PLR2004
    return arguments[1] if is_day else None

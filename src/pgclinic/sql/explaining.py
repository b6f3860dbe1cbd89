"""A statement as the script that has PostgreSQL plan it, with values or without."""

from pgclinic.model.workload import ParameterSet
from pgclinic.sql.parameters import parameter_numbers, put_parameters, settle_types
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Tree, parse_one, written

_PLANNABLE = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
_GENERIC_PLAN_SINCE = 16


def plannable(sql: str) -> Tree:
    """The tree of a statement that has a plan. Raises UnreadableSqlError for any other."""
    tree = parse_one(sql)
    if tree.stmts[0].stmt.WhichOneof("node") not in _PLANNABLE:
        raise UnreadableSqlError("only SELECT, INSERT, UPDATE, DELETE and MERGE have plans")
    return tree


def explaining_script(tree: Tree, parameters: ParameterSet | None, major: int) -> str:
    """The transaction that explains a plannable tree, which is changed: one statement of the user's, as written anew.

    Without ``parameters`` it is the generic plan. It ends in a rollback, so that what a user's function sets is
    forgotten.
    """
    if parameters is not None:
        put_parameters(tree, parameters)
    settle_types(tree)
    numbers = parameter_numbers(tree)
    statement = written(tree)
    if not numbers:
        body = f"explain (format json) {statement}"
    elif major >= _GENERIC_PLAN_SINCE:
        body = f"explain (format json, generic_plan) {statement}"
    else:
        nulls = ", ".join(["null"] * max(numbers))
        body = (
            "set local plan_cache_mode = force_generic_plan;"
            f" prepare pgclinic_question as {statement};"
            f" explain (format json) execute pgclinic_question({nulls});"
            " deallocate pgclinic_question"
        )
    return f"begin read only; {body}; rollback"

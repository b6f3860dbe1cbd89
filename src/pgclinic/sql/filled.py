"""A statement with values written where its ``$n`` were."""

from pgclinic.model.workload import ParameterSet
from pgclinic.sql.parameters import parameter_numbers, put_parameters, settle_types
from pgclinic.sql.tree import parse_one, written


def filled(sql: str, parameters: ParameterSet | None) -> str | None:
    """The statement as it can be sent alone; None when a parameter stays open.

    Raises UnreadableSqlError for what is not one statement.
    """
    tree = parse_one(sql)
    if parameters is not None:
        put_parameters(tree, parameters)
    settle_types(tree)
    return None if parameter_numbers(tree) else written(tree)

"""A statement made ready to be planned: values for its parameters, and the forms in which it is asked."""

from collections.abc import Sequence

import msgspec

from pgclinic.advise.parameters import parameter_sets
from pgclinic.model.plan import Question
from pgclinic.model.shape import Shape
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import WorkloadStatement
from pgclinic.sql.squashing import squashed_numbers


def with_values(statement: WorkloadStatement, shape: Shape, snapshot: Snapshot) -> WorkloadStatement:
    """The statement with the values that were seen, else with some drawn from the statistics."""
    if statement.parameters:
        return statement
    drawn = parameter_sets(shape, snapshot, statement.rows, squashed=squashed_numbers(statement.sql))
    return msgspec.structs.replace(statement, parameters=drawn)


def custom_questions(statement: WorkloadStatement) -> Sequence[Question]:
    """The statement with each of its sets of values."""
    return tuple(Question(sql=statement.sql, parameters=each, role=statement.role) for each in statement.parameters)


def generic_question(statement: WorkloadStatement) -> Question:
    """The statement without values."""
    return Question(sql=statement.sql, role=statement.role)

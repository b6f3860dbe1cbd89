"""A question as the script that a session is asked. Pure."""

from pgclinic.model.plan import Question
from pgclinic.sql import clock
from pgclinic.sql.explaining import explaining_script, plannable


def script_of(question: Question, major: int) -> str:
    """The transaction that explains a question as of the twin's clock. Raises ValueError for what has no plan."""
    tree = plannable(question.sql)
    clock.replace_clock(tree)
    return explaining_script(tree, question.parameters, major)

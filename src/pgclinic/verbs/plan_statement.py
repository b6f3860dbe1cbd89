"""How a planner would run one statement, with values like those that its columns hold. Nothing is run."""

from collections.abc import Generator

from pgclinic.advise.touched import relations_touched
from pgclinic.advise.whatif import Change, effects, subject_of
from pgclinic.model.errors import UserError
from pgclinic.model.plan import Explained, Plan, Refusal
from pgclinic.model.plan_reading import PlanReading
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.whatif import StatementEffect
from pgclinic.model.workload import Workload, WorkloadStatement
from pgclinic.plans.readings import readings_of
from pgclinic.plans.view import PlanView
from pgclinic.twin.planner import Twin
from pgclinic.verbs.private import death_in_words

_AS_IT_IS = Change(visible=frozenset(), hidden=frozenset())


def plan_statement(
    snapshot: Snapshot, statement: WorkloadStatement
) -> Generator[Progress, None, tuple[StatementEffect, str]]:
    """The statement's plans as the database is, and what planned them.

    Raises UserError for one that no planner takes.
    """
    yield Progress("planning the statement")
    subject = subject_of(statement, snapshot)
    relations = relations_touched(snapshot, Workload(statements=(subject.statement,), source=""))
    with death_in_words("The private server that plans"), Twin(snapshot, relations=relations) as twin:
        (effect,) = effects(twin, [subject], _AS_IT_IS)
        twin.demand_alive()
        if isinstance(effect, Refusal):
            reason = effect.reason.removeprefix("ERROR:").strip().rstrip(".")
            raise UserError(f"PostgreSQL cannot plan the statement: {reason}.")
        return effect, twin.planned_by


def read_aloud(plan: Plan) -> PlanReading:
    """A planner's answer as a reading: its nodes in order, with what stands out."""
    view = PlanView(Explained(root=plan.root))
    return PlanReading(explained=view.explained, steps=view.steps, readings=readings_of(view))

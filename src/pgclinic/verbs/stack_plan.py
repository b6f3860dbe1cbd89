"""Which running parts pay beside a database, from a snapshot."""

from collections.abc import Generator

from pgclinic.advise.case import Case
from pgclinic.advise.parts import plan_parts
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.stack import StackPlan
from pgclinic.model.workload import Workload
from pgclinic.twin.planner import Twin
from pgclinic.verbs.checkup import checkup

_CHECKS = ("connections_near_limit", "no_pooler")


def stack_plan(
    snapshot: Snapshot, *, cores: int | None = None, lag_tolerance: float = 1.0
) -> Generator[Progress, None, StackPlan]:
    """Pooler, replica and cache: nothing is planned or asked, the counters of the snapshot speak."""
    found = yield from checkup(snapshot, only=_CHECKS)
    nothing_planned = Workload(statements=(), source="")
    case = Case(snapshot=snapshot, workload=nothing_planned, findings=found.findings, planner_of=Twin)
    return plan_parts(case, cores=cores, lag_tolerance=lag_tolerance)

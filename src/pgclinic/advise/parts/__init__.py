"""Which running parts pay beside a database: from the answers that the advisers have, with values to begin with."""

from pgclinic.advise.case import Case
from pgclinic.advise.parts.cache import cache
from pgclinic.advise.parts.pooler import pooler
from pgclinic.advise.parts.replica import replica
from pgclinic.model.stack import StackPlan


def plan_parts(case: Case, *, cores: int | None = None, lag_tolerance: float = 1.0) -> StackPlan:
    """The plan; ``cores`` of the server where its owner tells them, ``lag_tolerance`` in seconds a read may be old."""
    snapshot = case.snapshot
    return StackPlan(
        database=snapshot.server.database,
        server_version=snapshot.server.version,
        clock=snapshot.header.clock,
        service=snapshot.server.service,
        parts=(pooler(case, cores=cores), replica(case, lag_tolerance=lag_tolerance), cache(case)),
    )

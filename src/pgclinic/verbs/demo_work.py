"""Keep a server busy with the demo's workload, as its application would. Writes, and rolls back."""

from collections.abc import Generator

from pgclinic.demo.workload_script import demo_script
from pgclinic.model.progress import Progress
from pgclinic.model.proof import Run
from pgclinic.model.workload import Load
from pgclinic.postgres.measure import measure


def work(
    conninfo: str, *, seconds: float, connections: int = 8, seed: int = 1, include_writes: bool = True
) -> Generator[Progress, None, Run]:
    """Run the demo's workload for so many seconds on a database that ``demo load`` filled.

    Raises UserError when the database is not the demo's. What it writes is rolled back.
    """
    load = Load(seconds=seconds, connections=connections, seed=seed, include_writes=include_writes)
    return measure(conninfo, demo_script(), load)

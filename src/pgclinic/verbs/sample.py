"""Watch what runs: statements caught in pg_stat_activity, with the constants that they have. Reads only."""

from collections.abc import Generator

from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.model.workload import Omission, SeenStatement
from pgclinic.postgres.sampling import sampled

LONGEST = 24 * 3600.0


def sample(conninfo: str, seconds: float) -> Generator[Progress, None, tuple[SeenStatement | Omission, ...]]:
    """What ran during the next ``seconds``, for ``prescribe``.

    Raises UserError for a time that is none or longer than a day, for a lost connection, and when nothing was caught.
    """
    if not 0 < seconds <= LONGEST:
        raise UserError(f"--sample needs seconds between 0 and {LONGEST:.0f}, not {seconds:g}.")
    seen = yield from sampled(conninfo, seconds)
    if not seen:
        raise UserError(
            f"No statement was caught running in {seconds:g} seconds; sample longer or when the application is at work."
        )
    yield Progress("watching what runs", note=f"{len(seen)} executions were caught running")
    return seen

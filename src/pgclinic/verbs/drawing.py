"""Values to ask the real planner with: drawn from the statistics that the database has now, and kept nowhere."""

from collections.abc import Generator, Iterable, Mapping

from pgclinic.advise.whatif import subject_of
from pgclinic.model.errors import UserError
from pgclinic.model.prescription import Prescription
from pgclinic.model.progress import Progress
from pgclinic.model.workload import ParameterSet, WorkloadStatement
from pgclinic.postgres.asking import asked_about
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session

_MOST_SETS = 3


def drawn_values(
    conninfo: str, prescriptions: Iterable[Prescription]
) -> Generator[Progress, None, Mapping[str, tuple[ParameterSet, ...]]]:
    """Sets of values by the fingerprint of each statement that is to gain, or is watched, and has none of its own.

    A prescription holds no values: it is shown around, and they may be confidential. Where nothing can be seen of the
    database there are none, and the planner is asked without.
    """
    gains = {gain.fingerprint: gain for item in prescriptions for gain in asked_about(item) if not gain.values}
    if not gains:
        return {}
    try:
        with open_session(conninfo) as connection:
            snapshot = yield from collect(connection)
    except UserError:
        return {}
    statements = (
        WorkloadStatement(fingerprint=gain.fingerprint, name=gain.name, sql=gain.sql, role=gain.role)
        for gain in gains.values()
    )
    return {each.fingerprint: subject_of(each, snapshot).statement.parameters[:_MOST_SETS] for each in statements}

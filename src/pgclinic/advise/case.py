"""What an adviser starts from."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import msgspec

from pgclinic.advise.planner import Planner
from pgclinic.model.finding import Finding
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Workload, WorkloadStatement

Clinic = Callable[[Snapshot], AbstractContextManager[Planner]]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One database as it was seen, what is asked of it, what ails it, and a planner for whatever it might become.

    ``findings`` are those of all checks, the worst first. ``planner_of`` gives a planner for a snapshot, and an
    adviser that wants to know how PostgreSQL would plan over another schema, other statistics or other settings
    changes the snapshot (it is a frozen value: ``msgspec.structs.replace``) and asks for a planner of the changed one.
    Such a planner is a private server: ask for one when a cheaper look says that it is worth it, and close it.
    """

    snapshot: Snapshot
    workload: Workload
    findings: tuple[Finding, ...]
    planner_of: Clinic

    def findings_of(self, *checks: str) -> tuple[Finding, ...]:
        """Those of the named checks, in their order."""
        return tuple(finding for finding in self.findings if finding.check in checks)

    def statement_of(self, finding: Finding) -> WorkloadStatement | None:
        """The statement of the workload that a finding is about; None where it is not planned for."""
        return next((each for each in self.workload.statements if each.fingerprint == finding.object.name), None)

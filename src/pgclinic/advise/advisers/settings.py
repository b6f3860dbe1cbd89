"""Settings that the server's own counters speak for, each with its evidence; all others are left as they are.

WAL and checkpoints from how much is written, work_mem for the roles whose statements spill and only where the planner
finds them cheaper with it, what the planner is told of the machine where the workload's plans change by it, more work
for autovacuum where it has fallen behind, and a pooler with as many connections as are busy. How much memory and how
many processors a machine has is not told by SQL: where a value depends on it, that is said and nothing is run. On a
managed service the prescription names its parameter and its tool.
"""

from collections.abc import Iterator

from pgclinic.advise.case import Case
from pgclinic.advise.settings.change import setting_changed
from pgclinic.advise.settings.connections import connections
from pgclinic.advise.settings.memory import memory
from pgclinic.advise.settings.planner_costs import planner_costs
from pgclinic.advise.settings.wal import wal
from pgclinic.model.finding import Finding
from pgclinic.model.prescription import Declined, Prescription, Risk
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot

_LIMIT = "1000"
"""autovacuum_vacuum_cost_limit: 8 MB are read between two pauses of 2 ms, instead of 1.6."""


def advise(case: Case) -> Iterator[Progress | Prescription | Declined]:
    """WAL, memory, what the planner is told, autovacuum, connections."""
    yield Progress("looking at settings")
    yield from wal(case)
    yield from memory(case)
    yield from planner_costs(case)
    for finding in case.findings_of("autovacuum_too_slow"):
        yield from _autovacuum(case.snapshot, finding)
    yield from connections(case)


def _autovacuum(snapshot: Snapshot, finding: Finding) -> Iterator[Prescription]:
    setting = snapshot.setting.get(finding.object.name)
    if setting is not None:
        yield setting_changed(
            snapshot,
            setting,
            _LIMIT,
            reason="{overdue} tables wait for autovacuum, which has {workers} workers that pause too often.",
            facts=tuple(fact for fact in finding.facts if fact.name in {"overdue", "workers"}),
            cures=(finding.fingerprint,),
            risk=Risk.LOW,
        )

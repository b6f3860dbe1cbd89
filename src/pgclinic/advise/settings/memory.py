"""Memory: work_mem for the roles whose statements spill, and what needs to be known before shared_buffers is set."""

from collections.abc import Iterator
from math import ceil, log2

from msgspec.structs import replace

from pgclinic.advise.before_after import outcome
from pgclinic.advise.case import Case
from pgclinic.advise.prescribed import prescribed
from pgclinic.advise.settings.change import at_service
from pgclinic.advise.whatif import Subject, subject_of
from pgclinic.model.catalog import Role
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import (
    ApplicationChange,
    CodeExample,
    Hazard,
    Prescription,
    Remedy,
    Risk,
    When,
)
from pgclinic.model.services import service_named
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import alter_role_setting

_IN_MEMORY = 3
"""Rows take so many times more room in memory than in a temporary file (tuplesort.c keeps whole headers)."""
_MOST_KB = 256 << 10
_GB = 1 << 30
_MACHINES = (4, 8, 16, 32, 64)


def memory(case: Case) -> Iterator[Prescription]:
    """By role in alphabetical order, then the server's cache."""
    yield from _work_mem(case)
    for finding in case.findings_of("small_shared_buffers"):
        yield _shared_buffers(case.snapshot, finding)


def _work_mem(case: Case) -> Iterator[Prescription]:
    snapshot = case.snapshot
    spilled = {
        finding.object.name: (finding, float(fact.value))
        for finding in case.findings_of("spilling_statement")
        for fact in finding.facts
        if fact.name == "spilled"
    }
    now = known(snapshot, "work_mem")
    if not spilled or now is None:
        return
    roles = {role.name: role for role in snapshot.roles}
    by_role: dict[str, list[Subject]] = {}
    for statement in case.workload.statements:
        if statement.fingerprint in spilled and statement.role in roles:
            by_role.setdefault(statement.role, []).append(subject_of(statement, snapshot))
    for name in sorted(by_role):
        largest = max(spilled[subject.statement.fingerprint][1] for subject in by_role[name])
        size = min(_MOST_KB, 1 << ceil(log2(max(1.0, _IN_MEMORY * largest / 1024))))
        if size * 1024 > now:
            found = tuple(spilled[subject.statement.fingerprint][0] for subject in by_role[name])
            yield from _for_role(case, roles[name], size, by_role[name], found)


def _for_role(
    case: Case, role: Role, size_kb: int, subjects: list[Subject], findings: tuple[Finding, ...]
) -> Iterator[Prescription]:
    """Where the planner finds their statements cheaper with it: one that spills anyway gains nothing."""
    snapshot = case.snapshot
    value = f"{size_kb >> 10}MB" if size_kb >= 1 << 10 else f"{size_kb}kB"
    own = next((pair.partition("=")[2] for pair in role.settings if pair.partition("=")[0] == "work_mem"), None)
    altered = replace(
        snapshot,
        roles=tuple(
            replace(each, settings=(*each.settings, f"work_mem={value}")) if each.name == role.name else each
            for each in snapshot.roles
        ),
    )
    with case.planner_of(snapshot) as before, case.planner_of(altered) as after:
        effect = outcome(before, after, subjects)
    if not effect.is_better:
        return
    cure = alter_role_setting.remedy(role, snapshot.server.database, "work_mem", value, own=own)
    connections = known(snapshot, "max_connections") or 0.0
    item = prescribed(
        cure,
        ObjectName("role", role.name),
        reason="Statements of {role} write temporary files that {value} of work_mem would hold, for this role alone.",
        facts=(
            Fact("role", role.name, Unit.TEXT),
            Fact("value", size_kb * 1024, Unit.BYTES),
            Fact("if_all_connections_sort", connections * size_kb * 1024, Unit.BYTES, Provenance.ESTIMATED),
        ),
        cures=tuple(finding.fingerprint for finding in findings),
        risk=Risk.MEDIUM,
    )
    yield replace(item, gains=effect.gains, losses=effect.losses)


def _shared_buffers(snapshot: Snapshot, finding: Finding) -> Prescription:
    """A quarter of the memory, which SQL does not tell: so nothing is run, and what to write is said for each size."""
    item = prescribed(
        Remedy(kind="alter_system", do=()),
        finding.object,
        reason="shared_buffers is {shared_buffers} for a database of {size}, and only {hit} of the pages were in it.",
        facts=tuple(fact for fact in finding.facts if fact.name in {"shared_buffers", "size", "hit"}),
        cures=(finding.fingerprint,),
        when=When.THIS_WEEK,
        risk=Risk.HIGH,
    )
    return replace(item, hazards=(Hazard.NEEDS_RESTART,), application=_by_memory(snapshot))


def _by_memory(snapshot: Snapshot) -> ApplicationChange:
    service = service_named(snapshot.server.service)
    if service is not None:
        return at_service(snapshot, service, "shared_buffers", "PAGES_OF_8KB", restarts=True)
    examples = tuple(
        CodeExample(
            f"postgresql.conf, {size} GB of memory",
            f"shared_buffers = {size // 4}GB\neffective_cache_size = {size * 3 // 4}GB",
        )
        for size in _MACHINES
    )
    return ApplicationChange(
        summary="See how much memory the machine has, give a quarter of it to shared_buffers, and restart the server.",
        examples=examples,
    )

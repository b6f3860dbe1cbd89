"""Tables kept clear of dead rows: autovacuum in time for each, and what is there now cleared by hand.

A table that churns (a tenth of its row versions are dead, or a twentieth and each row was changed twice since the
counters began) gets autovacuum parameters of its own, and is vacuumed now. A large table that only grows is vacuumed
before a fifth of it has come, one whose statistics were found stale is analysed earlier, one that autovacuum does not
get through is given more work between two pauses. Tables that have to be frozen soon are frozen one by one, and one
that was measured to be half empty is written anew in the gentlest way that the server has.

No planner can tell here: the figures are the server's own counters. What a finding's own remedy does is left to it.
"""

from collections.abc import Collection, Iterator

from pgclinic.advise.case import Case
from pgclinic.advise.prescribed import prescribed
from pgclinic.advise.vacuum.churn import Churn, churns
from pgclinic.advise.vacuum.parameters import for_added_rows, for_dead_rows, for_pace, for_statistics
from pgclinic.advise.vacuum.room import emptied
from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.prescription import Declined, Prescription, When
from pgclinic.model.progress import Progress
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import heap_bytes, stored, table_object
from pgclinic.remedies import set_storage_parameters, vacuum

_MANY_DEAD = 0.1
_SOME_DEAD = 0.05
_TURNED_OVER = 2.0
_NEAR = 0.85
"""Of autovacuum_freeze_max_age, from where on a table is frozen by hand when many will have to be."""
_MOST_FROZEN = 10
_BYTES_VACUUMED_A_SECOND = 100e6
"""Of a table and its indexes, by hand and without pauses; a cautious figure."""


def advise(case: Case) -> Iterator[Progress | Prescription | Declined]:
    """Tables in the order of the catalog: parameters, what is cleared now, what is frozen, what is written anew."""
    snapshot = case.snapshot
    owned = {table.oid: _findings_of(case, table) for table in stored(snapshot)}
    if not snapshot.sees("table_counters"):
        return
    held = case.findings_of("vacuum_held_back")
    for churn in churns(snapshot):
        findings = owned[churn.table.oid]
        yield from _parameters(snapshot, churn, findings)
        if _is_full_of_dead(churn, findings):
            yield from _cleared(snapshot, churn, findings, held)
    yield from _frozen(case)
    for table in stored(snapshot):
        for finding in owned[table.oid]:
            if finding.check == "table_bloat" and finding.severity > Severity.INFO:
                yield emptied(snapshot, table, finding)


def _findings_of(case: Case, table: Relation) -> tuple[Finding, ...]:
    return tuple(finding for finding in case.findings if finding.object == table_object(table))


def _is_full_of_dead(churn: Churn, findings: Collection[Finding]) -> bool:
    toasted = any(finding.check == "dead_toast" for finding in findings)
    return churn.dead_share >= _MANY_DEAD or toasted


def _parameters(snapshot: Snapshot, churn: Churn, findings: Collection[Finding]) -> Iterator[Prescription]:
    """One change of the table for all of them; a parameter that a finding's remedy sets is left to it."""
    checks = frozenset(finding.check for finding in findings)
    is_churning = churn.dead_share >= _MANY_DEAD or (churn.dead_share >= _SOME_DEAD and churn.turnover >= _TURNED_OVER)
    parameters = {
        **(for_dead_rows(snapshot, churn) if is_churning and "late_vacuum" not in checks else {}),
        **for_added_rows(churn),
        **for_statistics(snapshot, churn, checks),
        **for_pace(snapshot, churn, checks),
        **({"toast.autovacuum_vacuum_scale_factor": "0.05"} if "dead_toast" in checks else {}),
    }
    if not parameters:
        return
    facts = (
        Fact("table", str(churn.table.relation_name), Unit.TEXT),
        Fact("rows", churn.rows, provenance=Provenance.ESTIMATED),
        Fact("dead", churn.dead),
        Fact("share", churn.dead_share, Unit.RATIO, Provenance.ESTIMATED),
        Fact("changed", churn.changed),
    )
    yield prescribed(
        set_storage_parameters.remedy(churn.table, parameters),
        table_object(churn.table),
        reason=(
            "{table} has {dead} dead rows beside {rows} living ones: autovacuum comes to it too late."
            if is_churning
            else "{table} has {rows} rows and changes: autovacuum comes to it too late."
        ),
        facts=facts,
        cures=tuple(each.fingerprint for each in findings if each.check == "autovacuum_behind"),
    )


def _cleared(
    snapshot: Snapshot, churn: Churn, findings: Collection[Finding], held: Collection[Finding]
) -> Iterator[Prescription | Declined]:
    table = churn.table
    facts = (
        Fact("table", str(table.relation_name), Unit.TEXT),
        Fact("dead", churn.dead),
        Fact("share", churn.dead_share, Unit.RATIO, Provenance.ESTIMATED),
    )
    if held:
        yield Declined(
            adviser="vacuum",
            object=table_object(table),
            reason="VACUUM would clear nothing of the {dead} dead rows of {table}: somebody still sees them.",
            facts=facts,
        )
        return
    size = heap_bytes(snapshot, table) + (table.index_bytes or 0)
    checks = {"dead_rows", "dead_toast", "autovacuum_behind"}
    yield prescribed(
        vacuum.remedy(table, snapshot.counters_of[table.oid]),
        table_object(table),
        reason="{share} of the row versions in {table} are dead: {dead} of them are cleared now.",
        facts=facts,
        cures=tuple(each.fingerprint for each in findings if each.check in checks),
        seconds=size / _BYTES_VACUUMED_A_SECOND,
    )


def _frozen(case: Case) -> Iterator[Prescription]:
    """The oldest tables, the largest first, where many have to be frozen at once or a standstill is near."""
    found = case.findings_of("freeze_storm", "wraparound_near")
    limit = known(case.snapshot, "autovacuum_freeze_max_age")
    if not found or not limit:
        return
    old = [table for table in stored(case.snapshot) if (table.frozen_xid_age or 0) >= _NEAR * limit]
    is_urgent = any(finding.check == "wraparound_near" for finding in found)
    size = {table.oid: heap_bytes(case.snapshot, table) for table in old}
    old.sort(key=lambda table: (-(table.frozen_xid_age or 0) if is_urgent else 0, -size[table.oid], table.oid))
    for table in old[:_MOST_FROZEN]:
        counters = case.snapshot.counters_of.get(table.oid)
        if counters is None:
            continue
        yield prescribed(
            vacuum.remedy(table, counters, freezes=True),
            table_object(table),
            reason="{table} is {age} transactions old: frozen in a quiet hour, it need not be when others have to.",
            facts=(
                Fact("table", str(table.relation_name), Unit.TEXT),
                Fact("age", table.frozen_xid_age or 0),
                Fact("size", size[table.oid], Unit.BYTES),
            ),
            cures=tuple(each.fingerprint for each in found),
            seconds=size[table.oid] / _BYTES_VACUUMED_A_SECOND,
            when=When.NOW if is_urgent else When.THIS_WEEK,
        )

"""Row-level security that lets the same rows through with less work.

What the checks found of policies (calls for every row, stacked permissive ones, roles asked for inside) is rewritten by
parse tree: values that no row changes are computed once a statement, permissive policies of one command and the same
roles are one, roles that a condition names by ``current_user`` are said with TO, and a column that policies ask for
gets an index. Each table is planned under the roles that its policies bind, over the database as it is and with the new
policies; nothing is prescribed that this planner does not find cheaper. A policy that is true for everyone is named and
left to its owner: what it should say is a question of security.
"""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from pgclinic.advise.before_after import Outcome, outcome
from pgclinic.advise.case import Case
from pgclinic.advise.policies.column_index import index_for
from pgclinic.advise.policies.proving import proof_of
from pgclinic.advise.policies.readings import Reading, readings_of
from pgclinic.advise.policies.rewriting import rewritten
from pgclinic.advise.prescribed import prescribed
from pgclinic.advise.prescribing import WORSE
from pgclinic.advise.whatif import subject_of
from pgclinic.model.catalog import Policy, Relation
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.prescription import Declined, Hazard, Prescription, Risk
from pgclinic.model.progress import Progress
from pgclinic.model.tables import table_object
from pgclinic.remedies import rewrite_policies

_DEAR = ("per_row_policy_call", "stacked_permissive_policies", "policy_for_everyone")
_OPEN = "always_true_policy"
_UNINDEXED = "policy_column_without_index"


class Rewrite(msgspec.Struct, frozen=True, kw_only=True):
    """A table whose policies would be others; ``findings`` are those that are gone then."""

    table: Relation
    before: tuple[Policy, ...]
    after: tuple[Policy, ...]
    findings: tuple[Finding, ...]


def advise(case: Case) -> Iterator[Progress | Prescription | Declined]:
    """Tables in the order of the catalog; what is refused first."""
    yield from _declined(case)
    rewrites = tuple(_rewrites(case))
    unindexed = case.findings_of(_UNINDEXED)
    if not rewrites and not unindexed:
        return
    yield Progress("planning policies")
    snapshot = case.snapshot
    changed = {rewrite.table.oid for rewrite in rewrites}
    policies = [policy for policy in snapshot.policies if policy.relation not in changed]
    policies += [policy for rewrite in rewrites for policy in rewrite.after]
    with case.planner_of(snapshot) as now, case.planner_of(replace(snapshot, policies=tuple(policies))) as then:
        subjects = [subject_of(each, snapshot) for each in case.workload.statements if each.role]
        concerned = [each for each in subjects if each.touches(frozenset(one.table.relation_name for one in rewrites))]
        effect = outcome(now, then, concerned)
        for rewrite in rewrites:
            mine = [each for each in concerned if each.touches(frozenset({rewrite.table.relation_name}))]
            yield from _prescribed(case, rewrite, readings_of(case, rewrite.table, now, then), effect.of(mine))
        for finding in unindexed:
            yield from index_for(case, finding, then, subjects)


def _rewrites(case: Case) -> Iterator[Rewrite]:
    found = case.findings_of(*_DEAR)
    for table in case.snapshot.relations:
        mine = tuple(each for each in found if (each.object.schema, _table_of(each)) == (table.schema, table.name))
        if not mine or not table.row_security:
            continue
        before = case.snapshot.policies_of.get(table.oid, ())
        after = rewritten(case.snapshot, table)
        if set(after) == set(before):
            continue
        names_roles = {policy.roles for policy in after} != {policy.roles for policy in before}
        cured = tuple(each for each in mine if each.check != "policy_for_everyone" or names_roles)
        if names_roles or any(each.severity > Severity.INFO for each in mine):
            yield Rewrite(table=table, before=before, after=after, findings=cured)


def _prescribed(
    case: Case, rewrite: Rewrite, readings: Sequence[Reading], effect: Outcome
) -> Iterator[Prescription | Declined]:
    table = rewrite.table
    cheaper = [each for each in readings if each.after * WORSE < each.before]
    if not effect.is_better and (effect.losses or not cheaper):
        yield Declined(
            adviser="policies",
            object=table_object(table),
            reason="The planner finds {table} no cheaper to read with its policies rewritten.",
            facts=(Fact("table", str(table.relation_name), Unit.TEXT),),
        )
        return
    cure = rewrite_policies.remedy(table, rewrite.before, rewrite.after)
    proof = proof_of(case.snapshot, table, rewrite.before, rewrite.after)
    best = max(cheaper, key=lambda each: (each.before - each.after, each.role), default=None)
    facts = [
        Fact("table", str(table.relation_name), Unit.TEXT),
        Fact("policies", len(rewrite.before)),
        Fact("policies_after", len(rewrite.after)),
        Fact("equal_rows", "can be shown by one query" if proof else "unproved", Unit.PHRASE),
    ]
    if best is not None:
        facts += [
            Fact("role", best.role, Unit.TEXT),
            Fact("reading_all_before", round(best.before, 2), Unit.COST, Provenance.PLANNED),
            Fact("reading_all_after", round(best.after, 2), Unit.COST, Provenance.PLANNED),
        ]
    item = prescribed(
        cure,
        table_object(table),
        reason="The policies of {table} compute for every row what is the same for all; written so, they do it once.",
        facts=tuple(facts),
        cures=tuple(each.fingerprint for each in rewrite.findings),
        risk=Risk.LOW if proof else Risk.MEDIUM,
    )
    hazards = (Hazard.NEEDS_EXCLUSIVE_LOCK, *(() if proof else (Hazard.CHANGES_ROWS_SEEN,)))
    yield replace(item, hazards=hazards, gains=effect.gains, losses=effect.losses, equal_rows=proof)


def _declined(case: Case) -> Iterator[Declined]:
    for finding in case.findings_of(_OPEN):
        yield Declined(
            adviser="policies",
            object=finding.object,
            reason=(
                'The policy "{policy}" of {table} lets everyone through: a matter of security, which only the owner of'
                " the data can decide."
            ),
            facts=tuple(fact for fact in finding.facts if fact.name in {"policy", "table"}),
        )


def _table_of(finding: Finding) -> str:
    return finding.object.parent or finding.object.name

"""What the planner is told about the machine: confirmed by which plans of the workload become others.

Costs before and after cannot be compared, because these settings are what they are counted in. So the evidence is the
plans: where none changes, there is nothing to win.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from pgclinic.advise.case import Case
from pgclinic.advise.planner import Planner
from pgclinic.advise.questions import custom_questions, generic_question
from pgclinic.advise.settings.change import in_units, setting_changed
from pgclinic.advise.whatif import Subject, subject_of
from pgclinic.model.evidence import Fact, Provenance
from pgclinic.model.finding import Finding
from pgclinic.model.plan import Asked, Plan, PlanNode
from pgclinic.model.prescription import Prescription, Risk
from pgclinic.model.settings import known
from pgclinic.model.snapshot import Snapshot

_SOLID_STATE = "1.1"
_CACHES = 3.0
"""shared_buffers is usually a quarter of the memory, and three quarters may cache."""
_MOST_STATEMENTS = 200


def planner_costs(case: Case) -> Iterator[Prescription]:
    """random_page_cost and effective_cache_size, where a finding says that they contradict what was seen."""
    snapshot = case.snapshot
    for finding in case.findings_of("random_page_cost_of_disks"):
        changed = _plans_changed(case, "random_page_cost", _SOLID_STATE)
        if changed:
            yield setting_changed(
                snapshot,
                snapshot.setting["random_page_cost"],
                _SOLID_STATE,
                reason=(
                    "random_page_cost is that of spinning disks, {hit} of the pages were in memory, and {plans}"
                    " statements would be planned otherwise. Not if the data is on such disks."
                ),
                facts=(*_facts(finding, "hit"), Fact("plans", changed, provenance=Provenance.PLANNED)),
                cures=(finding.fingerprint,),
                risk=Risk.MEDIUM,
            )
    for finding in case.findings_of("small_effective_cache_size"):
        setting, buffers = snapshot.setting["effective_cache_size"], known(snapshot, "shared_buffers")
        if buffers is None:
            return
        value = in_units(setting, _CACHES * buffers)
        changed = _plans_changed(case, "effective_cache_size", value)
        if changed:
            yield setting_changed(
                snapshot,
                setting,
                value,
                reason=(
                    "effective_cache_size is {expected}, less than shared_buffers alone, and {plans} statements would"
                    " be planned otherwise."
                ),
                facts=(*_facts(finding, "expected", "buffers"), Fact("plans", changed, provenance=Provenance.PLANNED)),
                cures=(finding.fingerprint,),
                risk=Risk.LOW,
            )


def _facts(finding: Finding, *names: str) -> Iterator[Fact]:
    return (fact for fact in finding.facts if fact.name in names)


def _plans_changed(case: Case, name: str, value: str) -> int:
    """How many of the heaviest statements get another plan, by its nodes and what they read."""
    snapshot = case.snapshot
    subjects = [subject_of(each, snapshot) for each in case.workload.statements[:_MOST_STATEMENTS]]
    if not subjects:
        return 0
    with case.planner_of(snapshot) as before, case.planner_of(_with(snapshot, name, value)) as after:
        pairs = zip(_shapes(before, subjects), _shapes(after, subjects), strict=True)
        return sum(was != becomes for was, becomes in pairs)


def _with(snapshot: Snapshot, name: str, value: str) -> Snapshot:
    settings = tuple(replace(each, value=value) if each.name == name and not each.scope else each
                     for each in snapshot.settings)  # fmt: skip
    return replace(snapshot, settings=settings)


def _shapes(planner: Planner, subjects: Sequence[Subject]) -> list[tuple[object, ...]]:
    questions = [custom_questions(each.statement) or (generic_question(each.statement),) for each in subjects]
    answers = iter(planner.plan_all([Asked(question) for each in questions for question in each]))
    plans = [[next(answers) for _ in each] for each in questions]
    return [tuple(_shape(plan.root) if isinstance(plan, Plan) else None for plan in each) for each in plans]


def _shape(node: PlanNode) -> tuple[object, ...]:
    return node.title, node.relation, node.index, tuple(_shape(child) for child in node.children)

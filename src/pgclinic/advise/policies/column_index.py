"""An index on the column that a table's policies ask for."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from pgclinic.advise.before_after import outcome
from pgclinic.advise.candidates import taken_names
from pgclinic.advise.case import Case
from pgclinic.advise.planner import Planner
from pgclinic.advise.policies.readings import readings_of
from pgclinic.advise.prescribing import WORSE
from pgclinic.advise.whatif import Subject
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.finding import Finding
from pgclinic.model.names import RelationName
from pgclinic.model.plan import WhatIfIndex
from pgclinic.model.prescription import Prescription
from pgclinic.remedies import create_index
from pgclinic.sizes import build_seconds
from pgclinic.sizes.types import PAGE


def index_for(case: Case, finding: Finding, planner: Planner, subjects: Sequence[Subject]) -> Iterator[Prescription]:
    """The index, where the planner would read the table by it for a role that the policies bind."""
    snapshot = case.snapshot
    table = snapshot.relation_by_name[RelationName(finding.object.schema, finding.object.parent)]
    definition = IndexDefinition(table.relation_name, (IndexKey(finding.object.name),))
    index = planner.add(definition)
    if not isinstance(index, WhatIfIndex):
        return
    readings = readings_of(case, table, planner, planner, visible=frozenset({index.id}))
    if not any(each.after * WORSE < each.before for each in readings):
        return
    is_partitioned = table.kind == "p"
    item = create_index.prescribe(
        definition,
        name=create_index.name_for(definition, taken_names(snapshot, definition.relation)),
        size_bytes=index.bytes,
        reason="Policies of {table} ask for {column}, and the planner would find the rows by this index.",
        cures=(finding.fingerprint,),
        facts=tuple(fact for fact in finding.facts if fact.name in {"table", "column"}),
        partitions=create_index.partitions_of(snapshot, definition) if is_partitioned else (),
        is_partitioned=is_partitioned,
    )
    concerned = [each for each in subjects if each.touches(frozenset({table.relation_name}))]
    effect = outcome(planner, planner, concerned, with_index=index.id)
    seconds = build_seconds(snapshot, table, definition, index.bytes // PAGE)
    yield replace(item, build_seconds=round(seconds, 1), gains=effect.gains, losses=effect.losses)

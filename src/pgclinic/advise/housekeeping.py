"""Prescriptions for what the checks found: the remedies that findings carry, no two in each other's way.

The index adviser's own come first. An index that both want gone is dropped once; and an index stays as long as another
one that is to go relies on it.
"""

from collections.abc import Iterator, Sequence

import msgspec

from pgclinic.advise.equivalence import serves
from pgclinic.model.catalog import Index, IndexDefinition
from pgclinic.model.finding import Finding
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import Hazard, Prescription, Remedy, When
from pgclinic.model.snapshot import Snapshot


def with_housekeeping(
    snapshot: Snapshot, prescriptions: Sequence[Prescription], findings: Sequence[Finding]
) -> tuple[Prescription, ...]:
    """``prescriptions``, then the remedies of the findings in their order.

    What does the same as an earlier one is that one, with one more finding that it cures.
    """
    found: dict[tuple[str, ...], Prescription] = {_text(item): item for item in prescriptions}
    for finding in findings:
        if finding.remedy is None or not finding.remedy.do:
            continue
        item = _prescription(snapshot, finding, finding.remedy)
        known = found.get(_text(item))
        if known is not None:
            found[_text(item)] = _also_cures(known, finding)
        elif item.object.kind != "setting" or all(each.object != item.object for each in found.values()):
            # A setting has one value: the first finding, the worst, decides.
            found[_text(item)] = item
    return tuple(_that_leave_enough(snapshot, list(found.values())))


def _prescription(snapshot: Snapshot, finding: Finding, remedy: Remedy) -> Prescription:
    return Prescription(
        kind=remedy.kind,
        object=finding.object,
        table=_table(snapshot, finding.object),
        reason=finding.summary,
        do=remedy.do,
        undo=remedy.undo,
        verify=remedy.verify,
        hazards=remedy.hazards,
        risk=remedy.risk,
        when=When.THIS_WEEK if Hazard.NEEDS_RESTART in remedy.hazards else When.NOW,
        cures=(finding.fingerprint,),
        facts=finding.facts,
    )


def _table(snapshot: Snapshot, subject: ObjectName) -> ObjectName:
    """The table that the object is on, or the object itself."""
    if subject.kind == "index":
        for index in snapshot.indexes:
            if (index.schema, index.name) == (subject.schema, subject.name):
                relation = index.definition.relation
                return ObjectName("table", relation.name, schema=relation.schema)
    if subject.parent:
        return ObjectName("table", subject.parent, schema=subject.schema)
    return subject


def _text(item: Prescription) -> tuple[str, ...]:
    return tuple(statement.sql for statement in item.do) or (item.fingerprint,)


def _also_cures(item: Prescription, finding: Finding) -> Prescription:
    return msgspec.structs.replace(item, cures=tuple(dict.fromkeys((*item.cures, finding.fingerprint))))


def _that_leave_enough(snapshot: Snapshot, items: list[Prescription]) -> Iterator[Prescription]:
    """Without the drops of indexes that have to do the work of others that go.

    Each drop was advised as if it were the only one: of two indexes that are alike one serves for the other, and not
    both may go. The later one stays.
    """
    by_name = {(index.schema, index.name): index for index in snapshot.indexes}
    dropped = {position: index for position, item in enumerate(items) if (index := _dropped(item, by_name))}
    made = [each.makes for item in items for each in item.lasting if each.makes is not None]
    going: dict[int, Index] = {}
    for position, index in dropped.items():
        rest = [other for other in snapshot.indexes if other not in going.values() and other is not index]
        lost = [each for each in going.values() if serves(index.definition, each.definition)]
        if all(_is_served(each.definition, rest, made) for each in lost):
            going[position] = index
    return (item for position, item in enumerate(items) if position not in dropped or position in going)


def _dropped(item: Prescription, by_name: dict[tuple[str, str], Index]) -> Index | None:
    for statement in item.do:
        if statement.index is not None and statement.makes is None:
            index = by_name.get((statement.index.schema, statement.index.name))
            if index is not None and index.is_valid:
                return index
    return None


def _is_served(definition: IndexDefinition, rest: Sequence[Index], made: Sequence[IndexDefinition]) -> bool:
    """Whether an index that stays, or one that is to be built, serves for this one."""
    return any(serves(each, definition) for each in made) or any(
        each.is_valid and serves(each.definition, definition) for each in rest
    )

"""Everything that was prescribed as one plan: nothing twice, nothing against anything else, each after what it needs.

The order is that of who has to carry it out: what can be done now, this week, this month; within each what saves the
workload most comes first, as planned. A plan may be cut short or thinned anywhere: what needs something left out is
left out with it, and everything else stands for itself.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from pgclinic.advise.contradictions import Agreed, agreed, refusal
from pgclinic.advise.done_to import indexes_dropped, indexes_made
from pgclinic.advise.equivalence import serves
from pgclinic.advise.remade_tables import with_what_is_built_before
from pgclinic.advise.worth import Worth
from pgclinic.model.prescription import Declined, Prescription, Risk, When
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import create_index
from pgclinic.sql.mentions import words

_SOONEST = {when: place for place, when in enumerate(When)}
_DIGITS = 6
"""Of a share of the workload: what differs by less is worth the same."""


class Plan(msgspec.Struct, frozen=True):
    """Prescriptions in their order, and what was refused on the way."""

    prescriptions: tuple[Prescription, ...]
    declined: tuple[Declined, ...] = ()


def settle(
    snapshot: Snapshot,
    items: Sequence[Prescription],
    *,
    worth: Worth,
    most_risk: Risk = Risk.HIGH,
    latest: When = When.THIS_MONTH,
) -> Plan:
    """What of these may be done together, in the order in which it came."""
    declined: list[Declined] = []
    kept: list[Prescription] = []
    for item in _with_names_of_their_own(items, snapshot):
        if item.risk > most_risk:
            reason = "Its risk is {risk}, and not more than {most} was asked for."
            declined.append(refusal(item, reason, risk=item.risk.name.lower(), most=most_risk.name.lower()))
        elif item.when.is_later_than(latest):
            reason = "It is for {when}, and nothing later than {latest} was asked for."
            declined.append(refusal(item, reason, when=item.when.value, latest=latest.value))
        else:
            kept.append(item)
    result = agreed(kept, {item.fingerprint: worth.of(item) for item in kept})
    kept, without = _whole(_pointing(result))
    return Plan(tuple(kept), (*declined, *result.declined, *without))


def merge(
    snapshot: Snapshot,
    items: Sequence[Prescription],
    *,
    worth: Worth,
    most_risk: Risk = Risk.HIGH,
    latest: When = When.THIS_MONTH,
    missed: Collection[str] = (),
) -> Plan:
    """The plan. ``missed`` are existing indexes, by name, that the new statements and views would do worse without."""
    settled = settle(snapshot, items, worth=worth, most_risk=most_risk, latest=latest)
    kept, declined = list(settled.prescriptions), list(settled.declined)
    for refuse in (_needless_index, _needed_index):
        reasons = {item.fingerprint: refuse(item, kept, missed) for item in kept}
        declined += [reason for reason in reasons.values() if reason is not None]
        kept = [item for item in kept if reasons[item.fingerprint] is None]
    kept = _carried(kept)
    kept = [replace(item, requires=_required(item, kept, snapshot)) for item in kept]
    kept, without = _whole(kept)
    return Plan(_ordered(kept, worth), (*declined, *without))


def _with_names_of_their_own(items: Sequence[Prescription], snapshot: Snapshot) -> list[Prescription]:
    """No two new indexes of one name: the later one gets another, as the one with the name is not known to it."""
    taken = {(index.schema, index.name) for index in snapshot.indexes}
    taken |= {(relation.schema, relation.name) for relation in snapshot.relations}
    own: dict[tuple[str, str], object] = {}
    found = []
    for item in items:
        key, made = (item.object.schema, item.object.name), indexes_made(item)
        if item.kind == "create_index" and len(made) == 1:
            (definition,) = made
            if own.get(key, definition) != definition:
                names = {name for schema, name in (*taken, *own) if schema == item.object.schema}
                new = create_index.prescribe(
                    definition, name=create_index.name_for(definition, names), size_bytes=0, reason=""
                )
                item = replace(item, object=new.object, do=new.do, undo=new.undo, verify=new.verify)  # noqa: PLW2901
                key = (item.object.schema, item.object.name)
            own[key] = definition
        found.append(item)
    return found


def _pointing(result: Agreed) -> list[Prescription]:
    """What stays, each requiring what stands for what it required."""
    return [
        replace(item, requires=tuple(dict.fromkeys(result.instead.get(each, each) for each in item.requires)))
        for item in result.prescriptions
    ]


def _needless_index(item: Prescription, kept: Sequence[Prescription], _: Collection[str]) -> Declined | None:
    """An index for nothing but statements that will not be asked any more."""
    if item.kind != "create_index" or not item.gains or item.cures:
        return None
    if any(item.fingerprint in other.requires for other in kept):
        return None
    replaced = {
        mapping.original
        for other in kept
        if other is not item
        for mapping in other.mappings
        if not mapping.runs_original
    }
    if not all(gain.fingerprint in replaced for gain in item.gains):
        return None
    return refusal(item, "The statements that would use it are replaced by others, which do without.")


def _needed_index(item: Prescription, kept: Sequence[Prescription], missed: Collection[str]) -> Declined | None:
    """The drop of an index that another item's statements use or name."""
    for name, _ in indexes_dropped(item):
        if name in missed:
            return refusal(item, "The statements or views that are new in this plan would be dearer without it.")
        for other in kept:
            if other is not item and any(name in words(statement.sql) for statement in other.do):
                if any(name == theirs for theirs, _ in indexes_dropped(other)):
                    continue
                return refusal(item, "What is prescribed for {other} needs it.", other=str(other.object))
    return None


def _carried(items: list[Prescription]) -> list[Prescription]:
    """Conversions of tables with what is built on them before; what requires them does so under their new names."""
    after = with_what_is_built_before(items)
    renamed = {old.fingerprint: new.fingerprint for old, new in zip(items, after, strict=True)}
    return [replace(item, requires=tuple(renamed.get(each, each) for each in item.requires)) for item in after]


def _required(item: Prescription, items: Sequence[Prescription], snapshot: Snapshot) -> tuple[str, ...]:
    """With the new index that has to be there before an old one may go, if only a new one does its work."""
    found = list(item.requires)
    gone = {name for other in items for name, _ in indexes_dropped(other)}
    for name, definition in indexes_dropped(item):
        if definition is None or any(
            index.is_valid and index.name != name and index.name not in gone and serves(index.definition, definition)
            for index in snapshot.indexes
        ):
            continue
        found += [other.fingerprint for other in items if any(serves(made, definition) for made in indexes_made(other))]
    return tuple(dict.fromkeys(each for each in found if each != item.fingerprint))


def _whole(items: Sequence[Prescription]) -> tuple[list[Prescription], list[Declined]]:
    """Without what requires something that is not there, however far along."""
    kept, declined = list(items), list[Declined]()
    while True:
        there = {item.fingerprint for item in kept}
        lost = [item for item in kept if not there.issuperset(item.requires)]
        if not lost:
            return kept, declined
        declined += [refusal(item, "It needs another cure that is not part of this plan.") for item in lost]
        kept = [item for item in kept if item not in lost]


def _ordered(items: Sequence[Prescription], worth: Worth) -> tuple[Prescription, ...]:
    """Each after what it requires, and no sooner than that; else by when, what it saves, and the order of coming.

    What is there for others alone is not done sooner than the first of them.
    """
    by_mark = {item.fingerprint: item for item in items}
    when = _when(by_mark)
    saved = {mark: round(worth.of(item), _DIGITS) for mark, item in by_mark.items()}
    rank: dict[str, tuple[int, float, int]] = {
        mark: (_SOONEST[when[mark]], -saved[mark], place) for place, mark in enumerate(by_mark)
    }
    for mark, item in by_mark.items():
        followers = [other.fingerprint for other in items if mark in other.requires]
        if followers and not (item.gains or item.cures):
            soonest = min(followers, key=rank.__getitem__)
            when[mark] = max(when[mark], when[soonest], key=_SOONEST.__getitem__)
            rank[mark] = (*rank[soonest][:2], rank[mark][2])
    waiting = sorted(by_mark, key=rank.__getitem__)
    done: dict[str, Prescription] = {}
    while waiting:
        mark = next((each for each in waiting if done.keys() >= set(by_mark[each].requires)), waiting[0])
        waiting.remove(mark)
        done[mark] = replace(by_mark[mark], when=when[mark], saves=saved[mark])
    return tuple(done.values())


def _when(by_mark: Mapping[str, Prescription]) -> dict[str, When]:
    """How soon each can be done: not before all that it requires."""
    when: dict[str, When] = {}
    left = list(by_mark)
    while left:
        ready = [mark for mark in left if when.keys() >= set(by_mark[mark].requires)]
        # In a circle nobody can tell what comes first, and the order of coming is as good as any.
        for mark in ready or left[:1]:
            required = [when[each] for each in by_mark[mark].requires if each in when]
            when[mark] = max([by_mark[mark].when, *required], key=_SOONEST.__getitem__)
        left = [mark for mark in left if mark not in when]
    return when

"""Prescriptions that cannot all be followed: of two, the one that is worth more to the workload stays.

Two contradict each other where both change the same thing (a setting, a storage parameter, a policy, an object) and
not to the same; and where one builds an index on a table that the other drops, or puts another one in the place of.
What requires the other knows what it does, and is no contradiction.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from pgclinic.advise.done_to import indexes_made, new_parent_at
from pgclinic.advise.equivalence import serves
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.prescription import Declined, Prescription
from pgclinic.sql.altered import Altered, altered

Changes = Mapping[Altered, tuple[str, ...]]
"""What a prescription changes, each with what its statements make of it, in their order."""


class Agreed(msgspec.Struct, frozen=True):
    """What stays, in the order in which it came, and what is refused.

    ``instead`` gives, for the fingerprint of what is the same as another one, the other's.
    """

    prescriptions: tuple[Prescription, ...]
    declined: tuple[Declined, ...] = ()
    instead: Mapping[str, str] = {}


class _Stays(msgspec.Struct):
    """One that stays so far."""

    place: int
    item: Prescription
    changes: Changes


def agreed(items: Sequence[Prescription], worth: Mapping[str, float]) -> Agreed:
    """``worth`` by fingerprint, a share of the workload; of two that are worth the same the earlier one stays."""
    stay: list[_Stays] = []
    declined: list[Declined] = []
    instead: dict[str, str] = {}
    for place in sorted(range(len(items)), key=lambda place: (-worth.get(items[place].fingerprint, 0.0), place)):
        item = items[place]
        if (same := next((each for each in stay if _does_all_of(each.item, item)), None)) is not None:
            instead[item.fingerprint] = same.item.fingerprint
            same.item = _both(same.item, item)
            continue
        changes = _changes(item)
        if (narrow := next((each for each in stay if _does_all_of(item, each.item)), None)) is not None:
            instead[narrow.item.fingerprint] = item.fingerprint
            narrow.item, narrow.changes = _both(item, narrow.item), changes
            continue
        for other in stay:
            if not _are_related(item, other.item) and (what := _clash(item, changes, other)):
                declined.append(_contradicts(item, other.item, what))
                if not any(statement.makes for statement in item.do):
                    # The same thing is seen to, otherwise.
                    other.item = replace(other.item, cures=_joined(other.item.cures, item.cures))
                break
        else:
            stay.append(_Stays(place, item, changes))
    stay.sort(key=lambda each: each.place)
    last = {mark: _last(mark, instead) for mark in instead}
    return Agreed(tuple(each.item for each in stay), tuple(declined), last)


def _last(mark: str, instead: Mapping[str, str]) -> str:
    while mark in instead:
        mark = instead[mark]
    return mark


def _changes(item: Prescription) -> Changes:
    found: dict[Altered, tuple[str, ...]] = {}
    for statement in item.do:
        for key, value in altered(statement.sql).items():
            found[key] = (*found.get(key, ()), value)
    return found


def _clash(item: Prescription, changes: Changes, other: _Stays) -> str:
    """What both change, in words; empty where they get along."""
    for key in changes:
        if key in other.changes and changes[key] != other.changes[key]:
            return _words(key)
    for builds, changing, their_changes in ((item, other.item, other.changes), (other.item, item, changes)):
        # A conversion gets the index too, see remade_tables.
        for definition in indexes_made(builds) if new_parent_at(changing) is None else ():
            key = ("relation", definition.relation.schema, definition.relation.name)
            if key in their_changes:
                return _words(key)
    return ""


def _words(key: Altered) -> str:
    match key:
        case ("setting", scope, name):
            return f"the setting {name}{f' of {scope}' if scope else ''}"
        case ("storage parameter", schema, name, parameter):
            return f"the storage parameter {parameter} of {schema}.{name}"
        case ("policy" | "trigger" as kind, schema, table, name):
            return f"the {kind} {name} of {schema}.{table}"
        case ("relation", schema, name):
            return f"{schema}.{name}"
        case ("function", schema, name, *_):
            return f"the function {schema}.{name}"
    return ".".join(key[1:])


def _contradicts(item: Prescription, other: Prescription, what: str) -> Declined:
    return refusal(
        item,
        "It would contradict what is prescribed for {other}: both change {what}, and that is worth more.",
        other=str(other.object),
        what=what,
    )


def refusal(item: Prescription, reason: str, **facts: str) -> Declined:
    """The item as one that was thought of; ``facts`` are words of the database."""
    return Declined(
        adviser=item.adviser or item.kind,
        object=item.object,
        reason=reason,
        facts=tuple(Fact(name, value, Unit.TEXT) for name, value in facts.items()),
    )


def _are_related(one: Prescription, other: Prescription) -> bool:
    return one.fingerprint in other.requires or other.fingerprint in one.requires


def _does_all_of(known: Prescription, item: Prescription) -> bool:
    """Whether one does what the other does: by the same statements, or by an index that serves for the other's."""
    if item.is_elsewhere or known.is_elsewhere:
        return item.fingerprint == known.fingerprint
    if [statement.sql for statement in known.do] == [statement.sql for statement in item.do]:
        return True
    if _were_weighed_together(known, item):
        return False
    wanted, there = indexes_made(item), indexes_made(known)
    is_index = item.kind == "create_index" and not item.mappings
    return is_index and bool(wanted) and all(any(serves(one, each) for one in there) for each in wanted)


def _were_weighed_together(one: Prescription, other: Prescription) -> bool:
    """Whether both are of the index adviser's choice, which knows what a narrow index gains beside a wider one."""
    return all(item.kind == "create_index" and item.gains and not item.adviser for item in (one, other))


def _both(known: Prescription, other: Prescription) -> Prescription:
    """One that is known to do all of the other, with what the other is for as well."""
    gains = {(gain.fingerprint, gain.role) for gain in known.gains}
    return replace(
        known,
        cures=_joined(known.cures, other.cures),
        gains=(*known.gains, *(gain for gain in other.gains if (gain.fingerprint, gain.role) not in gains)),
        application=known.application or other.application,
        requires=_joined(known.requires, other.requires),
    )


def _joined(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))

"""Why a candidate was not chosen."""

from collections.abc import Iterator, Sequence

import msgspec

from pgclinic.advise.index_sets import IndexSet
from pgclinic.advise.prescribing import Chosen
from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.plan import WhatIfIndex
from pgclinic.model.prescription import RejectedIndex
from pgclinic.sql import quote


class Refused(msgspec.Struct, frozen=True):
    """A candidate that is not prescribed, and why; its size where one was made."""

    definition: IndexDefinition
    reason: str
    size_bytes: int = 0


def rejected(chosen: Chosen, refused: Sequence[Refused]) -> Iterator[RejectedIndex]:
    """Every candidate that is not prescribed: those that came nearest to it first, those never planned last."""
    wanted_by: dict[IndexDefinition, list[str]] = {}
    for subject in chosen.subjects:
        for definition in subject.candidates:
            wanted_by.setdefault(definition, []).append(subject.statement.fingerprint)
    considered = sorted(_considered(chosen), key=lambda pair: pair[0])
    for each in (*(candidate for _, candidate in considered), *refused):
        yield RejectedIndex(
            sql=quote.create_index(each.definition, ""),
            reason=each.reason,
            size_bytes=each.size_bytes,
            statements=tuple(wanted_by.get(each.definition, ())),
        )


def _considered(chosen: Chosen) -> Iterator[tuple[float, Refused]]:
    """What was made and not chosen, each with what the objective would be, had it been built too."""
    search, point = chosen.search, chosen.point
    used = search.used_by(search.positions)
    for number, index in sorted(search.indexes.items()):
        bit = 1 << number
        if point.chosen & bit:
            continue
        value, reason = 3.0, "no plan of these statements uses it"
        if used & bit:
            value, reason = _weighed(chosen, index, point.chosen | bit)
        yield value, Refused(index.definition, reason, index.bytes)


def _weighed(chosen: Chosen, index: WhatIfIndex, together: IndexSet) -> tuple[float, str]:
    """The objective with the index beside the chosen ones, and what speaks against it."""
    search, point, budget = chosen.search, chosen.point, chosen.point.budget_bytes
    price = search.price(1 << index.id, budget)
    writes = search.objective.writes.get(index.id, 0.0)
    value = search.value(together, budget)
    saved = search.workload(point.chosen) - search.workload(together)
    if budget is not None and index.bytes > budget:
        return 2.0 + value, "it is larger than the whole budget"
    if saved <= 0:
        return 1.0 + value, "beside the chosen indexes no statement gets cheaper with it"
    if saved <= writes:
        return 1.0 + value, f"it would save {saved:.3%} of the workload and cost its writes {writes:.3%}"
    if saved <= writes + price:
        return 1.0 + value, f"it would save only {saved - writes:.3%} of the workload beside the chosen indexes"
    if budget is not None and search.bytes_of(together) > budget:
        return value, f"it would save {saved - writes:.3%} more, but the budget is spent on indexes that save more"
    return value, f"it would save {saved - writes:.3%} more, less than what it would take the place of"

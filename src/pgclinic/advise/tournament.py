"""Which candidates a search looks at: those that some plan used among others of their size.

A plan takes the longer the more indexes it may use, and most candidates are never used. So each statement is planned
with a few candidates at a time, all of about one size, and only those that it used there, or used once those were
hidden, go on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from pgclinic.advise.costing import Costs
from pgclinic.advise.index_sets import NONE, IndexSet, ids_of, set_of
from pgclinic.model.plan import WhatIfIndex
from pgclinic.model.progress import Progress

_ROUNDS = 2
_HEAT = 8
"""Candidates of one table that a statement is planned with at a time."""

_FEW = 24
"""A statement with so many candidates or fewer is planned with all of them."""

_MOST_OWN, _MOST_SHOWN = 36, 48
"""Indexes that a statement may be planned with at once, of its own and in all: a statement of many ORs on one table
takes 0.2 s with 40 of them and 4 s with 120."""

_BATCH = 256
"""Plans between two signs of progress."""


def hold_tournament(
    costs: Costs,
    positions: Sequence[int],
    own: Sequence[IndexSet],
    indexes: Mapping[int, WhatIfIndex],
    less: Mapping[int, IndexSet],
    *,
    is_spent: Callable[[], bool],
) -> Iterator[Progress]:
    """Leave to each statement, in ``costs.relevant``, only winners, and no more than it can be planned with at once.

    ``own`` are each statement's candidates, ``less`` what is narrower than each: where two indexes cost the same the
    planner may take the wider one, so the narrower goes on with it. ``is_spent`` ends it early.
    """
    games, winners = [], NONE
    for position in positions:
        candidates = own[position] & costs.relevant[position]
        if candidates.bit_count() <= _FEW:
            winners |= candidates
        else:
            games += [(position, heat) for heat in _heats(candidates, indexes)]
    for _ in range(_ROUNDS):
        played = 0
        while played < len(games) and not is_spent():
            yield Progress("planning with what-if indexes", played, len(games))
            costs.demand(games[played : played + _BATCH])
            played += _BATCH
        again = []
        for position, visible in games[:played]:
            costed = costs.of(position, visible)
            if costed and costed.used:
                winners |= costed.used
                again.append((position, visible & ~costed.used))
        games = again
    for winner in ids_of(winners):
        winners |= less[winner]
    for position in positions:
        costs.relevant[position] = _shortlist(costs, position, costs.relevant[position] & winners, own, indexes)


def narrower(indexes: Mapping[int, WhatIfIndex]) -> dict[int, IndexSet]:
    """For each index those with its first keys, or all of them, and less besides."""
    known: dict[object, list[int]] = {}
    for number, index in indexes.items():
        known.setdefault(msgspec.structs.replace(index.definition, include=()), []).append(number)
    found = {}
    for number, index in indexes.items():
        definition = index.definition
        less = NONE
        for width in range(1, len(definition.keys) + 1):
            begins = msgspec.structs.replace(definition, keys=definition.keys[:width], include=())
            for other in known.get(begins, ()):
                if width < len(definition.keys) or set(indexes[other].definition.include) < set(definition.include):
                    less |= 1 << other
        found[number] = less
    return found


def _heats(candidates: IndexSet, indexes: Mapping[int, WhatIfIndex]) -> Iterator[IndexSet]:
    """A statement's own candidates in groups, each with a few of every table, from the smallest to the largest.

    One method at a time: a BRIN index never wins where a B-tree may be used, and is a hundred times smaller.
    """
    by_method: dict[str, dict[object, list[int]]] = {}
    for number in ids_of(candidates):
        definition = indexes[number].definition
        by_method.setdefault(definition.method, {}).setdefault(definition.relation, []).append(number)
    for _, by_table in sorted(by_method.items()):
        for numbers in by_table.values():
            numbers.sort(key=lambda number: (indexes[number].bytes, number))
        longest = max(map(len, by_table.values()))
        for start in range(0, longest, _HEAT):
            yield set_of(number for numbers in by_table.values() for number in numbers[start : start + _HEAT])


def _shortlist(
    costs: Costs, position: int, winners: IndexSet, own: Sequence[IndexSet], indexes: Mapping[int, WhatIfIndex]
) -> IndexSet:
    """No more winners than a statement can be planned with at once: its own first, then other statements'.

    Half of its own are those that made it cheapest, half those that saved most for their size.
    """
    if winners.bit_count() <= _MOST_SHOWN:
        return winners
    now = costs.of(position, NONE)
    lowest = dict.fromkeys(ids_of(winners & own[position]), now.cost if now else 0.0)
    for plan in costs.cheapest(position):
        for number in ids_of(plan.used & winners & own[position]):
            lowest[number] = min(lowest[number], plan.cost)
    size = {number: indexes[number].bytes for number in ids_of(winners)}
    saved = {number: (now.cost - cost if now else 0.0) / (size[number] + 1) for number, cost in lowest.items()}
    by_cost = sorted(lowest, key=lambda number: (lowest[number], size[number], number))
    by_thrift = sorted(saved, key=lambda number: (-saved[number], size[number], number))
    mine = list(dict.fromkeys(number for pair in zip(by_cost, by_thrift, strict=True) for number in pair))
    others = sorted(ids_of(winners & ~own[position]), key=lambda number: (size[number], number))
    return set_of([*mine[:_MOST_OWN], *others, *mine[_MOST_OWN:]][:_MOST_SHOWN])

"""The search for the best indexes under one budget after another, with a bound on what it may have missed.

Two programs over the same workload. The first knows the plans that were made: its answer is planned anew, with each
index that it uses taken away, until the program's cost is the planned one. Its plans come from graphs grown in
families: one that starts from all candidates sees only the largest and is blind at small budgets, so others start from
the narrow ones, from those that include nothing and from those that fit the budget several times over.

Before all that a tournament leaves each statement few candidates; what the bound says holds for these.

The second program is optimistic: it takes each statement's benefit tree, where what was never planned costs no more
than what was. Its optimum is a lower bound. Where its choice is more hopeful than known, the trees are grown, and the
choice is planned; so the bound rises and better answers are met on the way, until they are one or the effort is spent.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec

from pgclinic.advise.benefit_tree import BenefitTree
from pgclinic.advise.costing import Costs
from pgclinic.advise.index_sets import NONE, IndexSet, ids_of, set_of
from pgclinic.advise.program import AtMost, Choice, Rules, Solution, solve
from pgclinic.advise.tournament import hold_tournament, narrower
from pgclinic.model.plan import WhatIfIndex
from pgclinic.model.progress import Progress

_BOUNDING_NODES = 50
"""Of the second program's solver: its bound holds wherever it stops."""


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """Where the search stops. Counted in plans and rounds, so that the same snapshot has the same answer.

    ``fewest_nodes`` and ``most_nodes`` are plans of one statement's graph in one family, by its share of the
    workload; ``most_leaves`` those of its benefit tree. ``close_enough`` is the gap between answer and bound, relative
    to the answer, at which nothing more is looked for. ``is_late`` may end the search by the clock.
    """

    fewest_nodes: int = 8
    most_nodes: int = 60
    most_leaves: int = 200
    most_rounds: int = 8
    most_bounding_rounds: int = 12
    most_plans: int = 40_000
    close_enough: float = 5e-3
    is_late: Callable[[], bool] = lambda: False


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """What is minimised, relative to the workload as it is, which is 1.

    ``shares`` has each statement's part of it, 0 where a statement is no reason for an index; ``constant`` is what
    those make up together. ``writes`` is what each index costs the writes. ``per_index`` is what each has to earn at
    least, and ``per_byte`` what each byte has to, where no budget limits them: a choice that gains next to nothing is
    no gain to whoever has to maintain it. ``slow`` is what statements, by position, add until they are made
    ``times_faster``: what it is worth to cure one that is slow in itself, however small its share is.
    """

    shares: tuple[float, ...]
    constant: float
    writes: Mapping[int, float]
    per_index: float = 0.0
    per_byte: float = 0.0
    slow: Mapping[int, float] = {}
    times_faster: float = 1.0

    def part(self, position: int, ratio: float) -> float:
        """What a statement adds that costs ``ratio`` of what it costs now."""
        return self.shares[position] * ratio + self.slowness(position, ratio)

    def slowness(self, position: int, ratio: float) -> float:
        """What of that stands for its being slow."""
        return self.slow.get(position, 0.0) if ratio * self.times_faster > 1 else 0.0


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """The best choice for one budget: its planned value, and what no choice is better than.

    ``price`` is the part of both that stands for what indexes have to earn and for what stays slow; the rest is the
    workload, with its writes.
    """

    budget_bytes: int | None
    chosen: IndexSet
    value: float
    bound: float
    price: float
    solver_gap: float


class _Best:
    """The best set of indexes met so far under one budget."""

    def __init__(self, search: "Search", budget: int | None, chosen: IndexSet) -> None:
        self._search = search
        self._budget = budget
        self.chosen = chosen
        self.value = search.value(chosen, budget)

    def meet(self, chosen: IndexSet) -> None:
        """Plan the workload under another set, and keep it when it is better."""
        value = self._search.value(chosen, self._budget)
        if value < self.value:
            self.chosen, self.value = chosen, value


class Search:
    """A search over one workload's statements and what-if indexes."""

    def __init__(
        self,
        costs: Costs,
        objective: Objective,
        indexes: Mapping[int, WhatIfIndex],
        *,
        own: Sequence[IndexSet] | None = None,
        at_most: tuple[AtMost, ...] = (),
        effort: Effort | None = None,
    ) -> None:
        self.costs = costs
        self.objective = objective
        self.indexes = indexes
        self.own = tuple(costs.relevant if own is None else own)
        self.at_most = at_most
        self.effort = effort or Effort()
        self.sizes = {number: index.bytes for number, index in indexes.items()}
        self.positions = tuple(
            position
            for position, share in enumerate(objective.shares)
            if share and costs.of(position, NONE) is not None and costs.relevant[position]
        )
        self.candidates = set_of(indexes)
        self._narrower = narrower(indexes)
        self._bare = set_of(number for number, index in indexes.items() if not index.definition.include)
        self._single = self._bare & set_of(
            number for number, index in indexes.items() if len(index.definition.keys) == 1
        )

    def frontier(self, budgets: Sequence[int | None]) -> Iterator[Progress | Point]:
        """The best point for each budget, from the smallest to the largest (None: no limit)."""
        yield from hold_tournament(
            self.costs, self.positions, self.own, self.indexes, self._narrower, is_spent=self._is_spent
        )
        yield from self._grow(self._families(self.candidates))
        start = NONE
        for budget in sorted(budgets, key=lambda each: (each is None, each)):
            for event in self._best(budget, start):
                if isinstance(event, Point):
                    start = event.chosen
                yield event

    def value(self, chosen: IndexSet, budget: int | None) -> float:
        """The objective under these indexes, as planned."""
        self.costs.demand((position, chosen) for position in self.positions)
        total = self._constant() + sum(self.burden(index, budget) for index in ids_of(chosen))
        return total + sum(self.part(position, chosen) for position in self.positions)

    def burden(self, index: int, budget: int | None) -> float:
        """What one index costs by itself: its writes and its price."""
        return self.objective.writes.get(index, 0.0) + self.price(1 << index, budget)

    def price(self, chosen: IndexSet, budget: int | None) -> float:
        """What these indexes have to earn."""
        objective = self.objective
        per_byte = objective.per_byte if budget is None else 0.0
        return sum(objective.per_index + per_byte * self.sizes[index] for index in ids_of(chosen))

    def part(self, position: int, chosen: IndexSet) -> float:
        """One statement's part of the objective."""
        return self.objective.part(position, self._ratio(position, chosen))

    def workload(self, chosen: IndexSet) -> float:
        """The workload under these indexes, where 1 is what it is now, without their writes and prices."""
        parts = (self.objective.shares[each] * self._ratio(each, chosen) for each in self.positions)
        return self._constant() + sum(parts)

    def slowness(self, chosen: IndexSet) -> float:
        """What of the objective stands for statements that stay slow."""
        slow = (each for each in self.positions if each in self.objective.slow)
        return sum(self.objective.slowness(each, self._ratio(each, chosen)) for each in slow)

    def _ratio(self, position: int, chosen: IndexSet) -> float:
        now, then = self.costs.of(position, NONE), self.costs.of(position, chosen)
        return then.cost / now.cost if now and then and now.cost > 0 else 1.0

    def known_part(self, position: int, indexes: IndexSet) -> float:
        """One statement's part as far as the plans made so far tell: never less than ``part``."""
        now = self.costs.of(position, NONE)
        fitting = [plan.cost for plan in self.costs.cheapest(position) if not plan.used & ~indexes]
        ratio = min([now.cost, *fitting]) / now.cost if now and now.cost > 0 else 1.0
        return self.objective.part(position, ratio)

    def used_by(self, positions: Iterable[int]) -> IndexSet:
        """The indexes that any plan made so far of these statements uses."""
        used = NONE
        for position in positions:
            for plan in self.costs.cheapest(position):
                used |= plan.used
        return used

    def most_useful_first(self, point: Point) -> tuple[WhatIfIndex, ...]:
        """The indexes of a point, by what the workload would lose without each."""
        loss = {
            number: self.value(point.chosen & ~(1 << number), point.budget_bytes) for number in ids_of(point.chosen)
        }
        return tuple(self.indexes[number] for number in sorted(loss, key=lambda each: (-loss[each], each)))

    def bytes_of(self, chosen: IndexSet) -> int:
        """What the indexes take together."""
        return sum(self.sizes[index] for index in ids_of(chosen))

    def rules(self, budget: int | None) -> Rules:
        """The program's rules under a budget: an index larger than all of it is never built."""
        allowed = set_of(index for index, size in self.sizes.items() if budget is None or size <= budget)
        return Rules(
            burden={index: self.burden(index, budget) for index in self.sizes},
            sizes=self.sizes,
            allowed=allowed,
            budget_bytes=budget,
            at_most=self.at_most,
        )

    def solve_known(self, rules: Rules, start: IndexSet) -> Solution:
        """The first program: over the plans that were made."""
        choices = [list(self._choices(position, rules.allowed)) for position in self.positions]
        return solve(choices, rules, constant=self._constant(), start=start)

    def _constant(self) -> float:
        idle = sum(self.objective.shares) - sum(self.objective.shares[position] for position in self.positions)
        return self.objective.constant + idle

    def _is_spent(self) -> bool:
        return self.costs.planner.plans_made >= self.effort.most_plans or self.effort.is_late()

    def _best(self, budget: int | None, start: IndexSet) -> Iterator[Progress | Point]:
        rules = self.rules(budget)
        step = "choosing indexes" if budget is None else f"choosing indexes for {budget / 2**20:,.0f} MiB"
        yield Progress(step)
        if budget is not None:
            yield from self._grow([*self._families(rules.allowed), *self._small(budget)])
        best, gap = _Best(self, budget, start), 0.0
        for _ in range(self.effort.most_rounds):
            solution = self.solve_known(rules, best.chosen)
            known = self.costs.count()
            self._plan_around(solution.chosen)
            best.meet(solution.chosen)
            gap = solution.gap
            yield Progress(step)
            if self.costs.count() == known or self._is_spent():
                break
        bound = self._constant()
        for higher in self._bounds(rules, best):
            bound = higher
            yield Progress(step)
        best.meet(self.solve_known(rules, best.chosen).chosen)
        chosen = self._slimmed(self._without_needless(best.chosen, budget), budget)
        value = self.value(chosen, budget)
        yield Point(
            budget_bytes=budget,
            chosen=chosen,
            value=value,
            bound=min(bound, value),
            price=self.price(chosen, budget) + self.slowness(chosen),
            solver_gap=gap,
        )

    def _without_needless(self, chosen: IndexSet, budget: int | None) -> IndexSet:
        """Without the indexes that earn nothing beside the others; the planner's own whims may leave some."""
        for index in ids_of(chosen):
            without = chosen & ~(1 << index)
            if self.value(without, budget) <= self.value(chosen, budget):
                chosen = without
        return chosen

    def _slimmed(self, chosen: IndexSet, budget: int | None) -> IndexSet:
        """With each index replaced by a narrower one where that is as good: the planner does not mind, disks do."""
        for index in ids_of(chosen):
            others = chosen & ~(1 << index)
            smaller = [each for each in ids_of(self._narrower[index] & ~chosen) if self.sizes[each] < self.sizes[index]]
            for each in sorted(smaller, key=lambda each: (self.sizes[each], each)):
                if self.value(others | 1 << each, budget) <= self.value(chosen, budget):
                    chosen = others | 1 << each
                    break
        return chosen

    def _bounds(self, rules: Rules, best: "_Best") -> Iterator[float]:
        """The second program, again and again: each time a lower bound, never below the last; its choice is met."""
        now = {position: costed.cost for position in self.positions if (costed := self.costs.of(position, NONE))}
        trees = {
            position: BenefitTree(
                self.costs,
                position,
                self.costs.relevant[position] & rules.allowed,
                sizes=self.sizes,
                most_leaves=self._allowed(position, self.effort.most_leaves),
            )
            for position in self.positions
        }
        chosen, highest = best.chosen, self._constant()
        for _ in range(self.effort.most_bounding_rounds):
            self._descend(trees, best.chosen)
            self._descend(trees, chosen)
            choices = [
                list(tree.choices(partial(self.objective.part, position), now[position]))
                for position, tree in trees.items()
            ]
            solution = solve(choices, rules, constant=self._constant(), start=best.chosen, most_nodes=_BOUNDING_NODES)
            highest = max(highest, solution.bound)
            chosen = solution.chosen
            best.meet(chosen)
            yield highest
            is_known = all(tree.unknown(chosen) is None for tree in trees.values())
            if best.value - highest <= self.effort.close_enough * best.value or is_known or self._is_spent():
                return

    def _descend(self, trees: Mapping[int, BenefitTree], chosen: IndexSet) -> None:
        """Grow every tree until it knows what ``chosen`` costs."""
        while not self._is_spent():
            unknown = {
                position: visible for position, tree in trees.items() if (visible := tree.unknown(chosen)) is not None
            }
            if not unknown:
                return
            self.costs.demand(unknown.items())
            for position in unknown:
                trees[position].grow(chosen)

    def _families(self, allowed: IndexSet) -> list[IndexSet]:
        return [allowed, allowed & self._bare, allowed & self._single]

    def _small(self, budget: int) -> list[IndexSet]:
        return [set_of(index for index, size in self.sizes.items() if size * share <= budget) for share in (2, 4)]

    def _grow(self, families: Sequence[IndexSet]) -> Iterator[Progress]:
        """Plan every statement's graph of each family, breadth first: without each index that a plan used."""
        for family in families:
            yield Progress("planning with what-if indexes")
            level = [(position, self.costs.relevant[position] & family) for position in self.positions]
            seen: dict[int, set[IndexSet]] = {position: {visible} for position, visible in level}
            while level and not self._is_spent():
                self.costs.demand(level)
                level = list(self._next_level(level, seen))
                yield Progress("planning with what-if indexes")

    def _next_level(
        self, level: Sequence[tuple[int, IndexSet]], seen: Mapping[int, set[IndexSet]]
    ) -> Iterator[tuple[int, IndexSet]]:
        for position, visible in level:
            costed = self.costs.of(position, visible)
            for index in ids_of(costed.used) if costed else ():
                smaller = visible & ~(1 << index)
                if smaller not in seen[position] and len(seen[position]) < self._allowed(position):
                    seen[position].add(smaller)
                    yield position, smaller

    def _allowed(self, position: int, most: int | None = None) -> int:
        """How many plans a statement may have, most for those that weigh most."""
        most = self.effort.most_nodes if most is None else most
        fewest = min(self.effort.fewest_nodes, most)
        return round(fewest + (most - fewest) * min(1.0, 5 * self.objective.shares[position]))

    def _plan_around(self, chosen: IndexSet) -> None:
        """Plan every statement under these indexes, and without each of those that it then uses."""
        self.costs.demand((position, chosen) for position in self.positions)
        self.costs.demand(
            (position, chosen & ~(1 << index))
            for position in self.positions
            if (costed := self.costs.of(position, chosen)) is not None
            for index in ids_of(costed.used)
        )

    def _choices(self, position: int, allowed: IndexSet) -> Iterator[Choice]:
        """A statement's plans that no other plan of it dominates (as cheap, with fewer indexes)."""
        now = self.costs.of(position, NONE)
        kept: list[IndexSet] = [NONE]
        yield Choice(NONE, self.objective.part(position, 1.0))
        plans = sorted(self.costs.cheapest(position), key=lambda plan: (plan.cost, plan.used.bit_count(), plan.used))
        for plan in plans:
            if now is None or plan.cost >= now.cost or now.cost <= 0:
                break
            if not plan.used & ~allowed and not any(not used & ~plan.used for used in kept[1:]):
                kept.append(plan.used)
                yield Choice(plan.used, self.objective.part(position, plan.cost / now.cost))

"""What one statement costs under every set of indexes, known exactly in part and bounded from below in the rest.

An index benefit graph (Schnaitter, Polyzotis, Getoor, VLDB 2009) as a tree that is grown only where a search looks.
The statement is planned with all its indexes visible; under any set that holds the ones used, it costs that. The other
sets each lack a first one of them, which is hidden, and the statement planned again. A part of the tree that was not
planned costs at least what its parent does, for an index taken away makes no plan cheaper. (PostgreSQL's planner keeps
to that but for differences of about one part in a hundred, which it ignores while it prunes paths.)
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from pgclinic.advise.costing import Costs
from pgclinic.advise.index_sets import NONE, IndexSet, ids_of
from pgclinic.advise.program import Choice


class _Leaf(msgspec.Struct, frozen=True):
    """The sets of indexes that hold all of ``needs`` and none of ``absent``.

    Their cost, or at least that where the leaf ``is_open``; then planning with ``visible`` tells more.
    """

    needs: IndexSet
    absent: IndexSet
    visible: IndexSet
    cost: float
    is_open: bool


class BenefitTree:
    """The tree of one statement over the indexes of ``root``, with no more than about ``most_leaves`` leaves.

    ``sizes`` decide which of the used indexes is hidden first: the largest, so that small choices are met early.
    """

    def __init__(
        self, costs: Costs, position: int, root: IndexSet, *, sizes: Mapping[int, int], most_leaves: int
    ) -> None:
        self._costs = costs
        self._position = position
        self._sizes = sizes
        self._most_leaves = most_leaves
        self._leaves = [_Leaf(NONE, NONE, root, 0.0, is_open=True)]

    def unknown(self, chosen: IndexSet) -> IndexSet | None:
        """What to plan with to learn more about the cost under ``chosen``; None when it is known or left at that."""
        leaf = self._leaf_of(chosen)
        return leaf.visible if leaf.is_open and len(self._leaves) < self._most_leaves else None

    def grow(self, chosen: IndexSet) -> None:
        """Open the leaf that ``chosen`` is in."""
        leaf = self._leaf_of(chosen)
        costed = self._costs.of(self._position, leaf.visible)
        self._leaves.remove(leaf)
        if costed is None:
            self._leaves.append(msgspec.structs.replace(leaf, is_open=False))
            return
        cost = max(leaf.cost, costed.cost)
        used = costed.used & leaf.visible & ~leaf.needs
        self._leaves.append(_Leaf(leaf.needs | used, leaf.absent, leaf.visible, cost, is_open=False))
        needs = leaf.needs
        for index in sorted(ids_of(used), key=lambda index: (-self._sizes[index], index)):
            bit = 1 << index
            self._leaves.append(_Leaf(needs, leaf.absent | bit, leaf.visible & ~bit, cost, is_open=True))
            needs |= bit

    def choices(self, part: Callable[[float], float], now: float) -> Iterator[Choice]:
        """Each leaf for the program, its value the statement's ``part`` at its cost relative to ``now``.

        ``part`` never falls where the cost rises, so that a bound of the cost gives one of the value.
        """
        for leaf in self._leaves:
            yield Choice(leaf.needs, part(min(leaf.cost, now) / now), leaf.absent)

    def _leaf_of(self, chosen: IndexSet) -> _Leaf:
        return next(leaf for leaf in self._leaves if not leaf.needs & ~chosen and not leaf.absent & chosen)

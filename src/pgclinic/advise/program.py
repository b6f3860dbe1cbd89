"""Index selection as a mixed-integer program over known plans (after CoPhy: Dash, Polyzotis, Ailamaki, VLDB 2011).

Every statement takes exactly one of its choices; a choice may be taken only when each index that it needs is built
and none that it must do without; the indexes fit into the budget. One row links a statement and an index: the choices
of the statement that need the index together weigh no more than the index does. Solved by HiGHS; node limits instead
of time limits keep it deterministic.
"""

from collections.abc import Mapping, Sequence

import highspy
import msgspec
import numpy as np

from pgclinic.advise.index_sets import NONE, IndexSet, ids_of, set_of
from pgclinic.sizes.types import PAGE

MOST_NODES = 5_000
"""Of the solver's branch-and-bound tree; where it stops there, its bound holds and its gap is said."""

_GAP = 5e-4
"""Relative; the planner itself ignores differences below one part in a hundred."""

_HALF = 0.5


class Choice(msgspec.Struct, frozen=True):
    """One way to run a statement: the indexes that it needs, those that must be absent, its part of the objective."""

    needs: IndexSet
    value: float
    absent: IndexSet = NONE


class AtMost(msgspec.Struct, frozen=True):
    """No more than ``count`` of these indexes may be built."""

    indexes: IndexSet
    count: int


class Solution(msgspec.Struct, frozen=True):
    """The indexes to build, what the program makes of them, and a bound that no choice over these plans beats."""

    chosen: IndexSet
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """How far from the bound, relative to the value."""
        return max(0.0, (self.value - self.bound) / self.value) if self.value > 0 else 0.0


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What any choice of indexes has to obey or pay.

    ``burden`` is what each index costs by itself (its writes), in the unit of the choices' values; ``sizes`` in
    bytes. ``allowed`` are the indexes that may be built at all.
    """

    burden: Mapping[int, float]
    sizes: Mapping[int, int]
    allowed: IndexSet
    budget_bytes: int | None = None
    at_most: tuple[AtMost, ...] = ()


def solve(
    statements: Sequence[Sequence[Choice]],
    rules: Rules,
    *,
    constant: float = 0.0,
    start: IndexSet = NONE,
    most_nodes: int = MOST_NODES,
) -> Solution:
    """The cheapest set of indexes. Each statement has a choice that ``start`` and the empty set can take.

    ``constant`` is added to every value. ``start`` is a good set to begin from.
    """
    program = _Program(statements, rules, constant)
    return program.solved(start & rules.allowed, most_nodes)


class _Program:
    """The program's matrix, row by row. Columns are the indexes first, then every choice of every statement."""

    def __init__(self, statements: Sequence[Sequence[Choice]], rules: Rules, constant: float) -> None:
        self._statements = [
            [choice for choice in choices if not choice.needs & ~rules.allowed] for choices in statements
        ]
        self._rules = rules
        mentioned = NONE
        for choices in self._statements:
            for choice in choices:
                mentioned |= choice.needs
        self._indexes = ids_of(mentioned)
        self._column = {index: column for column, index in enumerate(self._indexes)}
        self._costs = [rules.burden.get(index, 0.0) for index in self._indexes]
        self._constant = constant
        self._starts = [0]
        self._columns: list[int] = []
        self._values: list[float] = []
        self._lower: list[float] = []
        self._upper: list[float] = []
        for choices in self._statements:
            self._add_statement(choices)
        if rules.budget_bytes is not None:
            # In pages, so that the row's coefficients stay small.
            sizes = [rules.sizes[index] / PAGE for index in self._indexes]
            self._add_row(range(len(self._indexes)), sizes, upper=rules.budget_bytes / PAGE)
        for limit in rules.at_most:
            columns = [self._column[index] for index in ids_of(limit.indexes) if index in self._column]
            self._add_row(columns, [1.0] * len(columns), upper=limit.count)

    def solved(self, start: IndexSet, most_nodes: int) -> Solution:
        if not self._indexes:
            value = self._constant + sum(min(each.value for each in choices) for choices in self._statements)
            return Solution(NONE, value, value)
        solver = highspy.Highs()
        solver.silent()
        options: dict[str, str | float] = {
            "presolve": "off",
            "mip_rel_gap": _GAP,
            "mip_max_nodes": most_nodes,
            "random_seed": 1,
            "threads": 1,
        }
        for option, setting in options.items():
            solver.setOptionValue(option, setting)
        solver.passModel(self._model())
        hint = highspy.HighsSolution()
        hint.col_value = self._values_of(start)
        solver.setSolution(hint)
        solver.run()
        values = solver.getSolution().col_value
        chosen = set_of(index for index, column in self._column.items() if values[column] > _HALF)
        info = solver.getInfo()
        return Solution(chosen, float(info.objective_function_value), float(info.mip_dual_bound))

    def _add_statement(self, choices: Sequence[Choice]) -> None:
        first = len(self._costs)
        self._costs += [choice.value for choice in choices]
        own = range(first, first + len(choices))
        self._add_row(own, [1.0] * len(choices), lower=1.0, upper=1.0)
        needing: dict[int, list[int]] = {}
        lacking: dict[int, list[int]] = {}
        for column, choice in zip(own, choices, strict=True):
            for index in ids_of(choice.needs):
                needing.setdefault(index, []).append(column)
            for index in ids_of(choice.absent):
                if index in self._column:
                    lacking.setdefault(index, []).append(column)
        for index, columns in sorted(needing.items()):
            self._add_row([*columns, self._column[index]], [*[1.0] * len(columns), -1.0], upper=0.0)
        for index, columns in sorted(lacking.items()):
            self._add_row([*columns, self._column[index]], [1.0] * (len(columns) + 1), upper=1.0)

    def _add_row(
        self, columns: Sequence[int], values: Sequence[float], *, upper: float, lower: float = -highspy.kHighsInf
    ) -> None:
        self._columns += columns
        self._values += values
        self._starts.append(len(self._columns))
        self._lower.append(lower)
        self._upper.append(upper)

    def _model(self) -> highspy.HighsLp:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self._costs), len(self._lower)
        model.offset_ = self._constant
        model.col_cost_ = np.array(self._costs)
        model.col_lower_ = np.zeros(len(self._costs))
        model.col_upper_ = np.ones(len(self._costs))
        model.row_lower_, model.row_upper_ = np.array(self._lower), np.array(self._upper)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(self._starts)
        model.a_matrix_.index_ = np.array(self._columns)
        model.a_matrix_.value_ = np.array(self._values)
        whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        model.integrality_ = [whole] * len(self._indexes) + [real] * (len(self._costs) - len(self._indexes))
        return model

    def _values_of(self, start: IndexSet) -> list[float]:
        """Every column's value when exactly the indexes of ``start`` are built."""
        values = [float(start >> index & 1) for index in self._indexes]
        for choices in self._statements:
            possible = [
                (choice.value, position)
                for position, choice in enumerate(choices)
                if not choice.needs & ~start and not choice.absent & start
            ]
            taken = min(possible)[1] if possible else -1
            values += [float(position == taken) for position in range(len(choices))]
        return values

"""A workload planned over the database as it is and over a changed one: which statements gain, and which lose."""

from collections.abc import Sequence

import msgspec

from pgclinic.advise.costing import Costed, Costs
from pgclinic.advise.index_sets import NONE, set_of
from pgclinic.advise.planner import Planner
from pgclinic.advise.prescribing import WORSE
from pgclinic.advise.whatif import Subject
from pgclinic.model.prescription import StatementGain
from pgclinic.model.workload import WorkloadStatement


class Outcome(msgspec.Struct, frozen=True):
    """Statements that get cheaper and dearer, by what they weigh; those that cost the same are in neither."""

    gains: tuple[StatementGain, ...] = ()
    losses: tuple[StatementGain, ...] = ()

    def of(self, subjects: Sequence[Subject]) -> "Outcome":
        """The same of these statements alone."""
        keys = {(subject.statement.fingerprint, subject.statement.role) for subject in subjects}
        gains, losses = (
            tuple(each for each in changes if (each.fingerprint, each.role) in keys)
            for changes in (self.gains, self.losses)
        )
        return Outcome(gains, losses)

    @property
    def is_better(self) -> bool:
        """Whether the workload as a whole gets cheaper, each statement weighed by its cost relative to now."""
        return sum(_saved(each) for each in (*self.gains, *self.losses)) > 0


def outcome(before: Planner, after: Planner, subjects: Sequence[Subject], *, with_index: int | None = None) -> Outcome:
    """Each statement planned by both, with its values where it has some; what either refuses is left out.

    ``with_index`` is a what-if index of ``after``, by its id, that its plans may use.
    """
    statements = tuple(subject.statement for subject in subjects)
    visible = NONE if with_index is None else set_of((with_index,))
    first, second = Costs(before, statements), Costs(after, statements)
    second.relevant = [visible] * len(statements)
    for costs, indexes in ((first, NONE), (second, visible)):
        costs.demand((position, indexes) for position in range(len(statements)))
    gains, losses = [], []
    for position, statement in enumerate(statements):
        was, becomes = first.of(position, NONE), second.of(position, visible)
        if was is None or becomes is None:
            continue
        if becomes.cost * WORSE < was.cost:
            gains.append(_change(statement, was, becomes))
        elif becomes.cost > was.cost * WORSE:
            losses.append(_change(statement, was, becomes))
    return Outcome(tuple(sorted(gains, key=_most_first)), tuple(sorted(losses, key=_most_first)))


def _most_first(change: StatementGain) -> tuple[float, str, str]:
    return -abs(_saved(change)), change.fingerprint, change.role


def _change(statement: WorkloadStatement, was: Costed, becomes: Costed) -> StatementGain:
    return StatementGain(
        fingerprint=statement.fingerprint,
        name=statement.name,
        sql=statement.sql,
        cost_before=round(was.cost, 2),
        cost_after=round(becomes.cost, 2),
        weight=statement.total_ms or 0.0,
        low_before=round(was.low, 2),
        high_before=round(was.high, 2),
        low_after=round(becomes.low, 2),
        high_after=round(becomes.high, 2),
        parameters=tuple(dict.fromkeys(each.source for each in statement.parameters)) or ("generic",),
        role=statement.role,
    )


def _saved(change: StatementGain) -> float:
    """What it saves of the statement's time, or of its calls' cost where no time was measured."""
    share = (change.cost_before - change.cost_after) / change.cost_before if change.cost_before else 0.0
    return share * (change.weight or change.cost_before)

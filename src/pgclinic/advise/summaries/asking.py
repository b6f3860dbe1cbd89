"""Statements that sum up, made ready: the constants that the application wrote put back, the summaries that serve."""

import msgspec

from pgclinic.advise.whatif import subject_of
from pgclinic.model.prescription import Gather
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import ParameterSet, WorkloadStatement
from pgclinic.sql.grouping import Types
from pgclinic.sql.parameters import parameter_numbers, put_parameters
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.sources import Resolver
from pgclinic.sql.summaries import Summary, summaries_in
from pgclinic.sql.tree import parse_one, written


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of the workload that sums up.

    ``sql`` has constants where every call seen had the same one written; ``gathers`` say which parameters of the
    statement its ``$n`` are. ``statement`` is that with values for them. ``summaries`` are those that serve its parts,
    ``reasons`` why others are not served.
    """

    original: WorkloadStatement
    statement: WorkloadStatement
    gathers: tuple[Gather, ...]
    summaries: tuple[Summary, ...]
    reasons: tuple[str, ...]

    @property
    def sql(self) -> str:
        """The statement's text."""
        return self.statement.sql

    @property
    def total_ms(self) -> float:
        """Measured time, or the weight where none was."""
        return self.original.total_ms if self.original.total_ms is not None else self.original.calls


def asking(statement: WorkloadStatement, snapshot: Snapshot, types: Types) -> Asking:
    """Raises UnreadableSqlError."""
    with_constants, gathers = _with_constants(statement)
    found = summaries_in(with_constants.sql, resolver_of(snapshot, statement.role), types)
    return Asking(
        original=statement,
        statement=subject_of(with_constants, snapshot).statement,
        gathers=gathers,
        summaries=tuple(each for each in found if isinstance(each, Summary)),
        reasons=tuple(each for each in found if isinstance(each, str)),
    )


def resolver_for(each: Asking, snapshot: Snapshot) -> Resolver:
    """What the names in the statement mean to who runs it."""
    return resolver_of(snapshot, each.original.role)


def column_types(snapshot: Snapshot) -> Types:
    """Columns' types by table and column."""
    return {
        relation.relation_name: {column.name: column.type for column in snapshot.columns_of.get(relation.oid, ())}
        for relation in snapshot.relations
    }


def _with_constants(statement: WorkloadStatement) -> tuple[WorkloadStatement, tuple[Gather, ...]]:
    """The statement with the constants that were written in all calls that were seen, and what is left to gather."""
    tree = parse_one(statement.sql)
    numbers = parameter_numbers(tree)
    seen = [each for each in statement.parameters if each.source == "seen"]
    fixed = _fixed(seen, numbers)
    if not fixed:
        return statement, tuple(Gather(number) for number in numbers)
    left = tuple(number for number in numbers if number not in fixed)
    values = seen[0].values
    put_parameters(
        tree,
        ParameterSet(
            values,
            lists=seen[0].lists & fixed,
            bare=seen[0].bare & fixed,
            open=frozenset(numbers) - fixed,
        ),
    )
    sets = tuple(dict.fromkeys(_chosen(each, left) for each in statement.parameters))
    known = tuple(each for each in sets if set(range(1, len(left) + 1)) - each.open)
    return (
        msgspec.structs.replace(statement, sql=written(tree), parameters=known),
        tuple(Gather(number) for number in left),
    )


def _fixed(seen: list[ParameterSet], numbers: tuple[int, ...]) -> frozenset[int]:
    """The parameters that are constants of the statement's text, the same in all calls."""
    return frozenset(
        number
        for number in numbers
        if seen
        and all(number in each.written for each in seen)
        and len({each.values[number - 1] for each in seen}) == 1
    )


def _chosen(values: ParameterSet, numbers: tuple[int, ...]) -> ParameterSet:
    """A set of values for these parameters alone, numbered from 1."""

    def renumbered(chosen: frozenset[int]) -> frozenset[int]:
        return frozenset(place for place, number in enumerate(numbers, 1) if number in chosen)

    return ParameterSet(
        tuple(values.values[number - 1] for number in numbers),
        values.source,
        lists=renumbered(values.lists),
        bare=renumbered(values.bare),
        open=renumbered(values.open),
        written=renumbered(values.written),
    )

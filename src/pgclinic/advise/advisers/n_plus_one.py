"""A look-up sent once for each row of a listing becomes one look-up for all of them.

It starts from the check of the same name, which finds the listing and the look-up. The look-up's tree is rewritten to
ask for an array of keys: a join where it has no LIMIT, else LATERAL with the LIMIT of each key, the rows in the order
of the keys and of the look-up. Its columns stay, so that the application only has to group them by the key; where the
key is not among them it is the last one. The twin confirms that the many cost no more than so many single ones; what
is saved beside are the round trips, which no planner's cost contains.
"""

import math
from collections.abc import Iterator, Sequence

import msgspec

from pgclinic.advise.case import Case
from pgclinic.advise.loading import Link, code_for
from pgclinic.advise.planner import Planner
from pgclinic.advise.whatif import subject_of
from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding
from pgclinic.model.plan import Plan, Question
from pgclinic.model.prescription import (
    ApplicationChange,
    Declined,
    Gather,
    Hazard,
    Prescription,
    Replacement,
    Risk,
    StatementGain,
    StatementMapping,
    When,
)
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.model.workload import ParameterSet, WorkloadStatement
from pgclinic.sql import quote
from pgclinic.sql.arrays import parse_array
from pgclinic.sql.lookups import Lookup, lookup, many
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import shape_of
from pgclinic.sql.types import array_of

_NAME = "n_plus_one"
_MOST_KEYS = 1_000
_DEARER = 1.5
"""Planner cost of the many over that of as many single ones from which something is wrong with them."""

_REFUSED = "PostgreSQL does not take the look-up of many keys: {refusal}."
_TOO_DEAR = "Planned, {keys} keys at once cost {times} what they cost one by one."


class _Loading(msgspec.Struct, frozen=True, kw_only=True):
    finding: Finding
    statement: WorkloadStatement
    listing: WorkloadStatement
    found: Lookup
    link: Link
    sql: str
    others: tuple[int, ...]


def advise(case: Case) -> Iterator[Progress | Prescription | Declined]:
    """A look-up of many keys for each that follows a listing, the heaviest first."""
    loadings = [each for finding in case.findings_of(_NAME) if (each := _loading(case, finding)) is not None]
    if not loadings:
        return
    yield Progress("planning look-ups of many keys")
    with case.planner_of(case.snapshot) as planner:
        for loading in loadings:
            yield _judged(case.snapshot, loading, planner)


def _loading(case: Case, finding: Finding) -> _Loading | None:
    """The look-up of many keys; None where the statements are not of the workload, or not of a kind that is known."""
    by_fingerprint = {each.fingerprint: each for each in reversed(case.workload.statements)}
    named = {fact.name: fact.value for fact in finding.facts}
    statement, listing = by_fingerprint.get(finding.object.name), by_fingerprint.get(str(named.get("listing")))
    if statement is None or listing is None:
        return None
    snapshot = case.snapshot
    try:
        found = lookup(statement.sql, resolver_of(snapshot, statement.role))
        link = _link(snapshot, listing, found) if found else None
        if found is None or link is None:
            return None
        types = {column.name: column.type for column in snapshot.columns_of.get(link.child.oid, ())}
        numbers = {use.number for use in shape_of(statement.sql, resolver_of(snapshot, statement.role)).parameters}
        others = tuple(sorted(numbers - {found.number}))
        sql = many(found, found.cast or array_of(types[found.column]), parameters=others)
    except ValueError:  # unreadable, or with a name that no object can have
        return None
    return _Loading(
        finding=finding, statement=statement, listing=listing, found=found, link=link, sql=sql, others=others
    )


def _link(snapshot: Snapshot, listing: WorkloadStatement, found: Lookup) -> Link | None:
    """Which column of the listing the key is: by a foreign key either way, else the one of the same name."""
    child = snapshot.relation_by_name.get(found.relation.name)
    uses = shape_of(listing.sql, resolver_of(snapshot, listing.role)).uses
    read = [(snapshot.relation_by_name[use.relation], use.columns) for use in uses]
    if child is None:
        return None
    declared = [
        *((relation, column, True) for relation, column in _referred(snapshot, child, found.column, read)),
        *((relation, column, False) for relation, column in _referring(snapshot, child, found.column, read)),
    ]
    for relation, column, is_of_child in declared:
        return Link(
            parent=relation,
            parent_column=column,
            child=child,
            column=found.column,
            is_declared=True,
            is_of_child=is_of_child,
        )
    parent = next((relation for relation, columns in read if found.column in columns), None)
    if parent is None:
        return None
    return Link(parent=parent, parent_column=found.column, child=child, column=found.column, is_declared=False)


_Read = Sequence[tuple[Relation, frozenset[str]]]


def _referred(snapshot: Snapshot, child: Relation, key: str, read: _Read) -> Iterator[tuple[Relation, str]]:
    """Columns of the listing that the key refers to."""
    for constraint in snapshot.constraints_of.get(child.oid, ()):
        if constraint.kind == "f" and constraint.columns == (key,):
            yield from (
                (relation, constraint.referenced_columns[0])
                for relation, columns in read
                if relation.oid == constraint.references and constraint.referenced_columns[0] in columns
            )


def _referring(snapshot: Snapshot, child: Relation, key: str, read: _Read) -> Iterator[tuple[Relation, str]]:
    """Columns of the listing that refer to the key."""
    for relation, columns in read:
        for constraint in snapshot.constraints_of.get(relation.oid, ()):
            is_to_key = constraint.references == child.oid and constraint.referenced_columns == (key,)
            if (
                constraint.kind == "f"
                and is_to_key
                and len(constraint.columns) == 1
                and constraint.columns[0] in columns
            ):
                yield relation, constraint.columns[0]


def _judged(snapshot: Snapshot, loading: _Loading, planner: Planner) -> Prescription | Declined:
    """Plan single look-ups and the one of many keys, with keys from the statistics where there are any."""
    statement, found = loading.statement, loading.found
    keys = _keys(snapshot, found)
    single = subject_of(statement, snapshot).statement
    singles = [planner.plan(Question(sql=single.sql, parameters=each, role=single.role)) for each in single.parameters]
    singles = singles or [planner.plan(Question(sql=single.sql, role=single.role))]
    values = None
    if keys is not None and not loading.others:
        values = ParameterSet((keys,), "statistics")
    after = planner.plan(Question(sql=loading.sql, parameters=values, role=statement.role))
    if not isinstance(after, Plan):
        refusal = Fact("refusal", after.reason, Unit.TEXT)
        return Declined(adviser=_NAME, object=loading.finding.object, reason=_REFUSED, facts=(refusal,))
    costs = [plan.cost for plan in singles if isinstance(plan, Plan)]
    count = len(parse_array(keys)) if keys is not None and values is not None else _UNKNOWN_KEYS
    before = count * sum(costs) / len(costs) if costs else after.cost
    if after.cost > _DEARER * before:
        facts = (Fact("keys", count), Fact("times", after.cost / before, Unit.TIMES))
        return Declined(adviser=_NAME, object=loading.finding.object, reason=_TOO_DEAR, facts=facts)
    gain = StatementGain(
        fingerprint=statement.fingerprint,
        name=statement.name,
        sql=statement.sql,
        cost_before=round(before, 2),
        cost_after=round(after.cost, 2),
        parameters=("statistics",) if values is not None else ("generic",),
        role=statement.role,
    )
    return _prescription(loading, (gain,) if after.cost < before else ())


_UNKNOWN_KEYS = 10
"""Elements that the planner takes an unknown array to have (``estimate_array_length`` in selfuncs.c)."""


def _keys(snapshot: Snapshot, found: Lookup) -> str | None:
    """Some keys out of the column's statistics, as an array."""
    column, table = quote.identifier(found.column), quote.relation(found.relation.name)
    asking = WorkloadStatement(fingerprint="", name="", sql=f"select from {table} where {column} = any ($1)")
    drawn = subject_of(asking, snapshot).statement.parameters
    return drawn[-1].values[0] if drawn else None


def _prescription(loading: _Loading, gains: tuple[StatementGain, ...]) -> Prescription:
    named = {fact.name: fact for fact in loading.finding.facts}
    rows = max(1.0, loading.listing.rows or 1.0)
    found = loading.found
    mapping = StatementMapping(
        original=loading.statement.fingerprint,
        sql=loading.statement.sql,
        replacements=(
            Replacement(
                sql=loading.sql,
                parameters=(Gather(found.number, as_array=True), *(Gather(number) for number in loading.others)),
            ),
        ),
        calls=min(_MOST_KEYS, math.ceil(rows)),
        equal_results="hash" if found.key_output is not None else "the same rows, each with its key as last column",
    )
    return Prescription(
        kind=_NAME,
        object=loading.finding.object,
        table=table_object(loading.link.child),
        reason="{table} is asked by {key} once for each row that {parent} lists; one look-up for all of them saves "
        "{calls_saved} of {calls} calls.",
        do=(),
        undo=(),
        hazards=(Hazard.CHANGES_APPLICATION,),
        cures=(loading.finding.fingerprint,),
        facts=(
            Fact("table", str(found.relation.name), Unit.TEXT),
            Fact("key", found.column, Unit.TEXT),
            Fact("parent", str(loading.link.parent.relation_name), Unit.TEXT),
            Fact("calls", loading.statement.calls),
            Fact("calls_saved", max(0.0, loading.statement.calls - math.ceil(loading.statement.calls / rows))),
            *(named[name] for name in ("listing", "listing_text", "rows_per_listing") if name in named),
        ),
        gains=gains,
        mappings=(mapping,),
        application=ApplicationChange(
            summary="Collect the keys of the listing, look all of them up at once, and group the rows by their key.",
            examples=code_for(loading.link, found, loading.sql, loading.others),
        ),
        when=When.THIS_WEEK,
        risk=Risk.MEDIUM,
    )

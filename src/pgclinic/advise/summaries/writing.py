"""The prescription for a summary: a materialized view or a rollup, its index on the table, readers, mappings."""

from collections.abc import Iterator, Sequence

import msgspec

from pgclinic.advise.crontab import crontab
from pgclinic.advise.summaries.costing import Costs
from pgclinic.advise.summaries.relation import KeptRelation, free_name
from pgclinic.advise.summaries.upkeep import Pace
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.names import RelationName
from pgclinic.model.plan import WhatIfIndex
from pgclinic.model.prescription import (
    ApplicationChange,
    CodeExample,
    Prescription,
    Replacement,
    StatementGain,
    StatementMapping,
)
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import create_daily_sums, create_index, create_materialized_view, create_rollup
from pgclinic.remedies.create_daily_sums import DailySums
from pgclinic.remedies.create_materialized_view import View
from pgclinic.remedies.create_rollup import Rollup
from pgclinic.sql.summaries import definition_of

_DAY = 86_400


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What is known when it is written: who gains, what is needed beside it, and how often it is asked.

    ``taken`` are names of relations and indexes, to which those of new ones are added. ``upkeep``, below, is what
    keeping the sums costs, as a share of what they save.
    """

    snapshot: Snapshot
    kept: KeptRelation
    won: tuple[Costs, ...]
    needed: tuple[WhatIfIndex, ...]
    pace: Pace
    taken: set[str]

    def new_name(self, stem: str, ending: str) -> str:
        """A name that is free, and taken from now on."""
        name = free_name(stem, self.taken, ending)
        self.taken.add(name)
        return name

    @property
    def table(self) -> RelationName:
        """The table whose sums are kept."""
        return self.kept.summary.table


def materialized_view(found: Findings, *, due: int, refresh_cost: float, upkeep: float) -> Iterator[Prescription]:
    """The view, after the indexes that its readers need; ``due`` in seconds, ``refresh_cost`` as planned."""
    view = View(
        name=found.kept.name,
        query=definition_of(found.kept.summary),
        table=found.table,
        unique=found.kept.summary.columns,
        index=found.kept.index_name,
        state=found.new_name(found.kept.name.name, "_state"),
        function=free_name(f"refresh_{found.kept.name.name}", _functions(found)),
        due_seconds=due,
        readers=_readers(found),
        strangers=_strangers(found),
    )
    cure = create_materialized_view.prescribe(view, size_bytes=found.kept.size_bytes)
    more = (
        Fact("refresh", create_materialized_view.refresh_statement(view), Unit.TEXT),
        Fact("refresh_cost", refresh_cost, Unit.COST, Provenance.PLANNED),
        Fact("interval", due, Unit.SECONDS, Provenance.ESTIMATED),
        _upkeep(upkeep),
    )
    change = ApplicationChange(
        summary="Read the kept sums instead of the table, and let a timer call their function often: it refreshes "
        "them when they are due. What was written since the last refresh is missing in them.",
        examples=_timers(found.snapshot, create_materialized_view.call(view)),
    )
    yield from _complete(found, cure, more, change)


def rollup(found: Findings, *, changes: RelationName, reader: RelationName, upkeep: float) -> Iterator[Prescription]:
    """The cells with their triggers, after the indexes that readers need."""
    name = found.kept.name
    functions = _functions(found)
    made = Rollup(
        summary=found.kept.summary,
        schema=name.schema,
        cells=name.name,
        changes=changes.name,
        reader=reader.name,
        note=free_name(f"note_{name.name}", functions),
        fold=free_name(f"fold_{name.name}", functions),
        readers=_readers(found),
        strangers=_strangers(found),
    )
    cure = create_rollup.prescribe(made, size_bytes=found.kept.size_bytes)
    more = (Fact("writes", round(found.pace.writes * _DAY), Unit.COUNT), _upkeep(upkeep))
    change = ApplicationChange(
        summary="Read the kept sums instead of the table: they are exact at every moment. Let a timer call the "
        "function that folds their differences every minute; drop them before a column that they are of is changed.",
        examples=_timers(found.snapshot, create_rollup.call(made)),
    )
    yield from _complete(found, cure, more, change)


def daily_sums(found: Findings, *, log: RelationName, refresh_cost: float, upkeep: float) -> Iterator[Prescription]:
    """The cells with their log, after the indexes that readers need; ``refresh_cost`` is of the days noted, planned."""
    name = found.kept.name
    functions = _functions(found)
    made = DailySums(
        summary=found.kept.summary,
        schema=name.schema,
        cells=name.name,
        log=log.name,
        note=free_name(f"note_{name.name}", functions),
        refresh=free_name(f"refresh_{name.name}", functions),
        readers=_readers(found),
        strangers=_strangers(found),
    )
    cure = create_daily_sums.prescribe(made, size_bytes=found.kept.size_bytes)
    more = (
        Fact("writes", round(found.pace.writes * _DAY), Unit.COUNT),
        Fact("refresh_cost", refresh_cost, Unit.COST, Provenance.PLANNED),
        _upkeep(upkeep),
    )
    change = ApplicationChange(
        summary="Read the kept sums instead of the table: they are exact at every moment. Let a timer call the "
        "function that makes changed days anew every minute; drop them before a column that they are of is changed.",
        examples=_timers(found.snapshot, create_daily_sums.call(made)),
    )
    yield from _complete(found, cure, more, change)


def _complete(
    found: Findings, cure: Prescription, more: tuple[Fact, ...], change: ApplicationChange
) -> Iterator[Prescription]:
    indexes = [
        create_index.prescribe(
            each.definition,
            name=found.new_name(found.kept.name.name, "_rest_idx"),
            size_bytes=each.bytes,
            reason=f"the sums of whole days kept in {found.kept.name} want what lies before and after them",
        )
        for each in found.needed
    ]
    yield from indexes
    before, after = (sum(getattr(each, side) for each in found.won) for side in ("before", "after"))
    yield msgspec.structs.replace(
        cure,
        facts=(
            Fact("table", str(found.table), Unit.TEXT),
            Fact("asks", round(found.pace.asks * _DAY)),
            Fact("changes", round(found.pace.changes_per_ask, 2)),
            Fact("share", after / before, Unit.RATIO, Provenance.PLANNED),
            Fact("rows", round(found.kept.rows), Unit.COUNT, Provenance.ESTIMATED),
            *more,
        ),
        gains=tuple(_gain(each) for each in found.won),
        mappings=tuple(
            StatementMapping(
                original=each.asking.original.fingerprint,
                sql=each.asking.original.sql,
                replacements=(Replacement(sql=each.sql, parameters=each.asking.gathers),),
            )
            for each in found.won
        ),
        application=change,
        requires=tuple(each.fingerprint for each in indexes),
    )


def _upkeep(share: float) -> Fact:
    return Fact("upkeep", share, Unit.RATIO, Provenance.ESTIMATED)


def _gain(each: Costs) -> StatementGain:
    original = each.asking.original
    return StatementGain(
        fingerprint=original.fingerprint,
        name=original.name,
        sql=original.sql,
        cost_before=each.before,
        cost_after=each.after,
        weight=each.asking.total_ms,
        parameters=tuple(dict.fromkeys(one.source for one in each.asking.statement.parameters)) or ("generic",),
        role=original.role,
    )


def _timers(snapshot: Snapshot, call: str) -> tuple[CodeExample, ...]:
    """How the function is called every minute."""
    if any(extension.name == "pg_cron" for extension in snapshot.extensions):
        return (CodeExample("pg_cron", f"select cron.schedule('* * * * *', $job${call}$job$);"),)
    return (crontab("* * * * *", 'psql "$DATABASE_URL" --quiet --command', call),)


def _functions(found: Findings) -> set[str]:
    return {function.name for function in found.snapshot.functions if function.schema == found.table.schema}


def _readers(found: Findings) -> tuple[str, ...]:
    """The roles that ask, besides those who may read everything anyhow."""
    exempt = {role.name for role in found.snapshot.roles if role.is_superuser} | {_owner(found)}
    known = {role.name for role in found.snapshot.roles}
    return tuple(sorted({each.asking.original.role for each in found.won} & known - exempt))


def _strangers(found: Findings) -> tuple[str, ...]:
    """Roles with rights on the table: default privileges may give them the same on whatever is made."""
    grants = found.snapshot.relation_by_name[found.table].grants
    grantees: Sequence[str] = [grant.rpartition("=")[0].strip('"') for grant in grants]
    known = {role.name for role in found.snapshot.roles}
    return tuple(sorted({each for each in grantees if each in known} - {_owner(found)}))


def _owner(found: Findings) -> str:
    return found.snapshot.relation_by_name[found.table].owner

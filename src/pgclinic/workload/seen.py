"""Statements that logs and samples tell of, as a workload or as values for the statements of one.

Constants become ``$n`` as in pg_stat_statements, so that both tell of the same statement; what stood in their place
becomes sets of parameters. They are used for planning only: no text of a workload holds a value that was seen.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from pgclinic.model.workload import Omission, ParameterSet, SeenStatement, Workload, WorkloadStatement
from pgclinic.sql import statements
from pgclinic.sql.binding import bind
from pgclinic.sql.confidential import publishable
from pgclinic.sql.squashing import SQUASHED, squash
from pgclinic.workload.gathering import Gathered, gather

MOST_SETS = 5
"""Sets of values that are planned for a statement."""

_NAMED = 5
"""Statements left out that are named one by one."""
_PLANNABLE = frozenset({"select", "insert", "update", "delete", "merge"})
_Key = tuple[str, str]


class _Group(msgspec.Struct):
    """Everything seen of a statement (by its fingerprint) and role, under whichever spellings."""

    fingerprint: str
    role: str
    parts: list[Gathered] = msgspec.field(default_factory=list)

    @property
    def calls(self) -> int:
        return sum(part.calls for part in self.parts)

    @property
    def total_ms(self) -> float:
        return sum(part.total_ms for part in self.parts)

    @property
    def examples(self) -> tuple[SeenStatement, ...]:
        heaviest_first = sorted(self.parts, key=lambda part: -part.total_ms)
        return tuple(example for part in heaviest_first for example in part.examples)


def joined(
    workload: Workload, seen: Iterable[SeenStatement | Omission], *, database: str, source: str = "what was seen"
) -> Workload:
    """The workload with values that were seen; the seen statements themselves where the workload has none.

    With statements in the workload their weights stay, and what was seen of others is left out and said: how heavy
    they are in comparison is not known. Else calls are counted and times are the durations that were logged, as far
    as there are any; a statement of which none was logged while others were was faster than the server logs.
    Raises whatever reading ``seen`` raises.
    """
    gathered, omissions = gather(seen, database=database)
    groups, unusable = _grouped(gathered)
    if not gathered and not omissions:
        return workload
    if workload.statements:
        return _with_values(workload, groups, (*omissions, *unusable), source)
    are_timed = any(group.total_ms for group in groups.values())
    found = [_statement(group, is_timed=are_timed) for group in groups.values()]
    found.sort(key=lambda each: (-(each.total_ms or 0), -each.calls, each.fingerprint, each.role))
    return Workload(statements=tuple(found), source=source, omissions=(*workload.omissions, *omissions, *unusable))


def _grouped(gathered: Sequence[Gathered]) -> tuple[dict[_Key, _Group], tuple[Omission, ...]]:
    groups: dict[_Key, _Group] = {}
    omissions = []
    for each in gathered:
        sql = each.first.sql
        try:
            if len(statements.split(sql)) > 1:
                omissions.append(Omission(_public(sql), "several statements were sent as one", each.total_ms))
            elif statements.kind(sql).verb in _PLANNABLE:
                fingerprint = statements.fingerprint(sql)
                group = groups.setdefault((fingerprint, each.role), _Group(fingerprint, each.role))
                group.parts.append(each)
        except statements.UnreadableSqlError:
            omissions.append(Omission(_public(sql), "it cannot be read as SQL", each.total_ms))
    return groups, tuple(omissions)


def _public(sql: str) -> str:
    return publishable(sql) or "a statement"


def _with_values(
    workload: Workload, groups: dict[_Key, _Group], omissions: tuple[Omission, ...], source: str
) -> Workload:
    by_fingerprint: dict[str, list[_Group]] = {}
    for group in groups.values():
        by_fingerprint.setdefault(group.fingerprint, []).append(group)
    known = {statement.fingerprint for statement in workload.statements}
    strange = [group for group in groups.values() if group.fingerprint not in known]
    strange.sort(key=lambda group: (-group.total_ms, -group.calls, group.fingerprint, group.role))
    return Workload(
        statements=tuple(_valued(each, by_fingerprint.get(each.fingerprint, [])) for each in workload.statements),
        source=f"{workload.source}, values of {source}",
        omissions=(*workload.omissions, *omissions, *_of_unknown_weight(strange)),
    )


def _of_unknown_weight(groups: Sequence[_Group]) -> Iterator[Omission]:
    """The heaviest one by one, the others together."""
    reason = "it was seen but is not in pg_stat_statements, so its weight is unknown"
    for group in groups[:_NAMED]:
        yield Omission(_template(group), reason, group.total_ms)
    others = groups[_NAMED:]
    if others:
        yield Omission(f"{len(others)} other statements", reason, sum(group.total_ms for group in others))


def _valued(statement: WorkloadStatement, groups: list[_Group]) -> WorkloadStatement:
    own_role_first = sorted(groups, key=lambda group: group.role != statement.role)
    examples = tuple(example for group in own_role_first for example in group.examples)
    if not examples:
        return statement
    # Before 18 pg_stat_statements keeps the list that it saw first; other lists of the same statement are as long as
    # they are.
    spellings = dict.fromkeys((statement.sql, squash(statement.sql)))
    sets, sql = max(((_sets(each, examples), each) for each in spellings), key=lambda found: len(found[0]))
    return replace(statement, sql=sql, parameters=(*sets, *statement.parameters)) if sets else statement


def _statement(group: _Group, *, is_timed: bool) -> WorkloadStatement:
    sql = _template(group)
    return WorkloadStatement(
        fingerprint=group.fingerprint,
        name=group.fingerprint,
        sql=sql,
        calls=group.calls,
        total_ms=group.total_ms if is_timed else None,
        role=group.role,
        parameters=_sets(sql, group.examples),
    )


def _template(group: _Group) -> str:
    """The heaviest spelling: fingerprints are equal for ``a = 1`` and ``a in (1, 2)``, and plans are not."""
    weights: dict[str, list[float]] = {}
    for part in group.parts:
        weight = weights.setdefault(_spelling(part), [0.0, 0.0])
        weight[0] += part.total_ms
        weight[1] += part.calls
    return max(weights, key=lambda sql: (weights[sql], sql))


def _spelling(part: Gathered) -> str:
    """With ``$n`` for constants; of a list that was seen in several lengths, as one for every length."""
    spellings = dict.fromkeys(squash(statements.normalize(each.sql)) for each in part.examples)
    return max(spellings, key=lambda sql: sql.count(SQUASHED))


def _sets(sql: str, examples: Iterable[SeenStatement]) -> tuple[ParameterSet, ...]:
    """Up to MOST_SETS different sets for this spelling of a statement."""
    found: dict[ParameterSet, None] = {}
    for example in examples:
        values = bind(sql, example.sql, example.values)
        if values is not None:
            found[values] = None
            if len(found) == MOST_SETS:
                break
    return tuple(found)

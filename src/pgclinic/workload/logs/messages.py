"""From messages to executed statements: which of them tell of one, how long it took, with which values.

The messages are those of ``log_min_duration_statement``, of ``log_statement`` with ``log_duration`` (the statement
first, its duration later by the same process), and of ``auto_explain``.
Source: PostgreSQL's src/backend/tcop/postgres.c.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from pgclinic.model.workload import Omission, SeenStatement
from pgclinic.sql.prepared import call_with_values, statement_in_prepare
from pgclinic.workload.logs.auto_explain import text_and_parameters
from pgclinic.workload.logs.entry import Entry

_DURATION = re.compile(r"duration: (?P<ms>\d+\.\d+) ms(?:  (?P<rest>.*))?\Z", re.DOTALL)
_STATEMENT = re.compile(r"(?:statement|execute .{1,200}?): (?P<sql>.*)\Z", re.DOTALL)
_PLAN = re.compile(r"plan:\n(?P<plan>.*)\Z", re.DOTALL)
_PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')(?:, |\Z)")
_PREPARE = "prepare: "
_MOST_WAITING = 4096
"""Processes whose last statement may still get a duration."""


def statements(entries: Iterable[Entry]) -> Iterator[SeenStatement | Omission]:
    """Every execution that the messages tell of, each once, in the order in which it is known."""
    processes = _Processes()
    for entry in entries:
        duration = _DURATION.match(entry.message)
        ms = float(duration["ms"]) if duration else None
        told = duration["rest"] if duration else entry.message
        statement = _STATEMENT.match(told) if told else None
        plan = _PLAN.match(told) if duration and told else None
        if (statement or plan) and entry.is_cut:
            yield from processes.end(entry.process)
            yield Omission("a long text", "it is cut in the log", ms or 0)
        elif statement:
            yield from processes.statement(entry.process, _seen(entry, statement["sql"], entry.detail, ms))
        elif plan:
            yield from processes.plan(entry, seen_in_plan(entry, plan["plan"], ms))
        elif duration and not told:
            yield from processes.duration(entry.process, ms)
        elif duration:
            yield from processes.end(entry.process)
    yield from processes.rest()


class _Waiting(msgspec.Struct, frozen=True):
    """A statement whose duration may follow.

    ``from_plan`` when only auto_explain told of it so far, ``has_plan`` when it did so too.
    """

    seen: SeenStatement
    from_plan: bool
    has_plan: bool = False


class _Processes:
    """The last statement of each process, as long as more may be told of it."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._told: OrderedDict[str, str] = OrderedDict()
        """Of each process the text of what was told last, when its plan may still come."""

    def statement(self, process: str, seen: SeenStatement) -> Iterator[SeenStatement]:
        before = self._waiting.pop(process, None)
        # auto_explain told of the same execution a moment before.
        is_known = before is not None and before.from_plan and before.seen.sql == seen.sql
        if before and not is_known:
            yield before.seen
        if seen.duration_ms is None and process:
            yield from self._wait(process, _Waiting(seen, from_plan=False))
            return
        if not is_known:
            self._remember(process, seen.sql)
        yield seen

    def plan(self, entry: Entry, explained: SeenStatement | None) -> Iterator[SeenStatement]:
        before = self._waiting.get(entry.process)
        # What a function runs is part of the time of the statement that called it.
        if explained is None or entry.context:
            return
        if before and not before.from_plan and before.seen.sql == explained.sql:
            known = explained if before.seen.values is None else before.seen
            timed = replace(known, duration_ms=explained.duration_ms)
            self._waiting[entry.process] = _Waiting(timed, from_plan=False, has_plan=True)
            return
        if self._told.pop(entry.process, None) == explained.sql:
            return
        yield from self.end(entry.process)
        if entry.process:
            yield from self._wait(entry.process, _Waiting(explained, from_plan=True))
        else:
            yield explained

    def duration(self, process: str, ms: float | None) -> Iterator[SeenStatement]:
        before = self._waiting.pop(process, None)
        if before:
            if not (before.from_plan or before.has_plan):
                self._remember(process, before.seen.sql)
            yield replace(before.seen, duration_ms=ms)

    def end(self, process: str) -> Iterator[SeenStatement]:
        """Nothing more will be told of the process's last statement."""
        before = self._waiting.pop(process, None)
        if before:
            yield before.seen

    def rest(self) -> Iterator[SeenStatement]:
        return (each.seen for each in self._waiting.values())

    def _remember(self, process: str, sql: str) -> None:
        """The extended protocol ends a portal, and so has its plan logged, after the duration."""
        if process:
            self._told[process] = sql
            if len(self._told) > _MOST_WAITING:
                self._told.popitem(last=False)

    def _wait(self, process: str, waiting: _Waiting) -> Iterator[SeenStatement]:
        self._waiting[process] = waiting
        if len(self._waiting) > _MOST_WAITING:
            yield self._waiting.popitem(last=False)[1].seen


def _seen(entry: Entry, sql: str, detail: str, ms: float | None) -> SeenStatement:
    values: tuple[str | None, ...] | None
    if detail.startswith(_PREPARE):
        sql, values = call_with_values(sql, detail.removeprefix(_PREPARE)) or (sql, None)
    else:
        values = values_in(detail.partition(": ")[2]) if detail[:10].lower() == "parameters" else None
    return SeenStatement(
        sql=sql,
        values=values,
        duration_ms=ms,
        database=entry.database,
        role=entry.role,
        application=entry.application,
    )


def seen_in_plan(entry: Entry, plan: str, ms: float | None) -> SeenStatement | None:
    """The statement whose plan auto_explain logged, with its values; None where the plan does not tell it."""
    found = text_and_parameters(plan)
    if found is None:
        return None
    sql, parameters = found
    return _seen(entry, statement_in_prepare(sql) or sql, f"parameters: {parameters}" if parameters else "", ms)


def values_in(text: str) -> tuple[str | None, ...] | None:
    """The values of ``$1 = 'a', $2 = NULL``; None when they are not whole (``log_parameter_max_length`` cuts them)."""
    values: list[str | None] = []
    position = 0
    while position < len(text):
        found = _PARAMETER.match(text, position)
        if found is None or int(found[1]) != len(values) + 1 or found[2].endswith("...'"):
            return None
        values.append(None if found[2] == "NULL" else found[2][1:-1].replace("''", "'"))
        position = found.end()
    return tuple(values)

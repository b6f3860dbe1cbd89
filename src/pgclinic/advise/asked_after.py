"""The workload as it will be asked once the application has changed: replaced statements give way to the new ones."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from pgclinic.model.prescription import Gather, Prescription, Replacement, StatementMapping
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import ParameterSet, Workload, WorkloadStatement
from pgclinic.sql.altered import query_defined
from pgclinic.sql.arrays import write_array
from pgclinic.sql.mentions import mentions
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.statements import UnreadableSqlError, fingerprint

Asked = tuple[str, str]
"""A statement of a workload: its fingerprint and the role that asks it."""


class NewText(msgspec.Struct, frozen=True):
    """A statement that stands for another one, with the share of the other's weight that it carries."""

    statement: WorkloadStatement
    original: Asked
    share: float


class AskedAfter(msgspec.Struct, frozen=True):
    """``workload`` without what is no longer asked, with the ``new`` texts that can be planned already."""

    workload: Workload
    new: tuple[NewText, ...] = ()


def asked_after(workload: Workload, prescriptions: Sequence[Prescription], snapshot: Snapshot) -> AskedAfter:
    """The workload with every statement that a mapping replaces given way to its replacements.

    A statement that a function runs from now on is asked as before. A new text has the original's time; its calls are
    as many fewer as one run stands for. What reads a relation that is not there yet is left out: whoever makes the
    relation has planned for it.
    """
    mappings: dict[str, StatementMapping] = {}
    for item in prescriptions:
        for mapping in item.mappings:
            if not mapping.runs_original:
                mappings.setdefault(mapping.original, mapping)
    new = tuple(
        text
        for statement in workload.statements
        if statement.fingerprint in mappings
        for text in _new_texts(statement, mappings[statement.fingerprint], snapshot)
    )
    kept = [statement for statement in workload.statements if statement.fingerprint not in mappings]
    return AskedAfter(msgspec.structs.replace(workload, statements=tuple(_joined(kept, new))), new)


def new_queries(after: AskedAfter, prescriptions: Sequence[Prescription]) -> tuple[WorkloadStatement, ...]:
    """What will be asked that is not asked now: the new texts, and the queries of views that are made."""
    queries = dict.fromkeys(
        query for item in prescriptions for statement in item.do if (query := query_defined(statement.sql))
    )
    views = (WorkloadStatement(fingerprint=fingerprint(sql), name="", sql=sql) for sql in queries)
    return (*(text.statement for text in after.new), *views)


def _new_texts(statement: WorkloadStatement, mapping: StatementMapping, snapshot: Snapshot) -> Iterator[NewText]:
    texts = [each for each in mapping.replacements if _can_be_planned(each.sql, statement.role, snapshot)]
    for replacement in texts:
        share = 1 / len(mapping.replacements)
        total_ms = None if statement.total_ms is None else statement.total_ms * share
        importance = None if statement.importance is None else statement.importance * share
        mark = fingerprint(replacement.sql)
        if mark == statement.fingerprint:  # libpg_query's is the same for ``= $1`` and ``= any($1)``
            mark = hashlib.sha256(replacement.sql.encode()).hexdigest()[: len(mark)]
        parameters = _parameters(statement, replacement, mapping.calls)
        new = WorkloadStatement(
            fingerprint=mark,
            name=mark if statement.name == statement.fingerprint else f"{statement.name} (new)",
            sql=replacement.sql,
            calls=statement.calls / mapping.calls,
            total_ms=total_ms,
            importance=importance,
            rows=None if statement.rows is None else statement.rows * mapping.calls,
            role=statement.role,
            parameters=parameters,
        )
        yield NewText(new, (statement.fingerprint, statement.role), share)


def _can_be_planned(sql: str, role: str, snapshot: Snapshot) -> bool:
    """Whether it reads tables, and all of them are there."""
    try:
        named = mentions(sql)
    except UnreadableSqlError:
        return False
    resolve = resolver_of(snapshot, role)
    read = {(schema, name) for schema, name in named.relations if schema or name not in named.queries}
    return bool(read) and all(resolve(*each) is not None for each in read)


def _parameters(statement: WorkloadStatement, replacement: Replacement, calls: int) -> tuple[ParameterSet, ...]:
    """Values for the new text made of the original's; none where the original has none, or one of an unclear kind."""
    known = [
        values
        for values in statement.parameters
        if not (values.lists or values.open)
        and all(gather.parameter <= len(values.values) for gather in replacement.parameters)
    ]
    if not known or len(known) < len(statement.parameters):
        return ()
    if not any(gather.as_array for gather in replacement.parameters):
        return tuple(_gathered(replacement, [values]) for values in known)
    repeated = [known[number % len(known)] for number in range(min(calls, _LONGEST_ARRAY))]
    return (_gathered(replacement, repeated),)


_LONGEST_ARRAY = 1000


def _gathered(replacement: Replacement, calls: Sequence[ParameterSet]) -> ParameterSet:
    bare = frozenset(
        number
        for number, gather in enumerate(replacement.parameters, start=1)
        if not gather.as_array and gather.parameter in calls[0].bare
    )
    return ParameterSet(
        values=tuple(_value(gather, calls) for gather in replacement.parameters), source=calls[0].source, bare=bare
    )


def _value(gather: Gather, calls: Sequence[ParameterSet]) -> str | None:
    values = [call.values[gather.parameter - 1] for call in calls]
    return write_array(values) if gather.as_array else values[0]


def _joined(kept: Sequence[WorkloadStatement], new: Sequence[NewText]) -> Iterator[WorkloadStatement]:
    """Both, heaviest first where time was measured; what is asked already is asked more."""
    found: dict[Asked, WorkloadStatement] = {(each.fingerprint, each.role): each for each in kept}
    for text in new:
        key = (text.statement.fingerprint, text.statement.role)
        found[key] = _more(found[key], text.statement) if key in found else text.statement
    yield from sorted(found.values(), key=lambda each: -(each.total_ms or 0.0))


def _more(known: WorkloadStatement, added: WorkloadStatement) -> WorkloadStatement:
    return msgspec.structs.replace(
        known,
        calls=known.calls + added.calls,
        total_ms=None if known.total_ms is None else known.total_ms + (added.total_ms or 0.0),
        importance=None if known.importance is None else known.importance + (added.importance or 0.0),
    )


def shares_of(workload: Workload) -> Mapping[Asked, float]:
    """Each statement's share of the workload: of its time where that was measured, else of its given weight."""
    measured = all(each.total_ms is not None for each in workload.statements)
    weights: dict[Asked, float] = {}
    for each in workload.statements:
        weight = (each.total_ms or 0.0) if measured else each.calls if each.importance is None else each.importance
        key = (each.fingerprint, each.role)
        weights[key] = weights.get(key, 0.0) + weight
    whole = sum(weights.values()) or 1.0
    return {key: weight / whole for key, weight in weights.items()}

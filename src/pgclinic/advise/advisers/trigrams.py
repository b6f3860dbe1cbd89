"""A text is searched for anywhere in a column, and pg_trgm, which knows an index for that, is not installed.

It starts from the check leading_wildcard. Where pg_trgm is installed the index adviser weighs such indexes with all
others; here it is installed on the twin, and the statement planned with a GIN index of its column's trigrams. Where
that is several times cheaper, the extension is prescribed and, behind it, the index. Where the server does not have its
files, that is said, for nobody can install it by SQL.
"""

from collections.abc import Iterator

import msgspec

from pgclinic.advise.case import Case
from pgclinic.advise.planner import Planner
from pgclinic.advise.questions import custom_questions, generic_question
from pgclinic.advise.whatif import subject_of
from pgclinic.model.catalog import Extension, IndexDefinition, IndexKey
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding
from pgclinic.model.plan import Asked, Plan, WhatIfIndex
from pgclinic.model.prescription import Declined, Prescription, StatementGain
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import WorkloadStatement
from pgclinic.remedies import create_extension, create_index
from pgclinic.sql import quote
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.shape import reading_of
from pgclinic.sql.wrapping import is_like, starts_with_wildcard

_NAME = "trigrams"
_EXTENSION = "pg_trgm"
_OPCLASS = "gin_trgm_ops"
_CHEAPER = 0.5
"""Of the cost now, that the statement may cost with the index."""

_NOT_THERE = (
    "An index of trigrams would find the texts of {column}, but the server does not have the files of pg_trgm: install "
    "the package of its contributed modules (postgresql-contrib) on it first."
)
_NOT_ASKED = (
    "An index of trigrams may find the texts of {column}; the visit did not ask whether the server has pg_trgm (select "
    "from pg_available_extensions where name = 'pg_trgm')."
)
_NO_USE = "An index of trigrams on {column} was planned, and the planner finds it no cheaper."


class _Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A statement, and the index that it would be searched by."""

    finding: Finding
    statement: WorkloadStatement
    definition: IndexDefinition


def advise(case: Case) -> Iterator[Progress | Prescription | Declined]:
    """The extension, then an index for each column that is searched so."""
    snapshot = case.snapshot
    if any(each.name == _EXTENSION for each in snapshot.extensions):
        return
    schema = _schema_for_extensions(snapshot)
    findings = case.findings_of("leading_wildcard")
    wishes = [wish for finding in findings if (wish := _wish(case, finding, schema)) is not None]
    if not wishes:
        return
    available = next((each for each in snapshot.available_extensions if each.name == _EXTENSION), None)
    if available is None:
        reason = _NOT_THERE if snapshot.sees("available_extensions") else _NOT_ASKED
        yield from (_declined(wish, reason) for wish in wishes)
        return
    installed = Extension(name=_EXTENSION, version=available.version, schema=schema)
    altered = msgspec.structs.replace(snapshot, extensions=(*snapshot.extensions, installed))
    yield Progress("planning with indexes of trigrams")
    with case.planner_of(altered) as planner:
        made = [(wish, _gain(wish, planner)) for wish in wishes]
    yield from (_declined(wish, _NO_USE) for wish, gain in made if gain is None)
    useful = [(wish, *gain) for wish, gain in made if gain is not None]
    if useful:
        yield from _prescriptions(snapshot, useful, schema, is_trusted=available.is_trusted)


def _wish(case: Case, finding: Finding, schema: str) -> _Wish | None:
    """What the first such comparison of the statement wants; None for one that no table of rows answers."""
    statement = case.statement_of(finding)
    if statement is None:
        return None
    reading = reading_of(statement.sql, resolver_of(case.snapshot, statement.role))
    for each in reading.comparisons:
        relation = case.snapshot.relation_by_name.get(each.relation)
        if relation is None or relation.kind not in "rm" or not is_like(each):
            continue
        if starts_with_wildcard(each.other):
            key = IndexKey(each.column, opclass=f"{quote.identifier(schema)}.{_OPCLASS}")
            return _Wish(
                finding=finding,
                statement=subject_of(statement, case.snapshot).statement,
                definition=IndexDefinition(each.relation, (key,), method="gin"),
            )
    return None


def _gain(wish: _Wish, planner: Planner) -> tuple[WhatIfIndex, float, float] | None:
    """The index with the cost before and after; None where it does not pay."""
    index = planner.add(wish.definition)
    if not isinstance(index, WhatIfIndex):
        return None
    questions = list(custom_questions(wish.statement)) or [generic_question(wish.statement)]
    before, after = (
        [each for each in planner.plan_all([Asked(one, visible) for one in questions]) if isinstance(each, Plan)]
        for visible in (frozenset[int](), frozenset({index.id}))
    )
    if not before or len(before) != len(after):
        return None
    costs = sum(each.cost for each in before) / len(before), sum(each.cost for each in after) / len(after)
    return (index, *costs) if costs[1] <= _CHEAPER * costs[0] else None


def _prescriptions(
    snapshot: Snapshot, useful: list[tuple[_Wish, WhatIfIndex, float, float]], schema: str, *, is_trusted: bool
) -> Iterator[Prescription]:
    extension = create_extension.prescribe(
        _EXTENSION,
        schema=schema,
        reason="Texts are searched for anywhere in columns, and pg_trgm has the index for that.",
        is_trusted=is_trusted,
    )
    yield extension
    taken = {relation.name for relation in snapshot.relations} | {each.name for each in snapshot.indexes}
    told: dict[IndexDefinition, Prescription] = {}
    for wish, index, before, after in useful:
        gain = StatementGain(
            fingerprint=wish.statement.fingerprint,
            name=wish.statement.name,
            sql=wish.statement.sql,
            cost_before=round(before, 2),
            cost_after=round(after, 2),
            parameters=tuple(dict.fromkeys(each.source for each in wish.statement.parameters)) or ("generic",),
            role=wish.statement.role,
        )
        known = told.get(wish.definition)
        if known is None:
            name = create_index.name_for(wish.definition, taken)
            taken.add(name)
            known = create_index.prescribe(
                wish.definition,
                name=name,
                size_bytes=index.bytes,
                reason="Texts are searched for anywhere in {column} of {table}.",
                facts=_facts(wish),
            )
        told[wish.definition] = msgspec.structs.replace(
            known,
            gains=(*known.gains, gain),
            cures=(*known.cures, wish.finding.fingerprint),
            requires=(extension.fingerprint,),
        )
    yield from told.values()


def _schema_for_extensions(snapshot: Snapshot) -> str:
    """Where most of the others are, else ``public``, else the first schema of one's own."""
    homes = [each.schema for each in snapshot.extensions if each.schema not in {"pg_catalog", each.name}]
    names = [each.name for each in snapshot.schemas if not each.is_platform]
    usual = "public" if "public" in names or not names else names[0]
    return max(dict.fromkeys([*homes, usual]), key=homes.count) if homes else usual


def _declined(wish: _Wish, reason: str) -> Declined:
    return Declined(adviser=_NAME, object=wish.finding.object, reason=reason, facts=_facts(wish))


def _facts(wish: _Wish) -> tuple[Fact, ...]:
    return (
        Fact("column", wish.definition.keys[0].expression, Unit.TEXT),
        Fact("table", str(wish.definition.relation), Unit.TEXT),
    )

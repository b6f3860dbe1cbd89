"""Pages far down a list begin after the last row of the page before, instead of skipping all rows before it.

It starts from the check deep_offset. The order gets the table's primary key as its last columns, so that no two rows
are equal in it; it must hold no nulls, because nothing is greater or less than null: what the catalog does not declare
NOT NULL is refused with the reason. The application passes the last row's values where it passed a number of rows; a
mapping cannot do that, so that nothing is replayed. The twin confirms that such a page is planned cheaper than one
that skips as many rows as the statement was measured to touch pages.
"""

from collections.abc import Iterator

import msgspec

from pgclinic.advise.case import Case
from pgclinic.advise.planner import Planner
from pgclinic.advise.stacks import Argument, examples, text_of
from pgclinic.advise.whatif import subject_of
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding
from pgclinic.model.plan import Plan, Question
from pgclinic.model.prescription import (
    ApplicationChange,
    CodeExample,
    Declined,
    Hazard,
    Prescription,
    Risk,
    StatementGain,
    When,
)
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import table_object
from pgclinic.model.workload import ParameterSet, WorkloadStatement
from pgclinic.sql.keyset import Paging, paged, sorted_columns
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.rewriting import open_select
from pgclinic.sql.shape import shape_of

_NAME = "keyset_paging"
_CHEAPER = 0.8

_NULLS = "{columns} of {table} may be null, and a page cannot begin after null; declare it NOT NULL first."
_NO_KEY = "{table} has no primary key, so that rows that are equal in the order could be left out or come twice."
_NO_GAIN = "Planned, a page after the last row costs {after} and one that skips {skipped} rows {before}."


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    finding: Finding
    statement: WorkloadStatement
    paging: Paging
    offset: int
    skipped: int


def advise(case: Case) -> Iterator[Progress | Prescription | Declined]:
    """Keyset paging for each statement that skips much, the heaviest first."""
    pages: list[_Page] = []
    for finding in case.findings_of("deep_offset"):
        statement = case.statement_of(finding)
        try:
            page = _page(case.snapshot, finding, statement) if statement else None
        except ValueError:  # unreadable, or with a name that no object can have
            continue
        if isinstance(page, Declined):
            yield page
        elif page is not None:
            pages.append(page)
    if not pages:
        return
    yield Progress("planning pages")
    with case.planner_of(case.snapshot) as planner:
        for page in pages:
            yield _judged(case.snapshot, page, planner)


def _page(snapshot: Snapshot, finding: Finding, statement: WorkloadStatement) -> _Page | Declined | None:
    resolver = resolver_of(snapshot, statement.role)
    opened = open_select(statement.sql, resolver)
    found = sorted_columns(opened) if opened else None
    offset = next((use.number for use in shape_of(statement.sql, resolver).parameters if use.role == "offset"), 0)
    if opened is None or found is None:
        return None
    name, order = found
    table = snapshot.relation_by_name[name]
    about = Fact("table", str(name), Unit.TEXT)
    key = next((each.columns for each in snapshot.constraints_of.get(table.oid, ()) if each.kind == "p"), ())
    if not key:
        return Declined(adviser=_NAME, object=finding.object, reason=_NO_KEY, facts=(about,))
    columns = snapshot.columns_of.get(table.oid, ())
    nullable = [column for column, _ in order if not next(each for each in columns if each.name == column).not_null]
    if nullable:
        facts = (about, Fact("columns", ", ".join(nullable), Unit.TEXT))
        return Declined(adviser=_NAME, object=finding.object, reason=_NULLS, facts=facts)
    sorted_by = {column for column, _ in order}
    whole = (*order, *((column, order[-1][1]) for column in key if column not in sorted_by))
    touched = next((fact.value for fact in finding.facts if fact.name == "pages_per_call"), 0)
    return _Page(
        finding=finding,
        statement=statement,
        paging=paged(opened, name, whole, [column.name for column in columns]),
        offset=offset,
        skipped=round(touched) if isinstance(touched, float | int) else 0,
    )


def _judged(snapshot: Snapshot, page: _Page, planner: Planner) -> Prescription | Declined:
    statement = page.statement
    deep = subject_of(statement, snapshot).statement
    sets: list[ParameterSet | None] = [None]
    if page.offset and deep.parameters:
        sets = [_skipping(each, page.offset, page.skipped) for each in deep.parameters]
    befores = [planner.plan(Question(sql=statement.sql, parameters=each, role=statement.role)) for each in sets]
    next_page = WorkloadStatement(
        fingerprint="", name="", sql=page.paging.next, role=statement.role, rows=statement.rows
    )
    drawn = subject_of(next_page, snapshot).statement.parameters or (None,)
    afters = [planner.plan(Question(sql=page.paging.next, parameters=each, role=statement.role)) for each in drawn]
    before = [plan.cost for plan in befores if isinstance(plan, Plan)]
    after = [plan.cost for plan in afters if isinstance(plan, Plan)]
    if not before or not after or sum(after) / len(after) > _CHEAPER * sum(before) / len(before):
        facts = (
            Fact("before", round(sum(before) / max(1, len(before)), 2), Unit.COST),
            Fact("after", round(sum(after) / max(1, len(after)), 2), Unit.COST),
            Fact("skipped", page.skipped),
        )
        return Declined(adviser=_NAME, object=page.finding.object, reason=_NO_GAIN, facts=facts)
    gain = StatementGain(
        fingerprint=statement.fingerprint,
        name=statement.name,
        sql=statement.sql,
        cost_before=round(sum(before) / len(before), 2),
        cost_after=round(sum(after) / len(after), 2),
        parameters=("statistics",),
        role=statement.role,
    )
    return _prescription(snapshot, page, gain)


def _skipping(parameters: ParameterSet, number: int, rows: int) -> ParameterSet:
    """The same values with an OFFSET of so many rows."""
    values = list(parameters.values)
    values[number - 1] = str(rows)
    return msgspec.structs.replace(parameters, values=tuple(values), open=parameters.open - {number})


def _prescription(snapshot: Snapshot, page: _Page, gain: StatementGain) -> Prescription:
    paging = page.paging
    order = ", ".join(f"{each.name}{' desc' if each.descending else ''}" for each in paging.order)
    return Prescription(
        kind=_NAME,
        object=page.finding.object,
        table=table_object(snapshot.relation_by_name[paging.relation]),
        reason="Pages of {table} skip the rows before them; in the order {order} a page can begin after the last row "
        "of the one before.",
        do=(),
        undo=(),
        hazards=(Hazard.CHANGES_APPLICATION,),
        cures=(page.finding.fingerprint,),
        facts=(
            Fact("table", str(paging.relation), Unit.TEXT),
            Fact("order", order, Unit.TEXT),
            Fact("calls", page.statement.calls),
            Fact("skipped", page.skipped),
        ),
        gains=(gain,),
        application=ApplicationChange(
            summary="Keep the last row of a page and pass its values for the next one, instead of a number of rows.",
            examples=_code(paging),
        ),
        when=When.THIS_WEEK,
        risk=Risk.MEDIUM,
    )


def _code(paging: Paging) -> tuple[CodeExample, ...]:
    """The first page, then the next; ``last`` is the last row of the page before."""
    own = [Argument(f"value_{number}", f"value_{number}", f"value{number}") for number in paging.parameters]
    after = [
        Argument(f"last_{place}", f"last[{each.output}]", f"last[{text_of(each.name)}]")
        for place, each in enumerate(paging.order, 1)
    ]
    firsts = examples(paging.first, own, returns_rows=True)
    nexts = examples(paging.next, [*own, *after], returns_rows=True)
    return tuple(
        CodeExample(one.stack, f"{one.code}\n\n{other.code}") for one, other in zip(firsts, nexts, strict=True)
    )

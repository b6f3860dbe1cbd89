"""The grade that a plan would lead to, as estimated: the same checks over the counters as the plan would have them.

Of every statement the time and the pages are those that were counted, times its planned cost afterwards as a part of
what it costs now; what is replaced is counted as what replaces it; the new indexes are there and the dropped ones are
not. What no counter shows, such as dead rows or a setting, is cured where a prescription says so. No finding appears
or becomes worse by it: the estimate is of what goes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil

from msgspec.structs import replace

from pgclinic import checks
from pgclinic.grading.grade import grade
from pgclinic.model.catalog import Index
from pgclinic.model.checkup import Checkup
from pgclinic.model.counters import StatementCounters
from pgclinic.model.finding import Finding
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import GradeForecast, Prescription, StatementMapping
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.statements import UnreadableSqlError, fingerprint

Ratios = Mapping[tuple[str, str], float]
"""What a statement costs afterwards, as a part of what it costs now, by fingerprint and role (empty: any role)."""


def foreseen(snapshot: Snapshot, items: Sequence[Prescription], ratios: Ratios) -> Snapshot:
    """The snapshot as it would be had the items been followed before its counters began to count."""
    mappings = {mapping.original: mapping for item in items for mapping in item.mappings}
    return replace(
        snapshot,
        statements=tuple(row for each in snapshot.statements for row in _afterwards(each, mappings, ratios)),
        indexes=tuple(_indexes(snapshot, items)),
    )


def forecast(before: Checkup, after: Checkup, items: Sequence[Prescription]) -> tuple[GradeForecast, dict[str, float]]:
    """The grade with all of them, and the points that each gives back by itself, by its fingerprint.

    ``after`` is the checkup of what was ``foreseen``.
    """
    gone = _gone(before, after, items)
    not_examined = _not_examined(before)
    now = grade(before.findings, not_examined=not_examined)
    left = list(_left(before.findings, after.findings, gone))
    then = grade(left, not_examined=not_examined)
    points = {}
    for item in items:
        cured = set(cured_by(item, gone))
        rest = [finding for finding in before.findings if finding.fingerprint not in cured]
        uncapped = grade(rest, not_examined=not_examined).uncapped if cured else now.uncapped
        points[item.fingerprint] = round(max((uncapped or 0.0) - (now.uncapped or 0.0), 0.0), 1)
    estimate = GradeForecast(
        score_before=before.grade.score,
        letter_before=before.grade.letter,
        score_after=then.score,
        letter_after=then.letter,
        confidence=before.grade.confidence,
    )
    return estimate, points


def cured_by(item: Prescription, gone: Iterable[Finding]) -> Iterator[str]:
    """Fingerprints of the findings that it cures: those that it names, and of the others that go those it is about.

    A finding about a statement is what makes that statement cheaper or replaces it, one about a table what makes
    statements on that table cheaper.
    """
    yield from item.cures
    statements = {gain.fingerprint for gain in item.gains} | {mapping.original for mapping in item.mappings}
    indexed = {each.makes.relation for each in item.do if each.makes is not None}
    for finding in gone:
        about = finding.object
        if (
            (about.kind == "statement" and about.name in statements)
            or (item.gains and about in {item.table, item.object})
            or (about.kind == "constraint" and RelationName(about.schema, about.parent) in indexed)
        ):
            yield finding.fingerprint


def _gone(before: Checkup, after: Checkup, items: Sequence[Prescription]) -> list[Finding]:
    left = {finding.fingerprint for finding in after.findings}
    cured = {mark for item in items for mark in item.cures}
    return [each for each in before.findings if each.fingerprint in cured or each.fingerprint not in left]


def _left(before: Iterable[Finding], after: Iterable[Finding], gone: Sequence[Finding]) -> Iterator[Finding]:
    """What stays, no worse than it is."""
    cured = {finding.fingerprint for finding in gone}
    milder = {finding.fingerprint: finding for finding in after}
    for finding in before:
        if finding.fingerprint not in cured:
            then = milder[finding.fingerprint]
            severity, burden = min(finding.severity, then.severity), min(finding.burden, then.burden)
            yield replace(finding, severity=severity, burden=burden)


def _not_examined(checkup: Checkup) -> set[str]:
    planned = {name for name in checks.names() if checks.load(name).is_planned}
    return set(checks.names()) - set(checkup.examined) - planned


def _afterwards(
    row: StatementCounters, mappings: Mapping[str, StatementMapping], ratios: Ratios
) -> Iterator[StatementCounters]:
    try:
        mark = fingerprint(row.text)
    except UnreadableSqlError:
        yield row
        return
    ratio = ratios.get((mark, row.role), ratios.get((mark, ""), 1.0))
    if mark not in mappings:
        yield _scaled(row, ratio, 1) if ratio < 1 else row
        return
    mapping = mappings[mark]
    for number, replacement in enumerate(mapping.replacements):
        new = _scaled(row, ratio / len(mapping.replacements), mapping.calls)
        yield replace(new, text=replacement.sql, queryid=f"{row.queryid}/{number}")


def _scaled(row: StatementCounters, ratio: float, calls_a_run: int) -> StatementCounters:
    """The same row with so much of its time and pages, and so many fewer calls."""
    calls = max(ceil(row.calls / calls_a_run), 1)
    a_call = ratio * row.calls / calls
    return replace(
        row,
        calls=calls,
        total_ms=row.total_ms * ratio,
        mean_ms=row.mean_ms * a_call,
        min_ms=row.min_ms * a_call,
        max_ms=row.max_ms * a_call,
        stddev_ms=row.stddev_ms * a_call,
        shared_blks_hit=round(row.shared_blks_hit * ratio),
        shared_blks_read=round(row.shared_blks_read * ratio),
        temp_blks_read=round(row.temp_blks_read * ratio),
        temp_blks_written=round(row.temp_blks_written * ratio),
        blk_read_ms=row.blk_read_ms * ratio,
    )


def _indexes(snapshot: Snapshot, items: Sequence[Prescription]) -> Iterator[Index]:
    """Those that stay, and the new ones; a new one is in use, as far as was planned."""
    dropped = {each.index for item in items for each in item.do if each.index is not None and each.makes is None}
    yield from (index for index in snapshot.indexes if RelationName(index.schema, index.name) not in dropped)
    oid = max((index.oid for index in snapshot.indexes), default=0)
    for item in items:
        for statement in item.do:
            definition, name = statement.makes, statement.index
            relation = snapshot.relation_by_name.get(definition.relation) if definition is not None else None
            if definition is None or name is None or relation is None:
                continue
            oid += 1
            yield Index(
                oid=oid,
                relation=relation.oid,
                schema=name.schema,
                name=name.name,
                definition=definition,
                sql=statement.sql,
                scans=1,
            )

"""Lines and curves out of history: what was gained over a span, in the same nouns that a snapshot gives."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import msgspec

from pgclinic.grading.buckets import are_told, bucketed_percentile_ms
from pgclinic.grading.percentiles import one_percentile_ms
from pgclinic.model.evidence import Provenance, Unit
from pgclinic.model.history import StatementPoint, StatementTotal
from pgclinic.model.listing import IndexLine, StatementLine, TableLine
from pgclinic.model.names import ObjectName, RelationName

if TYPE_CHECKING:
    from pgclinic.watch.history import History

SPANS = {"1h": 3600, "1d": 86_400, "7d": 604_800, "30d": 2_592_000}
"""Spans that pages offer, in seconds."""
_PAGE = 8192
_P95 = 0.95
_LONGEST_TEXT = 500
_MOST_POINTS = 1_000
_MOST_INDEXES = 7

Moment = TypeVar("Moment")


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A curve: ``at`` in seconds since 1970 and as many ``values``, None where there was none.

    ``object`` is what it is of, empty for the whole database or for what was asked for.
    """

    name: str
    object: str = ""
    unit: Unit
    provenance: Provenance
    at: tuple[float, ...]
    values: tuple[float | None, ...]


def bounds(span: str, at: str) -> tuple[str, str]:
    """The span before a moment, or before now, as two times in ISO 8601."""
    until = datetime.fromisoformat(at) if at else datetime.now(UTC)
    return (until - timedelta(seconds=SPANS.get(span, SPANS["1h"]))).isoformat(), until.isoformat()


class Past:
    """One target's history as pages need it."""

    def __init__(self, history: "History", target: str) -> None:
        self.history, self.target = history, target

    def statements(self, span: str, at: str) -> tuple[StatementLine, ...]:
        """What applications asked during the span, the most time first."""
        found = self.history.statements(self.target, *bounds(span, at))
        groups: dict[str, list[StatementTotal]] = {}
        for each in found:
            if each.verb != "utility":
                groups.setdefault(each.fingerprint or each.gained.queryid, []).append(each)
        whole = sum(each.gained.total_ms for members in groups.values() for each in members)
        lines = [_statement(fingerprint, members, whole) for fingerprint, members in groups.items()]
        return tuple(sorted(lines, key=lambda line: (-line.total_ms, line.fingerprint)))

    def tables(self, span: str, at: str) -> tuple[TableLine, ...]:
        """What was done to tables during the span, with their sizes at its end."""
        gained = self.history.tables(self.target, *bounds(span, at))
        whole = sum(each.bytes or 0 for each in gained)
        lines = [
            TableLine(
                name=RelationName(each.object.schema, each.object.name),
                kind=each.object.kind,
                rows=each.live_rows,
                heap_bytes=each.bytes or 0,
                index_bytes=0,
                toast_bytes=0,
                share=(each.bytes or 0) / whole if whole else 0.0,
                indexes=0,
                seq_scans=each.seq_scan,
                index_scans=each.idx_scan,
                dead_rows=each.dead_rows,
                dead_share=_share(each.dead_rows, each.live_rows + each.dead_rows),
                empty_share=None,
                vacuumed_at=None,
                analysed_at=None,
            )
            for each in gained
        ]
        return tuple(sorted(lines, key=lambda line: (-line.total_bytes, line.name)))

    def indexes(self, span: str, at: str) -> tuple[IndexLine, ...]:
        """How often indexes were scanned during the span, with their sizes at its end."""
        lines = [
            IndexLine(
                name=RelationName(each.object.schema, each.object.name),
                table=RelationName(each.object.schema, each.object.parent),
                method="",
                sql="",
                bytes=each.bytes or 0,
                scans=each.scans,
                scanned_at=None,
                is_valid=True,
                enforces="",
                empty_share=None,
            )
            for each in self.history.indexes(self.target, *bounds(span, at))
        ]
        return tuple(sorted(lines, key=lambda line: (-line.bytes, line.name)))

    def curves(self, names: Iterable[str], span: str, at: str, of: ObjectName | None = None) -> tuple[Series, ...]:
        """Observations of these names; one that was never made is left out."""
        units = {name: unit for name, unit, _ in self.history.series(self.target)}
        since, until = bounds(span, at)
        found = []
        for name in names:
            if name in units:
                points = _thinned(self.history.observations(self.target, name, of, since, until))
                found.append(
                    Series(
                        name=name,
                        unit=units[name],
                        provenance=points[-1].provenance if points else Provenance.MEASURED,
                        at=tuple(_seconds(point.at) for point in points),
                        values=tuple(point.value for point in points),
                    )
                )
        return tuple(found)

    def statement_curves(self, fingerprint: str, span: str, at: str) -> tuple[Series, ...]:
        """One statement over time: its mean, and its calls a second."""
        texts = self.history.texts(self.target)
        mine = {queryid for (queryid, _), each in texts.items() if (each.fingerprint or queryid) == fingerprint}
        since, until = bounds(span, at)
        moments: dict[float, list[StatementPoint]] = {}
        for queryid in sorted(mine):
            for point in self.history.statement_history(self.target, queryid, since, until):
                moments.setdefault(_seconds(point.at), []).append(point)
        at_ = tuple(sorted(moments))
        calls = [sum(each.gained.calls for each in moments[moment]) for moment in at_]
        times = [sum(each.gained.total_ms for each in moments[moment]) for moment in at_]
        spans = [max(each.seconds for each in moments[moment]) for moment in at_]
        means = tuple(ms / count if count else None for ms, count in zip(times, calls, strict=True))
        rates = tuple(count / span if span else None for count, span in zip(calls, spans, strict=True))
        measured = Provenance.MEASURED
        return (
            Series(name="mean_ms", unit=Unit.MILLISECONDS, provenance=measured, at=at_, values=means),
            Series(name="calls_per_s", unit=Unit.COUNT, provenance=measured, at=at_, values=rates),
        )

    def table_curves(self, table: RelationName, span: str, at: str) -> tuple[Series, ...]:
        """How one table grew: bytes with its indexes and TOAST, rows, dead ones of all, bytes for each live row."""
        since, until = bounds(span, at)
        points = self.history.table_history(self.target, table.name, table.schema, since, until)
        gained = [each.gained for each in points]
        curves: dict[str, tuple[Unit, list[float | None]]] = {
            "table_bytes": (Unit.BYTES, [each.bytes for each in gained]),
            "live_rows": (Unit.COUNT, [each.live_rows for each in gained]),
            "dead_rows": (Unit.COUNT, [each.dead_rows for each in gained]),
            "dead_share": (Unit.RATIO, [_share(each.dead_rows, each.live_rows + each.dead_rows) for each in gained]),
            "bytes_a_row": (
                Unit.BYTES,
                [None if each.bytes is None else _share(each.bytes, each.live_rows) for each in gained],
            ),
        }
        moments = [_seconds(point.at) for point in points]
        return tuple(
            _known(name, unit, list(zip(moments, values, strict=True))) for name, (unit, values) in curves.items()
        )

    def index_curves(self, table: RelationName, names: Collection[str], span: str, at: str) -> tuple[Series, ...]:
        """How the indexes of a table grew, the largest first; ``names`` are those that are known to be its own."""
        since, until = bounds(span, at)
        sizes: dict[str, list[tuple[float, float | None]]] = {}
        for moment, _, details in self.history.details(self.target, since, until, None):
            for each in details.indexes:
                is_own = each.object.parent == table.name or each.object.name in names
                if is_own and each.object.schema == table.schema and each.bytes is not None:
                    sizes.setdefault(each.object.name, []).append((_seconds(moment), each.bytes))
        largest = sorted(sizes, key=lambda name: (-(sizes[name][-1][1] or 0), name))[:_MOST_INDEXES]
        return tuple(_known("index_bytes", Unit.BYTES, sizes[name], name) for name in largest)

    def text_of(self, fingerprint: str) -> str:
        """A statement's text as it was kept; empty where it never was to be had."""
        found = self.history.texts(self.target)
        return next((each.text for key, each in found.items() if (each.fingerprint or key[0]) == fingerprint), "")


def _statement(fingerprint: str, members: Sequence[StatementTotal], whole: float) -> StatementLine:
    heaviest = max(members, key=lambda each: each.gained.total_ms)
    calls = sum(each.gained.calls for each in members)
    total = sum(each.gained.total_ms for each in members)
    hit = sum(each.gained.shared_blks_hit for each in members)
    read = sum(each.gained.shared_blks_read for each in members)
    buckets = [bucket for each in members for bucket in each.gained.times]
    in_buckets = are_told(buckets, calls)
    return StatementLine(
        fingerprint=fingerprint,
        text=heaviest.text[:_LONGEST_TEXT],
        verb=heaviest.verb,
        role=heaviest.gained.role,
        calls=calls,
        rows=sum(each.gained.rows for each in members),
        total_ms=total,
        share=total / whole if whole else 0.0,
        mean_ms=total / calls if calls else 0.0,
        max_ms=None,
        p95_ms=bucketed_percentile_ms(buckets, _P95) if in_buckets else one_percentile_ms(heaviest.gained, _P95),
        p95_provenance=Provenance.BUCKETED if in_buckets else Provenance.ESTIMATED,
        read_bytes=read * _PAGE,
        spilled_bytes=sum(each.gained.temp_blks_written for each in members) * _PAGE,
        cache_hit=_share(hit, hit + read),
        is_cut=len(heaviest.text) > _LONGEST_TEXT,
    )


def _known(name: str, unit: Unit, points: Sequence[tuple[float, float | None]], of: str = "") -> Series:
    """A curve of what was measured; moments at which it was not looked at are left out, so that it is one line."""
    known = _thinned([(at, value) for at, value in points if value is not None])
    return Series(
        name=name,
        object=of,
        unit=unit,
        provenance=Provenance.MEASURED,
        at=tuple(at for at, _ in known),
        values=tuple(value for _, value in known),
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _thinned(points: Sequence[Moment]) -> Sequence[Moment]:
    """Not more points than a chart has room for; the last one stays."""
    step = -(-len(points) // _MOST_POINTS)
    return points[::-1][::step][::-1] if step > 1 else points

"""What samples said of each target, as metrics: levels of the last one, counters added up since the watch began."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pgclinic.model.clock import position
from pgclinic.model.watching import Observation, Sample, StatementDelta, TableDelta
from pgclinic.watch.alerts.derived import UNREACHABLE, is_aside
from pgclinic.watch.metrics.names import METRICS, NAMESPACE, Metric, label_values

if TYPE_CHECKING:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    from prometheus_client.metrics_core import Metric as Family

MOST_STATEMENTS = 50
MOST_TABLES = 50
_MOST_REMEMBERED = 10_000
"""Statements; applications that never send the same text twice make new ones without end."""
_KEPT_SECONDS = 900.0
_SCANS = ("seq_scan", "idx_scan")
_FADING = 0.99
"""Of a statement's weight from sample to sample: who was heavy hours ago makes room for who is heavy now."""
_STATEMENT = {
    "calls": Metric(f"{NAMESPACE}statement_calls_total", "Calls of a statement.", is_counter=True),
    "total_ms": Metric(f"{NAMESPACE}statement_seconds_total", "Time that its calls took.", 0.001, is_counter=True),
    "rows": Metric(f"{NAMESPACE}statement_rows_total", "Rows that it returned or changed.", is_counter=True),
    "shared_blks_read": Metric(
        f"{NAMESPACE}statement_blocks_read_total", "Pages that it had to read from outside of shared_buffers.",
        is_counter=True,
    ),
}  # fmt: skip
_TABLE = {
    "bytes": Metric(f"{NAMESPACE}table_bytes", "Size of a table with its TOAST table."),
    "dead": Metric(f"{NAMESPACE}table_dead_rows_ratio", "Dead rows of all rows of a table."),
    "seq_scan": Metric(
        f"{NAMESPACE}table_sequential_scans_total", "Scans of a table from end to end.", is_counter=True
    ),
    "idx_scan": Metric(f"{NAMESPACE}table_index_scans_total", "Scans of a table by index.", is_counter=True),
}
Extra = Callable[[], "Iterable[Family]"]


class Known:
    """What is known of one target."""

    def __init__(self) -> None:
        self.last: Sample | None = None
        self.looks: dict[str, int] = defaultdict(int)
        self.counters: dict[str, float] = defaultdict(float)
        self.statements: dict[tuple[str, str], dict[str, float]] = {}
        self.weights: dict[tuple[str, str], float] = {}
        self.tables: dict[tuple[str, str], TableDelta] = {}
        self.scans: dict[tuple[str, str], dict[str, float]] = {}
        self.levels: dict[str, tuple[float, tuple[Observation, ...]]] = {}
        self.aside: dict[str, tuple[float, tuple[Observation, ...]]] = {}

    def hear(self, sample: Sample) -> None:
        """Take in a sample."""
        if is_aside(sample):
            self.aside = {each.name: (0.0, (each,)) for each in sample.observations}
            return
        self.last = sample
        self.looks[sample.gap] += 1
        self._hear_observations(sample)
        self._hear_statements(sample.statements)
        if sample.tables:
            self.tables = {(each.object.schema, each.object.name): each for each in sample.tables}
            before = self.scans
            self.scans = {
                key: {field: getattr(each, field) + before.get(key, {}).get(field, 0) for field in _SCANS}
                for key, each in self.tables.items()
            }

    def _hear_observations(self, sample: Sample) -> None:
        """Sizes are looked at now and then: what a sample says nothing of stays for a while."""
        now = position(sample.at)
        by_name: dict[str, list[Observation]] = defaultdict(list)
        for observation in sample.observations:
            if observation.value is not None:
                by_name[observation.name].append(observation)
        self.levels = {name: each for name, each in self.levels.items() if 0 <= now - each[0] <= _KEPT_SECONDS}
        self.levels |= self.aside | {name: (now, tuple(each)) for name, each in by_name.items()}
        for name, found in by_name.items():
            if name in METRICS and METRICS[name].is_counter:
                self.counters[name] += sum(each.value or 0 for each in found)

    def _hear_statements(self, statements: Iterable[StatementDelta]) -> None:
        for key in self.weights:
            self.weights[key] *= _FADING
        if len(self.weights) > _MOST_REMEMBERED:
            for key in sorted(self.weights, key=self.weights.__getitem__)[: _MOST_REMEMBERED // 2]:
                del self.weights[key], self.statements[key]
        for each in statements:
            key = (each.queryid, each.role)
            gained = self.statements.setdefault(key, dict.fromkeys(_STATEMENT, 0.0))
            for field in _STATEMENT:
                gained[field] += getattr(each, field)
            self.weights[key] = self.weights.get(key, 0.0) + each.total_ms

    def heaviest(self) -> Sequence[tuple[str, str]]:
        """The statements that are shown."""
        return sorted(self.weights, key=lambda key: (-self.weights[key], key))[:MOST_STATEMENTS]

    def largest(self) -> Sequence[tuple[tuple[str, str], TableDelta]]:
        """The tables that are shown."""
        return sorted(self.tables.items(), key=lambda one: (-(one[1].bytes or one[1].live_rows), one[0]))[:MOST_TABLES]


class Metrics:
    """A listener that remembers, and a collector of prometheus-client. Safe from any thread."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = defaultdict(Known)
        self._lock = threading.Lock()
        self.extras: list[Extra] = []

    def heard(self, sample: Sample) -> None:
        """Take in a sample."""
        with self._lock:
            self._known[sample.target].hear(sample)

    def has_heard(self, target: str) -> bool:
        """Whether there was a sample of this target."""
        with self._lock:
            return target in self._known

    def collect(self) -> "Iterator[Family]":
        """All targets' metrics, and what others add."""
        with self._lock:
            families = tuple(self._families(self._known))
        yield from families
        for extra in self.extras:
            yield from extra()

    def collect_one(self, target: str) -> "Iterator[Family]":
        """One target's metrics."""
        with self._lock:
            known = {target: self._known[target]} if target in self._known else {}
            families = tuple(self._families(known))
        yield from families

    def _families(self, known: dict[str, Known]) -> "Iterator[Family]":
        reached = {name: each for name, each in known.items() if each.last and each.last.gap != UNREACHABLE}
        yield from _of_looks(known)
        for name, metric in METRICS.items():
            family = _family(metric, ("target",))
            for target, each in (known if metric.is_counter else reached).items():
                if metric.is_counter:
                    family.add_metric((target,), each.counters[name])
                else:
                    for observation in each.levels.get(name, (0.0, ()))[1]:
                        about = label_values(observation.object, metric.labels)
                        family.add_metric((target, *about), (observation.value or 0.0) * metric.factor)
            if family.samples:
                yield family
        yield from _of_statements(known)
        yield from _of_tables(known)


def _of_looks(known: dict[str, Known]) -> "Iterator[Family]":
    up = _family(Metric(f"{NAMESPACE}up", "1 where the server answered the last look, else 0."), ("target",))
    took = _family(Metric(f"{NAMESPACE}look_duration_seconds", "How long the last look took.", 0.001), ("target",))
    when = _family(
        Metric(f"{NAMESPACE}last_look_timestamp_seconds", "When the last look was, by the server's clock."), ("target",)
    )
    looks = _family(
        Metric(
            f"{NAMESPACE}looks_total",
            "Looks, by the gap that lies before them (none, first, unreachable, restarted, reset, clock, slow).",
            labels=("gap",),
            is_counter=True,
        ),
        ("target",),
    )
    for target, each in known.items():
        if each.last is None:
            continue
        up.add_metric((target,), float(each.last.gap != UNREACHABLE))
        took.add_metric((target,), each.last.took_ms / 1000)
        when.add_metric((target,), position(each.last.at))
        for gap, count in sorted(each.looks.items()):
            looks.add_metric((target, gap or "none"), count)
    yield from (up, took, when, looks)


def _of_statements(known: dict[str, Known]) -> "Iterator[Family]":
    for field, metric in _STATEMENT.items():
        family = _family(metric, ("target", "queryid", "user"))
        for target, each in known.items():
            for key in each.heaviest():
                family.add_metric((target, *key), each.statements[key][field] * metric.factor)
        if family.samples:
            yield family


def _of_tables(known: dict[str, Known]) -> "Iterator[Family]":
    for field, metric in _TABLE.items():
        family = _family(metric, ("target", "schema", "table"))
        for target, each in known.items():
            for key, table in each.largest():
                value = each.scans[key].get(field) if metric.is_counter else _level(table, field)
                if value is not None:
                    family.add_metric((target, *key), value)
        if family.samples:
            yield family


def _level(table: TableDelta, field: str) -> float | None:
    if field == "bytes":
        return table.bytes
    rows = table.live_rows + table.dead_rows
    return table.dead_rows / rows if rows else None


def _family(metric: Metric, labels: tuple[str, ...]) -> "CounterMetricFamily | GaugeMetricFamily":
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415 - an extra

    kind = CounterMetricFamily if metric.is_counter else GaugeMetricFamily
    return kind(metric.name, metric.meaning, labels=(*labels, *metric.labels))

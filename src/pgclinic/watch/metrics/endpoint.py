"""Answers to a monitoring system's requests, whatever serves them: the watch's own server, or the dashboard.

/metrics            this process, and what was last seen of every target
/probe?target=NAME  one configured target, looked at now
/health             the watch is alive        /ready  every target was looked at once
"""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import msgspec

from pgclinic.model.watching import Sample
from pgclinic.watch.alerts.derived import UNREACHABLE
from pgclinic.watch.metrics.gathering import Metrics
from pgclinic.watch.metrics.names import NAMESPACE

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric as Family

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TEXT = "text/plain; charset=utf-8"
_NEVER = 0.0


class Answer(msgspec.Struct, frozen=True):
    """A response of HTTP."""

    status: int
    body: bytes
    content_type: str = _TEXT


Look = Callable[[str, float | None], "Sample | None"]
"""Looks at a target now, within so many seconds; None where it took longer."""


class Endpoint:
    """What is served, to requests whose Host is one of ``hosts``: others come from a page that lies about its name."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        targets: Collection[str],
        look: Look,
        hosts: Collection[str] = (),
        is_alive: Callable[[], bool] = lambda: True,
    ) -> None:
        self._metrics = metrics
        self._targets = frozenset(targets)
        self._look = look
        self._hosts = LOOPBACK | {each.lower() for each in hosts}
        self._is_alive = is_alive
        self._registry = _registry_of_process()
        self._registry.register(metrics)

    def answer(self, path: str, query: str, host: str, seconds: float | None = None) -> Answer:
        """The answer to a GET. ``host`` is the request's header, ``seconds`` how long the asker waits, if it says."""
        if _name_of(host) not in self._hosts:
            return _said(403, "This name is not one that this server goes by; see --allow-host.")
        if path == "/metrics":
            return self._exposed(self._registry)
        if path == "/probe":
            return self._probe(parse_qs(query, max_num_fields=10).get("target", []), seconds)
        if path == "/health":
            return _said(200, "alive") if self._is_alive() else _said(503, "the watch has ended")
        if path == "/ready":
            unseen = sorted(name for name in self._targets if not self._metrics.has_heard(name))
            return _said(503, f"not looked at yet: {', '.join(unseen)}") if unseen else _said(200, "ready")
        return _said(404, "There is /metrics, /probe?target=NAME, /health and /ready.")

    def _probe(self, names: list[str], seconds: float | None) -> Answer:
        if len(names) != 1 or names[0] not in self._targets:
            return _said(404, "No such target; only those that are watched can be asked for, as /probe?target=NAME.")
        sample = self._look(names[0], seconds)
        seen = Metrics()
        if sample is not None:
            seen.heard(sample)
        from prometheus_client import CollectorRegistry  # noqa: PLC0415 - an extra

        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Probed(seen, sample))
        return self._exposed(registry)

    def _exposed(self, registry: "CollectorRegistry") -> Answer:
        from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest  # noqa: PLC0415 - an extra

        return Answer(200, generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4)


class _Probed:
    """What one look said, and whether it succeeded."""

    def __init__(self, seen: Metrics, sample: Sample | None) -> None:
        self._seen = seen
        self._sample = sample

    def collect(self) -> "list[Family]":
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - an extra

        sample = self._sample
        is_well = sample is not None and sample.gap != UNREACHABLE
        took = _NEVER if sample is None else sample.took_ms / 1000
        return [
            GaugeMetricFamily("probe_success", "1 where the server answered in time, else 0.", float(is_well)),
            GaugeMetricFamily("probe_duration_seconds", "How long the look took; 0 where it did not end.", took),
            *self._seen.collect(),
        ]


def _registry_of_process() -> "CollectorRegistry":
    """A registry with what Prometheus' clients say of their own process everywhere."""
    from prometheus_client import CollectorRegistry, Info, PlatformCollector, ProcessCollector  # noqa: PLC0415 - an extra

    from pgclinic import __version__  # noqa: PLC0415 - beside its use

    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    Info(f"{NAMESPACE}build", "The version of pgclinic that watches.", registry=registry).info({"version": __version__})
    return registry


def _name_of(host: str) -> str:
    """A Host header without its port, in lower case."""
    text = host.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.rpartition(":")[0] if text.count(":") == 1 else text


def _said(status: int, words: str) -> Answer:
    return Answer(status, f"{words}\n".encode())

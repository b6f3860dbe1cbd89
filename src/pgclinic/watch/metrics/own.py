"""What alerts and refreshes say of themselves, as metrics."""

from collections import Counter
from typing import TYPE_CHECKING

from pgclinic.watch.alerts.engine import Phase
from pgclinic.watch.alerts.listener import Alerts
from pgclinic.watch.metrics.names import NAMESPACE
from pgclinic.watch.refresh.refresher import Refresher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client.metrics_core import Metric as Family


def families_of(alerts: Alerts, refresher: Refresher | None) -> "Callable[[], Iterable[Family]]":
    """What collects them, at each scrape."""

    def families() -> "Iterator[Family]":
        yield from _of_alerts(alerts)
        if refresher is not None:
            yield _of_refreshes(refresher)

    return families


def _of_alerts(alerts: Alerts) -> "Iterator[Family]":
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415 - an extra

    severities = {rule.name: rule.severity.name.lower() for rule in alerts.rules.rules}
    standing = GaugeMetricFamily(
        f"{NAMESPACE}alerts", "Objects about which a rule fires.", labels=("target", "rule", "severity")
    )
    firing = Counter((each.target, each.rule) for each in alerts.standings() if each.phase is Phase.FIRING)
    for (target, rule), count in sorted(firing.items()):
        standing.add_metric((target, rule, severities.get(rule, "")), count)
    failing = GaugeMetricFamily(
        f"{NAMESPACE}alert_channel_up", "1 where the last message was taken, else 0.", labels=("channel",)
    )
    sent = CounterMetricFamily(f"{NAMESPACE}alert_messages_total", "Messages sent.", labels=("channel",))
    failed = CounterMetricFamily(f"{NAMESPACE}alert_failures_total", "Failed attempts to send.", labels=("channel",))
    for state in alerts.channels():
        failing.add_metric((state.name,), float(not state.failing))
        sent.add_metric((state.name,), state.sent)
        failed.add_metric((state.name,), state.failed)
    yield from (standing, failing, sent, failed)


def _of_refreshes(refresher: Refresher) -> "Family":
    from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415 - an extra

    family = CounterMetricFamily(
        f"{NAMESPACE}refreshes_total", "What came of views and partitions.", labels=("target", "outcome")
    )
    for (target, what), count in sorted(refresher.counts.items()):
        family.add_metric((target, what.replace(" ", "_")), count)
    return family

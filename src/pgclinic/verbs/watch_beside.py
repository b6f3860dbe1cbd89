"""What goes on beside a watch: alerts, metrics for Prometheus, refreshes. Each only where it is asked for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from psycopg import Error

from pgclinic.model.errors import UserError
from pgclinic.watch.alerts import rules_file
from pgclinic.watch.alerts.listener import Alerts, trial
from pgclinic.watch.alerts.past import past_of
from pgclinic.watch.history import History
from pgclinic.watch.listener import Listener
from pgclinic.watch.metrics.endpoint import Endpoint
from pgclinic.watch.metrics.gathering import Metrics
from pgclinic.watch.metrics.own import families_of
from pgclinic.watch.metrics.probing import Prober
from pgclinic.watch.metrics.server import Server, address_of
from pgclinic.watch.refresh import settings as refresh_settings
from pgclinic.watch.refresh.cron import script
from pgclinic.watch.refresh.refresher import Refresher
from pgclinic.watch.refresh.work import opened_to_read


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. ``rules`` is the user's file, ``metrics`` an address, ``hosts`` more names of this server."""

    rules: Path | None = None
    metrics: str | None = None
    hosts: tuple[str, ...] = ()
    refresh: bool = False


@contextmanager
def beside(
    asked: Beside, targets: Mapping[str, str], history: History, say: Callable[[str], None]
) -> Iterator[tuple[Listener, ...]]:
    """The listeners, as long as the block lasts; ``targets`` are conninfos by name. Raises UserError."""
    rules = rules_file.read(asked.rules)
    refreshing = refresh_settings.read(asked.rules)
    listeners: list[Listener] = []
    with ExitStack() as stack:
        alerts = Alerts(rules, history.engine, say=say, past=past_of(history))
        stack.callback(alerts.close)
        listeners.append(alerts)
        refresher = None
        if asked.refresh:
            refresher = Refresher(targets, refreshing, say=say)
            stack.callback(refresher.close)
            listeners.append(refresher)
        if asked.metrics is not None:
            metrics, prober = Metrics(), Prober(targets)
            stack.callback(prober.close)
            metrics.extras.append(families_of(alerts, refresher))
            endpoint = Endpoint(metrics, targets=list(targets), look=prober.look, hosts=asked.hosts)
            server = Server(endpoint, *address_of(asked.metrics))
            stack.callback(server.close)
            listeners.append(metrics)
            say(f"Metrics are served on port {server.port}.")
        yield tuple(listeners)


def tried(rules: Path | None) -> dict[str, str]:
    """Send a trial to every channel of a file; by its name an empty text, or why it failed. Raises UserError."""
    found = rules_file.read(rules)
    if not found.channels:
        raise UserError("There is no channel to try: give a file with [[channels]] by --rules.")
    return trial(found)


def cron_script(conninfos: Sequence[str], rules: Path | None) -> str:
    """SQL for pg_cron that keeps views fresh and makes partitions of one database. Raises UserError."""
    if len(conninfos) != 1:
        raise UserError("--print-cron writes the SQL of one database; give one TARGET.")
    settings = refresh_settings.read(rules)
    try:
        with opened_to_read(conninfos[0]) as session:
            return script(session, settings)
    except Error as error:
        raise UserError(f"The database could not be read: {str(error).strip()}; try again.") from None

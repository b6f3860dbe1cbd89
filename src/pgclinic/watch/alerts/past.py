"""The past that rules look back on, from the history store: a watch that is started again need not learn anew."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pgclinic.model.names import ObjectName
from pgclinic.watch.alerts.engine import WHOLE
from pgclinic.watch.alerts.listener import Past
from pgclinic.watch.alerts.rules import Rule
from pgclinic.watch.history import History
from pgclinic.watch.writing import StoreError

_MOST_STATEMENTS = 200
_LOG = logging.getLogger(__name__)


def past_of(history: History) -> Past:
    """What a target's history holds for a rule; nothing where the store cannot be read."""

    def past(target: str, rule: Rule) -> Iterator[tuple[str, str, float]]:
        since = (datetime.now(UTC) - timedelta(seconds=rule.over)).isoformat()
        try:
            if rule.observation == "statement_mean_ms":
                yield from _statements(history, target, since)
            elif rule.observation == "grade_points":
                for grade in history.grades(target, since):
                    yield WHOLE, grade.at, grade.score
            else:
                yield from _observations(history, target, rule.observation, since)
        except StoreError as error:
            _LOG.warning("The past of %s could not be read: %s.", target, error)

    return past


def _statements(history: History, target: str, since: str) -> Iterator[tuple[str, str, float]]:
    totals = history.statements(target, since)[:_MOST_STATEMENTS]
    heaviest = {(each.gained.queryid, each.gained.role) for each in totals}
    for at, gained in history.statement_gains(target, since):
        if (gained.queryid, gained.role) in heaviest and gained.calls:
            yield str(ObjectName("statement", gained.queryid, parent=gained.role)), at, gained.mean_ms


def _observations(history: History, target: str, name: str, since: str) -> Iterator[tuple[str, str, float]]:
    for known, _, about in history.series(target):
        if known == name:
            for point in history.observations(target, name, about, since):
                if point.value is not None:
                    yield str(about or WHOLE), point.at, point.value

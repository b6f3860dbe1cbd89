"""A watch that is started again looks back into the history."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from alerting import sample
from pgclinic.model.evidence import Unit
from pgclinic.model.watching import Observation, Sample, StatementDelta
from pgclinic.watch.alerts.listener import Alerts
from pgclinic.watch.alerts.past import past_of
from pgclinic.watch.alerts.rules import Rules
from pgclinic.watch.alerts.rules_file import read
from pgclinic.watch.history import History

RULES = Rules(rules=tuple(rule for rule in read(None, {}).rules if rule.name in {"plan_regression", "disk_full"}))
Say = Callable[[str], None]


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    store = History(str(tmp_path / "history.db"))
    yield store
    store.close()


def run(minutes_ago: float, mean: float, free: float) -> Sample:
    delta = StatementDelta(queryid="42", role="app", calls=50, total_ms=50 * mean, mean_ms=mean)
    disk = Observation(name="disk_free_bytes", value=free, unit=Unit.BYTES)
    moment = (datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat()
    return msgspec.structs.replace(sample(0, disk, statements=(delta,)), at=moment)


def standing(history: History, *, past: bool) -> list[str]:
    alerts = Alerts(RULES, history.engine, say=lambda _: None, past=past_of(history) if past else None)
    for minute in range(40, -1, -1):
        alerts.heard(run(minute, 95.0, 1e9))
    alerts.close()
    return sorted(each.rule for each in alerts.standings())


def test_its_past_is_known_from_the_first_sample_on(history: History) -> None:
    history.write_all([run(40 + 10 * number, 10.0, 1e9 + 5e7 * number) for number in range(1, 100)])
    assert standing(history, past=True) == ["disk_full", "plan_regression"]


def test_without_a_past_nothing_is_held_against_it(history: History) -> None:
    assert standing(history, past=False) == []

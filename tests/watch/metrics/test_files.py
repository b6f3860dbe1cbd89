"""The dashboard and the rules that are shipped: what they name exists, and promtool agrees with them."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from alerting import everything
from pgclinic.watch import files
from pgclinic.watch.metrics.endpoint import Endpoint
from pgclinic.watch.metrics.gathering import Metrics

HERE = Path(__file__).parent
RULES = HERE.parents[2] / "src" / "pgclinic" / "watch" / "files" / files.PROMETHEUS
_METRIC = re.compile(r"\bpgclinic_[a-z0-9_]+")


@pytest.fixture
def scrape() -> str:
    """What is served of a target of which everything was seen."""
    metrics = Metrics()
    metrics.heard(everything())
    return Endpoint(metrics, targets=["shop"], look=lambda *_: None).answer("/metrics", "", "localhost").body.decode()


def promtool(*arguments: str | Path, text: str = "") -> str:
    done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_promtool_has_nothing_to_say_against_the_metrics(scrape: str) -> None:
    assert promtool("check", "metrics", text=scrape) == ""


def test_promtool_takes_the_rules() -> None:
    assert "18 rules found" in promtool("check", "rules", RULES)


def test_each_rule_fires_on_what_it_is_about_and_is_silent_below() -> None:
    assert "SUCCESS" in promtool("test", "rules", HERE / "prometheus_rules_test.yml")


@pytest.mark.parametrize("name", [files.GRAFANA, files.PROMETHEUS])
def test_every_metric_that_a_file_names_is_served(name: str, scrape: str) -> None:
    served = {line.split("{")[0].split(" ")[0] for line in scrape.splitlines() if not line.startswith("#")}
    named = set(_METRIC.findall(files.text(name)))
    assert named
    assert named <= served


def test_every_label_that_the_dashboard_shows_is_served(scrape: str) -> None:
    dashboard = json.loads(files.text(files.GRAFANA))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            (first, *_) = _METRIC.findall(target["expr"])
            (line, *_) = (line for line in scrape.splitlines() if line.startswith(f"{first}{{"))
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= set(re.findall(r'(\w+)="', line))


def test_the_dashboard_leaves_the_data_source_to_its_user_and_overlaps_nowhere() -> None:
    dashboard = json.loads(files.text(files.GRAFANA))
    assert [each["name"] for each in dashboard["templating"]["list"]] == ["datasource", "target"]
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        assert panel["datasource"]["uid"] == "${datasource}"
        at = panel["gridPos"]
        cells = {(at["x"] + right, at["y"] + down) for right in range(at["w"]) for down in range(at["h"])}
        assert not cells & taken
        assert max(right for right, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])

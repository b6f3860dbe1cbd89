"""Files for other programs: a dashboard for Grafana, and alert rules for Prometheus."""

from importlib import resources

GRAFANA = "grafana_dashboard.json"
PROMETHEUS = "prometheus_rules.yml"


def text(name: str) -> str:
    """One of the files."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")

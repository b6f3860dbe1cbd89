"""The demo's workload."""

from functools import cache
from importlib import resources

from pgclinic.model.workload import WorkloadScript
from pgclinic.workload.script import parse_script


@cache
def demo_script() -> WorkloadScript:
    """What the Drain Fortin application asks of its database: the files of ``workload/``."""
    folder = resources.files("pgclinic.demo").joinpath("workload")
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".sql")}
    return parse_script(texts, source="the demo's workload")

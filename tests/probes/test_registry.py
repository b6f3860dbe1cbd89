"""The folder is the registry of the probes."""

import importlib
from pathlib import Path
from typing import get_args

import pytest

import pgclinic.probes
from pgclinic.model.finding import BlindSpot
from pgclinic.model.snapshot import Record
from pgclinic.probes import Probe, probes
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.query import Query


@pytest.mark.parametrize("probe", probes(), ids=lambda probe: probe.name)
def test_a_probe_asks_one_documented_question(probe: Probe) -> None:
    module = importlib.import_module(f"pgclinic.probes.{probe.name}")
    assert (module.__doc__ or "").split("\n")[0].rstrip().endswith(("?", ".")) or "?" in (module.__doc__ or "")
    question = probe.query(Capabilities())
    assert question is None or isinstance(question, Query | BlindSpot)
    if isinstance(question, Query):
        assert "order by" in question.sql


def test_each_kind_of_record_has_its_probe() -> None:
    kinds = {kind.__name__ for kind in get_args(Record)} - {"Header", "ColumnEnds", "StatementCoverage", "MeasuredRoom"}
    assert kinds == {probe.record.__name__ for probe in probes()}


def test_a_file_with_a_query_is_a_probe() -> None:
    folder = Path(pgclinic.probes.__file__).parent
    files = {path.stem for path in folder.glob("*.py") if "\ndef query(" in path.read_text()}
    assert files == {probe.name for probe in probes()}

"""The capacity table as one JSON document, for machines."""

import msgspec

from pgclinic.model.capacity import CapacityTable
from pgclinic.report.capacity_rows import capacity_rows
from pgclinic.report.checkup_json import dump


def encode(table: CapacityTable) -> str:
    """``rows[]`` as shown, and everything that was measured: ``sides[]`` with each run."""
    return dump({**msgspec.to_builtins(table), "rows": [msgspec.to_builtins(row) for row in capacity_rows(table)]})

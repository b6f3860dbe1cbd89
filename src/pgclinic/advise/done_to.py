"""What a prescription does to indexes and tables, read from its statements."""

from collections.abc import Iterator

from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.prescription import Prescription
from pgclinic.sql.altered import partitioned_table


def indexes_made(item: Prescription) -> tuple[IndexDefinition, ...]:
    """The indexes that it builds."""
    return tuple(statement.makes for statement in item.do if statement.makes is not None)


def indexes_dropped(item: Prescription) -> Iterator[tuple[str, IndexDefinition | None]]:
    """The names of the indexes that it drops, each with what the way back builds."""
    back = {statement.index: statement.makes for statement in item.undo}
    for statement in item.do:
        if statement.index is not None and statement.makes is None:
            yield statement.index.name, back.get(statement.index)


def new_parent_at(item: Prescription) -> int | None:
    """Which of its statements creates a partitioned table to take its table's place; None where none does."""
    if item.table.kind != "table":
        return None
    return next((at for at, statement in enumerate(item.do) if partitioned_table(statement.sql)), None)

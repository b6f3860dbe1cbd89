"""Confirm what is only estimated of a database's room, where its extension pgstattuple can tell. Reads only."""

from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from pgclinic import checks
from pgclinic.model.finding import BlindSpot
from pgclinic.model.measured_room import MeasuredRoom
from pgclinic.model.names import RelationName
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.room import EXTENSION, SUBJECT, measured

CHECK = "table_bloat"


def confirmed(
    conninfo: str, snapshot: Snapshot, thresholds: Mapping[str, Any] = MappingProxyType({})
) -> Generator[Progress, None, Snapshot]:
    """The snapshot with a measured room of each table that the estimate calls bloated, by these ``thresholds``.

    It reads the tables' pages that are not all visible, each for ten seconds at the most. Without the extension there
    is a blind spot that says how to get it. Raises UserError when the connection breaks.
    """
    check = checks.load(CHECK)
    if check.unmet(snapshot) is not None:
        return snapshot
    suspects = [
        snapshot.relation_by_name[RelationName(finding.object.schema, finding.object.name)]
        for finding in check.examine(snapshot, **thresholds)
    ]
    if not suspects:
        return snapshot
    schema = next((extension.schema for extension in snapshot.extensions if extension.name == EXTENSION), None)
    if schema is None:
        spot = BlindSpot(
            subject=SUBJECT,
            reason="Without the extension pgstattuple nobody can tell how much of a table is empty.",
            object=str(suspects[0].relation_name),
            grant=f"create extension {EXTENSION}",
        )
        return msgspec.structs.replace(snapshot, blind_spots=(*snapshot.blind_spots, spot))
    records = yield from measured(conninfo, suspects, schema)
    return msgspec.structs.replace(
        snapshot,
        measured_rooms=tuple(record for record in records if isinstance(record, MeasuredRoom)),
        blind_spots=(*snapshot.blind_spots, *(record for record in records if isinstance(record, BlindSpot))),
    )

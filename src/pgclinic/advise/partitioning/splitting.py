"""What was there before a table was partitioned, in partitions too."""

from msgspec.structs import replace

from pgclinic.advise.partitioning.parted import Part
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.prescription import ApplicationChange, Prescription
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import split_history
from pgclinic.remedies.partition_table import Division
from pgclinic.remedies.split_history import Split

_OLDEST = 140_000
"""Before that a server reads a whole table for each range of its pages."""

_MOST = 120
"""Partitions that are exchanged at once: each takes some 3 ms (PostgreSQL 15), for which everybody waits."""


def split_of(
    snapshot: Snapshot, conversion: Prescription, division: Division, parts: tuple[Part, ...]
) -> Prescription | str:
    """The split that follows a conversion, from the first of these parts on; or why there is none."""
    if not division.primary:
        return "It has no primary key by which changed rows could be found again, so what is there stays in one piece."
    if snapshot.server.version_num < _OLDEST:
        return "Before PostgreSQL 14 what is there cannot be read page by page, so it stays in one piece."
    if len(parts) > _MOST:
        return f"{len(parts)} partitions at once would be exchanged too slowly, so what is there stays in one piece."
    table = snapshot.relation_by_name[division.table]
    remedy = split_history.remedy(Split(division=division, beginning=parts[0].low))
    return Prescription(
        kind=remedy.kind,
        object=conversion.object,
        table=conversion.table,
        reason="Partitioned, {table} still has {size} of what is there in one partition. Copied into partitions of "
        "{interval} beside it, while it is written to, it becomes {parts} of them, and ranges gain at once.",
        do=remedy.do,
        undo=remedy.undo,
        verify=remedy.verify,
        hazards=remedy.hazards,
        size_bytes=table.total_bytes or 0,
        facts=(
            *(fact for fact in conversion.facts if fact.name in {"table", "key", "interval", "size"}),
            Fact("parts", len(parts), Unit.COUNT, Provenance.ESTIMATED),
        ),
        gains=conversion.gains,
        losses=conversion.losses,
        requires=(conversion.fingerprint,),
        application=ApplicationChange(
            summary=f"Nothing. Afterwards {division.past} is empty and takes what is older than all the rest."
        ),
        adviser=conversion.adviser,
        when=conversion.when,
        risk=remedy.risk,
    )


def with_words(conversion: Prescription, reason: str) -> Prescription:
    """A conversion that says why nothing follows it."""
    change = conversion.application or ApplicationChange(summary="")
    return replace(conversion, application=replace(change, summary=f"{change.summary} {reason}".strip()))

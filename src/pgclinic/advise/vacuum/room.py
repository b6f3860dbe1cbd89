"""How a table gets rid of room that it will not fill again: by the server's version and what is installed.

Only what was measured to be empty (``checkup --confirm-bloat``) is worth writing a table anew. From server 19 on REPACK
does it beside readers and writers, before that pg_repack where it is installed. VACUUM FULL is never run from a
prescription: it blocks every reader for as long as it takes, and when that may be is for people to say.
"""

from msgspec.structs import replace

from pgclinic.advise.prescribed import prescribed
from pgclinic.model.catalog import Relation
from pgclinic.model.evidence import Fact, Provenance, Unit
from pgclinic.model.finding import Finding
from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import (
    ApplicationChange,
    CodeExample,
    Declined,
    Hazard,
    Prescription,
    Risk,
    When,
)
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import repack
from pgclinic.sql import quote

_REPACK_SINCE = 19
_BYTES_WRITTEN_A_SECOND = 100e6
"""Of a table with its indexes, read, sorted and written anew; a cautious figure."""


def emptied(snapshot: Snapshot, table: Relation, finding: Finding) -> Prescription | Declined:
    """The way to do it for a finding of table_bloat, or that it has to be measured first."""
    facts = {fact.name: fact for fact in finding.facts}
    needed, size = float(facts["needed"].value), float(facts["size"].value)
    about = ObjectName("table", table.name, table.schema)
    if facts["needed"].provenance is not Provenance.MEASURED:
        return Declined(
            adviser="vacuum",
            object=about,
            reason="{table} may be half empty by an estimate; it is not written anew before checkup --confirm-bloat.",
            facts=(facts["table"], facts["size"], facts["needed"]),
        )
    space = needed + (table.index_bytes or 0)
    seconds = (size + (table.index_bytes or 0)) / _BYTES_WRITTEN_A_SECOND
    evidence = (
        facts["table"],
        facts["size"],
        facts["needed"],
        Fact("free_space", space, Unit.BYTES, Provenance.ESTIMATED),
        Fact("time", seconds, Unit.SECONDS, Provenance.ESTIMATED),
    )
    if snapshot.server.major >= _REPACK_SINCE and _has_identity(snapshot, table):
        cure = repack.remedy(table)
        item = prescribed(
            cure,
            about,
            reason="All but {needed} of the {size} of {table} are empty: REPACK writes it anew in about {time}.",
            facts=evidence,
            cures=(finding.fingerprint,),
            seconds=seconds,
            when=When.THIS_WEEK,
            risk=Risk.MEDIUM,
        )
        return replace(item, size_bytes=round(space))
    return _by_hand(snapshot, table, finding, evidence)


def _has_identity(snapshot: Snapshot, table: Relation) -> bool:
    return any(index.is_primary or index.is_replica_identity for index in snapshot.indexes_of.get(table.oid, ()))


def _by_hand(snapshot: Snapshot, table: Relation, finding: Finding, evidence: tuple[Fact, ...]) -> Prescription:
    has_repack = any(extension.name == "pg_repack" for extension in snapshot.extensions)
    name = quote.relation(table.relation_name)
    about = ObjectName("table", table.name, table.schema)
    return Prescription(
        kind="vacuum",
        object=about,
        table=about,
        reason=(
            "All but {needed} of the {size} of {table} are empty: pg_repack, which is installed, writes it anew in"
            " about {time} beside its readers and writers."
            if has_repack
            else "All but {needed} of the {size} of {table} are empty: VACUUM FULL writes it anew in about {time}, in"
            " which nobody can read or write it."
        ),
        do=(),
        undo=(),
        hazards=(Hazard.TAKES_DISK, Hazard.READS_WHOLE_TABLE, *(() if has_repack else (Hazard.NEEDS_EXCLUSIVE_LOCK,))),
        size_bytes=round(float(evidence[3].value)),
        build_seconds=round(float(evidence[4].value), 1),
        cures=(finding.fingerprint,),
        facts=evidence,
        application=ApplicationChange(
            summary=(
                "Run pg_repack for this table, in quiet hours and with as much free disk space as it says here."
                if has_repack
                else "Choose a maintenance window: nobody reads or writes the table meanwhile (ACCESS EXCLUSIVE)."
            ),
            examples=(
                CodeExample(
                    "shell", f"pg_repack --no-order --table={name} {quote.identifier(snapshot.server.database)}"
                )
                if has_repack
                else CodeExample("SQL", f"set lock_timeout = '5s';\nvacuum (full, analyze) {name};"),
            ),
        ),
        when=When.THIS_MONTH,
        risk=Risk.MEDIUM if has_repack else Risk.HIGH,
    )

"""Write a table anew without its empty room, while it is read and written (REPACK, from server 19 on)."""

from pgclinic.model.catalog import Relation
from pgclinic.model.prescription import Hazard, Remedy, Statement
from pgclinic.sql import quote


def remedy(table: Relation) -> Remedy:
    """REPACK (CONCURRENTLY); there is no way back, because the new table is the old one without its empty room.

    It needs a primary key or another replica identity, and a replication slot meanwhile (documentation, "REPACK").
    """
    return Remedy(
        kind="repack",
        do=(
            Statement(
                sql=f"repack (concurrently) {quote.relation(table.relation_name)}",
                in_transaction=False,
                lock="SHARE UPDATE EXCLUSIVE",
                blocks="schema changes and VACUUM on {table}, and everything for an instant at the end",
                table=str(table.relation_name),
            ),
        ),
        hazards=(Hazard.TAKES_DISK, Hazard.READS_WHOLE_TABLE, Hazard.WAITS_FOR_OLD_TRANSACTIONS),
    )

"""Build an index anew beside the old one, without stopping reads or writes."""

from pgclinic.model.catalog import Index
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Hazard, Remedy, Statement
from pgclinic.sql import quote


def remedy(index: Index) -> Remedy:
    """Rebuild it concurrently. There is no way back, because the new index is the old one without its empty space.

    The catalogs do not tell a rebuilt index from its predecessor. Raises ValueError for an index of an exclusion
    constraint and a partitioned one: REINDEX INDEX CONCURRENTLY refuses the first, and the second has no file.
    """
    if index.is_exclusion or index.is_partitioned:
        raise ValueError(f"the index {index.name} cannot be rebuilt concurrently")
    name = RelationName(index.schema, index.name)
    return Remedy(
        kind="reindex",
        do=(
            Statement(
                sql=f"reindex index concurrently {quote.relation(name)}",
                in_transaction=False,
                rebuilds=name,
                lock="SHARE UPDATE EXCLUSIVE",
                blocks="schema changes, VACUUM and index builds on {table}; reads and writes go on",
                table=str(index.definition.relation),
            ),
        ),
        hazards=(
            Hazard.TAKES_DISK,
            Hazard.SLOWS_WRITES,
            Hazard.READS_WHOLE_TABLE,
            Hazard.WAITS_FOR_OLD_TRANSACTIONS,
        ),
    )

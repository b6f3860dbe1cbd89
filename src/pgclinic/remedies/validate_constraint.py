"""Have PostgreSQL look whether all rows keep a constraint that so far only new rows had to."""

from pgclinic.model.catalog import Constraint, Relation
from pgclinic.model.prescription import Hazard, Remedy, Statement
from pgclinic.sql import quote


def remedy(constraint: Constraint, table: Relation, referred: Relation | None = None) -> Remedy:
    """Validate it. There is no way back, because nobody wants one: no row is changed, and none is refused that was not.

    It fails, and changes nothing, when a row does not keep the constraint.
    """
    locked = [table.relation_name] if referred is None else [table.relation_name, referred.relation_name]
    return Remedy(
        kind="validate_constraint",
        do=(
            Statement(
                sql=f"alter table {quote.relation(table.relation_name)}"
                f" validate constraint {quote.identifier(constraint.name)}",
                lock="SHARE UPDATE EXCLUSIVE",
                blocks="schema changes and VACUUM on {table}; reads and writes go on",
                table=", ".join(map(str, locked)),
            ),
        ),
        verify="select exists (select from pg_catalog.pg_constraint as k"
        " join pg_catalog.pg_class as c on c.oid = k.conrelid"
        " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        f" where n.nspname = {quote.literal(table.schema)} and c.relname = {quote.literal(table.name)}"
        f" and k.conname = {quote.literal(constraint.name)} and k.convalidated)",
        hazards=(Hazard.READS_WHOLE_TABLE,),
    )

"""Give one role a setting of its own in this database; sessions that it begins from then on have it."""

from pgclinic.model.catalog import Role
from pgclinic.model.prescription import Remedy, Statement
from pgclinic.sql import quote


def remedy(role: Role, database: str, name: str, value: str, *, own: str | None = None) -> Remedy:
    """ALTER ROLE … IN DATABASE … SET; the way back sets ``own``, what the role had there before, or nothing.

    ``value`` and ``own`` are as SET takes them.
    """
    subject = f"alter role {quote.identifier(role.name)} in database {quote.identifier(database)}"
    back = f"reset {quote.identifier(name)}" if own is None else f"set {quote.identifier(name)} = {quote.literal(own)}"
    return Remedy(
        kind="alter_role_setting",
        do=(Statement(sql=f"{subject} set {quote.identifier(name)} = {quote.literal(value)}"),),
        undo=(Statement(sql=f"{subject} {back}"),),
        verify=(
            "select exists (select from pg_catalog.pg_db_role_setting as s"
            " join pg_catalog.pg_roles as r on r.oid = s.setrole"
            " join pg_catalog.pg_database as d on d.oid = s.setdatabase"
            f" where r.rolname = {quote.literal(role.name)} and d.datname = {quote.literal(database)}"
            f" and s.setconfig @> array[{quote.literal(f'{name}={value}')}])"
        ),
    )

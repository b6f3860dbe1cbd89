"""Take from everyone the right to create objects in a schema."""

from pgclinic.model.catalog import Schema
from pgclinic.model.prescription import Remedy, Risk, Statement
from pgclinic.sql import quote


def remedy(schema: Schema) -> Remedy:
    """Revoke CREATE from PUBLIC, which leaves the right to use what is there; the way back grants it again."""
    name = quote.identifier(schema.name)
    return Remedy(
        kind="revoke_create",
        risk=Risk.MEDIUM,
        do=(Statement(sql=f"revoke create on schema {name} from public"),),
        undo=(Statement(sql=f"grant create on schema {name} to public"),),
        verify="select not exists (select from pg_catalog.pg_namespace as n"
        " cross join lateral pg_catalog.aclexplode(n.nspacl) as item"
        f" where n.nspname = {quote.literal(schema.name)}"
        " and item.grantee = 0 and item.privilege_type = 'CREATE')",
    )

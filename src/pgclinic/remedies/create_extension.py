"""Install an extension whose files lie on the server."""

from pgclinic.model.names import ObjectName
from pgclinic.model.prescription import Prescription, Risk, Statement
from pgclinic.sql import quote


def prescribe(name: str, *, schema: str, reason: str, is_trusted: bool) -> Prescription:
    """The cure that installs it; its adviser adds the facts of the reason.

    One that is trusted takes the right to create in the database, any other a superuser (CREATE EXTENSION). Dropping it
    is refused as long as an index or anything else needs it.
    """
    return Prescription(
        kind="create_extension",
        object=ObjectName("extension", name),
        table=ObjectName("extension", name),
        reason=reason,
        do=(Statement(sql=f"create extension {quote.identifier(name)} with schema {quote.identifier(schema)}"),),
        undo=(Statement(sql=f"drop extension {quote.identifier(name)}"),),
        verify=f"select exists (select from pg_catalog.pg_extension where extname = {quote.literal(name)})",
        risk=Risk.LOW if is_trusted else Risk.MEDIUM,
    )

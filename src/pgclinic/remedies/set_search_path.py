"""Fix the schemas in which a function looks for what it names."""

from collections.abc import Sequence

from pgclinic.model.catalog import Function
from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Remedy, Risk, Statement
from pgclinic.sql import quote


def remedy(function: Function, schemas: Sequence[str]) -> Remedy:
    """Set the function's own search_path to these schemas in order; the way back takes it away again.

    The function is named without its arguments, so no other of its schema may have its name.
    """
    kind = "procedure" if function.kind == "p" else "function"
    subject = f"alter {kind} {quote.relation(RelationName(function.schema, function.name))}"
    path = ", ".join(map(quote.identifier, schemas))
    return Remedy(
        kind="set_search_path",
        risk=Risk.MEDIUM,
        do=(Statement(sql=f"{subject} set search_path to {path}"),),
        undo=(Statement(sql=f"{subject} reset search_path"),),
        verify="select exists (select from pg_catalog.pg_proc as p"
        " join pg_catalog.pg_namespace as n on n.oid = p.pronamespace"
        " cross join lateral pg_catalog.unnest(p.proconfig) as entry (setting)"
        f" where n.nspname = {quote.literal(function.schema)} and p.proname = {quote.literal(function.name)}"
        " and pg_catalog.split_part(entry.setting, '=', 1) = 'search_path')",
    )

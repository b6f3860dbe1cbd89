"""Give a table storage parameters of its own, which need no rewrite and stop neither reads nor writes."""

from collections.abc import Mapping

from pgclinic.model.catalog import Relation
from pgclinic.model.prescription import Remedy, Statement
from pgclinic.model.tables import option
from pgclinic.sql import quote

_TOAST = "toast."


def remedy(table: Relation, parameters: Mapping[str, str]) -> Remedy:
    """Set these parameters; the way back gives each the value that it had, or none."""
    before = {name: option(table, name) for name in parameters}
    kept = {name: value for name, value in before.items() if value is not None}
    without = [name for name, value in before.items() if value is None]
    undo = [_set(table, kept)] if kept else []
    if without:
        undo.append(_alter(table, f"reset ({', '.join(map(_name, without))})"))
    return Remedy(
        kind="set_storage_parameters",
        do=(_set(table, parameters),),
        undo=tuple(undo),
        verify=are_set(table, parameters),
    )


def are_set(table: Relation, parameters: Mapping[str, str]) -> str:
    """A query with whether the table (or view), and its TOAST table for ``toast.`` parameters, has these values."""
    own = [f"{name}={value}" for name, value in parameters.items() if not name.startswith(_TOAST)]
    toasted = [f"{name.removeprefix(_TOAST)}={value}" for name, value in parameters.items() if name.startswith(_TOAST)]
    conditions = [
        f"{owner}.reloptions @> array[{', '.join(map(quote.literal, pairs))}]"
        for owner, pairs in (("c", own), ("t", toasted))
        if pairs
    ]
    return (
        "select exists (select from pg_catalog.pg_class as c"
        " join pg_catalog.pg_namespace as n on n.oid = c.relnamespace"
        " left join pg_catalog.pg_class as t on t.oid = c.reltoastrelid"
        f" where n.nspname = {quote.literal(table.schema)} and c.relname = {quote.literal(table.name)}"
        f" and {' and '.join(conditions)})"
    )


def _set(table: Relation, parameters: Mapping[str, str]) -> Statement:
    pairs = ", ".join(f"{_name(name)} = {quote.literal(value)}" for name, value in parameters.items())
    return _alter(table, f"set ({pairs})")


def _name(parameter: str) -> str:
    """A parameter may carry the prefix of the TOAST table: ``toast.autovacuum_enabled``."""
    return ".".join(map(quote.identifier, parameter.split(".")))


def _alter(table: Relation, change: str) -> Statement:
    return Statement(
        sql=f"alter table {quote.relation(table.relation_name)} {change}",
        lock="SHARE UPDATE EXCLUSIVE",
        blocks="schema changes and VACUUM on {table}, for an instant; reads and writes go on",
        table=str(table.relation_name),
    )

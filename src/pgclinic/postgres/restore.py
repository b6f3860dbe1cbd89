"""What an undo needs to know that only the server knows at the last moment, so that it gives back exactly what was."""

import msgspec
import psycopg

from pgclinic.model.names import RelationName
from pgclinic.model.prescription import Prescription, Statement
from pgclinic.sql import quote

_EXTRAS = """
select
  pg_catalog.obj_description(class.oid, 'pg_class'),
  tablespace.spcname,
  array(
    select pg_catalog.format('%%s=%%s', attribute.attnum, attribute.attstattarget)
    from pg_catalog.pg_attribute as attribute
    where attribute.attrelid = class.oid and attribute.attstattarget >= 0
    order by attribute.attnum
  )
from pg_catalog.pg_class as class
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
left join pg_catalog.pg_tablespace as tablespace on tablespace.oid = class.reltablespace
where namespace.nspname = %s and class.relname = %s and class.relkind = 'i'
order by class.oid
"""


_OID = "select pg_catalog.to_regclass(%s)::pg_catalog.oid::pg_catalog.int8"

_FILE_LINE = """
select true from pg_catalog.pg_file_settings
where name = %s and sourcefile like '%%postgresql.auto.conf'
limit 1
"""


def restoring(connection: psycopg.Connection, prescription: Prescription) -> Prescription:
    """The prescription with its way back completed.

    A rebuilt index is known by its new oid, which makes it possible to tell whether it was rebuilt. An index that is
    dropped gets back its comment, tablespace and targets; a setting that ALTER SYSTEM had not set
    is reset, so that the server's configuration file speaks again.
    """
    undo = prescription.undo
    if prescription.kind == "alter_system" and not _is_set_by_alter_system(connection, prescription.object.name):
        reset = f"alter system reset {quote.identifier(prescription.object.name)}"
        undo = tuple(
            msgspec.structs.replace(each, sql=reset) if not each.in_transaction else each for each in prescription.undo
        )
    extras = [
        extra
        for statement in prescription.do
        if statement.index is not None and statement.makes is None
        for extra in _extras(connection, statement.index)
    ]
    verify = prescription.verify or _is_rebuilt(connection, prescription)
    return msgspec.structs.replace(prescription, undo=(*undo, *extras), verify=verify)


def _is_rebuilt(connection: psycopg.Connection, prescription: Prescription) -> str:
    """A query with whether the one index that the prescription rebuilds was; empty for any other prescription."""
    rebuilt = [each.rebuilds for each in prescription.do if each.rebuilds is not None]
    if len(rebuilt) != 1:
        return ""
    name = quote.literal(quote.relation(rebuilt[0]))
    row = connection.execute(_OID, [quote.relation(rebuilt[0])]).fetchone()
    return f"select pg_catalog.to_regclass({name})::pg_catalog.oid <> {row[0]:d}" if row and row[0] else ""


def _is_set_by_alter_system(connection: psycopg.Connection, setting: str) -> bool:
    """Whether postgresql.auto.conf has a line for it; where the role may not see that, as if it had."""
    try:
        return connection.execute(_FILE_LINE, [setting]).fetchone() is not None
    except psycopg.errors.InsufficientPrivilege:
        return True


def _extras(connection: psycopg.Connection, index: RelationName) -> list[Statement]:
    row = connection.execute(_EXTRAS, [index.schema, index.name]).fetchone()
    if row is None:
        return []
    comment, tablespace, targets = row
    name = quote.relation(index)
    texts = []
    if tablespace is not None:
        texts.append(f"alter index {name} set tablespace {quote.identifier(tablespace)}")
    for target in targets:
        column, _, rows = target.partition("=")
        texts.append(f"alter index {name} alter column {int(column)} set statistics {int(rows)}")
    if comment is not None:
        texts.append(f"comment on index {name} is {quote.literal(comment)}")
    return [
        Statement(
            sql=text,
            lock="ACCESS EXCLUSIVE on the index",
            blocks="statements that use {table}, for an instant",
            table=str(index),
        )
        for text in texts
    ]

"""What must be true before a treatment touches anything: of the database once, and of each prescription."""

from collections.abc import Collection, Iterator, Mapping

import msgspec
import psycopg

from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.errors import UserError
from pgclinic.model.names import RelationName
from pgclinic.model.preflight import Decision, Examination, Look, Preflight, Verdict
from pgclinic.model.prescription import Course, Patient, Prescription
from pgclinic.model.treatment import JournalEntry, State
from pgclinic.postgres.apply import is_done
from pgclinic.postgres.indexes import find_index, indexes_of, leftovers_of, outline_of
from pgclinic.postgres.looks import looks_at_database, looks_at_item
from pgclinic.postgres.window import Window, look_at_clock
from pgclinic.sql import quote

_DATABASE = """
select
  pg_catalog.current_database(),
  (select oid::pg_catalog.int8 from pg_catalog.pg_database where datname = pg_catalog.current_database()),
  pg_catalog.pg_is_in_recovery()
"""

_IDENTIFIER = "select system_identifier::pg_catalog.text from pg_catalog.pg_control_system()"

_TABLE = """
select
  class.oid::pg_catalog.int8,
  class.relkind,
  pg_catalog.pg_has_role(class.relowner, 'usage'),
  owner.rolname,
  pg_catalog.has_schema_privilege(namespace.oid, 'create'),
  array(
    select attname::pg_catalog.text from pg_catalog.pg_attribute
    where attrelid = class.oid and attnum > 0 and not attisdropped
    order by attnum
  )
from pg_catalog.pg_class as class
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
join pg_catalog.pg_roles as owner on owner.oid = class.relowner
where namespace.nspname = %s and class.relname = %s
order by class.oid
"""

_PARTITIONS = """
select namespace.nspname, class.relname
from pg_catalog.pg_partition_tree(%s) as tree
join pg_catalog.pg_class as class on class.oid = tree.relid
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
order by namespace.nspname, class.relname
"""

_TAKEN = """
select class.relkind from pg_catalog.pg_class as class
join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = %s and class.relname = %s
order by class.oid
"""

_TO_DO = frozenset({Decision.APPLY, Decision.RESUME})


class Database(msgspec.Struct, frozen=True):
    """Which database a session is in; ``system_identifier`` is empty where the role may not read it."""

    name: str
    oid: int
    system_identifier: str
    is_standby: bool


def database_of(connection: psycopg.Connection) -> Database:
    """The database that the session is in."""
    row = connection.execute(_DATABASE).fetchone()
    assert row is not None
    try:
        control = connection.execute(_IDENTIFIER).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        control = None
    return Database(row[0], row[1], control[0] if control else "", row[2])


def demand_primary(database: Database) -> None:
    """Raise UserError on a standby, where nothing can be changed."""
    if database.is_standby:
        raise UserError(f"The server of database {database.name} is a standby; connect to its primary.")


def demand_patient(database: Database, patient: Patient) -> None:
    """Raise UserError when the prescription was written for another database."""
    known = database.system_identifier and patient.system_identifier
    same_server = not known or database.system_identifier == patient.system_identifier
    if not same_server or (database.name, database.oid) != (patient.database, patient.database_oid):
        where = "database of another server" if not same_server else "database"
        raise UserError(
            f"The prescription was written for {patient.database!r} (oid {patient.database_oid}), another {where} than "
            f"{database.name!r} (oid {database.oid}); run prescribe for this one."
        )


def examine(
    connection: psycopg.Connection,
    course: Course,
    journalled: Mapping[str, JournalEntry],
    *,
    window: Window | None = None,
    insists: bool = False,
) -> Preflight:
    """Whether the course can be applied here and now, item by item; nothing is changed.

    ``journalled`` are the journal's entries by fingerprint. What was taken back because it did not help is not done
    again, unless somebody ``insists``.
    """
    database = database_of(connection)
    is_slow = any(not statement.in_transaction for item in course.prescriptions for statement in item.do)
    looks = tuple(looks_at_database(connection, window=window, is_slow=is_slow, is_standby=database.is_standby))
    left = look_at_clock(connection, window).seconds_left if window is not None else None
    tables = {table.name: table for table in course.tables}
    items = []
    for item in course.prescriptions:
        if item.is_elsewhere:
            continue
        entry = journalled.get(item.fingerprint)
        decision, reason = _decide(connection, item, entry, insists=insists)
        if decision in _TO_DO:
            name = RelationName(item.table.schema, item.table.name)
            seen = tuple(looks_at_item(connection, item, tables.get(name), left))
            stops = [look for look in seen if look.verdict is Verdict.STOP]
            if stops:
                decision, reason = _stopped(stops[0])
            elif left == 0:
                decision, reason = Decision.LATER, f"it is outside the hours {window}"
            items.append(Examination(item, decision, reason, seen))
        else:
            items.append(Examination(item, decision, reason))
    in_application = tuple(item for item in course.prescriptions if item.is_elsewhere or item.application)
    return Preflight(database=database.name, looks=looks, items=tuple(items), in_application=in_application)


def _stopped(look: Look) -> tuple[Decision, str]:
    if look.subject == "time":
        return Decision.LATER, f"it takes {look.words}"
    return Decision.REFUSED, f"{look.subject}: {look.words}; make room first"


def _decide(
    connection: psycopg.Connection, prescription: Prescription, journalled: JournalEntry | None, *, insists: bool
) -> tuple[Decision, str]:
    done = _is_there(connection, prescription)
    state = journalled.state if journalled is not None else None
    if state is State.DONE and done is not False:
        return Decision.ALREADY_DONE, "it was done before"
    if journalled is not None and state is State.UNDONE and journalled.note and not insists:
        return Decision.NEEDLESS, f"it was tried before: {journalled.note}"
    if refusal := _refusal(connection, prescription):
        return Decision.REFUSED, refusal
    if state in {State.STARTED, State.FAILED, State.UNDOING}:
        return Decision.RESUME, "it was begun before"
    if done:
        return Decision.NEEDLESS, "it is so already, without pgclinic"
    return _fresh(connection, prescription)


def _is_there(connection: psycopg.Connection, prescription: Prescription) -> bool | None:
    """What the prescription's own query says, unless an index has the name that is not the one prescribed."""
    done = is_done(connection, prescription)
    for statement in prescription.do if done else ():
        if statement.makes is not None and statement.index is not None and not statement.is_interim:
            seen = find_index(connection, statement.index)
            if seen is None or not seen.is_made_from(statement.makes):
                return False
    return done


def _fresh(connection: psycopg.Connection, prescription: Prescription) -> tuple[Decision, str]:
    """The decision on what was never begun: its names must be free, and it must not exist under another name."""
    for statement in prescription.do:
        if statement.rebuilds is not None and (left := leftovers_of(connection, statement.rebuilds)):
            return Decision.REFUSED, f"an interrupted REINDEX of somebody else left {left[0].name}; drop it first"
        if statement.makes is None or statement.index is None:
            continue
        if refusal := _name_taken(connection, statement.index):
            return Decision.REFUSED, refusal
        if twin := _equal_index(connection, statement.makes):
            return Decision.NEEDLESS, f"index {twin} is the same"
    return Decision.APPLY, ""


def _refusal(connection: psycopg.Connection, prescription: Prescription) -> str:
    """Why the role cannot do this to these tables, or nothing."""
    if prescription.table.kind != "table":
        return ""
    tables = {RelationName(prescription.table.schema, prescription.table.name): frozenset[str]()}
    for statement in prescription.do:
        if statement.makes is not None and not statement.is_interim:
            tables[statement.makes.relation] = _columns(statement.makes)
    for name, columns in tables.items():
        for objection in _objections(connection, name, columns, tables):
            return objection
    return ""


def _objections(
    connection: psycopg.Connection,
    name: RelationName,
    columns: frozenset[str],
    known: Collection[RelationName],
) -> Iterator[str]:
    """What keeps this role from treating this table; ``columns`` are those of an index to be made, if any."""
    row = connection.execute(_TABLE, [name.schema, name.name]).fetchone()
    if row is None:
        yield f"table {name} is not there any more; run prescribe again"
        return
    oid, kind, is_owned, owner, may_create, present = row
    if not is_owned:
        yield f"only the owner of table {name} may do it; connect as {owner} or a member of it"
    if missing := sorted(columns.difference(present)):
        yield f"table {name} has no column {missing[0]} any more; run prescribe again"
    if not may_create:
        schema = quote.identifier(name.schema)
        yield f"your role may create nothing in schema {name.schema}: grant create on schema {schema} to it"
    if kind == "p" and columns and (strangers := _partitions(connection, oid).difference(known)):
        yield f"table {name} has a partition {min(strangers)} that the prescription does not know; prescribe again"


def _columns(definition: IndexDefinition) -> frozenset[str]:
    return frozenset([key.expression for key in definition.keys if key.is_column]).union(definition.include)


def _partitions(connection: psycopg.Connection, oid: int) -> frozenset[RelationName]:
    return frozenset(RelationName(*row) for row in connection.execute(_PARTITIONS, [oid]).fetchall())


def _name_taken(connection: psycopg.Connection, index: RelationName) -> str:
    row = connection.execute(_TAKEN, [index.schema, index.name]).fetchone()
    if row is None:
        return ""
    seen = find_index(connection, index)
    if seen is not None and not seen.is_valid and not seen.is_partitioned:
        return f"an invalid index {index} is there that pgclinic did not make; drop it first, or let its build finish"
    return f"the name {index} is taken by another {'index' if seen else 'relation'}; run prescribe again"


def _equal_index(connection: psycopg.Connection, definition: IndexDefinition) -> RelationName | None:
    """An existing index that is certainly the same: without expressions, predicate, operator classes, options."""
    outline = outline_of(definition)
    if not outline.is_exact or definition.options or any(key.opclass or key.collation for key in definition.keys):
        return None
    for seen in indexes_of(connection, definition.relation):
        if seen.is_valid and seen.is_plain and seen.outline == outline:
            return seen.name
    return None

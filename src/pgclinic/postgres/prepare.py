"""A role that may look and nothing else, and helpers that show it what its own rights hide.

Everything is made in one transaction, and everything bears the same comment, by which it is known again: a role or a
function without it is somebody else's, and is left alone.
"""

import msgspec
import psycopg

from pgclinic.model.errors import UserError
from pgclinic.model.preparation import Preparation
from pgclinic.postgres.capabilities import ask_capabilities
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.prepared_functions import MARK, SCHEMA, SIGNATURES, definitions, names
from pgclinic.probes.scope import marked
from pgclinic.sql import quote

ROLE = "pgclinic_monitor"
CONNECTIONS = 3
"""A visit needs one; ``watch`` and a person at the same time some more."""

ROLE_SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "30s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "60s",
}
"""What its sessions begin with; a visit is stricter still."""

_STATE = """
select pg_catalog.current_database() as database,
       r.oid is not null as has_role,
       coalesce(pg_catalog.shobj_description(r.oid, 'pg_authid'), '') as role_comment,
       coalesce(r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls, false)
           as role_is_mighty,
       n.oid is not null as has_schema,
       coalesce(pg_catalog.obj_description(n.oid, 'pg_namespace'), '') as schema_comment,
       coalesce((select o.rolname::text from pg_catalog.pg_roles o
                 where o.oid = n.nspowner and not o.rolsuper and o.rolname <> current_user), '') as strange_owner,
       coalesce((select pg_catalog.jsonb_agg(p.proname order by p.proname)
                 from pg_catalog.pg_proc p
                 where p.pronamespace = n.oid and pg_catalog.obj_description(p.oid, 'pg_proc') = %(mark)s), '[]')
           as helpers,
       (select pg_catalog.count(*) from pg_catalog.pg_depend d
        where d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.refobjid = n.oid
          and not exists (select from pg_catalog.pg_proc p
                          where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.oid = d.objid
                            and pg_catalog.obj_description(p.oid, 'pg_proc') = %(mark)s)) as others_in_schema,
       coalesce((select pg_catalog.jsonb_agg(distinct d.datname order by d.datname)
                 from pg_catalog.pg_shdepend s
                 join pg_catalog.pg_database d
                     on d.oid = case when s.dbid <> 0 then s.dbid
                                     when s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass then s.objid end
                 where s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and s.refobjid = r.oid
                   and d.datname <> pg_catalog.current_database()), '[]') as other_databases
from (select %(role)s::pg_catalog.text as name) wanted
left join pg_catalog.pg_roles r on r.rolname = wanted.name
left join pg_catalog.pg_namespace n on n.nspname = 'pgclinic'
order by 1
"""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What of a preparation is there already. ``strange_owner`` owns schema pgclinic and is not us."""

    database: str
    has_role: bool
    role_comment: str
    role_is_mighty: bool
    has_schema: bool
    schema_comment: str
    strange_owner: str
    helpers: tuple[str, ...]
    others_in_schema: int
    other_databases: tuple[str, ...]


def state_of(connection: psycopg.Connection, role: str) -> State:
    """What is there. Raises UserError for a role or a schema that is somebody else's."""
    question = f"select pg_catalog.row_to_json(state)::pg_catalog.text from ({_STATE}) state"
    row = connection.execute(question, {"role": role, "mark": MARK}).fetchone()
    assert row is not None
    state = msgspec.json.decode(row[0], type=State)
    if state.has_role and state.role_comment != MARK:
        raise UserError(f"There is a role {role} that pgclinic did not make; choose another name with --role.")
    if state.role_is_mighty:
        raise UserError(f"Role {role} has been given attributes that a monitoring role must not have; drop it first.")
    if state.strange_owner:
        raise UserError(
            f"Schema pgclinic belongs to {state.strange_owner}, who could replace what is made in it; connect as "
            f"{state.strange_owner}, or have the schema's owner changed to your role."
        )
    return state


def preparation(connection: psycopg.Connection, role: str, *, values: bool, has_password: bool) -> Preparation:
    """The statements that would make the role and the helpers, or renew them. Changes nothing."""
    state = state_of(connection, role)
    with connection.transaction(force_rollback=True):
        capabilities, _ = ask_capabilities(connection, values=True)
    return Preparation(
        database=state.database,
        role=role,
        statements=tuple(_making(state, role, capabilities, values=values)),
        has_password=has_password,
    )


def removal(connection: psycopg.Connection, role: str) -> Preparation:
    """The statements that would take everything away again. Raises UserError when there is nothing. Changes nothing."""
    state = state_of(connection, role)
    if not (state.has_role or state.helpers):
        raise UserError(f"Database {state.database} is not prepared: there is no role {role} and no helper.")
    who = quote.identifier(role)
    statements = [f"drop function {SCHEMA}.{name}({SIGNATURES[name]})" for name in state.helpers]
    kept: list[str] = []
    if state.has_schema and not state.others_in_schema and state.schema_comment in {"", MARK}:
        statements.append(f"drop schema {SCHEMA}")
    elif state.has_schema:
        kept.append("Schema pgclinic holds the journal of treatments and stays; pgclinic undo --purge removes it.")
        if state.has_role:
            statements.append(f"revoke usage on schema {SCHEMA} from {who}")
    if state.has_role:
        statements.append(f"revoke connect on database {quote.identifier(state.database)} from {who}")
        if state.other_databases:
            kept.append(f"Role {role} is used in {', '.join(state.other_databases)} too and stays.")
        else:
            statements.append(f"drop role {who}")
    return Preparation(database=state.database, role=role, statements=tuple(statements), kept=tuple(kept))


def execute(connection: psycopg.Connection, plan: Preparation, *, password: str | None = None) -> None:
    """Run the statements, all or none. The password leaves this machine only as the hash that the server keeps.

    Raises UserError when the role that runs them may not.
    """
    try:
        with connection.transaction():
            for statement in plan.statements:
                connection.execute(marked(statement))
            if password is not None:
                connection.execute(marked(_password_statement(connection, plan.role, password)))
    except psycopg.Error as error:
        message = (error.diag.message_primary or str(error)).rstrip(".")
        raise UserError(
            f"Nothing was changed: {message}; connect as a role that may create roles and schemas, or give the "
            "statements of --print-sql to one who is."
        ) from None


def _making(state: State, role: str, capabilities: Capabilities, *, values: bool) -> list[str]:
    who = quote.identifier(role)
    made: list[str] = []
    if not state.has_role:
        made += [f"create role {who} login connection limit {CONNECTIONS}", f"comment on role {who} is '{MARK}'"]
    made += [f"alter role {who} set {name} = {quote.literal(value)}" for name, value in ROLE_SETTINGS.items()]
    made += [f"grant pg_monitor to {who}", f"grant connect on database {quote.identifier(state.database)} to {who}"]
    if not state.has_schema:
        made += [f"create schema {SCHEMA}", f"comment on schema {SCHEMA} is '{MARK}'"]
    made.append(f"grant usage on schema {SCHEMA} to {who}")
    made += [f"drop function {SCHEMA}.{name}({SIGNATURES[name]})" for name in state.helpers]
    made += definitions(capabilities, values=values)
    for name in names(values=values):
        function = f"{SCHEMA}.{name}({SIGNATURES[name]})"
        made += [
            f"comment on function {function} is '{MARK}'",
            f"revoke all on function {function} from public",
            f"grant execute on function {function} to {who}",
        ]
    return made


def _password_statement(connection: psycopg.Connection, role: str, password: str) -> str:
    name = connection.execute("show password_encryption").fetchall()[0][0]
    algorithm = name if name in {"md5", "scram-sha-256"} else "scram-sha-256"
    encoding = connection.info.encoding
    hashed = connection.pgconn.encrypt_password(password.encode(encoding), role.encode(encoding), algorithm.encode())
    return f"alter role {quote.identifier(role)} password {quote.literal(hashed.decode())}"

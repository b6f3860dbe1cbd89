"""pgbouncer.ini, its list of users, and the function by which it asks the server for everybody else's secret."""

from pgclinic.model.stack import StackPlan

_FUNCTION = """\
-- Run once in the database, as a superuser or the managed service's administrator.
-- PgBouncer asks it for the secret of whoever logs in, so that no list of passwords is kept beside the server.
create role pgbouncer login;
\\password pgbouncer

create schema pgbouncer;
create function pgbouncer.get_auth(wanted text, out name text, out secret text)
language sql stable security definer set search_path = ''
as $$
    select rolname::text, rolpassword
    from pg_catalog.pg_authid
    where rolname = wanted and rolcanlogin and not rolsuper and not rolreplication
      and (rolvaliduntil is null or rolvaliduntil > pg_catalog.now())
$$;
revoke all on function pgbouncer.get_auth(text) from public;
grant usage on schema pgbouncer to pgbouncer;
grant execute on function pgbouncer.get_auth(text) to pgbouncer;
"""

_USERS = """\
;; Mode 0600, owned by the account that PgBouncer runs under. Only PgBouncer's own role stands here: everybody else's
;; secret is asked of the server (auth_query.sql). Put its password in the place of the word in capitals.
"pgbouncer" "PASSWORD_OF_PGBOUNCER"
"""


def files(plan: StackPlan) -> dict[str, str]:
    """The primary under the database's own name; the replica, where one pays, as ``NAME_replica``."""
    return {
        "pgbouncer/pgbouncer.ini": _configuration(plan),
        "pgbouncer/userlist.txt": _USERS,
        "pgbouncer/auth_query.sql": _FUNCTION,
    }


def _configuration(plan: StackPlan) -> str:
    pooler = plan.part("pooler").of_file("pgbouncer")
    databases = {plan.database: "primary"}
    if plan.part("replica").pays:
        databases[f"{plan.database}_replica"] = "replica"
    settings = {
        "listen_addr": "*",
        "listen_port": "6432",
        "auth_type": "scram-sha-256",
        "auth_file": "/etc/pgbouncer/userlist.txt",
        "auth_user": "pgbouncer",
        "auth_query": "select name, secret from pgbouncer.get_auth($1)",
        "ignore_startup_parameters": "extra_float_digits",
        "admin_users": "pgbouncer",
        **{name: value for name, value in pooler.items() if name != "max_prepared_statements"},
    }
    lines = ["[databases]"]
    lines += [f"\"{name}\" = host={host} port=5432 dbname='{plan.database}'" for name, host in databases.items()]
    lines += ["", "[pgbouncer]", *(f"{name} = {value}" for name, value in settings.items())]
    lines.append("; PgBouncer 1.21 and newer follow prepared statements, older ones do not know the setting:")
    lines.append(f";max_prepared_statements = {pooler['max_prepared_statements']}")
    return "\n".join(lines) + "\n"

"""Give a database a role that may look and nothing else; see what it really sees; take it away again."""

from collections.abc import Generator

import psycopg
from psycopg.conninfo import make_conninfo

from pgclinic.model.errors import UserError
from pgclinic.model.platform import without_platform
from pgclinic.model.preparation import Preparation, Verification
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.tables import stored
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session, parameters_of
from pgclinic.postgres.prepare import ROLE, execute, preparation, removal, state_of
from pgclinic.sql import quote

PATIENCE_MS = 5000
"""For a lock that somebody holds on what is to be made or dropped."""


def prepare(
    conninfo: str, *, role: str = ROLE, values: bool = True, password: str | None = None, dry_run: bool = False
) -> Generator[Progress, None, Preparation]:
    """Make the role and the helpers, or renew them; with ``dry_run`` only say how.

    Without ``values`` the helpers never show sampled values. Raises UserError when it cannot be done; then nothing is.
    """
    yield Progress("Connecting")
    with open_session(conninfo, read_only=dry_run, lock_timeout_ms=PATIENCE_MS) as connection:
        _demand_primary(connection)
        plan = preparation(connection, role, values=values, has_password=password is not None)
        if not dry_run:
            yield Progress("Making the role and its helpers")
            execute(connection, plan, password=password)
    return plan


def remove(conninfo: str, *, role: str = ROLE, dry_run: bool = False) -> Generator[Progress, None, Preparation]:
    """Take the helpers and the role away; with ``dry_run`` only say how. Raises UserError when there is nothing."""
    yield Progress("Connecting")
    with open_session(conninfo, read_only=dry_run, lock_timeout_ms=PATIENCE_MS) as connection:
        _demand_primary(connection)
        plan = removal(connection, role)
        if not dry_run:
            yield Progress("Removing the helpers and the role")
            execute(connection, plan)
    return plan


def verify(conninfo: str, *, role: str = ROLE, password: str | None = None) -> Generator[Progress, None, Verification]:
    """Connect as the role and look, as every later visit will. Without a password SET ROLE is tried in its place.

    Raises UserError when there is no such role.
    """
    yield Progress("Connecting")
    with open_session(conninfo) as connection:
        state = state_of(connection, role)
        if not state.has_role:
            raise UserError(f"There is no role {role}; make it with pgclinic prepare.")
        try:
            visitor = open_session(_conninfo_of(conninfo, role, password))
        except UserError as error:
            if password is not None:
                return Verification(database=state.database, role=role, connected_by="", failure=str(error))
            yield Progress("Looking as the monitoring role")
            try:
                connection.execute(f"set role {quote.identifier(role)}")
            except psycopg.Error:
                return Verification(database=state.database, role=role, connected_by="", failure=str(error))
            snapshot = yield from collect(connection)
            return _verification(snapshot, role, "set role", is_read_only=None, failure=str(error))
    with visitor:
        yield Progress("Looking as the monitoring role")
        read_only = visitor.execute(
            "select reset_val from pg_catalog.pg_settings where name = 'default_transaction_read_only'"
        ).fetchall()
        snapshot = yield from collect(visitor)
    return _verification(snapshot, role, "login", is_read_only=read_only == [("on",)])


def _conninfo_of(conninfo: str, role: str, password: str | None) -> str:
    given = {name: value for name, value in parameters_of(conninfo).items() if name not in {"user", "password"}}
    return make_conninfo("", **given, user=role, **({"password": password} if password is not None else {}))


def _verification(
    snapshot: Snapshot, role: str, connected_by: str, *, is_read_only: bool | None, failure: str = ""
) -> Verification:
    own = without_platform(snapshot)
    tables = {relation.oid for relation in stored(own)}
    analysed = {row.relation for row in own.column_statistics if row.relation in tables}
    valued = {
        row.relation
        for row in own.column_statistics
        if row.relation in tables and (row.most_common_vals or row.histogram_bounds or row.most_common_elems)
    }
    return Verification(
        database=snapshot.server.database,
        role=role,
        connected_by=connected_by,
        failure=failure,
        is_read_only=is_read_only,
        statements=len(snapshot.statements),
        tables=len(tables),
        with_statistics=len(analysed),
        with_values=len(valued),
        blind_spots=snapshot.blind_spots,
    )


def _demand_primary(connection: psycopg.Connection) -> None:
    if connection.execute("select pg_catalog.pg_is_in_recovery()").fetchall() == [(True,)]:
        raise UserError("The server is a standby; connect to its primary, from which the role comes to its standbys.")

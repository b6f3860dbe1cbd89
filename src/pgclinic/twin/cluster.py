"""What lies outside the twin's database, and the database itself: roles, locale, settings.

The superuser runs these statements; of the snapshot they hold only names and values, quoted.
"""

import secrets
from collections.abc import Iterable

import msgspec
import psycopg

from pgclinic.model.catalog import Role, Setting
from pgclinic.model.errors import UserError
from pgclinic.model.snapshot import Server, Snapshot
from pgclinic.sql import clock, quote
from pgclinic.twin.allowed import PLANNER_SETTINGS

BUILDER = "pgclinic_builder"
"""The ordinary role through which everything is made."""

STATEMENT_SECONDS = 10
"""How long a statement of the snapshot or about it may run."""

_MOST_ROLES = 1000
_UNITS = frozenset({"B", "kB", "MB", "ms", "s", "min"})

Connection = psycopg.Connection[tuple[object, ...]]


class Accounts(msgspec.Struct, frozen=True):
    """The roles of the source that the twin has, the password of each, and what of them could not be made."""

    roles: frozenset[str]
    password: str
    omissions: tuple[str, ...]


def create_roles(superuser: Connection, snapshot: Snapshot) -> Accounts:
    """Every role of the source as an ordinary one that may log in, superusers too.

    The builder is a member of each, so that it may change what they own.
    """
    password = secrets.token_urlsafe(24)
    omissions: list[str] = []
    _create_role(superuser, Role(name=BUILDER, bypasses_rls=True), password)
    made = set()
    for role in snapshot.roles[:_MOST_ROLES]:
        if role.name.startswith(("pg_", "pgclinic_")):
            continue
        try:
            _create_role(superuser, role, password)
        except (psycopg.Error, ValueError):
            omissions.append(f"role {role.name}")
            continue
        made.add(role.name)
    for role in snapshot.roles:
        for group in role.member_of:
            if {role.name, group} <= made:
                _grant(superuser, group, role.name, omissions)
    for name in sorted(made):
        _grant(superuser, name, BUILDER, omissions)
    # The server wrote its definitions for the visitor's search path.
    path = [(each.name, each.value) for each in snapshot.settings if each.name == "search_path" and not each.scope]
    _apply_settings(superuser, f"role {BUILDER}", path)
    return Accounts(frozenset(made), password, tuple(omissions))


def _grant(superuser: Connection, group: str, member: str, omissions: list[str]) -> None:
    try:
        superuser.execute(f"grant {quote.identifier(group)} to {quote.identifier(member)}")
    except psycopg.Error:
        omissions.append(f"membership of {member} in {group}")


def _create_role(superuser: Connection, role: Role, password: str) -> None:
    name = quote.identifier(role.name)
    # A superuser sees every row, which is all that a plan knows of its power.
    words = ["bypassrls"] if role.bypasses_rls or role.is_superuser else []
    words += [] if role.inherits else ["noinherit"]
    superuser.execute(
        f"create role {name} {' '.join(words)} login nosuperuser nocreatedb nocreaterole noreplication"
        f" password {quote.literal(password)}"
    )
    superuser.execute(f"alter role {name} set statement_timeout = '{STATEMENT_SECONDS}s'")
    _apply_settings(superuser, f"role {name}", (each.partition("=")[::2] for each in role.settings))


def create_database(superuser: Connection, snapshot: Snapshot, name: str, omissions: list[str]) -> None:
    """The database ``name`` with the source's encoding, locale and planner settings."""
    _create_with_locale(superuser, snapshot.server, name, omissions)
    refused = apply_database_settings(superuser, snapshot, name)
    omissions += [f"setting {each}" for each in refused]


def apply_database_settings(superuser: Connection, snapshot: Snapshot, name: str) -> list[str]:
    """The source's planner settings and the clock, for a database; returns the names of what was refused.

    A copy by TEMPLATE does not have those of its model.
    """
    database = f"database {quote.identifier(name)}"
    superuser.execute(f"alter {database} set {clock.SCHEMA}.now = {quote.literal(snapshot.header.clock)}")
    everyone = [(each.name, _value(each)) for each in snapshot.settings if not each.scope]
    own = [(each.name, _value(each)) for each in snapshot.settings if each.scope == "database"]
    return _apply_settings(superuser, database, [*everyone, *own])


def _create_with_locale(superuser: Connection, server: Server, name: str, omissions: list[str]) -> None:
    """The source's locale or, where this machine lacks it, another that does not sort like C either, named."""
    start = f"create database {quote.identifier(name)} owner {BUILDER} template template0"
    for position, locale in enumerate(_locales(server)):
        try:
            superuser.execute(f"{start} encoding {quote.literal(server.encoding)} {locale}")
        except (psycopg.Error, ValueError):
            continue
        if position:
            omissions.append(f"locale {server.icu_locale or server.collation} (planned with {locale})")
        return
    raise UserError(
        f"This PostgreSQL cannot hold a database of encoding {server.encoding}, which the snapshot's has; "
        "plan with the server's own major version."
    )


def _locales(server: Server) -> tuple[str, ...]:
    libc = f"lc_collate {quote.literal(server.collation)} lc_ctype {quote.literal(server.ctype)}"
    fallback = ("lc_collate 'C.utf8' lc_ctype 'C.utf8'", "lc_collate 'C' lc_ctype 'C'")
    if server.locale_provider == "i":
        return (f"locale_provider icu icu_locale {quote.literal(server.icu_locale)} locale 'C'", *fallback)
    if server.locale_provider == "b":
        # The built-in locales compare bytes, as C does.
        return (f"locale_provider builtin builtin_locale {quote.literal(server.icu_locale)} locale 'C'", fallback[1])
    return (libc, *fallback)


def _value(setting: Setting) -> str:
    """The value with its unit, as ALTER … SET takes it; ``8kB`` is how the server spells pages."""
    return setting.value + setting.unit if setting.unit in _UNITS else setting.value


def _apply_settings(superuser: Connection, subject: str, settings: Iterable[tuple[str, str]]) -> list[str]:
    """Set what the planner reads; returns the names of what was refused."""
    refused = []
    for name, value in settings:
        if name not in PLANNER_SETTINGS:
            continue
        try:
            # A list of schemas is a list of names; quoted as one string it would be one schema.
            written = _search_path(value) if name == "search_path" else quote.literal(value)
            superuser.execute(f"alter {subject} set {quote.identifier(name)} = {written}")
        except (psycopg.Error, ValueError):
            refused.append(name)
    return refused


def _search_path(value: str) -> str:
    names = [name.strip() for name in value.split(",")]
    return ", ".join(quote.literal(name.strip('"').replace('""', '"')) for name in names) or "''"

"""Who may do what, as far as a snapshot tells: grants, who is bound by policies, and roles of applications."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgclinic.model.catalog import Relation
    from pgclinic.model.snapshot import Snapshot

PUBLIC = ""
"""The grantee that means everyone."""

WRITING = frozenset("awdD")
"""Letters of an aclitem that let a role change rows: INSERT, UPDATE, DELETE, TRUNCATE."""


def granted(grants: tuple[str, ...]) -> "Mapping[str, frozenset[str]]":
    """Letters by grantee, of ``grantee=letters``; the name may hold an equals sign, the letters do not."""
    pairs = (grant.rpartition("=") for grant in grants)
    return {grantee: frozenset(letters) for grantee, _, letters in pairs}


def unbound_roles(snapshot: "Snapshot") -> frozenset[str]:
    """Roles that row-level security never binds: superusers and those with BYPASSRLS."""
    return frozenset(role.name for role in snapshot.roles if role.is_superuser or role.bypasses_rls)


def is_bound(snapshot: "Snapshot", table: "Relation", role: str) -> bool:
    """Whether the policies of the table hold for a role; for its owner only where row-level security is forced."""
    return role not in unbound_roles(snapshot) and (role != table.owner or table.force_row_security)


def application_roles(snapshot: "Snapshot") -> frozenset[str]:
    """Ordinary roles that may log in and that own or were granted something here, themselves or through a group.

    The visitor is left out, and whoever has nothing here: a server's roles are those of all its databases.
    """
    known = {relation.owner for relation in snapshot.relations}
    known |= {grantee for relation in snapshot.relations for grantee in granted(relation.grants)}
    known |= {grantee for schema in snapshot.schemas for grantee in granted(schema.grants)}
    members = {role.name: role.member_of for role in snapshot.roles}
    return frozenset(
        role.name
        for role in snapshot.roles
        if role.can_login and not role.is_superuser and role.name != snapshot.server.visitor
        if known & _groups(role.name, members)
    )


def _groups(role: str, members: "Mapping[str, tuple[str, ...]]") -> set[str]:
    """The role and all that it belongs to, directly or not."""
    found: set[str] = set()
    pending = [role]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += members.get(name, ())
    return found

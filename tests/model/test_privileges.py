from pgclinic.model.catalog import Relation, Role, Schema
from pgclinic.model.privileges import application_roles, granted, is_bound
from pgclinic.model.snapshot import Header, Server, Snapshot


def _snapshot(*roles: Role, tables: tuple[Relation, ...] = (), schemas: tuple[Schema, ...] = ()) -> Snapshot:
    header = Header(format_version=1, collector="test", clock="2026-01-01T00:00:00+00:00")
    server = Server(version_num=180000, version="18", database="d", visitor="visitor")
    return Snapshot(header=header, server=server, roles=roles, relations=tables, schemas=schemas)


def test_a_grantee_may_have_any_name() -> None:
    assert granted(("=r", "a=b=raw")) == {"": frozenset("r"), "a=b": frozenset("raw")}


def test_the_owner_is_bound_only_by_force() -> None:
    snapshot = _snapshot(Role(name="root", is_superuser=True), Role(name="backend", bypasses_rls=True))
    table = Relation(oid=1, schema="public", name="t", kind="r", owner="owner")
    forced = Relation(oid=2, schema="public", name="f", kind="r", owner="owner", force_row_security=True)
    assert [is_bound(snapshot, table, role) for role in ("root", "backend", "owner", "", "x")] == [
        False, False, False, True, True,
    ]  # fmt: skip
    assert is_bound(snapshot, forced, "owner")


def test_applications_are_ordinary_roles_that_log_in_and_have_something_here() -> None:
    roles = (
        Role(name="root", is_superuser=True, can_login=True),
        Role(name="visitor", can_login=True),
        Role(name="group"),
        Role(name="middle", member_of=("group", "app")),
        Role(name="app", can_login=True, member_of=("middle",)),
        Role(name="owner", can_login=True),
        Role(name="guest", can_login=True),
        Role(name="stranger", can_login=True),
    )
    table = Relation(oid=1, schema="public", name="t", kind="r", owner="owner", grants=("group=r", "visitor=r"))
    schemas = (Schema(name="s", owner="root", grants=("guest=U", "=U")),)
    assert application_roles(_snapshot(*roles, tables=(table,), schemas=schemas)) == {"app", "owner", "guest"}

"""Tables and indexes that a user names: looked up as PostgreSQL would, or said to be missing with the nearest names."""

import difflib
from collections.abc import Sequence

from pgclinic.model.catalog import Index
from pgclinic.model.errors import UserError
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.index_ddl import DropIndex, read_name
from pgclinic.sql.resolve import resolver_of, search_path
from pgclinic.sql.sources import CatalogRelation, Resolver

_CAN_HAVE_INDEXES = frozenset("rpm")


def table_named(text: str, snapshot: Snapshot) -> RelationName:
    """The table that SQL would mean by this name. Raises UserError when there is none that can have an index."""
    named = read_name(text, "a table")
    found = strict_resolver(snapshot)(named.schema, named.name)
    assert found is not None
    return found.name


def strict_resolver(snapshot: Snapshot) -> Resolver:
    """A resolver that raises UserError for what is not a table that can have an index."""
    resolve = resolver_of(snapshot)

    def strictly(schema: str, name: str) -> CatalogRelation | None:
        found = resolve(schema, name)
        relation = snapshot.relation_by_name.get(found.name) if found else None
        if relation is None:
            wanted = RelationName(schema, name) if schema else name
            near = _near(name, [each.name for each in snapshot.relations])
            raise UserError(f"There is no table {wanted} in database {snapshot.server.database}{near}")
        if relation.kind not in _CAN_HAVE_INDEXES:
            kind = "foreign table" if relation.kind == "f" else "view"
            raise UserError(f"{relation.relation_name} is a {kind} and can have no index; name a table.")
        return found

    return strictly


def index_named(named: DropIndex, snapshot: Snapshot) -> Index:
    """The index of that name, along the search path where no schema is given, then wherever there is only one.

    Raises UserError when there is none, or several.
    """
    same = [index for index in snapshot.indexes if index.name == named.name]
    for schema in (named.schema,) if named.schema else search_path(snapshot, ""):
        found = next((index for index in same if index.schema == schema), None)
        if found is not None:
            return found
    if len(same) == 1 and not named.schema:
        return same[0]
    if same and not named.schema:
        schemas = " or ".join(sorted(index.schema for index in same))
        raise UserError(f"There are several indexes {named.name}; write the schema too: {schemas}.")
    wanted = RelationName(named.schema, named.name) if named.schema else named.name
    near = _near(named.name, [each.name for each in snapshot.indexes])
    raise UserError(f"There is no index {wanted} in database {snapshot.server.database}{near}")


def _near(name: str, names: Sequence[str]) -> str:
    """The end of the sentence."""
    near = difflib.get_close_matches(name, sorted(set(names)), n=2)
    return f"; did you mean {' or '.join(near)}?" if near else "."

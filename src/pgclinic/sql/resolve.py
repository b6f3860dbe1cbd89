"""Which relation a name in a statement means: the snapshot's catalog as a resolver for shapes."""

from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.policies import policies_on
from pgclinic.sql.sources import CatalogRelation, Resolver


def resolver_of(snapshot: Snapshot, role: str = "") -> Resolver:
    """A resolver that looks in the search path of ``role``, then in any schema that has the only table of that name."""
    path = search_path(snapshot, role)

    def resolve(schema: str, name: str) -> CatalogRelation | None:
        for each in (schema,) if schema else path:
            found = _catalog_relation(snapshot, RelationName(each, name), role)
            if found is not None:
                return found
        if schema:
            return None
        others = [relation.relation_name for relation in snapshot.relations if relation.name == name]
        return _catalog_relation(snapshot, others[0], role) if len(others) == 1 else None

    return resolve


def search_path(snapshot: Snapshot, role: str) -> tuple[str, ...]:
    """The schemas that the role's unqualified names are looked up in, in order."""
    own = next((each.settings for each in snapshot.roles if each.name == role), ())
    value = dict(setting.partition("=")[::2] for setting in own).get("search_path")
    if value is None:
        server_wide = snapshot.setting.get("search_path")
        value = server_wide.value if server_wide else '"$user", public'
    names = [name.strip().strip('"') for name in value.split(",")]
    return tuple(role if name == "$user" else name for name in names if name)


def _catalog_relation(snapshot: Snapshot, name: RelationName, role: str) -> CatalogRelation | None:
    relation = snapshot.relation_by_name.get(name)
    if relation is None:
        return None
    columns = tuple(column.name for column in snapshot.columns_of.get(relation.oid, ()))
    definition = (relation.definition or "") if relation.kind == "v" else ""
    policies = policies_on(snapshot, relation, role)
    return CatalogRelation(name, columns, definition.rstrip().rstrip(";"), policies)

"""Every role that can connect may create objects in a schema that others look into.

What it sees:
    Schemas in which PUBLIC may create, as in `public` of every database made before PostgreSQL 15, where roles of
    applications work in the database. Where only superusers and the visitor use it there is nobody to guard against.

Why it matters:
    Whoever may create in a schema on somebody's search path can put a function or a table of the right name there, and
    the next statement of a more powerful role runs it with that role's rights (CVE-2018-1058).

What to do:
    Revoke CREATE from PUBLIC, and grant it to the roles that make tables.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Schema
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName
from pgclinic.model.privileges import PUBLIC, application_roles, granted
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies import revoke_create

FAMILY = "security"
NEEDS = ("schemas", "roles", "relations", "functions")


def examine(snapshot: Snapshot) -> Iterator[Finding]:
    """Schemas that are open to all, in the order of the catalog."""
    for schema in snapshot.schemas:
        roles = sorted(application_roles(snapshot) - {schema.owner})
        if (
            schema.name in snapshot.platform_schemas
            or "C" not in granted(schema.grants).get(PUBLIC, frozenset())
            or not roles
        ):
            continue
        makers = _makers(snapshot, schema)
        yield Finding(
            check="public_can_create",
            severity=Severity.NOTICE,
            object=ObjectName("schema", schema.name),
            summary="Every role may create objects in the schema {schema}, which {roles} can use against others.",
            advice=(
                "Grant CREATE on {schema} to {makers}, who made objects there, and revoke it from PUBLIC."
                if makers
                else "Revoke CREATE on {schema} from PUBLIC."
            ),
            facts=(
                Fact("schema", schema.name, Unit.TEXT),
                Fact("roles", ", ".join(roles), Unit.TEXT),
                Fact("makers", ", ".join(makers), Unit.TEXT),
            ),
            burden=1 / len(snapshot.schemas),
            remedy=None if makers else revoke_create.remedy(schema),
        )


def _makers(snapshot: Snapshot, schema: Schema) -> list[str]:
    """Ordinary roles whose objects stand in the schema although nobody but PUBLIC was allowed to make them."""
    owners = {relation.owner for relation in snapshot.relations if relation.schema == schema.name}
    owners |= {function.owner for function in snapshot.functions if function.schema == schema.name}
    superusers = {role.name for role in snapshot.roles if role.is_superuser}
    allowed = {role for role, letters in granted(schema.grants).items() if "C" in letters}
    return sorted(owners - superusers - allowed - {schema.owner})

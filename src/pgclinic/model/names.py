"""How objects of a database are named, unquoted, exactly as the catalogs spell them."""

import msgspec


class RelationName(msgspec.Struct, frozen=True, order=True):
    """A table, view, index or sequence by its schema and name, both unquoted."""

    schema: str
    name: str

    def __str__(self) -> str:
        """For people: ``schema.name``, without the schema when it is ``public``. Never for SQL."""
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"


class ObjectName(msgspec.Struct, frozen=True, order=True):
    """Any object that a finding or a treatment can be about.

    ``kind`` is PostgreSQL's own word in lower case (``table``, ``index``, ``policy``, ``statement``, ``setting``,
    ``database``, …). ``parent`` names the table of a policy, trigger, constraint or column, else is empty.
    A statement is named by its fingerprint; a database-wide illness has the database's name.
    """

    kind: str
    name: str
    schema: str = ""
    parent: str = ""

    def __str__(self) -> str:
        """For people and fingerprints: ``kind schema.parent.name`` with what is there."""
        return f"{self.kind} {self.path}"

    @property
    def path(self) -> str:
        """For people: ``schema.parent.name`` with what is there."""
        return ".".join(part for part in (self.schema, self.parent, self.name) if part)

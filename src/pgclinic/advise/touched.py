"""Which relations a workload needs on a twin, so that a database of thousands is not rebuilt for ten of them."""

from collections.abc import Iterator

from pgclinic.model.catalog import Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import Workload
from pgclinic.sql.mentions import Mentions, mentions, words
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.sources import Resolver
from pgclinic.sql.statements import UnreadableSqlError


def relations_touched(snapshot: Snapshot, workload: Workload) -> frozenset[int]:
    """The oids of what the statements name, and of all that those need in turn.

    Views need what they read, partitions and heirs the whole tree, policies and called functions what they name.
    A foreign key matters to the planner only between tables of one statement (``match_foreign_keys_to_quals``), so it
    needs nothing more. What cannot be read names nothing.
    """
    return _Closure(snapshot).of(workload)


class _Closure:
    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.found: dict[int, Relation] = {}
        self.called: set[str] = set()
        self.pending: list[Relation] = []
        self.by_name: dict[str, list[Relation]] = {}
        for relation in snapshot.relations:
            self.by_name.setdefault(relation.name, []).append(relation)

    def of(self, workload: Workload) -> frozenset[int]:
        resolvers: dict[str, Resolver] = {}
        for statement in workload.statements:
            if statement.role not in resolvers:
                resolvers[statement.role] = resolver_of(self.snapshot, statement.role)
            self.read(statement.sql, resolvers[statement.role])
        definitions = resolver_of(self.snapshot)
        while self.pending:
            relation = self.pending.pop()
            for text in self.texts(relation):
                self.read(text, definitions)
            for oid in relation.parents:
                self.add(self.snapshot.relation_by_oid.get(oid))
            for child in self.snapshot.children_of.get(relation.oid, ()):
                self.add(child)
        return frozenset(self.found)

    def texts(self, relation: Relation) -> Iterator[str]:
        if relation.kind == "v" and relation.definition:
            yield relation.definition
        for policy in self.snapshot.policies_of.get(relation.oid, ()):
            yield from (f"select ({predicate}\n)" for predicate in (policy.using, policy.with_check) if predicate)

    def read(self, sql: str, resolver: Resolver) -> None:
        try:
            named: Mentions = mentions(sql)
        except UnreadableSqlError:
            return
        for schema, name in named.relations:
            found = resolver(schema, name)
            self.add(self.snapshot.relation_by_name.get(found.name) if found else None)
        self.call(named.functions)

    def call(self, names: frozenset[str]) -> None:
        """Functions may be in any language and name others, so every word of them counts."""
        new = names - self.called
        self.called |= new
        for function in self.snapshot.functions:
            if function.name in new and function.sql:
                inside = words(function.sql)
                for relation in (each for name in sorted(inside & self.by_name.keys()) for each in self.by_name[name]):
                    self.add(relation)
                self.call(inside)

    def add(self, relation: Relation | None) -> None:
        if relation is not None and relation.oid not in self.found:
            self.found[relation.oid] = relation
            self.pending.append(relation)

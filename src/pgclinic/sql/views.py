"""What views are made of: the relations that they read, straight and through other views."""

from functools import lru_cache

from pgclinic.model.catalog import Relation
from pgclinic.model.snapshot import Snapshot
from pgclinic.sql.clauses import aggregates, asks_clock_in_conditions
from pgclinic.sql.narrowing import table_references
from pgclinic.sql.resolve import resolver_of
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import parse_one

_DEEPEST = 50
"""Views inside of each other that are followed: a snapshot may hold any."""


def read_by(snapshot: Snapshot, sql: str, role: str = "") -> tuple[Relation, ...]:
    """The relations that a statement or a view's query names, in the order of their names; none when unreadable."""
    resolve = resolver_of(snapshot, role)
    try:
        references = sorted({(one.schema, one.name) for one in table_references(sql)})
    except UnreadableSqlError:
        return ()
    found = (resolve(schema, name) for schema, name in references)
    return tuple(snapshot.relation_by_name[each.name] for each in found if each is not None)


def tables_below(snapshot: Snapshot, relation: Relation) -> frozenset[int]:
    """Oids of the tables that a view reads in the end; a materialized view below counts as a table."""
    found: set[int] = set()
    seen: set[int] = {relation.oid}
    pending = list(read_by(snapshot, relation.definition or ""))
    while pending:
        each = pending.pop()
        if each.oid in seen:
            continue
        seen.add(each.oid)
        if each.kind == "v":
            pending += read_by(snapshot, each.definition or "")
        else:
            found.add(each.oid)
    return frozenset(found)


def depth_of(snapshot: Snapshot, relation: Relation, below: int = 0) -> int:
    """How many views stand on top of each other: 1 for a view of tables alone, 0 for a table."""
    if relation.kind != "v" or below >= _DEEPEST:
        return 0
    inner = (depth_of(snapshot, each, below + 1) for each in read_by(snapshot, relation.definition or ""))
    return 1 + max(inner, default=0)


@lru_cache(maxsize=4096)
def sums_up(definition: str) -> bool:
    """Whether a view's query aggregates."""
    try:
        return aggregates(parse_one(definition))
    except UnreadableSqlError:
        return False


def reads_clock_in_conditions(snapshot: Snapshot, relation: Relation) -> bool:
    """Whether which rows a view has depends on when it is asked, through the views that it reads too."""
    seen: set[int] = set()
    pending = [relation]
    while pending:
        each = pending.pop()
        if each.oid in seen or not each.definition:
            continue
        seen.add(each.oid)
        try:
            if asks_clock_in_conditions(parse_one(each.definition)):
                return True
        except UnreadableSqlError:
            continue
        pending += [inner for inner in read_by(snapshot, each.definition) if inner.kind == "v"]
    return False

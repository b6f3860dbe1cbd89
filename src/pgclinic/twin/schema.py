"""The snapshot's schema as statements for the twin, in the order in which they depend on each other. Pure.

Triggers, rules, foreign servers and comments are left out: no plan depends on them. Materialized views and foreign
tables become plain tables, which plan alike.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar

import msgspec

from pgclinic.model.catalog import Column, Constraint, Function, Index, Policy, Relation, Schema, Sequence, UserType
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ExtendedStatistics
from pgclinic.sql import clock, quote
from pgclinic.sql.statements import UnreadableSqlError

SAFE_LANGUAGES = frozenset({"sql", "plpgsql"})

_TABLE_KINDS = frozenset("rpmf")
_PLANNING_OPTIONS = frozenset({"fillfactor", "parallel_workers", "security_barrier", "security_invoker"})
_PRIVILEGES = {"r": "select", "a": "insert", "w": "update", "d": "delete", "x": "references", "U": "usage"}


class _Record(Protocol):
    @property
    def name(self) -> str: ...


_Named = TypeVar("_Named", bound=_Record)


class Piece(msgspec.Struct, frozen=True):
    """One object of the twin: what it is called in reports, and the statements that make it, run together.

    ``plainer`` makes something that other objects can do with where ``statements`` fail, ``needs_tables`` says that
    they may fail until the tables are there.
    """

    subject: str
    statements: tuple[str, ...]
    plainer: tuple[str, ...] = ()
    needs_tables: bool = False


def foundations(snapshot: Snapshot, relations: frozenset[int]) -> Iterator[Piece]:
    """What the columns of the relations are made of: schemas, types, functions, sequences."""
    yield from _each(_schema, snapshot.schemas)
    yield from _each(_user_type, snapshot.types)
    yield from _each(_function, snapshot.functions)
    yield from _each(
        _sequence,
        [each for each in snapshot.sequences if each.owner_relation is None or each.owner_relation in relations],
    )


def pieces(snapshot: Snapshot, relations: frozenset[int], known: frozenset[str]) -> Iterator[Piece]:
    """The relations (by oid) and all on them; types outside ``known`` become text, collations the default."""
    yield from tables(snapshot, relations, known)
    yield from on_tables(snapshot, relations)


def tables(snapshot: Snapshot, relations: frozenset[int], known: frozenset[str]) -> Iterator[Piece]:
    """What has to be there before rows are: tables with their options, defaults and checks."""
    found = _tables_among(snapshot, relations)
    yield from _each(lambda relation: _table(snapshot, relation, known), found)
    yield from _each(lambda relation: _within(snapshot, relation), found)


def on_tables(snapshot: Snapshot, relations: frozenset[int]) -> Iterator[Piece]:
    """What is better made once the rows are there: keys, indexes, references, statistics, views, rights, policies."""
    found = _tables_among(snapshot, relations)
    chosen = [relation for relation in snapshot.relations if relation.oid in relations]
    yield from _each(lambda relation: _constraints_and_indexes(snapshot, relation), found)
    yield from _each(lambda relation: _foreign_keys(snapshot, relation, relations), found)
    yield from _each(
        _extended_statistics, [each for each in snapshot.extended_statistics if each.relation in relations]
    )
    yield from _each(_view, [relation for relation in chosen if relation.kind == "v"])
    yield from _each(lambda relation: _access(snapshot, relation), chosen)


def _tables_among(snapshot: Snapshot, relations: frozenset[int]) -> list[Relation]:
    return _parents_first(
        [relation for relation in snapshot.relations if relation.oid in relations and relation.kind in _TABLE_KINDS]
    )


def _each(make: Callable[[_Named], Iterator[Piece]], records: Iterable[_Named]) -> Iterator[Piece]:
    """The pieces of each record; one that holds a name that no object can have is only named."""
    for record in records:
        try:
            yield from list(make(record))
        except ValueError:
            yield Piece(f"what is called {record.name!r}", ())


def replaced(snapshot: Snapshot, relations: frozenset[int], known: frozenset[str]) -> Iterator[str]:
    """What ``pieces`` makes otherwise than it is, for people."""
    for relation in snapshot.relations:
        if relation.oid not in relations:
            continue
        if relation.kind == "f":
            yield f"foreign table {relation.relation_name} (planned as a table)"
        for column in snapshot.columns_of.get(relation.oid, ()) if relation.kind in _TABLE_KINDS else ():
            if column.type not in known:
                yield f"type {column.type} of {relation.relation_name}.{column.name} (planned as text)"
            if column.collation and column.collation not in known:
                yield f"collation {column.collation} of {relation.relation_name}.{column.name}"


def column_types(snapshot: Snapshot) -> frozenset[str]:
    """Every type that a column has, as the server writes it."""
    return frozenset(column.type for column in snapshot.columns)


def _schema(schema: Schema) -> Iterator[Piece]:
    name = quote.identifier(schema.name)
    if schema.name != "public":
        # An extension's schema is there already.
        yield Piece(f"schema {schema.name}", (f"create schema if not exists {name}",))
    yield from _grants(f"schema {name}", schema.grants)


def _within(snapshot: Snapshot, relation: Relation) -> Iterator[Piece]:
    yield from _storage(relation)
    yield from _defaults(snapshot, relation)
    yield from _checks(snapshot, relation)


def _access(snapshot: Snapshot, relation: Relation) -> Iterator[Piece]:
    yield from _grants(quote.relation(relation.relation_name), relation.grants)
    yield from _policies(relation, snapshot.policies_of.get(relation.oid, ()))


def _user_type(user_type: UserType) -> Iterator[Piece]:
    name = quote.relation(RelationName(user_type.schema, user_type.name))
    statement = plainer = ""
    match user_type.kind:
        case "e":
            statement = f"create type {name} as enum ({', '.join(map(quote.literal, user_type.labels))})"
        case "d":
            checks = " ".join(user_type.checks)
            plain = f"create domain {name} as {user_type.base_type}{' not null' if user_type.not_null else ''}"
            statement, plainer = f"{plain} {checks}", plain if checks else ""
        case "c":
            statement = f"create type {name} as ({', '.join(user_type.fields)})"
        case "r":
            statement = f"create type {name} as range (subtype = {user_type.base_type})"
    yield Piece(f"type {user_type.name}", _if_any(statement), _if_any(plainer))


def _if_any(statement: str) -> tuple[str, ...]:
    return (statement,) if statement else ()


def _function(function: Function) -> Iterator[Piece]:
    """A function, or one that only has its name, arguments and cost where its own body cannot come along."""
    if function.kind == "a":
        yield Piece(f"aggregate {function.name}", _if_any(function.sql or ""), needs_tables=True)
    elif function.kind in "fw":
        body = function.sql if function.language in SAFE_LANGUAGES else None
        with contextlib.suppress(UnreadableSqlError):
            body = clock.function_with_settable_clock(body) if body else None
        yield Piece(f"function {function.name}", _if_any(body or ""), (_stub(function),), needs_tables=True)


def _stub(function: Function) -> str:
    returns_rows = function.returns.upper().startswith(("SETOF ", "TABLE("))
    volatility = {"i": "immutable", "s": "stable"}.get(function.volatility, "volatile")
    words = [
        f"create function {quote.relation(RelationName(function.schema, function.name))}({function.arguments})",
        f"returns {function.returns} language plpgsql {volatility} cost {max(function.cost, 0.1):g}",
        f"rows {max(function.rows, 1):g}" if returns_rows else "",
        f"as 'begin return{'' if returns_rows else ' null'}; end'",
    ]
    return " ".join(words)


def _table(snapshot: Snapshot, relation: Relation, known: frozenset[str]) -> Iterator[Piece]:
    name = quote.relation(relation.relation_name)
    parents = [snapshot.relation_by_oid[oid] for oid in relation.parents if oid in snapshot.relation_by_oid]
    columns = snapshot.columns_of.get(relation.oid, ())
    plain = f"create table {name} ({', '.join(_column(column, known, is_plain=True) for column in columns)})"
    if relation.is_partition and parents and relation.partition_bound:
        statement = f"create table {name} partition of {quote.relation(parents[0].relation_name)}"
        statement += f" {relation.partition_bound}"
    else:
        statement = f"create table {name} ({', '.join(_column(column, known) for column in columns)})"
        if parents and not relation.is_partition:
            statement += f" inherits ({', '.join(quote.relation(parent.relation_name) for parent in parents)})"
    if relation.partition_key:
        statement += f" partition by {relation.partition_key}"
    yield Piece(f"table {relation.relation_name}", (statement,), (plain,))


def _column(column: Column, known: frozenset[str], *, is_plain: bool = False) -> str:
    words = [quote.identifier(column.name), column.type if column.type in known else "text"]
    if column.collation in known:
        words.append(f"collate {column.collation}")
    if column.generated and column.default and not is_plain:
        kind = "virtual" if column.generated == "v" else "stored"
        words.append(f"generated always as ({column.default}) {kind}")
    if column.not_null:
        words.append("not null")
    if column.identity and not is_plain:
        words.append("generated by default as identity")
    return " ".join(words)


def _sequence(sequence: Sequence) -> Iterator[Piece]:
    name = quote.relation(RelationName(sequence.schema, sequence.name))
    yield Piece(f"sequence {sequence.name}", (f"create sequence {name}",))


def _defaults(snapshot: Snapshot, relation: Relation) -> Iterator[Piece]:
    """What an INSERT would evaluate for the columns that it does not give."""
    name = quote.relation(relation.relation_name)
    for column in snapshot.columns_of.get(relation.oid, ()):
        if column.default and not column.generated and not column.identity:
            set_default = (
                f"alter table {name} alter column {quote.identifier(column.name)} set default {column.default}"
            )
            yield Piece(f"default of {relation.relation_name}.{column.name}", (set_default,))


def _storage(relation: Relation) -> Iterator[Piece]:
    options = _options(relation)
    if options and not relation.partition_key:
        name = quote.relation(relation.relation_name)
        yield Piece(f"options of {relation.relation_name}", (f"alter table {name} set ({options})",))


def _checks(snapshot: Snapshot, relation: Relation) -> Iterator[Piece]:
    for constraint in snapshot.constraints_of.get(relation.oid, ()):
        if constraint.kind == "c" and not constraint.is_inherited:
            yield _constraint(relation, constraint)


def _constraints_and_indexes(snapshot: Snapshot, relation: Relation) -> Iterator[Piece]:
    """Keys first, then indexes, each under its own name; those of partitions are attached to their parents'."""
    backed: Mapping[int, Constraint] = {
        constraint.index: constraint
        for constraint in snapshot.constraints_of.get(relation.oid, ())
        if constraint.index is not None and constraint.kind in "pux"
    }
    indexes = snapshot.indexes_of.get(relation.oid, ())
    for index in sorted(indexes, key=lambda index: (index.oid not in backed, index.oid)):
        if not index.is_valid and not index.is_partitioned:
            continue
        constraint = backed.get(index.oid)
        made = index.sql if constraint is None else _constraint(relation, constraint).statements[0]
        yield Piece(f"index {index.name}", (made, *_attachment(snapshot, index)))


def _attachment(snapshot: Snapshot, index: Index) -> Iterator[str]:
    parent = None if index.parent is None else snapshot.index_by_oid.get(index.parent)
    if parent is not None:
        names = (quote.relation(RelationName(each.schema, each.name)) for each in (parent, index))
        yield "alter index {} attach partition {}".format(*names)


def _foreign_keys(snapshot: Snapshot, relation: Relation, relations: frozenset[int]) -> Iterator[Piece]:
    for constraint in snapshot.constraints_of.get(relation.oid, ()):
        if constraint.kind == "f" and not constraint.is_inherited and constraint.references in relations:
            yield _constraint(relation, constraint)


_NOT_VALID = " NOT VALID"
"""The planner trusts a foreign key validated or not; validating would read the indexes before they have their shape."""


def _constraint(relation: Relation, constraint: Constraint) -> Piece:
    only = "only " if relation.partition_key and constraint.kind in "pux" else ""
    definition = constraint.sql
    if constraint.kind == "f" and not relation.partition_key:
        definition = definition.removesuffix(_NOT_VALID) + _NOT_VALID
    name, constraint_name = quote.relation(relation.relation_name), quote.identifier(constraint.name)
    statement = f"alter table {only}{name} add constraint {constraint_name} {definition}"
    return Piece(f"constraint {constraint.name}", (statement,))


def _extended_statistics(statistics: ExtendedStatistics) -> Iterator[Piece]:
    yield Piece(f"statistics {statistics.name}", (statistics.sql,))


def _view(relation: Relation) -> Iterator[Piece]:
    statements = []
    with contextlib.suppress(UnreadableSqlError):
        definition = clock.with_settable_clock((relation.definition or "").rstrip().rstrip(";"))
        options = _options(relation)
        with_options = f" with ({options})" if options else ""
        statements.append(f"create view {quote.relation(relation.relation_name)}{with_options} as {definition}")
    yield Piece(f"view {relation.relation_name}", tuple(statements))


def _options(relation: Relation) -> str:
    split = (option.partition("=") for option in relation.options)
    return ", ".join(
        f"{quote.identifier(name)} = {quote.literal(value)}" for name, _, value in split if name in _PLANNING_OPTIONS
    )


def _grants(subject: str, grants: tuple[str, ...]) -> Iterator[Piece]:
    for grant in grants:
        grantee, _, letters = grant.rpartition("=")
        privileges = ", ".join(_PRIVILEGES[letter] for letter in letters if letter in _PRIVILEGES)
        if privileges:
            who = quote.identifier(grantee) if grantee else "public"
            yield Piece(f"grant on {subject}", (f"grant {privileges} on {subject} to {who}",))


def _policies(relation: Relation, policies: tuple[Policy, ...]) -> Iterator[Piece]:
    name = quote.relation(relation.relation_name)
    if relation.row_security:
        yield Piece(f"row security of {relation.name}", (f"alter table {name} enable row level security",))
    if relation.force_row_security:
        yield Piece(f"row security of {relation.name}", (f"alter table {name} force row level security",))
    for policy in policies:
        roles = ", ".join("public" if role == "public" else quote.identifier(role) for role in policy.roles)
        start = f"create policy {quote.identifier(policy.name)} on {name}"
        start += f" as {'permissive' if policy.is_permissive else 'restrictive'} for {policy.command.lower()}"
        start += f" to {roles or 'public'}"
        using = f" using ({policy.using})" if policy.using else ""
        check = f" with check ({policy.with_check})" if policy.with_check else ""
        # Without a policy that it has, a table looks as if nobody saw any row of it.
        plainer = start if policy.command == "INSERT" else f"{start} using (true)"
        statement = _with_settable_clock(start + using + check)
        yield Piece(f"policy {policy.name} on {relation.name}", (statement,), (plainer,))


def _with_settable_clock(statement: str) -> str:
    try:
        return clock.with_settable_clock(statement)
    except UnreadableSqlError:
        return statement


def _parents_first(relations: list[Relation]) -> list[Relation]:
    ordered: dict[int, Relation] = {}
    waiting = {relation.oid: relation for relation in relations}
    while waiting:
        ready = [each for each in waiting.values() if not any(parent in waiting for parent in each.parents)]
        for relation in ready or list(waiting.values()):
            ordered[relation.oid] = waiting.pop(relation.oid)
    return list(ordered.values())

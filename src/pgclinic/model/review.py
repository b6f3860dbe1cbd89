"""Somebody else's migration, examined before it is run.

Its statements, what a private server did with each, and what speaks against them.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import cached_property

import msgspec

from pgclinic.model.catalog import Function, IndexDefinition, Relation
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.locks import strongest
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.snapshot import Snapshot


class Place(msgspec.Struct, frozen=True, order=True):
    """Where something stands: a file as it was named, and a line of it, from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        """As compilers write it."""
        return f"{self.file}:{self.line}"


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a CREATE TABLE: its name and its type as PostgreSQL's parser names it (``int4``, ``varchar``)."""

    name: str
    type: str


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement is, from its parse tree alone; names are unquoted, a schema is empty where none is written.

    ``kind`` is the tree's node (``index_stmt``, ``alter_table_stmt`` …), empty for what libpg_query cannot read.
    ``target`` is the object that it makes, changes or drops first, ``table`` the one that this is on. ``relations``
    are all that it names. ``is_data_copy``: a COPY from or to its
    client. ``resets``: a RESET, or a SET to the default. ``setting`` is the name in a SET,
    ``prepared`` the one in PREPARE, EXECUTE and DEALLOCATE.
    """

    kind: str
    target: RelationName = RelationName("", "")
    table: RelationName = RelationName("", "")
    relations: frozenset[tuple[str, str]] = frozenset()
    functions: frozenset[str] = frozenset()
    makes: frozenset[str] = frozenset()
    removes: frozenset[str] = frozenset()
    columns: tuple[Written, ...] = ()
    index: IndexDefinition | None = None
    is_concurrent: bool = False
    is_optional: bool = False
    is_cascading: bool = False
    is_temporary: bool = False
    is_local: bool = False
    is_for_each_row: bool = False
    is_data_copy: bool = False
    resets: bool = False
    setting: str = ""
    prepared: str = ""


class MigrationStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of the migration, as it stands in its file. ``ignores`` are rules that its comment switches off.

    ``is_implied``: it is not in the file, and what runs the file puts it there.
    """

    place: Place
    sql: str
    deed: Deed
    is_implied: bool = False
    ignores: frozenset[str] = frozenset()


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """PostgreSQL's refusal; ``line`` is counted from the statement's first line, 0 there or where none was told."""

    sqlstate: str
    message: str
    line: int = 0


class TakenLock(msgspec.Struct, frozen=True, order=True):
    """A lock on a relation that a statement took and its transaction had not yet; ``mode`` as in pg_locks."""

    relation: int
    mode: str


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """What a private server did with a statement. Relations by their oid there.

    ``rewritten`` got a new file, ``scanned`` were read from end to end. ``timeout_ms`` is lock_timeout as it was
    before, 0 for none. ``unexamined`` says why a statement was not run; ``notices`` are SQLSTATEs with their messages.
    """

    failure: Failure | None = None
    locks: tuple[TakenLock, ...] = ()
    rewritten: frozenset[int] = frozenset()
    scanned: frozenset[int] = frozenset()
    notices: tuple[Failure, ...] = ()
    timeout_ms: int = 0
    in_transaction: bool = False
    unexamined: str = ""

    def lock_on(self, relation: int) -> str:
        """The strongest mode that it took on a relation, empty for none."""
        return strongest(each.mode for each in self.locks if each.relation == relation)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A statement with the database as it was before and after it; both the same where it failed."""

    statement: MigrationStatement
    trace: Trace
    before: Snapshot
    after: Snapshot


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of the workload, planned without and with something; costs are the planner's."""

    sql: str
    cost_before: float
    cost_after: float
    calls: float = 0.0


class TriedNewIndex(msgspec.Struct, frozen=True, kw_only=True):
    """An index of the migration, tried by the planner on the workload. ``gains`` are the statements that use it.

    ``unused_because`` is empty where one does. ``better`` are statements that make what the adviser would have
    instead, which costs ``better_share`` of what the workload costs with the migration's own.
    """

    name: RelationName
    definition: IndexDefinition
    bytes: int
    gains: tuple[Gain, ...] = ()
    unused_because: str = ""
    better: tuple[str, ...] = ()
    better_share: float = 1.0


class MissedIndex(msgspec.Struct, frozen=True, kw_only=True):
    """An index that the migration drops, and the statements that get dearer without it."""

    name: RelationName
    losses: tuple[Gain, ...]


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """What no longer works, or never will, once the migration is through: PostgreSQL's words about it.

    ``object`` is the statement of the workload, the function or the view; ``is_new`` that the migration made it.
    ``sqlstate`` is PostgreSQL's for a name that is missing; ``missing`` that name.
    """

    object: ObjectName
    text: str
    failure: Failure
    missing: str
    is_new: bool
    calls: float = 0.0


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What planners and parsers said of the migration as a whole. ``rows`` are those that a statement changes, planned.

    ``rows`` goes by the place of the statement. ``planned_by`` is empty where there was no workload to plan.
    """

    created: tuple[TriedNewIndex, ...] = ()
    dropped: tuple[MissedIndex, ...] = ()
    broken: tuple[Broken, ...] = ()
    rows: tuple[tuple[Place, float], ...] = ()
    planned_by: str = ""
    omitted: tuple[str, ...] = ()


class Migration(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All that the rules judge. ``source`` is the database before it; ``steps`` in the order of running."""

    source: Snapshot
    steps: tuple[Step, ...]
    trial: Trial = Trial()
    is_left_open: bool = False

    @property
    def final(self) -> Snapshot:
        """The database after the last statement."""
        return self.steps[-1].after if self.steps else self.source

    @cached_property
    def new_functions(self) -> tuple[Function, ...]:
        """Those that the migration makes or changes, as they are in the end."""
        known = {(each.schema, each.name, each.arguments): each.sql for each in self.source.functions}
        return tuple(
            each for each in self.final.functions if known.get((each.schema, each.name, each.arguments), "") != each.sql
        )

    @cached_property
    def new_trigger_functions(self) -> tuple[Function, ...]:
        """Functions that are new, or that a new trigger calls."""
        old = set(self.source.triggers)
        called = {each.function.partition("(")[0] for each in self.final.triggers if each not in old}
        names = {name.rpartition(".")[2].strip('"') for name in called}
        return tuple(
            each
            for each in self.final.functions
            if each.returns == "trigger" and (each in self.new_functions or each.name in names)
        )

    def tables_triggering(self, function: Function) -> tuple[Relation, ...]:
        """The tables whose triggers call the function in the end."""
        return tuple(
            self.final.relation_by_oid[each.relation]
            for each in self.final.triggers
            if each.function.partition("(")[0].rpartition(".")[2].strip('"') == function.name
            and each.relation in self.final.relation_by_oid
        )

    def place_of_function(self, function: Function) -> Place:
        """Where it is made last, else the last statement of all."""
        making = [
            step.statement.place
            for step in self.steps
            if step.statement.deed.kind == "create_function_stmt" and step.statement.deed.target.name == function.name
        ]
        return making[-1] if making else self.steps[-1].statement.place

    def place_of_index(self, name: RelationName) -> Place:
        """The statement that makes an index which is there in the end."""
        return self.first_place(
            lambda state: any(RelationName(each.schema, each.name) == name for each in state.indexes)
        )

    def place_where_index_goes(self, name: RelationName) -> Place:
        """The statement that takes an index away."""
        return self.first_place(
            lambda state: all(RelationName(each.schema, each.name) != name for each in state.indexes)
        )

    def first_place(self, holds: Callable[[Snapshot], bool]) -> Place:
        """The statement after which something holds that holds in the end, for the first time and for good."""
        place = self.steps[-1].statement.place
        for step in reversed(self.steps):
            if not holds(step.after):
                break
            place = step.statement.place
        return place

    @cached_property
    def existing(self) -> frozenset[int]:
        """The oids of the relations that were there before."""
        return frozenset(self.source.relation_by_oid)


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule has against a statement: a finding, whose ``check`` is the rule's name, and the statement's place."""

    place: Place
    finding: Finding


class Verdict(StrEnum):
    """What became of a statement on the private server."""

    RAN = "ran"
    FAILED = "failed"
    NOT_RUN = "not run"


class ReviewedStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One statement of the report. ``locks`` are on relations that were there before, in PostgreSQL's words."""

    place: Place
    sql: str
    verdict: Verdict
    locks: tuple[tuple[str, str], ...] = ()
    unexamined: str = ""


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """The report: ``objections`` in the order of the files. ``database`` is empty for a review on an empty schema."""

    files: tuple[str, ...]
    statements: tuple[ReviewedStatement, ...]
    objections: tuple[Objection, ...]
    indexes: tuple[TriedNewIndex, ...]
    database: str
    clock: str
    run_by: str
    workload: int = 0
    omitted: tuple[str, ...] = ()
    contract_version: str = "1"

    @property
    def worst(self) -> Severity | None:
        """The greatest severity of all, None where there is nothing to object to."""
        return max((each.finding.severity for each in self.objections), default=None)

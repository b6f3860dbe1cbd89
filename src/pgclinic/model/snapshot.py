"""What was seen of one database in one visit."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import msgspec

from pgclinic.model.activity import ConnectionCounts, PreparedTransaction, Session
from pgclinic.model.background import Archiver, Checkpoints, WalCounters
from pgclinic.model.catalog import (
    AvailableExtension,
    Column,
    Constraint,
    Extension,
    Function,
    Index,
    Policy,
    Relation,
    Role,
    Schema,
    Sequence,
    Setting,
    Trigger,
    UserType,
)
from pgclinic.model.counters import (
    DatabaseCounters,
    ResponseTimes,
    StatementCounters,
    StatementCoverage,
    TableCounters,
)
from pgclinic.model.finding import BlindSpot
from pgclinic.model.measured_room import MeasuredRoom
from pgclinic.model.replication import Replica, ReplicationSlot, Standby, Subscription
from pgclinic.model.statistics import ColumnEnds, ColumnStatistics, ExtendedStatistics
from pgclinic.model.toast import ToastTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pgclinic.model.names import RelationName

OfRelation = TypeVar("OfRelation", Column, Index, Constraint, Policy)

FORMAT_VERSION = 1
"""Of the snapshot file. A reader accepts every version up to its own."""

FIRST_PROBES = (
    "column_statistics",
    "columns",
    "constraints",
    "database_counters",
    "database_size",
    "extended_statistics",
    "extensions",
    "functions",
    "index_sizes",
    "indexes",
    "policies",
    "relation_sizes",
    "relations",
    "roles",
    "schemas",
    "sequences",
    "server",
    "settings",
    "sight",
    "statement_history",
    "statements",
    "table_counters",
    "tree_levels",
    "triggers",
    "types",
    "view_definitions",
)
"""What a visit asked before its snapshot said so."""


class Header(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="pgclinic_snapshot"):
    """The first record of a snapshot file.

    ``redactions`` says what was left out on request (``values``). ``clock`` is the server's ``now()`` during the
    visit, ISO 8601 in UTC: whatever depends on time is judged as of then. ``probes`` are the questions asked: what an
    older visit did not ask for is not collected, which is not the same as nothing there.
    """

    format_version: int
    collector: str
    clock: str
    redactions: tuple[str, ...] = ()
    probes: tuple[str, ...] = FIRST_PROBES


class Server(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="server"):
    """The server and the database that were visited, and as whom.

    ``system_identifier`` with ``database_oid`` identifies a database for good; it is empty when not readable.
    ``visitor_*`` say what the visiting role may do. ``service`` is the managed service that this is
    (``model.services``), empty for any other server.
    """

    version_num: int
    version: str
    database: str
    database_oid: int = 0
    system_identifier: str = ""
    encoding: str = "UTF8"
    collation: str = "C"
    ctype: str = "C"
    locale_provider: str = "c"
    icu_locale: str = ""
    block_size: int = 8192
    in_recovery: bool = False
    started_at: str | None = None
    visitor: str = ""
    visitor_is_superuser: bool = False
    visitor_bypasses_rls: bool = False
    visitor_reads_all_stats: bool = False
    visitor_reads_all_data: bool = False
    service: str = ""

    @property
    def major(self) -> int:
        """The major version, as in ``15``."""
        return self.version_num // 10000


Record = (
    Header
    | Server
    | Setting
    | Role
    | Schema
    | Extension
    | AvailableExtension
    | UserType
    | Relation
    | Column
    | ColumnStatistics
    | ColumnEnds
    | ExtendedStatistics
    | Index
    | Constraint
    | Function
    | Trigger
    | Policy
    | Sequence
    | TableCounters
    | StatementCounters
    | StatementCoverage
    | ResponseTimes
    | DatabaseCounters
    | ToastTable
    | Session
    | PreparedTransaction
    | ConnectionCounts
    | Checkpoints
    | WalCounters
    | Archiver
    | ReplicationSlot
    | Replica
    | Standby
    | Subscription
    | MeasuredRoom
    | BlindSpot
)
"""Everything that can stand on a line of a snapshot file."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One database as one visit saw it: a tuple of records of each kind, in the order of collection.

    A kind that was not collected is an empty tuple and has a BlindSpot. ``unknown`` keeps lines of newer formats.
    """

    header: Header
    server: Server
    settings: tuple[Setting, ...] = ()
    roles: tuple[Role, ...] = ()
    schemas: tuple[Schema, ...] = ()
    extensions: tuple[Extension, ...] = ()
    available_extensions: tuple[AvailableExtension, ...] = ()
    types: tuple[UserType, ...] = ()
    relations: tuple[Relation, ...] = ()
    columns: tuple[Column, ...] = ()
    column_statistics: tuple[ColumnStatistics, ...] = ()
    column_ends: tuple[ColumnEnds, ...] = ()
    extended_statistics: tuple[ExtendedStatistics, ...] = ()
    indexes: tuple[Index, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    functions: tuple[Function, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    policies: tuple[Policy, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    table_counters: tuple[TableCounters, ...] = ()
    statements: tuple[StatementCounters, ...] = ()
    statement_coverage: StatementCoverage | None = None
    response_times: tuple[ResponseTimes, ...] = ()
    database_counters: DatabaseCounters | None = None
    toast_tables: tuple[ToastTable, ...] = ()
    sessions: tuple[Session, ...] = ()
    prepared_transactions: tuple[PreparedTransaction, ...] = ()
    connection_counts: ConnectionCounts | None = None
    checkpoints: Checkpoints | None = None
    wal_counters: WalCounters | None = None
    archiver: Archiver | None = None
    replication_slots: tuple[ReplicationSlot, ...] = ()
    replicas: tuple[Replica, ...] = ()
    standby: Standby | None = None
    subscriptions: tuple[Subscription, ...] = ()
    measured_rooms: tuple[MeasuredRoom, ...] = ()
    blind_spots: tuple[BlindSpot, ...] = ()
    unknown: tuple[bytes, ...] = ()

    @cached_property
    def relation_by_oid(self) -> "Mapping[int, Relation]":
        """Relations by oid."""
        return {relation.oid: relation for relation in self.relations}

    @cached_property
    def children_of(self) -> "Mapping[int, tuple[Relation, ...]]":
        """Partitions and inheriting tables by the oid of their parent."""
        children: dict[int, list[Relation]] = {}
        for relation in self.relations:
            for parent in relation.parents:
                children.setdefault(parent, []).append(relation)
        return {oid: tuple(group) for oid, group in children.items()}

    @cached_property
    def relation_by_name(self) -> "Mapping[RelationName, Relation]":
        """Relations by schema and name."""
        return {relation.relation_name: relation for relation in self.relations}

    @cached_property
    def columns_of(self) -> "Mapping[int, tuple[Column, ...]]":
        """Columns by relation oid, in their order."""
        return grouped_by_relation(self.columns)

    @cached_property
    def indexes_of(self) -> "Mapping[int, tuple[Index, ...]]":
        """Indexes by the oid of their table."""
        return grouped_by_relation(self.indexes)

    @cached_property
    def index_by_oid(self) -> "Mapping[int, Index]":
        """Indexes by oid."""
        return {index.oid: index for index in self.indexes}

    @cached_property
    def constraints_of(self) -> "Mapping[int, tuple[Constraint, ...]]":
        """Constraints by the oid of their table."""
        return grouped_by_relation(self.constraints)

    @cached_property
    def policies_of(self) -> "Mapping[int, tuple[Policy, ...]]":
        """Policies by the oid of their table."""
        return grouped_by_relation(self.policies)

    @cached_property
    def counters_of(self) -> "Mapping[int, TableCounters]":
        """Table counters by the oid of their table."""
        return {counters.relation: counters for counters in self.table_counters}

    @cached_property
    def statistics_of(self) -> "Mapping[tuple[int, str, bool], ColumnStatistics]":
        """Column statistics by (relation oid, column, inherited)."""
        return {(row.relation, row.column, row.inherited): row for row in self.column_statistics}

    @cached_property
    def measured_room_of(self) -> "Mapping[int, MeasuredRoom]":
        """What was measured of a table's room, by its oid."""
        return {room.relation: room for room in self.measured_rooms}

    @cached_property
    def platform_schemas(self) -> "frozenset[str]":
        """Schemas that a managed service keeps for itself; see ``model.platform``."""
        return frozenset(schema.name for schema in self.schemas if schema.is_platform)

    @cached_property
    def setting(self) -> "Mapping[str, Setting]":
        """Server-wide settings by name."""
        return {setting.name: setting for setting in self.settings if not setting.scope}

    def sees(self, probe: str) -> bool:
        """Whether a probe's records were collected at all (single relations may still be hidden)."""
        return probe in self.header.probes and not any(
            spot.subject == probe and not spot.object for spot in self.blind_spots
        )


def _fields_of_kinds() -> "Mapping[type[Record], str]":
    kinds = {kind.__name__: kind for kind in get_args(Record)}
    fields = ((field.name, field.type) for field in msgspec.structs.fields(Snapshot))
    return {
        kinds[kind.__name__]: name
        for name, type_ in fields
        for kind in (type_, *get_args(type_))
        if getattr(kind, "__name__", "") in kinds
    }


FIELD_OF_KIND = _fields_of_kinds()
"""Which field of Snapshot holds the records of each kind; all but those of ``_SINGLE`` are tuples."""

_NEEDED = frozenset({"header", "server"})
_SINGLE = _NEEDED | {
    "database_counters",
    "statement_coverage",
    "connection_counts",
    "checkpoints",
    "wal_counters",
    "archiver",
    "standby",
}


def assembled(records: "Iterable[Record]", unknown: "Iterable[bytes]" = ()) -> Snapshot:
    """Records in any order of kinds as a Snapshot.

    Raises ValueError without exactly one header and one server, or when something inherits from itself.
    """
    fields: dict[str, list[Any]] = {name: [] for name in FIELD_OF_KIND.values()}
    for record in records:
        fields[FIELD_OF_KIND[type(record)]].append(record)
    single: dict[str, Any] = {}
    for name in _SINGLE:
        found = fields.pop(name)
        if len(found) > 1 or (not found and name in _NEEDED):
            raise ValueError(f"{len(found) or 'no'} {name} records")
        single[name] = found[0] if found else None
    _demand_trees({relation.oid: relation.parents for relation in fields["relations"]}, "relations")
    _demand_trees({index.oid: (index.parent,) if index.parent else () for index in fields["indexes"]}, "indexes")
    everything: dict[str, Any] = {**single, **{name: tuple(found) for name, found in fields.items()}}
    return Snapshot(**everything, unknown=tuple(unknown))


def _demand_trees(parents: "Mapping[int, tuple[int, ...]]", what: str) -> None:
    """Raise ValueError where something is among its own ancestors, which no server has: who follows it would not end.

    Takes away, again and again, what has no parents left (Kahn, "Topological sorting of large networks", 1962).
    """
    left = {oid: {each for each in own if each in parents} for oid, own in parents.items()}
    children: dict[int, list[int]] = {}
    for oid, own in left.items():
        for parent in own:
            children.setdefault(parent, []).append(oid)
    free = [oid for oid, own in left.items() if not own]
    count = 0
    while free:
        oid = free.pop()
        count += 1
        for child in children.get(oid, ()):
            left[child].discard(oid)
            if not left[child]:
                free.append(child)
    if count < len(left):
        raise ValueError(f"{what} that inherit from themselves")


def grouped_by_relation(records: "tuple[OfRelation, ...]") -> "Mapping[int, tuple[OfRelation, ...]]":
    """Records by the oid of their relation, keeping their order."""
    groups: dict[int, list[OfRelation]] = {}
    for record in records:
        groups.setdefault(record.relation, []).append(record)
    return {oid: tuple(group) for oid, group in groups.items()}

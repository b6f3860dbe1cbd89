"""A visit without the user's values: what ``--no-values`` and ``--redact`` leave of the records. Pure.

Sampled values are not even asked for; here the literals of definitions go, and those of statements. Names stay, and
so do the labels of enums: they are the schema, and say what the application can mean, not what its users entered.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import singledispatch

from msgspec.structs import replace

from pgclinic.model.activity import ConnectionCounts, PreparedTransaction, Session
from pgclinic.model.background import Archiver, Checkpoints, WalCounters
from pgclinic.model.catalog import (
    AvailableExtension,
    Column,
    Constraint,
    Extension,
    Function,
    Index,
    IndexDefinition,
    Policy,
    Relation,
    Role,
    Schema,
    Sequence,
    Setting,
    Trigger,
    UserType,
)
from pgclinic.model.counters import DatabaseCounters, ResponseTimes, StatementCounters, StatementCoverage, TableCounters
from pgclinic.model.finding import BlindSpot
from pgclinic.model.measured_room import MeasuredRoom
from pgclinic.model.replication import Replica, ReplicationSlot, Standby, Subscription
from pgclinic.model.snapshot import Header, Record, Server
from pgclinic.model.statistics import ColumnEnds, ColumnStatistics, ExtendedStatistics
from pgclinic.model.toast import ToastTable
from pgclinic.sql.blanking import Blanks, without_comments
from pgclinic.sql.statements import UnreadableSqlError, normalize

HOLDS_NO_VALUES: frozenset[type[Record]] = frozenset(
    {
        Archiver,
        AvailableExtension,
        BlindSpot,
        Checkpoints,
        ConnectionCounts,
        DatabaseCounters,
        Extension,
        Header,
        PreparedTransaction,
        Replica,
        ReplicationSlot,
        ResponseTimes,
        Role,
        Schema,
        Sequence,
        Server,
        Session,
        Setting,
        Standby,
        MeasuredRoom,
        StatementCoverage,
        Subscription,
        TableCounters,
        ToastTable,
        WalCounters,
    }
)
"""Records of names, sizes and counts alone. A kind of record is named here or has a function below: a test insists."""


def without_values(records: Iterable[Record]) -> Iterator[Record]:
    """The records with each literal replaced by a numbered place, and without what is nothing but values."""
    blanks = Blanks()
    return (_blanked(record, blanks) for record in records if not isinstance(record, ColumnEnds))


def without_constants(records: Iterable[Record]) -> Iterator[Record]:
    """The records with statements alone bare of constants and of comments, which may hold values too."""
    return (_statement(record) if isinstance(record, StatementCounters) else record for record in records)


@singledispatch
def _blanked(record: Record, blanks: Blanks) -> Record:  # noqa: ARG001 - most records hold no values
    return record


@_blanked.register
def _relation(record: Relation, blanks: Blanks) -> Record:
    def key(text: str) -> str | None:
        return blanks.within("create table t (c int) partition by ", text)

    def bound(text: str) -> str | None:
        return blanks.within("create table t partition of p ", text)

    return replace(
        record,
        definition=_optional(record.definition, blanks.statement),
        partition_key=_optional(record.partition_key, key),
        partition_bound=_optional(record.partition_bound, bound),
    )


@_blanked.register
def _column(record: Column, blanks: Blanks) -> Record:
    return replace(record, default=_optional(record.default, blanks.expression))


@_blanked.register
def _column_statistics(record: ColumnStatistics, blanks: Blanks) -> Record:  # noqa: ARG001 - one signature for all
    return replace(
        record,
        most_common_vals=None,
        histogram_bounds=None,
        most_common_elems=None,
        range_length_histogram=None,
        range_bounds_histogram=None,
    )


@_blanked.register
def _index(record: Index, blanks: Blanks) -> Record:
    return replace(record, sql=blanks.statement(record.sql) or "", definition=_definition(record.definition, blanks))


@_blanked.register
def _constraint(record: Constraint, blanks: Blanks) -> Record:
    return replace(record, sql=blanks.within("alter table t add constraint c ", record.sql) or "")


@_blanked.register
def _function(record: Function, blanks: Blanks) -> Record:  # noqa: ARG001 - one signature for all
    return replace(record, sql=None)


@_blanked.register
def _trigger(record: Trigger, blanks: Blanks) -> Record:
    return replace(record, sql=blanks.statement(record.sql) or "")


@_blanked.register
def _extended_statistics(record: ExtendedStatistics, blanks: Blanks) -> Record:
    return replace(record, sql=blanks.statement(record.sql) or "", most_common_vals=None, expressions=())


@_blanked.register
def _policy(record: Policy, blanks: Blanks) -> Record:
    return replace(
        record,
        using=_optional(record.using, blanks.expression),
        with_check=_optional(record.with_check, blanks.expression),
    )


@_blanked.register
def _user_type(record: UserType, blanks: Blanks) -> Record:
    checks = (blanks.within("create domain d as text ", check) for check in record.checks)
    return replace(record, default=None, checks=tuple(check for check in checks if check))


@_blanked.register
def _statement(record: StatementCounters, blanks: Blanks | None = None) -> Record:  # noqa: ARG001 - as the others
    return replace(record, text=_bare(record.text))


def _definition(definition: IndexDefinition, blanks: Blanks) -> IndexDefinition:
    keys = tuple(
        key if key.is_column else replace(key, expression=blanks.expression(key.expression) or "")
        for key in definition.keys
    )
    return replace(definition, keys=keys, predicate=_optional(definition.predicate, blanks.expression) or "")


def _optional(text: str | None, blank: Callable[[str], str | None]) -> str | None:
    return blank(text) if text else text


def _bare(text: str) -> str:
    try:
        return without_comments(normalize(text))
    except UnreadableSqlError:
        return ""

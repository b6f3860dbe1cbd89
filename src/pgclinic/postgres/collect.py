"""One visit: every probe asked in one read-only transaction, the answers put together as a Snapshot."""

from collections import defaultdict
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import msgspec
import psycopg
from msgspec import UNSET, UnsetType
from psycopg.pq import TransactionStatus

import pgclinic
from pgclinic.model.errors import UserError
from pgclinic.model.evidence import Fact, Unit
from pgclinic.model.finding import BlindSpot
from pgclinic.model.progress import Progress
from pgclinic.model.snapshot import FORMAT_VERSION, Header, Record, Server, Snapshot, assembled
from pgclinic.postgres.capabilities import LockedRelation, ask_capabilities
from pgclinic.postgres.column_ends import look_up
from pgclinic.postgres.questions import Answer, answers
from pgclinic.probes import Probe, probes
from pgclinic.probes.capabilities import Capabilities
from pgclinic.probes.mentioned import mentioned_by_statements
from pgclinic.probes.redaction import without_constants, without_values
from pgclinic.probes.scope import marked

if TYPE_CHECKING:
    from pgclinic.probes.query import Query

MOST_NAMES = 5
"""Of relations in one sentence."""

BATCH = 8
"""Probes a round trip: few enough to show progress, many enough for a slow line."""

FIRST = frozenset({"functions", "relations", "statements", "view_definitions"})
"""What tells which relations matter, when there are too many to bring the values of all."""

LAST = frozenset({"column_statistics"})
"""What needs to be told."""

LOCK_NOT_AVAILABLE = "55P03"
QUERY_CANCELED = "57014"
"""By the statement timeout; or by somebody, who will have had a reason, but then it is met again."""

PATIENCE = marked("select pg_catalog.set_config('statement_timeout', '30000', true)")
"""For the few questions that a crowd of tables makes slow, asked once more at the end, one by one."""

_BEGIN = marked("begin transaction isolation level repeatable read, read only")
_SAVEPOINT = marked("savepoint pgclinic_visit")
_BACK_TO_SAVEPOINT = marked("rollback to savepoint pgclinic_visit; release savepoint pgclinic_visit")
_SETTINGS = marked(
    "select "
    + ", ".join(
        f"pg_catalog.set_config('{name}', '{value}', true)"
        for name, value in {
            "search_path": "pg_catalog, pg_temp",
            "DateStyle": "ISO, YMD",
            "TimeZone": "UTC",
            "IntervalStyle": "postgres",
            "extra_float_digits": "1",
            "bytea_output": "hex",
            "quote_all_identifiers": "off",
            "statement_timeout": "5000",
            "lock_timeout": "50",
            "jit": "off",
            "max_parallel_workers_per_gather": "0",
            "work_mem": "64MB",
        }.items()
    )
)
"""Of this transaction only: they spell out every name, fix the formats, and keep the visit short and small: what is
sorted stays in memory, for a visit that wrote temporary files would show in the counters that it reads."""


class Findings:
    """What the probes have brought so far: records, and what fills single fields of them."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self._supplements: dict[type[Record], dict[int, dict[str, object]]] = defaultdict(lambda: defaultdict(dict))

    def add_supplement(self, kind: type[Record], fields: dict[str, object]) -> None:
        """Keep fields of a record that is matched by its oid, or is the only one of its kind."""
        self._supplements[kind][int(str(fields.pop("oid", 0)))].update(fields)

    def complete(self) -> Iterator[Record]:
        """The records with what was found out about them apart."""
        for record in self.records:
            more = self._supplements[type(record)].get(getattr(record, "oid", 0))
            yield msgspec.structs.replace(record, **more) if more else record


def collect(
    connection: psycopg.Connection,
    *,
    values: bool = True,
    redacted: bool = False,
    only: Collection[str] | None = None,
) -> Generator[Progress, None, Snapshot]:
    """Everything that later verbs need, from one visit that writes nothing and waits for nobody.

    Without ``values`` no value of the user's data comes along, ``redacted`` leaves at least the statements without.
    ``only`` names the probes to ask; when None, all but those of watching. Where a transaction is open, it is seen as
    it stands, and left so. A probe that fails leaves a BlindSpot. Raises UserError when the connection breaks.
    """
    found = Findings()
    chosen = [probe for probe in probes() if (not probe.is_of_watching if only is None else probe.name in only)]
    try:
        with _visit(connection):
            capabilities, locked = yield from _read_catalogs(connection, found, chosen, values=values)
            if values and only is None:
                found.records += yield from look_up(connection, capabilities)
    except psycopg.Error as error:
        raise UserError(f"The visit ended early: {str(error).strip()}; try again.") from None
    found.records += _hidden_by_locks(locked)
    header = Header(
        format_version=FORMAT_VERSION,
        collector=f"pgclinic {pgclinic.__version__}",
        clock=capabilities.clock,
        redactions=(*(() if values else ("values",)), *(("statements",) if redacted or not values else ())),
        probes=tuple(probe.name for probe in chosen),
    )
    if not any(isinstance(record, Server) for record in found.records):
        found.records.append(_server_of(connection, capabilities))
    return assembled([header, *_kept(found.complete(), values=values, redacted=redacted)])


def _read_catalogs(
    connection: psycopg.Connection, found: Findings, chosen: Sequence[Probe], *, values: bool
) -> Generator[Progress, None, tuple[Capabilities, tuple[LockedRelation, ...]]]:
    """Ask every probe, those that met a lock or took too long once more; what cannot be answered is a blind spot."""
    capabilities, locked = ask_capabilities(connection, values=values)
    everything = sorted(chosen, key=_order)
    mentioned: frozenset[str] = frozenset()
    late: list[Probe] = []
    slow: list[Probe] = []
    for start in range(0, len(everything), BATCH):
        yield Progress("Reading the catalogs", start, len(everything))
        late += _ask(connection, everything[start : start + BATCH], capabilities, found, slow)
        if start == 0:
            mentioned = mentioned_by_statements(found.complete())
            capabilities = msgspec.structs.replace(capabilities, mentioned=mentioned)
    if late:
        capabilities, locked = ask_capabilities(connection, values=values)
        capabilities = msgspec.structs.replace(capabilities, mentioned=mentioned)
        for probe in _ask(connection, late, capabilities, found):
            found.records.append(BlindSpot(subject=probe.name, reason="Locks were taken while it looked."))
    if slow:
        connection.execute(PATIENCE)
    for probe in slow:
        yield Progress(f"Reading the catalogs: {probe.name.replace('_', ' ')}", 0, len(slow))
        _ask(connection, [probe], capabilities, found)
    yield Progress("Reading the catalogs", len(everything), len(everything))
    return capabilities, locked


def _kept(records: Iterator[Record], *, values: bool, redacted: bool) -> Iterator[Record]:
    if not values:
        return without_values(records)
    return without_constants(records) if redacted else records


def _server_of(connection: psycopg.Connection, capabilities: Capabilities) -> Server:
    """What the connection itself tells of the server, where its probe could not."""
    return Server(
        version_num=connection.info.server_version,
        version=connection.info.parameter_status("server_version") or "unknown",
        database=connection.info.dbname,
        in_recovery=capabilities.in_recovery,
        visitor=capabilities.visitor,
        visitor_is_superuser=capabilities.is_superuser,
        service=capabilities.service.name if capabilities.service else "",
    )


def _order(probe: Probe) -> tuple[bool, bool, str]:
    return (probe.name not in FIRST, probe.name in LAST, probe.name)


def _hidden_by_locks(locked: Sequence[LockedRelation]) -> Iterator[BlindSpot]:
    tables = [str(relation.relation_name) for relation in locked if relation.kind in "rpvmf"]
    if tables:
        several = tables[0] if len(tables) == 1 else f"{tables[0]} and {len(tables) - 1} more"
        yield BlindSpot(
            subject="relation_sizes",
            reason="Somebody holds, or waits for, an ACCESS EXCLUSIVE lock: {tables}, {count} in all.",
            object=several,
            facts=(Fact("tables", ", ".join(tables[:MOST_NAMES]), Unit.TEXT), Fact("count", len(tables))),
        )


@contextmanager
def _visit(connection: psycopg.Connection) -> Iterator[None]:
    is_open = connection.info.transaction_status == TransactionStatus.INTRANS
    connection.execute(_SAVEPOINT if is_open else _BEGIN)
    try:
        connection.execute(_SETTINGS)
        yield
    finally:
        if not connection.closed:
            connection.execute(_BACK_TO_SAVEPOINT if is_open else marked("rollback"))


def _ask(
    connection: psycopg.Connection,
    batch: Sequence[Probe],
    capabilities: Capabilities,
    found: Findings,
    slow: list[Probe] | None = None,
) -> list[Probe]:
    """Ask, and keep what is answered; the probes that met a lock taken since the locks were read come back.

    Those that took too long are added to ``slow``, where there is to be another try.
    """
    late: list[Probe] = []
    asked: list[tuple[Probe, Query]] = []
    for probe in batch:
        query = probe.query(capabilities)
        if isinstance(query, BlindSpot):
            found.records.append(query)
        elif query is not None:
            asked.append((probe, query))
    for (probe, _), answer in zip(asked, answers(connection, [query for _, query in asked]), strict=True):
        if answer.sqlstate == LOCK_NOT_AVAILABLE:
            late.append(probe)
        elif answer.sqlstate == QUERY_CANCELED and slow is not None:
            slow.append(probe)
        elif answer.sqlstate:
            found.records.append(_refused(probe, answer, capabilities))
        else:
            _keep(probe, answer, capabilities, found)
    return late


@cache
def _some_fields_of(kind: type[Record]) -> type[msgspec.Struct]:
    """A struct for rows that hold some fields of a record, so that those are of the record's types."""
    fields = [(field.name, field.type | UnsetType, UNSET) for field in msgspec.structs.fields(kind)]
    return msgspec.defstruct(f"Some{kind.__name__}", fields)


def _refused(probe: Probe, answer: Answer, capabilities: Capabilities) -> BlindSpot:
    """The server's own words, which may quote a value."""
    if capabilities.values:
        return BlindSpot(subject=probe.name, reason=answer.as_sentence)
    return BlindSpot(
        subject=probe.name,
        reason="The server answered with error {code}.",
        facts=(Fact("code", answer.sqlstate, Unit.TEXT),),
    )


def _keep(probe: Probe, answer: Answer, capabilities: Capabilities, found: Findings) -> None:
    """Rows that are not what was asked for are a blind spot too: a view may have been replaced."""
    try:
        if probe.supplements:
            for row in answer.rows:
                some = msgspec.json.decode(row, type=_some_fields_of(probe.record), strict=False)
                fields = {name: getattr(some, name) for name in some.__struct_fields__}
                found.add_supplement(
                    probe.record, {name: value for name, value in fields.items() if value is not UNSET}
                )
        else:
            rows = [msgspec.json.decode(row, type=probe.row, strict=False) for row in answer.rows]
            found.records += probe.examined(rows, capabilities)
    except msgspec.ValidationError as error:
        found.records.append(
            BlindSpot(
                subject=probe.name,
                reason="The server's answer is not as it should be: {error}.",
                facts=(Fact("error", str(error), Unit.TEXT),),
            )
        )

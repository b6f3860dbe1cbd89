"""Writing to a history store: each call is one transaction, and what is there already is left alone."""

import contextlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from pgclinic.model.checkup import Checkup
from pgclinic.model.history import StatementText
from pgclinic.model.names import ObjectName
from pgclinic.model.nightly import Night
from pgclinic.model.snapshot import Server
from pgclinic.model.watching import Observation, Sample
from pgclinic.watch.details import packed
from pgclinic.watch.moments import micros
from pgclinic.watch.schema import CHECKUPS, HANDOVERS, LEASES, NIGHTS, OBSERVATIONS, SAMPLES, SERIES, TARGETS, TEXTS
from pgclinic.watch.store import WAIT_SECONDS, first_line, open_store


class StoreError(Exception):
    """The store could not be read or written now; the message holds no secret.

    ``is_of_data``: it was what was to be written, which will never be taken.
    """

    def __init__(self, error: DBAPIError) -> None:
        super().__init__(first_line(error))
        self.is_of_data = isinstance(error, DataError | IntegrityError)


class Writing:
    """The half of a History that writes."""

    def __init__(self, uri: str | None = None, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self.engine = open_store(uri, wait_seconds=wait_seconds)
        self._targets: dict[str, int] = {}
        self._series: dict[tuple[object, ...], int] = {}

    def close(self) -> None:
        """Let go of the store's connections."""
        self.engine.dispose()

    def write(self, sample: Sample) -> bool:
        """Keep a sample; False where one of this target and moment is there already."""
        return self.write_all([sample]) == 1

    def write_all(self, samples: Sequence[Sample], handovers: Mapping[str, bytes | None] | None = None) -> int:
        """Keep samples in one transaction; says how many were new.

        ``handovers`` are what the next watcher of a target has to know to go on from the last of them, None where
        nobody can: written together with the samples, they are never older or newer than these.
        """
        with self.writing() as connection:
            for target, document in (handovers or {}).items():
                self._hand_over(connection, self._target_id(connection, target), document)
            return sum(self._write(connection, sample) for sample in samples)

    def _write(self, connection: Connection, sample: Sample) -> bool:
        target, at = self._target_id(connection, sample.target), micros(sample.at)
        head = {
            "target_id": target,
            "resolution": 0,
            "at": at,
            "seconds": sample.seconds,
            "gap": sample.gap,
            "reason": sample.reason,
            "took_ms": sample.took_ms,
            "late_seconds": sample.late_seconds,
            "details": packed(sample),
        }
        if not self._is_new(connection, SAMPLES, head):
            return False
        rows = [
            {
                "series_id": self._series_id(connection, target, each),
                "resolution": 0,
                "at": at,
                "value": each.value,
                "low": each.value,
                "high": each.value,
            }
            for each in sample.observations
        ]
        if rows:
            connection.execute(self._insertion(OBSERVATIONS), rows)
        return True

    def _hand_over(self, connection: Connection, target: int, document: bytes | None) -> None:
        connection.execute(sa.delete(HANDOVERS).where(HANDOVERS.c.target_id == target))
        if document is not None:
            row = {"target_id": target, "document": zlib.compress(document, 1)}
            connection.execute(sa.insert(HANDOVERS), row)

    def describe(self, target: str, server: Server) -> None:
        """Keep which server and database a target is."""
        with self.writing() as connection:
            identity = self._target_id(connection, target)
            connection.execute(
                sa.update(TARGETS)
                .where(TARGETS.c.id == identity)
                .values(
                    database=server.database,
                    system_identifier=server.system_identifier,
                    is_standby=server.in_recovery,
                )
            )

    def write_texts(self, target: str, texts: Iterable[StatementText]) -> None:
        """Keep the texts of statements that are not known yet."""
        with self.writing() as connection:
            identity = self._target_id(connection, target)
            rows = [{"target_id": identity, **msgspec.structs.asdict(each)} for each in texts]
            if rows:
                connection.execute(self._insertion(TEXTS), rows)

    def write_checkup(self, target: str, checkup: Checkup) -> None:
        """Keep a checkup, at its snapshot's clock."""
        with self.writing() as connection:
            row = {
                "target_id": self._target_id(connection, target),
                "at": micros(checkup.header.clock),
                "score": checkup.grade.score,
                "letter": checkup.grade.letter,
                "confidence": checkup.grade.confidence,
                "document": zlib.compress(msgspec.msgpack.encode(checkup)),
            }
            self._is_new(connection, CHECKUPS, row)

    def write_night(self, target: str, night: Night) -> None:
        """Keep what a regular checkup found by looking back."""
        with self.writing() as connection:
            row = {
                "target_id": self._target_id(connection, target),
                "at": micros(night.at),
                "document": zlib.compress(msgspec.msgpack.encode(night)),
            }
            self._is_new(connection, NIGHTS, row)

    def handover(self, target: str) -> bytes | None:
        """What the last watcher of a target left."""
        rows = self.rows(sa.select(HANDOVERS.c.document).where(HANDOVERS.c.target_id == self.id_of(target)))
        return zlib.decompress(rows[0].document) if rows else None

    def claim(self, name: str, holder: str, *, now: str, seconds: float) -> bool:
        """Take or keep the sole right to do something until so many seconds from ``now``; False where another has it.

        One watcher a target writes: two on the same store would count everything twice.
        """
        until = micros(now) + int(seconds * 1_000_000)
        with self.writing() as connection:
            if self._is_new(connection, LEASES, {"name": name, "holder": holder, "until": until}):
                return True
            mine = sa.or_(LEASES.c.holder == holder, LEASES.c.until <= micros(now))
            taken = sa.update(LEASES).where(LEASES.c.name == name, mine).values(holder=holder, until=until)
            return bool(connection.execute(taken).rowcount)

    def release(self, name: str, holder: str) -> None:
        """Give up what ``claim`` gave."""
        with self.writing() as connection:
            connection.execute(sa.delete(LEASES).where(LEASES.c.name == name, LEASES.c.holder == holder))

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes; raises StoreError."""
        try:
            with self.engine.begin() as connection:
                if self.engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("begin immediate")
                yield connection
        except DBAPIError as error:
            self._targets.clear()
            self._series.clear()
            raise StoreError(error) from None

    def rows(self, query: "sa.Select[Any]") -> Sequence[Any]:
        """What a query finds; raises StoreError."""
        try:
            with self.engine.connect() as connection:
                return connection.execute(query).all()
        except DBAPIError as error:
            raise StoreError(error) from None

    def _is_new(self, connection: Connection, table: sa.Table, row: Mapping[str, object]) -> bool:
        """Insert a row unless it is there."""
        inserting = self._insertion(table).execution_options(preserve_rowcount=True)
        return connection.execute(inserting, dict(row)).rowcount > 0

    def _insertion(self, table: sa.Table) -> sa.Insert:
        """An insert that leaves alone what is there."""
        if self.engine.dialect.name == "postgresql":
            return postgresql.insert(table).on_conflict_do_nothing()
        return sqlite.insert(table).on_conflict_do_nothing()

    def id_of(self, target: str) -> int:
        """The id of a target, -1 of one that was never watched."""
        if target not in self._targets:
            rows = self.rows(sa.select(TARGETS.c.id).where(TARGETS.c.name == target))
            if not rows:
                return -1
            self._targets[target] = rows[0].id
        return self._targets[target]

    def _target_id(self, connection: Connection, target: str) -> int:
        if target not in self._targets:
            self._is_new(connection, TARGETS, {"name": target})
            found = connection.scalar(sa.select(TARGETS.c.id).where(TARGETS.c.name == target))
            assert found is not None
            self._targets[target] = found
        return self._targets[target]

    def _series_id(self, connection: Connection, target: int, observation: Observation) -> int:
        of = observation.object or ObjectName("", "")
        key = (target, observation.name, observation.provenance, of)
        if key not in self._series:
            row = {
                "target_id": target,
                "name": observation.name,
                "provenance": observation.provenance.value,
                "kind": of.kind,
                "schema_name": of.schema,
                "parent": of.parent,
                "object_name": of.name,
            }
            self._is_new(connection, SERIES, {**row, "unit": observation.unit.value})
            found = connection.scalar(
                sa.select(SERIES.c.id).where(*(SERIES.c[name] == value for name, value in row.items()))
            )
            assert found is not None
            self._series[key] = found
        return self._series[key]

"""The mannequin: a private server with a database of the snapshot's schema, filled with synthetic rows.

The rules are those of the twin (DESIGN, hostile input): whatever comes from the snapshot runs as an ordinary role.
"""

import contextlib
import os
from collections.abc import Generator, Mapping
from functools import partial
from time import monotonic
from typing import Any, Self

import psycopg

from pgclinic.instance import Binaries, Instance, binaries_for, machine_memory, start
from pgclinic.mannequin.amounts import MOST_BYTES, MOST_ROWS, amounts_of, source_rows
from pgclinic.mannequin.filling import Filled, Filling
from pgclinic.mannequin.tables import Drawing, DrawnTable, Reference
from pgclinic.mannequin.warden import Warden
from pgclinic.model.catalog import Relation
from pgclinic.model.names import RelationName
from pgclinic.model.progress import Progress
from pgclinic.model.rehearsal import Made, MadeTable
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.connect import open_session
from pgclinic.postgres.crew import Crew
from pgclinic.sql import quote
from pgclinic.twin import cluster, schema
from pgclinic.twin.building import Builder, connected, create_extensions, lay_foundations
from pgclinic.twin.cluster import BUILDER
from pgclinic.twin.guard import Guard
from pgclinic.twin.rebuild import give_to_owners

MODEL = "mannequin"
"""The database that stays untreated."""

STATEMENT_SECONDS = 300
"""How long a statement that makes the mannequin may run."""

_STUCK_SECONDS = 600
_LEAST_BUFFERS, _MOST_BUFFERS_SHARE = 16 << 20, 0.2
_USUAL_BUFFERS = 128 << 20
_SETTINGS = {
    "autovacuum": "off",
    "max_locks_per_transaction": "1024",
    "temp_file_limit": "2GB",
    "max_wal_size": "1GB",
    "log_statement": "none",
}


class Mannequin:
    """Use as a context manager; the server and its files are gone afterwards, however this process ends.

    ``relations`` are the oids to make (all of the snapshot's when None), ``binaries`` the PostgreSQL to run (the one
    nearest to the source's major version when None). ``references`` are those that the workload implies of columns
    without a foreign key, by the oid of their table.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        relations: frozenset[int] | None = None,
        scale: float = 0.1,
        seed: int = 1,
        most_rows: int = MOST_ROWS,
        most_bytes: int = MOST_BYTES,
        binaries: Binaries | None = None,
        references: Mapping[int, tuple[Reference, ...]] | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._relations = frozenset(
            each.oid
            for each in snapshot.relations
            if (relations is None or each.oid in relations) and _has_a_possible_name(each)
        )
        self._amounts = amounts_of(snapshot, self._relations, scale, most_rows=most_rows, most_bytes=most_bytes)
        self._seed = seed
        self._references = references
        self._binaries = binaries or binaries_for(snapshot.server.major)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        settings = {**_SETTINGS, "shared_buffers": f"{_buffers(self._snapshot) >> 20}MB"}
        self.instance: Instance = self._stack.enter_context(start(self._binaries, settings=settings))
        self._stack.enter_context(Warden(self.instance.conninfo(), BUILDER, _STUCK_SECONDS))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def keep(self) -> int:
        """Let the server outlive this process; its files go when it is stopped. Returns the postmaster's process."""
        postmaster = int((self.instance.data_directory / "postmaster.pid").read_text().splitlines()[0])
        self.instance.detach()
        self._stack.pop_all()
        return postmaster

    def conninfo(self, database: str = MODEL) -> str:
        """How to connect as the ordinary role that made everything."""
        return self.instance.conninfo(database, BUILDER, self._accounts.password)

    def make(self) -> Generator[Progress, None, Made]:
        """Schema, rows, keys and indexes, statistics. Raises UserError when there is no database to be had."""
        started = monotonic()
        amounts, snapshot = self._amounts, self._snapshot
        yield Progress("making the mannequin's schema", note=self._cut())
        with psycopg.connect(self.instance.conninfo(), autocommit=True) as superuser:
            self._accounts = cluster.create_roles(superuser, snapshot)
            omissions = list(self._accounts.omissions)
            cluster.create_database(superuser, snapshot, MODEL, omissions)
        guard = Guard(self.instance.conninfo(), MODEL, stuck_seconds=_STUCK_SECONDS)
        self._stack.callback(guard.stop)
        drawing = Drawing(snapshot, amounts.rows, self._seed, self._references)
        with connected(self.instance, MODEL) as superuser:
            create_extensions(superuser, snapshot, omissions)
            with Builder(self.conninfo(), guard, seconds=STATEMENT_SECONDS) as builder:
                laid = lay_foundations(superuser, builder, snapshot, self._relations, omissions)
                builder.make([*laid.later, *schema.tables(snapshot, self._relations, laid.known)])
                rows = yield from self._fill(drawing, omissions)
                yield Progress("building the mannequin's keys and indexes")
                builder.make(schema.on_tables(snapshot, self._relations))
                omissions += builder.omissions
                omissions += self._validate(builder)
                self._advance_sequences(builder)
            yield from self._analyze()
            give_to_owners(superuser, snapshot, self._relations, self._accounts.roles)
            ((size,),) = superuser.execute("select pg_catalog.pg_database_size(%s)", [MODEL]).fetchall()
        return Made(
            asked=amounts.asked,
            scale=amounts.scale,
            seed=self._seed,
            made_with=f"PostgreSQL {self._binaries.version}",
            source_version=snapshot.server.version.partition(" ")[0],
            tables=tuple(self._made_tables(rows)),
            bytes=int(str(size)),
            seconds=monotonic() - started,
            has_values="values" not in snapshot.header.redactions,
            omissions=tuple(dict.fromkeys(omissions)),
            notes=tuple(drawing.notes),
        )

    def copy(self, name: str) -> str:
        """Another database with the same files; returns how to connect to it."""
        with psycopg.connect(self.instance.conninfo(), autocommit=True) as superuser:
            strategy = " strategy file_copy" if self._binaries.major >= 15 else ""  # noqa: PLR2004 - where it exists
            superuser.execute(
                f"create database {quote.identifier(name)} owner {BUILDER} template {MODEL}{strategy}".encode()
            )
            cluster.apply_database_settings(superuser, self._snapshot, name)
        return self.conninfo(name)

    def _cut(self) -> str:
        amounts = self._amounts
        if amounts.scale >= amounts.asked:
            return ""
        return (
            f"scale {amounts.scale:.3g} instead of {amounts.asked:g}, "
            f"so that it stays at {sum(amounts.rows.values()):,} rows and about {amounts.bytes >> 20:,} MB"
        )

    def _fill(self, drawing: Drawing, omissions: list[str]) -> Generator[Progress, None, dict[int, int]]:
        """Draw table after table, and copy each as soon as a session is free; rows by the table's oid."""
        tables = drawing.order()
        total = sum(self._amounts.rows.values())
        made = 0
        for relation in tables:
            yield Progress("drawing synthetic rows", made, total)
            made += drawing.draw(relation).rows
        drawn = drawing.finished()
        crew = Crew(self._session, workers=os.cpu_count() or 1)
        found: dict[int, Filled] = {}
        fillings: list[Filling] = []

        def job(table: DrawnTable) -> None:
            with crew.session() as connection:
                try:
                    filling = Filling(connection, self._snapshot, table, crew.check)
                except ValueError:  # a column with a name that none can have
                    found[table.relation.oid] = Filled(0, (f"rows of {table.relation.relation_name}",))
                    return
                fillings.append(filling)
                found[table.relation.oid] = filling.fill()

        yield from crew.share(
            [partial(job, table) for table in sorted(drawn, key=lambda each: -each.rows)],
            lambda: Progress("copying synthetic rows", sum(each.rows for each in fillings), total),
        )
        for table in drawn:
            omissions += found[table.relation.oid].omissions
        return {oid: filled.rows for oid, filled in found.items()}

    def _session(self) -> psycopg.Connection[Any]:
        return open_session(
            self.conninfo(), read_only=False, statement_timeout_ms=1000 * STATEMENT_SECONDS, lock_timeout_ms=0
        )

    def _validate(self, builder: Builder) -> list[str]:
        """Foreign keys are made without looking at rows; those that the rows break stay as they are, named."""
        broken = []
        for constraint in self._snapshot.constraints:
            relation = self._snapshot.relation_by_oid.get(constraint.relation)
            if relation is None or relation.oid not in self._relations or relation.partition_key:
                continue
            if constraint.kind != "f" or constraint.is_inherited or constraint.references not in self._relations:
                continue
            with contextlib.suppress(ValueError):
                if constraint.is_validated and not builder.run(_validation(relation.relation_name, constraint.name)):
                    broken.append(f"constraint {constraint.name} (not validated)")
        return broken

    def _advance_sequences(self, builder: Builder) -> None:
        for sequence in self._snapshot.sequences:
            owner = self._snapshot.relation_by_oid.get(sequence.owner_relation or 0)
            if owner is None or owner.oid not in self._relations or not sequence.owner_column:
                continue
            with contextlib.suppress(ValueError):
                name = quote.literal(quote.relation(RelationName(sequence.schema, sequence.name)))
                column = quote.identifier(sequence.owner_column)
                last = f"select greatest(1, max({column}))::int8 from {quote.relation(owner.relation_name)}"
                builder.run(schema.Piece(sequence.name, (f"select pg_catalog.setval({name}, ({last}))",)))

    def _analyze(self) -> Generator[Progress, None, None]:
        crew = Crew(self._session, workers=os.cpu_count() or 1)
        tables = sorted(
            quote.relation(each.relation_name)
            for each in self._snapshot.relations
            if each.oid in self._relations and each.kind in "rpmf"
        )
        done: list[str] = []

        def job(table: str) -> None:
            with crew.session() as connection:
                try:
                    connection.execute(f"vacuum (analyze) {table}".encode())
                except psycopg.OperationalError:
                    raise
                except psycopg.DatabaseError:
                    pass  # it could not be made, and is named
                done.append(table)

        yield from crew.share(
            [partial(job, table) for table in tables],
            lambda: Progress("analysing the mannequin", len(done), len(tables)),
        )

    def _made_tables(self, rows: Mapping[int, int]) -> list[MadeTable]:
        found = [
            MadeTable(
                name=self._snapshot.relation_by_oid[oid].relation_name,
                rows=count,
                full_rows=source_rows(self._snapshot, self._snapshot.relation_by_oid[oid]),
            )
            for oid, count in rows.items()
        ]
        return sorted(found, key=lambda table: (-table.full_rows, table.name))


def _has_a_possible_name(relation: Relation) -> bool:
    try:
        return bool(quote.relation(relation.relation_name))
    except ValueError:
        return False


def _validation(table: RelationName, constraint: str) -> schema.Piece:
    statement = f"alter table {quote.relation(table)} validate constraint {quote.identifier(constraint)}"
    return schema.Piece(f"constraint {constraint}", (statement,))


def _buffers(snapshot: Snapshot) -> int:
    """The source's shared_buffers, as far as this machine's memory allows."""
    found = snapshot.setting.get("shared_buffers")
    try:
        wanted = int(found.value) * 8192 if found is not None and found.unit == "8kB" else _USUAL_BUFFERS
    except ValueError:
        wanted = _USUAL_BUFFERS
    return max(_LEAST_BUFFERS, min(wanted, int(_MOST_BUFFERS_SHARE * machine_memory())))

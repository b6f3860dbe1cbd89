"""The journal of treatments in the user's database: one row a prescription, in the state that it is in.

Every change of state is on disk and in the database before the next statement is run, so that whoever comes after a
crash knows what may be half done. A prescription is known by its fingerprint: whoever prescribes it again finds it.
"""

from collections.abc import Mapping

import msgspec
import psycopg

from pgclinic.model.errors import UserError
from pgclinic.model.prescription import Prescription
from pgclinic.model.treatment import JournalEntry, State
from pgclinic.postgres.connect import APPLICATION_NAME
from pgclinic.postgres.journal_entries import ADDED, COLUMNS, TABLE, entries_of, is_journalled
from pgclinic.postgres.journal_file import JournalFile
from pgclinic.probes.prepared_functions import MARK, MARK_OF_REFRESH
from pgclinic.sql import quote

_MAKE_SCHEMA = (
    "create schema pgclinic",
    """
comment on schema pgclinic
is 'What pgclinic did to this database; pgclinic undo takes it back, undo --purge also removes this schema.'
""",
)

_MAKE_TABLE = f"""
create table {TABLE} (
  fingerprint pg_catalog.text primary key,
  number pg_catalog.int8 generated always as identity,
  treatment pg_catalog.text not null,
  position pg_catalog.int4 not null,
  state pg_catalog.text not null,
  applied_by pg_catalog.text not null,
  prescription pg_catalog.jsonb not null,
  started_at pg_catalog.timestamptz,
  ended_at pg_catalog.timestamptz,
  error pg_catalog.text not null default '',
  worker_pid pg_catalog.int4,
  worker_started_at pg_catalog.timestamptz
)
"""

_MADE_BY_OTHERS = """
select oid from pg_catalog.pg_namespace
where nspname = 'pgclinic' and pg_catalog.obj_description(oid, 'pg_namespace') = any(%s)
order by oid
"""

_SHARED_WITH = """
select distinct pg_catalog.obj_description(procedure.oid, 'pg_proc')
from pg_catalog.pg_proc as procedure
where procedure.pronamespace = 'pgclinic'::pg_catalog.regnamespace
  and pg_catalog.obj_description(procedure.oid, 'pg_proc') = any(%s)
order by 1
"""
"""Whose functions share the schema: ``pgclinic prepare`` and ``pgclinic watch --refresh`` make some."""

_MARKS = (MARK, MARK_OF_REFRESH)

_PLAN = f"""
insert into {TABLE} (fingerprint, treatment, position, state, applied_by, prescription)
values (%s, %s, %s, %s, session_user, %s)
"""

_MOVE = f"""
update {TABLE} set
  state = %(state)s,
  error = %(error)s,
  note = %(note)s,
  steps = case when %(anew)s then 0 else steps end,
  undone = case when %(anew)s or %(state)s <> 'undoing' then 0 else undone end,
  costs = coalesce(%(costs)s::pg_catalog.jsonb, costs),
  longest_wait_ms = greatest(longest_wait_ms, %(longest_wait_ms)s),
  prescription = %(prescription)s,
  started_at = case when %(begins)s then pg_catalog.clock_timestamp() else started_at end,
  ended_at = case when %(begins)s then null else pg_catalog.clock_timestamp() end
where fingerprint = %(fingerprint)s
returning started_at::pg_catalog.text, ended_at::pg_catalog.text, steps, undone, rows, longest_wait_ms
"""

_COUNTED = f"""
select steps, undone, rows from {TABLE} where fingerprint = %s
"""

_WORKER = f"""
update {TABLE} set worker_pid = %s, worker_started_at = (
  select backend_start from pg_catalog.pg_stat_activity where pid = %s
) where fingerprint = %s
"""

_ORPHAN = f"""
select activity.pid
from {TABLE} as journal
join pg_catalog.pg_stat_activity as activity on activity.pid = journal.worker_pid
where journal.fingerprint = %s
  and activity.datname = pg_catalog.current_database()
  and activity.application_name = %s
  and coalesce(activity.backend_start = journal.worker_started_at, true)
order by activity.pid
"""

_BEGINNINGS = (State.STARTED, State.UNDOING)


class Journal:
    """The journal of one database, written through a session that stays outside transactions."""

    def __init__(self, connection: psycopg.Connection, file: JournalFile) -> None:
        self._connection = connection
        self._file = file

    @property
    def exists(self) -> bool:
        """Whether there is a journal in the database yet."""
        return is_journalled(self._connection)

    def make(self) -> None:
        """Create the schema and its table. Raises UserError when the role may not."""
        try:
            with self._connection.transaction():
                if not self._connection.execute(_MADE_BY_OTHERS, [list(_MARKS)]).fetchall():
                    for statement in _MAKE_SCHEMA:
                        self._connection.execute(statement)
                self._connection.execute(_MAKE_TABLE)
                self.upgrade()
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.DuplicateSchema) as error:
            raise UserError(
                f"The journal cannot be made in schema pgclinic of this database ({error.diag.message_primary}); grant "
                "CREATE on the database to your role, and make sure that no other schema has that name."
            ) from error

    def entries(self) -> list[JournalEntry]:
        """Every prescription that was ever begun here, in the order in which they were."""
        return entries_of(self._connection)

    def plan(self, treatment: str, position: int, prescription: Prescription) -> JournalEntry:
        """Write down what is going to be done; a prescription that was undone before starts anew."""
        entry = JournalEntry(treatment=treatment, position=position, prescription=prescription, state=State.PLANNED)
        self._record(entry)
        with self._connection.transaction():
            self._connection.execute(f"delete from {TABLE} where fingerprint = %s", [prescription.fingerprint])
            self._connection.execute(
                _PLAN,
                [prescription.fingerprint, treatment, position, entry.state.value, _encoded(prescription)],
            )
        return entry

    def upgrade(self) -> None:
        """Add the columns that a journal lacks which an earlier version made."""
        present = {name for (name,) in self._connection.execute(COLUMNS).fetchall()}
        missing = [
            f"add column {name} {kind} not null default {value}"
            for name, (kind, value) in ADDED.items()
            if name not in present
        ]
        if missing:
            self._connection.execute(f"alter table {TABLE} {', '.join(missing)}".encode())

    def move(
        self,
        entry: JournalEntry,
        state: State,
        *,
        error: str = "",
        note: str = "",
        longest_wait_ms: float = 0.0,
        anew: bool = False,
        costs: Mapping[str, float] | None = None,
    ) -> JournalEntry:
        """Write down the entry's next state; ``anew`` when nothing of it stands any more, ``costs`` if they are new."""
        moved = msgspec.structs.replace(entry, state=state, error=error, note=note)
        if costs is not None:
            moved = msgspec.structs.replace(moved, costs=dict(costs))
        self._record(moved)
        values = {
            "state": state.value,
            "error": error,
            "note": note,
            "anew": anew,
            "costs": None if costs is None else msgspec.json.encode(costs).decode(),
            "longest_wait_ms": longest_wait_ms,
            "prescription": _encoded(entry.prescription),
            "begins": state in _BEGINNINGS,
            "fingerprint": entry.prescription.fingerprint,
        }
        row = self._connection.execute(_MOVE, values).fetchone()
        if row is None:
            raise UserError("The journal in schema pgclinic was changed by somebody else; run the command again.")
        started_at, ended_at, steps, undone, rows, longest = row
        return msgspec.structs.replace(
            moved,
            started_at=started_at,
            ended_at=ended_at,
            steps=steps,
            undone=undone,
            rows=rows,
            longest_wait_ms=longest,
        )

    def counted(self, entry: JournalEntry) -> JournalEntry:
        """The entry with what of it is known to be run by now."""
        row = self._connection.execute(_COUNTED, [entry.prescription.fingerprint]).fetchone()
        if row is None:
            raise UserError("The journal in schema pgclinic was changed by somebody else; run the command again.")
        return msgspec.structs.replace(entry, steps=row[0], undone=row[1], rows=row[2])

    def name_worker(self, entry: JournalEntry, pid: int) -> None:
        """Write down which server process is going to run the entry's statements."""
        self._connection.execute(_WORKER, [pid, pid, entry.prescription.fingerprint])

    def orphan_of(self, entry: JournalEntry) -> int | None:
        """The server process that still works for a client of this entry that is gone."""
        row = self._connection.execute(_ORPHAN, [entry.prescription.fingerprint, APPLICATION_NAME]).fetchone()
        return None if row is None else int(row[0])

    def purge(self) -> None:
        """Remove the table and the schema, but for what others of our verbs made in it.

        Raises UserError when there is something else in the schema.
        """
        try:
            with self._connection.transaction():
                self._connection.execute(f"drop table {TABLE}")
                if shared := self._connection.execute(_SHARED_WITH, [list(_MARKS)]).fetchall():
                    comment = quote.literal(shared[0][0])
                    self._connection.execute(f"comment on schema pgclinic is {comment}".encode())
                else:
                    self._connection.execute("drop schema pgclinic")
        except psycopg.errors.DependentObjectsStillExist as error:
            raise UserError(
                "Schema pgclinic holds something that is not the journal, so it was left "
                f"({(error.diag.message_detail or '').splitlines()[0]}); drop that first."
            ) from error

    def _record(self, entry: JournalEntry) -> None:
        clock = self._connection.execute("select pg_catalog.clock_timestamp()::pg_catalog.text").fetchone()
        record: dict[str, object] = {
            "at": clock[0] if clock else "",
            "treatment": entry.treatment,
            "position": entry.position,
            "fingerprint": entry.prescription.fingerprint,
            "state": entry.state,
        }
        for name in ("error", "note"):
            if words := getattr(entry, name):
                record[name] = words
        if entry.state in {State.PLANNED, State.STARTED}:
            record["prescription"] = entry.prescription
        self._file.write(record)


def count_statement(fingerprint: str, *, steps: int | None = None, undone: int | None = None, rows: int = 0) -> str:
    """An UPDATE of the journal to be run in the transaction whose statements it counts: both are there, or neither."""
    changes = [f"rows = rows + {rows:d}"] if rows else []
    changes += [f"steps = {steps:d}"] if steps is not None else []
    changes += [f"undone = {undone:d}"] if undone is not None else []
    return f"update {TABLE} set {', '.join(changes)} where fingerprint = {quote.literal(fingerprint)}"


def _encoded(prescription: Prescription) -> str:
    return msgspec.json.encode(prescription).decode()

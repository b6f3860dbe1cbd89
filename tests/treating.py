"""What tests of treatments share: courses made by hand, an application that writes, and a schema as pg_dump sees it."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.conninfo import make_conninfo

from pgclinic.instance import Instance, find_binaries
from pgclinic.instance.account import server_account
from pgclinic.model.catalog import Index, IndexDefinition, IndexKey
from pgclinic.model.errors import UserError
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.preflight import Look
from pgclinic.model.prescription import Course, Patient, Prescription, Remedy, Statement, WorkloadEffect
from pgclinic.model.treatment import State, Treatment
from pgclinic.remedies import create_index, drop_index
from pgclinic.verbs.driving import drive

CALLS = RelationName("public", "calls")
INDEXES = """
    select class.relname, index.indisvalid
    from pg_catalog.pg_index as index join pg_catalog.pg_class as class on class.oid = index.indexrelid
    where class.relnamespace = 'public'::pg_catalog.regnamespace
    order by class.relname
"""
# By its table: the journal's own primary key is built too.
BUILDERS = "select pid from pg_stat_progress_create_index where relid = 'calls'::regclass"


def make_table(database: Any, rows: int = 1000) -> None:
    database.execute(f"""
        create table calls (id int primary key, phone text, status text);
        insert into calls select i, (i * 7919 % 100003)::text, 'new' from generate_series(1, {rows}) as i;
    """)


def patient_of(database: Any) -> Patient:
    oid, identifier = database.execute("""
        select oid::int8, (select system_identifier::text from pg_control_system())
        from pg_database where datname = current_database()
    """)[0]
    return Patient(
        database=database.name,
        database_oid=oid,
        system_identifier=identifier,
        version_num=database.major * 10000,
        clock="2026-01-01T00:00:00+00:00",
    )


def course_of(database: Any, *prescriptions: Prescription) -> Course:
    effect = WorkloadEffect(cost_before=2.0, cost_after=1.0, planned_by="nobody", statements=0)
    return Course(patient=patient_of(database), prescriptions=prescriptions, workload=effect)


def on_column(
    column: str, *, name: str = "", unique: bool = False, table: RelationName = CALLS, **more: Any
) -> Prescription:
    definition = IndexDefinition(table, (IndexKey(column),), is_unique=unique)
    name = name or f"{table.name}_{column}_idx"
    return create_index.prescribe(definition, name=name, size_bytes=8192, reason="why", **more)


def dropping(database: Any, name: str, *keys: IndexKey) -> Prescription:
    sql, oid = database.execute("select pg_get_indexdef(%s::regclass), %s::regclass::oid::int8", [name, name])[0]
    index = Index(oid=oid, relation=0, schema="public", name=name, definition=IndexDefinition(CALLS, keys), sql=sql)
    return drop_index.prescribe(index, reason="nobody reads it")


def plain(kind: str, name: str, do: list[str], undo: list[str], **more: Any) -> Prescription:
    """An item of statements in transactions, such as one that makes a view."""
    table = ObjectName("table", "calls", schema="public")
    make = {"do": do, "undo": undo}
    statements = {side: tuple(Statement(sql=sql) for sql in texts) for side, texts in make.items()}
    subject = ObjectName(kind, name, schema="public")
    return Prescription(kind=kind, object=subject, table=table, reason="why", **statements, **more)


def of_remedy(remedy: Remedy, subject: ObjectName) -> Prescription:
    return Prescription(
        kind=remedy.kind,
        object=subject,
        table=subject,
        reason="why",
        do=remedy.do,
        undo=remedy.undo,
        verify=remedy.verify,
    )


def states(treatment: Treatment) -> list[State]:
    return [entry.state for entry in treatment.entries]


def look_at(treatment: Treatment, subject: str, item: int | None = None) -> Look:
    assert treatment.preflight is not None
    looks = treatment.preflight.looks if item is None else treatment.preflight.items[item].looks
    (look,) = [look for look in looks if look.subject == subject]
    return look


def in_background(verb: Any) -> tuple[threading.Thread, list[Any]]:
    """The verb in a thread, and a list that gets what it returned or raised, or the steps until then."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(drive(verb))
        except UserError as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread, outcome


def wait_until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def is_building(database: Any) -> bool:
    return bool(database.execute(BUILDERS))


def schema_of(database: Any) -> list[str]:
    """The schema as pg_dump writes it, without the journal and without the lines that differ each time."""
    programs = [binaries.program("pg_dump") for binaries in (database.instance.binaries, *find_binaries())]
    command = [next(program for program in programs if program.exists()), "--schema-only", "--exclude-schema=pgclinic"]
    text = subprocess.run([*command, database.conninfo], capture_output=True, text=True, check=True).stdout
    return [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


STABLE = """
import os, sys
from pathlib import Path
from pgclinic.report.course_json import decode
from pgclinic.verbs import treat, undo
from pgclinic.verbs.driving import drive
for line in sys.stdin:
    verb, conninfo, course = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if child == 0:
        try:
            drive(treat.treat(conninfo, decode(Path(course).read_bytes())) if verb == "treat" else undo.undo(conninfo))
        except Exception as error:
            print(error, file=sys.stderr)
        finally:
            os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
"""Starts a client in no time: a process that has imported everything, and forks."""


class Stable:
    """Clients that can be killed."""

    def __init__(self, state: Path) -> None:
        environment = {**os.environ, "XDG_STATE_HOME": str(state)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", STABLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def begin(self, verb: str, conninfo: str, course: Path) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{verb}\t{conninfo}\t{course}\n")
        self._process.stdin.flush()
        return int(self._line())

    def wait(self) -> None:
        assert self._line() == "ended\n"

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


class Copy:
    """A server of its own with the data of another one, which can be stopped and started."""

    def __init__(self, source: Instance, name: str, *, port: int, settings: dict[str, str], standby: bool) -> None:
        data = source.socket_directory / name
        with psycopg.connect(source.conninfo(), autocommit=True) as connection:
            connection.execute("select pg_backup_start('copy', true)")
            subprocess.run(["cp", "-a", source.data_directory, data], check=True)
            [(label,)] = connection.execute("select labelfile from pg_backup_stop(false)").fetchall()
        # What was written until the end of the backup is needed to begin with.
        subprocess.run(["rm", "-r", data / "postmaster.pid", data / "pg_wal"], check=True)
        subprocess.run(["cp", "-a", source.data_directory / "pg_wal", data / "pg_wal"], check=True)
        self._account = server_account()
        for file, text in {"backup_label": label, **({"standby.signal": ""} if standby else {})}.items():
            (data / file).write_text(text)
            os.chown(data / file, self._account.uid, self._account.gid)
        self._command = [source.binaries.program("postgres"), "-D", data, "-c", f"port={port}"]
        for setting, value in settings.items():
            self._command += ["-c", f"{setting}={value}"]
        self.binaries = source.binaries
        self.socket_directory = source.socket_directory
        self.data_directory = data
        self._conninfo = make_conninfo(source.conninfo(), port=port)
        self.start()

    def conninfo(self, dbname: str = "postgres") -> str:
        return make_conninfo(self._conninfo, dbname=dbname)

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            user=self._account.switch_user,
            group=self._account.switch_group,
            extra_groups=self._account.switch_groups,
        )

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        self._process.send_signal(how)
        self._process.wait()


class Application:
    """Writes to table calls all the time, and remembers every error and the longest statement.

    A connection that the server ended is opened again, as an application's pool does.
    """

    def __init__(self, conninfo: str, rows: int) -> None:
        self._conninfo = conninfo
        self._rows = rows
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.errors: list[str] = []
        self.lost = 0
        self._acknowledged: dict[int, str] = {}
        self.writes = 0
        self.longest = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _work(self) -> None:
        numbers = random.Random(7)
        connection = None
        while not self._is_over.is_set():
            started = time.monotonic()
            row = numbers.randrange(1, self._rows)
            try:
                if connection is None or connection.closed:
                    connection = psycopg.connect(self._conninfo, autocommit=True)
                    started = time.monotonic()
                self._acknowledged.pop(row, None)  # until this one is known to be there, either may be
                connection.execute("update calls set status = %s where id = %s", [str(started), row])
                self._acknowledged[row] = str(started)
                self.longest = max(self.longest, time.monotonic() - started)
                self.writes += 1
            except psycopg.OperationalError as error:
                if error.sqlstate is None or error.sqlstate.startswith("57P"):
                    self.lost += 1  # the server was stopped, and not by us
                else:
                    self.errors.append(str(error))
            except psycopg.Error as error:
                self.errors.append(str(error))
            time.sleep(0.005)
        if connection is not None:
            connection.close()

    def missing(self, database: Any) -> list[int]:
        """The rows that do not hold what was last committed to them."""
        found = dict(database.execute("select id, status from calls"))
        return [row for row, status in self._acknowledged.items() if found.get(row) != status]

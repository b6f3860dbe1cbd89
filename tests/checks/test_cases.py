"""Every check meets a healthy look-alike, a sick database, its cure, and the cure's undo.

A case is a folder: ``healthy.sql``, ``sick.sql`` and ``expected.toml``; ``cure.sql`` cures, and ``relapse.sql`` brings
back, what the findings' own remedies do not, which are run before. ``expected.toml`` holds
``[[findings]]`` (``object`` or ``statement``, and ``severity``), ``[thresholds]``, ``days_later``, by which the
snapshot's clock is put forward, and ``majors`` where only some servers can have the illness. The files run one after
the other on one database, so that the healthy objects stay silent beside the sick ones. A comment ``-- times: 30`` runs
the next statement so often, ``-- until true`` until it gives true, ``-- fails: words`` expects it to fail with these
words. Counters are reported before each statement, so that VACUUM and ANALYZE do not come before what they should have
seen.

``-- session: name`` runs the next statement in a session of its own with that application name, which stays open
(with ``-- times`` in so many of them); ``-- waits`` leaves it waiting for its answer; ``-- ends: names`` ends sessions
before the next statement. What even that cannot do is done by ``state.py``: its class State is made with the database,
and its methods ``healthy``, ``sick``, ``cure``, ``relapse`` run after the files of these names, ``close`` at the end;
its ``conninfo`` says what is visited instead of the database. Settings, replication slots and prepared transactions of
the server are put back after each case.
"""

import pkgutil
import re
import time
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest
from tests.checks.states import Sessions, load_state, tidy
from tests.conftest import EACH

from pgclinic import checks, remedies
from pgclinic.model.snapshot import Snapshot
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.sql.statements import fingerprint, split
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import INDEX, prescribe
from spoken import untranslated

if TYPE_CHECKING:
    from conftest import Database
    from pgclinic.model.finding import Finding
    from pgclinic.model.prescription import Remedy, Statement

CASES = Path(__file__).parent
KINDS = {module.name for module in pkgutil.iter_modules(remedies.__path__)}
PATIENCE = 2000  # looks, of 20 or 50 ms: on a machine whose cores are all busy a session takes its time to end
NAMES = sorted(path.name for path in CASES.iterdir() if (path / "expected.toml").exists())


def test_every_check_has_a_case_and_every_case_a_check() -> None:
    assert checks.names() == tuple(NAMES)


class Scene:
    """One database on which the files of a case run one after the other."""

    def __init__(self, name: str, database: "Database") -> None:
        self.name = name
        self.database = database
        self.sessions = Sessions(database)
        self.state = load_state(CASES / name, database)

    @property
    def conninfo(self) -> str:
        """Of the server that is visited: that of the state, where it has its own."""
        return getattr(self.state, "conninfo", None) or self.database.conninfo

    def has(self, act: str) -> bool:
        return (CASES / self.name / f"{act}.sql").exists() or hasattr(self.state, act)

    def run(self, act: str) -> None:
        path = CASES / self.name / f"{act}.sql"
        if path.exists():
            _run(self.database, path, self.sessions)
        if hasattr(self.state, act):
            getattr(self.state, act)()
        _wait_until_counted(self.database, self.sessions)

    def close(self) -> None:
        self.sessions.close()
        if self.state:
            self.state.close()
        tidy(self.database)


def _played() -> list[tuple[str, int]]:
    """Every case on each server that can have its illness."""
    majors = {name: tomllib.loads((CASES / name / "expected.toml").read_text()).get("majors", EACH) for name in NAMES}
    return [(name, major) for name in NAMES for major in majors[name]]


@pytest.mark.server
@pytest.mark.parametrize(("name", "database_on_each"), _played(), indirect=["database_on_each"])
def test_silent_on_health_exact_on_illness_and_gone_after_the_cure(name: str, database_on_each: "Database") -> None:
    scene = Scene(name, database_on_each)
    try:
        _play(scene)
    finally:
        scene.close()


def _play(scene: Scene) -> None:
    name, database = scene.name, scene.database
    case = tomllib.loads((CASES / name / "expected.toml").read_text())
    expected = sorted((_object(one, database), one["severity"]) for one in case["findings"])

    scene.run("healthy")
    assert _seen(_found(scene, case)) == []
    scene.run("sick")
    found = _found(scene, case)
    assert _seen(found) == expected
    cures = [finding.remedy for finding in found if finding.remedy]
    assert {remedy.kind for remedy in cures} <= KINDS
    verifiable = [remedy for remedy in cures if remedy.verify]
    assert not any(_is_done(database, remedy) for remedy in verifiable)
    _apply(scene, [statement for remedy in cures for statement in remedy.do])
    assert all(_is_done(database, remedy) for remedy in verifiable)
    assert scene.has("cure") == (len(cures) < len(found))
    if scene.has("cure"):
        scene.run("cure")
    assert _seen(_found(scene, case)) == []
    _apply(scene, [statement for remedy in reversed(cures) for statement in remedy.undo])
    if scene.has("relapse"):
        scene.run("relapse")
    if scene.has("relapse") or all(finding.remedy and finding.remedy.undo for finding in found):
        assert _seen(_found(scene, case)) == expected


def _seen(findings: "list[Finding]") -> list[tuple[str, str]]:
    return sorted((str(finding.object), finding.severity.name.lower()) for finding in findings)


def _apply(scene: Scene, statements: "list[Statement]") -> None:
    """Run them as they stand, and wait until new sessions have what a reload changed."""
    database = scene.database
    with database.connect() as connection:
        loaded = connection.execute("select pg_conf_load_time()").fetchone()
        for statement in statements:
            connection.execute(statement.sql)
    if any("pg_reload_conf" in statement.sql for statement in statements):
        for _ in range(PATIENCE):
            if database.execute("select pg_conf_load_time()") != [loaded]:
                break
            time.sleep(0.05)
    _wait_until_counted(database, scene.sessions)


def _is_done(database: "Database", remedy: "Remedy") -> bool:
    return bool(database.execute(remedy.verify)[0][0])


def _object(finding: dict[str, str], database: "Database") -> str:
    if "statement" in finding:
        return f"statement {fingerprint(finding['statement'])}"
    return finding["object"].replace("{database}", database.name)


def _run(database: "Database", path: Path, sessions: Sessions) -> None:
    with database.connect() as connection:
        for statement in split(path.read_text()):
            times = re.search(r"^-- times: (\d+)$", statement, re.MULTILINE)
            ends = re.search(r"^-- ends: (.+)$", statement, re.MULTILINE)
            if ends:
                sessions.close(*ends[1].split())
            session = re.search(r"^-- session: (.+)$", statement, re.MULTILINE)
            if session:
                count = int(times[1]) if times else 1
                sessions.execute(session[1], statement, count=count, waits="-- waits" in statement)
                continue
            fails = re.search(r"^-- fails: (.+)$", statement, re.MULTILINE)
            if fails:
                with pytest.raises(psycopg.Error, match=re.escape(fails[1])):
                    connection.execute(statement)
                continue
            if "-- until true" in statement:
                _repeat_until_true(connection, statement)
                continue
            if not times:
                connection.execute("select pg_stat_force_next_flush()")
            for _ in range(int(times[1]) if times else 1):
                connection.execute(statement)


def _repeat_until_true(connection: psycopg.Connection, statement: str) -> None:
    for _ in range(PATIENCE):
        if connection.execute(statement).fetchone() == (True,):
            return
        time.sleep(0.05)
    raise AssertionError(f"never became true: {statement}")


def _wait_until_counted(database: "Database", sessions: Sessions) -> None:
    """A session reports what it counted, at the latest, when it ends."""
    others = """
        select count(*) from pg_stat_activity
        where datname = current_database() and backend_type = 'client backend'
          and pid <> pg_backend_pid() and pid <> all (%s)
    """
    for _ in range(PATIENCE):
        if database.execute(others, [sessions.pids]) == [(0,)]:
            return
        time.sleep(0.02)
    raise AssertionError("a session of the case is still open")


def _found(scene: Scene, case: dict[str, Any]) -> "list[Finding]":
    name = scene.name
    with open_session(scene.conninfo) as connection:
        snapshot = drive(collect(connection))
    snapshot = _put_forward(snapshot, case.get("days_later", 0))
    check = checks.load(name)
    assert check.unmet(snapshot) is None, snapshot.blind_spots
    asked = (snapshot, drive(prescribe(snapshot, kinds=(INDEX,)))) if check.is_planned else (snapshot,)
    findings = list(check.examine(*asked, **case.get("thresholds", {})))
    for finding in findings:
        assert finding.check == name
        assert 0 < finding.burden <= 1, finding
        facts = {fact.name for fact in finding.facts}
        assert set(re.findall(r"\{(\w+)\}", finding.summary + finding.advice)) <= facts
        assert untranslated(finding) == [], "run make messages, and translate what it adds"
    return findings


def _put_forward(snapshot: Snapshot, days: int) -> Snapshot:
    clock = (datetime.fromisoformat(snapshot.header.clock) + timedelta(days=days)).isoformat()
    return msgspec.structs.replace(snapshot, header=msgspec.structs.replace(snapshot.header, clock=clock))

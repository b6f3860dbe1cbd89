"""Logs that real servers wrote, in every format that they have."""

import gzip
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.instance import Instance, start
from pgclinic.model.workload import SeenStatement
from pgclinic.workload.logs import read_logs

if TYPE_CHECKING:
    from conftest import Servers

pytestmark = pytest.mark.server

SETTINGS = {
    "logging_collector": "on",
    "log_directory": "logs",
    "log_filename": "server.log",
    "log_line_prefix": "%m [%p] %q%u@%d app=%a ",
    "shared_preload_libraries": "auto_explain",
}
SIMPLE = "select *\n  from calls\n where note = 'two\nlines'\n\tand id in (1, 2, 3)"
EXTENDED = "select * from calls where id = $1 and note = $2"
PREPARED = "select * from calls where id = $1"
STATEMENTS_OF = {
    "durations": ("set log_min_duration_statement = 0",),
    "pairs": ("set log_statement = 'all'", "set log_duration = on"),
    "everything": (
        "set log_statement = 'all'",
        "set log_min_duration_statement = 0",
        "set auto_explain.log_min_duration = 0",
    ),
    "text": ("set auto_explain.log_min_duration = 0",),
    "json": ("set auto_explain.log_min_duration = 0", "set auto_explain.log_format = 'json'"),
    "xml": ("set auto_explain.log_min_duration = 0", "set auto_explain.log_format = 'xml'"),
    "yaml": ("set auto_explain.log_min_duration = 0", "set auto_explain.log_format = 'yaml'"),
}
LATEST = "select 'the end of the log'"


def work(instance: Instance) -> None:
    with psycopg.connect(instance.conninfo(), autocommit=True) as session:
        session.execute("create table calls (id bigint, note text)")
    for name, settings in STATEMENTS_OF.items():
        with psycopg.connect(instance.conninfo(), autocommit=True, application_name=name) as session:
            for setting in settings:
                session.execute(setting)
            session.execute(SIMPLE)
            session.execute(EXTENDED.replace("$1", "%s").replace("$2", "%s"), (2**40, "it's\n\tso"))
            session.execute("prepare q (bigint) as " + PREPARED)
            session.execute("execute q (7)")
    with psycopg.connect(instance.conninfo(), autocommit=True, application_name="cut") as session:
        session.execute("set log_min_duration_statement = 0")
        session.execute("set log_parameter_max_length = 3")
        session.execute("select * from calls where note = %s", ("secretive",))
        session.execute(LATEST)


def wait_for_the_end(folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not all(LATEST in file.read_text() for file in folder.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module", params=[13, 15, 17, 18])
def logs(request: pytest.FixtureRequest, server: "Servers", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same log in each format that the version has."""
    major: int = request.param
    destinations = "stderr,csvlog,jsonlog" if major >= 15 else "stderr,csvlog"
    folder = tmp_path_factory.mktemp("logs")
    with start(server(major).binaries, settings={**SETTINGS, "log_destination": destinations}) as instance:
        work(instance)
        written = instance.data_directory / "logs"
        wait_for_the_end(written)
        for file in written.iterdir():
            (folder / f"{major}{file.suffix}").write_bytes(file.read_bytes())
    return folder


def seen_in(file: Path, application: str) -> list[SeenStatement]:
    return [
        each
        for each in read_logs([file])
        if isinstance(each, SeenStatement) and each.application == application and each.sql.startswith("select")
    ]


def has_plan_parameters(file: Path) -> bool:
    return int(file.stem) >= 16


@pytest.mark.parametrize("name", ["durations", "pairs", "everything"])
def test_every_execution_is_told_once_with_its_values_and_duration(logs: Path, name: str) -> None:
    for file in sorted(logs.iterdir()):
        seen = seen_in(file, name)
        assert [(each.sql, each.values) for each in seen] == [
            (SIMPLE, None),
            (EXTENDED, (str(2**40), "it's\n\tso")),
            (PREPARED, ("7",)),
        ], file
        assert all(each.duration_ms for each in seen)
        assert {(each.database, each.role) for each in seen} == {("postgres", "pgclinic_superuser")}


@pytest.mark.parametrize("name", ["text", "json", "xml", "yaml"])
def test_plans_of_auto_explain_tell_of_their_statements(logs: Path, name: str) -> None:
    for file in sorted(logs.iterdir()):
        with_values = has_plan_parameters(file)
        assert [(each.sql, each.values) for each in seen_in(file, name)] == [
            (SIMPLE, None),
            (EXTENDED, (str(2**40), "it's\n\tso") if with_values else None),
            (PREPARED, ("7",) if with_values else None),
        ], file


def test_values_that_the_server_cut_are_no_values(logs: Path) -> None:
    for file in sorted(logs.iterdir()):
        cut, _ = seen_in(file, "cut")
        assert (cut.sql, cut.values) == ("select * from calls where note = $1", None)


def test_a_folder_is_read_once_though_it_holds_the_log_in_three_formats(logs: Path) -> None:
    one = [each for each in read_logs([logs]) if isinstance(each, SeenStatement)]
    csv = [each for each in read_logs([next(logs.glob("*.csv"))]) if isinstance(each, SeenStatement)]
    assert one == csv


def _with_crlf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _as_syslog(content: bytes) -> bytes:
    """As rsyslog writes it: a head before each line, tabs escaped, messages numbered."""
    lines = []
    message = piece = 0
    for line in content.decode().splitlines():
        if not line.startswith("\t") and ":  " in line and "DETAIL:  " not in line:
            message, piece = message + 1, 0
        piece += 1
        text = line.replace("\t", "#011")
        lines.append(f"Nov 22 22:19:47 db1 postgres[4711]: [{message}-{piece}] {text}")
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.mark.parametrize("change", [gzip.compress, _with_crlf, _as_syslog])
def test_what_lies_between_the_server_and_us_changes_nothing(
    logs: Path, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    plain = next(logs.glob("*.log"))
    changed = tmp_path / plain.name
    changed.write_bytes(change(plain.read_bytes()))
    for name in ("durations", "text"):
        before, after = seen_in(plain, name), seen_in(changed, name)
        assert [each.duration_ms for each in after] == [each.duration_ms for each in before]
        if change is not _with_crlf:
            assert after == before


def test_a_log_cut_anywhere_is_read_as_far_as_it_goes(logs: Path, tmp_path: Path) -> None:
    for file in sorted(logs.iterdir()):
        content = file.read_bytes()
        whole = seen_in(file, "durations")
        middle = content.index(b"execute q (7)")
        cut = tmp_path / file.name
        for where in range(middle - 150, middle + 150, 23):
            cut.write_bytes(content[:where])
            before = seen_in(cut, "durations")
            assert before == whole[: len(before)]
            assert len(before) >= 2
            cut.write_bytes(content[where:])
            # Of a prefix that is cut itself not everything can be told.
            after = [(each.sql, each.values, each.duration_ms) for each in seen_in(cut, "durations")]
            ends = [(each.sql, each.values, each.duration_ms) for each in whole]
            assert after == ends[len(ends) - len(after) :]
            assert len(seen_in(cut, "text")) == 3

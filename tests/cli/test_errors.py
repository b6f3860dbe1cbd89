"""What a user does wrong gets one sentence on stderr, nothing on stdout, and exit code 2."""

import gzip
import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

Run = Callable[..., subprocess.CompletedProcess[str]]


def one_sentence(answer: subprocess.CompletedProcess[str]) -> str:
    assert answer.returncode == 2, answer
    assert answer.stdout == ""
    lines = answer.stderr.splitlines()
    assert len(lines) == 1, answer.stderr
    assert lines[0].startswith("pgclinic: ")
    assert "Traceback" not in answer.stderr
    return lines[0]


@pytest.mark.end_to_end
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["checkup"], "DATABASE_URL"),
        (["checkup", "postgresql://nobody@127.0.0.1:1/x"], "127.0.0.1"),
        (["checkup", "postgresql://u:s3cret@no-such-host.invalid/x"], "no-such-host.invalid"),
        (["checkup", "-h", "/nonexistent", "-d", "x"], "/nonexistent"),
        (["checkup", "missing.pgclinic"], "missing.pgclinic"),
        (["checkup", "postgresql://a@b/c", "--fail-below", "Z"], "'Z'"),
        (["prescribe", "postgresql://a@127.0.0.1:1/c", "--budget", "many"], "'many'"),
        (["prescribe", "postgresql://a@127.0.0.1:1/c", "--workload", "missing"], "missing"),
        (["prescribe", "postgresql://a@127.0.0.1:1/c", "--budget", "1GB,-5MB"], "'-5MB'"),
        (["prescribe", "postgresql://a@127.0.0.1:1/c", "--kinds", "btree,rtree"], "there is no 'rtree'"),
        (["prescribe", "postgresql://a@127.0.0.1:1/c", "--min-gain", "much"], "--min-gain: 'much'"),
        (["prescribe", "postgresql://a@127.0.0.1:1/c", "-o", "/proc/nowhere"], "/proc"),
        (["prescribe", "postgresql://a@127.0.0.1:1/c", "-o", "/etc/hostname"], "Cannot make the folder /etc/hostname"),
        (["prescribe", "postgresql://a@127.0.0.1:1/c", "--max-width", "0"], "see pgclinic prescribe --help"),
        (["prescribe", "postgresql://a@127.0.0.1:1/c", "--nope"], "No such option: --nope; see pgclinic prescribe"),
        (["--nope"], "No such option: --nope; see pgclinic --help"),
        (["nope"], "No such command 'nope'"),
        (["whatif", "postgresql://a@127.0.0.1:1/c"], "nothing to try"),
        (["whatif", "postgresql://a@127.0.0.1:1/c", "--ddl", "x", "--query", "missing.sql"], "missing.sql"),
        (
            ["whatif", "postgresql://a@127.0.0.1:1/c", "--ddl", "x", "--query", "-"],
            "no statement in the workload stdin",
        ),
        (["whatif", "postgresql://a@127.0.0.1:1/c", "--ddl", "x"], "127.0.0.1"),
        (["treat", "postgresql://a@b/c", "missing.json"], "missing.json"),
        (["treat"], "prescription"),
        (["undo", "postgresql://a@b/c"], "--yes"),
        (["prove", "postgresql://a@b/c", "--workload", "missing"], "missing"),
        (["demo", "--output", "/proc/nowhere"], "/proc/nowhere"),
        (["checkup", "host=127.0.0.1 port=1 password=s3cret" + "x" * 900], "127.0.0.1"),
        (["checkup", "~nobody-here/x"], "~nobody-here/x"),
        (["checkup", "x" * 300], "neither a file nor a service"),
        (["prescribe", "postgresql://a@127.0.0.1:1/c", "--workload", "x" * 300], "too long"),
        (["treat", "postgresql://a@127.0.0.1:1/c", "x" * 300, "--yes"], "too long"),
        (["treat", "postgresql://a@127.0.0.1:1/c", "--yes"], "treat needs a prescription"),
        (["checkup", "postgresql://a@127.0.0.1:1/c", "-o", "x" * 250], "too long"),
        (["demo", "--json", "/nowhere/result.json"], "/nowhere"),
        (["demo", "--report", "."], "it is a folder"),
        (["snapshot", "postgresql://a@127.0.0.1:1/c", "-o", "/nowhere/file"], "/nowhere"),
        (["checkup", "postgresql://a@127.0.0.1:1/c", "-o", "/nowhere/file"], "/nowhere"),
    ],
)
def test_impossible_targets_and_files(pgclinic: Run, arguments: list[str], said: str) -> None:
    sentence = one_sentence(pgclinic(*arguments))
    assert said in sentence
    assert "s3cret" not in sentence


FOREIGN: dict[str, bytes] = {
    "empty": b"",
    "noise": bytes(range(256)) * 40,
    "text": b"select 1;\n",
    "gzip of noise": gzip.compress(b"\x00\xff" * 1000),
    "gzip of foreign json": gzip.compress(b'{"hello": "world"}\n'),
    "newer": gzip.compress(
        json.dumps({"record": "pgclinic_snapshot", "format_version": 99, "collector": "x", "clock": "x"}).encode()
    ),
}


@pytest.mark.end_to_end
@pytest.mark.parametrize("name", FOREIGN)
def test_files_that_are_no_snapshot(pgclinic: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "file.pgclinic").write_bytes(FOREIGN[name])
    assert "file.pgclinic" in one_sentence(pgclinic("checkup", "./file.pgclinic"))


@pytest.mark.end_to_end
def test_files_that_are_no_workload_prescription_or_run(pgclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.sql").write_text("select from where;;; drop")
    (tmp_path / "binary.sql").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty").mkdir()
    (tmp_path / "other.json").write_text('{"items": 1}')
    server = "postgresql://a@127.0.0.1:1/c"
    assert "bad.sql" in one_sentence(pgclinic("prove", server, "--workload", "bad.sql"))
    assert "binary.sql" in one_sentence(pgclinic("prove", server, "--workload", "binary.sql"))
    assert "empty" in one_sentence(pgclinic("prove", server, "--workload", "empty"))
    (tmp_path / "good.sql").write_text("select 1")
    against = pgclinic("prove", server, "--workload", "good.sql", "--against", "other.json")
    assert "other.json" in one_sentence(against)
    assert "other.json" in one_sentence(pgclinic("treat", server, "other.json", "--yes"))


@pytest.mark.end_to_end
@pytest.mark.parametrize("arguments", [["frobnicate"], ["checkup", "--frobnicate"], ["checkup", "--format", "pdf"]])
def test_wrong_usage_is_exit_code_2(pgclinic: Run, arguments: list[str]) -> None:
    answer = pgclinic(*arguments)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert "--help" in answer.stderr


@pytest.mark.server
@pytest.mark.end_to_end
def test_a_wrong_password_and_an_unknown_database_are_said_without_the_password(
    pgclinic: Run, database: Any, role_name: str
) -> None:
    with database.connect() as connection:
        connection.execute(sql.SQL("create role {} login password 'right one'").format(sql.Identifier(role_name)))
    wrong = one_sentence(pgclinic("checkup", database.conninfo_as(role_name, "wr0ng-s3cret")))
    assert "password" in wrong
    assert "wr0ng-s3cret" not in wrong
    unknown = one_sentence(pgclinic("checkup", database.instance.conninfo("no_such_database")))
    assert "no_such_database" in unknown
    assert database.instance.password not in unknown


@pytest.mark.server
@pytest.mark.end_to_end
def test_a_snapshot_that_was_cut_off_is_refused(pgclinic: Run, database: Any, tmp_path: Path) -> None:
    database.execute("create table t (id int primary key, body text)")
    assert pgclinic("snapshot", database.conninfo, "-o", "whole.pgclinic").returncode == 0
    whole = (tmp_path / "whole.pgclinic").read_bytes()
    for length in (5, len(whole) // 3, len(whole) - 1):
        (tmp_path / "cut.pgclinic").write_bytes(whole[:length])
        assert "cut.pgclinic" in one_sentence(pgclinic("checkup", "./cut.pgclinic"))


@pytest.mark.server
@pytest.mark.end_to_end
def test_a_prescription_for_another_database_is_refused(pgclinic: Run, database: Any, tmp_path: Path) -> None:
    assert pgclinic("prescribe", database.conninfo, "-o", "treatment").returncode == 0
    prescription = tmp_path / "treatment" / "prescription.json"
    document = json.loads(prescription.read_text())
    document["patient"]["database_oid"] += 1
    document["patient"]["database"] = "somebody_else"
    prescription.write_text(json.dumps(document))
    sentence = one_sentence(pgclinic("treat", database.conninfo, "treatment", "--yes"))
    assert "somebody_else" in sentence


@pytest.mark.server
@pytest.mark.end_to_end
def test_a_reader_that_goes_away_is_no_error(program: Path, database: Any, tmp_path: Path) -> None:
    with subprocess.Popen(
        [program, "checkup", database.conninfo, "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


@pytest.mark.server
@pytest.mark.end_to_end
def test_an_interrupt_ends_with_130_and_no_session_left(program: Path, database: Any, tmp_path: Path) -> None:
    (tmp_path / "slow.sql").write_text("-- name: slow\nselect count(*) from generate_series(1, 1000000000)")
    process = subprocess.Popen(
        [program, "prove", database.conninfo, "--workload", "slow.sql", "--seconds", "60", "--connections", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    busy = "select count(*) from pg_stat_activity where application_name = 'pgclinic' and datname = current_database()"
    for _ in range(200):
        if database.execute(busy + " and query like '%%generate_series%%' and state = 'active'", [])[0][0]:
            break
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert b"Traceback" not in errors
    for _ in range(200):
        if not database.execute(busy)[0][0]:
            return
    raise AssertionError("sessions are still there")


@pytest.mark.server
@pytest.mark.end_to_end
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_behind_stdout_is_said(program: Path, database: Any) -> None:
    with Path("/dev/full").open("wb") as full:
        answer = subprocess.run(
            [program, "checkup", database.conninfo], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert answer.returncode == 2
    assert answer.stderr.splitlines() == ["pgclinic: Cannot write to standard output: No space left on device."]


@pytest.mark.server
@pytest.mark.end_to_end
def test_an_undo_that_fails_does_not_exit_with_0(pgclinic: Run, database: Any, tmp_path: Path) -> None:
    database.execute(
        "create table t as select g as a, g % 7 as b, repeat('x', 200) as c from generate_series(1, 20000) g"
    )
    database.execute("analyze t")
    (tmp_path / "w.sql").write_text("select * from t where a = 5;")
    one = ("--kinds", "btree", "--max-width", 1, "--only", "index")  # the server is shared, and its settings with it
    assert pgclinic("prescribe", database.conninfo, "--workload", "w.sql", "-o", "p", *one).returncode == 0
    assert pgclinic("treat", database.conninfo, "p", "--yes").returncode == 0
    database.execute("drop index t_a_idx; create index t_a_idx on t (b)")
    answer = pgclinic("undo", database.conninfo, "--yes")
    assert answer.returncode == 1, answer
    assert "t_a_idx" in answer.stdout


@pytest.mark.server
@pytest.mark.end_to_end
def test_a_workload_of_another_database_is_refused_and_a_stray_statement_named(
    pgclinic: Run, database: Any, tmp_path: Path
) -> None:
    database.execute("create table t as select g as a from generate_series(1, 100) g")
    (tmp_path / "other.sql").write_text("select * from not_here where a = 1;")
    assert "other.sql" in one_sentence(pgclinic("prescribe", database.conninfo, "--workload", "other.sql"))
    (tmp_path / "mixed.sql").write_text("select * from not_here where a = 1; select * from t where a = 1;")
    answer = pgclinic("prescribe", database.conninfo, "--workload", "mixed.sql")
    assert answer.returncode == 0, answer.stderr
    assert "it uses no table of this database: select * from not_here" in " ".join(answer.stdout.split())

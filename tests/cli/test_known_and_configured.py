"""Baselines, configuration files and the environment, as a user has them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def sick(pgclinic: Run, database: Any, tmp_path: Path) -> str:
    """A snapshot with an autovacuum that is off, and a table that was never analysed."""
    database.execute("create table t (id int primary key)")
    database.execute("insert into t select generate_series(1, 5000)")
    assert pgclinic("snapshot", database.conninfo, "-o", "sick.pgclinic").returncode == 0
    return str(tmp_path / "sick.pgclinic")


def _document(answer: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer.stdout)
    return document


@pytest.mark.server
@pytest.mark.end_to_end
def test_known_findings_are_neither_listed_nor_counted_and_new_ones_are(
    pgclinic: Run, sick: str, tmp_path: Path
) -> None:
    whole = pgclinic("checkup", sick, "--format", "json")
    assert whole.returncode == 1
    written = pgclinic("checkup", sick, "--write-baseline", "known.txt")
    assert written.returncode == 0
    count = len(_document(whole)["findings"])
    assert f"wrote known.txt: {count} known findings" in written.stderr

    known = tmp_path / "known.txt"
    known.write_text(known.read_text().replace("setting autovacuum\n", "setting autovacuum  # a test\n"))
    again = pgclinic("checkup", sick, "--baseline", "known.txt")
    assert again.returncode == 0
    assert "Findings  none" in again.stdout
    assert "they count in the grade; without them it would be" in again.stdout
    assert again.stdout.startswith("F")
    assert pgclinic("checkup", sick, "--baseline", "known.txt", "--fail-below", "A").returncode == 0

    fewer = [line for line in known.read_text().splitlines() if "never_analysed" not in line]
    known.write_text("\n".join([*fewer, "0123456789ab  notice    dead_rows  table public.old  # was large"]))
    new = pgclinic("checkup", sick, "--baseline", "known.txt", "--format", "json")
    assert new.returncode == 1
    document = _document(new)
    assert [finding["check"] for finding in document["findings"]] == ["never_analysed"]
    assert [entry["object"] for entry in document["gone"]] == ["table public.old"]
    assert document["grade"] == _document(whole)["grade"]

    assert pgclinic("checkup", sick, "--write-baseline", "known.txt").returncode == 0
    assert "setting autovacuum  # a test\n" in known.read_text()
    assert "public.old" not in known.read_text()
    assert "never_analysed" in known.read_text()


@pytest.mark.server
@pytest.mark.end_to_end
def test_an_option_stands_above_the_environment_and_the_environment_above_the_file(
    pgclinic: Run, sick: str, tmp_path: Path
) -> None:
    (tmp_path / "pgclinic.toml").write_text(
        'format = "json"\nonly = ["storage"]\nignore = ["autovacuum_off"]\nfail-below = "A+"\n'
        "[checks.never_analysed]\nmin_rows = 9000\n"
    )
    by_file = pgclinic("checkup", sick)
    document = _document(by_file)
    assert document["findings"] == []
    assert [each["finding"] if "finding" in each else each["check"] for each in document["set_aside"]] == [
        "autovacuum_off"
    ]
    assert document["thresholds"] == [{"check": "never_analysed", "name": "min_rows", "value": 9000, "default": 1000}]
    assert by_file.returncode == 0
    by_environment = pgclinic("checkup", sick, PGCLINIC_IGNORE="dead_rows,low_cache_hit", PGCLINIC_FAIL_BELOW="F")
    assert [finding["check"] for finding in _document(by_environment)["findings"]] == ["autovacuum_off"]
    assert by_environment.returncode == 0
    by_option = pgclinic(
        "checkup", sick, "--ignore", "storage", "--format", "text", PGCLINIC_IGNORE="dead_rows", PGCLINIC_FORMAT="html"
    )
    assert "Findings  none" in by_option.stdout
    assert "never_analysed.min_rows 9000, by default 1000" in by_option.stdout
    assert "min_rows = 9000" in pgclinic("explain", "never_analysed").stdout


@pytest.mark.end_to_end
@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["checkup", "x", "--config", "missing.toml"], {}, "Cannot read the configuration file missing.toml"),
        (["list"], {"PGCLINIC_CONFIG": "missing.toml"}, "Cannot read the configuration file missing.toml"),
        (["checkup", "x"], {"PGCLINIC_FORMAT": "pdf"}, "PGCLINIC_FORMAT is 'pdf'; it has to be one of text, json"),
        (["checkup", "x"], {"PGCLINIC_FAIL_BELOW": "Z"}, "PGCLINIC_FAIL_BELOW: 'Z' is no grade"),
        (["checkup", "x", "--only", "dead_row,indexes"], {}, "'dead_row'; did you mean dead_rows"),
        (["checkup", "x", "--baseline", "missing.txt"], {}, "There is no baseline missing.txt; --write-baseline"),
        (["checkup", "x", "--write-baseline", "/nowhere/known.txt"], {}, "there is no folder /nowhere"),
        (["explain", "dead_row"], {}, "There is no check 'dead_row'; did you mean dead_rows"),
        (["explain"], {}, "Missing argument 'CHECK'; see pgclinic explain --help."),
        (["list", "--family", "indices"], {}, "There is no family 'indices'; did you mean indexes?"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    pgclinic: Run, arguments: list[str], environment: dict[str, str], said: str
) -> None:
    answer = pgclinic(*arguments, **environment)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1


@pytest.mark.end_to_end
def test_a_file_that_does_not_fit_is_named_with_its_key(pgclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "pgclinic.toml").write_text('format = "pdf"\n')
    answer = pgclinic("checkup", "x")
    assert answer.returncode == 2
    assert "pgclinic.toml: format is 'pdf'; it has to be one of text, json" in answer.stderr
    (tmp_path / "pgclinic.toml").write_text('fail-below = "Z"\n')
    assert "pgclinic.toml: fail-below: 'Z' is no grade" in pgclinic("checkup", "x").stderr

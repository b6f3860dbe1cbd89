"""Formats and languages of ``checkup``, as a user asks for them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pgclinic.model.catalog import Setting
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.model.snapshot_file import write

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.end_to_end


@pytest.fixture
def sick(tmp_path: Path) -> Path:
    path = tmp_path / "sick.pgclinic"
    snapshot = Snapshot(
        header=Header(format_version=1, collector="test", clock="2026-11-22T12:00:00+00:00"),
        server=Server(version_num=180_000, version="18.0", database="app"),
        settings=(Setting(name="autovacuum", value="off"),),
    )
    path.write_bytes(b"".join(write(snapshot)))
    return path


def test_each_format_is_written_to_stdout_or_a_file_with_the_same_exit_code(
    pgclinic: Run, sick: Path, tmp_path: Path
) -> None:
    printed = pgclinic("checkup", sick, "--format", "sarif")
    assert printed.returncode == 1
    assert json.loads(printed.stdout)["version"] == "2.1.0"
    written = pgclinic("checkup", sick, "--format", "markdown", "-o", tmp_path / "checkup.md")
    assert (written.returncode, written.stdout) == (1, "")
    assert (tmp_path / "checkup.md").read_text().startswith("## pgclinic: `app` F, ")


def test_the_language_is_an_option_a_variable_or_a_key_of_the_configuration(
    pgclinic: Run, sick: Path, tmp_path: Path
) -> None:
    french = pgclinic("checkup", sick, "--lang", "fr")
    assert "Limitée par un état critique" in french.stdout
    assert pgclinic("checkup", sick, PGCLINIC_LANG="fr").stdout == french.stdout
    assert pgclinic("checkup", sick, "--lang", "en", PGCLINIC_LANG="fr").stdout == pgclinic("checkup", sick).stdout
    (tmp_path / "pgclinic.toml").write_text('lang = "fr"\n')
    assert pgclinic("checkup", sick).stdout == french.stdout
    unknown = pgclinic("checkup", sick, PGCLINIC_LANG="xx")
    assert unknown.returncode == 2
    assert "PGCLINIC_LANG is 'xx'; it has to be one of en, fr." in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list"], "contrôles ; pgclinic explain CHECK en dit plus sur chacun."),
        (["explain", "dead_rows"], "Ce qu'il voit"),
        (["explain", "dead_rows", "--format", "markdown"], "## Pourquoi cela compte"),
        (["compare", "{sick}", "{sick}"], "entre les visites"),
        (["compare", "{sick}", "{sick}", "--format", "markdown"], "### Chiffres clés"),
        (["compare", "{sick}", "{sick}", "--format", "html"], "Tout est comme avant."),
    ],
)
def test_the_other_verbs_about_findings_speak_french_too(
    pgclinic: Run, sick: Path, arguments: list[str], words: str
) -> None:
    given = [each.format(sick=sick) for each in arguments]
    french = pgclinic(*given, "--lang", "fr")
    assert words in french.stdout.replace("\N{NO-BREAK SPACE}", " ")
    assert pgclinic(*given, PGCLINIC_LANG="fr").stdout == french.stdout

"""``pgclinic review`` as a user, a hook and an action run it."""

import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

Run = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.end_to_end


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["review", "shop.pgclinic"], "There is no migration to review"),
        (["review", "missing.sql"], "Cannot read the migration missing.sql"),
        (["review", "m.sql", "a.pgclinic", "b.pgclinic"], "'a.pgclinic' and 'b.pgclinic' are two"),
        (["review", "m.sql", "nowhere.pgclinic"], "nowhere.pgclinic"),
        (["review", "m.sql", "--ignore", "no_such_rule"], "There is no rule 'no_such_rule'"),
        (["review", "m.sql", "--fail-on", "often"], "often"),
        (["review", "empty.sql"], "no statement in the migration"),
        (["review", "binary.sql"], "not a text in UTF-8"),
        (["review", "psql.sql"], "psql.sql:1: review cannot follow psql's \\i"),
        (["review", "m.sql", "-o", "/nowhere/file"], "/nowhere"),
    ],
)
def test_wrong_usage_is_one_sentence(pgclinic: Run, tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "m.sql").write_text("select 1;")
    (tmp_path / "empty.sql").write_text("-- nothing\n")
    (tmp_path / "binary.sql").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "psql.sql").write_text("\\i other.sql\n")
    answer = pgclinic(*arguments)
    assert answer.returncode == 2, answer
    assert answer.stdout == ""
    assert len(answer.stderr.splitlines()) == 1
    assert said in answer.stderr


@pytest.mark.server
def test_every_format_of_one_migration(pgclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "m.sql").write_text("create table t (a int primary key);\nprepare q as select * from t;\n")
    text = pgclinic("review", "m.sql")
    assert (text.returncode, text.stderr) == (1, "")
    assert "m.sql:2  warning  does_nothing" in text.stdout
    assert max(map(len, text.stdout.splitlines())) <= 80
    assert pgclinic("review", "m.sql", "--fail-on", "critical").returncode == 0
    document = json.loads(pgclinic("review", "m.sql", "--format", "json").stdout)
    schema = json.loads((ROOT / "docs" / "schema" / "review.json").read_text())
    Draft202012Validator(schema).validate(document)
    assert [(each["rule"], each["line"]) for each in document["objections"]] == [("does_nothing", 2)]
    sarif = pgclinic("review", "m.sql", "--format", "sarif").stdout
    Sarif.model_validate_json(sarif)
    (result,) = json.loads(sarif)["runs"][0]["results"]
    (place,) = result["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "m.sql"
    assert place["physicalLocation"]["region"]["startLine"] == 2
    markdown = pgclinic("review", "m.sql", "--format", "markdown").stdout
    assert "### `m.sql:2` warning: `does_nothing`" in markdown
    french = pgclinic("review", "m.sql", "--lang", "fr").stdout
    assert "ne laisse rien" in french


def scalars(text: str) -> dict[str, str]:
    """The ``key: value`` pairs of a YAML file of one level or two, by key; enough for files of ours."""
    return {found[1]: found[2].strip("'\"") for found in re.finditer(r"^[- ]*([\w-]+): *(\S.*)$", text, re.MULTILINE)}


@pytest.mark.server
def test_the_hook_runs_what_its_file_says(pgclinic: Run, tmp_path: Path) -> None:
    hook = scalars((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] == "pgclinic-review"
    assert hook["language"] == "python"
    assert {"name", "entry", "files"} <= hook.keys()
    assert re.search(hook["files"], "db/migrations/0001_begin.sql")
    assert not re.search(hook["files"], "src/queries/report.sql")
    (tmp_path / "0001.sql").write_text("create table t (a int primary key);\n")
    program, *arguments = shlex.split(hook["entry"])
    assert program == "pgclinic"
    answer = pgclinic(*arguments, "0001.sql")
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.server
def test_the_action_runs_what_its_file_says(program: Path, tmp_path: Path) -> None:
    text = (ROOT / "action.yml").read_text()
    action = scalars(text)
    assert action["using"] == "composite"
    script = text.split("run: |\n")[-1]
    used = set(re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", text))
    declared = re.findall(
        r"^  ([\w-]+):$", text.split("inputs:")[1].split("runs:")[0].split("outputs:")[0], re.MULTILINE
    )
    assert used <= set(declared)
    (tmp_path / "0001.sql").write_text("create table t (a int primary key);\nprepare q as select * from t;\n")
    environment = {
        "PATH": f"{program.parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "FILES": "*.sql",
        "TARGET": "",
        "FAIL_ON": "warning",
        "ARGUMENTS": "--ignore no_lock_timeout",
        "SARIF_FILE": "review.sarif",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    lines = "\n".join(line[8:] for line in script.splitlines() if line.startswith("        "))
    answer = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", lines],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert answer.returncode == 1, answer
    assert "does_nothing" in (tmp_path / "summary.md").read_text()
    assert json.loads((tmp_path / "review.sarif").read_text())["runs"]

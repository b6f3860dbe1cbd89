import subprocess
import sys
from pathlib import Path

import pytest

from pgclinic import __version__

COMMANDS = sorted(
    path.stem.replace("_", "-")
    for path in (Path(__file__).parents[2] / "src/pgclinic/cli/commands").glob("*.py")
    if path.stem[0] != "_"
)
HEAVY = ("psycopg", "postgast", "jinja2", "rich", "google", "pgclinic.postgres", "pgclinic.twin", "pgclinic.instance")
FIRST_WORDS = {
    "Save",
    "Grade",
    "Make",
    "Write",
    "Apply",
    "Take",
    "Measure",
    "Show",
    "Load",
    "Run",
    "Try",
    "List",
    "Explain",
    "Examine",
    "Compare",
    "Watch",
}
WITHOUT_TARGET = {"compare", "demo", "explain", "explain-plan", "fleet", "ledger", "list", "review", "stack", "watch"}
WRITING = {"prepare", "prove", "serve", "treat", "undo"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from pgclinic.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: print(*sorted(sys.modules), file=sys.stderr); sys.exit(end.code)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    modules = answer.stderr.split()
    assert len(modules) > 100
    assert not [module for module in modules if module.split(".")[0] in HEAVY or module.startswith(HEAVY[-3:])]


def test_the_version_is_the_package_s() -> None:
    program = Path(sys.executable).with_name("pgclinic")
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout == f"pgclinic {__version__}\n"


@pytest.mark.parametrize("command", [[], *([command] for command in COMMANDS), ["demo", "load"], ["demo", "work"]])
def test_help_begins_with_a_verb_gives_examples_and_fits_80_columns(command: list[str]) -> None:
    program = Path(sys.executable).with_name("pgclinic")
    answer = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True, timeout=60)
    assert max(map(len, answer.stdout.splitlines())) <= 80
    if command:
        sentence = answer.stdout.split("\n\n")[1].strip()
        assert sentence.split()[0].rstrip(",") in FIRST_WORDS
        assert len(command) == 2 or "Examples:" in answer.stdout


def test_every_verb_that_writes_says_so_in_the_first_lines_of_its_help() -> None:
    program = Path(sys.executable).with_name("pgclinic")
    for command in ([name] for name in COMMANDS):
        answer = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True, timeout=60)
        about = answer.stdout.split("Arguments:")[0].split("Options:")[0]
        assert (" (writes" in about) == (command[0] in WRITING)
    for command in (["demo", "load"], ["demo", "work"]):
        answer = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True, timeout=60)
        assert "(writes" in answer.stdout.split("Arguments:")[0]


def test_help_offers_a_snapshot_file_only_where_one_will_do() -> None:
    program = Path(sys.executable).with_name("pgclinic")
    for command in (*([name] for name in COMMANDS if name not in WITHOUT_TARGET), ["demo", "load"], ["demo", "work"]):
        answer = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True, timeout=60)
        target = " ".join(answer.stdout.split("TARGET <str>")[1].split("PGCLINIC_DATABASE_URL")[0].split())
        assert ("snapshot file" in target) == (
            command[0] in {"checkup", "doctor", "prescribe", "rehearse", "serve", "whatif"}
        )


def test_the_list_of_verbs_cuts_no_sentence_short() -> None:
    program = Path(sys.executable).with_name("pgclinic")
    for command in ([], ["demo"], ["stack"]):
        answer = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True, timeout=60)
        verbs = answer.stdout.split("Commands:")[1].split("\n\n")[0]
        assert "..." not in verbs

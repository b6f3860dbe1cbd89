"""The command line, run as a user runs it: as a process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("pgclinic")
Run = Callable[..., subprocess.CompletedProcess[str]]


def _environment(**more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PG") and name != "DATABASE_URL"}
    kept = {name: value for name, value in os.environ.items() if name.startswith("PGCLINIC_") and "URL" not in name}
    return {**ours, **kept, **more}


@pytest.fixture
def pgclinic(tmp_path: Path) -> Run:
    """Call it with arguments; nothing of the caller's PostgreSQL environment reaches it."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, *map(str, arguments)],
            cwd=tmp_path,
            env=_environment(**environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def program() -> Path:
    return PROGRAM

"""Servers of this machine that have the files of an extension which comes with none of them: built from its sources."""

import subprocess
from pathlib import Path

import pytest

from pgclinic.instance import Binaries, find_binaries


def binaries_with(extension: str) -> Binaries:
    """The first such server; skips the test without one."""
    for binaries in find_binaries():
        if _has(binaries, extension):
            return binaries
    pytest.skip(
        f"no server on this machine has the files of {extension}: build it, and name its folder by PGCLINIC_POSTGRES"
    )


def _has(binaries: Binaries, extension: str) -> bool:
    pg_config = binaries.program("pg_config")
    if not pg_config.exists():
        return False
    answer = subprocess.run([pg_config, "--sharedir"], capture_output=True, text=True, check=True)
    return (Path(answer.stdout.strip()) / "extension" / f"{extension}.control").exists()

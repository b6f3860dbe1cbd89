"""The whole path for trying: up, found again by other commands, down, and nothing left."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from pgclinic.instance.account import server_account

pytestmark = [pytest.mark.server, pytest.mark.end_to_end]


def test_a_stack_goes_up_is_seen_by_others_and_goes_down(tmp_path: Path) -> None:
    cache = tmp_path / "own"
    cache.mkdir(mode=0o755)
    os.chown(cache, server_account().uid, server_account().gid)
    for folder in tmp_path.parents[:2]:
        folder.chmod(0o755)
    tmp_path.chmod(0o755)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [Path(sys.executable).with_name("pgclinic"), "stack", *arguments]
        environment = {**os.environ, "PGCLINIC_CACHE": str(cache)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    assert run("status").returncode == 1
    started = run("up")
    try:
        assert started.returncode == 0, started.stderr
        assert started.stdout.count("answers") == 5
        assert run("status").returncode == 0
        assert run("up").returncode == 2
        pooled = re.search(r"^pooler\n +(.*)$", started.stdout, re.MULTILINE)
        assert pooled is not None
        with psycopg.connect(pooled[1], autocommit=True, prepare_threshold=None) as connection:
            connection.execute("create table t (a int)")
    finally:
        run("down")
    assert run("status").returncode == 1
    folder = re.search(r"host=(\S+)/instances/", started.stdout)
    assert folder is not None
    assert list(Path(folder[1], "instances").iterdir()) == []

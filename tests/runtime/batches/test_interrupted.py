"""A signal's handler that raises, in the midst of a writer's calls: nothing hangs, nothing is lost or doubled."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from conftest import ROOT, Database

pytestmark = pytest.mark.server

CALLS = 1500


@pytest.mark.parametrize("is_spooled", [False, True])
def test_calls_that_are_interrupted_anywhere_lock_nothing_up_and_lose_nothing(
    shop: Database,
    tmp_path: Path,
    is_spooled: bool,  # noqa: FBT001
) -> None:
    shop.execute("create table events (number int, text text)")
    client = [sys.executable, str(ROOT / "tests" / "interrupted_writer.py"), shop.conninfo, "1", str(CALLS)]
    spool = [str(tmp_path / "spool")] if is_spooled else []
    # The time is for a busy machine; it takes a second or two.
    ran = subprocess.run([*client, *spool], capture_output=True, text=True, timeout=240, check=False)
    # The interpreter itself tells on stderr of what is raised in its own callbacks, and goes on.
    assert ran.returncode == 0, ran.stderr
    count, *ranges = ran.stdout.splitlines()
    assert int(count) > CALLS / 4
    told = {number for line in ranges for number in range(*map(int, line.split()))}
    found = Counter(number for (number,) in shop.execute("select number from events"))
    assert len(told) > CALLS
    assert not told - found.keys()
    assert max(found.values()) == 1

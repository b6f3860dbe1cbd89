"""Processor time as the kernel counts it, of real processes."""

import subprocess
import sys
from pathlib import Path

import pytest

from pgclinic.demo.processor_time import seconds_of

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")

_WORK = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"


def test_children_count_living_and_ended() -> None:
    code = (
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-c', {_WORK!r}])\n"
        f"living = subprocess.Popen([sys.executable, '-c', {_WORK + 'print(1, flush=True); input()'!r}],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "living.stdout.readline(); print('done', flush=True); input(); living.communicate()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        taken = seconds_of({"parent": parent.pid})["parent"]
        parent.communicate(b"\n")
    assert taken >= 0.6


def test_a_process_that_is_gone_took_nothing_that_is_known() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert seconds_of({"gone": ended.pid}) == {"gone": 0.0}

"""``pgclinic explain-plan`` as a process."""

import subprocess
from pathlib import Path

import pytest

from .conftest import Run

PLAN = """\
                     QUERY PLAN
-----------------------------------------------------
 Seq Scan on orders  (cost=0.00..1500.00 rows=12 width=66) (actual time=0.100..12.000 rows=12 loops=1)
   Filter: (customer_id = 77)
   Rows Removed by Filter: 59988
 Planning Time: 0.100 ms
 Execution Time: 12.100 ms
(5 rows)
"""


@pytest.mark.end_to_end
def test_a_plan_from_a_file_in_every_format(pgclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text(PLAN)
    (tmp_path / "wide.txt").write_text(PLAN, encoding="utf-16")
    text = pgclinic("explain-plan", "plan.txt")
    assert (text.returncode, text.stderr) == (0, "")
    assert "Seq Scan on orders" in text.stdout
    assert pgclinic("explain-plan", "wide.txt").stdout == text.stdout
    for form, start in (("json", "{"), ("markdown", "###"), ("html", "<!doctype html>")):
        answer = pgclinic("explain-plan", "plan.txt", "--format", form, "-o", f"out.{form}")
        assert (answer.returncode, answer.stdout) == (0, "")
        assert (tmp_path / f"out.{form}").read_text().startswith(start)


@pytest.mark.end_to_end
def test_a_plan_from_stdin(program: Path) -> None:
    answer = subprocess.run(
        [program, "explain-plan", "-"], input=PLAN, capture_output=True, text=True, timeout=60, check=True
    )
    assert "It read 60,000 rows of orders and kept 12." in answer.stdout


@pytest.mark.end_to_end
def test_what_is_no_plan_ends_with_one_sentence(pgclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_text("select 1")
    (tmp_path / "binary").write_bytes(bytes(range(128, 256)))
    for name in ("bad.txt", "binary", "missing.txt"):
        answer = pgclinic("explain-plan", name)
        assert (answer.returncode, answer.stdout) == (2, "")
        assert answer.stderr.startswith("pgclinic: ")
        assert answer.stderr.count("\n") == 1

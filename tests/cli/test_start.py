"""The first instant of a run, before any verb begins."""

import subprocess
import sys

import pytest

from pgclinic.cli import main, shell


def test_an_interrupt_while_starting_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shell, "application", interrupted)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "pgclinic: interrupted\n"


def test_it_starts_as_a_module_too() -> None:
    answer = subprocess.run([sys.executable, "-m", "pgclinic", "--version"], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("pgclinic ")

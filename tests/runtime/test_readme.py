"""The code of the runtime's README, run section after section on a real server."""

import re
import sys
import types
import warnings
from typing import Any

import pytest

from conftest import ROOT, Database

pytestmark = pytest.mark.server
SECTIONS = ("Batches", "Loader", "N+1 guard")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_code_of_the_readme_runs(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "runtime" / "README.md").read_text()
    monkeypatch.setenv("DATABASE_URL", database.conninfo)
    for statements in blocks(text, "sql"):
        database.execute(statements)
    sections = {part.partition("\n")[0]: part for part in text.split("\n## ")[1:]}
    module = types.ModuleType("readme")
    monkeypatch.setitem(sys.modules, "readme", module)  # Strawberry looks for a resolver's names there
    namespace: dict[str, Any] = vars(module)
    for name in SECTIONS:
        for number, code in enumerate(blocks(sections[name], "python")):
            with warnings.catch_warnings():
                exec(compile(code, f"{name} {number}", "exec"), namespace)
    assert database.execute("select id, status from calls order by id") == [(1, "done"), (3, "new"), (4, "new")]
    assert [call and call["id"] for call in namespace["found"]] == [3, None, 1]
    assert "20 times from N+1 guard 0:8" in str(namespace["caught"][0].message)

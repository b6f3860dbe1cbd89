"""docs/example is what pgclinic says today of the snapshot that is kept there."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.server


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example", ROOT / "scripts" / "example.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_is_as_it_would_be_written_now() -> None:
    example = script()
    kept = {path.relative_to(example.FOLDER).as_posix() for path in example.FOLDER.rglob("*") if path.is_file()}
    found = example.files()
    assert kept - example.KEPT == set(found), "run make example"
    changed = [path for path, content in found.items() if (example.FOLDER / path).read_bytes() != content]
    assert changed == [], "run make example"

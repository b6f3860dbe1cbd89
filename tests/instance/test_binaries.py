"""Where PostgreSQL is found, and why a found one is not taken."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pgclinic.instance import find_binaries, survey


@pytest.fixture(autouse=True)
def _found_anew() -> Iterator[None]:
    find_binaries.cache_clear()
    yield
    find_binaries.cache_clear()


def programs(folder: Path, *names: str, says: str = "postgres (PostgreSQL) 16.9", code: int = 0) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\necho '{says}'\nexit {code}\n")
        (folder / name).chmod(0o755)
    return folder


def refusals(monkeypatch: pytest.MonkeyPatch, *folders: Path) -> list[str]:
    monkeypatch.setenv("PGCLINIC_POSTGRES", ":".join(map(str, folders)))
    found = {each.directory: each for each in survey()}
    return [found[str(folder)].refused for folder in folders]


def test_what_cannot_be_used_is_named_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = programs(tmp_path / "good", "postgres", "initdb")
    client = programs(tmp_path / "client", "psql")
    half = programs(tmp_path / "half", "postgres")
    broken = programs(tmp_path / "broken", "postgres", "initdb", code=3)
    odd = programs(tmp_path / "odd", "postgres", "initdb", says="hello")
    old = programs(tmp_path / "old", "postgres", "initdb", says="postgres (PostgreSQL) 9.6.24")
    again = programs(tmp_path / "again", "postgres", "initdb")
    absent = tmp_path / "absent"
    assert refusals(monkeypatch, good, client, half, broken, odd, old, again, absent) == [
        "",
        "it has no postgres and no initdb",
        "it has no initdb",
        "its postgres does not run",
        "its postgres does not run",
        "it is older than 13",
        f"the same version was found in {good}",
        "it has no postgres and no initdb",
    ]
    taken = {binaries.directory for binaries in find_binaries()}
    assert good in taken
    assert not taken & {client, half, broken, odd, old, again, absent}


def test_one_folder_found_in_two_ways_is_listed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = programs(tmp_path / "16", "postgres", "initdb")
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.setenv("PGCLINIC_POSTGRES", f"{folder}:{tmp_path / 'link'}")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    assert [each.origin for each in survey() if each.version == "16.9"] == ["PGCLINIC_POSTGRES"]


def test_pg_config_and_the_path_are_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path = programs(tmp_path / "path", "postgres", "initdb", says="postgres (PostgreSQL) 14.99")
    told = programs(tmp_path / "told", "postgres", "initdb", says="postgres (PostgreSQL) 13.99")
    programs(tmp_path / "tools", "pg_config", says=str(told))
    monkeypatch.setenv("PGCLINIC_POSTGRES", "")
    monkeypatch.setenv("PATH", f"{on_path}:{tmp_path / 'tools'}:/usr/bin:/bin")
    found = {each.version: each for each in survey() if not each.refused}
    assert (found["14.99"].origin, found["14.99"].directory) == ("PATH", str(on_path))
    assert (found["13.99"].origin, found["13.99"].directory) == ("pg_config", str(told))

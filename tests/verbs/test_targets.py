"""What TARGET means."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgclinic.model.errors import UserError
from pgclinic.model.snapshot_file import write
from pgclinic.verbs.driving import drive
from pgclinic.verbs.snapshot import snapshot
from pgclinic.verbs.targets import Live, SnapshotFile, examined, resolve

if TYPE_CHECKING:
    from tests.conftest import Database

NOWHERE: dict[str, str] = {}


def parameters(target: str | None, environment: dict[str, str] = NOWHERE, **options: object) -> dict[str, object]:
    meant = resolve(target, environment=environment, **options)  # type: ignore[arg-type]
    assert isinstance(meant, Live)
    return dict(conninfo_to_dict(meant.conninfo))


def test_a_uri() -> None:
    found = parameters("postgresql://app:p%40ss@db:5433/shop?sslmode=require")
    assert found == {
        "host": "db",
        "port": "5433",
        "user": "app",
        "password": "p@ss",
        "dbname": "shop",
        "sslmode": "require",
    }


def test_a_conninfo_string() -> None:
    assert parameters("host=db dbname='my shop'") == {"host": "db", "dbname": "my shop"}


def test_options_stand_above_the_target() -> None:
    found = parameters("postgresql://app@db/shop", host="other", port=1, user="me", dbname="x")
    assert (found["host"], found["port"], found["user"], found["dbname"]) == ("other", "1", "me", "x")


def test_the_order_of_the_environment() -> None:
    both = {"PGCLINIC_DATABASE_URL": "postgresql://a/first", "DATABASE_URL": "postgresql://a/second", "PGHOST": "x"}
    assert parameters(None, both)["dbname"] == "first"
    assert parameters("postgresql://a/typed", both)["dbname"] == "typed"
    del both["PGCLINIC_DATABASE_URL"]
    assert parameters(None, both)["dbname"] == "second"
    del both["DATABASE_URL"]
    assert parameters(None, both) == {}


def test_options_alone_are_a_target() -> None:
    assert parameters(None, host="db", dbname="shop") == {"host": "db", "dbname": "shop"}


def test_no_target_says_what_to_give() -> None:
    with pytest.raises(UserError, match="No target: give a URI"):
        resolve(None, environment={})


@pytest.mark.parametrize(
    ("url", "dbname"),
    [
        ("postgresql+psycopg://app@db/shop", "shop"),
        ("postgres://app@db/shop?schema=public&connection_limit=5", "shop"),
        ("postgresql://app@db/shop?schema=public&sslmode=disable&pgbouncer=true", "shop"),
    ],
)
def test_urls_of_frameworks(url: str, dbname: str) -> None:
    assert parameters(None, {"DATABASE_URL": url})["dbname"] == dbname


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("mysql://app:hunter2@db/shop", "mysql:// address"),
        ("app:hunter2@db", "looks like a URI without its beginning"),
        ("app:hunter2@db/shop", "looks like a URI without its beginning"),
        ("no/such/file", "There is no file no/such/file"),
        ("shop.pgclinic", "There is no file"),
        ("shop", "neither a file nor a service"),
        ("postgresql://app:hunter2/x@db/shop", "percent-encode"),
    ],
)
def test_what_cannot_be_meant(target: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        resolve(target, environment={})
    assert "hunter2" not in str(caught.value)


def test_a_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services = tmp_path / "services"
    services.write_text("[shop]\nhost=db\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    meant = resolve("shop", environment={})
    assert isinstance(meant, Live)
    assert meant.conninfo == "service=shop"


def test_a_password_command_is_run_without_a_shell() -> None:
    command = f"{sys.executable} -c \"print('tok en; $HOME')\""
    assert parameters("host=db", password_command=command)["password"] == "tok en; $HOME"


@pytest.mark.parametrize("command", ["/no/such/program", f"{sys.executable} -c 1", "'unfinished"])
def test_a_password_command_that_gives_none(command: str) -> None:
    with pytest.raises(UserError, match="password command"):
        resolve("host=db", environment={}, password_command=command)


def test_a_value_of_ours_never_shows_a_password() -> None:
    assert "hunter2" not in repr(resolve("postgresql://app:hunter2@db/shop", environment={}))


@pytest.mark.server
def test_a_server_and_its_snapshot_file_say_the_same(database: "Database", tmp_path: Path) -> None:
    database.execute("create table t (a int primary key)")
    live = drive(snapshot(database.conninfo))
    path = tmp_path / "visit.pgclinic"
    path.write_bytes(b"".join(write(live)))

    meant = resolve(str(path), environment={})
    assert meant == SnapshotFile(path)
    assert drive(examined(meant)) == live
    again = drive(examined(resolve(database.conninfo, environment={})))
    assert again.relations == live.relations


@pytest.mark.server
def test_a_password_from_pgpass(database: "Database", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = dict(conninfo_to_dict(database.conninfo))
    secret = given.pop("password")
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"*:*:{database.name}:*:{secret}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    target = make_conninfo("", **{name: str(value) for name, value in given.items() if value is not None})
    assert drive(examined(resolve(target, environment={}))).server.database == database.name

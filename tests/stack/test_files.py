"""The written files are what the real programs take: each is started with them, or asked what it thinks of them."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate
import psycopg
import pytest
import yaml
from compose_spec import PyCompose
from msgspec.structs import replace
from redis import Redis as RedisClient

from conftest import binaries_on_machine
from pgclinic.model.errors import UserError
from pgclinic.report.stack_files import files
from pgclinic.stack import start_pooler, start_primary, start_redis, start_replica
from stack_planning import busy_shop, planned
from stacking import PAIR_SETTINGS, Pair

FILES = files(planned(busy_shop()))


def lines(path: str, section: str = "") -> dict[str, str]:
    """The settings of a file as pairs, comments left out."""
    text = FILES[path].partition(f"[{section}]")[2] if section else FILES[path]
    pairs = re.findall(r"^([a-z_-]+)(?: *= *| +)(.*)$", text, re.MULTILINE)
    return {name: value.strip("'") for name, value in pairs}


def test_no_file_holds_a_secret() -> None:
    for path, text in FILES.items():
        assert "SCRAM-SHA-256$" not in text
        assert not re.search(r"password\s*[=:]\s*[a-z0-9]", text, re.IGNORECASE), path


@pytest.mark.server
def test_pgbouncer_starts_with_its_file_and_asks_the_server_for_secrets(pair: Pair) -> None:
    function = FILES["pgbouncer/auth_query.sql"].replace("\\password pgbouncer", "alter role pgbouncer password 'a b';")
    pair.execute(function)
    own = ("listen_addr", "listen_port", "auth_file", "admin_users")  # addresses and the administrator are the test's
    settings = {name: value for name, value in lines("pgbouncer/pgbouncer.ini", "pgbouncer").items() if name not in own}
    with start_pooler(pair.primary, settings) as pooler:
        users = pooler.directory / "userlist.txt"
        written = FILES["pgbouncer/userlist.txt"].replace("PASSWORD_OF_PGBOUNCER", "a b")
        admin = users.read_text().splitlines()
        users.write_text(written + "".join(f"{line}\n" for line in admin if "console" in line))
        with psycopg.connect(pooler.admin, autocommit=True, prepare_threshold=None) as console:
            console.execute("reload")
        pair.execute("create role clerk login password 'c d'")  # whom no list has
        with psycopg.connect(pooler.conninfo(pair.name, "clerk", "c d"), prepare_threshold=None) as connection:
            assert connection.execute("select current_user").fetchone() == ("clerk",)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(pooler.conninfo(pair.name, "clerk", "wrong"))
    pair.execute("drop schema pgbouncer cascade; drop role pgbouncer; drop role clerk")


@pytest.mark.server
@pytest.mark.parametrize("major", [15, 18])
def test_primary_and_replica_start_with_their_settings(major: int) -> None:
    primary_lines, replica_lines = lines("postgresql/primary.conf"), lines("postgresql/replica.conf")
    with (
        start_primary(binaries_on_machine(major), {**PAIR_SETTINGS, **primary_lines}) as primary,
        start_replica(primary, replica_lines) as replica,
    ):
        replica.wait_for()
        for conninfo, wanted in ((primary.conninfo(), primary_lines), (replica.conninfo(), replica_lines)):
            with psycopg.connect(conninfo) as connection:
                rows = connection.execute(
                    "select name, setting from pg_settings where name = any(%s) and source = 'configuration file'",
                    [list(wanted)],
                ).fetchall()
                assert {name for name, _ in rows} == set(wanted)


@pytest.mark.server
def test_redis_starts_with_its_file() -> None:
    own = ("bind", "port", "protected-mode")
    wanted = {name: value for name, value in lines("redis/redis.conf").items() if name not in own}
    with start_redis(wanted) as redis, RedisClient.from_url(redis.url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lfu"}
        assert client.config_get("maxmemory") == {"maxmemory": str(64 << 20)}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    for path, text in FILES.items():
        file = tmp_path / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_systemd_accepts_the_units(folder: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd on this machine")
    for unit in sorted(folder.glob("systemd/*.service")):
        answer = subprocess.run([program, "verify", unit], capture_output=True, text=True, check=False)
        complaints = [line for line in answer.stderr.splitlines() if unit.name in line]
        assert [line for line in complaints if "not executable" not in line and "No such file" not in line] == []


def test_compose_names_only_files_and_services_that_are_there(folder: Path) -> None:
    document = yaml.safe_load((folder / "compose/compose.yaml").read_text())
    assert set(document["services"]) == {"primary", "replica", "pgbouncer", "redis"}
    for service in document["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in document["volumes"] or (folder / "compose" / source).is_file()
        assert set(service.get("depends_on", ())) <= set(document["services"])
        assert set(service.get("secrets", ())) <= set(document["secrets"])


def test_compose_file_keeps_to_the_compose_specification() -> None:
    text = FILES["compose/compose.yaml"]
    assert set(PyCompose.from_yaml(text).service_names()) == {"primary", "replica", "pgbouncer", "redis"}
    with pytest.raises(ValueError, match="helthcheck"):
        PyCompose.from_yaml(text.replace("healthcheck", "helthcheck"))


def test_manifests_keep_to_the_schema_of_kubernetes(folder: Path) -> None:
    documents = [each for file in folder.glob("kubernetes/*.yaml") for each in yaml.safe_load_all(file.read_text())]
    for document in documents:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
    (deployment, *_) = (each for each in documents if each["kind"] == "Deployment")
    deployment["spec"]["replcas"] = 1
    with pytest.raises(kubernetes_validate.ValidationError, match="replcas"):
        kubernetes_validate.validate(deployment, kubernetes_validate.latest_version(), strict=True)


def test_manifests_are_whole_and_hang_together(folder: Path) -> None:
    for file in sorted(folder.glob("kubernetes/*.yaml")):
        configuration, deployment, service = yaml.safe_load_all(file.read_text())
        assert [each["kind"] for each in (configuration, deployment, service)] == ["ConfigMap", "Deployment", "Service"]
        template = deployment["spec"]["template"]
        assert (
            template["metadata"]["labels"]
            == deployment["spec"]["selector"]["matchLabels"]
            == service["spec"]["selector"]
        )
        (container,) = template["spec"]["containers"]
        assert container["command"][1].startswith(container["volumeMounts"][0]["mountPath"])
        assert Path(container["command"][1]).name in configuration["data"]
    text = yaml.safe_load_all((folder / "kubernetes/pgbouncer.yaml").read_text())
    assert next(iter(text))["data"]["pgbouncer.ini"].strip() == FILES["pgbouncer/pgbouncer.ini"].strip()


def test_a_name_that_no_file_can_hold_is_refused() -> None:
    plan = replace(planned(busy_shop()), database="a\n[pgbouncer]\nauth_type = any")
    with pytest.raises(UserError, match="signs"):
        files(plan)

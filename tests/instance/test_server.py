import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import platformdirs
import psycopg
import pytest

from pgclinic.instance import Binaries, Instance, binaries_for, find_binaries, start, storage, sweep
from pgclinic.instance.account import Account
from pgclinic.model.errors import UserError

pytestmark = pytest.mark.server

_OWNER = """
import sys, time
from pgclinic.instance import binaries_for, start
instance = start(binaries_for(18))
print(instance.socket_directory, flush=True)
if sys.argv[1:] == ["keep"]:
    instance.detach()
else:
    time.sleep(60)
"""


def _owner(*arguments: str) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen([sys.executable, "-c", _OWNER, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    directory = Path(process.stdout.readline().strip())
    process.stdout.close()
    return process, directory


def _gone_within(directory: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not directory.exists()


def test_a_server_starts_answers_and_leaves_nothing_behind() -> None:
    with start(binaries_for(18), settings={"work_mem": "7MB"}) as instance:
        with psycopg.connect(instance.conninfo()) as connection:
            assert connection.execute("show work_mem").fetchone() == ("7MB",)
            assert connection.execute("show listen_addresses").fetchone() == ("",)
        assert instance.socket_directory.stat().st_mode & 0o077 == 0
    assert not instance.socket_directory.exists()


def test_the_superuser_needs_the_password() -> None:
    with start(binaries_for(18)) as instance, pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(instance.conninfo(user="pgclinic_superuser", password="guess"))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_with_its_owner_however_that_ends(how: signal.Signals) -> None:
    process, directory = _owner()
    assert directory.is_dir()
    process.send_signal(how)
    process.wait()
    assert _gone_within(directory, 10)


def test_a_kept_server_outlives_its_owner_and_a_sweep_until_it_is_stopped() -> None:
    process, directory = _owner("keep")
    process.wait()
    sweep()
    pid = int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGINT)
    assert _gone_within(directory, 10)


def test_the_directory_of_a_vanished_owner_is_swept() -> None:
    with start(binaries_for(18)) as living:
        abandoned = living.socket_directory.with_name("abandoned_test")
        abandoned.mkdir(exist_ok=True)
        (abandoned / "owner.lock").touch()
        assert abandoned in sweep() or not abandoned.exists()
        assert living.socket_directory.exists()


def test_every_installation_is_found_once_newest_first() -> None:
    found = find_binaries()
    assert {18, 17, 15} <= {binaries.major for binaries in found}
    assert list(found) == sorted(found, key=lambda binaries: -binaries.version_num)
    assert len({binaries.version for binaries in found}) == len(found)


def test_the_own_major_is_chosen_else_the_nearest() -> None:
    assert binaries_for(15).major == 15
    assert binaries_for(99).major == max(binaries.major for binaries in find_binaries())


def test_an_installation_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("postgres", "initdb"):
        (tmp_path / program).write_text("#!/bin/sh\nexit 3\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PGCLINIC_POSTGRES", str(tmp_path))
    find_binaries.cache_clear()
    try:
        assert tmp_path not in {binaries.directory for binaries in find_binaries()}
    finally:
        find_binaries.cache_clear()


def test_the_programs_are_copied_where_the_servers_account_cannot_read_them(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root runs servers under another account")
    original = binaries_for(18)
    package = tmp_path / original.directory.parent.parent.name
    subprocess.run(["cp", "-a", original.directory.parent.parent, package], check=True)
    libraries = original.directory.parent.parent.with_name(package.name + ".libs")
    if libraries.is_dir():
        subprocess.run(["cp", "-a", libraries, package.with_name(libraries.name)], check=True)
    tmp_path.chmod(0o700)
    hidden = Binaries(package / "pginstall" / "bin", original.version_num, original.version, "a closed folder")
    with start(hidden) as instance, psycopg.connect(instance.conninfo()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_a_folder_that_cannot_hold_servers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # Not in tmp_path: under a long path sockets cannot be made, and the temporary folder is taken instead.
    with tempfile.NamedTemporaryFile(prefix="clinic", dir="/tmp") as file:
        monkeypatch.setenv("PGCLINIC_CACHE", file.name)
        with pytest.raises(UserError, match="PGCLINIC_CACHE") as caught:
            start(binaries_for(18))
        assert "\n" not in str(caught.value)
        assert file.name in str(caught.value)


def test_a_folder_of_ones_own_holds_servers_even_for_root(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="clinic", dir="/tmp") as own:
        Path(own).chmod(0o755)
        monkeypatch.setenv("PGCLINIC_CACHE", own)
        with start(binaries_for(18)) as instance:
            assert instance.socket_directory.is_relative_to(own)


def test_a_closed_home_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="clinic", dir="/tmp") as spare:
        Path(spare).chmod(0o755)
        monkeypatch.delenv("PGCLINIC_CACHE", raising=False)
        monkeypatch.setattr(tempfile, "tempdir", spare)
        monkeypatch.setattr(platformdirs, "user_cache_dir", lambda _: "/proc/nowhere")
        monkeypatch.setattr(storage, "server_account", lambda: Account(os.geteuid(), os.getegid(), "", is_other=False))
        assert storage.home().is_relative_to(spare)


@pytest.mark.server
def test_the_variables_for_a_server_of_the_user_s_lead_nobody_elsewhere(
    monkeypatch: pytest.MonkeyPatch, server: Callable[[int], Instance], tmp_path: Path
) -> None:
    services = tmp_path / "services"
    services.write_text("[theirs]\nhost=elsewhere.invalid\nhostaddr=127.0.0.1\nuser=x\noptions=-c work_mem=1234kB\n")
    variables = {
        "PGHOSTADDR": "127.0.0.1",
        "PGHOST": "elsewhere.invalid",
        "PGOPTIONS": "-c default_transaction_read_only=on",
        "PGTARGETSESSIONATTRS": "read-only",
        "PGCHANNELBINDING": "require",
        "PGSSLMODE": "verify-full",
        "PGREQUIREPEER": "nobody-like-that",
        "PGSERVICE": "theirs",
        "PGSERVICEFILE": str(services),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    instance = server(18)
    with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
        assert connection.info.host == str(instance.socket_directory)
        row = connection.execute("select current_setting('default_transaction_read_only'), current_setting('work_mem')")
        assert row.fetchone() == ("off", "4MB")

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from uuid import uuid4

import pytest

from conftest import ROOT
from pgclinic_runtime.batches.spool import Spool, SpoolInUseError, SpoolMismatchError


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.spool"))


def reopened(folder: Path, purpose: str = "calls") -> list[bytes]:
    spool = Spool(folder, purpose)
    left = [group.data for group in spool.open()]
    spool.close()
    return left


def test_what_was_kept_and_not_forgotten_is_there_again_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "calls")
    assert spool.open() == ()
    keys = [uuid4() for _ in range(4)]
    for number, key in enumerate(keys):
        spool.keep(key, b"%d" % number)
    spool.forget(keys[1])
    spool.close()
    assert reopened(tmp_path) == [b"0", b"2", b"3"]


def test_files_go_when_all_their_groups_are_in_the_database(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "calls", segment_bytes=1)
    spool.open()
    keys = [uuid4() for _ in range(3)]
    for key in keys:
        spool.keep(key, b"row")
    assert len(files(tmp_path)) == 3
    spool.forget(keys[0])
    assert files(tmp_path) == ["000000000002.spool", "000000000003.spool"]
    spool.forget(keys[1])
    spool.forget(keys[2])
    spool.close()
    assert files(tmp_path) == []


def test_new_groups_never_follow_a_torn_tail(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "calls")
    spool.open()
    spool.keep(uuid4(), b"whole")
    spool.keep(uuid4(), b"torn")
    spool.close()
    (path,) = tmp_path.glob("*.spool")
    path.write_bytes(path.read_bytes()[:-3])
    again = Spool(tmp_path, "calls")
    assert [group.data for group in again.open()] == [b"whole"]
    again.keep(uuid4(), b"new")
    again.close()
    assert reopened(tmp_path) == [b"whole", b"new"]


def test_one_writer_at_a_time_holds_a_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "calls")
    spool.open()
    with pytest.raises(SpoolInUseError, match=str(tmp_path)):
        Spool(tmp_path, "calls").open()
    spool.close()
    assert reopened(tmp_path) == []


def test_rows_of_another_target_are_left_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "calls")
    spool.open()
    spool.keep(uuid4(), b"row")
    spool.close()
    with pytest.raises(SpoolMismatchError, match="rows for calls"):
        Spool(tmp_path, "leads").open()
    assert reopened(tmp_path) == [b"row"]


def test_a_full_disk_refuses_the_group_and_the_next_one_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, "calls")
    spool.open()
    spool.keep(uuid4(), b"before")

    def refuse(_file: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="No space"):
            spool.keep(uuid4(), b"refused")
    spool.keep(uuid4(), b"after")
    spool.close()
    assert reopened(tmp_path) == [b"before", b"after"]


HEADER = 22  # bytes of a file before its first group, with the purpose "calls"
DONE = 25


def acknowledged_on_a_full_disk(folder: Path, scenario: str, room: int) -> list[bytes]:
    client = [sys.executable, str(ROOT / "tests" / "full_disk.py"), str(folder), scenario, str(room)]
    ran = subprocess.run(client, capture_output=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (-signal.SIGKILL, b"")
    return ran.stdout.splitlines()


@pytest.mark.parametrize("room", [0, 4, 8, 12, HEADER, HEADER + 10])
def test_a_file_that_cannot_be_begun_takes_no_group(tmp_path: Path, room: int) -> None:
    told = acknowledged_on_a_full_disk(tmp_path, "begin", room)
    assert told == [b"after 1", b"after 2"]
    assert reopened(tmp_path) == told


@pytest.mark.parametrize("room", [0, 1, 10, DONE - 1, DONE, DONE + 10])
def test_nothing_follows_a_torn_record_of_a_full_disk(tmp_path: Path, room: int) -> None:
    told = acknowledged_on_a_full_disk(tmp_path, "forget", room)
    assert told[:2] == [b"before", b"between"]
    assert told[-2:] == [b"after 1", b"after 2"]
    left = reopened(tmp_path)
    assert [data for data in left if data != b"forgotten"] == told
    assert left.count(b"forgotten") == (room < DONE), "it is offered to the ledger once more"


def test_a_file_whose_name_may_not_be_on_disk_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, "calls")
    spool.open()

    def refuse(_file: int) -> None:
        raise OSError(5, "Input/output error")

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refuse)
            with pytest.raises(OSError, match="Input/output"):
                spool.keep(uuid4(), b"refused")
        assert files(tmp_path) == []
    spool.keep(uuid4(), b"after")
    spool.close()
    assert reopened(tmp_path) == [b"after"]


def test_a_part_that_cannot_be_cut_off_again_ends_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, "calls")
    spool.open()
    done = uuid4()
    spool.keep(uuid4(), b"before")
    spool.keep(done, b"forgotten")
    write = os.write

    def write_some(file: int, data: bytes) -> int:
        if len(data) < DONE:
            raise OSError(28, "No space left on device")
        return write(file, data[:10])

    def refuse(_file: int, _size: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_some)
        patch.setattr(os, "ftruncate", refuse)
        spool.forget(done)
    spool.keep(uuid4(), b"after")
    spool.close()
    assert len(files(tmp_path)) == 2
    assert reopened(tmp_path) == [b"before", b"forgotten", b"after"]


def test_whoever_closes_and_however_often_what_was_kept_is_there(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "calls")
    spool.open()
    told: list[bytes] = []
    some_kept = threading.Event()

    def keep() -> None:
        with contextlib.suppress(RuntimeError):
            while True:
                data = b"%d" % len(told)
                spool.keep(uuid4(), data)
                told.append(data)
                some_kept.set()

    threads = [threading.Thread(target=keep), *(threading.Thread(target=spool.close) for _ in range(3))]
    threads[0].start()
    assert some_kept.wait(60)
    for thread in threads[1:]:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    spool.close()
    with pytest.raises(RuntimeError, match="not open"):
        spool.keep(uuid4(), b"too late")
    assert reopened(tmp_path) == told

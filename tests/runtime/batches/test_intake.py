import contextlib
from collections import deque
from collections.abc import Sequence

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclinic_runtime.batches.blocks import block_of, lines_of
from pgclinic_runtime.batches.errors import CommitLostError, GroupFailedError
from pgclinic_runtime.batches.intake import Batch, Intake, Part, encoded, join
from pgclinic_runtime.batches.retrying import Attempts, Outage, Retries
from pgclinic_runtime.grouping import Limits

ROW = block_of([b"row"])


@given(
    sizes=st.lists(st.lists(st.integers(0, 20), max_size=12), max_size=12),
    rows=st.integers(1, 9),
    most=st.integers(1, 60),
    together=st.integers(1, 50),
)
def test_rows_come_out_in_order_in_groups_as_large_as_may_be(
    sizes: list[list[int]], rows: int, most: int, together: int
) -> None:
    intake = Intake(Limits(rows=rows, bytes=together, seconds=5), most)
    accepted, out, parts = [], [], []
    taken = {}

    def take() -> None:
        while batch := intake.next(0):
            lines = taken[batch] = lines_of(batch.blocks)
            out.extend(lines)
            assert len(lines) <= rows
            assert sum(len(line) + 1 for line in lines[:-1]) < together
            intake.decided(batch)

    for number, some in enumerate(sizes):
        if not intake.has_room():
            intake.close()
            take()
        assert intake.has_room()
        lines = [b"%d" % number * size for size in some]
        for batch, start, stop in intake.add(block_of(lines), 0) if lines else ():
            parts.append((batch, start, stop))
            assert batch in intake.undecided()
        accepted += lines
    intake.close()
    take()
    assert out == accepted
    assert [line for batch, start, stop in parts for line in taken[batch][start:stop]] == accepted
    assert not intake.undecided()


def test_a_group_is_due_by_age() -> None:
    intake = Intake(Limits(rows=10, bytes=100, seconds=2), 1000)
    assert intake.waits(0) is None
    intake.add(ROW, 5)
    assert intake.waits(6) == 1
    assert intake.next(6.9) is None
    assert [*intake.next(7).blocks] == [ROW]
    assert intake.waits(7) is None


def test_who_has_nothing_to_write_takes_an_eighth_of_a_group_but_no_few_rows() -> None:
    for most, enough in ((4_000, 500), (200, 100)):
        intake = Intake(Limits(rows=most, seconds=60), 1_000_000)
        assert intake.wakes(ROW)  # the first one: its age counts from now
        intake.add(block_of([b"row"] * (enough - 2)), 0)
        assert not intake.wakes(ROW)
        intake.add(ROW, 0)
        assert intake.next(0) is None
        assert intake.wakes(ROW)
        intake.add(ROW, 0)
        batch = intake.next(0)
        assert batch is not None
        assert len(lines_of(batch.blocks)) == enough
    intake.add(block_of([b"row"] * 350), 0)  # while that one is written
    assert [len(lines_of(batch.blocks)) for batch in iter(lambda: intake.next(0), None)] == [200, 150]


def test_delays_double_up_to_the_longest_and_are_spread() -> None:
    retries = Retries(first=0.1, longest=1, seconds=9)
    assert [retries.delay(attempt, 1) for attempt in range(6)] == [0, 0.1, 0.2, 0.4, 0.8, 1]
    assert retries.delay(3, 0) == 0.2
    assert retries.delay(10_000, 1) == 1


def test_an_outage_is_too_long_after_its_time_unless_there_is_a_spool() -> None:
    outage = Outage(Retries(seconds=10))
    assert not outage.is_too_long(100, forever=False)
    assert not outage.is_too_long(109, forever=False)
    assert outage.is_too_long(110, forever=False)
    assert not outage.is_too_long(200, forever=True)
    outage.end()
    assert not outage.is_too_long(200, forever=False)


def test_attempts_end_with_what_does_not_pass_and_remember_a_lost_commit() -> None:
    attempts = Attempts(Outage(Retries(first=0.1, seconds=10)))
    attempts.failed(OSError("away"), 0, forever=False)
    assert (attempts.is_decided, attempts.wait(1), attempts.wait(1)) == (True, 0, 0.1)
    with pytest.raises(GroupFailedError, match="away") as caught:
        attempts.failed(OSError("away"), 10, forever=False)
    assert caught.value.is_decided
    attempts.failed(CommitLostError("gone"), 10, forever=True)
    with pytest.raises(GroupFailedError, match="no table") as caught:
        attempts.failed(psycopg.errors.UndefinedTable("no table"), 10, forever=True)
    assert not caught.value.is_decided
    broken = GroupFailedError("the target", is_decided=True)
    with pytest.raises(GroupFailedError) as caught:
        attempts.failed(broken, 10, forever=True)
    assert caught.value is broken


def test_a_list_is_encoded_by_as_many_rows_as_are_no_more_bytes() -> None:
    def encode(rows: Sequence[bytes]) -> bytes:
        sizes.append(len(rows))
        return b"".join(row + b"\n" for row in rows)

    for size, most in ((10, 100), (6_000, 10), (1_000_000, 1)):
        sizes: list[int] = []
        blocks = list(encoded(encode, [b"x" * size] * 300))
        assert sum(block.rows for block in blocks) == 300
        assert max(sizes[1:]) == most
        assert sizes[0] == 20
    assert [block.rows for block in encoded(encode, deque([b"a", b"b"]))] == [1, 1]


def test_at_a_row_that_is_none_those_before_it_come_first() -> None:
    def encode(rows: Sequence[int]) -> bytes:
        if 7 in rows:
            raise TypeError("no row")
        return b"".join(b"%d\n" % row for row in rows)

    blocks = []
    with pytest.raises(TypeError, match="no row"):
        blocks.extend(encoded(encode, list(range(30))))
    assert lines_of(blocks) == [b"%d" % number for number in range(7)]


def test_an_error_that_is_no_rows_is_raised_all_the_same() -> None:
    def encode(rows: Sequence[int]) -> bytes:
        if len(rows) > 1:
            raise TimeoutError("from a signal's handler")
        return b"%d\n" % rows[0]

    blocks = []
    with pytest.raises(TimeoutError, match="handler"):
        blocks.extend(encoded(encode, [1, 2]))
    assert lines_of(blocks) == [b"1", b"2"]


@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=9), rows=st.integers(1, 9), at=st.integers(0, 40))
def test_rows_that_an_interruption_lets_in_are_in_their_place(sizes: list[int], rows: int, at: int) -> None:
    class Interrupted(Exception):  # noqa: N818
        pass

    class Interrupting(deque[Batch]):
        """Raises once a change is made: the worst moment."""

        left = at

        def append(self, batch: Batch) -> None:
            super().append(batch)
            self.left -= 1
            if not self.left:
                raise Interrupted

    intake = Intake(Limits(rows=rows, seconds=60), 10**6)
    intake._batches = Interrupting(intake._batches)
    parts: list[Part] = []
    told = []
    for number, size in enumerate(sizes):
        lines = [b"%d" % number] * size
        with contextlib.suppress(Interrupted):
            parts += intake.add(block_of(lines), 0)
            told += lines
    with contextlib.suppress(Interrupted):
        intake.close()
    out = {batch: lines_of(batch.blocks) for batch in iter(lambda: intake.next(0), None)}
    assert [line for batch, start, stop in parts for line in out[batch][start:stop]] == told
    assert max(map(len, out.values())) <= rows
    for batch in out:
        intake.decided(batch)
    assert not intake.undecided()
    assert intake.has_room()


def test_parts_with_rows_of_others_between_them_stay_apart() -> None:
    intake = Intake(Limits(rows=10, seconds=60), 1000)
    parts: list[Part] = []
    join(parts, intake.add(ROW, 0))
    intake.add(ROW, 0)
    join(parts, intake.add(ROW, 0))
    join(parts, intake.add(ROW, 0))
    assert [part[1:] for part in parts] == [(0, 1), (2, 4)]


def test_groups_of_one_row_take_as_many_as_there_are() -> None:
    intake = Intake(Limits(rows=1, seconds=60), 10**6)
    assert len(intake.add(block_of([b"row"] * 5_000), 0)) == 5_000

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclinic_runtime.grouping import Group, Limits


def test_a_group_is_full_by_count_bytes_or_age() -> None:
    limits = Limits(rows=3, bytes=100, seconds=5)
    by_count, by_bytes, by_age = (Group[str](limits) for _ in range(3))
    for _ in range(3):
        assert not by_count.is_full(now=0)
        by_count.add("row", 1, 1, now=0)
    assert by_count.is_full(now=0)
    by_bytes.add("long", 1, 100, now=0)
    assert by_bytes.is_full(now=0)
    by_age.add("row", 1, 1, now=10)
    assert not by_age.is_full(now=14.9)
    assert by_age.is_full(now=15)


def test_an_empty_group_is_never_full() -> None:
    group = Group[int](Limits(seconds=0))
    assert not group.is_full(now=1e9)
    assert group.waits(now=1e9) == float("inf")


@given(st.lists(st.integers(1, 50)), st.integers(1, 7), st.integers(1, 120))
def test_every_row_comes_out_once_in_order_and_no_group_is_over_its_limits(
    sizes: list[int], rows: int, size: int
) -> None:
    limits, written = Limits(rows=rows, bytes=size, seconds=60), []
    group = Group[int](limits)
    for number, each in enumerate(sizes):
        group.add(number, 1, each, now=0)
        if group.is_full(now=0):
            assert group.rows <= rows
            assert group.bytes - each < size
            assert group.rows == len(group.given)
            written.extend(group.given)
            group = Group[int](limits)
    assert [*written, *group.given] == list(range(len(sizes)))


@pytest.mark.parametrize("limits", [{"rows": 0}, {"bytes": 0}, {"seconds": -1}])
def test_senseless_limits_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one row"):
        Limits(**limits)

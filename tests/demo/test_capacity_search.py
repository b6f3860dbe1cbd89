"""The search for the highest rate, against services that give way at a known one."""

import pytest

from pgclinic.demo.capacity_search import rates


def tried(bears: float, *, start: float = 1.0) -> list[tuple[float, bool]]:
    search, found = rates(start), []
    rate = next(search)
    while True:
        held = rate <= bears
        found.append((rate, held))
        try:
            rate = search.send(held)
        except StopIteration:
            return found


@pytest.mark.parametrize("bears", [0.3, 1.0, 7.3, 40.0, 911.0])
def test_finds_the_highest_rate_within_its_precision(bears: float) -> None:
    highest = max(rate for rate, held in tried(bears) if held)
    assert bears / 1.15 <= highest <= bears


@pytest.mark.parametrize("start", [0.5, 8.0, 300.0])
def test_begins_anywhere(start: float) -> None:
    highest = max(rate for rate, held in tried(25.0, start=start) if held)
    assert 25.0 / 1.15 <= highest <= 25.0


def test_a_service_that_bears_nothing_ends_the_search() -> None:
    assert not any(held for _, held in tried(0.0))


def test_needs_few_runs() -> None:
    assert len(tried(100.0, start=10.0)) <= 9

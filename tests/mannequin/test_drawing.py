"""Columns drawn from statistics: frequencies, counts, order, types and keys."""

from datetime import datetime
from uuid import UUID

import numpy as np
import pytest

from pgclinic.mannequin.drawing import NULL, Drawn, Wanted, draw, draw_from, wanted_of
from pgclinic.mannequin.keys import deal, first_of_each
from pgclinic.mannequin.ladder import known_of, ladder
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.sql.arrays import parse_array, write_array

CLOCK = "2026-11-27T08:00:00+00:00"
ROWS = 20_000


def statistics(**fields: object) -> ColumnStatistics:
    return ColumnStatistics(relation=1, column="c", **fields)  # type: ignore[arg-type]


def drawn(
    row: ColumnStatistics | None, type_name: str = "integer", *, is_unique: bool = False, seed: str = "1"
) -> Drawn:
    wanted = wanted_of(row, ROWS, is_unique=is_unique, is_nullable=True)
    return draw(known_of(type_name, row, CLOCK), wanted, np.random.default_rng(7), seed, is_unique=is_unique)


def counted(column: Drawn) -> dict[str | None, int]:
    values, counts = np.unique(column.codes, return_counts=True)
    return {
        None if value == NULL else column.texts[value]: count
        for value, count in zip(values.tolist(), counts.tolist(), strict=True)
    }


def test_common_values_nulls_and_the_number_of_values_are_met_exactly() -> None:
    row = statistics(
        null_frac=0.25,
        n_distinct=102,
        most_common_vals="{7,-3}",
        most_common_freqs=(0.3, 0.2),
        histogram_bounds=write_array(map(str, range(100, 1101, 10))),
    )
    found = counted(drawn(row))
    assert (found[None], found["7"], found["-3"]) == (5000, 6000, 4000)
    assert len(found) == 103
    rest = [count for value, count in found.items() if value not in {None, "7", "-3"}]
    assert sum(rest) == 5000
    assert max(rest) - min(rest) <= 1
    assert all(100 <= int(value) <= 1100 for value in found if value not in {None, "7", "-3"})


@pytest.mark.parametrize("correlation", [-1.0, -0.7, 0.0, 0.4, 0.95, 1.0])
def test_the_physical_order_has_the_correlation_that_was_found(correlation: float) -> None:
    row = statistics(n_distinct=-1, correlation=correlation, histogram_bounds="{1,100000}")
    codes = drawn(row).codes
    assert np.corrcoef(np.arange(ROWS), codes)[0, 1] == pytest.approx(correlation, abs=0.04)


def test_a_unique_column_is_unique_even_where_its_histogram_has_no_room() -> None:
    row = statistics(n_distinct=-1, histogram_bounds="{5,6,7}", correlation=1.0)
    assert len(set(drawn(row, is_unique=True).codes.tolist())) == ROWS


def test_a_dense_key_comes_back_as_it_was() -> None:
    bounds = write_array(str(1 + round(place * (ROWS - 1) / 100)) for place in range(101))
    column = drawn(statistics(n_distinct=-1, histogram_bounds=bounds, correlation=1.0), is_unique=True)
    assert column.texts == [str(number) for number in range(1, ROWS + 1)]
    assert (np.diff(column.codes) == 1).all()


def test_the_same_seed_draws_the_same() -> None:
    row = statistics(n_distinct=50, histogram_bounds=write_array(f"value {n}" for n in range(20)))
    one, other = drawn(row, "text"), drawn(row, "text")
    assert one.texts == other.texts
    assert (one.codes == other.codes).all()


@pytest.mark.parametrize(
    ("type_name", "low", "high", "read"),
    [
        ("smallint", "-100", "30000", int),
        ("numeric(10,2)", "1.50", "99.25", float),
        ("double precision", "0.5", "7.25", float),
        ("date", "2024-02-28", "2026-03-01", datetime.fromisoformat),
        ("timestamp with time zone", "2026-01-01 00:00:00+00", "2026-11-01 12:30:00.5+00", datetime.fromisoformat),
        ("uuid", "00000000-0000-4000-8000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff", UUID),
    ],
)
def test_values_between_two_bounds_lie_between_them(type_name: str, low: str, high: str, read: type) -> None:
    known = known_of(type_name, statistics(histogram_bounds=write_array((low, high))), CLOCK)
    found = ladder(known, 500, "1")
    numbers = [read(value) for value in found]
    assert len(set(found)) == 500
    assert numbers == sorted(numbers)
    assert read(low) <= numbers[0]
    if type_name != "uuid":
        assert numbers[-1] <= read(high)


def test_texts_are_as_long_as_the_known_ones_and_never_longer_than_their_type() -> None:
    bounds = write_array(f"customer number {place:03}" for place in range(50))
    found = ladder(known_of("character varying(20)", statistics(histogram_bounds=bounds), CLOCK), 5000, "1")
    assert len(set(found)) == 5000
    assert {len(value) for value in found} == {19}
    short = ladder(known_of("character(3)", statistics(histogram_bounds="{abc,xyz}"), CLOCK), 1000, "1")
    assert len(set(short)) == 1000
    assert max(map(len, short)) == 3


def test_without_values_there_are_as_many_and_as_wide_ones() -> None:
    row = statistics(n_distinct=40, avg_width=33, most_common_freqs=(0.5, 0.25))
    column = drawn(row, "text")
    found = counted(column)
    assert len(found) == 40
    assert sorted(found.values())[-2:] == [5000, 10000]
    assert {len(value) for value in column.texts} == {32}
    days = drawn(statistics(n_distinct=10), "date")
    assert all(datetime.fromisoformat(day) for day in days.texts)


def test_arrays_hold_the_common_elements_as_often_as_they_are() -> None:
    row = statistics(
        n_distinct=-0.5,
        most_common_elems="{blue,green,red}",
        most_common_elem_freqs=(0.2, 0.4, 0.9, 0.2, 0.9, 0.0),
        elem_count_histogram=(1.0, 1.0, 2.0, 2.0, 1.5),
    )
    column = drawn(row, "text[]")
    arrays = [parse_array(text) for text in column.texts]
    assert {element for each in arrays for element in each} == {"blue", "green", "red"}
    assert {len(each) for each in arrays} == {1, 2}


def test_labels_booleans_and_unknown_types_have_only_values_that_they_have() -> None:
    known = known_of(
        "mood", statistics(n_distinct=3, histogram_bounds="{sad,ok,happy}"), CLOCK, labels=("sad", "ok", "happy")
    )
    assert ladder(known, 10, "1") == ["sad", "ok", "happy"]
    assert ladder(known_of("boolean", None, CLOCK), 10, "1") == ["f", "t"]
    assert ladder(known_of("shape", None, CLOCK), 10, "1") == []
    assert (drawn(None, "shape").codes == NULL).all()


def test_references_hit_the_keys_with_the_skew_of_their_own() -> None:
    keys = [str(number) for number in range(10, 20_010, 10)]
    row = statistics(
        n_distinct=300,
        most_common_vals="{500,77}",
        most_common_freqs=(0.4, 0.1),
        histogram_bounds=write_array(map(str, range(1000, 5001, 40))),
    )
    wanted = wanted_of(row, ROWS, is_unique=False, is_nullable=False)
    codes = draw_from(keys, known_of("integer", row, CLOCK), wanted, np.random.default_rng(1), is_unique=False)
    found = counted(Drawn(keys, codes))
    assert found["500"] == 8000
    assert found["80"] == 2000, "the key next to a common value that is none"
    assert len(found) == pytest.approx(300, abs=3)
    others = [int(value) for value in found if value not in {"500", "80", None}]
    assert (min(others), max(others)) == (pytest.approx(1000, abs=20), pytest.approx(5000, abs=20))


def test_a_reference_that_is_unique_uses_no_key_twice() -> None:
    keys = [str(number) for number in range(300)]
    wanted = Wanted(rows=250, nulls=0, distinct=250, correlation=None)
    codes = draw_from(keys, known_of("integer", None, CLOCK), wanted, np.random.default_rng(1), is_unique=True)
    assert len(set(codes.tolist())) == 250


def test_a_key_of_several_columns_is_dealt_out_without_changing_any_column() -> None:
    random = np.random.default_rng(3)
    days, slots, people = (random.permutation(np.repeat(np.arange(n), 2880 // n)) for n in (90, 8, 4))
    dealt = deal([days, slots], 1, random)
    assert (np.sort(dealt) == np.sort(slots)).all()
    last = deal([days, dealt, people], 2, random)
    assert first_of_each([days, dealt, last]).all()


def test_rows_whose_key_has_a_null_may_stay() -> None:
    codes = np.array([1, 1, NULL, NULL], dtype=np.int64)
    assert first_of_each([codes]).tolist() == [True, False, True, True]

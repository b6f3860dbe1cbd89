from typing import Any

import pytest

from pgclinic.model.names import RelationName
from pgclinic.sql.shape import reading_of
from pgclinic.sql.sources import CatalogRelation
from pgclinic.sql.wrapping import Wrapping, cast_type, is_like, optional_columns, starts_with_wildcard, wrapping_of

CALLS = CatalogRelation(RelationName("public", "calls"), ("id", "phone", "city", "at"))


def _resolve(_schema: str, name: str) -> CatalogRelation | None:
    return CALLS if name == "calls" else None


def _reading(sql: str) -> Any:
    return reading_of(sql, _resolve)


@pytest.mark.parametrize(
    ("condition", "wrapping"),
    [
        ("date(at) = $1", Wrapping("function", "date")),
        ("at::date = $1", Wrapping("cast", "date")),
        ("lower(phone) = $1", Wrapping("function", "lower")),
        ("coalesce(city, $2) = $1", Wrapping("function", "coalesce")),
        ("id + $2 = $1", Wrapping("arithmetic", "+")),
        ("id::text = $1", Wrapping("cast", "text")),
        ("id = $1", None),
        ("extract($2 from at) = $1", None),
        ("count(id) > $1", None),
    ],
)
def test_what_stands_around_a_column(condition: str, wrapping: Wrapping | None) -> None:
    comparison = _reading(f"select * from calls where {condition}").comparisons[0]
    assert wrapping_of(comparison.side) == wrapping


@pytest.mark.parametrize(
    ("pattern", "leads"),
    [
        ("'%' || $1", True),
        ("'%ann%'", True),
        ("'_nn'", True),
        ("$2 || $1 || $3", True),
        ("concat($2, $1)", True),
        ("$1", False),
        ("'ann%'", False),
        ("$1 || $2", False),
        ("''", False),
    ],
)
def test_a_pattern_that_begins_with_a_wildcard(pattern: str, *, leads: bool) -> None:
    comparison = _reading(f"select * from calls where phone ilike {pattern}").comparisons[0]
    assert is_like(comparison)
    assert starts_with_wildcard(comparison.other) == leads


@pytest.mark.parametrize(
    ("condition", "columns"),
    [
        ("$1 is null or phone = $1", ["phone"]),
        ("phone = $1 or $1::text is null", ["phone"]),
        ("($1::text is null or phone = $1) and ($2::text is null or city like $2)", ["phone", "city"]),
        ("city = coalesce($1, city)", ["city"]),
        ("city is null or city = $1", []),
        ("phone = $1 or city = $2", []),
        ("city = coalesce(phone, city)", []),
    ],
)
def test_filters_that_may_be_off(condition: str, columns: list[str]) -> None:
    reading = _reading(f"select * from calls where {condition}")
    assert [column for _, column in optional_columns(reading)] == columns


def test_a_cast_of_the_value() -> None:
    comparison = _reading("select * from calls where id = $1::numeric").comparisons[0]
    assert cast_type(comparison.other) == "numeric"
    assert comparison.is_bare
    assert comparison.is_constant

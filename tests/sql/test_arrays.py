from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgclinic.sql.arrays import parse_array, write_array

if TYPE_CHECKING:
    from conftest import Database

_TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)


@given(st.lists(st.none() | _TEXTS))
def test_what_is_written_is_read_again(elements: list[str | None]) -> None:
    assert parse_array(write_array(elements)) == tuple(elements)


@pytest.mark.server
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(elements=st.lists(st.none() | _TEXTS, min_size=1))
def test_postgresql_writes_what_we_read_and_reads_what_we_write(
    database: "Database", elements: list[str | None]
) -> None:
    ((theirs, ours),) = database.execute("select %s::text[]::text, %s::text[]", [elements, write_array(elements)])
    assert parse_array(theirs) == tuple(elements)
    assert ours == elements


@pytest.mark.parametrize("text", ["", "{", "a,b", "{{a},{b}}", '{"a}', '{"a"b}'])
def test_what_is_no_array_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="array"):
        parse_array(text)

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclinic_runtime.guard.shapes import shape

SAME = [
    ("select * from calls where id = 1", "SELECT  *\nfrom calls where ID = $1 -- one"),
    ("select 1 in (1, 2, 3)", "select %s in ( %(a)s )"),
    ("insert into t values (1, 'a'), (2, 'b'), (3, 'c')", "insert into t values (?, 'x')".replace("?", "0")),
    ("select 'it''s'", "select E'it\\'s'"),
    ("select $tag$ ' $x$ $tag$", "select 'dollar'"),
    ("select /* a /* nested */ comment */ 1", "select 1.5e-3"),
    ("select x'ff', U&'a'", "select b'1', n'a'"),
    ("select a from t where b = :name", "select a from t where b = 'x'"),
]
DIFFERENT = [
    ("select a from t", "select b from t"),
    ('select "A"', 'select "a"'),
    ("select 1", "select a"),
    ("select a[1]", "select a"),
    ("select '1'::int", "select '1'::text"),
    ("select t1.a", "select t2.a"),
]
PIECES = st.sampled_from(
    ["'", '"', "$$", "$a$", "/*", "*/", "--", "\n", "\\", "E'", "(", ")", ",", "1", "a", " ", "%s", ":"]
)


@pytest.mark.parametrize(("first", "second"), SAME)
def test_values_lists_spaces_and_comments_make_no_other_shape(first: str, second: str) -> None:
    assert shape(first) == shape(second)


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_names_and_structure_do(first: str, second: str) -> None:
    assert shape(first) != shape(second)


@given(value=st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_no_value_is_left_in_a_shape(value: str) -> None:
    quoted = value.replace("'", "''")
    assert shape(f"select a from t where b = '{quoted}' and c") == "select a from t where b = ? and c"


@given(pieces=st.lists(PIECES, max_size=60))
def test_any_text_has_a_shape_and_a_shape_is_its_own(pieces: list[str]) -> None:
    assert isinstance(shape("".join(pieces)), str)


@pytest.mark.parametrize(
    "piece", ["'", '"', "$a", "$$ $a$", "/*", "(1,", "E'\\", "--", "1e", "''", "(1),", "$a$ $b$ ", "*/", "\\'", "a."]
)
def test_hostile_text_takes_time_in_proportion(piece: str) -> None:
    shape(piece * 10)
    started = time.process_time()
    shape(piece * 50_000)
    # A quadratic reading would take hours.
    assert time.process_time() - started < 20

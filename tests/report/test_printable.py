import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclinic.report.printable import printable, shortened


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\x1b[31mred\x1b[0m b", "ared b"),
        ("a\x1b]0;owned\x07b", "ab"),
        ("a\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x9b31mb", "ab"),
        ("a\x9d0;owned\x9cb", "ab"),
        ("a\x1bP1$r\x1b\\b", "ab"),
        ("a\x1bcb", "ab"),
        ("a\rb\bc\x00d\x7fe", "a bcde"),
        ("abc\u202edef\u202c\u2066ghi\u2069", "abcdefghi"),
        ("a\u200bb\u200dc\ufeffd\u00ade", "abcde"),
        ("a\U000e0041\U000e0042b", "ab"),
        ("a\u2028b\u2029c\u0085d", "a b c d"),
        ("a\ud800b", "ab"),
        ("a\u3164b\u2800c", "abc"),
        ("é 漢字 👩 ß", "é 漢字 👩 ß"),
        ("[bold]x[/bold] <b>", "[bold]x[/bold] <b>"),
        ("  two\n\n\t lines ", "two lines"),
    ],
)
def test_what_would_act_is_dropped_and_what_is_seen_stays(hostile: str, shown: str) -> None:
    assert printable(hostile) == shown


def test_lines_and_indentation_stay_on_request() -> None:
    assert printable("select 1,\n\t2  \r\n\x1b[2J  from t\n", lines=True) == "select 1,\n    2\n  from t"


@given(text=st.text(), lines=st.booleans())
def test_nothing_that_acts_survives(text: str, *, lines: bool) -> None:
    shown = printable(text, lines=lines)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", shown)
    assert lines or "\n" not in shown
    assert printable(shown, lines=lines) == shown
    shown.encode()


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert shortened("select " + "a, " * 100, 20) == "select a, a, a, a,…"
    assert shortened("select 1", 20) == "select 1"

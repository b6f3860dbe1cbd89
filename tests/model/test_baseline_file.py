"""The baseline file: what is written is read back, by hand or by us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclinic.grading.known import renewed
from pgclinic.model.baseline import Baseline, KnownFinding
from pgclinic.model.baseline_file import read, write
from pgclinic.model.errors import UserError
from pgclinic.model.finding import Finding, Severity
from pgclinic.model.names import ObjectName

_WORD = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=20)
_COMMENT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=30).map(
    lambda text: text.lstrip("#")
)
_ENTRIES = st.lists(
    st.builds(
        KnownFinding,
        fingerprint=st.text("0123456789abcdef", min_size=12, max_size=12),
        severity=st.sampled_from(Severity),
        check=_WORD,
        object=st.text(st.characters(codec="utf-8")),
        comment=_COMMENT,
        above=st.lists(_COMMENT.map(lambda text: f"# {text}".strip()), max_size=2).map(tuple),
    ),
    unique_by=lambda entry: entry.fingerprint,
    max_size=6,
)


@given(_ENTRIES)
def test_what_is_written_is_read_back_whatever_the_objects_are_called(entries: list[KnownFinding]) -> None:
    text = write(Baseline(tuple(entries)))
    again = read(text, "x")
    assert {entry.fingerprint: entry for entry in again.entries} == {entry.fingerprint: entry for entry in entries}
    assert write(again) == text


def test_each_finding_is_one_line_sorted_with_its_comment() -> None:
    entries = (
        KnownFinding(fingerprint="b" * 12, severity=Severity.INFO, check="unused_index", object="index public.a b"),
        KnownFinding(
            fingerprint="c" * 12, severity=Severity.WARNING, check="dead_rows", object="table public.t", comment="a job"
        ),
        KnownFinding(fingerprint="d" * 12, severity=Severity.WARNING, check="dead_rows", object='table public."#\n'),
    )
    assert write(Baseline(entries)).splitlines()[2:] == [
        "",
        r'dddddddddddd  warning   dead_rows  "table public.\"#\n"',
        "cccccccccccc  warning   dead_rows  table public.t  # a job",
        "bbbbbbbbbbbb  info      unused_index  index public.a b",
    ]


def test_a_line_written_by_hand_needs_the_fingerprint_only() -> None:
    text = "\n# old, and gone soon\n\n# why\n0123456789ab\nba9876543210 # because\n"
    first, second = read(text, "x").entries
    assert first == KnownFinding(fingerprint="0123456789ab", above=("# why",))
    assert second == KnownFinding(fingerprint="ba9876543210", comment="because")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dead_rows", "Line 2 of the baseline known.txt does not begin with the fingerprint"),
        ("0123456789ab heavy dead_rows t", "'heavy' is no severity"),
        ('0123456789ab info dead_rows "t', "has no end"),
    ],
)
def test_a_line_that_does_not_fit_is_named(line: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read(f"# x\n{line}\n", "known.txt")


def test_a_baseline_written_anew_keeps_comments_and_what_could_not_be_looked_for() -> None:
    finding = Finding("dead_rows", Severity.NOTICE, ObjectName("table", "t", "public"), "", "")
    kept = KnownFinding(fingerprint=finding.fingerprint, severity=Severity.WARNING, check="dead_rows", comment="why")
    gone = KnownFinding(fingerprint="0" * 12, severity=Severity.INFO, check="dead_rows")
    unseen = KnownFinding(fingerprint="1" * 12, severity=Severity.INFO, check="slow_statement")
    after = renewed(Baseline((kept, gone, unseen)), [finding], ["dead_rows"])
    assert [entry.fingerprint for entry in after.entries] == [finding.fingerprint, unseen.fingerprint]
    assert after.entries[0].comment == "why"
    assert after.entries[0].severity is Severity.NOTICE
    assert after.entries[0].object == "table public.t"

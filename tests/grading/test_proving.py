import pytest

from pgclinic.grading.proving import compare
from pgclinic.model.errors import UserError
from pgclinic.model.proof import Latencies, Run
from pgclinic.verbs.prove import decode_run, encode_run


def _run(*statements: Latencies) -> Run:
    return Run(
        source="test",
        started_at="2026-01-01 00:00:00+00",
        seconds=1,
        connections=1,
        seed=1,
        statements=statements,
        tasks=(),
        overall=Latencies(name="all statements", calls=1, p50_ms=4.0),
    )


def _latencies(name: str, p50: float | None, result: str = "") -> Latencies:
    return Latencies(name=name, calls=9, p50_ms=p50, result_hash=result)


def test_statements_of_both_runs_are_compared_by_name() -> None:
    before = _run(_latencies("b", 10.0), _latencies("a", 6.0), _latencies("gone", 1.0))
    proof = compare(before, _run(_latencies("a", 2.0), _latencies("new", 1.0), _latencies("b", 20.0)))
    assert [(each.name, each.times_faster) for each in proof.statements] == [("a", 3.0), ("b", 0.5)]
    assert proof.overall.times_faster == 1.0


def test_nothing_is_claimed_of_too_few_samples() -> None:
    [known] = compare(_run(_latencies("a", None)), _run(_latencies("a", 2.0))).statements
    assert known.times_faster is None


@pytest.mark.parametrize(
    ("before", "after", "equal"),
    [
        ("p1:aa p2:bb", "p1:aa p2:bb", True),
        ("p1:aa p2:bb", "p2:bb p3:cc", True),
        ("p1:aa p2:bb", "p1:aa p2:xx", False),
        ("p1:aa", "p2:aa", None),
        ("", "p1:aa", None),
        ("", "", None),
    ],
)
def test_results_are_compared_only_where_parameters_are_the_same(before: str, after: str, equal: object) -> None:
    [comparison] = compare(_run(_latencies("a", 1.0, before)), _run(_latencies("a", 1.0, after))).statements
    assert comparison.equal_results is equal


def test_a_run_comes_back_from_its_file() -> None:
    run = _run(_latencies("é", 1.5, "p:1"))
    assert decode_run(encode_run(run)) == run


@pytest.mark.parametrize("document", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"source": 1}', b"x" * 1000])
def test_a_foreign_file_is_no_run(document: bytes) -> None:
    with pytest.raises(UserError, match=r"old\.json is not a measured run"):
        decode_run(document, name="old.json")


def test_a_run_of_another_contract_is_refused() -> None:
    document = encode_run(_run()).replace(b'"contract_version": "1"', b'"contract_version": "99"')
    with pytest.raises(UserError, match="another version"):
        decode_run(document)

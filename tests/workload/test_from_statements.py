from pgclinic.model.counters import StatementCounters
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.workload.from_statements import workload_of


def snapshot(*texts: str) -> Snapshot:
    rows = [
        StatementCounters(queryid=str(number), role="app", text=text, calls=10, rows=20, total_ms=100.0 - number)
        for number, text in enumerate(texts)
    ]
    return Snapshot(
        header=Header(format_version=1, collector="test", clock="2026-01-01T00:00:00+00:00"),
        server=Server(version_num=180000, version="18.0", database="d"),
        statements=tuple(rows),
    )


def test_statements_that_differ_in_constants_are_one() -> None:
    workload = workload_of(snapshot("select * from t where a = $1", "select b from t", "select * from t where a = 7"))
    assert [(each.sql, each.calls, each.total_ms, each.rows) for each in workload.statements] == [
        ("select * from t where a = $1", 20, 198.0, 2.0),
        ("select b from t", 10, 99.0, 2.0),
    ]


def test_utility_statements_are_passed_over_even_when_they_cannot_be_read() -> None:
    workload = workload_of(snapshot("vacuum t", "savepoint $1", "do $1", "/* x */ create table t(a char($1))"))
    assert workload.statements == ()
    assert workload.omissions == ()


def test_a_query_that_cannot_be_read_is_said() -> None:
    workload = workload_of(snapshot("select * from only a b c", "(select 1) union select from from"))
    assert workload.statements == ()
    assert [omission.total_ms for omission in workload.omissions] == [100.0, 99.0]

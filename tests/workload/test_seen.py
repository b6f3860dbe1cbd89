from collections.abc import Iterable

import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.model.workload import Omission, ParameterSet, SeenStatement, Workload, WorkloadStatement
from pgclinic.probes.scope import MARKER
from pgclinic.sql.statements import fingerprint
from pgclinic.verbs.driving import drive
from pgclinic.verbs.prescribe import prescribe
from pgclinic.workload.gathering import MOST_STATEMENTS, OWN_MARKER, blanked, gather
from pgclinic.workload.seen import MOST_SETS, joined

NOTHING = Workload(statements=(), source="")


def executed(sql: str, *values: str | None, ms: float | None = 1.0, **fields: str) -> SeenStatement:
    return SeenStatement(sql=sql, values=values or None, duration_ms=ms, **fields)


def workload_of(seen: Iterable[SeenStatement | Omission]) -> Workload:
    return joined(NOTHING, seen, database="shop", source="the log")


def values_of(statement: WorkloadStatement) -> list[tuple[str | None, ...]]:
    return sorted(each.values for each in statement.parameters)


def test_calls_and_durations_are_counted_and_constants_become_values() -> None:
    workload = workload_of(executed(f"select a from t where b = {n}", ms=n) for n in (1, 2, 2))
    (statement,) = workload.statements
    assert (statement.sql, statement.calls, statement.total_ms) == ("select a from t where b = $1", 3, 5)
    assert values_of(statement) == [("1",), ("2",)]
    assert {each.source for each in statement.parameters} == {"seen"}


def test_the_slowest_and_the_commonest_values_are_among_the_few_that_are_kept() -> None:
    seen = [executed("select a from t where b = $1", str(n), ms=n % 97) for n in range(5000)]
    seen += [executed("select a from t where b = $1", "common")] * 300
    seen += [executed("select a from t where b = $1", "slow", ms=1000)]
    (statement,) = workload_of(seen).statements
    assert len(statement.parameters) == MOST_SETS
    assert statement.parameters[0].values == ("slow",)
    assert statement.parameters[1].values == ("common",)


def test_the_values_kept_are_the_same_on_every_run() -> None:
    seen = [executed("select a from t where b = $1", str(n)) for n in range(1000)]
    first, again = workload_of(seen), workload_of(seen)
    assert first == again


def test_statements_are_apart_by_role_and_the_heaviest_comes_first() -> None:
    seen = [executed("select a from t", role="app"), executed("select a from t", role="report", ms=5)]
    assert [(each.role, each.total_ms) for each in workload_of(seen).statements] == [("report", 5), ("app", 1)]


def test_lists_of_every_length_are_one_statement() -> None:
    seen = [executed(f"select a from t where b in ({', '.join(map(str, range(n)))})") for n in (1, 3, 20)]
    (statement,) = workload_of(seen).statements
    assert statement.sql == "select a from t where b in ($1 /*, ... */)"
    assert sorted(len((each.values[0] or "").split(",")) for each in statement.parameters) == [1, 3, 20]
    assert all(each.lists == {1} for each in statement.parameters)


def test_what_was_not_timed_weighs_nothing_beside_what_was() -> None:
    seen = [executed("select a from t", ms=None), executed("select b from t", ms=3)]
    assert [each.total_ms for each in workload_of(seen).statements] == [3, 0]
    assert [each.total_ms for each in workload_of(seen[:1]).statements] == [None]


def test_other_databases_and_our_own_statements_are_left_out() -> None:
    seen = [
        executed("select a from t", database="shop"),
        executed("select secret from u where k = 'hidden'", database="other"),
        executed("select 1", application="pgclinic"),
        executed(f"{MARKER} select 1"),
        executed("begin"),
        executed("vacuum t"),
    ]
    workload = workload_of(seen)
    assert [each.sql for each in workload.statements] == ["select a from t"]
    assert workload.omissions == (Omission("a statement", "it is of another database", 1.0),)
    assert OWN_MARKER == MARKER


def test_no_text_of_a_workload_holds_a_value_that_was_seen() -> None:
    seen = [
        executed("select a from t where b = 'hidden' and c = 4711"),
        executed("select a from t where b = 'hidden'; select a from t where b = 4711"),
        executed("select a frm t where b = 'hidden' order 4711"),
        executed("select a from t where b = 'hidden"),
        executed("select \x18 from t where b = 'hidden'"),
        executed("create role x password 'hidden'"),
        executed("select a from t where b = $1", "hidden"),
        executed("select a from t where b = 'hidden' and c = 4711", database="other"),
    ]
    for workload in (workload_of(seen), joined(counted("select c from d"), seen, database="shop")):
        texts = [each.sql for each in workload.statements]
        texts += [f"{each.sql} {each.reason}" for each in workload.omissions]
        assert not [text for text in texts if "hidden" in text or "4711" in text]


def counted(*texts: str) -> Workload:
    return Workload(
        statements=tuple(
            WorkloadStatement(fingerprint=fingerprint(sql), name=fingerprint(sql), sql=sql, calls=100, total_ms=50)
            for sql in texts
        ),
        source="pg_stat_statements",
    )


def test_counted_statements_keep_their_weights_and_get_values() -> None:
    known = counted("select a from t where b = $1 and c > $2", "select z from z")
    seen = [executed("SELECT a FROM t WHERE b = 'x' AND c > 5", ms=900), executed("select q from q where r = 's'")]
    workload = joined(known, seen, database="shop", source="the log")
    first, second = workload.statements
    assert (first.calls, first.total_ms, first.sql) == (100, 50, known.statements[0].sql)
    assert first.parameters == (ParameterSet(("x", "5"), "seen", bare=frozenset({2}), written=frozenset({1, 2})),)
    assert second == known.statements[1]
    assert workload.source == "pg_stat_statements, values of the log"
    (omission,) = workload.omissions
    assert omission.sql == "select q from q where r = $1"
    assert "weight is unknown" in omission.reason


def test_a_workload_stays_as_it_is_when_nothing_was_seen() -> None:
    known = counted("select a from t where b = $1")
    assert joined(known, (), database="shop") is known


def test_lists_that_the_server_did_not_squash_get_the_lengths_that_were_seen() -> None:
    known = counted("select a from t where b in ($1, $2, $3) and c = $4")
    seen = [executed(f"select a from t where b in ({ids}) and c = 'x'") for ids in ("1", "1, 2", "1, 2, 3, 4")]
    (statement,) = joined(known, seen, database="shop").statements
    assert statement.sql == "select a from t where b in ($1 /*, ... */) and c = $2"
    assert len(statement.parameters) == 3


def test_memory_is_bounded_by_the_number_of_statements() -> None:
    seen = (executed(f"select a{n} from t") for n in range(MOST_STATEMENTS + 3))
    groups, omissions = gather(seen, database="shop")
    assert len(groups) == MOST_STATEMENTS
    assert [(each.sql, each.total_ms) for each in omissions] == [("a statement, 3 times", 3.0)]


def test_statements_with_equal_blanked_texts_have_equal_fingerprints() -> None:
    pairs = [
        ("select a from t where b = 1", "select a  from t\n where b = -1"),
        ("select a from t where b in (1, 2)", "select a from t where b IN (3)"),
        ("select a from t where b = E'it\\'s'", "select a from t where b = 'x'"),
        ("select a /* request 5 */ from t", "select a from t -- it's 6"),
        ('select "a 1" from t', 'select "a 2" from t'),
        ("select a1 from t", "select a2 from t"),
        ("select a - 1 from t", "select a + 1 from t"),
    ]
    for one, other in pairs:
        assert blanked(one) != blanked(other) or fingerprint(one) == fingerprint(other)


def test_the_log_of_another_database_is_refused_before_anything_is_planned() -> None:
    snapshot = Snapshot(
        header=Header(format_version=1, collector="test", clock="2026-01-01T00:00:00+00:00"),
        server=Server(version_num=180000, version="18.0", database="shop"),
    )
    for seen in (executed("select a from elsewhere"), executed("select a from t", database="other")):
        with pytest.raises(UserError, match="Nothing that was seen uses a table of database shop"):
            drive(prescribe(snapshot, seen=[seen]))

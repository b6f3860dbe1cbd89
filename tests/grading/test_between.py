"""Two visits compared: what lies between them, and what only looks so."""

from typing import Any

import msgspec
import pytest

from pgclinic.grading.between import difference
from pgclinic.grading.between.counting import counted_on
from pgclinic.model.catalog import Column, Extension, Index, IndexDefinition, IndexKey, Policy, Relation, Setting
from pgclinic.model.checkup import Checkup
from pgclinic.model.counters import DatabaseCounters, StatementCounters
from pgclinic.model.difference import Difference, StatementChange, Trend
from pgclinic.model.finding import BlindSpot, Finding, Severity
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive

_SELECT = "select * from orders where id = $1"
_OTHER = "select count(*) from orders"
_MONDAY, _FRIDAY = "2026-11-23T12:00:00+00:00", "2026-11-27T12:00:00+00:00"


def _snapshot(clock: str = _MONDAY, **fields: Any) -> Snapshot:
    server = {"system_identifier": "7", "database_oid": 5, "started_at": "2026-01-01T00:00:00+00:00"}
    server |= fields.pop("server", {})
    counters = {"xact_commit": 100, "statements_reset": "2026-01-01T00:00:00+00:00"} | fields.pop("counters", {})
    return Snapshot(
        header=Header(format_version=1, collector="test", clock=clock),
        server=Server(**{"version_num": 180000, "version": "18.0", "database": "app", **server}),
        database_counters=DatabaseCounters(**counters),
        **fields,
    )


def _statement(text: str, calls: int, mean: float, stddev: float = 0.0) -> StatementCounters:
    return StatementCounters(
        queryid=text, role="app", text=text, calls=calls, total_ms=calls * mean, mean_ms=mean, stddev_ms=stddev
    )


def _between(earlier: Snapshot, later: Snapshot) -> Difference:
    return difference(drive(checkup(earlier)), drive(checkup(later)), earlier, later)


def _trends(found: Difference) -> dict[str, str]:
    return {change.finding.check: change.trend.value for change in found.findings}


def _statements(before: list[StatementCounters], after: list[StatementCounters], **later: Any) -> list[StatementChange]:
    earlier = _snapshot(statements=tuple(before))
    return list(_between(earlier, _snapshot(_FRIDAY, statements=tuple(after), **later)).statements or ())


def test_the_same_snapshot_twice_has_nothing_between() -> None:
    snapshot = _snapshot(statements=(_statement(_SELECT, 100, 2),), settings=(Setting(name="autovacuum", value="off"),))
    found = _between(snapshot, snapshot)
    assert found.findings == ()
    assert found.unchanged == 1
    assert (found.statements, found.sizes, found.settings, found.schema) == ((), (), (), ())
    assert {change.trend for change in found.figures} == {Trend.SAME}
    assert not found.is_worse
    assert found.remarks == ()


def test_a_new_warning_makes_it_worse_and_its_cure_does_not() -> None:
    well, ill = (_snapshot(settings=(Setting(name="autovacuum", value=value),)) for value in ("on", "off"))
    worse, better = _between(well, ill), _between(ill, well)
    assert _trends(worse) == {"autovacuum_off": "new"}
    assert worse.is_worse
    assert _trends(better) == {"autovacuum_off": "cured"}
    assert not better.is_worse


def _with_finding(severity: Severity | None, burden: float = 0.5, **fields: Any) -> Checkup:
    result = drive(checkup(_snapshot()))
    finding = Finding("dead_rows", severity or Severity.INFO, ObjectName("table", "t"), "x", "y", burden=burden)
    return msgspec.structs.replace(result, findings=(finding,) if severity is not None else (), **fields)


@pytest.mark.parametrize(
    ("before", "after", "trend", "is_worse"),
    [
        (None, Severity.NOTICE, Trend.NEW, False),
        (None, Severity.WARNING, Trend.NEW, True),
        (Severity.NOTICE, Severity.WARNING, Trend.WORSE, True),
        (Severity.INFO, Severity.NOTICE, Trend.WORSE, False),
        (Severity.CRITICAL, Severity.WARNING, Trend.BETTER, False),
        (Severity.WARNING, None, Trend.CURED, False),
    ],
)
def test_severities_tell_the_trend(
    before: Severity | None,
    after: Severity | None,
    trend: Trend,
    is_worse: bool,  # noqa: FBT001 - a table of cases
) -> None:
    found = difference(_with_finding(before), _with_finding(after))
    assert [change.trend for change in found.findings] == [trend]
    assert found.is_worse is is_worse


def test_a_burden_tells_the_trend_only_when_it_differs_notably() -> None:
    def trend(before: float, after: float) -> list[Trend]:
        one, other = _with_finding(Severity.NOTICE, before), _with_finding(Severity.NOTICE, after)
        return [change.trend for change in difference(one, other).findings]

    assert trend(0.5, 0.6) == []
    assert trend(0.01, 0.04) == []
    assert trend(0.2, 0.4) == [Trend.WORSE]
    assert trend(0.4, 0.2) == [Trend.BETTER]


def test_what_could_not_be_looked_for_is_neither_new_nor_cured() -> None:
    blind = {"examined": ("unused_index",)}
    appeared = difference(_with_finding(None, **blind), _with_finding(Severity.WARNING))
    assert [change.trend for change in appeared.findings] == [Trend.FIRST_SEEN]
    assert not appeared.is_worse
    vanished = difference(_with_finding(Severity.WARNING), _with_finding(None, **blind))
    assert [change.trend for change in vanished.findings] == [Trend.OUT_OF_SIGHT]
    told = {"examined": (), "blind_spots": (BlindSpot("dead_rows", "no right"),)}
    assert difference(_with_finding(None, **told), _with_finding(Severity.NOTICE)).findings[0].trend is Trend.FIRST_SEEN


def test_a_statement_is_judged_by_its_calls_between_the_visits() -> None:
    (change,) = _statements([_statement(_SELECT, 1000, 1)], [_statement(_SELECT, 1100, 2)])
    assert change.trend is Trend.WORSE
    assert (change.calls_before, change.calls_after) == (1000, 100)
    assert change.mean_before == 1
    assert change.mean_after == pytest.approx(12)
    assert change.times == pytest.approx(12)


def test_after_a_reset_a_statement_is_judged_by_all_its_calls_since() -> None:
    reset = {"counters": {"statements_reset": "2026-11-25T00:00:00+00:00"}}
    (change,) = _statements([_statement(_SELECT, 1000, 1)], [_statement(_SELECT, 1100, 2)], **reset)
    assert (change.calls_after, change.mean_after) == (1100, 2)
    earlier = _snapshot(statements=(_statement(_SELECT, 1000, 1),))
    found = _between(earlier, _snapshot(_FRIDAY, statements=(_statement(_SELECT, 1100, 2),), **reset))
    assert any("statements began anew" in remark.text for remark in found.remarks)


def test_chance_and_trifles_are_no_change() -> None:
    assert _statements([_statement(_SELECT, 100, 10)], [_statement(_SELECT, 200, 10.5)]) == []
    noisy = _statements([_statement(_SELECT, 100, 10, stddev=100)], [_statement(_SELECT, 110, 10.5, stddev=100)])
    assert noisy == []
    few = _statements([_statement(_SELECT, 100, 10)], [_statement(_SELECT, 103, 11)])
    assert few == []
    small = [_statement(_SELECT, 1000, 0.001), _statement(_OTHER, 1000, 100)]
    grown = [_statement(_SELECT, 2000, 0.002), _statement(_OTHER, 2000, 100)]
    assert _statements(small, grown) == []


def test_heavy_statements_that_are_new_or_no_longer_asked_are_said() -> None:
    changes = _statements([_statement(_SELECT, 100, 10)], [_statement(_SELECT, 100, 10), _statement(_OTHER, 50, 10)])
    assert {change.text: change.trend for change in changes} == {_SELECT: Trend.OUT_OF_SIGHT, _OTHER: Trend.NEW}
    assert _statements([_statement(_SELECT, 100, 10)], [_statement(_SELECT, 100, 10)]) == []


@pytest.mark.parametrize(
    ("later", "windows"),
    [
        ({}, (True, True)),
        ({"counters": {"xact_commit": 5}}, (False, True)),
        ({"counters": {"stats_reset": "2026-11-25T00:00:00+00:00"}}, (False, True)),
        ({"counters": {"statements_reset": "2026-11-25T00:00:00+00:00"}}, (True, False)),
        ({"counters": {"statements_reset": None}}, (True, True)),
        ({"server": {"system_identifier": "8"}}, (False, False)),
        ({"server": {"database_oid": 6}}, (False, False)),
        ({"server": {"version_num": 190000, "version": "19.0"}}, (False, False)),
    ],
)
def test_counters_run_on_unless_they_were_reset_or_are_another_s(
    later: dict[str, Any], windows: tuple[bool, bool]
) -> None:
    found = counted_on(_snapshot(), _snapshot(_FRIDAY, **later))
    assert (found.of_database, found.of_statements) == windows


def test_where_no_reset_is_told_a_counter_that_fell_tells() -> None:
    unknown = {"counters": {"statements_reset": None}}
    earlier = _snapshot(statements=(_statement(_SELECT, 100, 1),), **unknown)
    later = _snapshot(_FRIDAY, statements=(_statement(_SELECT, 20, 1),), **unknown)
    assert not counted_on(earlier, later).of_statements
    assert counted_on(later, earlier).of_statements


def test_a_restart_an_upgrade_and_another_visitor_are_remarked() -> None:
    later = _snapshot(_FRIDAY, server={"started_at": "2026-11-25T00:00:00+00:00", "visitor": "b"})
    texts = " ".join(remark.text for remark in _between(_snapshot(server={"visitor": "a"}), later).remarks)
    assert "started again" in texts
    assert "visit was made as {old}" in texts
    upgraded = _snapshot(_FRIDAY, server={"version_num": 190000, "version": "19.0"})
    assert "The server was {old}" in _between(_snapshot(), upgraded).remarks[0].text
    copy = _snapshot(_FRIDAY, server={"system_identifier": "8"})
    assert "a copy" in _between(_snapshot(), copy).remarks[0].text


def test_without_snapshots_only_what_a_report_tells_is_compared() -> None:
    snapshot = _snapshot(statements=(_statement(_SELECT, 100, 1),))
    found = difference(drive(checkup(snapshot)), drive(checkup(snapshot)))
    assert (found.statements, found.sizes, found.settings, found.schema, found.activity) == (None,) * 5
    assert any("snapshots" in remark.text for remark in found.remarks)


def _table(oid: int, name: str, size: int | None, **more: Any) -> Relation:
    return Relation(oid=oid, schema="public", name=name, kind="r", owner="o", heap_bytes=size, **more)


def test_growth_is_said_where_it_is_notable_and_was_measured() -> None:
    megabyte = 1 << 20
    before = (_table(1, "a", megabyte), _table(2, "b", 100 * megabyte), _table(3, "c", None), _table(4, "d", megabyte))
    after = (
        _table(1, "a", megabyte + 8192),
        _table(2, "b", 140 * megabyte),
        _table(3, "c", 900 * megabyte),
        _table(5, "e", 5 * megabyte),
    )
    found = _between(_snapshot(relations=before), _snapshot(_FRIDAY, relations=after)).sizes
    assert found is not None
    assert [(change.object.name, change.grown // megabyte) for change in found] == [("b", 40), ("e", 5), ("d", -1)]
    assert found[0].a_day == 10 * megabyte


def test_settings_that_changed_and_those_that_a_version_does_not_have() -> None:
    before = (Setting(name="work_mem", value="4096", unit="kB"), Setting(name="old_one", value="1"))
    after = (Setting(name="work_mem", value="8192", unit="kB"), Setting(name="jit", value="on", scope="database"))
    found = _between(_snapshot(settings=before), _snapshot(_FRIDAY, settings=after)).settings
    assert found is not None
    assert [(one.name, one.scope, one.before, one.after) for one in found] == [
        ("jit", "database", None, "on"),
        ("old_one", "", "1", None),
        ("work_mem", "", "4096", "8192"),
    ]
    upgraded = _snapshot(_FRIDAY, settings=after, server={"version_num": 190000})
    names = [one.name for one in _between(_snapshot(settings=before), upgraded).settings or ()]
    assert names == ["jit", "work_mem"]


def _index(oid: int, name: str, relation: int, *, sql: str, **more: Any) -> Index:
    definition = IndexDefinition(RelationName("public", "t"), (IndexKey("a"),))
    return Index(oid=oid, relation=relation, schema="public", name=name, definition=definition, sql=sql, **more)


def _schema(earlier: Snapshot, later: Snapshot) -> list[tuple[str, str | None, str | None]]:
    return [(str(each.object), each.before, each.after) for each in _between(earlier, later).schema or ()]


def test_what_was_made_removed_and_changed_in_the_schema() -> None:
    before = _snapshot(
        relations=(_table(1, "t", 0), _table(2, "gone", 0)),
        columns=(
            Column(relation=1, number=1, name="a", type="integer"),
            Column(relation=2, number=1, name="x", type="x"),
        ),
        indexes=(_index(9, "t_a", 1, sql="create index t_a on t (a)"),),
        extensions=(Extension(name="hstore", version="1.7", schema="public"),),
        policies=(Policy(relation=1, name="p", command="ALL", roles=("public",), using="true"),),
    )
    after = _snapshot(
        _FRIDAY,
        relations=(_table(1, "t", 0, row_security=True), _table(3, "made", 0)),
        columns=(
            Column(relation=1, number=1, name="a", type="bigint"),
            Column(relation=3, number=1, name="x", type="x"),
        ),
        indexes=(
            _index(9, "t_a", 1, sql="create index t_a on t (a)", is_valid=False),
            _index(8, "t_pkey", 1, sql="create unique index", constraint="t_pkey"),
        ),
        extensions=(Extension(name="hstore", version="1.8", schema="public"),),
        policies=(Policy(relation=1, name="p", command="ALL", roles=("public",), using="false"),),
    )
    assert _schema(before, after) == [
        ("column public.t.a", "integer", "bigint"),
        ("extension hstore", "1.7", "1.8"),
        ("index public.t.t_a", "create index t_a on t (a)", "create index t_a on t (a) (invalid)"),
        (
            "policy public.t.p",
            "permissive for all to public using (true)",
            "permissive for all to public using (false)",
        ),
        ("table public.gone", "", None),
        ("table public.made", None, ""),
        ("table public.t", "", "row level security"),
    ]


def test_definitions_are_not_compared_where_they_are_not_read_in_the_same_words() -> None:
    view = Relation(oid=1, schema="public", name="v", kind="v", owner="o", definition="select 1")
    changed, hidden = (msgspec.structs.replace(view, definition=text) for text in ("select 2", None))
    earlier = _snapshot(relations=(view,))
    assert _schema(earlier, _snapshot(_FRIDAY, relations=(changed,))) == [("view public.v", "select 1", "select 2")]
    assert _schema(earlier, _snapshot(_FRIDAY, relations=(hidden,))) == []
    assert _schema(earlier, _snapshot(_FRIDAY, relations=(changed,), server={"version_num": 170000})) == []
    redacted = _snapshot(_FRIDAY, relations=(changed,))
    redacted = msgspec.structs.replace(
        redacted, header=msgspec.structs.replace(redacted.header, redactions=("values",))
    )
    assert _schema(earlier, redacted) == []


def test_a_kind_that_a_visit_did_not_see_was_not_removed() -> None:
    earlier = _snapshot(extensions=(Extension(name="hstore", version="1.7", schema="public"),))
    blind = _snapshot(_FRIDAY, blind_spots=(BlindSpot("extensions", "no right"),))
    assert _schema(earlier, blind) == []

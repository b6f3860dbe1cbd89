"""One plan of everything: nothing twice, no contradictions, in an order that can be followed and cut short."""

from typing import Any

import pytest
from msgspec.structs import replace

from pgclinic.advise.asked_after import asked_after
from pgclinic.advise.merging import Plan, merge
from pgclinic.advise.worth import worth_of
from pgclinic.model.catalog import Index, IndexDefinition, IndexKey, Relation
from pgclinic.model.names import ObjectName, RelationName
from pgclinic.model.prescription import (
    Gather,
    Prescription,
    Replacement,
    Risk,
    Statement,
    StatementGain,
    StatementMapping,
    When,
)
from pgclinic.model.snapshot import Header, Server, Snapshot
from pgclinic.model.workload import ParameterSet, Workload, WorkloadStatement
from pgclinic.remedies import create_index, drop_index
from pgclinic.sql.statements import fingerprint

CALLS = RelationName("public", "calls")
TABLE = ObjectName("table", "calls", schema="public")
OLD = "select * from calls where phone = $1"
NEW = "select * from calls where phone = any($1) order by phone"


def seen(*indexes: Index) -> Snapshot:
    return Snapshot(
        header=Header(format_version=1, collector="test", clock="2026-01-01T00:00:00+00:00"),
        server=Server(version_num=180000, version="18", database="shop"),
        relations=(Relation(oid=1, schema="public", name="calls", kind="r", owner="x"),),
        indexes=indexes,
    )


def existing(name: str, *columns: str) -> Index:
    definition = IndexDefinition(CALLS, tuple(map(IndexKey, columns)))
    sql = f"CREATE INDEX {name} ON public.calls USING btree ({', '.join(columns)})"
    return Index(oid=len(name), relation=1, schema="public", name=name, definition=definition, sql=sql)


def statement(sql: str, total_ms: float = 100.0) -> WorkloadStatement:
    return WorkloadStatement(fingerprint=fingerprint(sql), name=fingerprint(sql), sql=sql, calls=10, total_ms=total_ms)


def gain(sql: str, before: float, after: float) -> StatementGain:
    mark = fingerprint(sql)
    return StatementGain(fingerprint=mark, name=mark, sql=sql, cost_before=before, cost_after=after)


def item(name: str, *do: str, **more: Any) -> Prescription:
    statements = tuple(Statement(sql=sql) for sql in do)
    about: dict[str, Any] = {"object": ObjectName("thing", name), "table": TABLE, "undo": (), "adviser": name} | more
    return Prescription(kind="thing", reason="why", do=statements, **about)


def index(*columns: str, name: str = "", **more: Any) -> Prescription:
    definition = IndexDefinition(CALLS, tuple(map(IndexKey, columns)))
    own = create_index.prescribe(
        definition, name=name or create_index.name_for(definition), size_bytes=8192, reason="why"
    )
    return replace(own, **more)


def merged(*items: Prescription, workload: Workload | None = None, **how: Any) -> Plan:
    worth = worth_of(workload or Workload(statements=(statement(OLD),), source=""))
    return merge(how.pop("snapshot", seen()), items, worth=worth, **how)


def names(plan: Plan) -> list[str]:
    return [each.object.name for each in plan.prescriptions]


def refused(plan: Plan) -> list[str]:
    return [each.object.name for each in plan.declined]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alter system set work_mem = '8MB'", "alter system set work_mem = '16MB'"),
        ("alter table public.calls set (fillfactor = 90)", "alter table public.calls set (fillfactor = '80')"),
        ("alter policy own on public.calls using (true)", "drop policy own on public.calls"),
        ("create view public.v as select 1", "create view public.v as select 2"),
        ("alter table public.calls set (a = 1, b = 2)", "alter table public.calls set (b = 3, c = 4)"),
    ],
)
def test_of_two_that_change_the_same_the_one_that_is_worth_more_stays(one: str, other: str) -> None:
    poor, rich = item("poor", one), item("rich", other, gains=(gain(OLD, 100, 50),))
    poor = replace(poor, cures=("f",))
    for plan in (merged(poor, rich), merged(rich, poor)):
        assert (names(plan), refused(plan)) == (["rich"], ["poor"])
        assert plan.prescriptions[0].cures == ("f",)
        assert "worth more" in plan.declined[0].reason


def test_the_same_value_and_other_parameters_are_no_contradiction() -> None:
    plan = merged(
        item("a", "alter table public.calls set (fillfactor = 90)"),
        item("b", "alter table public.calls set (fillfactor = '90', parallel_workers = 2)"),
        item("c", "alter role reader set work_mem = '8MB'"),
        item("d", "alter system set work_mem = '4MB'"),
    )
    assert names(plan) == ["a", "b", "c", "d"]
    assert refused(plan) == []


def test_what_requires_another_may_change_the_same() -> None:
    first = item("first", "create view public.v as select 1")
    second = item("second", "create or replace view public.v as select 2", requires=(first.fingerprint,))
    assert names(merged(second, first)) == ["first", "second"]


def test_an_index_that_another_one_serves_for_is_built_once_for_both() -> None:
    wide = index("phone", "status", gains=(gain(OLD, 100, 10),), cures=("a",))
    narrow = replace(index("phone", gains=(gain(NEW, 100, 10),), cures=("b",)), adviser="rewrites")
    user = item("user", "select 1", requires=(narrow.fingerprint,))
    plan = merged(user, narrow, wide)
    assert names(plan) == [wide.object.name, "user"]
    assert plan.prescriptions[0].cures == ("a", "b")
    assert plan.prescriptions[1].requires == (wide.fingerprint,)


def test_indexes_that_were_weighed_against_each_other_stay_together() -> None:
    wide = index("phone", "status", gains=(gain(OLD, 100, 10),))
    narrow = index("phone", gains=(gain(NEW, 100, 10),))
    assert len(names(merged(narrow, wide))) == 2


def test_two_indexes_of_one_name_are_given_two_names() -> None:
    other = replace(index("phone"), object=ObjectName("index", "x", schema="public"))
    one = index("status", name="x")
    two = index("phone", name="x")
    assert other.object == one.object
    assert names(merged(one, two)) == ["x", "calls_phone_idx"]


def test_an_index_on_a_table_that_goes_is_not_built() -> None:
    plan = merged(index("phone"), item("gone", "drop table public.calls", gains=(gain(OLD, 100, 1),)))
    assert names(plan) == ["gone"]
    assert refused(plan) == ["calls_phone_idx"]


def test_a_table_that_is_partitioned_later_gets_the_index_and_the_policy_again() -> None:
    convert = item(
        "convert",
        "create table public.calls_new (like public.calls) partition by range (at)",
        "insert into public.calls_new select * from public.calls",
        "alter table public.calls rename to calls_old",
        "alter table public.calls_new rename to calls",
        when=When.THIS_MONTH,
        table=TABLE,
        undo=(Statement(sql="drop table public.calls_new", needs=1), Statement(sql="select 1", needs=3)),
    )
    policy = item("policy", "alter policy own on public.calls using ((select true))")
    after = item("after", "select 1", requires=(convert.fingerprint,), when=When.THIS_MONTH)
    plan = merged(convert, index("phone"), policy, after)
    assert names(plan) == ["calls_phone_idx", "policy", "convert", "after"]
    assert refused(plan) == []
    carrying = plan.prescriptions[2]
    assert [each.sql for each in carrying.do][1] == "create index on public.calls_new (phone)"
    assert carrying.do[-1].sql == policy.do[0].sql
    assert [each.needs for each in carrying.undo] == [1, 4]
    assert plan.prescriptions[3].requires == (carrying.fingerprint,)


def test_an_index_for_nothing_but_a_replaced_statement_is_not_built() -> None:
    mapping = StatementMapping(original=fingerprint(OLD), replacements=(Replacement(sql=NEW),))
    elsewhere = item("code", mappings=(mapping,))
    plan = merged(index("phone", gains=(gain(OLD, 100, 10),)), elsewhere)
    assert names(plan) == ["code"]
    other = merged(index("phone", gains=(gain(OLD, 100, 10), gain(NEW, 100, 10))), elsewhere)
    assert names(other) == ["calls_phone_idx", "code"]


def test_an_index_stays_that_something_new_needs() -> None:
    one = existing("by_phone", "phone")
    drop = drop_index.prescribe(one, reason="unused")
    assert names(merged(drop, snapshot=seen(one))) == ["by_phone"]
    assert refused(merged(drop, snapshot=seen(one), missed={"by_phone"})) == ["by_phone"]
    cluster = item("cluster", "alter table public.calls cluster on by_phone")
    assert names(merged(drop, cluster, snapshot=seen(one))) == ["cluster"]


def test_an_old_index_goes_after_the_new_one_that_does_its_work() -> None:
    one = existing("by_phone", "phone")
    drop = drop_index.prescribe(one, reason="served")
    new = index("phone", "status")
    plan = merged(drop, new, snapshot=seen(one))
    assert names(plan) == ["calls_phone_status_idx", "by_phone"]
    assert plan.prescriptions[1].requires == (new.fingerprint,)
    twin = existing("by_phone_too", "phone")
    assert merged(drop, new, snapshot=seen(one, twin)).prescriptions[-1].requires == ()


def test_what_saves_most_comes_first_among_what_can_be_done_as_soon() -> None:
    workload = Workload(statements=(statement(OLD, 900), statement("select 1 from calls", 100)), source="")
    plan = merged(
        item("month", "select 1", when=When.THIS_MONTH, gains=(gain(OLD, 100, 1),)),
        item("little", "select 2", gains=(gain("select 1 from calls", 100, 1),)),
        item("nothing", "select 3"),
        item("much", "select 4", gains=(gain(OLD, 100, 1),)),
        item("week", "select 5", when=When.THIS_WEEK),
        workload=workload,
    )
    assert names(plan) == ["much", "little", "nothing", "week", "month"]


def test_nothing_is_done_before_what_it_requires() -> None:
    base = item("base", "select 1", when=When.THIS_WEEK)
    top = item("top", "select 2", requires=(base.fingerprint,), gains=(gain(OLD, 100, 1),))
    plan = merged(top, base)
    assert names(plan) == ["base", "top"]
    assert {each.when for each in plan.prescriptions} == {When.THIS_WEEK}


def test_what_is_there_for_another_one_alone_comes_just_before_it() -> None:
    helper = index("status")
    useful = index("phone", gains=(gain(OLD, 100, 50),))
    top = item(
        "top", "select 2", requires=(helper.fingerprint, useful.fingerprint), when=When.THIS_WEEK,
        gains=(gain(OLD, 100, 1),),
    )  # fmt: skip
    other = item("other", "select 1", when=When.THIS_WEEK)
    plan = merged(helper, other, top, useful)
    assert names(plan) == ["calls_phone_idx", "calls_status_idx", "top", "other"]
    assert [each.when for each in plan.prescriptions] == [When.NOW, *[When.THIS_WEEK] * 3]


def test_what_requires_each_other_in_a_circle_is_in_the_plan_all_the_same() -> None:
    one = item("one", "select 1")
    two = item("two", "select 2", requires=(one.fingerprint,))
    one = replace(one, requires=(two.fingerprint,))
    assert sorted(names(merged(one, two))) == ["one", "two"]


def test_what_is_too_risky_is_left_out_with_all_that_needs_it() -> None:
    base = item("base", "select 1", risk=Risk.HIGH)
    middle = item("middle", "select 2", requires=(base.fingerprint,))
    top = item("top", "select 3", requires=(middle.fingerprint,))
    plan = merged(top, middle, base, item("safe", "select 4"), most_risk=Risk.MEDIUM)
    assert names(plan) == ["safe"]
    assert sorted(refused(plan)) == ["base", "middle", "top"]


def test_what_is_for_later_is_left_out_with_all_that_needs_it() -> None:
    project = item("project", "select 1", when=When.THIS_MONTH)
    items = [project, item("soon", "select 2", when=When.THIS_WEEK), item("at once", "select 3")]
    after = item("after", "select 4", requires=(project.fingerprint,))
    assert names(merged(*items, after)) == ["at once", "soon", "project", "after"]
    week = merged(*items, after, latest=When.THIS_WEEK)
    assert names(week) == ["at once", "soon"]
    assert sorted(refused(week)) == ["after", "project"]
    assert names(merged(*items, after, latest=When.NOW)) == ["at once"]


def test_left_out_anywhere_the_rest_is_the_same_plan() -> None:
    one = existing("by_phone", "phone")
    base = item("base", "create view public.v as select 1")
    items = [
        drop_index.prescribe(one, reason="served"),
        index("phone", "status", gains=(gain(OLD, 100, 1),)),
        item("top", "select 2", requires=(base.fingerprint,)),
        item("clash", "create view public.v as select 2"),
        base,
    ]
    whole = merged(*items, snapshot=seen(one)).prescriptions
    for out in whole:
        left = [each for each in whole if each is not out]
        again = merged(*left, snapshot=seen(one)).prescriptions
        needing = {each.fingerprint for each in whole if out.fingerprint in each.requires}
        assert [each.fingerprint for each in again] == [
            each.fingerprint for each in left if each.fingerprint not in needing
        ]
    assert merged(*whole, snapshot=seen(one)).prescriptions == whole


def test_a_replaced_statement_gives_way_to_the_new_text_with_its_weight_and_values() -> None:
    old = replace(statement(OLD, 300), parameters=(ParameterSet(("a",)), ParameterSet(("b",))))
    other = statement("select 1 from calls", 100)
    mapping = StatementMapping(
        original=old.fingerprint, replacements=(Replacement(sql=NEW, parameters=(Gather(1, as_array=True),)),), calls=5
    )
    after = asked_after(Workload(statements=(old, other), source=""), [item("code", mappings=(mapping,))], seen())
    (new, kept) = after.workload.statements
    assert kept == other
    assert (new.sql, new.calls, new.total_ms) == (NEW, 2, 300)
    assert new.parameters[0].values == ('{"a","b","a","b","a"}',)


def test_a_new_text_that_libpg_query_takes_for_the_old_one_is_another_statement() -> None:
    sql = "select * from calls where phone = any($1)"
    assert fingerprint(sql) == fingerprint(OLD)
    mapping = StatementMapping(original=fingerprint(OLD), replacements=(Replacement(sql=sql),))
    workload = Workload(statements=(statement(OLD),), source="")
    after = asked_after(workload, [item("code", mappings=(mapping,))], seen())
    assert after.workload.statements[0].fingerprint != fingerprint(OLD)


def test_a_new_text_that_reads_what_is_not_there_yet_is_not_planned() -> None:
    for sql in ("select * from calls_by_day", "select search_calls($1)"):
        mapping = StatementMapping(original=fingerprint(OLD), replacements=(Replacement(sql=sql),))
        after = asked_after(Workload(statements=(statement(OLD),), source=""), [item("c", mappings=(mapping,))], seen())
        assert (after.workload.statements, after.new) == ((), ())


def test_what_a_function_runs_itself_is_asked_as_before_and_keeps_its_index() -> None:
    mapping = StatementMapping(
        original=fingerprint(OLD), replacements=(Replacement(sql="select search_calls($1)"),), runs_original=True
    )
    workload = Workload(statements=(statement(OLD),), source="")
    search = item("c", mappings=(mapping,))
    assert asked_after(workload, [search], seen()).workload == workload
    wanted = index("phone", gains=(gain(OLD, 100, 1),))
    assert {each.kind for each in merged(search, wanted).prescriptions} == {search.kind, "create_index"}


def test_the_whole_counts_each_statement_once_by_its_best_cure() -> None:
    workload = Workload(statements=(statement(OLD, 300), statement("select 1 from calls", 100)), source="")
    mapping = StatementMapping(original=fingerprint(OLD), replacements=(Replacement(sql=NEW),))
    code = item("code", mappings=(mapping,), gains=(gain(OLD, 100, 50),))
    after = asked_after(workload, [code], seen())
    worth = worth_of(workload, after.new, [code])
    assert worth.left([]) == 1
    assert worth.left([code]) == pytest.approx(0.25 + 0.75 * 0.5)
    built = index("phone", gains=(gain(NEW, 40, 4),))
    assert worth.of(built) == pytest.approx(0.75 * 0.5 * 0.9)
    assert worth.left([code, built]) == pytest.approx(0.25 + 0.75 * 0.5 * 0.1)
    better = item("other", "select 1", gains=(gain(OLD, 100, 20), gain("select 1 from calls", 10, 20)))
    assert worth_of(workload).left([better]) == pytest.approx(0.25 * 2 + 0.75 * 0.2)

import pytest

from pgclinic.model.names import RelationName
from pgclinic.model.shape import Change, Condition, OrderKey, ParameterUse, Predicate, RelationUse
from pgclinic.sql.shape import shape_of
from pgclinic.sql.sources import CatalogRelation
from pgclinic.sql.statements import UnreadableSqlError

COLUMNS = {"t": ("id", "a", "b", "c", "at"), "u": ("id", "t_id", "x", "y")}
VIEWS = {
    "v": (("kind", "n"), "select a as kind, count(*) as n from t where at > now() - interval '30 days' group by a")
}


def resolve(schema: str, name: str) -> CatalogRelation | None:
    if schema not in {"", "public"}:
        return None
    if name in VIEWS:
        columns, definition = VIEWS[name]
        return CatalogRelation(RelationName("public", name), columns, definition)
    return CatalogRelation(RelationName("public", name), COLUMNS[name]) if name in COLUMNS else None


def use_of(sql: str, table: str = "t") -> RelationUse:
    (use,) = [use for use in shape_of(sql, resolve).uses if use.relation.name == table]
    return use


def compared(sql: str, table: str = "t") -> set[tuple[str, str]]:
    return {(predicate.column, predicate.operator) for predicate in use_of(sql, table).predicates}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a = $1", {("a", "=")}),
        ("$1 = a", {("a", "=")}),
        ("5 > a", {("a", "<")}),
        ("a = 1 and (b < 2 or c is null)", {("a", "="), ("b", "<"), ("c", "is null")}),
        ("a between $1 and $2", {("a", ">="), ("a", "<=")}),
        ("a in ($1, $2)", {("a", "=")}),
        ("a = any($1)", {("a", "=")}),
        ("c like $1", {("c", "~~")}),
        ("c::text = $1", {("c", "=")}),
        ("t.a = $1 and public.t.b = $2", {("a", "="), ("b", "=")}),
        ("lower(c) = $1", set()),
        ("a::int = $1", set()),
        ("a = b", set()),
        ("nothing = 1", set()),
    ],
)
def test_conditions_become_predicates(condition: str, expected: set[tuple[str, str]]) -> None:
    assert compared(f"select id from t where {condition}") == expected


def test_both_sides_of_a_join_are_predicates() -> None:
    sql = "select u.x from t join u on u.t_id = t.id where t.a = $1"
    assert use_of(sql).predicates == (Predicate("id", "=", is_join=True), Predicate("a", "="))
    assert use_of(sql, "u").predicates == (Predicate("t_id", "=", is_join=True),)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from t where exists (select from u where u.t_id = t.id)",
        "select * from t where id in (select t_id from u)",
        "select * from t join u using (id)",
        "with w as (select t_id from u) select * from t, w where w.t_id = t.id",
        "select * from t, lateral (select * from u where u.t_id = t.id) as s",
    ],
)
def test_joins_are_seen_however_they_are_written(sql: str) -> None:
    assert Predicate("id", "=", is_join=True) in use_of(sql).predicates
    assert any(predicate.is_join for predicate in use_of(sql, "u").predicates)


def test_a_view_leads_to_its_table() -> None:
    use = use_of("select * from v where kind = $1")
    assert set(use.predicates) == {Predicate("at", ">"), Predicate("a", "=")}
    assert use.group == ("a",)


def test_the_order_is_its_longest_prefix_of_one_table() -> None:
    sql = "select t.a as first from t join u on u.t_id = t.id order by first desc, t.b nulls first, u.x, t.c"
    assert use_of(sql).order == (
        OrderKey("a", descending=True, nulls_first=True),
        OrderKey("b", descending=False, nulls_first=True),
    )
    assert use_of(sql, "u").order == ()


def test_parameters_know_what_they_are_compared_with() -> None:
    sql = (
        "select * from t where a = $1 and at > now() - $2::interval and b = any($3) and lower(c) = $4"
        " limit $5 offset $6"
    )
    table = RelationName("public", "t")
    assert shape_of(sql, resolve).parameters == (
        ParameterUse(number=1, role="value", relation=table, column="a", operator="="),
        ParameterUse(number=2, role="before_now", relation=table, column="at", operator=">"),
        ParameterUse(number=3, role="list", relation=table, column="b", operator="="),
        ParameterUse(number=4, role="other"),
        ParameterUse(number=5, role="limit"),
        ParameterUse(number=6, role="offset"),
    )


def test_what_is_written_is_known() -> None:
    table = RelationName("public", "t")
    assert shape_of("update t set a = $1, b = b + 1 where id = $2", resolve).changes == (
        Change("update", table, frozenset({"a", "b"})),
    )
    assert shape_of("insert into t (a) values ($1) on conflict do nothing", resolve).changes == (
        Change("insert", table),
    )
    assert shape_of("with gone as (delete from t where a = 1 returning *) select * from gone", resolve).changes == (
        Change("delete", table),
    )


def test_columns_read_are_all_that_appear() -> None:
    assert use_of("select a from t where b = 1 order by c").columns == {"a", "b", "c"}
    assert not use_of("select a from t").reads_all
    assert use_of("select * from t").reads_all


def test_what_is_no_statement_is_refused() -> None:
    with pytest.raises(UnreadableSqlError):
        shape_of("select from where", resolve)
    with pytest.raises(UnreadableSqlError, match="one statement"):
        shape_of("select 1; select 2", resolve)


def test_merge_joins_and_writes() -> None:
    sql = (
        "merge into t using u on t.a = u.t_id when matched and u.x > 5 then update set b = u.y"
        " when not matched then insert (id) values (u.id) when matched then delete"
    )
    assert use_of(sql).predicates == (Predicate("a", "=", is_join=True),)
    assert use_of(sql, "u").columns == {"t_id", "x", "y", "id"}
    table = RelationName("public", "t")
    changes = (Change("update", table, frozenset({"b"})), Change("insert", table), Change("delete", table))
    assert shape_of(sql, resolve).changes == changes


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("max(at)", (OrderKey("at", descending=True, nulls_first=True),)),
        ("min(at), count(*)", (OrderKey("at"),)),
        ("max(at + interval '1 day')", ()),
        ("greatest(at)", ()),
    ],
)
def test_the_end_of_a_column_is_an_order(columns: str, expected: tuple[OrderKey, ...]) -> None:
    assert use_of(f"select {columns} from t where a = 5").order == expected


def test_the_end_of_a_column_in_each_group_is_none() -> None:
    assert use_of("select a, max(at) from t group by a").order == ()


@pytest.mark.parametrize(
    "sql",
    [
        "select * from t as x (one, two) where two = 5",
        "select * from (select id, a from t) as x (one, two) where two = 5",
    ],
)
def test_an_alias_renames_columns(sql: str) -> None:
    assert compared(sql) == {("a", "=")}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a = 'x'", Condition(operand="a", operator="=", constants=("x",), clause="a = 'x'")),
        (
            "t.a in ('x', 5)",
            Condition(operand="a", operator="=", is_list=True, constants=("x", "5"), clause="a IN ('x', 5)"),
        ),
        ("a = $3", Condition(operand="a", operator="=", parameter=3)),
        ("a is not null", Condition(operand="a", operator="is not null", clause="a IS NOT NULL")),
        ("a is true", Condition(operand="a", operator="is true", clause="a IS TRUE")),
        ("not a", Condition(operand="a", operator="is false", clause="NOT a")),
        ("a", Condition(operand="a", operator="=", clause="a")),
        ("lower(t.a) = $1", Condition(operand="lower(a)", operator="=", is_column=False, parameter=1)),
        ("$1 <@ (t.a -> 'k')", Condition(operand="a -> 'k'", operator="@>", is_column=False, parameter=1)),
        ("a > now() - interval '1 day'", Condition(operand="a", operator=">")),
        ("a @@ to_tsquery('x')", Condition(operand="a", operator="@@", clause="a @@ to_tsquery('x')")),
    ],
)
def test_a_condition_tells_what_an_index_needs(condition: str, expected: Condition) -> None:
    assert use_of(f"select id from t where {condition}").conditions == (expected,)


@pytest.mark.parametrize("condition", ["a = b", "a + b > c", "random() < 5", "$1 is null"])
def test_what_compares_a_table_with_itself_or_nothing_is_no_condition(condition: str) -> None:
    assert use_of(f"select id from t where {condition}").conditions == ()


def test_the_arms_of_or_are_told_apart() -> None:
    conditions = use_of("select id from t where a = 1 and (b = 2 or (c = 3 and at > $1))").conditions
    arms = {each.operand: each.arm for each in conditions}
    assert arms["a"] == ()
    assert arms["c"] == arms["at"] != arms["b"]
    assert len(arms["b"]) == len(arms["c"]) == 1


def test_every_order_and_group_counts() -> None:
    sql = (
        "select a, rank() over (partition by b order by c desc) from t"
        " where id in (select id from t order by at limit 3) group by rollup (a, b), lower(c) order by a"
    )
    outer, inner = shape_of(sql, resolve).uses
    assert inner.orders == ((OrderKey("at"),),)
    assert (OrderKey("b"), OrderKey("c", descending=True, nulls_first=True)) in outer.orders
    assert (OrderKey("a"),) in outer.orders
    assert outer.groups == ((OrderKey("a"), OrderKey("b"), OrderKey("lower(c)", is_column=False)),)


def test_an_alias_of_an_expression_is_its_order() -> None:
    order = (OrderKey("lower(c)", is_column=False), OrderKey("a"))
    assert use_of("select lower(c) as low, a from t order by low, 2").orders == (order,)


def test_the_nearest_first_is_a_condition() -> None:
    assert Condition(operand="a", operator="<->") in use_of("select id from t order by a <-> $1 limit 5").conditions


def test_each_arm_of_a_union_is_searched_by_what_is_asked_of_it() -> None:
    sql = "select * from (select a, b from t union all select x, y from u) as arms (one, two) where one = $1"
    assert compared(sql) == {("a", "=")}
    assert compared(sql, "u") == {("x", "=")}


def test_a_sub_select_reads_only_what_is_asked_of_it() -> None:
    assert use_of("select one from (select a as one, b, c from t where id = 5) as s").columns == {"a", "id"}
    assert use_of("select count(*) from t where exists (select * from u where t_id = t.id)", "u").columns == {"t_id"}
    assert use_of("with w as (select * from t) select a from w").columns == {"a"}
    assert use_of("with w as (select * from t) select x.a from w as x join w as y using (b)").reads_all


@pytest.mark.parametrize("whole", ["t", "t.*", "count(t)", "row_to_json(t)", "(select x from u where u.id = 1), t"])
def test_a_whole_row_is_every_column(whole: str) -> None:
    assert use_of(f"select {whole} from t").reads_all


def test_what_row_level_security_asks_is_asked_by_the_statement() -> None:
    policies = (("(a = who())", "(c IS NULL)"), ("EXISTS ( SELECT 1 FROM u WHERE (u.t_id = t.id))",))

    def guarded(schema: str, name: str) -> CatalogRelation | None:
        relation = resolve(schema, name)
        return (
            CatalogRelation(relation.name, relation.columns, policies=policies)
            if relation and name == "t"
            else relation
        )

    of_t, of_u = shape_of("select b from t", guarded).uses
    assert {(each.operand, each.operator, len(each.arm)) for each in of_t.conditions} == {
        ("a", "=", 1),
        ("c", "is null", 1),
        ("id", "=", 0),
    }
    assert of_u.conditions == (Condition(operand="t_id", operator="=", is_join=True),)


def test_views_and_policies_without_end_are_left() -> None:
    def endless(schema: str, name: str) -> CatalogRelation | None:
        policies = ((f"exists (select from {name} where a = 1) or exists (select from {name} where a = 2)",),)
        definition = f"select a from {name} union all select a from {name}" if name == "v" else ""
        return CatalogRelation(RelationName(schema, name), ("a",), definition, policies)

    assert len(shape_of("select * from v, t", endless).uses) < 2000


def test_a_statement_of_thousands_of_conditions_is_cut() -> None:
    arms = " or ".join(f"a = {number} and b = {number}" for number in range(3000))
    assert len(use_of(f"select id from t where {arms}").conditions) == 200
    (condition,) = use_of(f"select id from t where a in ({', '.join(map(str, range(20_000)))})").conditions
    assert (condition.operand, condition.clause) == ("a", "")

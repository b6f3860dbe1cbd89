"""Which columns an update assigns, and which of them an index would have to follow."""

import pytest

from pgclinic.model.catalog import Index, IndexDefinition, IndexKey
from pgclinic.model.names import RelationName
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.updates import Update, indexed_columns, updates


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ('update t set a = $1, "B c" = b + 1 where d = $2', [("", "t", {"a", "B c"})]),
        ("update only app.t as x set (a, b) = (select 1, 2) from u", [("app", "t", {"a", "b"})]),
        ("insert into t values (1) on conflict (a) do update set n = excluded.n", [("", "t", {"n"})]),
        ("insert into t values (1) on conflict do nothing", []),
        ("insert into t (a) select 1", []),
        ("with done as (update t set a = 1 returning b) select * from done", [("", "t", {"a"})]),
        ("select 1 from t for update", []),
        ("delete from t", []),
    ],
)
def test_what_is_assigned(sql: str, expected: list[tuple[str, str, set[str]]]) -> None:
    assert list(updates(sql)) == [Update(schema, table, frozenset(columns)) for schema, table, columns in expected]


def test_what_is_cut_off_is_refused() -> None:
    with pytest.raises(UnreadableSqlError):
        updates("update t set a = ")


def test_an_index_follows_keys_payload_expressions_and_its_predicate() -> None:
    definition = IndexDefinition(
        relation=RelationName("public", "t"),
        keys=(IndexKey("a"), IndexKey("lower(b || c)", is_column=False)),
        include=("d",),
        predicate='("E" > 5)',
    )
    index = Index(oid=1, relation=2, schema="public", name="i", definition=definition, sql="")
    assert indexed_columns(index) == {"a", "b", "c", "d", "E"}

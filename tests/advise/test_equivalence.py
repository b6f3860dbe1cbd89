"""Which index already is another: by what it can serve, not by how it is spelled."""

import pytest

from pgclinic.advise.equivalence import serves
from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.names import RelationName


def index(
    *keys: str | IndexKey,
    method: str = "btree",
    include: tuple[str, ...] = (),
    predicate: str = "",
    is_unique: bool = False,
) -> IndexDefinition:
    return IndexDefinition(
        RelationName("public", "t"),
        tuple(IndexKey(key) if isinstance(key, str) else key for key in keys),
        method=method,
        include=include,
        predicate=predicate,
        is_unique=is_unique,
    )


def down(name: str, *, nulls_first: bool = True) -> IndexKey:
    return IndexKey(name, descending=True, nulls_first=nulls_first)


def computed(sql: str, opclass: str = "") -> IndexKey:
    return IndexKey(sql, is_column=False, opclass=opclass)


SERVED = [
    (index("a", "b"), index("a")),
    (index("a", "b"), index(down("a"), down("b"))),
    (index("a", is_unique=True), index("a")),
    (index("a", "b"), index("a", include=("b",))),
    (index("a", include=("b", "c")), index("a", include=("c",))),
    (index("a", predicate="(s = 'x'::text)"), index("a", predicate="s = 'x'")),
    (index("a", predicate="(s = 'x'::text)"), index("a", predicate="b > 5 and s = 'x'"), False),
    (index("a", predicate="(s = ANY (ARRAY['x'::text, 'y'::text]))"), index("a", predicate="s in ('x', 'y')")),
    (index("a", "b"), index("a", predicate="a is not null")),
    (index("b", "a"), index("a", predicate="a is not null"), False),
    (index(computed("lower((e)::text)")), index(computed("lower(e)"))),
    (index(computed("((data ->> 'k'::text))::integer")), index(computed("(data->>'k')::int"))),
    (index(computed("upper(e)")), index(computed("lower(e)")), False),
    (index("a"), index("a", method="hash")),
    (index("a", method="hash"), index("a"), False),
    (index("b", "a"), index("a", method="hash"), False),
    (index("x", "y", method="gin"), index("y", method="gin")),
    (index("x", method="gin"), index(IndexKey("x", opclass="jsonb_path_ops"), method="gin")),
    (index(IndexKey("x", opclass="jsonb_path_ops"), method="gin"), index("x", method="gin"), False),
    (index("x", "y", method="gist"), index("y", method="gist"), False),
    (index("x", "y", method="brin"), index("y", method="brin")),
    (index("x", method="gist"), index("x", method="gin"), False),
    (index("a"), index("a", "b"), False),
    (index("a"), index("a", is_unique=True), False),
    (index("a"), index("a", include=("b",)), False),
    (index("a", predicate="s = 'x'"), index("a"), False),
    (index("a"), index("a", predicate="s = 'x'"), False),
    (index("a", "b"), index("a", down("b")), False),
    (index("a"), index(IndexKey("a", nulls_first=True)), False),
    (index("a"), index(IndexKey("a", opclass="text_pattern_ops")), False),
    (index("a"), index(IndexKey("a", collation='pg_catalog."C"')), False),
    (index(computed("a")), index(computed("a is not (")), False),
]


@pytest.mark.parametrize("case", SERVED, ids=str)
def test_serving(case: tuple[IndexDefinition, IndexDefinition] | tuple[IndexDefinition, IndexDefinition, bool]) -> None:
    existing, proposed, *answer = case
    assert serves(existing, proposed) is (not answer)
    assert serves(existing, existing)
    assert serves(proposed, proposed)

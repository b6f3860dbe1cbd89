"""Names of new indexes: descriptive, free, and short enough for PostgreSQL."""

from hypothesis import given
from hypothesis import strategies as st

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.names import RelationName
from pgclinic.remedies.create_index import name_for


def definition(table: str, *columns: str) -> IndexDefinition:
    return IndexDefinition(RelationName("public", table), tuple(IndexKey(column) for column in columns))


def test_says_table_and_columns() -> None:
    assert name_for(definition("leads", "status", "created_at")) == "leads_status_created_at_idx"


def test_an_expression_has_no_name_of_its_own() -> None:
    expression = IndexKey("lower(email)", is_column=False)
    assert name_for(IndexDefinition(RelationName("public", "leads"), (expression,))) == "leads_expr_idx"


def test_is_numbered_when_taken() -> None:
    assert name_for(definition("t", "a"), {"t_a_idx", "t_a_idx1"}) == "t_a_idx2"


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=63),
    st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=63),
)
def test_fits_and_stays_free_whatever_the_names(table: str, column: str) -> None:
    taken: set[str] = set()
    for _ in range(12):
        name = name_for(definition(table, column), taken)
        assert len(name.encode()) <= 63
        assert name not in taken
        taken.add(name)

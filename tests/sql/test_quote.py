from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgclinic.model.catalog import IndexDefinition, IndexKey
from pgclinic.model.names import RelationName
from pgclinic.sql import quote

if TYPE_CHECKING:
    from conftest import Database

_NAMES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=20)


@pytest.mark.server
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=_NAMES)
def test_what_we_quote_is_what_postgresql_reads(database: "Database", name: str) -> None:
    with database.connect() as connection:
        row = connection.execute(f"select * from (select 1) as t({quote.identifier(name)})")
        assert row.description is not None
        assert row.description[0].name == name.encode()[:63].decode(errors="ignore")
        assert connection.execute(f"select {quote.literal(name)}").fetchone() == (name,)


@pytest.mark.server
def test_every_keyword_that_quote_ident_quotes_is_quoted(database: "Database") -> None:
    words = database.execute("select word, quote_ident(word) from pg_get_keywords() order by word")
    assert [word for word, quoted in words if quoted != word and quote.identifier(word) == word] == []


def test_ordinary_names_stay_bare_and_others_are_quoted() -> None:
    assert quote.identifier("call_logs") == "call_logs"
    assert quote.identifier("callLogs") == '"callLogs"'
    assert quote.identifier('say "hi"') == '"say ""hi"""'
    assert quote.identifier("order") == '"order"'


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_a_name_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        quote.identifier(name)


def test_an_index_is_written_as_it_is_defined() -> None:
    definition = IndexDefinition(
        RelationName("app", "Calls"),
        (
            IndexKey("phone"),
            IndexKey("created_at", descending=True, nulls_first=True),
            IndexKey("lower(name)", is_column=False, opclass="text_pattern_ops"),
        ),
        include=("status",),
        predicate="(deleted_at IS NULL)",
        options=("fillfactor=90",),
    )
    assert quote.create_index(definition, "i", concurrently=True) == (
        'create index concurrently i on app."Calls" (phone, created_at desc, (lower(name)) text_pattern_ops) '
        "include (status) with (fillfactor = '90') where (deleted_at IS NULL)"
    )

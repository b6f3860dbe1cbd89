from hypothesis import given
from hypothesis import strategies as st

from pgclinic.model.evidence import Provenance
from pgclinic.sql.commented import first_seen_from, tags_of
from pgclinic_runtime.guard.tags import comment

STATEMENT = "select * from items where order_id = $1"


@given(
    tags=st.dictionaries(
        st.from_regex(r"\A[a-z_.-]{1,20}\Z"), st.text(st.characters(codec="utf-8"), min_size=1, max_size=50), min_size=1
    )
)
def test_what_the_runtime_writes_is_read_back(tags: dict[str, str]) -> None:
    assert tags_of(STATEMENT + comment(tags)) == tags


@given(text=st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    tags_of(text)
    tags_of(f"select 1 /*{text}*/")


def test_the_route_is_evidence_that_is_not_certain() -> None:
    (fact,) = first_seen_from(f"{STATEMENT} /*framework='fastapi',route='%2Forders%2F%7Bid%7D'*/")
    assert (fact.name, fact.value) == ("first_seen_from", "/orders/{id} (fastapi)")
    assert fact.provenance is Provenance.ESTIMATED
    (rails,) = first_seen_from(f"{STATEMENT} /*action='show',controller='orders'*/")
    assert rails.value == "orders#show"


def test_other_comments_name_nobody() -> None:
    for text in (STATEMENT, f"{STATEMENT} /* route */", "select '/*route=''x''*/'", f"{STATEMENT} /*a='b', and more*/"):
        assert first_seen_from(text) == ()

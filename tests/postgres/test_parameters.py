"""The values that an application sends, numbered as the server shows the statement."""

from pgclinic.model.prescription import Gather, Replacement, StatementMapping
from pgclinic.model.workload import Step
from pgclinic.postgres.parameters import UNTYPED, Bound, ParameterRows, as_in
from pgclinic.postgres.player import Score

INT4 = 23


def test_constants_and_parameters_are_found_where_the_template_has_numbers() -> None:
    call = (Bound("7", INT4), Bound("x", 25))
    template = "select * from t where a = $2 and b = $3 and c = $1 limit $4"
    sent = "select * from t where a = $2 and b = 'it''s' and c = $1 limit 5"
    assert as_in(template, sent, call) == (
        Bound("7", INT4),
        Bound("x", 25),
        Bound("it's", UNTYPED),
        Bound("5", UNTYPED),
    )


def test_another_statement_a_list_and_a_missing_value_are_no_call_of_it() -> None:
    assert as_in("select a from t where b = $1", "select a from u where b = 1", ()) is None
    assert as_in("select a from t where b in ($1 /*, ... */)", "select a from t where b in (1, 2)", ()) is None
    assert as_in("select a from t where b = $1", "select a from t where b = $2", (Bound("7", INT4),)) is None


def test_what_is_sent_with_values_written_into_it_is_mapped_too() -> None:
    step = Step(
        name="look",
        sql="select a from t where b = $1",
        fingerprint="f",
        variants=("select a from t where b = 1", "select a from t where b = 'two'"),
        repeat=2,
    )
    mapping = StatementMapping(
        original="f",
        sql="select a from t where b = $1",
        replacements=(Replacement(sql="select many", parameters=(Gather(1, as_array=True),)),),
        calls=10,
    )
    score = Score({"look": ParameterRows()}, {"f": mapping}, {}, 1000)
    assert list(score.requests(step, 0)) == [(2, [("select many", (Bound('{"1","two"}', UNTYPED),))])]

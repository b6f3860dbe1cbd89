"""What people see of a search: the bound, the frontier, the evidence of each index, and what was not chosen."""

import msgspec
import pytest

from pgclinic.model.prescription import Course, NextBest
from pgclinic.report import course_html, course_json, course_sql, course_text
from pgclinic.report.course_words import best_words, next_best_words
from pgclinic.report.planning_words import factor, planner_words, range_words

TIMES = "\N{MULTIPLICATION SIGN}"


def test_the_text_tells_everything_in_80_columns(whole_course: Course) -> None:
    text = course_text.text(whole_course)
    assert max(map(len, text.splitlines())) <= 80
    for said in (
        "within 2 % of the best that these 282 candidates allow (planned)",
        "planned by PostgreSQL 18.6, the server's own version",
        "weighted by each statement's share of the workload: 20 % of now (planned)",
        "The time limit cut the search short",
        "built in about 4.2 s (estimated)",
        "90,000 to 92,000 → 8.4 to 9.3 over values",
        "import of calls",
        "25 % dearer",
        "It does all that vapi_calls_phone_idx does.",
        "rows written into it 1,234",
        "with it the workload would cost 5 % more (planned).",
        "no limit",
        "81.5 %",
        "26 candidates",
        "and 6 more, in the JSON",
        "and 2 more, in the JSON",
    ):
        assert said in " ".join(text.split())
    assert "\x1b" not in text


def test_colours_survive_when_they_are_wanted(whole_course: Course) -> None:
    assert "\x1b[" in course_text.text(whole_course, color=True)


def test_the_page_shows_the_frontier_and_folds_what_was_not_chosen(whole_course: Course) -> None:
    page = course_html.page(whole_course)
    assert page.count('class="chart frontier"') == 2
    assert "budget no limit: 14 indexes, cost 20 %, not below 19.6 %" in page
    assert "create index on public.vapi_calls (column_24)" in page
    assert "<script" not in page
    one = msgspec.structs.replace(whole_course.workload, frontier=whole_course.workload.frontier[-1:])
    assert "chart frontier" not in course_html.page(msgspec.structs.replace(whole_course, workload=one))


def test_a_page_without_prescriptions_says_so(course: Course) -> None:
    page = course_html.page(msgspec.structs.replace(course, prescriptions=()))
    assert "nothing is prescribed" in page


def test_the_json_has_the_bound_at_the_top_and_is_read_back_equal(whole_course: Course) -> None:
    document = course_json.encode(whole_course)
    content = msgspec.json.decode(document)
    assert (content["lower_bound"], content["optimality_gap"]) == (0.196, 0.02)
    assert len(content["workload"]["frontier"]) == 3
    assert content["items"][0]["next_best"]["cost"] == 0.21
    assert course_json.decode(document) == whole_course


def test_the_way_back_restores_what_is_dropped_before_it_drops_what_was_built(whole_course: Course) -> None:
    down = course_sql.down(whole_course)
    restored = down.index("CREATE INDEX CONCURRENTLY vapi_calls_phone_idx ON")
    assert restored < down.index("drop index concurrently public.vapi_calls_phone_number_idx;")


@pytest.mark.parametrize(
    ("planned_by", "said"),
    [
        ("PostgreSQL 18.6 for a 18.6 server", "PostgreSQL 18.6, the server's own version"),
        ("PostgreSQL 15.20 for a 15.4 server", "PostgreSQL 15.20, the major version of the server (15.4)"),
        ("PostgreSQL 18.6 for an 16.4 server", "PostgreSQL 18.6 for a 16.4 server: planners differ"),
        ("a table of costs", "a table of costs"),
    ],
)
def test_who_planned_is_said_in_words(planned_by: str, said: str) -> None:
    assert planner_words(planned_by).startswith(said)


def test_changes_are_worded_as_factors_or_shares() -> None:
    assert factor(100, 1) == f"100{TIMES} cheaper"
    assert factor(100, 80) == "20 % cheaper"
    assert factor(100, 100.5) == "the same"
    assert factor(100, 130) == "30 % dearer"
    assert factor(0, 0) == "the same"
    assert range_words(1, 1.001) == ""
    assert range_words(None, 3) == ""


def test_the_next_best_says_how_much_worse_it_is() -> None:
    assert next_best_words(NextBest(sql="", cost=0.9, chosen_cost=0.3)).endswith(
        f"would cost 3{TIMES} as much (planned)."
    )
    assert "as well (planned)" in next_best_words(NextBest(sql="create index on t (a)", cost=0.3, chosen_cost=0.3))


def test_no_bound_is_claimed_where_none_is_known(course: Course) -> None:
    assert best_words(course.workload) == ""
    exact = msgspec.structs.replace(course.workload, optimality_gap=0.0, candidates=7)
    assert best_words(exact) == "the best that these 7 candidates allow (planned)"

"""A plan of several kinds of cure: in groups by how soon, with what the application has to change, and refusals."""

import json

import msgspec
import pytest

from pgclinic.model.errors import UserError
from pgclinic.model.prescription import Course, Risk, Statement
from pgclinic.report import course_html, course_json, course_sql, course_text


def test_the_text_has_three_groups_and_the_numbers_go_on(planned_course: Course) -> None:
    text = course_text.text(planned_course)
    assert max(map(len, text.splitlines())) <= 80
    places = [text.index(title) for title in ("\nNow ", "\nThis week ", "\nThis month ", "\nConsidered and refused ")]
    assert places == sorted(places)
    assert "3  in your application: n plus one of statement c" in text
    assert "4  create table leads_new (like leads);" in text
    assert "2 now · 1 this week · 1 this month" in text
    assert "risk high · after 1 · +2.4 points (estimated)" in text


def test_the_text_begins_with_what_all_of_it_does(planned_course: Course) -> None:
    top = " ".join(course_text.text(planned_course).partition("\nNow")[0].split())
    assert "the workload at 3.2 % of its planned cost, 31.2\N{MULTIPLICATION SIGN} cheaper (planned;" in top
    assert "grade C- (71) → A (93), confidence B (estimated)" in top


def test_the_plan_is_seen_at_a_glance(planned_course: Course) -> None:
    text = course_text.text(planned_course)
    glance = text[text.index("\nPlan ") : text.index("\nNow ")]
    assert [line.split()[0] for line in glance.splitlines()[3:] if line.strip()] == ["1", "2", "3", "4"]
    assert "4  this month  partitions: table leads" in glance
    assert glance.split()[-3:] == ["%", "+2.4", "high"]
    page = course_html.page(planned_course)
    assert '<a href="#item-4">partitions: table leads</a>' in page
    assert 'id="item-4"' in page


def test_a_long_statement_is_cut_in_the_terminal_only(planned_course: Course) -> None:
    sql = "\n".join(["create function f()", *(f"line {number}" for number in range(40))])
    item = msgspec.structs.replace(planned_course.prescriptions[3], do=(Statement(sql=sql),))
    course = msgspec.structs.replace(planned_course, prescriptions=(item,))
    assert "line 9\n   -- and 30 lines more" in course_text.text(course)
    assert "line 39;" in course_html.page(course)
    assert "line 39;" in course_sql.up(course)


def test_the_text_tells_what_the_application_asks_instead(planned_course: Course) -> None:
    text = course_text.text(planned_course)
    for said in (
        "For each of 100 calls one lead is asked for.",
        "instead of  select * from leads where call_id = $1",
        "     from leads\n     where call_id = any($1);",
        "one run for up to 100 calls; prove compares the rows",
        "in your application: Ask for the leads of all calls at once.",
        "     rows = connection.execute(\n         query, [ids],",
        "for Django: on the page and in the JSON",
        "risk medium",
        "Its unique key vapi_calls_call_id_key lacks the column",
    ):
        assert said in text
    assert "\x1b" not in text


def test_the_page_has_the_groups_and_every_example(planned_course: Course) -> None:
    page = course_html.page(planned_course)
    for said in (
        "<h2>This week</h2>",
        "3.2 %",
        "71 → 93, confidence B",
        "call_id__in=ids",
        "Considered and refused",
        "where call_id = any($1);",
    ):
        assert said in page
    assert "<script" not in page


def test_the_json_is_read_back_equal_and_says_risks_in_words(planned_course: Course) -> None:
    document = course_json.encode(planned_course)
    items = json.loads(document)["items"]
    assert [(item["when"], item["risk"]) for item in items] == [
        ("now", "low"),
        ("now", "low"),
        ("this week", "medium"),
        ("this month", "high"),
    ]
    assert items[2]["sql"] == ""
    assert course_json.decode(document) == planned_course
    with pytest.raises(UserError, match="damaged"):
        course_json.decode(document.replace(b'"risk": "high"', b'"risk": "higher"'))


def test_an_older_prescription_without_risks_is_read(planned_course: Course) -> None:
    content = json.loads(course_json.encode(planned_course))
    for item in content["items"]:
        del item["risk"], item["when"]
    assert {item.risk for item in course_json.decode(json.dumps(content).encode()).prescriptions} == {Risk.LOW}


def test_the_migration_says_in_comments_what_is_not_in_the_database(planned_course: Course) -> None:
    up, down = course_sql.up(planned_course), course_sql.down(planned_course)
    assert "-- in your application: Ask for the leads" in up
    assert "--     where call_id = any($1)" in up
    assert "nothing is run in the database for it" in up
    assert "execute $$\nselect 1\n$$;" in up
    assert "it is in the application" in down


def test_two_changes_of_one_object_have_fingerprints_of_their_own(planned_course: Course) -> None:
    item = planned_course.prescriptions[2]
    other = msgspec.structs.replace(item.mappings[0], original="d")
    assert msgspec.structs.replace(item, mappings=(other,)).fingerprint != item.fingerprint

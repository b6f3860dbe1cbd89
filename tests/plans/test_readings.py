"""Every reading on real plans: silent where all is well, and about the right node where it is not."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pgclinic.plans import readings
from pgclinic.plans.reader import read
from pgclinic.plans.readings import load, names, readings_of
from pgclinic.plans.view import PlanView
from pgclinic.report.plan_reading_words import label
from pgclinic.sql.statements import split

if TYPE_CHECKING:
    from conftest import Database

CASES = Path(__file__).parent / "readings"
SECTIONS = ("What it sees:", "Why it matters:", "What to do:")


def header(case: str, word: str) -> str | None:
    """What the first lines of the sick statement say under this word."""
    lines = (CASES / case / "sick.sql").read_text().splitlines()
    return next((line.removeprefix(f"-- {word}:").strip() for line in lines if line.startswith(f"-- {word}:")), None)


def explained(database: "Database", case: str, file: str, *options: str) -> list[PlanView]:
    """Plans of the file's last statement, after the others were run; what it changes is taken back."""
    *before, last = split((CASES / case / file).read_text())
    views = []
    with database.connect() as connection:
        for statement in before:
            connection.execute(statement)
        for each in options:
            connection.execute("begin")
            text = "\n".join(line for (line,) in connection.execute(f"explain ({each}) {last}"))
            connection.execute("rollback")
            (plan,) = read(text)
            views.append(PlanView(plan))
    return views


def test_every_reading_has_a_case_and_every_case_a_reading() -> None:
    assert [path.name for path in sorted(CASES.iterdir())] == list(names())
    assert all((CASES / name / f"{file}.sql").is_file() for name in names() for file in ("schema", "healthy", "sick"))


@pytest.mark.parametrize("name", names())
def test_a_reading_documents_itself(name: str) -> None:
    title, *rest = load(name).documentation.split("\n")
    assert title.endswith(".")
    places = [rest.index(section) for section in SECTIONS]
    assert places == sorted(places)
    thresholds = load(name).examine.__kwdefaults__ or {}
    assert all(f"`{threshold}`" in load(name).documentation for threshold in thresholds)


def test_an_unknown_reading_is_not_there() -> None:
    with pytest.raises(KeyError):
        load("nothing")
    assert readings.__doc__


@pytest.mark.server
@pytest.mark.parametrize("name", names())
def test_a_reading_is_silent_on_the_healthy_and_right_about_the_sick(database_on_each: "Database", name: str) -> None:
    with database_on_each.connect() as connection:
        for statement in split((CASES / name / "schema.sql").read_text()):
            connection.execute(statement)
        where = header(name, "where")
        is_possible = where is None or connection.execute(where).fetchone() == (True,)
    (sick,) = explained(database_on_each, name, "sick.sql", "analyze, buffers")
    for healthy in explained(database_on_each, name, "healthy.sql", "analyze, buffers", "costs"):
        assert name not in {each.reading for each in readings_of(healthy)}
    found = [each for each in readings_of(sick) if each.reading == name]
    if not is_possible:
        assert not found
        return
    assert len(found) == 1, sick.explained
    node = label(sick.steps[found[0].step - 1].node) if found[0].step else ""
    wanted = header(name, "node") or ""
    assert (wanted in node) if wanted else not node

"""A check's docstring is its page of the documentation, its signature the configuration."""

import re
from pathlib import Path

import pytest

from pgclinic import checks
from pgclinic.grading.grade import WEIGHTS
from pgclinic.probes import __path__ as probes_path

HEADINGS = ("What it sees:", "Why it matters:", "What to do:")


@pytest.mark.parametrize("name", checks.names())
def test_a_page_says_what_is_seen_why_it_matters_and_what_to_do(name: str) -> None:
    page = checks.load(name).documentation
    first, blank, *_ = page.split("\n")
    assert first.endswith(".")
    assert blank == ""
    places = [page.find(heading) for heading in HEADINGS]
    assert places == sorted(places)
    assert places[0] > 0
    assert re.findall(r"^\S.*:$", page, re.MULTILINE) == list(HEADINGS)


@pytest.mark.parametrize("name", checks.names())
def test_a_check_declares_what_it_weighs_in_and_what_it_needs(name: str) -> None:
    check = checks.load(name)
    assert check.family in WEIGHTS
    probes = {path.stem for folder in probes_path for path in Path(folder).glob("*.py")}
    assert check.needs
    assert set(check.needs) <= probes


@pytest.mark.parametrize("name", checks.names())
def test_every_threshold_that_the_page_names_can_be_set(name: str) -> None:
    check = checks.load(name)
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", check.documentation))
    assert named <= set(check.thresholds)
    assert all(default is not None for default in check.thresholds.values())


def test_an_unknown_check_is_refused() -> None:
    with pytest.raises(KeyError):
        checks.load("os")

"""pgclinic.toml and pyproject.toml: what fits, and one sentence with file and key for what does not."""

from pathlib import Path

import pytest

from pgclinic import checks
from pgclinic.model.errors import UserError
from pgclinic.verbs.configuration import found_upwards, read
from pgclinic.verbs.thresholds import UnfitValueError, fitting, thresholds


def _read(folder: Path, text: str, name: str = "pgclinic.toml") -> object:
    (folder / name).write_text(text)
    return read(folder / name)


def test_everything_that_can_be_set(tmp_path: Path) -> None:
    text = """
        only = ["storage", "unused_index"]
        ignore = "dead_rows, 0123456789ab"
        fail-below = "B-"
        lang = "fr"
        format = "json"
        baseline = "known.txt"
        [checks.dead_rows]
        notable_share = 0.2
        min_rows = 500
    """
    found = _read(tmp_path, text)
    assert found.source == str(tmp_path / "pgclinic.toml")
    assert found.thresholds == {"dead_rows": {"notable_share": 0.2, "min_rows": 500}}
    assert found.only == ("storage", "unused_index")
    assert found.ignore == ("dead_rows", "0123456789ab")
    assert (found.fail_below, found.lang, found.format) == ("B-", "fr", "json")
    assert found.baseline == str(tmp_path / "known.txt")


def test_a_table_of_pyproject_says_the_same(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n[tool.pgclinic]\nfail_below = "A"\n[tool.pgclinic.checks.dead_rows]\nmin_rows = 5\n'
    found = _read(tmp_path, text, "pyproject.toml")
    assert found.fail_below == "A"
    assert found.of("dead_rows") == {"min_rows": 5}
    assert found.of("unused_index") == {}


def test_the_nearest_file_upwards_is_taken_and_a_project_without_our_table_is_passed_by(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "a" / "pyproject.toml").write_text("this is [ no toml")
    (tmp_path / "pyproject.toml").write_text("[tool.pgclinic]\n")
    assert found_upwards(inner) == tmp_path / "pyproject.toml"
    (tmp_path / "pgclinic.toml").write_text("")
    assert found_upwards(inner) == tmp_path / "pgclinic.toml"
    (inner / "pgclinic.toml").write_text("")
    assert found_upwards(inner) == inner / "pgclinic.toml"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense = 1", "there is no key nonsense"),
        ("only = 3", "only has to be a list of texts, and is 3"),
        ('only = ["nothing_like_it"]', "only: there is no check, family or finding 'nothing_like_it'"),
        ('ignore = ["dead_row"]', "ignore: there is no check, family or finding 'dead_row'; did you mean dead_rows"),
        ("fail-below = 3", "fail-below has to be a text, and is 3"),
        ("checks = 3", "[checks] has to be a table"),
        ("[checks.dead_row]\nmin_rows = 3", "[checks.dead_row]: there is no check 'dead_row'; did you mean dead_rows"),
        ("[checks]\ndead_rows = 3", "[checks.dead_rows] has to be a table of thresholds"),
        ("[checks.dead_rows]\nmin_row = 3", "[checks.dead_rows] min_row is no threshold of dead_rows; it has notable"),
        ("[checks.invalid_index]\nmin_row = 3", "min_row is no threshold of invalid_index; it has none"),
        (
            '[checks.dead_rows]\nnotable_share = "much"',
            "[checks.dead_rows] notable_share has to be a number from 0 to 1, and is 'much'",
        ),
        ("[checks.dead_rows]\nnotable_share = 20", "a number from 0 to 1, and is 20"),
        ("[checks.dead_rows]\nnotable_share = nan", "a number from 0 to 1, and is nan"),
        ("[checks.dead_rows]\nmin_rows = -1", "a whole number, not below 0, and is -1"),
        ("[checks.dead_rows]\nmin_rows = 1.5", "a whole number, not below 0, and is 1.5"),
        ("[checks.dead_rows]\nmin_rows = true", "a whole number, not below 0, and is true"),
        ("[checks.slow_statement]\nslow_ms = inf", "a number, not below 0, and is inf"),
        ("[checks.slow_statement]\nslow_ms = 2026-01-01", "a number, not below 0"),
        ("only = [", "is not TOML"),
    ],
)
def test_what_does_not_fit_is_one_sentence_with_file_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError) as error:
        _read(tmp_path, text)
    assert str(error.value).startswith((f"{tmp_path}/pgclinic.toml: ", "The configuration"))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Cannot read the configuration file .*missing.toml"):
        read(tmp_path / "missing.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="UTF-8"):
        read(tmp_path / "x.toml")
    (tmp_path / "pyproject.toml").write_text("[project]")
    with pytest.raises(UserError, match=r"no table \[tool.pgclinic\]"):
        read(tmp_path / "pyproject.toml")


@pytest.mark.parametrize("name", checks.names())
def test_every_default_is_a_value_that_its_own_threshold_may_have(name: str) -> None:
    check = checks.load(name)
    for each in thresholds(check):
        assert each.kind != "a value", "a configuration file could not say what this threshold is"
        if each.default is not None:
            value = list(each.default) if isinstance(each.default, tuple) else each.default
            assert fitting(check, each.name, value) == each.default


def test_what_a_check_is_given_besides_thresholds_cannot_be_set() -> None:
    with pytest.raises(KeyError):
        fitting(checks.load("dead_rows"), "snapshot", 1)
    with pytest.raises(UnfitValueError, match="a number from 0 to 1"):
        fitting(checks.load("dead_rows"), "notable_share", [])

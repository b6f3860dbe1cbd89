"""Lines for cron: what the shell gets is the statement, whatever its names are."""

import shlex

import pytest

from pgclinic.advise.crontab import crontab


@pytest.mark.parametrize("name", ["public.keep", '"Our Schema"."it\'s 100 %"', '"a""b$HOME`x`"'])
def test_the_statement_reaches_psql_as_it_is(name: str) -> None:
    example = crontab("* * * * *", "psql -X -c", f"select {name}()")
    command = example.code.removeprefix("* * * * *")
    assert "%" not in command.replace(r"\%", "")
    assert shlex.split(command.replace(r"\%", "%")) == ["psql", "-X", "-c", f"select {name}()"]


def test_a_plain_statement_is_written_plainly() -> None:
    assert crontab("17 3 * * *", "psql -X -c", "select public.keep()").code == (
        "17 3 * * *  psql -X -c 'select public.keep()'"
    )

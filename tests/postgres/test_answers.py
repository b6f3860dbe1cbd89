"""Results kept until nobody measures, on a real server."""

from typing import TYPE_CHECKING

import psycopg
import pytest

from pgclinic.postgres import answers
from pgclinic.postgres.answers import Answer, Answers
from pgclinic.workload.latencies import Samples

if TYPE_CHECKING:
    from tests.conftest import Database

pytestmark = pytest.mark.server


def test_rows_are_hashed_at_the_end_or_at_once_where_they_are_many(
    database: "Database", monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for most in (1 << 20, 1_000):
        monkeypatch.setattr(answers, "_MOST_BYTES", most)
        samples, mine = Samples("rows"), Answers()
        answer = Answer(samples, lambda: "key")
        with psycopg.connect(database.conninfo) as connection:
            for first in (1, 100):
                rows = "select n, repeat('x', n) from generate_series(%s::int, 200) n order by random()"
                result = connection.execute(rows, [first]).pgresult
                assert result is not None
                mine.add(answer, result)
        assert bool(answer.results) == (most > 1_000)
        mine.keep(answer)
        assert not samples.digests
        mine.finish()
        found.append(samples.digests)
    assert found[0] == found[1] != set()

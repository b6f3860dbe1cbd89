"""The policy alone, its commands carried out on a table of rows: what is in it, and in how many statements."""

import math
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from pgclinic_runtime.batches.blocks import block_of, lines_of
from pgclinic_runtime.batches.exactly_once import write_once
from pgclinic_runtime.batches.ledger import Ledger
from pgclinic_runtime.commands import Copy

KEY = UUID(int=1)


class Refusing:
    """A form whose statement fails for some lines."""

    def __init__(self, *, copies: bool) -> None:
        self._copies = copies

    def copy(self, blocks: Any) -> Copy | None:
        return Copy(sql.SQL("copy"), lines_of(blocks)) if self._copies else None

    def ways(self) -> Any:
        return () if self._copies else (self.write,)

    def write(self, blocks: Any) -> Any:
        yield Copy(sql.SQL("copy"), lines_of(blocks))

    def waves(self, lines: Any) -> Any:
        return [list(range(len(lines)))]


def carried_out(lines: Any, bad: Any, *, copies: bool) -> Any:
    """Rows that are in at the end, refusals, and how many statements wrote rows."""
    written, piece, count = [], [], 0
    steps = write_once(KEY, [block_of(lines)], Refusing(copies=copies), Ledger())
    command = next(steps)
    try:
        while True:
            error, reply = None, []
            if isinstance(command, Copy):
                count += 1
                parts = list(command.data)
                error = psycopg.errors.CheckViolation("no") if bad & set(parts) else None
                piece = [] if error else parts
                if command.after is not None:
                    assert command.before is not None
                    written, piece = piece, []
            else:
                text = command.statement.as_string(None)
                if text.startswith("begin"):
                    written, reply = [], [(1,)]
                elif text.startswith(("set constraints", "commit")):
                    written += piece
                    piece = []
            command = steps.throw(error) if error else steps.send(reply)
    except StopIteration as stop:
        return written, stop.value, count


@given(count=st.integers(1, 70), copies=st.booleans(), data=st.data())
def test_good_rows_go_in_and_bad_ones_are_named_whatever_they_are(
    count: int,
    copies: bool,  # noqa: FBT001
    data: st.DataObject,
) -> None:
    lines = [b"%d" % number for number in range(count)]
    bad = data.draw(st.sets(st.sampled_from(lines)))
    written, refusals, statements = carried_out(lines, bad, copies=copies)
    assert written == [line for line in lines if line not in bad]
    assert [refusal.row for refusal in refusals] == [line for line in lines if line in bad]
    assert [lines[refusal.position] for refusal in refusals] == [refusal.row for refusal in refusals]
    assert statements <= 2 * count + 1


@pytest.mark.parametrize("copies", [False, True])
def test_one_bad_row_of_a_thousand_costs_a_few_statements(copies: bool) -> None:  # noqa: FBT001
    lines = [b"%d" % number for number in range(1000)]
    written, refusals, statements = carried_out(lines, {b"617"}, copies=copies)
    assert (len(written), len(refusals)) == (999, 1)
    assert statements <= 2 * math.ceil(math.log2(1000)) + 3

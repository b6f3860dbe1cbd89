"""The policy alone, its commands carried out on a table of rows: what is in it, and in how many statements."""

import math
from typing import Any
from uuid import UUID

import psycopg
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

    def ways(self) -> Any:
        return (self.write,)

    def write(self, blocks: Any) -> Any:
        yield Copy(sql.SQL("copy"), lines_of(blocks))

    def waves(self, lines: Any) -> Any:
        return [list(range(len(lines)))]


def carried_out(lines: Any, bad: Any) -> Any:
    """Rows that are in at the end, refusals, and how many statements wrote rows."""
    written, piece, copies = [], [], 0
    steps = write_once(KEY, [block_of(lines)], Refusing(), Ledger())
    command = next(steps)
    try:
        while True:
            error, reply = None, []
            if isinstance(command, Copy):
                copies += 1
                parts = list(command.data)
                error = psycopg.errors.CheckViolation("no") if bad & set(parts) else None
                piece = [] if error else parts
            else:
                text = command.statement.as_string(None)
                if text.startswith("begin"):
                    written, reply = [], [(1,)]
                elif text.startswith(("set constraints", "commit")):
                    written += piece
                    piece = []
            command = steps.throw(error) if error else steps.send(reply)
    except StopIteration as stop:
        return written, stop.value, copies


@given(count=st.integers(1, 70), data=st.data())
def test_good_rows_go_in_and_bad_ones_are_named_whatever_they_are(count: int, data: st.DataObject) -> None:
    lines = [b"%d" % number for number in range(count)]
    bad = data.draw(st.sets(st.sampled_from(lines)))
    written, refusals, copies = carried_out(lines, bad)
    assert written == [line for line in lines if line not in bad]
    assert [refusal.row for refusal in refusals] == [line for line in lines if line in bad]
    assert [lines[refusal.position] for refusal in refusals] == [refusal.row for refusal in refusals]
    assert copies <= 2 * count + 1


def test_one_bad_row_of_a_thousand_costs_a_few_statements() -> None:
    lines = [b"%d" % number for number in range(1000)]
    written, refusals, copies = carried_out(lines, {b"617"})
    assert (len(written), len(refusals)) == (999, 1)
    assert copies <= 2 * math.ceil(math.log2(1000)) + 3

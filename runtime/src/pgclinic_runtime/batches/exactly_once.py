"""How a group is written once and only once, good rows in and bad ones set aside. Policy: the drivers do the talking.

A group is first written as a whole, in each of the form's ways; where a COPY does it, with the transaction around it in
one request. When the database refuses them all, it is written in
pieces, each under a savepoint, halved until the rows at fault stand alone: at most twice as many statements as rows,
and about 2·log₂(rows) for one bad row. An error that an empty group meets too is the target's and not a row's.
"""

from collections.abc import Generator, Iterator, Sequence
from uuid import UUID

import psycopg
from psycopg import sql

from pgclinic_runtime.batches.blocks import Block, block_of, lines_of
from pgclinic_runtime.batches.errors import CommitLostError, GroupFailedError, Refusal, is_undone, passes, sentence
from pgclinic_runtime.batches.ledger import Ledger
from pgclinic_runtime.batches.targets import Form
from pgclinic_runtime.commands import Command, Copy, Reply, Run

_AGAIN = "21000"  # cardinality_violation: ON CONFLICT DO UPDATE met a row twice
_ROLLBACK = Run(sql.SQL("rollback"))
_COMMIT = Run(sql.SQL("commit"))
_SAVE = Run(sql.SQL("savepoint piece"))
# A deferred constraint would speak at COMMIT only, when it is too late to tell whose it is.
_RELEASE = Run(sql.SQL("set constraints all immediate; release savepoint piece"))
_BACK = Run(sql.SQL("rollback to savepoint piece; release savepoint piece"))

Steps = Generator[Command, Reply, list[Refusal]]


def write_once(key: UUID, blocks: Sequence[Block], form: Form, ledger: Ledger) -> Steps:
    """Write a group in a transaction of its own; safe to repeat with the same key whatever happened before.

    Returns:
        The rows that were set aside, in order.

    Raises:
        GroupFailedError: the target refuses even a group without rows.
        psycopg.Error, CommitLostError: what passes by itself; the connection is to be closed, the group tried again.
    """
    rows = sum(block.rows for block in blocks)
    if (copy := form.copy(blocks)) and (found := (yield from _in_one_request(key, rows, copy, ledger))) is not None:
        return found
    for write in (*form.ways(), None):
        if not (yield from ledger.begun(key, rows)):
            yield _ROLLBACK
            return (yield from ledger.recalled(key))
        try:
            if write is None:
                refusals = yield from _write_pieces(lines_of(blocks), form)
                yield from ledger.set_aside(key, refusals)
            else:
                refusals = []
                yield from write(blocks)
            yield from _commit()
        except psycopg.Error as error:
            if passes(error) or write is None:
                raise
            yield _ROLLBACK
        else:
            return refusals
    raise AssertionError("the last time returns or raises")


def _in_one_request(
    key: UUID, rows: int, copy: Copy, ledger: Ledger
) -> Generator[Command, Reply, list[Refusal] | None]:
    """What was set aside; None when the database refuses the rows."""
    is_sent = False

    def data() -> Iterator[bytes]:
        nonlocal is_sent
        yield from copy.data
        is_sent = True

    try:
        yield Copy(copy.statement, data(), before=ledger.claim(key, rows), after=_COMMIT.statement)
    except psycopg.Error as error:
        if passes(error) and is_sent and not is_undone(error):
            raise CommitLostError(str(error)) from error
        if passes(error):
            raise
        yield _ROLLBACK
        if ledger.was_claimed(error) and (yield from ledger.holds(key)):
            return (yield from ledger.recalled(key))
        return None
    return []


def _commit() -> Generator[Command, Reply, None]:
    try:
        yield _COMMIT
    except psycopg.Error as error:
        if passes(error) and not is_undone(error):
            raise CommitLostError(str(error)) from error
        raise


def _write_pieces(lines: Sequence[bytes], form: Form) -> Steps:
    if broken := (yield from _write_piece((), form)):
        raise GroupFailedError(sentence(broken), is_decided=True) from broken
    refusals: list[Refusal] = []
    waiting: list[Sequence[int]] = [range(len(lines))]
    while waiting:
        piece = waiting.pop()
        error = yield from _write_piece([lines[position] for position in piece], form)
        if error is None:
            continue
        if len(piece) > 1:
            waiting += reversed(_parts(piece, lines, form, error))
        else:
            (position,) = piece
            refusals.append(Refusal(position, error.sqlstate or "", sentence(error), lines[position]))
    return sorted(refusals, key=lambda refusal: refusal.position)


def _write_piece(lines: Sequence[bytes], form: Form) -> Generator[Command, Reply, psycopg.Error | None]:
    yield _SAVE
    try:
        yield from form.write([block_of(lines)] if lines else ())
        yield _RELEASE
    except psycopg.Error as error:
        if passes(error):
            raise
        yield _BACK
        return error
    return None


def _parts(piece: Sequence[int], lines: Sequence[bytes], form: Form, error: psycopg.Error) -> list[Sequence[int]]:
    if error.sqlstate == _AGAIN:
        waves = form.waves([lines[position] for position in piece])
        if len(waves) > 1:
            return [[piece[place] for place in wave] for wave in waves]
    half = len(piece) // 2
    return [piece[:half], piece[half:]]

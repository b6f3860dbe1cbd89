"""Examine somebody else's migration before it is run: statement by statement, on a private server."""

import re
from collections.abc import Generator, Sequence
from datetime import UTC, datetime

import msgspec

from pgclinic import __version__, checks, reviews
from pgclinic.instance import binaries_for
from pgclinic.model.catalog import Schema
from pgclinic.model.errors import UserError
from pgclinic.model.progress import Progress
from pgclinic.model.review import (
    Migration,
    MigrationStatement,
    Place,
    Review,
    ReviewedStatement,
    Step,
    Trace,
    Verdict,
)
from pgclinic.model.snapshot import FIRST_PROBES, FORMAT_VERSION, Header, Server, Snapshot
from pgclinic.model.workload import WorkloadScript
from pgclinic.postgres.collect import collect
from pgclinic.sql import deeds, migration_file
from pgclinic.twin.scratch import Scratch, is_for_want_of_rights
from pgclinic.twin.translating import PROBES, Translation
from pgclinic.verbs.check_pages import suggestion
from pgclinic.verbs.driving import drive
from pgclinic.verbs.private import death_in_words
from pgclinic.verbs.trying import sound_before, trial

MOST_STATEMENTS = 2_000
_NEWEST = 99
"""Nearer to it than any other is the newest."""
_CHANGES_NOTHING = frozenset(
    {"select_stmt", "variable_set_stmt", "variable_show_stmt", "transaction_stmt", "insert_stmt", "update_stmt"}
    | {"delete_stmt", "explain_stmt", "prepare_stmt", "deallocate_stmt", "vacuum_stmt", "lock_stmt", "merge_stmt"}
)
"""Statements after which the schema is what it was, unless they call a function."""


class SourceText(msgspec.Struct, frozen=True):
    """A file of the migration: how it was named, and what it holds."""

    name: str
    text: str


def review(
    files: Sequence[SourceText],
    snapshot: Snapshot | None = None,
    *,
    script: WorkloadScript | None = None,
    single_transaction: bool = False,
    ignore: Sequence[str] = (),
) -> Generator[Progress, None, Review]:
    """Run the files in order on a private server with the snapshot's schema, an empty one when None.

    With ``single_transaction`` each file is run in one, as tools do that wrap it; ``ignore`` are rules that stay
    silent. Raises UserError for what is not SQL at all, and for psql commands that cannot be followed.
    """
    source = snapshot or empty_snapshot()
    statements = _statements(files, single_transaction=single_transaction)
    yield Progress("starting a private server")
    private = Scratch(source, invents_roles=snapshot is None)
    with death_in_words("The private server that runs the migration"), private as scratch:
        run_by = scratch.run_by
        translation = Translation(_look(scratch), source)
        sound = sound_before(scratch, source, script)
        steps = yield from _steps(scratch, translation, source, statements)
        is_left_open = scratch.is_in_transaction
        scratch.finish()
        migration = Migration(source=source, steps=tuple(steps), is_left_open=is_left_open)
        said = yield from trial(scratch, migration, sound)
        omissions = scratch.omissions
    migration = msgspec.structs.replace(migration, trial=said)
    objections = tuple(each for each in reviews.examined(migration) if each.finding.check not in ignore)
    return Review(
        files=tuple(file.name for file in files),
        statements=tuple(_reviewed(step, source) for step in steps),
        objections=objections,
        indexes=said.created,
        database=source.server.database if snapshot is not None else "",
        clock=source.header.clock,
        run_by=run_by,
        workload=len(sound.statements),
        omitted=(*omissions, *said.omitted),
    )


def rules_named(names: Sequence[str]) -> tuple[str, ...]:
    """Rules and checks, several in one text between commas. Raises UserError for what is neither."""
    wanted = tuple(name for each in names for name in re.split(r"[ ,]+", each) if name)
    known = (*reviews.names(), *checks.names())
    for name in wanted:
        if name not in known:
            raise UserError(f"There is no rule {name!r}{suggestion(name, known)}")
    return wanted


def empty_snapshot() -> Snapshot:
    """A database with nothing in it, of the newest version that this machine has."""
    binaries = binaries_for(_NEWEST)
    return Snapshot(
        header=Header(
            format_version=FORMAT_VERSION,
            collector=f"pgclinic {__version__}",
            clock=datetime.now(UTC).isoformat(),
            probes=FIRST_PROBES,
        ),
        server=Server(version_num=binaries.version_num, version=binaries.version, database="empty"),
        schemas=(Schema(name="public", owner="pg_database_owner"),),
    )


def _statements(files: Sequence[SourceText], *, single_transaction: bool) -> list[MigrationStatement]:
    found: list[MigrationStatement] = []
    for file in files:
        held = migration_file.read(file.text, file.name)
        own = [
            MigrationStatement(
                place=Place(file.name, each.line),
                sql=each.sql,
                deed=deeds.read(each.sql),
                ignores=each.ignores,
            )
            for each in held.statements
        ]
        if own and (single_transaction or held.in_transaction):
            begin, commit = (
                MigrationStatement(place=place, sql=word, deed=deeds.read(word), is_implied=True)
                for place, word in ((own[0].place, "begin"), (own[-1].place, "commit"))
            )
            own = [begin, *own, commit]
        found += own
    if not found:
        raise UserError("There is no statement in the migration; give a file of SQL.")
    if len(found) > MOST_STATEMENTS:
        raise UserError(
            f"The migration has {len(found):,} statements, and review runs {MOST_STATEMENTS:,} at most; "
            "give the files one after the other, or leave out what loads data."
        )
    return found


def _steps(
    scratch: Scratch, translation: Translation, source: Snapshot, statements: Sequence[MigrationStatement]
) -> Generator[Progress, None, list[Step]]:
    steps: list[Step] = []
    state = source
    for number, statement in enumerate(statements):
        yield Progress("running the migration on the private server", number, len(statements))
        trace = translation.trace(scratch.run(statement))
        if trace.failure is not None and is_for_want_of_rights(trace.failure):
            reason = f"it needs rights that the private server gives nobody: {trace.failure.message}"
            trace = msgspec.structs.replace(trace, failure=None, unexamined=reason)
        after = translation.seen(_look(scratch)) if _may_change(statement, trace) else state
        steps.append(Step(statement=statement, trace=trace, before=state, after=after))
        state = after
    return steps


def _may_change(statement: MigrationStatement, trace: Trace) -> bool:
    """Whether the schema may be another one now; a rollback takes back what was before it."""
    if trace.failure is not None:
        return False
    word = deeds.transaction_word(statement.sql)
    if word:
        return word.startswith("rollback")
    return statement.deed.kind not in _CHANGES_NOTHING or bool(statement.deed.functions)


def _look(scratch: Scratch) -> Snapshot:
    return drive(collect(scratch.connection, only=PROBES))


def _reviewed(step: Step, source: Snapshot) -> ReviewedStatement:
    trace = step.trace
    names = {oid: str(each.relation_name) for oid, each in source.relation_by_oid.items()}
    verdict = Verdict.FAILED if trace.failure else Verdict.NOT_RUN if trace.unexamined else Verdict.RAN
    return ReviewedStatement(
        place=step.statement.place,
        sql=step.statement.sql,
        verdict=verdict,
        locks=tuple((names[each.relation], each.mode) for each in trace.locks if each.relation in names),
        unexamined=trace.unexamined,
    )

"""What a search for indexes may propose and what it works for, from what was typed."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pgclinic.advise.aims import Aims
from pgclinic.advise.limits import KINDS, Limits
from pgclinic.cli.options import Until
from pgclinic.cli.quantities import chosen, share
from pgclinic.model.errors import UserError
from pgclinic.model.prescription import When

if TYPE_CHECKING:
    from pathlib import Path

    from pgclinic.model.snapshot import Snapshot


def latest_of(until: Until) -> When:
    """The last part of a plan that is wanted."""
    return {Until.NOW: When.NOW, Until.WEEK: When.THIS_WEEK, Until.MONTH: When.THIS_MONTH}[until]


def limits_of(*, kinds: Sequence[str] | None, max_width: int | None) -> Limits:
    """Limits but for the tables left out, whose names only the database can tell."""
    limits = Limits()
    if kinds is not None:
        limits = replace(limits, kinds=chosen(kinds, KINDS, "--kinds"))
    return limits if max_width is None else replace(limits, max_width=max_width)


def kinds_of(only: Sequence[str] | None, skip: Sequence[str] | None) -> frozenset[str]:
    """The kinds of treatment that are wanted."""
    from pgclinic.verbs.prescribe import KINDS

    wanted = frozenset(KINDS) if only is None else chosen(only, KINDS, "--only")
    return wanted if skip is None else wanted - chosen(skip, KINDS, "--skip")


def tools_of(migrations: Sequence[str] | None, output: "Path | None") -> tuple[str, ...]:
    """The tools that migrations are wanted for, in order. Raises UserError for another, or without a folder."""
    from pgclinic.report.migrations import names

    if not migrations:
        return ()
    if output is None:
        raise UserError("--migrations writes files: say with -o in which folder.")
    return tuple(sorted(chosen(migrations, names(), "--migrations")))


def excluding(limits: Limits, tables: Sequence[str], snapshot: "Snapshot") -> Limits:
    """The same without these tables. Raises UserError for one that is not there."""
    from pgclinic.verbs.named import table_named

    return replace(limits, excluded=frozenset(table_named(each, snapshot) for each in tables))


def aims_of(objective: str, *, min_gain: str | None, max_per_table: int | None, seconds: float | None) -> Aims:
    """Aims; ``seconds`` from now on the search is late."""
    aims = Aims(objective=str(objective), max_per_table=max_per_table)
    if min_gain is not None:
        aims = replace(aims, min_gain=share(min_gain, "--min-gain"))
    if seconds is not None:
        end = time.monotonic() + seconds
        aims = replace(aims, is_late=lambda: time.monotonic() >= end)
    return aims

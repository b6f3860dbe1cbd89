"""From what was typed to what a verb works on."""

from typing import TYPE_CHECKING

from pgclinic.cli.options import TargetOptions
from pgclinic.model.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgclinic.model.snapshot import Snapshot
    from pgclinic.verbs.targets import Live, SnapshotFile
    from pgclinic.verbs.watch import WatchTarget


def located(where: TargetOptions) -> "Live | SnapshotFile":
    """The server or the snapshot file that is meant. Raises UserError when it cannot be told."""
    from pgclinic.verbs.targets import resolve

    return resolve(
        where.target,
        host=where.host,
        port=where.port,
        user=where.user,
        dbname=where.dbname,
        password_command=where.password_command,
    )


def visit_file(given: str | None, name: str) -> "SnapshotFile":
    """The file of a visit that was kept. Raises UserError for anything else."""
    from pgclinic.verbs.targets import Live, resolve

    if given is None:
        raise UserError(f"{name} is missing: give a snapshot file, or the JSON report of a checkup.")
    target = resolve(given)
    if isinstance(target, Live):
        raise UserError(f"{name} has to be a visit that was kept, a snapshot file or a JSON report, and not a server.")
    return target


def conninfo_of(where: TargetOptions, verb: str) -> str:
    """How to connect, for a verb that needs a running server. Raises UserError for a snapshot file."""
    from pgclinic.verbs.targets import Live

    target = located(where)
    if not isinstance(target, Live):
        raise UserError(f"{verb} needs a running server, and {where.target} is a snapshot file; give a connection.")
    return target.conninfo


def named_targets(given: "Sequence[str]", password_command: str | None) -> "list[WatchTarget]":
    """The servers to watch, by names without secrets; without any what the environment means. Raises UserError."""
    from pgclinic.verbs.targets import Live, resolve
    from pgclinic.verbs.watch import watch_target

    meant = [resolve(each, password_command=password_command) for each in given or (None,)]
    live = [each.conninfo for each in meant if isinstance(each, Live)]
    if len(live) < len(meant):
        raise UserError("watch needs running servers, and a TARGET is a snapshot file; give connections.")
    named = {each.name: each for each in map(watch_target, live)}
    if len(named) < len(live):
        raise UserError("Two of the TARGETs are the same database; give each once.")
    return list(named.values())


def seen(where: TargetOptions) -> "Snapshot":
    """What there is to see of the target: collected from a server now, or read from the file."""
    from pgclinic.cli.progress import shown
    from pgclinic.verbs.targets import examined

    return shown(examined(located(where)))

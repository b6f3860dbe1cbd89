"""The whole path on one machine, for trying: it outlives the command that starts it and is found again by a file."""

from contextlib import ExitStack, suppress
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

from pgclinic.instance import binaries_for, home
from pgclinic.instance.storage import end, program_of
from pgclinic.model.errors import UserError
from pgclinic.model.trying import TriedPart
from pgclinic.stack.part import write_private
from pgclinic.stack.pooler import start_pooler
from pgclinic.stack.redis import answers, start_redis
from pgclinic.stack.replication import start_primary, start_replica

_FILE = "stack.json"
_MAJOR = 18


def up(database: str) -> tuple[TriedPart, ...]:
    """Start primary, replica, a pooler for each, and Redis. Raises UserError, also when they run already.

    Whoever may open the sockets, which only this account may, logs in without a password.
    """
    if any(program_of(Path(part.folder)) for part in _known()):
        raise UserError("The parts run already; see pgclinic stack status, or stop them with pgclinic stack down.")
    with ExitStack() as stack:
        primary = stack.enter_context(start_primary(binaries_for(_MAJOR), trusted=True))
        with psycopg.connect(primary.conninfo(), autocommit=True) as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
        replica = stack.enter_context(start_replica(primary))
        pooler = stack.enter_context(start_pooler(primary))
        reader = stack.enter_context(start_pooler(replica.server))
        redis = stack.enter_context(start_redis())
        replica.wait_for()
        parts = (
            TriedPart("primary", "PostgreSQL", str(primary.socket_directory), primary.conninfo(database)),
            TriedPart("replica", "PostgreSQL", str(replica.server.socket_directory), replica.conninfo(database)),
            TriedPart("pooler", "PgBouncer", str(pooler.directory), pooler.conninfo(database)),
            TriedPart("pooler of the replica", "PgBouncer", str(reader.directory), reader.conninfo(database)),
            TriedPart("cache", "Redis", str(redis.directory), redis.url),
        )
        write_private(home() / _FILE, msgspec.json.encode(parts).decode())
        for each in (primary, replica, pooler, reader, redis):
            each.detach()
        stack.pop_all()
    return status()


def status() -> tuple[TriedPart, ...]:
    """Every part with whether it answers now; none when none was started."""
    return tuple(msgspec.structs.replace(part, is_healthy=_answers(part)) for part in _known())


def down() -> tuple[TriedPart, ...]:
    """Stop every part, the last first, and remove its files; returns what there was."""
    parts = _known()
    for part in reversed(parts):
        end(Path(part.folder))
    with suppress(FileNotFoundError):
        (home() / _FILE).unlink()
    return parts


def _known() -> tuple[TriedPart, ...]:
    try:
        return msgspec.json.decode((home() / _FILE).read_bytes(), type=tuple[TriedPart, ...])
    except (FileNotFoundError, msgspec.MsgspecError):
        return ()


def _answers(part: TriedPart) -> bool:
    if part.program == "Redis":
        return answers(part.address.removeprefix("unix://"))
    try:
        with psycopg.connect(part.address, connect_timeout=5, prepare_threshold=None) as connection:
            connection.execute("select 1")
    except psycopg.Error:
        return False
    return True

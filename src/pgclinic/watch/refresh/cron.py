"""The same work as SQL for pg_cron: what to install, and the jobs that call it."""

from collections.abc import Iterator

import psycopg

from pgclinic.model.names import RelationName
from pgclinic.sql import quote
from pgclinic.watch.refresh.patterns import Irregular, upkeeps
from pgclinic.watch.refresh.settings import Refreshing
from pgclinic.watch.refresh.work import installation, looked_at, upkeep_call, upkeep_statements, views

_EVERY_MINUTE = "* * * * *"
_EVERY_FIVE_MINUTES = "*/5 * * * *"
_EVERY_HOUR = "17 * * * *"
_SOON = 600.0
"""A view that is refreshed more often than every ten minutes is asked about every minute."""


def script(connection: psycopg.Connection, settings: Refreshing) -> str:
    """SQL for the database that is connected to; reads only. Raises psycopg.Error and UserError."""
    return "\n".join(_parts(connection, settings)) + "\n"


def _parts(connection: psycopg.Connection, settings: Refreshing) -> Iterator[str]:
    yield "-- Materialized views and partitions kept up by pg_cron, as pgclinic watch --refresh would. Writes."
    yield "-- Run it in this database as the owner of its views, with pg_cron installed (cron.schedule)."
    yield "create schema if not exists pgclinic;"
    yield from (f"{statement.rstrip().rstrip(';')};" for statement in installation())
    for name in views(connection, settings):
        own = settings.of(name)
        assert own is not None
        yield _job(f"refresh {_shown(name)}", _times(own.every), _refresh(name, own))
    for upkeep in upkeeps(looked_at(connection)):
        if not settings.makes_partitions_of(upkeep.table):
            continue
        if isinstance(upkeep, Irregular):
            yield f"-- {_shown(upkeep.table)} is left alone: {upkeep.reason}."
            continue
        yield from (f"{statement};" for statement in upkeep_statements(upkeep))
        yield _job(f"partitions {_shown(upkeep.table)}", _EVERY_HOUR, upkeep_call(upkeep, settings.ahead))


def _refresh(name: RelationName, own: Refreshing) -> str:
    view = quote.literal(quote.relation(name))
    return (
        f"set statement_timeout = '{own.timeout:.0f}s'; set lock_timeout = '{own.lock_timeout * 1000:.0f}ms'; "
        f"select pgclinic.refresh_view({view}, '{own.every:.0f} seconds', {own.changed})"
    )


def _times(every: float) -> str:
    return _EVERY_MINUTE if every < _SOON else _EVERY_FIVE_MINUTES


def _job(name: str, times: str, command: str) -> str:
    return f"select cron.schedule({quote.literal(f'pgclinic {name}')}, '{times}', {quote.literal(command)});"


def _shown(name: RelationName) -> str:
    """In a comment and as a job's name: on one line."""
    return " ".join(f"{name.schema}.{name.name}".split())

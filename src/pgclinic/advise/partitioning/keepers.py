"""Extensions that keep partitions themselves: what hands a table over to them, and what speaks against it.

pg_partman takes a time from the lower bound of every partition (5: ``show_partitions``) or from its name (4), and so
raises an error as long as the partition of all that was before is there: it begins at MINVALUE and has no time in its
name. Tried with 4.7 and 5.1 on PostgreSQL 15. ``create_hypertable`` was tried with TimescaleDB 2.29 on 18; its policies
are as ``policy_api.sql`` declares them.
"""

from collections.abc import Iterator

from pgclinic.model.catalog import Extension
from pgclinic.model.prescription import CodeExample
from pgclinic.model.snapshot import Snapshot
from pgclinic.remedies.partition_table import Division
from pgclinic.sql import quote

_BY_BOUNDS = 5
"""From this version on pg_partman reads bounds instead of names, and can be told to make no default partition."""

Keeper = tuple[str, CodeExample | None]
"""A sentence, and what to run."""


def keepers(snapshot: Snapshot, division: Division, *, deletes_by_age: bool) -> Iterator[Keeper]:
    """What the installed extensions could do, in the order of the alphabet."""
    installed = {each.name: each for each in snapshot.extensions}
    if (partman := installed.get("pg_partman")) is not None:
        yield _partman(partman, division, deletes_by_age=deletes_by_age, has_cron="pg_cron" in installed)
    if (timescale := installed.get("timescaledb")) is not None:
        yield _timescale(timescale, division, deletes_by_age=deletes_by_age)


def _partman(extension: Extension, division: Division, *, deletes_by_age: bool, has_cron: bool) -> Keeper:
    past = division.past
    if int(extension.version.partition(".")[0]) < _BY_BOUNDS:
        return (
            (
                f"pg_partman {extension.version} is left out: it reads times from the names of partitions, and its "
                f"run_maintenance would end with an error at {past}."
            ),
            None,
        )
    table, name = quote.relation(division.table), quote.literal(f"{division.table.schema}.{division.table.name}")
    schema = quote.identifier(extension.schema)
    lines = [
        f"alter table {table} detach partition {quote.relation(past)};",
        (
            f"-- Empty after the split, unless rows came that are older than all others: look before you drop it.\n"
            f"drop table {quote.relation(past)};"
        ),
        (
            f"select {schema}.create_parent(p_parent_table := {name}, p_control := {quote.literal(division.key)},\n"
            f"    p_interval := {quote.literal(division.interval)}, p_default_table := false, p_start_partition := (\n"
            "        select max(substring(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''(.+)''\\)'))\n"
            "        from pg_inherits as i join pg_class as c on c.oid = i.inhrelid\n"
            f"        where i.inhparent = {quote.literal(table)}::regclass));"
        ),
        f"update {schema}.part_config set infinite_time_partitions = true where parent_table = {name};",
    ]
    if deletes_by_age:
        lines.append(
            "-- The age is that of your DELETE.\n"
            f"update {schema}.part_config set retention = '1 year', retention_keep_table = false\n"
            f"where parent_table = {name};"
        )
    call = f"call {schema}.run_maintenance_proc()"
    if has_cron:
        job = quote.literal(str(division.upkeep))
        lines.append(f"select cron.unschedule({job});")
        lines.append(f"select cron.schedule('pg_partman', '17 3 * * *', {quote.literal(call)});")
    else:
        lines.append(f"{call};  -- every day, instead of the function")
    return (
        (
            f"pg_partman {extension.version} can take over once the past is split and nobody wants the way back: with "
            f"{past}, which begins at MINVALUE, its run_maintenance ends with an error."
        ),
        CodeExample("pg_partman", "\n".join(lines)),
    )


def _timescale(extension: Extension, division: Division, *, deletes_by_age: bool) -> Keeper:
    table = quote.literal(quote.relation(division.table))
    key, interval = quote.literal(division.key), quote.literal(division.interval)
    lines = [f"select create_hypertable({table}, by_range({key}, interval {interval}), migrate_data => true);"]
    if deletes_by_age:
        lines.append(
            "-- The age is that of your DELETE; the Apache edition has no such policies.\n"
            f"select add_retention_policy({table}, drop_after => interval '1 year');"
        )
    return (
        (
            f"TimescaleDB {extension.version} is installed: a hypertable would do instead of all this, but locks the "
            "table while it moves all rows, and wants the same primary key first."
        ),
        CodeExample("TimescaleDB", "\n".join(lines)),
    )

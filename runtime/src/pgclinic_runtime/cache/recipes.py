"""What a database needs so that caches learn of changed tables: statements to run, and to take back."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

SLOT = "pgclinic_cache"
CHANNEL = "pgclinic_cache"


@dataclass(frozen=True, slots=True)
class Recipe:
    """``do`` and ``undo`` are statements, each to be run by itself; ``hazards`` what to know before."""

    do: tuple[str, ...]
    undo: tuple[str, ...]
    hazards: tuple[str, ...]


def polling_recipe(slot: str = SLOT) -> Recipe:
    """A logical replication slot for ``TableWatch``, which would also make it by itself."""
    name = sql.Literal(slot)
    return Recipe(
        do=(_text("select pg_catalog.pg_create_logical_replication_slot({}, 'test_decoding')", name),),
        undo=(_text("select pg_catalog.pg_drop_replication_slot({})", name),),
        hazards=(
            "Needs wal_level = logical, and a role with REPLICATION to poll it.",
            "While nobody polls, the slot keeps WAL: set max_slot_wal_keep_size so that the disk cannot fill.",
            "Creating it waits for transactions that are writing.",
            "Unlogged tables are not decoded.",
        ),
    )


def notify_recipe(tables: Sequence[tuple[str, str]], channel: str = CHANNEL, schema: str = "public") -> Recipe:
    """Triggers on ``tables`` (schema, table) that notify ``NotifyWatch``; the function they call lies in ``schema``."""
    function = sql.Identifier(schema, "pgclinic_cache_notify")
    trigger = sql.Identifier("pgclinic_cache_notify")
    create_function = _text(
        "create function {}() returns trigger language plpgsql set search_path = pg_catalog as $$ begin"
        " perform pg_notify({}, quote_ident(tg_table_schema) || '.' || quote_ident(tg_table_name));"
        " return null; end $$",
        function,
        sql.Literal(channel),
    )
    names = [sql.Identifier(*table) for table in tables]
    create = "create trigger {} after insert or update or delete or truncate on {} for each statement"
    return Recipe(
        do=(
            create_function,
            *(_text(f"{create} execute function {{}}()", trigger, name, function) for name in names),
        ),
        undo=(
            *(_text("drop trigger {} on {}", trigger, name) for name in names),
            _text("drop function {}()", function),
        ),
        hazards=(
            "Transactions that notify commit one after the other (a lock on the whole cluster): not for busy tables.",
            "Creating a trigger takes SHARE ROW EXCLUSIVE on its table, which blocks writes until it is there.",
            "Statements that name a partition fire its own triggers only.",
            "LISTEN needs a connection of its own, not through a transaction pooler.",
        ),
    )


def _text(template: str, *parts: sql.Composable) -> str:
    return sql.SQL(template).format(*parts).as_string(None)

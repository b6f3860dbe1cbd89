"""Which tables changed, from a logical replication slot: policy and statements; ``TableWatch`` polls it.

The plugin is test_decoding (contrib), because pgoutput wants a publication, and to publish updates of a table without a
replica identity makes them fail. Names are picked out on the server, so that no row travels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, LiteralString

from psycopg import errors

from pgclinic_runtime.steps import Steps

STATE: LiteralString = """
select coalesce(wal_status = 'lost', false)
    or coalesce(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn) > %s, true)
from pg_catalog.pg_replication_slots where slot_name = %s
"""
CREATE: LiteralString = "select pg_catalog.pg_create_logical_replication_slot(%s, 'test_decoding')"
DROP: LiteralString = "select pg_catalog.pg_drop_replication_slot(%s)"
_NAME: LiteralString = r"""(?:"(?:[^"]|"")*"|[^ .",:]+)\.(?:"(?:[^"]|"")*"|[^ .",:]+)"""
PEEK: LiteralString = rf"""
with changes as materialized (
    select lsn, xid, data
    from pg_catalog.pg_logical_slot_peek_changes(%s, null, %s, 'skip-empty-xacts', '1')
), heads as (
    select distinct
        (regexp_match(data, '^table ({_NAME}(?:, {_NAME})*): (?:INSERT|UPDATE|DELETE|TRUNCATE):'))[1] as head
    from changes where data like 'table %%'
), named as (
    select distinct each[1] as name from heads, regexp_matches(head, '{_NAME}', 'g') as each
), families as (
    select name from named
    union
    select quote_ident(kin_schema.nspname) || '.' || quote_ident(kin.relname)
    from named
    join (
        select own.oid, quote_ident(own_schema.nspname) || '.' || quote_ident(own.relname) as name
        from pg_catalog.pg_class as own
        join pg_catalog.pg_namespace as own_schema on own_schema.oid = own.relnamespace
        where own.relispartition
    ) as partition using (name)
    cross join pg_catalog.pg_partition_ancestors(partition.oid) as ancestor
    join pg_catalog.pg_class as kin on kin.oid = ancestor
    join pg_catalog.pg_namespace as kin_schema on kin_schema.oid = kin.relnamespace
)
select (select max(lsn)::text from changes),
    array(select distinct xid::text::bigint from changes),
    array(select name from families order by name)
"""
UNSEEN: LiteralString = """
select exists (
    select from unnest(%s::bigint[]) as decoded(xid)
    cross join pg_catalog.pg_current_snapshot() as snapshot
    where mod(pg_catalog.pg_snapshot_xmax(snapshot)::text::numeric - decoded.xid + 4294967296, 4294967296)
            not between 1 and 2147483648
        or exists (
            select from pg_catalog.pg_snapshot_xip(snapshot) as running
            where mod(running::text::numeric, 4294967296) = decoded.xid
        )
)
"""
"""Whether any of these transactions is decoded already and not visible yet: the commit record is written first, and
with synchronous replication much earlier. Who loads now would bring back what was just made invalid."""
ADVANCE: LiteralString = "select pg_catalog.pg_replication_slot_advance(%s, %s::pg_lsn)"


class OvertakenError(Exception):
    """Another poller, which saw more, has let go of more meanwhile: the slot is beyond what is to be let go of."""


BUSY = (errors.ObjectInUse, errors.DuplicateObject, errors.UndefinedObject, OvertakenError)
"""What says that another poller is at it: it reads the slot, or makes it anew just now."""


@dataclass(frozen=True, slots=True)
class Changes:
    """``tables`` changed, ``schema.table``, partitions together with what they are part of; or nobody knows which.

    ``has_more`` when another look should follow at once.
    """

    tables: tuple[str, ...] = ()
    everything: bool = False
    has_more: bool = False


def poll(
    ask: Callable[[LiteralString, Sequence[object]], Any],
    invalidate: Callable[..., Any],
    slot: str,
    *,
    most_bytes: int,
    most_changes: int,
) -> Steps[Changes]:
    """Look once: see what changed, make it invalid, and only then let go of it.

    A slot that is missing, was invalidated, or keeps more than ``most_bytes`` of WAL is made anew, after which
    everything is invalid. ``ask`` runs a statement in a transaction without writes and returns its rows.
    """
    rows = yield partial(ask, STATE, [most_bytes, slot])
    if not rows or rows[0][0]:
        if rows:
            yield partial(ask, DROP, [slot])
        yield partial(ask, CREATE, [slot])
        yield invalidate
        return Changes(everything=True)
    ((end, transactions, tables),) = yield partial(ask, PEEK, [slot, most_changes])
    if end is None:
        return Changes()
    ((unseen,),) = yield partial(ask, UNSEEN, [transactions])
    if unseen:
        return Changes(has_more=True)
    if tables:
        yield partial(invalidate, *tables)
    try:
        yield partial(ask, ADVANCE, [slot, end])
    except errors.ObjectNotInPrerequisiteState as error:
        raise OvertakenError from error
    return Changes(tuple(tables), has_more=True)

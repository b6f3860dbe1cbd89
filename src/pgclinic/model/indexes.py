"""Questions about one index that several checks ask of a snapshot."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgclinic.model.catalog import Index
    from pgclinic.model.snapshot import Snapshot

_LEFT_BEHIND = re.compile(r"_cc(new|old)\d*\Z")


def size(snapshot: "Snapshot", index: "Index") -> int:
    """Bytes of its file; by the planner's page count where a lock hid the file."""
    return index.bytes if index.bytes is not None else index.pages * snapshot.server.block_size


def has_a_duty(snapshot: "Snapshot", index: "Index") -> bool:
    """Whether something other than a query may need it.

    It enforces a constraint, identifies rows for replication, is what its table is clustered by, or begins with a
    column of a foreign key, whose rows are looked up when what they refer to is deleted.
    """
    if index.definition.is_unique or index.is_primary or index.is_exclusion or index.constraint:
        return True
    if index.is_replica_identity or index.is_clustered:
        return True
    first = index.definition.keys[0]
    return first.is_column and any(
        key.kind == "f" and first.expression in key.columns for key in snapshot.constraints_of.get(index.relation, ())
    )


def is_left_behind(index: "Index") -> bool:
    """Whether an interrupted REINDEX CONCURRENTLY left it: invalid, under the name that PostgreSQL gives its copies.

    The name alone says nothing; see the documentation of REINDEX, "Rebuilding Indexes Concurrently".
    """
    return not index.is_valid and not index.is_being_built and bool(_LEFT_BEHIND.search(index.name))

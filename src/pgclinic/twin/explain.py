"""What a twin answers to EXPLAIN (FORMAT JSON), read into a Plan."""

import msgspec

from pgclinic.model.plan import Plan
from pgclinic.plans.document import Node, node_of, walk

WHATIF_PREFIX = "pgclinic_whatif_"
"""What-if indexes are named by this and their id."""


class _Explained(msgspec.Struct, frozen=True):
    plan: Node = msgspec.field(name="Plan")


_decoder = msgspec.json.Decoder(tuple[_Explained, ...])


def read_plan(document: bytes | str) -> Plan:
    """The plan in an EXPLAIN (FORMAT JSON) document of one statement. Raises msgspec.DecodeError for anything else."""
    (explained,) = _decoder.decode(document)
    root = node_of(explained.plan)
    used = frozenset(node.index for node in walk(root) if node.index)
    whatif = frozenset(name for name in used if name.startswith(WHATIF_PREFIX))
    return Plan(
        cost=root.total_cost,
        root=root,
        indexes=frozenset(int(name.removeprefix(WHATIF_PREFIX).partition("_")[0]) for name in whatif),
        existing=used - whatif,
    )

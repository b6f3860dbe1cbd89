"""Which candidates may be thought of, as the user limits them."""

import msgspec

from pgclinic.model.names import RelationName

KINDS = ("btree", "covering", "partial", "expression", "gin", "gist", "brin", "hash")
"""What an index is, for ``--kinds``: ``btree`` is a plain one; an index that is several of these needs all of them."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """``max_width`` counts key columns; no index is proposed on the ``excluded`` tables."""

    max_width: int = 4
    kinds: frozenset[str] = frozenset(KINDS)
    excluded: frozenset[RelationName] = frozenset()

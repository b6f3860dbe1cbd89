"""An empty GIN index whose metapage counts what a full one would have.

The planner reads the counters (``ginGetStats`` in ginutil.c, ``gincostestimate`` in selfuncs.c) and no other page.
"""

import struct

from pgclinic.sizes import GinPages
from pgclinic.twin.pages import page

_META = struct.Struct("=IIIIqIIIxxxxqixxxx")
"""GinMetaPageData of ginblock.h: the pending list's head, tail, free bytes, pages and rows; all pages, those of the
entry tree and of posting trees; keys; the format's version."""
_SPECIAL = struct.Struct("=IHH")
"""GinPageOpaqueData: right link, number of items, flags."""
_IS_LEAF, _IS_META = 1 << 1, 1 << 3
_NO_BLOCK = 2**32 - 1
_VERSION = 2


def first_pages(counted: GinPages) -> bytes:
    """The metapage, and an empty root."""
    counters = (counted.total, counted.entry, counted.data, counted.entries, _VERSION)
    meta = _META.pack(_NO_BLOCK, _NO_BLOCK, 0, 0, 0, *counters)
    root = page(b"", _SPECIAL.pack(_NO_BLOCK, 0, _IS_LEAF))
    return page(meta, _SPECIAL.pack(_NO_BLOCK, 0, _IS_META)) + root

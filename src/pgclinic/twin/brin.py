"""An empty BRIN index whose metapage says how long its map of ranges is.

The planner reads it and the pages of a range (``brinGetStats`` in brin.c, ``brincostestimate`` in selfuncs.c).
"""

import struct

from pgclinic.sizes import BrinPages
from pgclinic.twin.pages import page

_MAGIC, _VERSION = 0xA8109CFA, 1
_SPECIAL = struct.pack("=HHHH", 0, 0, 0, 0xF091)
"""BrinSpecialSpace of brin_page.h, the last number being the page's type: a metapage."""


def first_pages(counted: BrinPages) -> bytes:
    """The metapage: the map begins at page 1, so that its last page is numbered like its length."""
    meta = struct.pack("=IIII", _MAGIC, _VERSION, counted.pages_a_range, counted.map_pages)
    return page(meta, _SPECIAL)

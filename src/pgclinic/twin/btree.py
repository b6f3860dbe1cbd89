"""An empty B-tree that looks as high and as long as a real one.

The planner reads an index's length from the file system and its height from the metapage (``_bt_getrootheight`` in
nbtpage.c), and for a column's end values it descends to a leaf. So the file gets a metapage with the right level, one
page a level with a single downlink to the next, and an empty leaf; the rest is a hole. Formats: nbtree.h, bufpage.h.
"""

import struct
from typing import BinaryIO

from pgclinic.sizes.types import PAGE
from pgclinic.twin.pages import HEADER, page

_LEAF, _ROOT = 1, 2
_META_ROOT = struct.Struct("=IIII")
"""btm_root, btm_level, btm_fastroot, btm_fastlevel, after btm_magic and btm_version."""


def write_chain(file: BinaryIO, level: int) -> None:
    """Turn a freshly made, empty B-tree index into one of ``level`` (0: its root is a leaf), in its open file."""
    file.seek(HEADER + 8)
    file.write(_META_ROOT.pack(1, level, 1, level))
    for depth in range(level + 1):
        file.seek((1 + depth) * PAGE)
        file.write(_page(level - depth, is_root=depth == 0, child=2 + depth))


def _page(level: int, *, is_root: bool, child: int) -> bytes:
    flags = (_LEAF if level == 0 else 0) | (_ROOT if is_root else 0)
    opaque = struct.pack("=IIIHH", 0, 0, level, flags, 0)
    if not level:
        return page(b"", opaque)
    # One pivot with no key at all, "minus infinity" (INDEX_ALT_TID_MASK set, zero attributes), 8 bytes long.
    pivot = struct.pack("=HHHH", child >> 16, child & 0xFFFF, 0, 0x2000 | 8)
    line_pointer = struct.pack("=I", (PAGE - len(opaque) - len(pivot)) | 1 << 15 | len(pivot) << 17)
    return page(line_pointer, opaque, items=pivot)

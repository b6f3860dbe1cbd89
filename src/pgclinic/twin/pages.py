"""A page as PostgreSQL reads it: header, contents, special space (bufpage.h)."""

import struct

from pgclinic.sizes.types import PAGE

HEADER = 24


def page(contents: bytes, special: bytes, *, items: bytes = b"") -> bytes:
    """A page whose contents follow its header, in the version of all servers since 8.3, without a checksum.

    ``items`` stand at the end of the free space, where the contents' line pointers point.
    """
    start = PAGE - len(special)
    lower, upper = HEADER + len(contents), start - len(items)
    header = struct.pack("=QHHHHHHI", 0, 0, 0, lower, upper, start, PAGE | 4, 0)
    return (header + contents).ljust(upper, b"\0") + items + special

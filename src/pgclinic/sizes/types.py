"""How types are stored in an index: widths, alignments, and whether equal values look equal."""

PAGE = 8192
"""Bytes of a page; the snapshot's servers run with the default block size."""

MAXALIGN = 8
TUPLE_HEADER = 8
"""IndexTupleData; with a null anywhere the bitmap of 32 columns follows and makes it 16 (itup.h)."""
LINE_POINTER = 4
LONGEST_SHORT_VARLENA = 126
"""Data bytes of a varlena with a one-byte header, which is stored unaligned (varatt.h)."""

FIXED_WIDTHS = {
    "boolean": (1, 1),
    '"char"': (1, 1),
    "smallint": (2, 2),
    "integer": (4, 4),
    "date": (4, 4),
    "real": (4, 4),
    "oid": (4, 4),
    "xid": (4, 4),
    "bigint": (8, 8),
    "double precision": (8, 8),
    "money": (8, 8),
    "timestamp without time zone": (8, 8),
    "timestamp with time zone": (8, 8),
    "time without time zone": (8, 8),
    "time with time zone": (12, 8),
    "interval": (16, 8),
    "uuid": (16, 1),
    "macaddr": (6, 4),
    "macaddr8": (8, 4),
    "tid": (6, 2),
    "pg_lsn": (8, 8),
    "point": (16, 8),
    "box": (32, 8),
    "circle": (24, 8),
    "lseg": (32, 8),
    "line": (24, 8),
}
"""Bytes and alignment of fixed-width types (pg_type.dat); everything else is a varlena."""

ENUM_WIDTH = (4, 4)

_NO_EQUAL_IMAGE = frozenset(
    {"numeric", "real", "double precision", "interval", "jsonb", "tsvector", "tsquery", "record", "hstore", "citext"}
)
"""Types whose B-tree classes have no equal-image support function (pg_amproc.dat): equal values may look different."""


def bare(type_name: str) -> str:
    """``numeric(15,2)`` → ``numeric``, ``timestamp(3) with time zone`` → ``timestamp with time zone``."""
    start, parenthesis, rest = type_name.partition("(")
    return start + rest.partition(")")[2] if parenthesis else type_name


def aligned(width: int, to: int = MAXALIGN) -> int:
    """``width`` rounded up to a multiple of ``to``."""
    return -(-width // to) * to


PADDED = frozenset({"character", "bpchar"})
"""Types whose equal values may differ in trailing spaces."""

_PADDED_APART_FROM = {15: 150019}
"""The release of a major version from which they are not merged (bt_metap: 15.18, 17.10, 18.6 do, 15.20 does not)."""


def has_equal_image(type_name: str, version_num: int) -> bool:
    """Whether a B-tree over the type may merge equal keys (documentation, "B-Tree Support Functions").

    A type of the user's or of an extension is taken to be like text, arrays and ranges to have no equal image.
    """
    name = bare(type_name)
    if name in PADDED:
        return version_num < _PADDED_APART_FROM.get(version_num // 10_000, version_num + 1)
    return name not in _NO_EQUAL_IMAGE and not name.endswith(("[]", "range"))

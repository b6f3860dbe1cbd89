"""What a sample says beside its figures, packed for the store. Pure."""

import zlib

import msgspec

from pgclinic.model.activity import Session
from pgclinic.model.watching import IndexDelta, Sample, StatementDelta, TableDelta


class Details(msgspec.Struct, array_like=True):
    """What a sample says beside its observations."""

    statements: tuple[StatementDelta, ...] = ()
    tables: tuple[TableDelta, ...] = ()
    indexes: tuple[IndexDelta, ...] = ()
    sessions: tuple[Session, ...] = ()


def packed(sample: Sample) -> bytes | None:
    """What is kept of a sample beside its figures; tables that nothing happened to are left out."""
    tables = tuple(each for each in sample.tables if each.bytes is not None or _is_touched(each))
    return packed_details(Details(sample.statements, tables, sample.indexes, sample.sessions))


def packed_details(details: Details) -> bytes | None:
    """The same, None of nothing."""
    return None if details == Details() else zlib.compress(msgspec.msgpack.encode(details), 1)


def unpacked(details: bytes | None) -> Details:
    """What ``packed`` kept."""
    return Details() if details is None else msgspec.msgpack.decode(zlib.decompress(details), type=Details)


def _is_touched(table: TableDelta) -> bool:
    return bool(table.seq_scan or table.idx_scan or table.inserted or table.updated or table.deleted)

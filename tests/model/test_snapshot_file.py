"""The snapshot file: what is written comes back, and what is not a snapshot is said in one sentence."""

import gzip
import io
import time
from pathlib import Path

import msgspec
import pytest

from pgclinic.model import snapshot_file
from pgclinic.model.catalog import Column, Index, IndexDefinition, IndexKey, Relation
from pgclinic.model.counters import DatabaseCounters
from pgclinic.model.errors import UserError
from pgclinic.model.finding import BlindSpot
from pgclinic.model.names import RelationName
from pgclinic.model.snapshot import FORMAT_VERSION, Header, Server, Snapshot
from pgclinic.model.snapshot_file import read, write
from pgclinic.model.statistics import ColumnStatistics

HEADER = Header(format_version=FORMAT_VERSION, collector="pgclinic 0.1.0", clock="2026-01-01T00:00:00+00:00")
SERVER = Server(version_num=180000, version="18.0", database="shop")
SNAPSHOT = Snapshot(
    header=HEADER,
    server=SERVER,
    relations=(Relation(oid=1, schema="public", name='é🐘" \\ \n', kind="r", owner="me"),),
    columns=(Column(relation=1, number=1, name="a", type="integer"),),
    indexes=(
        Index(
            oid=2,
            relation=1,
            schema="public",
            name="i",
            sql="create index i on t (a)",
            definition=IndexDefinition(RelationName("public", "t"), (IndexKey("a"),)),
        ),
    ),
    blind_spots=(BlindSpot("statements", "No extension."),),
    database_counters=DatabaseCounters(blks_hit=5),
)


def zipped(content: bytes) -> bytes:
    """Without the time: it would be part of the tests' names."""
    return gzip.compress(content, mtime=0)


def lines(*records: object) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def packed(text: bytes) -> io.BytesIO:
    return io.BytesIO(zipped(text))


def test_what_is_written_comes_back() -> None:
    written = b"".join(write(SNAPSHOT))

    assert read(io.BytesIO(written)) == SNAPSHOT
    assert b"".join(write(SNAPSHOT)) == written


def test_the_header_is_the_first_line_and_nothing_says_when_or_where() -> None:
    written = b"".join(write(SNAPSHOT))

    first = gzip.decompress(written).split(b"\n", 1)[0]
    assert msgspec.json.decode(first)["record"] == "pgclinic_snapshot"
    assert written[4:8] == bytes(4)  # gzip's time stamp


def test_unknown_records_are_kept_and_written_back() -> None:
    line = b'{"record":"from_the_future","a":[1,{"b":null}]}'
    snapshot = read(packed(lines(HEADER, SERVER) + line + b"\n"))

    assert snapshot.unknown == (line,)
    assert line + b"\n" in gzip.decompress(b"".join(write(snapshot)))


def test_unknown_fields_of_known_records_are_no_obstacle() -> None:
    line = b'{"record":"schema","name":"public","owner":"me","from_the_future":1}\n'
    assert read(packed(lines(HEADER, SERVER) + line)).schemas[0].name == "public"


def test_missing_kinds_are_empty() -> None:
    snapshot = read(packed(lines(HEADER, SERVER)))

    assert snapshot.relations == ()
    assert snapshot.database_counters is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "ends in the middle|incomplete|not a pgclinic snapshot"),
        (b"-- PostgreSQL database dump\n", "is not a pgclinic snapshot"),
        (b"PGDMP\x01\x0e", "is not a pgclinic snapshot"),
        (zipped(b""), "incomplete"),
        (zipped(b'{"some": "json"}\n'), "is not a pgclinic snapshot"),
        (zipped(b"[1, 2]\n"), "is not a pgclinic snapshot"),
        (zipped(b"\xff\xfe\n"), "is not a pgclinic snapshot"),
        (zipped(lines(SERVER, HEADER)), "is not a pgclinic snapshot"),
        (zipped(lines(HEADER)), "incomplete .no server records"),
        (zipped(lines(HEADER, SERVER, SERVER)), "incomplete .2 server records"),
        (zipped(lines(HEADER, HEADER, SERVER)), "incomplete .2 header records"),
        (zipped(lines(HEADER, SERVER) + b'{"record":"relation","oid":"x"}\n'), "Line 3 .* is damaged"),
        (zipped(lines(HEADER, SERVER) + b"not json\n"), "Line 3 .* is damaged"),
        (zipped(lines(HEADER, SERVER) + b"[" * 100_000 + b"\n"), "Line 3 .* is damaged"),
        (
            zipped(lines(HEADER, SERVER) + b'{"record":"schema","name":"a\\u0000b","owner":"me"}\n'),
            "zero byte",
        ),
        (zipped(lines(HEADER, SERVER))[:-9], "ends in the middle"),
        (zipped(lines(HEADER, SERVER)[:-1]), "ends in the middle"),
        (zipped(lines(HEADER, SERVER)) + b"trailing rubbish", "damaged"),
    ],
)
def test_what_is_no_snapshot_is_one_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "file.pgclinic"
    path.write_bytes(content)
    with pytest.raises(UserError, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_any_truncation_is_noticed() -> None:
    written = b"".join(write(SNAPSHOT))

    for length in range(len(written)):
        with pytest.raises(UserError):
            read(io.BytesIO(written[:length]))


def test_a_newer_format_asks_for_a_newer_pgclinic() -> None:
    newer = msgspec.structs.replace(HEADER, format_version=FORMAT_VERSION + 1)
    with pytest.raises(UserError, match="upgrade pgclinic"):
        read(packed(lines(newer, SERVER)))


def test_a_backslash_before_u0000_is_ordinary_text() -> None:
    snapshot = msgspec.structs.replace(SNAPSHOT, blind_spots=(BlindSpot("a", "\\u0000"),))
    assert read(io.BytesIO(b"".join(write(snapshot)))) == snapshot


def test_a_missing_file_and_a_directory(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(UserError, match="Cannot read the snapshot"):
            read(path)


def test_a_bomb_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_file, "MOST_BYTES_A_LINE", 1 << 20)
    monkeypatch.setattr(snapshot_file, "MOST_BYTES", 3 << 20)
    monkeypatch.setattr(snapshot_file, "MOST_UNKNOWN_BYTES", 1 << 20)
    with pytest.raises(UserError, match="unpacks to more"):
        read(packed(lines(HEADER, SERVER) + b" " * (2 << 20)))
    with pytest.raises(UserError, match="unpacks to more"):
        read(packed(lines(HEADER, SERVER) + lines(*[SERVER] * 20_000)))
    with pytest.raises(UserError, match="does not know"):
        read(
            packed(
                lines(HEADER, SERVER)
                + b'{"record":"x","y":"'
                + b" " * 500_000
                + b'"}\n'[:0]
                + b'"}\n' * 1
                + (b'{"record":"x","y":"' + b" " * 500_000 + b'"}\n') * 3
            )
        )


def test_five_thousand_tables_are_read_quickly() -> None:
    numbers = range(5000)
    snapshot = Snapshot(
        header=HEADER,
        server=SERVER,
        relations=tuple(Relation(oid=n, schema="public", name=f"t{n}", kind="r", owner="me") for n in numbers),
        columns=tuple(Column(relation=n, number=m, name=f"c{m}", type="integer") for n in numbers for m in range(20)),
        column_statistics=tuple(
            ColumnStatistics(relation=n, column=f"c{m}", histogram_bounds="{1,2,3}") for n in numbers for m in range(20)
        ),
    )
    written = b"".join(write(snapshot))
    began = time.process_time()
    assert read(io.BytesIO(written)) == snapshot
    assert time.process_time() - began < 5

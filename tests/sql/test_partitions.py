import pytest

from pgclinic.sql.partitions import PartitionKey, Range, is_default, key_of, range_of


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("RANGE (created_at)", PartitionKey("range", ("created_at",), is_plain=True)),
        ('LIST ("Place")', PartitionKey("list", ("Place",), is_plain=True)),
        ("HASH (id, kind)", PartitionKey("hash", ("id", "kind"), is_plain=True)),
        ("RANGE (date_trunc('day'::text, at))", PartitionKey("range", ("at",), is_plain=False)),
        ("no key", None),
    ],
)
def test_a_key_is_read(text: str, key: PartitionKey | None) -> None:
    assert key_of(text) == key


@pytest.mark.parametrize(
    ("bound", "span"),
    [
        ("FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')", Range("2026-01-01", "2026-02-01")),
        ("FOR VALUES FROM (MINVALUE) TO ('2026-02-01')", Range(None, "2026-02-01")),
        ("FOR VALUES FROM ('2026-02-01', 1) TO (MAXVALUE, MAXVALUE)", Range("2026-02-01", None)),
        ("FOR VALUES IN ('a')", None),
        ("FOR VALUES WITH (modulus 4, remainder 0)", None),
        ("DEFAULT", None),
        ("nonsense", None),
    ],
)
def test_a_range_is_read(bound: str, span: Range | None) -> None:
    assert range_of(bound) == span


def test_a_default_partition_is_told() -> None:
    assert is_default("DEFAULT")
    assert not is_default("FOR VALUES IN ('default')")
    assert not is_default(None)

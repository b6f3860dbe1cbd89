import contextlib
import datetime as dt
import uuid
from decimal import Decimal
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Network
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclinic_runtime.cache.encoding import BYTES, COMPRESSED, TYPED, decode, encode
from pgclinic_runtime.cache.entry import Entry, is_early, unpacked
from pgclinic_runtime.position import Position

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.datetimes()
    | st.datetimes(timezones=st.just(dt.UTC))
    | st.datetimes(timezones=st.just(dt.timezone(dt.timedelta(hours=-3, minutes=-30))))
    | st.datetimes(
        min_value=dt.datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis wants it so
        max_value=dt.datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(ZoneInfo("America/Toronto")),
    )
    | st.ip_addresses()
)
HASHABLE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.binary()
    | st.uuids()
    | st.tuples(st.text(), st.integers())
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.lists(st.tuples(inner, inner))
        | st.tuples(inner)
        | st.dictionaries(st.text() | st.sampled_from(["~t", "~(", "~"]), inner, max_size=3)
        | st.dictionaries(HASHABLE, inner)
        | st.sets(HASHABLE)
        | st.frozensets(HASHABLE)
    ),
    max_leaves=12,
)


def types(value: Any) -> Any:
    """The value with each part's type: 1, True and Decimal(1) are equal, as are instants of different zones."""
    if isinstance(value, (list, tuple)):
        return type(value), [types(each) for each in value]
    if isinstance(value, dict):
        return dict, [(types(key), types(each)) for key, each in value.items()]
    if isinstance(value, dt.datetime):
        return dt.datetime, value.isoformat(), value.fold, str(value.tzinfo)
    return type(value), repr(value) if not isinstance(value, (set, frozenset)) else value


@given(VALUES)
def test_whatever_is_cached_comes_back_equal_and_of_the_same_types(value: Any) -> None:
    flags, data = encode(value)
    assert types(decode(flags, data)) == types(value)


def test_a_large_value_is_compressed_and_plain_json_is_not_searched_for_types() -> None:
    flags, data = encode([{"phone": "418-555-0000"}] * 1000)
    assert flags == COMPRESSED
    assert len(data) < 1000
    assert encode({"phone": "418"})[0] == 0
    assert encode([("418", 1)])[0] == TYPED


def test_bytes_are_kept_as_they_are_or_compressed() -> None:
    assert encode(b"<p>") == (BYTES, b"<p>")
    flags, data = encode(b"<p>" * 1000)
    assert flags == BYTES | COMPRESSED
    assert len(data) < 100
    entry = Entry(flags, data, 1.0, 2.0, 3.0, 0.1, Position(1, 1, 1))
    assert entry.plain().value() == entry.value() == b"<p>" * 1000
    assert entry.plain().flags == BYTES
    with pytest.raises(ValueError, match="cached"):
        entry._replace(payload=data[:-4]).plain()


class Priority(IntEnum):
    HIGH = 1


@pytest.mark.parametrize("value", [Priority.HIGH, object(), [{"a": object()}], {"a": {1: len}}])
def test_what_would_not_come_back_is_refused_by_name(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be cached"):
        encode(value)


def test_a_value_within_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ValueError, match="cannot be cached"):
        encode(value)


@given(st.integers(0, 3), st.binary())
def test_foreign_bytes_are_an_error_that_is_expected(flags: int, data: bytes) -> None:
    with contextlib.suppress(ValueError):
        decode(flags, data)


@pytest.mark.parametrize(
    "text", ['{"~z":1}', '{"~n":"x"}', '{"~t":[]}', '{"~i":"a"}', '{"~u":"1"}', '{"~{":[[[],1]]}', '{"~s":[[]]}']
)
def test_damaged_types_are_an_error_that_is_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"^.+$"):
        decode(TYPED, text.encode())


ENTRY = Entry(0, b"[1,2]", 1.5, 2.5, 3.5, 0.25, Position(7 << 60, 3, 1 << 40), b"a|b")


def test_an_entry_comes_back_from_a_shared_store() -> None:
    assert unpacked(ENTRY.packed()) == ENTRY
    assert ENTRY.value() == [1, 2]


@given(st.data())
def test_any_damage_to_an_entry_is_noticed(data: st.DataObject) -> None:
    packed = bytearray(ENTRY.packed())
    place = data.draw(st.integers(0, len(packed) - 1))
    packed[place] ^= data.draw(st.integers(1, 255))
    assert unpacked(bytes(packed)) is None
    assert unpacked(ENTRY.packed()[: data.draw(st.integers(0, len(packed) - 1))]) is None


@given(st.binary())
def test_foreign_values_are_no_entries(data: bytes) -> None:
    assert unpacked(data) is None


def test_early_loading_grows_likelier_towards_the_end_and_never_fails_to_happen_after_it() -> None:
    assert not is_early(ENTRY, 1.5, beta=1.0, chance=0.5)
    assert is_early(ENTRY, 2.4, beta=1.0, chance=0.5)
    assert not is_early(ENTRY, 2.4, beta=0.0, chance=1e-9)
    assert is_early(ENTRY, 2.5, beta=0.0, chance=1.0)
    assert is_early(ENTRY, 1.5, beta=1.0, chance=0.01)


def test_examples_of_every_kind() -> None:
    value = [
        (Decimal("1.10"), uuid.UUID(int=5), b"\0", IPv4Address("10.0.0.1"), IPv6Network("::/64"), 1j, float("inf")),
        ("~t", {"~t": 1}, {"~": {"~n": None}}, {1: 2, None: 3}, "\ud800", dt.timedelta(-1, 5, 7)),
    ]
    assert types(decode(*encode(value))) == types(value)

from itertools import islice
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclinic_runtime.batches.records import MAGIC, Done, Kept, Purpose, Record, SpoolDamagedError, decoded, encoded

RECORDS = st.lists(
    st.one_of(
        st.builds(Purpose, st.text(max_size=20)),
        st.builds(Kept, st.uuids(), st.binary(max_size=60)),
        st.builds(Done, st.uuids()),
    ),
    max_size=6,
)
KEY = UUID(int=7)


@given(records=RECORDS)
def test_records_are_read_as_they_were_written(records: list[Record]) -> None:
    assert list(decoded(MAGIC + b"".join(map(encoded, records)))) == records


@given(records=RECORDS, data=st.data())
def test_a_file_cut_anywhere_gives_the_records_before_the_cut(records: list[Record], data: st.DataObject) -> None:
    whole = MAGIC + b"".join(map(encoded, records))
    cut = data.draw(st.integers(0, len(whole)))
    found = list(decoded(whole[:cut]))
    assert found == records[: len(found)]
    assert len(MAGIC + b"".join(map(encoded, found))) <= max(cut, len(MAGIC))
    if len(found) < len(records):
        assert len(MAGIC + b"".join(map(encoded, records[: len(found) + 1]))) > cut


@given(tail=st.binary(min_size=1, max_size=40))
def test_rubbish_at_the_end_is_a_torn_tail(tail: bytes) -> None:
    kept = Kept(KEY, b"row")
    assert next(decoded(MAGIC + encoded(kept) + tail)) == kept


def test_a_damaged_record_that_others_follow_is_an_error() -> None:
    first, second = encoded(Kept(KEY, b"one row")), encoded(Done(KEY))
    damaged = first[:-2] + b"x" + first[-1:]
    assert list(decoded(MAGIC + damaged)) == []
    with pytest.raises(SpoolDamagedError, match="byte 8"):
        list(decoded(MAGIC + damaged + second))


@given(records=RECORDS, following=RECORDS, torn=RECORDS.filter(bool), data=st.data())
def test_a_record_that_lacks_a_part_and_is_followed_by_a_group_is_an_error(
    records: list[Record], torn: list[Record], following: list[Record], data: st.DataObject
) -> None:
    whole = encoded(torn[0])
    begin = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(begin + 1, len(whole) if begin else len(whole) - 1))
    before, behind = (b"".join(map(encoded, some)) for some in (records, [*following, Kept(KEY, b"row")]))
    reading = decoded(MAGIC + before + whole[:begin] + whole[end:] + behind)
    assert list(islice(reading, len(records))) == records
    with pytest.raises(SpoolDamagedError, match=f"byte {len(MAGIC + before)} "):
        next(reading)


def test_a_length_that_leads_beyond_the_file_hides_no_record() -> None:
    first, second = bytearray(encoded(Kept(KEY, b"one row"))), encoded(Kept(KEY, b"another"))
    first[1] = 255
    assert list(decoded(MAGIC + first)) == []
    with pytest.raises(SpoolDamagedError, match="byte 8"):
        list(decoded(MAGIC + first + second))


def test_of_what_is_not_forced_to_disk_any_part_may_be_missing() -> None:
    group, done = encoded(Kept(KEY, b"one row")), encoded(Done(KEY))
    for missing in (bytes(len(done)), b"D" + bytes(len(done) - 1)):
        assert list(decoded(MAGIC + group + missing + done)) == [Kept(KEY, b"one row")]
        with pytest.raises(SpoolDamagedError):
            list(decoded(MAGIC + missing + done + group))


def test_a_torn_group_may_be_large_and_full_of_what_could_begin_a_record() -> None:
    torn = encoded(Kept(KEY, b"PGD\tPGSPOOL2\n" * 500_000))
    for cut in (1, 20, len(torn) // 2, len(torn) - 1):
        assert list(decoded(MAGIC + torn[:cut])) == []


def test_another_file_is_no_spool() -> None:
    with pytest.raises(SpoolDamagedError, match="not a spool"):
        list(decoded(b"something else"))

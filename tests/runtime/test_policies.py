import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgclinic_runtime.breaker import Breaker
from pgclinic_runtime.cache.entry import Entry
from pgclinic_runtime.cache.memory import Memory
from pgclinic_runtime.cache.naming import Names
from pgclinic_runtime.cache.near import Near
from pgclinic_runtime.cache.tags import floor_of, joined, new_version
from pgclinic_runtime.position import Position, carried, lsn_as_text, lsn_from_text, uncarried
from pgclinic_runtime.routing.guard import facts
from pgclinic_runtime.routing.health import Bounds, Health, History, ranked
from pgclinic_runtime.routing.session import Session

KEY = b"0123456789abcdef"
POSITIONS = st.builds(Position, st.integers(0, 2), st.integers(1, 4), st.integers(0, 9))


@pytest.mark.parametrize(
    ("seen", "token", "covered"),
    [
        (Position(1, 1, 10), Position(1, 1, 10), True),
        (Position(1, 1, 9), Position(1, 1, 10), False),
        (Position(1, 2, 10), Position(1, 1, 10), True),  # promoted, and as far
        (Position(1, 2, 9), Position(1, 1, 10), False),
        (Position(1, 1, 99), Position(1, 2, 10), False),  # left behind on the old timeline
        (Position(2, 1, 99), Position(1, 1, 10), False),  # another cluster
    ],
)
def test_a_position_covers_a_token_only_if_timeline_and_lsn_are_reached(
    seen: Position, token: Position, *, covered: bool
) -> None:
    assert seen.covers(token) is covered


@given(POSITIONS, POSITIONS, POSITIONS)
def test_covering_is_a_partial_order(a: Position, b: Position, c: Position) -> None:
    assert a.covers(a)
    assert not (a.covers(b) and b.covers(a)) or a == b
    assert not (a.covers(b) and b.covers(c)) or a.covers(c)


@given(st.integers(0, 2), st.lists(st.integers(0, 99), min_size=1))
def test_a_session_on_one_timeline_remembers_its_latest_write(system: int, lsns: list[int]) -> None:
    session = Session()
    for lsn in lsns:
        session.wrote(Position(system, 1, lsn))
    assert session.token == Position(system, 1, max(lsns))


def test_after_a_promotion_the_new_timeline_counts() -> None:
    session = Session(Position(1, 1, 100))
    session.wrote(Position(1, 2, 50))  # what lay beyond the promotion is lost
    assert session.token == Position(1, 2, 50)
    session.wrote(Position(1, 1, 200))  # a late answer of the old primary
    assert session.token == Position(1, 2, 50)


@given(st.builds(Position, st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)))
def test_a_token_comes_back_from_a_cookie_with_the_same_key_only(position: Position) -> None:
    text = carried(position, KEY)
    assert uncarried(text, KEY) == position
    assert uncarried(text, KEY + b"!") is None
    assert len(text) < 90


@given(st.text() | st.from_regex(r"p1\.[0-9a-f]+\.[0-9a-f]+\.[0-9a-f]+\.[A-Za-z0-9_-]{22}", fullmatch=True))
def test_a_forged_cookie_can_at_worst_send_reads_to_the_primary(text: str) -> None:
    session = Session.from_cookie(text, KEY)
    assert session.token is None
    assert session.wants_primary is bool(text)


def test_an_unknown_position_is_healed_by_a_read_of_the_primary_and_carried_until_then() -> None:
    session = Session(Position(1, 1, 5))
    session.lost_sight()
    again = Session.from_cookie(session.cookie(KEY), KEY)
    assert again.wants_primary
    again.saw_primary(Position(1, 1, 70))
    assert (again.token, again.wants_primary) == (Position(1, 1, 70), False)
    assert Session.from_cookie(again.cookie(KEY), KEY).token == again.token


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        carried(Position(1, 1, 1), b"short")


@given(st.integers(0, 2**64 - 1))
def test_an_lsn_is_written_as_postgresql_does(lsn: int) -> None:
    assert lsn_from_text(lsn_as_text(lsn)) == lsn
    assert lsn_from_text("16/B374D848") == 0x16B374D848


def test_the_stamp_of_a_primary_is_less_than_a_token_taken_there() -> None:
    assert facts([[b"f", b"0/10", b"1.5"]]).stamp == 15
    assert facts([[b"t", b"0/10", b"1.5"]]).stamp == 16


def test_a_breaker_opens_at_once_counts_a_crowd_once_and_backs_off_to_its_limit() -> None:
    breaker = Breaker(first_seconds=1, longest_seconds=5)
    assert not breaker.try_again(0)
    for _ in range(10):
        breaker.failed(0)
    waits, now = [], 0.0
    for _ in range(5):
        waits.append(breaker.retry_at - now)
        assert not breaker.try_again(breaker.retry_at - 0.01)
        now = breaker.retry_at
        assert breaker.try_again(now)
        assert not breaker.try_again(now), "one at a time"
        breaker.failed(now)
    assert waits == [1, 2, 4, 5, 5]
    breaker.succeeded()
    assert not breaker.is_open


def test_lag_is_told_from_where_the_primary_was_when() -> None:
    history = History()
    assert history.lag(Position(1, 1, 10)) == float("inf")
    for second in range(5):
        history.add(second, Position(1, 1, second * 100))
    assert history.lag(Position(1, 1, 400)) == 0
    assert history.lag(Position(1, 1, 399)) == 1
    assert history.lag(Position(1, 1, 100)) == 3
    assert history.age(Position(1, 1, 100), now=10) == 9
    assert history.lag(Position(1, 2, 500)) == float("inf"), "of a timeline that the primary is not on"
    history.add(5, Position(1, 2, 450))
    assert history.lag(Position(1, 1, 9000)) == float("inf"), "left behind by a promotion"
    assert history.lag(Position(1, 2, 450)) == 0


def test_reads_go_to_the_least_lagging_healthy_replica_and_take_turns_among_equals() -> None:
    bounds = Bounds(lag=5, check=1)
    replicas = {
        name: Health(Breaker(), lag) for name, lag in [("a", 0), ("b", 1.5), ("c", 4), ("d", 6), ("e", 0), ("f", 0)]
    }
    replicas["e"].breaker.failed(0)
    replicas["f"].checking_since = 0
    assert ranked(replicas, 10, bounds, 0) == ("a", "b", "c")
    assert ranked(replicas, 10, bounds, 1) == ("b", "a", "c")
    assert "f" in ranked(replicas, 2, bounds, 0), "not hung yet"
    assert {ranked(replicas, 10, bounds, turn)[0] for turn in range(9)} == {"a", "b"}


def test_versions_carry_what_their_loader_must_have_seen() -> None:
    low, high = new_version(Position(1, 1, 5)), new_version(Position(1, 1, 9))
    assert floor_of([low, high]) == (Position(1, 1, 9), False)
    assert floor_of([]) == (None, False)
    for strange in (new_version(None), b"", b"foreign", new_version(Position(2, 1, 9))):
        assert floor_of([low, strange]) == (None, True)
    assert joined([low, None]) is None
    assert new_version(None) != new_version(None)


def entry(size: int) -> Entry:
    return Entry(0, b"x" * size, 0, 0, 0, 0, Position(1, 1, 1))


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3000))))
def test_memory_keeps_to_its_bytes_and_keeps_what_was_used_last(steps: list[tuple[str, int]]) -> None:
    memory = Memory(8000)
    for key, size in steps:
        memory.put(key, entry(size))
        assert memory.bytes <= 8000
        assert memory.get(key) == entry(size)
    kept = [key for key in "abcdefgh" if memory.get(key)]
    assert len(kept) == len(memory)
    latest = list(dict.fromkeys(key for key, _ in reversed(steps)))
    assert set(kept) == set(latest[: len(kept)])
    memory.clear()
    assert memory.bytes == 0


def test_what_is_larger_than_the_memory_is_not_kept() -> None:
    memory = Memory(5000)
    memory.put("a", entry(10))
    memory.put("a", entry(6000))
    assert memory.get("a") is None


def test_names_keep_keys_tags_tables_and_namespaces_apart() -> None:
    names = Names("shop")
    (entry_name, *tags), lock = names("k", ["calls"], ["calls", "app.leads"])
    assert len({entry_name, lock, *tags}) == 6
    assert set(names.of_changed_tables(["public.calls"])) < set(tags)
    assert set(names.of_changed_tables([])) < set(tags)
    assert names.of_tags(["calls"]) == (tags[0],)
    assert names("k", [], [])[0] == (entry_name,)
    assert Names("other")("k", [], [])[0] != (entry_name,)
    longs = [names("x" * length, [], [])[0][0] for length in (200, 201, 202)]
    assert len(set(longs)) == 3
    assert max(map(len, longs)) < 250


def test_a_decorated_functions_key_tells_arguments_and_their_types_apart() -> None:
    keys = [
        Names.of_call(entry, args, kwargs)
        for args, kwargs in [([1], {}), (["1"], {}), ([], {"size": 1}), ([(1,)], {}), ([[1]], {})]
    ]
    assert len(set(keys)) == 5
    assert Names.of_call(entry, [], {"a": 1, "b": 2}) == Names.of_call(entry, [], {"b": 2, "a": 1})
    assert all(len(a) for a in itertools.chain(keys))


def test_near_copies_are_bounded_and_none_is_from_before_an_invalidation() -> None:
    near, entry = Near(5.0, most_bytes=2000), Entry(4, b"x" * 100, 0.0, 9.0, 9.0, 0.0, Position(1, 1, 1))
    for number in range(100):
        near.put(f"key {number}", entry, 0.0, generation=0)
    kept = [number for number in range(100) if near.get(f"key {number}", 4.9)]
    assert kept
    assert 100 * len(kept) < 2000
    assert kept[-1] == 99
    assert near.get("key 99", 5.0) is None
    before = near.generation
    near.forget()
    near.put("key 99", entry, 0.0, before)  # it was fetched before
    assert near.get("key 99", 1.0) is None
    near.put("key 99", entry, 0.0, near.generation)
    assert near.get("key 99", 1.0) == entry

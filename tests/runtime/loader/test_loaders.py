"""Both loaders on a real server, which says how many statements it was asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgclinic_runtime.loader import AsyncLoader, Children, Loader, Order, Rows
from runtime_loader import Shop, connecting

pytestmark = pytest.mark.server


@dataclass(frozen=True)
class Lead:
    id: int
    score: int | None


CALLS = Rows("calls", key="id", columns=("id", "phone"))
BY_BOTH = Rows(("public", "calls"), key=("phone", "id"), columns=("tags",))
BY_TAGS = Rows("calls", key="tags", columns=("id",))
BEST = Children(
    "leads", key="call_id", columns=("id", "score"), order=(Order("score", descending=True), "id"), limit=3, into=Lead
)
ALL = Children("leads", key="call_id", columns=("id",), order=("id",))


class Both:
    """The two loaders, asked alike."""

    def __init__(self, shop: Shop, kind: str, **options: Any) -> None:
        self.shop, self.kind, self.options = shop, kind, options

    def load_many(self, source: Any, keys: Any) -> Any:
        if self.kind == "sync":
            with psycopg.connect(self.shop.conninfo) as connection:
                return Loader(connection, **self.options).load_many(source, keys)

        async def work() -> Any:
            return await AsyncLoader(connecting(self.shop.conninfo), **self.options).load_many(source, keys)

        return asyncio.run(work())


@pytest.fixture(params=["sync", "async"])
def both(shop: Shop, request: pytest.FixtureRequest) -> Both:
    return Both(shop, request.param)


def test_rows_come_in_the_order_of_their_keys_in_one_statement(shop: Shop, both: Both) -> None:
    assert both.load_many(CALLS, [3, 99, 1, 3, None]) == [
        {"id": 3, "phone": "33"},
        None,
        {"id": 1, "phone": "11"},
        {"id": 3, "phone": "33"},
        None,
    ]
    assert shop.asked() == 1


def test_composite_keys_are_matched_as_a_whole(both: Both) -> None:
    found = both.load_many(BY_BOTH, [("22", 2), ("22", 3), (None, 2), ("55", 5)])
    assert found == [{"tags": ["t2"]}, None, None, {"tags": ["t5"]}]
    with pytest.raises(ValueError, match="2 values, not 3"):
        both.load_many(BY_BOTH, [("22", 2, 3)])


def test_a_key_may_be_an_array(both: Both) -> None:
    assert both.load_many(BY_TAGS, [["t2"], ["t9"], ["t1"]]) == [{"id": 2}, None, {"id": 1}]


def test_each_parent_has_its_own_limit_and_order(shop: Shop, both: Both) -> None:
    expected = [
        [
            Lead(*row)
            for row in shop.execute(
                "select id, score from leads where call_id = %s order by score desc, id limit 3", [key]
            )
        ]
        for key in (2, 5, 1)
    ]
    assert [len(each) for each in expected] == [3, 0, 3]
    assert both.load_many(BEST, [2, 5, 1]) == expected
    assert shop.asked() == 1


def test_without_a_limit_all_rows_come(both: Both) -> None:
    first, none = both.load_many(ALL, [1, 5])
    assert [row["id"] for row in first] == [*range(4, 41, 4), 99]
    assert none == []


def test_no_statement_asks_for_more_keys_than_may_be(shop: Shop, both: Both) -> None:
    both.options = {"most_keys": 2}
    assert [row["id"] for row in both.load_many(CALLS, [1, 2, 3, 4, 5])] == [1, 2, 3, 4, 5]
    assert shop.asked() == 3


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.lists(st.one_of(st.none(), st.integers(-1, 7)), max_size=20), most=st.integers(1, 9))
def test_whatever_is_asked_each_key_gets_what_it_would_get_alone(shop: Shop, keys: list[Any], most: int) -> None:
    with psycopg.connect(shop.conninfo) as connection:
        loader = Loader(connection, most_keys=most)
        known = {key: {"id": key, "phone": str(key * 11)} for key in range(1, 6)}
        assert loader.load_many(CALLS, keys) == [known.get(key) for key in keys]


def test_keys_that_wait_go_with_the_first_that_is_needed(shop: Shop) -> None:
    with psycopg.connect(shop.conninfo, autocommit=True) as connection:
        loader = Loader(connection)
        later = [loader.later(CALLS, key) for key in (1, 2, 2, 9)]
        children = [loader.later(BEST, key) for key in (1, 2)]
        assert shop.asked() == 0
        assert [each.get() and each.get()["phone"] for each in later] == ["11", "22", "22", None]
        assert [len(each.get()) for each in children] == [3, 3]
        assert shop.asked() == 2
        assert loader.load(CALLS, 2) == {"id": 2, "phone": "22"}
        assert shop.asked() == 0


def test_a_cleared_key_is_asked_for_again(shop: Shop) -> None:
    with psycopg.connect(shop.conninfo, autocommit=True) as connection:
        loader = Loader(connection)
        assert loader.load(CALLS, 1) == {"id": 1, "phone": "11"}
        connection.execute("update calls set phone = 'new' where id = 1")
        assert loader.load(CALLS, 1) == {"id": 1, "phone": "11"}
        loader.clear(CALLS, 1)
        assert loader.load(CALLS, 1) == {"id": 1, "phone": "new"}


def test_a_changed_type_is_learnt_again(shop: Shop) -> None:
    with psycopg.connect(shop.conninfo, autocommit=True) as connection:
        assert Loader(connection).load(CALLS, 1)
        shop.execute("alter table leads drop column call_id; alter table calls alter id type text")
        with pytest.raises(psycopg.Error):
            Loader(connection).load(CALLS, "1")
        assert Loader(connection).load(CALLS, "1") == {"id": "1", "phone": "11"}


def test_requests_with_policies_never_see_each_others_rows(role_name: str, shop: Shop) -> None:
    shop.execute(
        f"create role {role_name}; grant select on calls to {role_name}; alter table calls enable row level security;"
        f"create policy own on calls to {role_name} using (phone = current_setting('app.phone', true))"
    )

    def connect_as(phone: str) -> Any:
        @contextlib.asynccontextmanager
        async def connect() -> AsyncIterator[psycopg.AsyncConnection[Any]]:
            async with connecting(shop.conninfo)() as connection:
                await connection.execute(f"set local role {role_name}")
                await connection.execute("select set_config('app.phone', %s, true)", [phone])
                yield connection

        return connect

    async def seen(phone: str) -> list[Any]:
        loader = AsyncLoader(connect_as(phone))
        return await asyncio.gather(*(loader.load(CALLS, key) for key in (1, 2, 3)))

    async def work() -> Any:
        return await asyncio.gather(seen("11"), seen("22"))

    first, second = asyncio.run(work())
    assert first == [{"id": 1, "phone": "11"}, None, None]
    assert second == [None, {"id": 2, "phone": "22"}, None]


@pytest.mark.parametrize("missing", [["aiodataloader"], ["aiodataloader", "strawberry.dataloader"]])
def test_strawberrys_own_loader_serves_where_aiodataloader_is_not(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, missing: list[str]
) -> None:
    for name in missing:
        monkeypatch.setitem(__import__("sys").modules, name, None)

    async def work() -> Any:
        loader = AsyncLoader(connecting(shop.conninfo))
        return await asyncio.gather(loader.load(CALLS, 1), loader.load(CALLS, 2), loader.load(CALLS, 1))

    if len(missing) == 1:
        assert [row["id"] for row in asyncio.run(work())] == [1, 2, 1]
        assert shop.asked() == 1
    else:
        with pytest.raises(ImportError, match=r"pgclinic-runtime\[loader\]"):
            asyncio.run(work())


def test_an_error_reaches_everyone_who_asked(both: Both) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        both.load_many(Rows("nowhere", key="id", columns=("id",)), [1, 2])
    with pytest.raises(psycopg.errors.UndefinedColumn):
        both.load_many(Rows("calls", key="id", columns=("colour",)), [1, 2])
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        both.load_many(CALLS, ["one"])

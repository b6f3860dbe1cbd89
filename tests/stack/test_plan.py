"""A part is planned where the counters speak for it, with values from them; where they do not, the plan says why."""

import pytest
from msgspec.structs import replace

from pgclinic.model.replication import Replica
from pgclinic.report.language import language
from pgclinic.report.stack_markdown import markdown
from pgclinic.report.stack_text import text
from pgclinic.report.stack_words import path_words
from stack_planning import LOOKUP, busy_shop, planned, seen, statement


def test_an_ordinary_database_needs_no_part_and_hears_why() -> None:
    plan = planned(seen(statement("select name from plans where name = $1")))
    assert [part.pays for part in plan.parts] == [False, False, False]
    assert path_words(plan) == "clients → primary"
    said = " ".join(text(plan).split())
    assert "20 clients are connected" in said
    assert "0.1 sessions were at work on average" in said
    assert "No few answers" in said


def test_a_busy_database_gets_every_part_with_values_from_its_counters() -> None:
    plan = planned(busy_shop(), lag_tolerance=2)
    assert all(part.pays for part in plan.parts)
    assert path_words(plan) == "clients → Redis → PgBouncer → primary and replica"
    assert plan.part("pooler").value("default_pool_size") == "24"  # four times six busy sessions
    assert plan.part("pooler").value("pool_mode") == "transaction"
    assert plan.part("replica").value("max_standby_streaming_delay") == "2s"
    assert plan.part("cache").value("maxmemory-policy") == "allkeys-lfu"


def test_known_cores_bound_the_pool_and_what_is_busy_fills_it() -> None:
    assert planned(busy_shop(), cores=4).part("pooler").value("default_pool_size") == "9"
    assert planned(busy_shop(), cores=1).part("pooler").value("default_pool_size") == "6"
    assert planned(busy_shop(), cores=64).part("pooler").value("default_pool_size") == "24"


@pytest.mark.parametrize("sql", ["listen changes", "SET work_mem TO $1", "select pg_advisory_lock($1)"])
def test_statements_that_keep_something_in_their_session_keep_the_session(sql: str) -> None:
    plan = planned(replace(busy_shop(), statements=(*busy_shop().statements, statement(sql))))
    assert plan.part("pooler").value("pool_mode") == "session"
    assert "without these it could be transaction mode" in " ".join(text(plan).split())


def test_a_replica_that_is_there_is_not_planned_again() -> None:
    part = planned(replace(busy_shop(), replicas=(Replica(pid=1),))).part("replica")
    assert not part.pays
    assert "already" in part.reason


def test_answers_that_change_are_not_cached() -> None:
    counters = tuple(replace(each, n_tup_upd=5_000_000) for each in busy_shop().table_counters)
    assert not planned(replace(busy_shop(), table_counters=counters)).part("cache").pays


def test_a_managed_service_hears_of_its_own() -> None:
    plan = planned(seen(statement(LOOKUP), service="rds"))
    assert plan.part("pooler").equivalent == "RDS Proxy"
    assert "RDS Proxy" in markdown(plan)


def test_a_plan_speaks_french() -> None:
    said = " ".join(text(planned(busy_shop()), language=language("fr")).split())
    assert "vaut la peine" in said
    assert "Transaction mode" not in said
    assert "pays:" not in said

"""Two whole applications of different character, freshly loaded and at work: what an expert would call well must stay
unmentioned, and the grade is an A or better."""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pgclinic.instance import Instance, binaries_for, start
from pgclinic.model.finding import Severity
from pgclinic.postgres.collect import collect
from pgclinic.postgres.connect import open_session
from pgclinic.verbs.checkup import checkup
from pgclinic.verbs.driving import drive

pytestmark = [pytest.mark.server, pytest.mark.end_to_end]

APPLICATIONS = Path(__file__).parent / "applications"
STATEMENTS = 6_000

Given = Callable[[random.Random], Sequence[Any]]


class Asked(msgspec.Struct, frozen=True):
    """A statement of an application: how often it is sent beside the others, and what for."""

    weight: float
    sql: str
    given: Given = lambda _: ()


def _number(most: int) -> Given:
    """Mostly small ones, as the newest or the most popular are asked for."""
    return lambda chance: (1 + int(most * chance.random() ** 2),)


def _film_rental(_: psycopg.Connection) -> Iterator[Asked]:
    film, customer, rental = _number(2000), _number(6000), _number(30000)
    yield Asked(12, "select * from customer where customer_id = %s", customer)
    yield Asked(4, "select * from customer_list where customer_id = %s", customer)
    yield Asked(10, "select film_id, title, rating, minutes from film where film_id = %s", film)
    yield Asked(4, "select * from film_list where film_id = %s", film)
    yield Asked(
        6,
        "select film_id, title from film where words @@ plainto_tsquery('english', %s) limit 20",
        lambda chance: (chance.choice(("love", "war", "dog", "rain", "sea")) + f" {chance.randrange(2000)}",),
    )
    yield Asked(
        5,
        "select r.*, f.title from rental r join inventory i using (inventory_id) join film f using (film_id) "
        "where r.customer_id = %s order by r.rented_at desc limit 20",
        customer,
    )
    yield Asked(5, "select * from payment where customer_id = %s and paid_at >= now() - interval '30 days'", customer)
    yield Asked(5, "select inventory_id, branch_id from inventory where film_id = %s and branch_id = 1", film)
    yield Asked(
        3,
        "select rental_id, rented_at from rental where status = 'out' and rented_at < now() - interval '2 days' "
        "order by rented_at limit 50",
    )
    yield Asked(3, "select film_id, title, rentals from film_popularity order by rentals desc limit 10")
    yield Asked(3, "select name from category order by name")
    yield Asked(
        4,
        "insert into rental (rented_at, inventory_id, customer_id, staff_id) values (now(), %s, %s, 3)",
        lambda chance: (1 + chance.randrange(8000), 1 + chance.randrange(6000)),
    )
    yield Asked(
        4,
        "insert into payment (customer_id, rental_id, staff_id, amount, paid_at) values (%s, %s, 3, 4.5, now())",
        lambda chance: (1 + chance.randrange(6000), 1 + chance.randrange(30000)),
    )
    yield Asked(4, "update rental set returned_at = now(), status = 'back' where rental_id = %s", rental)
    yield Asked(
        2, "update customer set preferences = preferences || '{\"seen\": true}' where customer_id = %s", customer
    )
    yield Asked(
        0.1,
        "select branch_id, sum(amount) from payment join staff using (staff_id) "
        "where paid_at >= date_trunc('month', now()) group by branch_id",
    )
    yield Asked(0.05, "refresh materialized view concurrently film_popularity")


def _web_service(connection: psycopg.Connection) -> Iterator[Asked]:
    def of(query: str) -> Given:
        rows = connection.execute(query).fetchall()
        return lambda chance: chance.choice(rows)

    user, team = of("select id from users limit 2000"), of("select id from teams where deleted_at is null limit 300")
    post, author = of("select id from posts limit 3000"), of("select post_id, author_id from comments limit 2000")
    token = of("select token_hash from sessions limit 3000")
    membership = of("select team_id, user_id from memberships limit 2000")
    yield Asked(14, "select id, user_id from sessions where token_hash = %s and expires_at > now()", token)
    yield Asked(12, "select id, name, settings from users where id = %s and deleted_at is null", user)
    yield Asked(
        3,
        "select id, password_hash from users where lower(email) = lower(%s) and deleted_at is null",
        lambda chance: (f"user{chance.randrange(6000)}@example.org",),
    )
    yield Asked(6, "select role from memberships where team_id = %s and user_id = %s", membership)
    yield Asked(
        4,
        "select t.id, t.name, t.settings from teams t join memberships m on m.team_id = t.id where m.user_id = %s",
        user,
    )
    yield Asked(
        8,
        "select p.id, p.title, p.created_at, u.name from posts p join users u on u.id = p.author_id "
        "where p.team_id = %s and p.deleted_at is null order by p.created_at desc limit 25",
        team,
    )
    yield Asked(6, "select * from posts where id = %s and deleted_at is null", post)
    yield Asked(
        6,
        "select c.id, c.body, c.created_at, u.name from comments c join users u on u.id = c.author_id "
        "where c.post_id = %s and c.deleted_at is null order by c.created_at limit 50",
        post,
    )
    yield Asked(3, "select t.name from post_tags pt join tags t on t.id = pt.tag_id where pt.post_id = %s", post)
    yield Asked(
        2,
        "select id, title from posts where metadata @> jsonb_build_object('number', %s::int) limit 20",
        lambda chance: (chance.randrange(500),),
    )
    yield Asked(5, "select count(*) from notifications where user_id = %s and read_at is null", user)
    yield Asked(3, "select * from notifications where user_id = %s order by created_at desc limit 20", user)
    yield Asked(2, "select * from audit_log where team_id = %s order by created_at desc limit 50", team)
    yield Asked(4, "select name, is_on, share from feature_flags")
    yield Asked(3, "insert into comments (post_id, author_id, body) values (%s, %s, 'an answer')", author)
    yield Asked(4, "insert into audit_log (team_id, user_id, action) values (%s, %s, 'view')", membership)
    yield Asked(3, "insert into jobs (kind, arguments) values ('mail', '{\"to\": 1}')")
    yield Asked(
        3,
        "with next as (select id from jobs where queue = 'default' and locked_at is null and run_at <= now() "
        "order by run_at limit 1 for update skip locked) "
        "update jobs set locked_at = now(), attempts = attempts + 1 from next where jobs.id = next.id returning jobs.*",
    )
    yield Asked(3, "delete from jobs where id = (select id from jobs where locked_at is not null order by id limit 1)")
    yield Asked(4, "update users set last_seen_at = now() where id = %s", user)
    yield Asked(2, "update notifications set read_at = now() where user_id = %s and read_at is null", user)
    yield Asked(1, "update posts set deleted_at = now(), updated_at = now() where id = %s", post)
    yield Asked(1, "update teams set settings = settings || '{\"theme\": 2}', updated_at = now() where id = %s", team)
    yield Asked(0.2, "delete from sessions where expires_at < now() - interval '1 hour'")


ASKED = {"film_rental": _film_rental, "web_service": _web_service}


@pytest.mark.parametrize("application", ASKED)
@pytest.mark.parametrize("major", [15, 18])
def test_nothing_is_wrong_with_an_application_that_does_well(major: int, application: str) -> None:
    settings = {"shared_preload_libraries": "pg_stat_statements", "autovacuum": "on", "shared_buffers": "128MB"}
    settings |= {"fsync": "on", "full_page_writes": "on", "max_wal_size": "4GB", "jit": "off"}
    with start(binaries_for(major), settings=settings) as instance:
        owner = _load(instance, application)
        _exercise(owner, application)
        with open_session(instance.conninfo(application)) as connection:
            snapshot = drive(collect(connection))
    result = drive(checkup(snapshot))
    said = [f"{finding.check}: {finding.object}" for finding in result.findings if finding.severity > Severity.INFO]
    assert said == []
    assert result.grade.letter in {"A", "A+"}
    assert result.grade.score == 100.0
    assert {spot.subject for spot in result.blind_spots} & {
        "statements",
        "table_counters",
        "column_statistics",
    } == set()


def _load(instance: Instance, application: str) -> str:
    """As a deployment would: a role of its own owns the database, and a load ends with VACUUM (ANALYZE)."""
    with psycopg.connect(instance.conninfo(), autocommit=True) as connection:
        connection.execute("create role application login password 'pw'")
        connection.execute(f"create database {application} owner application")  # type: ignore[arg-type] - from ASKED
    with psycopg.connect(instance.conninfo(application), autocommit=True) as connection:
        connection.execute("create extension pg_stat_statements")
    owner = make_conninfo(instance.conninfo(application), user="application", password="pw")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute((APPLICATIONS / f"{application}.sql").read_bytes())
        connection.execute("vacuum (analyze)")
    return owner


def _exercise(owner: str, application: str) -> None:
    chance = random.Random(application)
    with psycopg.connect(owner, autocommit=True, application_name="web") as connection:
        asked = list(ASKED[application](connection))
        for one in chance.choices(asked, [each.weight for each in asked], k=STATEMENTS):
            connection.execute(one.sql, one.given(chance))  # type: ignore[arg-type] - from this file

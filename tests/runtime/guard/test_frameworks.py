"""Starlette, Django and pytest, each run as it is run."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from conftest import Database
from pgclinic_runtime.guard import NPlusOneWarning, guard
from pgclinic_runtime.guard.asgi import GuardMiddleware

pytestmark = pytest.mark.server

DJANGO = """
import sys, warnings
import django
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.urls import path

def lines(request, number):
    with connection.cursor() as cursor:
        for key in range(number):
            cursor.execute("select phone from calls where id = %s and phone <> '%%'", [key])
    return HttpResponse("served")

urlpatterns = [path("calls/<int:number>/", lines)]
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **eval(sys.argv[1])}},
    ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"], PGCLINIC_STATEMENT_LIMIT=3,
    MIDDLEWARE=["pgclinic_runtime.guard.django.GuardMiddleware"],
)
django.setup()
from django.test import Client
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert Client().get("/calls/5/").content == b"served"
    assert Client().get("/calls/2/").content == b"served"
print([str(each.message) for each in caught if "NPlusOne" in each.category.__name__])
"""

TESTS = """
import pytest
import psycopg

def loop(times):
    with psycopg.connect({conninfo!r}) as connection:
        for key in range(times):
            connection.execute("select %s::int", [key])

def test_few(): loop(3)
def test_many(): loop(4)
@pytest.mark.n_plus_one(limit=5)
def test_more_may_be(): loop(5)
@pytest.mark.n_plus_one(limit=None)
def test_any_number_may_be(): loop(50)
"""


@pytest.fixture
def shop(database: Database) -> Database:
    database.execute("create extension pg_stat_statements; create table calls (id int primary key, phone text)")
    return database


def routes(database: Database) -> list[str]:
    rows = database.execute(
        "select query from pg_stat_statements where query like 'select phone from calls%'"
        " and dbid = (select oid from pg_database where datname = current_database()) order by query"
    )
    return [text.partition("/*")[2] for (text,) in rows]


def test_a_request_of_starlette_is_watched_and_tagged_with_its_route(shop: Database) -> None:
    def lines(request: Request) -> PlainTextResponse:
        with guard(psycopg.connect(shop.conninfo)) as connection:
            for key in range(int(request.path_params["number"])):
                connection.execute("select phone from calls where id = %s", [key])
        return PlainTextResponse("served")

    app = Starlette(routes=[Route("/calls/{number}", lines)], middleware=[Middleware(GuardMiddleware, limit=3)])

    async def get(path: str) -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
            return (await client.get(path)).text

    assert asyncio.run(get("/calls/3")) == "served"
    with pytest.warns(NPlusOneWarning, match=r"4 times from .*test_frameworks.py:\d+ in .*lines"):
        assert asyncio.run(get("/calls/4")) == "served"
    assert all("framework='starlette'" in route and "4" not in route for route in routes(shop))


def test_a_request_of_django_is_watched_and_tagged_with_its_route(shop: Database, tmp_path: Path) -> None:
    parts: dict[str, Any] = conninfo_to_dict(shop.conninfo)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    settings = repr({django: parts[name] for django, name in names.items()})
    file = tmp_path / "site.py"
    file.write_text(DJANGO)
    done = subprocess.run([sys.executable, str(file), settings], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"5 times from {file}:" in done.stdout
    assert done.stdout.count(" times from ") == 1
    assert routes(shop) == ["framework='django',route='calls%2F%3Cint%3Anumber%3E%2F'*/"]


def test_a_test_fails_when_one_line_sends_too_much(shop: Database, tmp_path: Path) -> None:
    file = tmp_path / "test_shop.py"
    file.write_text(TESTS.format(conninfo=shop.conninfo))
    plugin = ["-p", "pgclinic_runtime.guard.pytest_plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *plugin, "-c", str(tmp_path / "pytest.ini"), str(file), "-q"]
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    # Where the runtime is installed, its entry point would load the plugin a second time.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    free = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert "4 passed" in free.stdout, free.stdout + free.stderr
    (tmp_path / "pytest.ini").write_text("[pytest]\nn_plus_one = 3\n")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert "1 failed, 3 passed" in done.stdout, done.stdout + done.stderr
    assert f"4 times from {file}:8 in loop: select ? :: int" in done.stdout

"""The service over HTTP: both ways answer alike, and nobody misses what they wrote."""

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from drain_fortin.load.actions import ACTIONS
from pgclinic.demo.application import Application
from routed import eventually

pytestmark = pytest.mark.server

BOTH = pytest.mark.parametrize("which", ["neglected", "cured"])


def report(call_id: str, **message: Any) -> dict[str, Any]:
    call = {"id": call_id, "customer": {"number": "+15145550123"}, "startedAt": "2026-11-27T10:00:00Z"}
    return {"message": {"type": "end-of-call-report", "call": call, "endedAt": "2026-11-27T10:03:20Z", **message}}


def test_both_ways_give_the_same_answers(services: Any) -> None:
    deadline = time.monotonic() + 60
    while True:
        neglected, cured = services.neglected.answers(6, seed=3), services.cured.answers(6, seed=3)
        different = {question for question in neglected if neglected[question] != cured[question]}
        # What was kept before another test wrote is some seconds old at most.
        if not different or time.monotonic() > deadline:
            break
    assert different == set()
    assert len(neglected) > 30
    assert all(answer.startswith("200 ") for answer in cured.values())


@BOTH
def test_every_action_of_the_load_is_served(services: Any, which: str) -> None:
    outcome = getattr(services, which).crowd(40.0, 4.0, patience=60.0, seed=1)
    assert sum(times.failed for times in outcome.actions.values()) == 0
    assert {name for name, times in outcome.actions.items() if times.times_ms} <= {action.name for action in ACTIONS}
    assert sum(len(times.times_ms) for times in outcome.actions.values()) > 100


@BOTH
def test_a_call_is_written_from_its_beginning_to_its_report(services: Any, which: str) -> None:
    call_id = f"test_{uuid.uuid4()}"
    begun = report(call_id)["message"]["call"]
    update = {"type": "status-update", "call": begun, "status": "in-progress", "timestamp": "2026-11-27T10:00:01Z"}
    with services.client(which) as visitor:
        assert visitor.post("/webhook/vapi", json={"message": update}).status_code == 204
        assert _call(services, call_id) == ("active", None, None, None)
        ended = {**update, "status": "ended", "timestamp": "2026-11-27T10:03:20Z"}
        assert visitor.post("/webhook/vapi", json={"message": ended}).status_code == 204
        assert _call(services, call_id) == ("completed", 200, None, None)
        found = {"priority": "P2", "reason": "slow drain"}
        full = report(call_id, artifact={"transcript": "Hello."}, analysis={"summary": "s", "structuredData": found})
        assert visitor.post("/webhook/vapi", json=full).status_code == 204
        assert visitor.post("/webhook/vapi", json=full).status_code == 204, "VAPI sends again what it saw no answer to"
        assert _call(services, call_id) == ("completed", 200, "P2", "slow drain")


@BOTH
def test_the_webhook_knows_its_sender_and_what_an_event_is(services: Any, which: str) -> None:
    with services.client(which) as visitor:
        assert visitor.post("/webhook/vapi", json=report("x"), headers={"x-vapi-secret": "guess"}).status_code == 401
        assert visitor.post("/webhook/vapi", content=b"{").status_code == 422
        assert visitor.post("/webhook/vapi", json={"message": {"type": "status-update"}}).status_code == 422
        assert visitor.post("/webhook/vapi", json={"message": {"type": "speech-update"}}).status_code == 204


@BOTH
def test_a_visitor_sees_their_own_change_however_far_the_replica_is_behind(services: Any, which: str) -> None:
    with services.client(which) as visitor:
        lead = _new_lead(services)
        services.pair.replica.pause()
        try:
            changed = visitor.patch(f"/api/leads/{lead}", json={"status": "qualified", "assigned_to": "dispatch"})
            assert changed.json() == {"id": lead, "status": "qualified", "assigned_to": "dispatch"}
            assert lead in {each["id"] for each in visitor.get("/api/leads", params={"status": "qualified"}).json()}
            assert lead not in {each["id"] for each in visitor.get("/api/leads", params={"status": "new"}).json()}
        finally:
            services.pair.replica.resume()


@BOTH
def test_whoever_imported_sees_it_however_far_the_replica_is_behind(services: Any, which: str) -> None:
    call = {
        "call_id": f"seen_{which}",
        "phone_number": "+15145559876",
        "started_at": "2026-01-01T08:00:00Z",
        "duration": 30,
        "priority": "P3",
    }
    with services.client(which) as visitor:
        services.pair.replica.pause()
        try:
            visitor.post("/api/calls/import", json=[call])
            found = visitor.get("/api/calls/history", params={"phone": "+15145559876"}).json()
            assert f"seen_{which}" in str(found)
        finally:
            services.pair.replica.resume()


def test_others_are_served_by_the_replica(services: Any) -> None:
    with services.client("cured") as writer, services.client("cured") as reader:
        lead = _new_lead(services)

        def is_new() -> bool:
            return lead in {each["id"] for each in reader.get("/api/leads", params={"status": "new"}).json()}

        eventually(is_new)  # a list may be kept for a second
        services.pair.replica.pause()
        try:
            writer.patch(f"/api/leads/{lead}", json={"status": "contacted"})
            assert is_new()
        finally:
            services.pair.replica.resume()


@BOTH
def test_an_import_is_kept_once_however_often_it_is_sent(services: Any, which: str) -> None:
    calls = [
        {
            "call_id": f"{which}_{number}",
            "phone_number": "+15145550123",
            "started_at": "2026-01-01T08:00:00Z",
            "duration": 30 + number,
            "priority": "P3",
        }
        for number in range(50)
    ]
    with services.client(which) as visitor:
        assert visitor.post("/api/calls/import", json=calls).json() == {"calls": 50}
        assert visitor.post("/api/calls/import", json=[{**calls[0], "duration": 99}]).json() == {"calls": 1}
    with psycopg.connect(services.pair.conninfo) as connection:
        durations = connection.execute(
            "select duration from vapi_calls where call_id like %s order by call_id", [f"{which}\\_%"]
        ).fetchall()
    assert len(durations) == 50
    assert durations[0] == (99,)


@BOTH
def test_graphql_gives_calls_with_their_leads_and_refuses_the_greedy(services: Any, which: str) -> None:
    query = "{ calls(first: 40) { callId lead { name status } log { summary } } }"
    with services.client(which) as visitor:
        calls = visitor.post("/graphql", json={"query": query}).json()["data"]["calls"]
        page = visitor.get("/api/calls/newest", params={"count": 40}).json()
        assert [call["callId"] for call in calls] == [each["call"]["call_id"] for each in page]
        assert [call["lead"] and call["lead"]["name"] for call in calls] == [
            each["lead"] and each["lead"]["name"] for each in page
        ]
        assert any(call["lead"] for call in calls)
        greedy = "{" + " ".join(f"a{number}: calls(first: 100) {{ id }}" for number in range(20)) + "}"
        assert visitor.post("/graphql", json={"query": greedy}).json()["data"] is None


@BOTH
def test_what_is_wrong_in_a_request_is_said(services: Any, which: str) -> None:
    with services.client(which) as visitor:
        assert visitor.get("/api/calls").status_code == 400
        assert visitor.get("/api/appointments/yesterday").status_code in {400, 404}
        assert visitor.patch(f"/api/leads/{uuid.uuid4()}", json={"status": "new"}).status_code == 404
        assert visitor.patch(f"/api/leads/{uuid.uuid4()}", json={"status": "sold"}).status_code == 400


def test_without_a_database_everybody_is_told_to_come_again(services: Any) -> None:
    settings = {**services.settings["neglected"], "database": "host=/nowhere"}
    with Application(services.folder, settings) as lost, httpx.Client(base_url=lost.url, timeout=60) as visitor:
        answer = visitor.get("/api/leads")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "nowhere" not in answer.text


def test_several_workers_answer_as_one_does(services: Any) -> None:
    with Application(services.folder, services.settings["cured"], workers=2) as service:
        outcome = service.crowd(40.0, 2.0, patience=60.0, seed=2)
    assert sum(times.failed for times in outcome.actions.values()) == 0
    assert outcome.processor_seconds > 0


@pytest.mark.parametrize("workers", [1, 2])
def test_the_service_ends_with_the_process_that_started_it_however_that_ends(services: Any, workers: int) -> None:
    program = (
        "import sys, json, time, pathlib; from pgclinic.demo.application import Application\n"
        "service = Application(pathlib.Path(sys.argv[1]), json.loads(sys.argv[2]), workers=int(sys.argv[3]))\n"
        "print(service.pid, service.url, flush=True); time.sleep(600)"
    )
    arguments = [str(services.folder), json.dumps(services.settings["neglected"]), str(workers)]
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pid, url = starter.stdout.readline().split()
        assert eventually(lambda: _answers(url))
        starter.kill()
    assert eventually(lambda: not Path(f"/proc/{pid}").exists() and not _answers(url))


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/schema/openapi.json", timeout=60).status_code == 200
    except httpx.TransportError:
        return False


def test_the_interface_is_described(services: Any) -> None:
    with services.client("cured") as visitor:
        paths = json.loads(visitor.get("/schema/openapi.json").text)["paths"]
    assert {"/api/dashboard", "/api/leads", "/webhook/vapi"} <= set(paths)


def _call(services: Any, call_id: str) -> tuple[Any, ...]:
    with psycopg.connect(services.pair.conninfo) as connection:
        row = connection.execute(
            "select status, duration, priority, priority_reason from vapi_calls where call_id = %s", [call_id]
        ).fetchone()
    assert row is not None
    return row


def _new_lead(services: Any) -> str:
    """On both servers."""
    lead = str(uuid.uuid4())
    services.pair.execute(f"insert into leads (id, status) values ('{lead}', 'new')")
    return lead

"""What is served to Prometheus, over HTTP as Prometheus asks for it."""

import threading
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from alerting import everything, sample, seen
from pgclinic.model.errors import UserError
from pgclinic.model.names import ObjectName
from pgclinic.model.watching import Sample, StatementDelta, TableDelta
from pgclinic.watch.metrics.endpoint import Endpoint
from pgclinic.watch.metrics.gathering import MOST_STATEMENTS, MOST_TABLES, Metrics
from pgclinic.watch.metrics.server import Server, address_of


class Served:
    def __init__(self) -> None:
        self.metrics = Metrics()
        self.looks: list[tuple[str, float | None]] = []
        self.found: Sample | None = sample(0, seen("p95_ms", 40.0))
        endpoint = Endpoint(self.metrics, targets=["shop", "other"], look=self._look, hosts=["metrics.example.org"])
        self.server = Server(endpoint, "127.0.0.1", 0)

    def _look(self, name: str, seconds: float | None) -> Sample | None:
        self.looks.append((name, seconds))
        return self.found

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request(method, path, headers={key.replace("_", "-"): value for key, value in headers.items()})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


@pytest.fixture
def served() -> Iterator[Served]:
    one = Served()
    yield one
    one.server.close()


def test_metrics_are_in_base_units_with_the_targets_name(served: Served) -> None:
    served.metrics.heard(everything())
    served.metrics.heard(sample(1, seen("p95_ms", 80.0), seen("deadlocks", 3.0), target="other"))
    status, text = served.get("/metrics")
    lines = text.splitlines()
    assert status == 200
    assert 'pgclinic_p95_seconds{target="shop"} 0.002' in lines
    assert 'pgclinic_p95_seconds{target="other"} 0.08' in lines
    assert 'pgclinic_slot_bytes{slot="thing",target="shop"} 2.0' in lines
    assert 'pgclinic_statement_seconds_total{queryid="42",target="shop",user="app"} 0.5' in lines
    assert 'pgclinic_table_bytes{schema="public",table="orders",target="shop"} 8e+07' in lines
    assert any(line.startswith("process_cpu_seconds_total") for line in lines)


def test_what_is_gained_is_added_up(served: Served) -> None:
    for minute in range(3):
        served.metrics.heard(sample(minute, seen("deadlocks", 2.0)))
    assert 'pgclinic_deadlocks_total{target="shop"} 6.0' in served.get("/metrics")[1]


def test_of_an_unreachable_server_only_that_is_told(served: Served) -> None:
    served.metrics.heard(everything())
    served.metrics.heard(sample(1, gap="unreachable"))
    text = served.get("/metrics")[1]
    assert 'pgclinic_up{target="shop"} 0.0' in text
    assert "pgclinic_p95_seconds" not in text
    assert 'pgclinic_looks_total{gap="unreachable",target="shop"} 1.0' in text


def test_sizes_that_are_looked_at_now_and_then_stay_for_a_while(served: Served) -> None:
    served.metrics.heard(sample(0, seen("database_bytes", 5.0)))
    served.metrics.heard(sample(9, seen("p95_ms", 1.0)))
    assert 'pgclinic_database_bytes{target="shop"} 5.0' in served.get("/metrics")[1]
    served.metrics.heard(sample(30, seen("p95_ms", 1.0)))
    assert "pgclinic_database_bytes" not in served.get("/metrics")[1]


def test_labels_are_bounded_however_many_statements_and_tables_there_are(served: Served) -> None:
    statements = tuple(
        StatementDelta(queryid=str(number), role="app", calls=1, total_ms=float(number)) for number in range(5_000)
    )
    tables = tuple(
        TableDelta(relation=number, object=ObjectName("table", f"t{number}", "public"), bytes=number, live_rows=1)
        for number in range(2_000)
    )
    served.metrics.heard(sample(0, statements=statements, tables=tables))
    lines = served.get("/metrics")[1].splitlines()
    assert sum(line.startswith("pgclinic_statement_calls_total{") for line in lines) == MOST_STATEMENTS
    assert sum(line.startswith("pgclinic_table_bytes{") for line in lines) == MOST_TABLES
    assert any('queryid="4999"' in line for line in lines)


def test_a_probe_looks_now_at_configured_names_only(served: Served) -> None:
    status, text = served.get("/probe?target=shop", X_Prometheus_Scrape_Timeout_Seconds="7.5")
    assert (status, served.looks) == (200, [("shop", 7.5)])
    assert "probe_success 1.0" in text
    assert 'pgclinic_p95_seconds{target="shop"} 0.04' in text
    hostile = ("/probe", "/probe?target=", "/probe?target=nosuch", "/probe?target=shop&target=other",
               "/probe?target=postgresql://evil/x", "/probe?target=host%3Devil")  # fmt: skip
    assert [served.get(path)[0] for path in hostile] == [404] * len(hostile)
    assert len(served.looks) == 1


def test_a_probe_that_takes_too_long_or_is_not_answered_says_so(served: Served) -> None:
    served.found = None
    assert "probe_success 0.0" in served.get("/probe?target=shop")[1]
    served.found = sample(0, gap="unreachable")
    status, text = served.get("/probe?target=shop")
    assert (status, "probe_success 0.0" in text) == (200, True)


def test_it_is_alive_before_it_is_ready(served: Served) -> None:
    assert served.get("/health") == (200, "alive\n")
    assert served.get("/ready") == (503, "not looked at yet: other, shop\n")
    served.metrics.heard(sample(0))
    served.metrics.heard(sample(0, gap="unreachable", target="other"))
    assert served.get("/ready") == (200, "ready\n")


def test_a_host_that_is_not_allowed_gets_nothing(served: Served) -> None:
    served.metrics.heard(everything())
    for host in ("evil.example.org", "127.0.0.1.evil.org", "", "localhost.evil.org:9187"):
        status, text = served.get("/metrics", Host=host)
        assert (status, "pgclinic_" in text) == (403, False)
    for host in ("localhost", "LOCALHOST:9187", "127.0.0.1:1", "[::1]:9187", "metrics.example.org"):
        assert served.get("/metrics", Host=host)[0] == 200


def test_it_only_answers_and_takes_nothing(served: Served) -> None:
    assert served.get("/metrics", "POST")[0] == 501
    assert served.get("/metrics", "HEAD") == (200, "")
    assert served.get("/../etc/passwd")[0] == 404


def test_labels_with_hostile_names_stay_one_line(served: Served) -> None:
    name = 'a"b\n\\c{target="x"} 1'
    table = TableDelta(relation=1, object=ObjectName("table", name, "public"), bytes=3, live_rows=1)
    served.metrics.heard(sample(0, tables=(table,)))
    (line,) = (line for line in served.get("/metrics")[1].splitlines() if line.startswith("pgclinic_table_bytes{"))
    assert line.endswith('target="shop"} 3.0')


def test_scrapes_and_samples_at_once(served: Served) -> None:
    def watch() -> None:
        for minute in range(200):
            served.metrics.heard(everything(minute))

    thread = threading.Thread(target=watch)
    thread.start()
    texts = [served.get("/metrics") for _ in range(10)]
    thread.join()
    assert {status for status, _ in texts} == {200}


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:9187", ("127.0.0.1", 9187)), ("[::1]:80", ("::1", 80)), ("9187", ("127.0.0.1", 9187))],
)
def test_an_address_is_read(text: str, address: tuple[str, int]) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["nonsense", "127.0.0.1:99999", "host:", ""])
def test_what_is_no_address_is_said(text: str) -> None:
    with pytest.raises(UserError, match="--metrics"):
        address_of(text)


def test_a_port_that_is_taken_is_said(served: Served) -> None:
    endpoint = Endpoint(Metrics(), targets=[], look=lambda *_: None)
    with pytest.raises(UserError, match="Cannot listen"):
        Server(endpoint, "127.0.0.1", served.server.port)

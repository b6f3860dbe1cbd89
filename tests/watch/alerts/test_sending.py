"""Messages really sent: to an SMTP server and to a webhook, on this machine."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from alerting import sample, seen
from pgclinic.model.errors import UserError
from pgclinic.watch.alerts.ledger import Ledger
from pgclinic.watch.alerts.listener import Alerts, trial
from pgclinic.watch.alerts.rules import Channel, Rules
from pgclinic.watch.alerts.rules_file import read
from pgclinic.watch.store import open_store


class Hook:
    """A webhook's receiver; ``status`` is what it answers."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if hook.status == 200:
                    hook.got.append(json.loads(body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://hook:s3cr3t-word@127.0.0.1:{self._server.server_port}/path"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    receiver = Hook()
    yield receiver
    receiver.close()


class Letters:
    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: object, _session: object, envelope: Any
    ) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        body = letter.get_body(("plain", "html"))
        self.got.append((str(letter["Subject"]), body.get_content() if body else ""))
        return "250 OK"


class OnAnyPort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


@pytest.fixture
def post() -> Iterator[tuple[Letters, str]]:
    letters = Letters()
    controller = OnAnyPort(letters, hostname="127.0.0.1", port=0)
    controller.start()
    yield letters, f"mailto://127.0.0.1:{controller.port}?from=clinic@example.org&to=team@example.org"
    controller.stop()


class Said:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def alerts(tmp_path: Path) -> Iterator[Callable[..., tuple[Alerts, Said]]]:
    """Call it with URLs of channels; every call is another watcher over the same store."""
    made: list[Alerts] = []
    engine = open_store(str(tmp_path / "store.db"))

    def begin(*urls: str, group_seconds: float = 0.0) -> tuple[Alerts, Said]:
        channels = tuple(Channel(name=f"channel {number}", url=url) for number, url in enumerate(urls, 1))
        rules, said = Rules(source="rules.toml", rules=read(None, {}).rules, channels=channels), Said()
        made.append(Alerts(rules, engine, say=said, group_seconds=group_seconds, first_pause=0.05))
        return made[-1], said

    yield begin
    for each in made:
        each.close()
    engine.dispose()


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_an_alert_and_its_end_arrive_by_post_and_at_a_webhook(
    alerts: Callable[..., tuple[Alerts, Said]], hook: Hook, post: tuple[Letters, str]
) -> None:
    letters, address = post
    watch, _ = alerts(hook.url, address)
    watch.heard(sample(0, seen("longest_block_s", 90.0)))
    until(lambda: hook.got and letters.got, "the alert")
    watch.heard(sample(1, seen("longest_block_s", 0.0)))
    until(lambda: len(hook.got) == len(letters.got) == 2, "its end")
    assert [(one["title"], one["type"]) for one in hook.got] == [
        ("pgclinic: shop: blocker_chain warning", "warning"),
        ("pgclinic: shop: blocker_chain resolved", "success"),
    ]
    assert "waiting for others' locks for 90 s" in hook.got[0]["message"]
    assert letters.got[0][0] == "pgclinic: shop: blocker_chain warning"
    assert "for 90 s" in letters.got[0][1]


def test_what_fires_at_once_is_one_message_with_the_worst_first(
    alerts: Callable[..., tuple[Alerts, Said]], hook: Hook
) -> None:
    watch, _ = alerts(hook.url)
    both = [seen("longest_block_s", 90.0), seen("freeze_age", 1.9e9)]
    slots = [seen("slot_bytes", 9e9, f"slot {number}") for number in range(30)]
    watch.heard(sample(0, *slots))
    watch.heard(sample(6, *both, *slots))
    until(lambda: hook.got, "the message")
    (message,) = hook.got
    lines = message["message"].splitlines()
    assert message["title"] == "pgclinic: shop: 32 alerts"
    assert lines[0].startswith("critical")
    assert lines[-1].startswith("… and ")


def test_a_failing_channel_is_said_and_tried_again_and_the_others_go_on(
    alerts: Callable[..., tuple[Alerts, Said]], hook: Hook, post: tuple[Letters, str]
) -> None:
    letters, address = post
    hook.status = 500
    watch, said = alerts(hook.url, address)
    begun = time.monotonic()
    for minute in range(0, 40, 2):
        watch.heard(sample(minute, seen("longest_block_s", 90.0 if minute % 4 else 0.0)))  # 20 edges
    assert time.monotonic() - begun < 30
    until(lambda: letters.got and watch.channels()[0].failed > 1, "a second try")
    assert any(line.startswith("The channel channel 1 failed: ") for line in said.lines)
    assert "s3cr3t" not in " ".join([*said.lines, repr(watch.channels())])
    hook.status = 200
    until(lambda: not watch.channels()[0].failing and hook.got, "the end of it")
    assert said.lines[-1] == "The channel channel 1 works again."
    assert len([line for line in said.lines if "channel 1 failed" in line]) == 1
    watch.close()


def test_what_was_not_sent_is_sent_by_who_watches_next_and_only_once(
    alerts: Callable[..., tuple[Alerts, Said]], hook: Hook
) -> None:
    hook.status = 503
    first, said = alerts(hook.url)
    first.heard(sample(0, seen("longest_block_s", 90.0)))
    until(lambda: any("failed" in line for line in said.lines), "the failure")
    first.close()
    hook.status = 200
    second, _ = alerts(hook.url)
    third, _ = alerts(hook.url)
    for watch in (second, third):
        watch.heard(sample(1, seen("longest_block_s", 95.0)))
    until(lambda: hook.got, "the alert")
    time.sleep(0.3)
    assert len(hook.got) == 1


def test_a_store_that_cannot_be_written_stops_nobody_from_being_told(tmp_path: Path, hook: Hook) -> None:
    path, said = tmp_path / "store.db", Said()
    engine = open_store(str(path))
    sa.event.listen(engine, "connect", lambda opened, _: opened.execute("pragma busy_timeout = 50"))
    engine.dispose()
    rules = Rules(source="rules.toml", rules=read(None, {}).rules, channels=(Channel(name="hook", url=hook.url),))
    watch = Alerts(rules, engine, say=said, group_seconds=0.0, first_pause=0.05)
    with sa.create_engine(f"sqlite:///{path}").connect() as other:
        other.exec_driver_sql("begin exclusive")
        watch.heard(sample(0, seen("longest_block_s", 90.0)))
        watch.heard(sample(1, seen("longest_block_s", 91.0)))
        until(lambda: hook.got, "the alert")
        other.rollback()
    other.engine.dispose()
    watch.heard(sample(2, seen("longest_block_s", 92.0)))
    watch.heard(sample(3, seen("longest_block_s", 93.0)))
    assert len(hook.got) == 1
    assert [each.rule for each in Ledger(engine).standings("shop").values()] == ["blocker_chain"]
    assert any("is stored again" in line for line in said.lines)
    watch.close()
    engine.dispose()


def test_names_of_a_database_call_nobody_and_break_nothing(
    alerts: Callable[..., tuple[Alerts, Said]], hook: Hook
) -> None:
    watch, _ = alerts(hook.url)
    name = "<!channel> @everyone \x1b[31m *x* <script>alert(1)</script>" + 500 * "n"
    watch.heard(sample(0, seen("replication_lag_bytes", 9e9, name)))
    watch.heard(sample(3, seen("replication_lag_bytes", 9e9, name)))
    until(lambda: hook.got, "the alert")
    text = hook.got[0]["message"]
    assert not set("<>@*\x1b") & set(text)
    assert len(text) < 300


def test_a_trial_tells_which_channel_works(hook: Hook) -> None:
    nobody = "json://hook:s3cr3t-word@127.0.0.1:9/path"
    channels = (Channel(name="good", url=hook.url), Channel(name="bad", url=nobody))
    outcome = trial(Rules(source="rules.toml", channels=channels))
    assert outcome["good"] == ""
    assert outcome["bad"]
    assert "s3cr3t" not in outcome["bad"]
    assert hook.got[0]["title"] == "pgclinic: a trial"


@pytest.mark.parametrize("url", ["nonsense", "slack://s3cr3t-word", "nosuch://s3cr3t-word@host"])
def test_a_url_that_no_service_takes_is_one_sentence_without_it(url: str) -> None:
    with pytest.raises(UserError) as raised:
        trial(Rules(source="rules.toml", channels=(Channel(name="team", url=url),)))
    assert "'team'" in str(raised.value)
    assert "s3cr3t" not in str(raised.value)

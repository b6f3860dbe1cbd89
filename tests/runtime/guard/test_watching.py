import warnings
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pgclinic_runtime.guard import NPlusOneError, NPlusOneWarning, fail, ignore, tagged, watched
from pgclinic_runtime.guard.tags import comment, comment_for
from pgclinic_runtime.guard.watching import sent


def look_up(times: int) -> None:
    for key in range(times):
        sent(f"select * from leads where call_id = {key}")


def test_a_loop_is_named_with_its_line_and_its_count() -> None:
    with pytest.warns(NPlusOneWarning, match=r"11 times from .*in look_up: select \* from leads") as caught, watched():
        look_up(11)
    assert Path(caught[0].filename) == Path(__file__)


def test_as_many_as_may_be_are_silent_and_so_are_other_lines() -> None:
    with watched(limit=10) as tally:
        look_up(10)
        sent("select * from leads where call_id = 1")
        sent("select 1")
    assert (tally.statements, tally.shapes) == (12, 2)


def test_it_fails_where_it_shall() -> None:
    with pytest.raises(NPlusOneError, match="3 times"), watched(2, fail):
        look_up(3)
    with watched(2, ignore) as tally:
        look_up(3)
    assert [each.count for each in tally.repeated(2)] == [3]


def test_an_error_of_the_body_is_not_hidden() -> None:
    def body() -> None:
        with watched(2, fail):
            look_up(3)
            raise KeyError

    with pytest.raises(KeyError):
        body()


def test_nothing_is_counted_outside() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        look_up(100)


def test_the_span_is_told() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("request"), watched(2, ignore):
        look_up(3)
        with tagged({"route": "/calls"}, with_trace=True):
            text = comment_for("select 1")
    (span,) = exporter.get_finished_spans()
    attributes: dict[str, Any] = dict(span.attributes or {})
    assert attributes["pgclinic.statements"] == 3
    assert attributes["pgclinic.n_plus_one.count"] == 3
    assert attributes["pgclinic.n_plus_one.statement"] == "select * from leads where call_id = ?"
    assert attributes["code.file.path"] == __file__
    context = span.get_span_context()
    assert context is not None
    assert f"traceparent='00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}'" in text


def test_comments_are_as_the_specification_writes_them() -> None:
    tags = {"route": "/polls 1000", "framework": "it's", "action": None}
    assert comment(tags) == " /*framework='it%27s',route='%2Fpolls%201000'*/"
    assert comment({}) == ""
    with tagged(tags):
        assert comment_for("select 1 /* mine */") == ""
        assert comment_for("select 1").endswith("*/")
    assert comment_for("select 1") == ""


def test_a_comment_cannot_be_left_by_a_value() -> None:
    assert comment({"route": "*/ drop table calls; --'"}) == " /*route='%2A%2F%20drop%20table%20calls%3B%20--%27'*/"

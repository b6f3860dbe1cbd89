"""What a tally tells the current OpenTelemetry span, in an application that has OpenTelemetry loaded."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgclinic_runtime.guard.tally import Tally


def describe(tally: "Tally", limit: int) -> None:
    """Attributes ``pgclinic.statements`` and ``.shapes``; for the worst repeated one ``pgclinic.n_plus_one.*``.

    The line of code is told by the attributes of https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/
    """
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return
    span = trace.get_current_span()
    if not span.is_recording():
        return
    span.set_attribute("pgclinic.statements", tally.statements)
    span.set_attribute("pgclinic.shapes", tally.shapes)
    if repeated := tally.repeated(limit):
        worst = repeated[0]
        span.set_attribute("pgclinic.n_plus_one.statement", worst.shape)
        span.set_attribute("pgclinic.n_plus_one.count", worst.count)
        span.set_attribute("code.file.path", worst.place.file)
        span.set_attribute("code.line.number", worst.place.line)
        span.set_attribute("code.function.name", worst.place.function)


def traceparent() -> str | None:
    """The current span as W3C Trace Context writes it, None where there is none."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"

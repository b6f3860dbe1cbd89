"""The capacity table's rows, the same for a terminal and a page."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from pgclinic.model.capacity import Capacity, CapacityTable, LoadStep, RequestTimes
from pgclinic.model.evidence import Provenance, Unit

Values = tuple[float | None, ...]


class CapacityRow(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of each way; ``times`` is how many times better the last is than the first, None where it is neither."""

    name: str
    unit: Unit
    values: Values
    times: float | None = None
    provenance: Provenance = Provenance.MEASURED


def capacity_rows(table: CapacityTable) -> tuple[CapacityRow, ...]:
    """In order: users, what they meet with, what it takes."""
    return tuple(_rows(table))


def _rows(table: CapacityTable) -> Iterator[CapacityRow]:
    sides, rate = table.sides, f"{table.sides[0].compared.rate:.3g} requests a second"
    users = tuple(table.users(side) for side in sides)
    yield _more("concurrent users", Unit.COUNT, users)
    yield _more("requests a second", Unit.COUNT, _highest(sides, lambda step: step.rate))
    yield CapacityRow(
        name="P95 at that rate",
        unit=Unit.MILLISECONDS,
        values=_highest(sides, lambda step: step.p95_ms),
    )
    yield _less("page load at rest", Unit.MILLISECONDS, _each(sides, lambda side: _p50(side.at_rest, table.page)))
    yield _less(
        f"page load at {rate}", Unit.MILLISECONDS, _each(sides, lambda side: _p50(side.compared.requests, table.page))
    )
    yield _less(f"all requests, P95 at {rate}", Unit.MILLISECONDS, _each(sides, lambda side: side.compared.p95_ms))
    yield _less("import of 1,000 calls", Unit.MILLISECONDS, _each(sides, lambda side: side.at_rest[-1].p50_ms))
    yield _less("statements per page", Unit.COUNT, _each(sides, lambda side: side.statements_per_page))
    yield _less("servers' CPU per request", Unit.MILLISECONDS, _highest(sides, lambda step: step.server_ms))
    yield _less(f"the same at {rate}", Unit.MILLISECONDS, _each(sides, lambda side: side.compared.server_ms))
    yield msgspec.structs.replace(
        _less(
            "servers' cost of a million requests, $",
            Unit.COUNT,
            _highest(sides, table.cost),
        ),
        provenance=Provenance.ESTIMATED,
    )


def request_rows(table: CapacityTable) -> tuple[CapacityRow, ...]:
    """The median of each kind of request at the rate that all ways were measured at."""
    names = [each.name for each in table.sides[0].compared.requests]
    return tuple(
        _less(name, Unit.MILLISECONDS, tuple(_p50(side.compared.requests, name) for side in table.sides))
        for name in names
    )


def processor_rows(table: CapacityTable) -> tuple[CapacityRow, ...]:
    """Processor time for one request at each way's highest rate, part by part."""
    parts = dict.fromkeys(each.part for side in table.sides if side.highest for each in side.highest.processors)
    return tuple(
        CapacityRow(
            name=part,
            unit=Unit.MILLISECONDS,
            values=tuple(_ms_of(side.highest, part) for side in table.sides),
        )
        for part in parts
    )


def conclusion(table: CapacityTable) -> str:
    """One sentence."""
    if table.times is None:
        return "No rate held the limit; nothing is concluded."
    verdict = "the goal of" if table.times >= table.goal else "short of the goal of"
    return f"{table.times:,.0f} times as many users at the same P95 ({verdict} {table.goal:g}), measured."


def _each(sides: Sequence[Capacity], value: Callable[[Capacity], float | None]) -> Values:
    return tuple(value(side) for side in sides)


def _highest(sides: Sequence[Capacity], value: Callable[[LoadStep], float | None]) -> Values:
    return tuple(value(side.highest) if side.highest else None for side in sides)


def _p50(requests: Sequence[RequestTimes], name: str) -> float | None:
    return next((each.p50_ms for each in requests if each.name == name), None)


def _ms_of(step: LoadStep | None, part: str) -> float | None:
    return next((each.ms_per_request for each in step.processors if each.part == part), None) if step else None


def _more(name: str, unit: Unit, values: Values) -> CapacityRow:
    return CapacityRow(name=name, unit=unit, values=values, times=_ratio(values[-1], values[0]))


def _less(name: str, unit: Unit, values: Values) -> CapacityRow:
    return CapacityRow(name=name, unit=unit, values=values, times=_ratio(values[0], values[-1]))


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None

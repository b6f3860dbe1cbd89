"""Whatever is given, there is a plan, or one sentence about why there is none."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgclinic.model.errors import UserError
from pgclinic.plans.document import DEEPEST
from pgclinic.plans.reader import read
from pgclinic.plans.readings import readings_of
from pgclinic.plans.view import PlanView

SEQ = {"Node Type": "Seq Scan", "Relation Name": "t", "Alias": "t", "Startup Cost": 0, "Total Cost": 9, "Plan Rows": 1}
TEXT = """\
Sort  (cost=1.00..2.00 rows=5 width=4) (actual time=0.1..0.2 rows=5 loops=1)
  Sort Key: a
  Sort Method: quicksort  Memory: 25kB
  ->  Seq Scan on t  (cost=0.00..1.00 rows=5 width=4) (actual time=0.0..0.1 rows=5 loops=1)
        Filter: (note = 'x'::text)
        Rows Removed by Filter: 12
        Buffers: shared hit=3 read=1, temp written=2
  InitPlan 1 (returns $0)
    ->  Result  (cost=0.00..0.01 rows=1 width=4) (never executed)
Planning Time: 0.1 ms
Trigger for constraint c on t: time=0.1 calls=3
JIT:
  Functions: 3
  Options: Inlining true, Optimization false, Expressions true, Deforming true
  Timing: Generation 1.0 ms, Inlining 0.0 ms, Optimization 0.2 ms, Emission 1.0 ms, Total 2.2 ms
Execution Time: 0.3 ms
"""


def nested(depth: int) -> str:
    inner = json.dumps(SEQ)
    head = '{"Node Type": "Limit", "Total Cost": 9, "Plans": ['
    return '[{"Plan": ' + head * depth + inner + "]}" * depth + "}]"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("   \n\n", "empty"),
        ("select 1", "no line"),
        ("lorem ipsum\n  dolor", "no line"),
        ("[]", 'no "Plan"'),
        ("{}", 'no "Plan"'),
        ("[1, 2]", 'no "Plan"'),
        ('[{"Plan": ', "cut short"),
        ('[{"Plan": 3}]', "would write"),
        ('[{"Plan": {"Node Type": 3}}]', "would write"),
        ('[{"Plan": {"Node Type": "Sort", "Total Cost": -1}}]', "would write"),
        ('[{"Plan": {"Node Type": "Sort", "Total Cost": 1e999}}]', "no plan"),
        ('[{"Plan": {"Node Type": "Sort", "Plans": [{"Plans": 3}]}}]', "would write"),
        ("<explain xmlns='http://www.postgresql.org/2009/explain'><Query/></explain>", "XML"),
        ('- Plan: \n    Node Type: "Seq Scan"\n', "YAML"),
        ('Query Text: "select 1"\nPlan: \n  Node Type: "Result"\n', "YAML"),
        ("[" * 100_000, "no plan"),
        ('{"Plan":' * 50_000, "no plan"),
        (nested(DEEPEST + 1), "nested deeper"),
        (nested(20_000), "nested deeper"),
        ("\0\1\2", "no line"),
    ],
)
def test_what_is_no_plan_is_refused_in_one_sentence(text: str, word: str) -> None:
    with pytest.raises(UserError) as refused:
        read(text)
    message = str(refused.value)
    assert word in message
    assert message.endswith(".")
    assert "\n" not in message.strip()
    assert len(message) < 400


def test_a_deep_plan_of_text_is_refused() -> None:
    lines = ["Limit  (cost=0.00..1.00 rows=1 width=4)"]
    lines += [f"{' ' * (2 + 6 * depth)}->  Limit  (cost=0.00..1.00 rows=1 width=4)" for depth in range(DEEPEST + 5)]
    with pytest.raises(UserError, match="nested deeper"):
        read("\n".join(lines))


def test_as_deep_as_is_read_is_also_told() -> None:
    (plan,) = read(nested(DEEPEST - 1))
    view = PlanView(plan)
    assert len(view.steps) == DEEPEST
    assert readings_of(view) == ()


@pytest.mark.parametrize(
    "text",
    [
        "[" + ",".join(json.dumps({"Plan": SEQ}) for _ in range(60_000)) + "]",
        json.dumps([{"Plan": {"Node Type": "Append", "Total Cost": 9, "Plans": [SEQ] * 80_000}}]),
        "Append  (cost=0.00..1.00 rows=1 width=4)\n"
        + "  ->  Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n" * 150_000,
        TEXT + "x" * 10_000_000,
        "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n  Filter: (a = '" + "b'c\n" * 500_000,
        "Seq Scan on " + '"' * 2_000_000 + "  (cost=0.00..1.00 rows=1 width=4)",
        "A" + " A" * 1_000_000 + "  (cost=0.00..1.00 rows=1 width=4)",
        "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\nSettings: " + "a = 'b', " * 500_000,
        "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n  Buffers: " + "shared hit=1 " * 500_000,
        "Seq Scan on t  (cost=0.00..1.00 rows=1 width=4)\n" + "Trigger a for constraint b on " * 200_000,
    ],
    ids=[
        "many plans",
        "wide",
        "many lines",
        "long line",
        "literals",
        "quotes",
        "words",
        "settings",
        "buffers",
        "triggers",
    ],
)
def test_ten_megabytes_are_read_or_refused_in_seconds(text: str) -> None:
    began = time.process_time()
    try:
        plans = read(text)
    except UserError:
        plans = ()
    for plan in plans[:1]:
        readings_of(PlanView(plan))
    # Quadratic time would be minutes; the bound leaves room for a busy machine.
    assert time.process_time() - began < 30


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_text_is_harmless(data: st.DataObject) -> None:
    lines = TEXT.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "cut", "twice", "move", "text"])):
            case "drop" if len(lines) > 1:
                del lines[position]
            case "cut":
                lines[position] = lines[position][: data.draw(st.integers(0, len(lines[position])))]
            case "twice":
                lines.insert(position, lines[position])
            case "move":
                lines[position] = " " * data.draw(st.integers(0, 12)) + lines[position].strip()
            case _:
                lines[position] += data.draw(st.text(max_size=20))
    harmless("\n".join(lines))


_scalars = st.none() | st.booleans() | st.integers(-(2**40), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8)
_keys = st.sampled_from(
    [
        "Node Type",
        "Plans",
        "Actual Rows",
        "Actual Loops",
        "Actual Total Time",
        "Workers",
        "Sort Key",
        "Subplan Name",
        "Plan Rows",
        "Total Cost",
        "Relation Name",
        "CTE Name",
        "Filter",
        "Group Key",
        "Grouping Sets",
        "JIT",
        "Triggers",
    ]
)
_nodes = st.recursive(
    st.dictionaries(_keys, _scalars, max_size=8),
    lambda inner: st.dictionaries(_keys, _scalars | st.lists(inner, max_size=3), max_size=8),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_nodes, st.dictionaries(_keys, _scalars, max_size=3))
def test_any_json_is_harmless(plan: object, more: dict[str, object]) -> None:
    harmless(json.dumps([{"Plan": plan, **more}]))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_harmless(text: str) -> None:
    harmless(text)


def harmless(text: str) -> None:
    try:
        plans = read(text)
    except UserError:
        return
    for plan in plans:
        view = PlanView(plan)
        readings_of(view)
        assert all((step.own_ms or 0) >= 0 for step in view.steps)

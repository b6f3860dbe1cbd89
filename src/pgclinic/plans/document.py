"""EXPLAIN's JSON as PostgreSQL writes it, and how it becomes nouns. The text form is brought into this shape first.

Source: ``ExplainNode`` and its kin in PostgreSQL's src/backend/commands/explain.c, 13 to 18.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import msgspec

from pgclinic.model.plan import Buffers, Explained, Jit, NodeRun, PlanNode, Trigger

DEEPEST = 200
"""Levels of a plan that are read. The largest plans of real life have some dozens."""

_Number = Annotated[float, msgspec.Meta(ge=0, le=1e300)]
_Count = Annotated[float, msgspec.Meta(ge=0, le=1e18)]
_Keys = str | tuple[str, ...]


def _named(name: str, default: Any) -> Any:  # noqa: ANN401 - a field of any type
    return msgspec.field(name=name, default=default)


class Worker(msgspec.Struct, frozen=True):
    """What one worker told of a node, as far as it is summed up."""

    sort_method: str = _named("Sort Method", "")
    sort_space: _Count = _named("Sort Space Used", 0)
    sort_space_type: str = _named("Sort Space Type", "")
    batches: _Count = _named("HashAgg Batches", 0)
    memory: _Count = _named("Peak Memory Usage", 0)
    disk: _Count = _named("Disk Usage", 0)
    exact_blocks: _Count = _named("Exact Heap Blocks", 0)
    lossy_blocks: _Count = _named("Lossy Heap Blocks", 0)
    cache_hits: _Count = _named("Cache Hits", 0)
    cache_misses: _Count = _named("Cache Misses", 0)
    cache_evictions: _Count = _named("Cache Evictions", 0)


class _Space(msgspec.Struct, frozen=True):
    peak: _Count = _named("Peak Sort Space Used", 0)


class _SortGroups(msgspec.Struct, frozen=True):
    methods: tuple[str, ...] = _named("Sort Methods Used", ())
    memory: _Space | None = _named("Sort Space Memory", None)
    disk: _Space | None = _named("Sort Space Disk", None)


class _GroupingSet(msgspec.Struct, frozen=True):
    group_keys: tuple[tuple[str, ...], ...] = _named("Group Keys", ())
    hash_keys: tuple[tuple[str, ...], ...] = _named("Hash Keys", ())


class Blocks(msgspec.Struct, frozen=True):
    """The counters of BUFFERS."""

    shared_hit: _Count = _named("Shared Hit Blocks", 0)
    shared_read: _Count = _named("Shared Read Blocks", 0)
    shared_dirtied: _Count = _named("Shared Dirtied Blocks", 0)
    shared_written: _Count = _named("Shared Written Blocks", 0)
    local_hit: _Count = _named("Local Hit Blocks", 0)
    local_read: _Count = _named("Local Read Blocks", 0)
    temp_read: _Count = _named("Temp Read Blocks", 0)
    temp_written: _Count = _named("Temp Written Blocks", 0)


class Node(Blocks, frozen=True):
    """One node with all that is read of it."""

    node_type: str = _named("Node Type", "")
    startup_cost: _Number = _named("Startup Cost", 0)
    total_cost: _Number = _named("Total Cost", 0)
    rows: _Number = _named("Plan Rows", 0)
    width: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = _named("Plan Width", 0)
    loops: _Count | None = _named("Actual Loops", None)
    actual_rows: _Count = _named("Actual Rows", 0)
    startup_ms: _Count | None = _named("Actual Startup Time", None)
    total_ms: _Count | None = _named("Actual Total Time", None)
    relation: str = _named("Relation Name", "")
    schema: str = _named("Schema", "")
    alias: str = _named("Alias", "")
    index: str = _named("Index Name", "")
    cte: str = _named("CTE Name", "")
    function: str = _named("Function Name", "")
    table_function: str = _named("Table Function Name", "")
    tuplestore: str = _named("Tuplestore Name", "")
    provider: str = _named("Custom Plan Provider", "")
    relations: str = _named("Relations", "")
    index_condition: str = _named("Index Cond", "")
    recheck: str = _named("Recheck Cond", "")
    tid_condition: str = _named("TID Cond", "")
    order_by: _Keys = _named("Order By", "")
    filter: str = _named("Filter", "")
    one_time_filter: str = _named("One-Time Filter", "")
    run_condition: str = _named("Run Condition", "")
    function_call: str = _named("Function Call", "")
    output: _Keys = _named("Output", "")
    cache_key: str = _named("Cache Key", "")
    operation: str = _named("Operation", "")
    strategy: str = _named("Strategy", "")
    partial_mode: str = _named("Partial Mode", "")
    command: str = _named("Command", "")
    direction: str = _named("Scan Direction", "")
    join_type: str = _named("Join Type", "")
    sort_key: _Keys = _named("Sort Key", "")
    group_key: _Keys = _named("Group Key", "")
    grouping_sets: tuple[_GroupingSet, ...] = _named("Grouping Sets", ())
    grouping_lines: tuple[str, ...] = _named("Grouping Lines", ())
    """The keys of each set, as the text form writes them; JSON has ``Grouping Sets`` instead."""
    hash_condition: str = _named("Hash Cond", "")
    merge_condition: str = _named("Merge Cond", "")
    join_filter: str = _named("Join Filter", "")
    parameters: _Keys = _named("Params Evaluated", "")
    subplan: str = _named("Subplan Name", "")
    is_parallel: bool = _named("Parallel Aware", default=False)
    is_async: bool = _named("Async Capable", default=False)
    is_disabled: bool = _named("Disabled", default=False)
    workers_planned: _Count = _named("Workers Planned", 0)
    workers_launched: _Count | None = _named("Workers Launched", None)
    pruned: _Count = _named("Subplans Removed", 0)
    removed_by_filter: _Count = _named("Rows Removed by Filter", 0)
    removed_by_join_filter: _Count = _named("Rows Removed by Join Filter", 0)
    removed_by_recheck: _Count = _named("Rows Removed by Index Recheck", 0)
    heap_fetches: _Count | None = _named("Heap Fetches", None)
    index_searches: _Count | None = _named("Index Searches", None)
    exact_blocks: _Count = _named("Exact Heap Blocks", 0)
    lossy_blocks: _Count = _named("Lossy Heap Blocks", 0)
    sort_method: str = _named("Sort Method", "")
    sort_space: _Count = _named("Sort Space Used", 0)
    sort_space_type: str = _named("Sort Space Type", "")
    full_sorts: _SortGroups | None = _named("Full-sort Groups", None)
    presorted: _SortGroups | None = _named("Pre-sorted Groups", None)
    hash_batches: _Count = _named("Hash Batches", 0)
    hash_batches_planned: _Count = _named("Original Hash Batches", 0)
    batches: _Count = _named("HashAgg Batches", 0)
    memory: _Count = _named("Peak Memory Usage", 0)
    disk: _Count = _named("Disk Usage", 0)
    storage: str = _named("Storage", "")
    maximum_storage: _Count = _named("Maximum Storage", 0)
    cache_hits: _Count = _named("Cache Hits", 0)
    cache_misses: _Count = _named("Cache Misses", 0)
    cache_evictions: _Count = _named("Cache Evictions", 0)
    workers: tuple[Worker, ...] = _named("Workers", ())
    plans: tuple["Node", ...] = _named("Plans", ())


class _JitTiming(msgspec.Struct, frozen=True):
    total: _Count | None = _named("Total", None)


class _JitOptions(msgspec.Struct, frozen=True):
    inlining: bool = _named("Inlining", default=False)
    optimization: bool = _named("Optimization", default=False)


class _Jit(msgspec.Struct, frozen=True):
    functions: _Count = _named("Functions", 0)
    options: _JitOptions = _named("Options", _JitOptions())
    timing: _JitTiming = _named("Timing", _JitTiming())


class _Trigger(msgspec.Struct, frozen=True):
    name: str = _named("Trigger Name", "")
    constraint: str = _named("Constraint Name", "")
    relation: str = _named("Relation", "")
    ms: _Count | None = _named("Time", None)
    calls: _Count = _named("Calls", 0)


class _Serialization(msgspec.Struct, frozen=True):
    ms: _Count | None = _named("Time", None)


class Document(msgspec.Struct, frozen=True):
    """One statement's EXPLAIN."""

    plan: Node = msgspec.field(name="Plan")
    planning: Blocks | None = _named("Planning", None)
    planning_ms: _Count | None = _named("Planning Time", None)
    execution_ms: _Count | None = _named("Execution Time", None)
    triggers: tuple[_Trigger, ...] = _named("Triggers", ())
    jit: _Jit | None = _named("JIT", None)
    settings: Mapping[str, str] = _named("Settings", {})
    serialization: _Serialization | None = _named("Serialization", None)
    query: str = _named("Query Text", "")
    parameters: str = _named("Query Parameters", "")


_USUAL = frozenset({"", "Inner", "Plain"})
"""Kinds of join and aggregation that go without saying."""
_JOINED = {"Nested Loop": "Nested Loop {kind} Join", "Hash Join": "Hash {kind} Join", "Merge Join": "Merge {kind} Join"}
_AGGREGATES = {
    "Plain": "Aggregate",
    "Sorted": "GroupAggregate",
    "Hashed": "HashAggregate",
    "Mixed": "MixedAggregate",
}
_MENTION = re.compile(r"\$\d+|\(((?:InitPlan|CTE) [^()]{1,80})\)")


def node_of(node: Node) -> PlanNode:
    """The noun for a node and all below it."""
    keys = _keys(node)
    return PlanNode(
        node_type=node.node_type,
        total_cost=node.total_cost,
        startup_cost=node.startup_cost,
        rows=node.rows,
        width=node.width,
        relation=node.relation,
        schema=node.schema,
        alias=node.alias,
        index=node.index,
        condition=node.index_condition,
        filter=node.filter,
        detail=_detail(node, keys),
        title=_title(node),
        source=_source(node),
        part=node.subplan,
        join_condition=node.hash_condition or node.merge_condition,
        join_filter=node.join_filter,
        keys=keys,
        is_parallel=node.is_parallel,
        is_disabled=node.is_disabled,
        workers_planned=int(node.workers_planned),
        pruned=int(node.pruned),
        mentions=() if node.loops is None else _mentions(node),  # they tell where time went, and nothing else
        run=None if node.loops is None else _run(node),
        children=tuple([node_of(child) for child in node.plans]),
    )


def explained_of(document: Document) -> Explained:
    """The noun for all that EXPLAIN tells."""
    jit, planning = document.jit, document.planning
    return Explained(
        root=node_of(document.plan),
        planning_ms=document.planning_ms,
        execution_ms=document.execution_ms,
        planning_buffers=_buffers(planning) if planning else None,
        serialization_ms=document.serialization.ms if document.serialization else None,
        jit=_jit(jit) if jit else None,
        triggers=tuple(
            Trigger(
                name=each.constraint or each.name,
                calls=each.calls,
                ms=each.ms,
                relation=each.relation,
                is_constraint=bool(each.constraint),
            )
            for each in document.triggers
        ),
        settings=tuple(sorted(document.settings.items())),
        sql=document.query,
        parameters=document.parameters,
    )


def _jit(jit: _Jit) -> Jit:
    return Jit(
        functions=int(jit.functions),
        inlining=jit.options.inlining,
        optimization=jit.options.optimization,
        total_ms=jit.timing.total,
    )


def _joined(keys: _Keys) -> str:
    return keys if isinstance(keys, str) else ", ".join(keys)


def _keys(node: Node) -> str:
    """The keys of a sort or group; those of several grouping sets apart by semicolons."""
    if node.node_type in {"Aggregate", "Group"}:
        sets = node.grouping_lines or tuple(
            ", ".join(keys) or "()" for each in node.grouping_sets for keys in (*each.hash_keys, *each.group_keys)
        )
        return "; ".join(sets) or _joined(node.group_key)
    return _joined(node.sort_key or node.group_key)


def _detail(node: Node, keys: str) -> str:
    """What EXPLAIN says of a node beside its type, its table and its scan's condition, in its order."""
    operation = "" if node.operation == "Select" else node.operation.lower()
    parts = (
        node.subplan,
        operation,
        node.strategy.lower() if node.strategy not in _USUAL else "",
        f"{node.join_type.lower()} join" if node.join_type not in _USUAL else "",
        f"by {keys}" if keys else "",
        node.hash_condition or node.merge_condition,
        f"filter {node.join_filter}" if node.join_filter else "",
    )
    return " · ".join([part for part in parts if part])


def _title(node: Node) -> str:
    """The name that EXPLAIN's text form gives it, without what it works on."""
    name = node.node_type
    if name in _JOINED and node.join_type not in _USUAL:
        name = _JOINED[name].format(kind=node.join_type)
    elif name == "Aggregate":
        name = _AGGREGATES.get(node.strategy, name)
    elif name == "SetOp":
        name = f"{'Hash' if node.strategy == 'Hashed' else ''}SetOp {node.command}".rstrip()
    elif name == "ModifyTable":
        name = node.operation or name
    elif name == "Foreign Scan" and node.operation not in {"", "Select"}:
        name = f"Foreign {node.operation}"
    elif name == "Custom Scan" and node.provider:
        name = f"Custom Scan ({node.provider})"
    phase = f"{node.partial_mode} " if node.partial_mode in {"Partial", "Finalize"} else ""
    lead = f"{'Async ' if node.is_async else ''}{'Parallel ' if node.is_parallel else ''}{phase}"
    return f"{lead}{name}{' Backward' if node.direction == 'Backward' else ''}"


def _source(node: Node) -> str:
    if node.relation or node.node_type == "Bitmap Index Scan":
        return ""
    return node.cte or node.function or node.table_function or node.tuplestore or node.relations or node.alias


def _mentions(node: Node) -> tuple[str, ...]:
    texts = (
        node.index_condition,
        node.recheck,
        node.tid_condition,
        _joined(node.order_by),
        node.filter,
        node.one_time_filter,
        node.run_condition,
        node.function_call,
        _joined(node.output),
        node.cache_key,
        _joined(node.sort_key),
        _joined(node.group_key),
        node.hash_condition,
        node.merge_condition,
        node.join_filter,
        _joined(node.parameters),
    )
    found: dict[str, None] = {}
    for text in texts:
        if "$" in text or "(InitPlan " in text:
            found.update((match[1] or match[0], None) for match in _MENTION.finditer(text))
    return tuple(found)


def _run(node: Node) -> NodeRun:
    groups = [each for each in (node.full_sorts, node.presorted) if each is not None]
    memory = [node.memory, *(each.memory for each in node.workers)]
    disk = [node.disk, *(each.disk for each in node.workers)]
    spaces = [(node.sort_space_type, node.sort_space)]
    spaces += [(each.sort_space_type, each.sort_space) for each in node.workers]
    for kind, space in (*spaces, (node.storage, node.maximum_storage)):
        (disk if kind == "Disk" else memory).append(space)
    for group in groups:
        memory += [group.memory.peak] if group.memory else []
        disk += [group.disk.peak] if group.disk else []
    methods: Iterable[str] = (
        node.sort_method,
        *(each.sort_method for each in node.workers),
        *(method for group in groups for method in group.methods),
    )
    return NodeRun(
        loops=node.loops or 0,
        rows=node.actual_rows,
        startup_ms=node.startup_ms if node.loops else None,
        total_ms=node.total_ms if node.loops else None,
        removed_by_filter=node.removed_by_filter,
        removed_by_join_filter=node.removed_by_join_filter,
        removed_by_recheck=node.removed_by_recheck,
        workers_launched=None if node.workers_launched is None else int(node.workers_launched),
        heap_fetches=node.heap_fetches,
        exact_blocks=_over_all("exact_blocks", node),
        lossy_blocks=_over_all("lossy_blocks", node),
        index_searches=node.index_searches,
        method=next((method for method in methods if method), ""),
        memory_kb=int(max(memory)),
        disk_kb=int(sum(disk)),
        batches=int(max(node.hash_batches, node.batches, *(each.batches for each in node.workers), 0)),
        planned_batches=int(node.hash_batches_planned or node.hash_batches),
        cache_hits=_over_all("cache_hits", node),
        cache_misses=_over_all("cache_misses", node),
        cache_evictions=_over_all("cache_evictions", node),
        buffers=_buffers(node),
    )


def _over_all(counter: str, node: Node) -> int:
    """The leader's and the workers'."""
    return int(getattr(node, counter) + sum(getattr(each, counter) for each in node.workers))


def _buffers(blocks: Blocks) -> Buffers | None:
    """None where nothing was touched, which the text form does not tell from what was not counted."""
    counted = Buffers(
        shared_hit=int(blocks.shared_hit),
        shared_read=int(blocks.shared_read),
        shared_dirtied=int(blocks.shared_dirtied),
        shared_written=int(blocks.shared_written),
        local_hit=int(blocks.local_hit),
        local_read=int(blocks.local_read),
        temp_read=int(blocks.temp_read),
        temp_written=int(blocks.temp_written),
    )
    return counted if counted != Buffers() else None


def walk(root: PlanNode) -> Iterator[PlanNode]:
    """Every node, parents first, without recursion."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)

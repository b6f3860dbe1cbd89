"""What a planner is asked and what it answers."""

import msgspec

from pgclinic.model.catalog import IndexDefinition
from pgclinic.model.workload import ParameterSet


class Buffers(msgspec.Struct, frozen=True, kw_only=True):
    """Blocks that were touched, over all loops and processes; those of children are included, as in EXPLAIN."""

    shared_hit: int = 0
    shared_read: int = 0
    shared_dirtied: int = 0
    shared_written: int = 0
    local_hit: int = 0
    local_read: int = 0
    temp_read: int = 0
    temp_written: int = 0

    @property
    def touched(self) -> int:
        """Blocks of tables and indexes, cached or not."""
        return self.shared_hit + self.shared_read + self.local_hit + self.local_read


class NodeRun(msgspec.Struct, frozen=True, kw_only=True):
    """What EXPLAIN ANALYZE measured of a node.

    ``rows``, ``removed_*`` and times are per loop, as means; ``loops`` is 0 when it was never executed and counts
    every process of a parallel part. Times are milliseconds, None with TIMING off. ``memory_kb`` is the most of any
    process, ``disk_kb`` the sum over them; ``batches`` are those of a hash, ``planned_batches`` what it began with.
    None stands for what the node does not have or EXPLAIN did not tell.
    """

    loops: float
    rows: float = 0.0
    startup_ms: float | None = None
    total_ms: float | None = None
    removed_by_filter: float = 0.0
    removed_by_join_filter: float = 0.0
    removed_by_recheck: float = 0.0
    workers_launched: int | None = None
    heap_fetches: float | None = None
    exact_blocks: int = 0
    lossy_blocks: int = 0
    index_searches: float | None = None
    method: str = ""
    memory_kb: int = 0
    disk_kb: int = 0
    batches: int = 0
    planned_batches: int = 0
    cache_hits: int = 0
    cache_misses: int = 0
    cache_evictions: int = 0
    buffers: Buffers | None = None


class PlanNode(msgspec.Struct, frozen=True, kw_only=True):
    """A node of an EXPLAIN tree; costs in planner units, rows per loop.

    ``title`` is the node as EXPLAIN's text form names it (``Parallel Hash Left Join``), ``node_type`` as its JSON does.
    ``source`` is what a scan reads where that is no table: a CTE, a function, a sub-query. ``detail`` is what else
    tells nodes of a type apart, for people: the keys of a sort or group, the kind and the condition of a join, which
    part of the query a sub-plan answers. That part alone is ``part`` (``InitPlan 1``, ``SubPlan 2``, ``CTE x``); it is
    empty for an ordinary child. ``mentions`` are the values of InitPlans that its expressions read, ``$0`` or the name.
    ``run`` is None where nothing was executed.
    """

    node_type: str
    total_cost: float
    startup_cost: float = 0.0
    rows: float = 0.0
    width: int = 0
    relation: str = ""
    schema: str = ""
    alias: str = ""
    index: str = ""
    condition: str = ""
    filter: str = ""
    detail: str = ""
    title: str = ""
    source: str = ""
    part: str = ""
    join_condition: str = ""
    join_filter: str = ""
    keys: str = ""
    is_parallel: bool = False
    is_disabled: bool = False
    workers_planned: int = 0
    pruned: int = 0
    mentions: tuple[str, ...] = ()
    run: NodeRun | None = None
    children: tuple["PlanNode", ...] = ()


class Jit(msgspec.Struct, frozen=True, kw_only=True):
    """Just-in-time compilation, of the leader; times in milliseconds, None with TIMING off."""

    functions: int = 0
    inlining: bool = False
    optimization: bool = False
    total_ms: float | None = None


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger that fired. ``name`` is the constraint's where it enforces one; ``relation`` is empty when untold."""

    name: str
    calls: float
    ms: float | None = None
    relation: str = ""
    is_constraint: bool = False


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one EXPLAIN tells.

    ``sql`` and ``parameters`` are there when auto_explain logged it. ``execution_ms`` covers the end of the query
    (triggers, constraints) as well; None when nothing was executed or the time not taken.
    """

    root: PlanNode
    planning_ms: float | None = None
    execution_ms: float | None = None
    planning_buffers: Buffers | None = None
    serialization_ms: float | None = None
    jit: Jit | None = None
    triggers: tuple[Trigger, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    sql: str = ""
    parameters: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A planner's answer for one statement under one set of visible indexes.

    ``cost`` is the root's total cost. ``indexes`` are the ids of what-if indexes that the plan uses;
    ``existing`` the names, schema and name, of the snapshot's own indexes that it uses.
    """

    cost: float
    root: PlanNode
    indexes: frozenset[int] = frozenset()
    existing: frozenset[str] = frozenset()


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A statement to plan: SQL with ``$n``, the values for a custom plan or None for the generic one, and the role."""

    sql: str
    parameters: ParameterSet | None = None
    role: str = ""


class Asked(msgspec.Struct, frozen=True):
    """A question with the what-if indexes that the plan may use and the existing ones, by name, that it may not."""

    question: Question
    visible: frozenset[int] = frozenset()
    hidden: frozenset[str] = frozenset()


class WhatIfIndex(msgspec.Struct, frozen=True, kw_only=True):
    """An index that exists only where plans are made. ``id`` is the planner's; ``bytes`` is estimated."""

    id: int
    definition: IndexDefinition
    bytes: int


class Refusal(msgspec.Struct, frozen=True):
    """A question or an index that the planner could not take, in PostgreSQL's own words."""

    reason: str

"""What to ask the planner about: for every statement, the indexes of each kind that could serve it.

One kind a file, named as in ``limits.KINDS``; a kind has ``propose(target) -> Iterator[IndexDefinition]``, best first.
Only suggestions: the planner decides. Sources: the statement's shape (parse tree and catalog), never names or texts.
"""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING

from pgclinic.advise.candidates.names import taken_names
from pgclinic.advise.candidates.target import Target
from pgclinic.advise.limits import KINDS, Limits
from pgclinic.model.catalog import IndexDefinition, Relation
from pgclinic.model.shape import Shape
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.workload import ParameterSet

if TYPE_CHECKING:
    from pgclinic.model.names import RelationName

__all__ = ["candidates", "kinds_of", "taken_names"]

_MOST = {"btree": 150, "covering": 100, "partial": 60}
_MOST_OF_OTHERS = 30
"""Candidates of one kind for one use of a table: what a statement that reads twenty columns may cost."""


def candidates(
    shape: Shape, snapshot: Snapshot, *, limits: Limits | None = None, parameters: Sequence[ParameterSet] = ()
) -> tuple[IndexDefinition, ...]:
    """Every index worth asking the planner about, each once: by table, narrow ones first.

    ``parameters`` are the statement's; those that were seen may lead to partial indexes. The order follows oids,
    column numbers and the statement, never names: renaming everything changes nothing else.
    """
    limits = limits or Limits()
    found: dict[IndexDefinition, None] = {}
    ranks: dict[RelationName, int] = {}
    for use in shape.uses:
        relation = snapshot.relation_by_name.get(use.relation)
        if relation is None or use.relation in limits.excluded or not _can_win(relation):
            continue
        ranks[use.relation] = relation.oid
        target = Target(use, relation, snapshot, limits, tuple(each for each in parameters if each.source == "seen"))
        for kind in KINDS:
            if kind in limits.kinds:
                found.update(dict.fromkeys(_allowed(kind, target, limits)))
    return tuple(sorted(found, key=lambda each: (ranks[each.relation], *_rank(each))))


def _can_win(relation: Relation) -> bool:
    """Whether an index on the relation could ever pay: a table of one page is read at once."""
    return relation.kind in "rpm" and not (relation.kind == "r" and relation.tuples >= 0 and relation.pages == 1)


def kinds_of(definition: IndexDefinition) -> frozenset[str]:
    """What an index is, in the words of ``limits.KINDS``; ``btree`` only when it is nothing else."""
    found = {definition.method} - {"btree"}
    if definition.include:
        found.add("covering")
    if definition.predicate:
        found.add("partial")
    if not all(key.is_column for key in definition.keys):
        found.add("expression")
    return frozenset(found or {"btree"})


def _allowed(kind: str, target: Target, limits: Limits) -> Iterator[IndexDefinition]:
    propose: Callable[[Target], Iterator[IndexDefinition]] = import_module(f"{__name__}.{kind}").propose
    proposed = (
        each
        for each in propose(target)
        if kinds_of(each) <= limits.kinds and 0 < len(each.keys) <= max(1, limits.max_width)
    )
    most = _MOST.get(kind, _MOST_OF_OTHERS)
    return islice(proposed, most)


def _rank(definition: IndexDefinition) -> tuple[int, int, int, bool]:
    """Sorting is stable, so what ranks alike stays in the order in which it was thought of."""
    return (
        KINDS.index(min(kinds_of(definition), key=KINDS.index)),
        len(definition.keys),
        len(definition.include),
        bool(definition.predicate),
    )

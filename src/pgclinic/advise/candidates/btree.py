"""Plain B-trees."""

from collections.abc import Iterator

from pgclinic.advise.candidates.keys import key_lists
from pgclinic.advise.candidates.target import Target
from pgclinic.model.catalog import IndexDefinition


def propose(target: Target) -> Iterator[IndexDefinition]:
    """Every useful list of keys."""
    return (IndexDefinition(target.use.relation, keys) for keys in key_lists(target))

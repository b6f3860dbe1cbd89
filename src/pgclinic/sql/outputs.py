"""What the rows of a SELECT consist of: names and types, where the catalog or a cast tells them."""

from collections.abc import Callable, Mapping

import msgspec

from pgclinic.model.names import RelationName
from pgclinic.sql.clauses import ranges_in_from
from pgclinic.sql.sources import Resolver
from pgclinic.sql.tree import Node, Tree, select_list, strings

ColumnTypes = Callable[[RelationName], Mapping[str, str]]
"""The types of a relation's columns, as SQL, in their order."""


class Output(msgspec.Struct, frozen=True):
    """A column of the result."""

    name: str
    type: str


def outputs_of(select: Tree, resolver: Resolver, types_of: ColumnTypes) -> tuple[Output, ...] | None:
    """The columns of the result in order; None where one is computed without a cast, or its table is not known."""
    sources: dict[str, Mapping[str, str]] = {}
    for item in ranges_in_from(select):
        if item.WhichOneof("node") != "range_var" or item.range_var.alias.colnames:
            return None
        relation = resolver(item.range_var.schemaname, item.range_var.relname)
        if relation is None:
            return None
        sources[item.range_var.alias.aliasname or item.range_var.relname] = types_of(relation.name)
    found: list[Output] = []
    for wrapper in select.target_list:
        target = wrapper.res_target
        outputs = _of(target.val, sources)
        if outputs is None:
            return None
        found += [Output(target.name or each.name, each.type) for each in outputs]
    names = [each.name for each in found]
    return tuple(found) if found and all(names) and len(set(names)) == len(names) else None


def _of(value: Tree, sources: Mapping[str, Mapping[str, str]]) -> list[Output] | None:
    if value.WhichOneof("node") == "type_cast":
        copy = Node()
        copy.CopyFrom(value)
        copy.type_cast.arg.CopyFrom(_parameter())
        inner = _of(value.type_cast.arg, sources)
        name = inner[0].name if inner and len(inner) == 1 else strings(value.type_cast.type_name.names)[-1]
        return [Output(name, select_list([copy]).partition("::")[2])]
    if value.WhichOneof("node") != "column_ref":
        return None
    fields = value.column_ref.fields
    *qualifier, last = strings(fields) if fields[-1].WhichOneof("node") != "a_star" else (*strings(fields), "")
    chosen = [types for alias, types in sources.items() if not qualifier or alias == qualifier[-1]]
    if not last:
        return [Output(name, type_) for types in chosen for name, type_ in types.items()]
    having = [types[last] for types in chosen if last in types]
    return [Output(last, having[0])] if len(having) == 1 else None


def _parameter() -> Tree:
    node = Node()
    node.param_ref.number = 1
    return node

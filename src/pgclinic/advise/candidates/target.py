"""One use of a table, with what the catalog and the statistics say about its columns."""

from collections.abc import Callable, Iterable
from functools import cached_property

from pgclinic.advise.limits import Limits
from pgclinic.model.catalog import Column, Relation
from pgclinic.model.shape import Condition, RelationUse
from pgclinic.model.snapshot import Snapshot
from pgclinic.model.statistics import ColumnStatistics
from pgclinic.model.workload import ParameterSet
from pgclinic.sql import quote
from pgclinic.sql.immutable import Catalog, plain, type_of

_WIDEST_KEY_BYTES = 1000
"""A B-tree entry holds 2,704 bytes at most; a column wider than this on average would soon exceed it."""
_UNSORTABLE = frozenset({"json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle", "xid", "cid"})
"""Types without a B-tree operator class (jsonb, arrays and ranges have one; few conditions are served by it)."""
_SEARCHED_OTHERWISE = frozenset({"jsonb", "tsvector", "tsquery", "hstore"})
_SORTABLE_OF_EXTENSIONS = frozenset({"citext", "ltree", "hstore", "cube", "seg"})
_RANGES = frozenset({"int4", "int8", "num", "ts", "tstz", "date"})
RANGE_TYPES = frozenset(f"{name}{end}" for name in _RANGES for end in ("range", "multirange"))


class Target:
    """What the kinds of index judge by. ``seen`` are the statement's parameters that were really seen."""

    def __init__(
        self,
        use: RelationUse,
        relation: Relation,
        snapshot: Snapshot,
        limits: Limits,
        seen: tuple[ParameterSet, ...] = (),
    ) -> None:
        self.use = use
        self.relation = relation
        self.snapshot = snapshot
        self.limits = limits
        self.seen = seen
        self.columns = {column.name: column for column in snapshot.columns_of.get(relation.oid, ())}

    @cached_property
    def sortable(self) -> dict[str, Column]:
        """The columns that a B-tree could be asked for, in their order."""
        return {name: column for name, column in self.columns.items() if self._is_sortable(column)}

    def _is_sortable(self, column: Column) -> bool:
        name = self.type(column.name)
        if self.width(column.name) > _WIDEST_KEY_BYTES or name in _UNSORTABLE:
            return False
        if column.type_kind == "b" and column.type_schema not in {"pg_catalog", ""}:
            return name in _SORTABLE_OF_EXTENSIONS and self._is_equated(column.name)
        special = name in _SEARCHED_OTHERWISE or name.endswith("[]") or self.is_range(column.name)
        return not special or self._is_equated(column.name)

    def _is_equated(self, name: str) -> bool:
        """Whether the statement compares whole values of a column whose type is mostly searched by parts."""
        orders = (key.column for keys in (*self.use.orders, *self.use.groups) for key in keys)
        return name in orders or any(
            each.is_column and each.operand == name and each.operator == "=" for each in self.use.conditions
        )

    @cached_property
    def types(self) -> dict[str, str]:
        """Every column's type without its modifier, domains resolved."""
        domains = {(each.schema, each.name): each.base_type for each in self.snapshot.types if each.kind == "d"}
        found = {}
        for name, column in self.columns.items():
            type_name = column.type
            bare = type_name.rpartition(".")[2].strip('"')
            if column.type_kind == "d":
                type_name = domains.get((column.type_schema, bare), "")
            elif column.type_kind == "b" and column.type_schema != "pg_catalog":
                type_name = bare
            found[name] = plain(type_name)
        return found

    def type(self, column: str) -> str:
        """A column's type without its modifier; empty when unknown."""
        return self.types.get(column, "")

    def is_range(self, column: str) -> bool:
        """Whether a column holds ranges or multiranges."""
        return self.columns[column].type_kind in {"r", "m"} or self.is_range_type(self.type(column))

    def is_range_type(self, type_name: str) -> bool:
        """Whether a type is a range or multirange, built in or the user's."""
        bare = type_name.rpartition(".")[2].strip('"')
        return type_name in RANGE_TYPES or any(each.kind == "r" and each.name == bare for each in self.snapshot.types)

    def is_sortable_type(self, type_name: str) -> bool:
        """Whether values of a type that an expression or an array has can be keys of a B-tree."""
        special = type_name in _SEARCHED_OTHERWISE or type_name.endswith("[]") or self.is_range_type(type_name)
        return bool(type_name) and type_name not in _UNSORTABLE and not special

    @cached_property
    def catalog(self) -> Catalog:
        """By what expressions are judged. Overloads that are not all immutable are none of them."""
        functions: dict[str, str] = {}
        changing: set[str] = set()
        for each in self.snapshot.functions:
            if each.kind == "f" and each.volatility == "i":
                functions[each.name] = plain(each.returns)
            else:
                changing.add(each.name)
        return Catalog(self.types, {name: type_ for name, type_ in functions.items() if name not in changing})

    def expression_type(self, sql: str) -> str | None:
        """The type of an expression that an index may hold, else None."""
        return type_of(sql, self.catalog)

    def statistics(self, column: str) -> ColumnStatistics | None:
        """What ANALYZE found, of the whole tree for a partitioned table."""
        own = self.snapshot.statistics_of.get((self.relation.oid, column, False))
        return own or self.snapshot.statistics_of.get((self.relation.oid, column, True))

    @cached_property
    def heap(self) -> Relation:
        """The table, or the largest partition of one that has no rows of its own."""
        found = [self.relation]
        for each in found:
            found += self.snapshot.children_of.get(each.oid, ()) if each.kind == "p" else ()
        return max(found, key=lambda each: (each.kind != "p", each.pages))

    def statistics_of_heap(self, column: str) -> ColumnStatistics | None:
        """What ANALYZE found in ``heap`` alone: the order of rows is a matter of one file."""
        return self.snapshot.statistics_of.get((self.heap.oid, column, False))

    def width(self, column: str) -> float:
        """Average bytes; 0 when unknown."""
        statistics = self.statistics(column)
        return statistics.avg_width if statistics else 0

    def distinct(self, column: str) -> float:
        """How many different values there are, about; a tenth of the rows when unknown."""
        rows = max(self.relation.tuples, 1.0)
        statistics = self.statistics(column)
        if statistics is None or not statistics.n_distinct:
            return rows / 10
        return statistics.n_distinct if statistics.n_distinct > 0 else -statistics.n_distinct * rows

    def number(self, column: str) -> int:
        """Where the column stands in the table."""
        return self.columns[column].number

    def in_order(self, names: Iterable[str]) -> list[str]:
        """Columns by their place in the table."""
        return sorted((name for name in names if name in self.columns), key=self.number)

    def compared(
        self, wanted: Callable[[str], bool], *, joins: bool, arm: tuple[int, ...] | None = None
    ) -> tuple[str, ...]:
        """The sortable columns in conditions with such operators, each once, in the order of the statement."""
        names = (
            each.operand
            for each in self.conditions(arm)
            if each.is_column and each.operand in self.sortable and each.is_join == joins and wanted(each.operator)
        )
        return tuple(dict.fromkeys(names))

    def conditions(self, arm: tuple[int, ...] | None = None) -> tuple[Condition, ...]:
        """Those that hold in an arm of an OR; all when not told."""
        if arm is None:
            return self.use.conditions
        return tuple(each for each in self.use.conditions if each.arm == arm[: len(each.arm)])

    def opclass(self, extension: str, name: str) -> str:
        """An extension's operator class as SQL; empty when it is not installed."""
        for each in self.snapshot.extensions:
            if each.name == extension:
                return f"{quote.identifier(each.schema)}.{name}"
        return ""

    def has_extension(self, name: str) -> bool:
        """Whether it is installed in this database."""
        return any(each.name == name for each in self.snapshot.extensions)


def type_of_operand(target: Target, condition: Condition) -> str | None:
    """The type of what a condition searches; None for an expression that no index may hold."""
    if not condition.is_column:
        return target.expression_type(condition.operand)
    return target.type(condition.operand) if condition.operand in target.columns else None

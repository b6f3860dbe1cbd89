"""Which columns of which tables a statement compares, sorts, groups and reads: from the parse tree and the catalog.

Column references are resolved as PostgreSQL does (innermost query first) through aliases, views, sub-selects and WITH
queries down to the tables. What cannot be resolved is passed over: a shape only suggests, the planner decides.
"""

from collections.abc import Iterable

import msgspec

from pgclinic.model.shape import Change, ParameterUse, Shape
from pgclinic.sql.conditions import Alternatives, Comparison, Conditions, note_joined
from pgclinic.sql.levels import Level
from pgclinic.sql.operands import children, is_node, without_casts
from pgclinic.sql.ordering import Ordering
from pgclinic.sql.sources import CatalogRelation, Column, Outputs, Resolver, Scope, Use, read, read_all, united
from pgclinic.sql.statements import UnreadableSqlError
from pgclinic.sql.tree import Tree, expression_of, nodes, parse_one, strings

_DEEPEST = 20
_MOST_FOLLOWED = 500
"""Views and policies that are followed, inside of each other and in all: a snapshot may hold any."""

_EXISTS = 1
"""SubLinkType of pg_query's enumeration: what EXISTS selects is not read."""

_VERBS = {3: "update", 4: "insert", 5: "delete"}
"""CmdType of pg_query's enumeration."""


class StatementReading(msgspec.Struct, frozen=True):
    """A statement's tree, its shape, and what it compares as it was written, views and policies included."""

    tree: Tree
    shape: Shape
    comparisons: tuple[Comparison, ...]
    alternatives: tuple[Alternatives, ...]


def shape_of(sql: str, resolver: Resolver) -> Shape:
    """The shape of one statement. Raises UnreadableSqlError when it does not parse."""
    return reading_of(sql, resolver).shape


def reading_of(sql: str, resolver: Resolver) -> StatementReading:
    """One statement read. Raises UnreadableSqlError when it does not parse."""
    tree = parse_one(sql)
    analysis = _Analysis(resolver)
    read_all(analysis.statement(tree.stmts[0].stmt, Level()))
    seen = {use.number for use in analysis.parameters}
    rest = sorted(
        {node.param_ref.number for node in nodes(tree) if node.WhichOneof("node") == "param_ref"} - seen - {0}
    )
    parameters = (*analysis.parameters, *(ParameterUse(number=number, role="other") for number in rest))
    shape = Shape(
        tuple(use.finished() for use in analysis.uses),
        tuple(sorted(parameters, key=lambda use: use.number)),
        tuple(analysis.changes),
    )
    conditions = analysis.conditions
    return StatementReading(tree, shape, tuple(conditions.comparisons), tuple(conditions.alternatives))


class _Analysis:
    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.uses: list[Use] = []
        self.parameters: list[ParameterUse] = []
        self.changes: list[Change] = []
        self.conditions = Conditions(self)
        self.followed = 0
        self.shared: set[str] = set()

    def statement(self, node: Tree, level: Level) -> Outputs:
        """Analyse any statement node; returns what its rows consist of."""
        match node.WhichOneof("node"):
            case "select_stmt":
                return self.select(node.select_stmt, level)
            case "update_stmt":
                self.written("update", node.update_stmt.relation, node.update_stmt.target_list)
                return self.change(node.update_stmt, node.update_stmt.from_clause, level)
            case "delete_stmt":
                self.written("delete", node.delete_stmt.relation)
                return self.change(node.delete_stmt, node.delete_stmt.using_clause, level)
            case "insert_stmt":
                self.written("insert", node.insert_stmt.relation)
                level = self.with_queries(node.insert_stmt, level)
                if node.insert_stmt.HasField("select_stmt"):
                    read_all(self.statement(node.insert_stmt.select_stmt, level))
            case "merge_stmt":
                self.merge(node.merge_stmt, level)
        return {}

    def merge(self, statement: Tree, level: Level) -> None:
        """MERGE joins its target and its source; which rows it then changes is not known beforehand."""
        scope: Scope = {}
        level = self.with_queries(statement, level).inside(scope)
        self.range_variable(statement.relation, scope, level)
        self.source(statement.source_relation, scope, level)
        self.conditions.note(statement.join_condition, level)
        for action in statement.merge_when_clauses:
            self.expression(action, level)
            verb = _VERBS.get(action.merge_when_clause.command_type)
            if verb is not None:
                self.written(verb, statement.relation, action.merge_when_clause.target_list)

    def written(self, verb: str, target: Tree, assigned: Iterable[Tree] = ()) -> None:
        """Note the table that a statement changes, and the columns that an UPDATE assigns."""
        relation = self.resolver(target.schemaname, target.relname)
        if relation is not None:
            columns = frozenset(each.res_target.name for each in assigned) if verb == "update" else frozenset()
            self.changes.append(Change(verb, relation.name, columns))

    def with_queries(self, statement: Tree, level: Level) -> Level:
        """The level in which the statement's WITH queries are known."""
        if not statement.HasField("with_clause"):
            return level
        queries = dict(level.queries)
        for wrapper in statement.with_clause.ctes:
            query = wrapper.common_table_expr
            queries[query.ctename] = {}
            outputs = self.statement(query.ctequery, level.knowing(queries).deeper())
            queries[query.ctename] = _renamed(outputs, strings(query.aliascolnames))
        return level.knowing(queries)

    def change(self, statement: Tree, sources: Iterable[Tree], level: Level) -> Outputs:
        """UPDATE and DELETE: a target, what it is joined with, and what RETURNING hands on."""
        scope: Scope = {}
        level = self.with_queries(statement, level).inside(scope)
        self.range_variable(statement.relation, scope, level)
        for source in sources:
            self.source(source, scope, level)
        if statement.HasField("where_clause"):
            self.conditions.note(statement.where_clause, level)
        for wrapper in getattr(statement, "target_list", ()):
            self.expression(wrapper, level)
        outputs: Outputs = {}
        for wrapper in statement.returning_clause.exprs:
            outputs.update(self.target(wrapper.res_target, level))
        read_all(outputs)
        return outputs

    def select(self, query: Tree, level: Level) -> Outputs:
        """A SELECT, VALUES or set operation."""
        level = self.with_queries(query, level)
        self.limits(query)
        if query.HasField("larg"):
            arms = (self.select(query.larg, level), self.select(query.rarg, level))
            if not query.all:
                read_all(arms[0])
                read_all(arms[1])
            return united(arms)
        scope: Scope = {}
        level = level.inside(scope)
        for source in query.from_clause:
            self.source(source, scope, level)
        outputs: Outputs = {}
        for wrapper in query.target_list:
            outputs.update(self.target(wrapper.res_target, level))
        for clause in ("where_clause", "having_clause"):
            if query.HasField(clause):
                self.conditions.note(getattr(query, clause), level)
        Ordering(query, level, outputs, self).note()
        for values in query.values_lists:
            self.expression(values, level)
        return outputs

    def limits(self, query: Tree) -> None:
        """LIMIT and OFFSET may be parameters."""
        for clause, role in (("limit_count", "limit"), ("limit_offset", "offset")):
            bare = without_casts(getattr(query, clause))
            if bare.WhichOneof("node") == "param_ref":
                self.parameters.append(ParameterUse(number=bare.param_ref.number, role=role))

    def source(self, node: Tree, scope: Scope, level: Level) -> None:
        """One item of FROM, put into the scope under its alias."""
        match node.WhichOneof("node"):
            case "range_var":
                self.range_variable(node.range_var, scope, level)
            case "range_subselect":
                inner = level if node.range_subselect.lateral else level.outside()
                outputs = self.statement(node.range_subselect.subquery, inner.deeper())
                alias = node.range_subselect.alias
                scope[alias.aliasname] = _renamed(outputs, strings(alias.colnames))
            case "join_expr":
                self.join(node.join_expr, scope, level)
            case "range_function":
                scope[node.range_function.alias.aliasname] = {}
                self.expression(node, level)
            case "range_table_sample":
                self.source(node.range_table_sample.relation, scope, level)

    def join(self, join: Tree, scope: Scope, level: Level) -> None:
        """A JOIN: both sides, and what they are joined by."""
        before = set(scope)
        self.source(join.larg, scope, level)
        left = [scope[alias] for alias in scope if alias not in before]
        self.source(join.rarg, scope, level)
        right = [scope[alias] for alias in scope if alias not in before][len(left) :]
        if join.HasField("quals"):
            self.conditions.note(join.quals, level)
        names = strings(join.using_clause)
        if join.is_natural:
            there = {name for outputs in right for name in outputs}
            names = tuple(dict.fromkeys(name for outputs in left for name in outputs if name in there))
        for name in names:
            for column in [outputs.get(name) for outputs in (*left, *right)]:
                if column is not None:
                    note_joined(column)

    def range_variable(self, variable: Tree, scope: Scope, level: Level) -> None:
        """A WITH query, view or table."""
        alias = variable.alias.aliasname or variable.relname
        names = strings(variable.alias.colnames)
        if not variable.schemaname and variable.relname in level.queries:
            self.query(variable.relname, level)
            scope[alias] = _renamed(level.queries[variable.relname], names)
            return
        relation = self.resolver(variable.schemaname, variable.relname)
        if relation is None:
            scope[alias] = {}
        elif relation.definition:
            scope[alias] = _renamed(self.view(relation, level.depth) if self.may_follow(level) else {}, names)
        else:
            use = Use(relation)
            self.uses.append(use)
            columns: Outputs = {column: Column(use, column) for column in relation.columns}
            if relation.policies and self.may_follow(level):
                self.policies(relation, columns, level.depth)
            scope[alias] = _renamed(columns, names)

    def query(self, name: str, level: Level) -> None:
        """A WITH query that is used twice is kept with all of its columns (``inline_cte``)."""
        if name in self.shared:
            read_all(level.queries[name])
        self.shared.add(name)

    def may_follow(self, level: Level) -> bool:
        """Whether one more view or policy is within bounds."""
        self.followed += 1
        return level.depth < _DEEPEST and self.followed <= _MOST_FOLLOWED

    def policies(self, relation: CatalogRelation, columns: Outputs, depth: int) -> None:
        """Row-level security adds its conditions to the statement's own."""
        level = Level(({relation.name.name: columns},), depth=depth + 1)
        for policies in relation.policies:
            try:
                self.conditions.any_of([expression_of(policy) for policy in policies], level)
            except UnreadableSqlError:
                continue

    def view(self, relation: CatalogRelation, depth: int) -> Outputs:
        """What a view's query reads, under the view's names."""
        try:
            tree = parse_one(relation.definition)
        except UnreadableSqlError:
            return {}
        outputs = self.statement(tree.stmts[0].stmt, Level(depth=depth + 1))
        return dict(zip(relation.columns, outputs.values(), strict=False))

    def target(self, target: Tree, level: Level) -> Outputs:
        """One item of a select list: the columns that it hands on, which are read only where they are referred to."""
        value = target.val
        if value.WhichOneof("node") == "column_ref":
            fields = value.column_ref.fields
            if fields[-1].WhichOneof("node") == "a_star":
                only = strings(fields)
                stars = [outputs for alias, outputs in level.scopes[0].items() if not only or alias == only[-1]]
                return {name: column for outputs in stars for name, column in outputs.items()}
            whole = level.row(value.column_ref)
            if whole is not None:
                read_all(whole)
            return {target.name or strings(fields)[-1]: level.column(value.column_ref)}
        self.expression(value, level)
        return {target.name or f"?{target.location}": None}

    def expression(self, node: Tree, level: Level, *, is_compared: bool = False) -> None:
        """Any expression: its columns are read, its sub-selects analysed."""
        pending = [node]
        while pending:
            current = pending.pop()
            kind = current.WhichOneof("node") if hasattr(current, "WhichOneof") and is_node(current) else None
            if kind == "column_ref":
                read(level.column(current.column_ref), is_compared=is_compared)
                read_all(level.row(current.column_ref) or {})
            elif kind == "sub_link" and current.sub_link.HasField("testexpr"):
                self.conditions.membership(current.sub_link, level)
            elif kind == "sub_link":
                outputs = self.statement(current.sub_link.subselect, level.deeper())
                if current.sub_link.sub_link_type != _EXISTS:
                    read_all(outputs)
            else:
                pending.extend(children(current))


def _renamed(outputs: Outputs, names: tuple[str, ...]) -> Outputs:
    """The columns under the names that an alias gives to the first of them: ``from t as x (a, b)``."""
    return dict(zip((*names, *list(outputs)[len(names) :]), outputs.values(), strict=False))

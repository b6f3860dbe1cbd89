"""What the catalogs hold about structure: one record a catalog object, referring to relations by oid.

Field names are the column aliases that the probes use, so a probe's row converts to its record without a mapping.
Texts that PostgreSQL deparses (``pg_get_*def``) are SQL and untrusted; all other names are unquoted.
"""

import msgspec

from pgclinic.model.names import RelationName


class Role(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="role"):
    """A role, without any secret. ``member_of`` holds names; ``settings`` are per-role ``name=value`` by allow-list."""

    name: str
    is_superuser: bool = False
    bypasses_rls: bool = False
    can_login: bool = False
    inherits: bool = True
    member_of: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


class Schema(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="schema"):
    """A schema. ``grants`` are ``grantee=privileges`` in aclitem letters; the grantee is empty for PUBLIC.

    ``is_platform``: the managed service's own, such as ``auth`` and ``storage`` of Supabase.
    """

    name: str
    owner: str
    grants: tuple[str, ...] = ()
    is_platform: bool = False


class Extension(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="extension"):
    """An installed extension."""

    name: str
    version: str
    schema: str


class AvailableExtension(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="available_extension"):
    """An extension whose files lie on the server, in its default version.

    One that ``is_trusted`` may be installed by whoever may create in the database, any other by a superuser.
    """

    name: str
    version: str
    is_trusted: bool = False


class UserType(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="type"):
    """A user's type: ``kind`` is pg_type.typtype (``e`` enum, ``d`` domain, ``c`` composite, ``r`` range, ``b`` base).

    ``labels`` of an enum in order; ``base_type``, ``default``, ``not_null`` and ``checks`` of a domain;
    ``fields`` of a composite as ``"name" type`` fragments already quoted by the server.
    """

    oid: int
    schema: str
    name: str
    kind: str
    labels: tuple[str, ...] = ()
    base_type: str = ""
    not_null: bool = False
    default: str | None = None
    checks: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


class Relation(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="relation"):
    """A table, partitioned table, view, materialized view or foreign table of a user's schema.

    ``kind`` is pg_class.relkind (``r p v m f``), ``persistence`` its relpersistence (``p u t``). ``pages`` and
    ``tuples`` are what the planner last knew (``tuples`` -1: never known), ``heap_bytes`` what the file holds now
    (None when a lock hid it), ``total_bytes`` with indexes and TOAST. ``options`` are reloptions as ``name=value``.
    ``definition`` is a view's query, ``partition_key`` a partitioned table's, ``partition_bound`` a partition's.
    ``parents`` are the oids it inherits from or is a partition of.
    """

    oid: int
    schema: str
    name: str
    kind: str
    owner: str
    persistence: str = "p"
    pages: int = 0
    tuples: float = -1.0
    all_visible_pages: int = 0
    heap_bytes: int | None = None
    toast_bytes: int | None = None
    index_bytes: int | None = None
    total_bytes: int | None = None
    options: tuple[str, ...] = ()
    access_method: str = ""
    row_security: bool = False
    force_row_security: bool = False
    is_partition: bool = False
    parents: tuple[int, ...] = ()
    partition_key: str | None = None
    partition_bound: str | None = None
    definition: str | None = None
    is_populated: bool = True
    frozen_xid_age: int | None = None
    multixact_age: int | None = None
    dropped_columns: int = 0
    grants: tuple[str, ...] = ()

    @property
    def relation_name(self) -> RelationName:
        """Schema and name together."""
        return RelationName(self.schema, self.name)


class Column(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="column"):
    """A live column. ``type`` is format_type with its modifier, ``type_oid`` and ``type_schema`` say which type.

    ``default`` is the deparsed default or generation expression; ``generated`` and ``identity`` are
    pg_attribute's one-letter codes or empty. ``collation`` is set only where it differs from the type's.
    """

    relation: int
    number: int
    name: str
    type: str
    type_oid: int = 0
    type_schema: str = "pg_catalog"
    type_kind: str = "b"
    not_null: bool = False
    has_missing: bool = False
    default: str | None = None
    generated: str = ""
    identity: str = ""
    collation: str = ""
    statistics_target: int | None = None
    storage: str = ""


class IndexKey(msgspec.Struct, frozen=True):
    """One key of an index, in the order of the index.

    ``expression`` is the unquoted column name when ``is_column``, else deparsed SQL. ``opclass`` and ``collation``
    are empty when they are the type's default; otherwise quoted, ready-to-use SQL names.
    """

    expression: str
    is_column: bool = True
    opclass: str = ""
    collation: str = ""
    descending: bool = False
    nulls_first: bool = False


class IndexDefinition(msgspec.Struct, frozen=True):
    """What an index is, apart from its name: the one type for existing, proposed and hypothetical indexes.

    ``include`` holds unquoted column names; ``predicate`` is deparsed SQL or empty; ``options`` are ``name=value``.
    """

    relation: RelationName
    keys: tuple[IndexKey, ...]
    method: str = "btree"
    include: tuple[str, ...] = ()
    predicate: str = ""
    is_unique: bool = False
    options: tuple[str, ...] = ()


class Index(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="index"):
    """An existing index. ``sql`` is pg_get_indexdef; ``constraint`` names the constraint that it enforces, if any.

    ``pages``, ``tuples`` as for a relation; ``bytes`` None when a lock hid it. ``tree_level`` is the B-tree's
    root level where it could be read (0: the root is a leaf). ``is_being_built``: a session builds it right now
    (pg_stat_progress_create_index), so that being invalid is no illness. Counters are since ``stats_reset``, where
    the server knows one of a single index (19), else since that of the database.
    """

    oid: int
    relation: int
    schema: str
    name: str
    definition: IndexDefinition
    sql: str
    is_primary: bool = False
    is_exclusion: bool = False
    is_valid: bool = True
    is_ready: bool = True
    is_being_built: bool = False
    is_replica_identity: bool = False
    is_clustered: bool = False
    is_partitioned: bool = False
    parent: int | None = None
    constraint: str = ""
    pages: int = 0
    tuples: float = -1.0
    bytes: int | None = None
    tree_level: int | None = None
    scans: int | None = None
    tuples_read: int | None = None
    tuples_fetched: int | None = None
    last_scan: str | None = None
    blocks_read: int | None = None
    blocks_hit: int | None = None
    stats_reset: str | None = None


class Constraint(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="constraint"):
    """A table constraint: ``kind`` is pg_constraint.contype (``p u f c x``); columns are unquoted, in key order."""

    oid: int
    relation: int
    name: str
    kind: str
    sql: str
    columns: tuple[str, ...] = ()
    references: int | None = None
    referenced_columns: tuple[str, ...] = ()
    is_validated: bool = True
    is_deferrable: bool = False
    index: int | None = None
    is_inherited: bool = False


class Function(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="function"):
    """A user's function or procedure that belongs to no extension. ``sql`` is pg_get_functiondef, None if hidden."""

    oid: int
    schema: str
    name: str
    arguments: str
    returns: str
    kind: str
    language: str
    volatility: str
    owner: str = ""
    parallel: str = "u"
    is_leakproof: bool = False
    is_security_definer: bool = False
    is_strict: bool = False
    cost: float = 100.0
    rows: float = 0.0
    settings: tuple[str, ...] = ()
    sql: str | None = None


class Trigger(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="trigger"):
    """A user's trigger. ``enabled`` is pg_trigger.tgenabled."""

    relation: int
    name: str
    function: str
    sql: str
    enabled: str = "O"


class Policy(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="policy"):
    """A row-level security policy. ``command`` is ``ALL SELECT INSERT UPDATE DELETE``; ``roles`` may be ``public``."""

    relation: int
    name: str
    command: str
    is_permissive: bool = True
    roles: tuple[str, ...] = ()
    using: str | None = None
    with_check: str | None = None


class Sequence(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="sequence"):
    """A sequence, and the column that owns it. ``last_value`` is None when unused or not readable."""

    schema: str
    name: str
    type: str
    increment: int
    min_value: int
    max_value: int
    is_cycling: bool = False
    last_value: int | None = None
    owner_relation: int | None = None
    owner_column: str = ""


class Setting(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="setting"):
    """A server setting from the allow-list, in its base ``unit``; ``scope`` is empty, or ``role:x``/``database``."""

    name: str
    value: str
    unit: str = ""
    source: str = ""
    boot_value: str = ""
    pending_restart: bool = False
    scope: str = ""

"""The tables of the history store, the same in SQLite and PostgreSQL.

Times are microseconds since 1970. ``resolution`` is 0 for what was sampled, else how many seconds were put together:
300 or 3600; ``looks`` says of how many samples. What a sample says of statements, tables, indexes and sessions is one
compressed ``details``; figures that are drawn and judged are rows of ``observations``. How the store came to this
shape is told by ``migrations``.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

VERSION = Table("schema_version", METADATA, Column("version", Integer, primary_key=True))

TARGETS = Table(
    "targets",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("database", Text, nullable=False, server_default=""),
    Column("system_identifier", Text, nullable=False, server_default=""),
    Column("is_standby", Boolean, nullable=False, server_default="0"),
)

SERIES = Table(
    "series",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("target_id", ForeignKey("targets.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("provenance", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default=""),
    Column("schema_name", Text, nullable=False, server_default=""),
    Column("parent", Text, nullable=False, server_default=""),
    Column("object_name", Text, nullable=False, server_default=""),
    UniqueConstraint("target_id", "name", "provenance", "kind", "schema_name", "parent", "object_name"),
)

OBSERVATIONS = Table(
    "observations",
    METADATA,
    Column("series_id", Integer, primary_key=True, autoincrement=False),
    Column("resolution", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Float),
    Column("low", Float),
    Column("high", Float),
)

SAMPLES = Table(
    "samples",
    METADATA,
    Column("target_id", Integer, primary_key=True, autoincrement=False),
    Column("resolution", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("seconds", Float),
    Column("gap", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("took_ms", Float, nullable=False, server_default="0"),
    Column("late_seconds", Float, nullable=False, server_default="0"),
    Column("looks", Integer, nullable=False, server_default="1"),
    Column("details", LargeBinary),
)

TEXTS = Table(
    "statement_texts",
    METADATA,
    Column("target_id", Integer, primary_key=True, autoincrement=False),
    Column("queryid", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("is_own", Boolean, nullable=False),
)

CHECKUPS = Table(
    "checkups",
    METADATA,
    Column("target_id", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("score", Float, nullable=False),
    Column("letter", Text, nullable=False),
    Column("confidence", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
)

SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("target_id", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
)

LEASES = Table(
    "leases",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)

SINCE_VERSION_3 = MetaData()
"""What the first version did not have yet."""

NIGHTS = Table(
    "nights",
    SINCE_VERSION_3,
    Column("target_id", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("document", LargeBinary, nullable=False),
)

SINCE_VERSION_4 = MetaData()
"""And what the third had not."""

HANDOVERS = Table(
    "handovers",
    SINCE_VERSION_4,
    Column("target_id", Integer, primary_key=True, autoincrement=False),
    Column("document", LargeBinary, nullable=False),
)

FLEET = Table(
    "fleet_targets",
    SINCE_VERSION_4,
    Column("name", Text, primary_key=True),
    Column("conninfo", Text, nullable=False),
)

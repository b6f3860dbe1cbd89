"""The tables of alerts, in the history store.

What stands, up to when it was judged, what is still to be told; and the past: what stood, and who was told of it.
"""

import sqlalchemy as sa

METADATA = sa.MetaData()
JUDGED = sa.Table(
    "alert_judged",
    METADATA,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("at", sa.Float(53), nullable=False),
)
STANDING = sa.Table(
    "alert_standing",
    METADATA,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("object", sa.Text, primary_key=True),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("seen_at", sa.Text, nullable=False),
    sa.Column("value", sa.Float(53), nullable=False),
    sa.Column("is_told", sa.Boolean, nullable=False),
)
MESSAGE = sa.Table(
    "alert_message",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False, index=True),
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("made_at", sa.Float(53), nullable=False),
    sa.Column("due_at", sa.Float(53), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
)
"""``due_at`` in seconds from 1970 by the senders' clock; who has a message moves it to its lease's end."""

SINCE_VERSION_6 = sa.MetaData()
"""What the fifth version of the store did not have yet: the past. Times are microseconds since 1970."""

EPISODE = sa.Table(
    "alert_episode",
    SINCE_VERSION_6,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("severity", sa.Integer, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("comparison", sa.Text, nullable=False),
    sa.Column("threshold", sa.Float(53)),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("fired_at", sa.BigInteger, nullable=False),
    sa.Column("resolved_at", sa.BigInteger),
    sa.Column("worst", sa.Float(53), nullable=False),
)
sa.Index("ix_alert_episode", EPISODE.c.target, EPISODE.c.resolved_at)

TELLING = sa.Table(
    "alert_telling",
    SINCE_VERSION_6,
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("object", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("is_resolved", sa.Boolean, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("made_at", sa.BigInteger, nullable=False),
    sa.Column("sent_at", sa.BigInteger),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("failure", sa.Text, nullable=False),
)
"""``at`` is the sample's time, by the target's clock, the others are by that of the sender."""

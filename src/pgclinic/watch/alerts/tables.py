"""The tables of alerts, in the history store: what stands, up to when it was judged, what is still to be told."""

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

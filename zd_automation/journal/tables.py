"""The journal's tables. Ticket text is in none of them: hashes, labels, scores and what we wrote."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

deliveries = sa.Table(
    "zd_deliveries",
    metadata,
    sa.Column("fact", sa.String(200), primary_key=True),
    sa.Column("account_id", sa.BigInteger, nullable=False),
    sa.Column("ticket_id", sa.BigInteger),
    sa.Column("kind", sa.String(80), nullable=False),
    sa.Column("webhook_id", sa.String(80)),
    sa.Column("invocation_id", sa.String(80)),
    sa.Column("event_id", sa.String(80)),
    sa.Column("received_at", sa.Float, nullable=False),
)

decisions = sa.Table(
    "zd_decisions",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("fact", sa.String(200), nullable=False, index=True),
    sa.Column("ticket_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("desk", sa.String(80), nullable=False),
    sa.Column("inputs_hash", sa.String(64), nullable=False),
    sa.Column("plan", sa.JSON, nullable=False),
    sa.Column("urgent", sa.Boolean, nullable=False),
    sa.Column("decided_at", sa.Float, nullable=False),
)

writes = sa.Table(
    "zd_writes",
    metadata,
    sa.Column("decision_id", sa.String(36), primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("change", sa.JSON, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("audit_id", sa.BigInteger),
    sa.Column("at", sa.Float, nullable=False),
)

outcomes = sa.Table(
    "zd_outcomes",
    metadata,
    sa.Column("fact", sa.String(200), primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, index=True),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("detail", sa.String(500), nullable=False, default=""),
    sa.Column("at", sa.Float, nullable=False, index=True),
)

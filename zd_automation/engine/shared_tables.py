"""Tables that workers share on the engine's database: heartbeats and the account-wide limiter."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

workers = sa.Table(
    "zd_workers",
    metadata,
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("seen_at", sa.Float, nullable=False),
)

buckets = sa.Table(
    "zd_buckets",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
    # The moment up to which the allowance is spent, in seconds since the epoch (GCRA's theoretical arrival time).
    sa.Column("spent_until", sa.Float, nullable=False),
)

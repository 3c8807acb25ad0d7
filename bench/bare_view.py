"""What accepting is compared with: a bare Flask view that writes one row and answers. Served by gunicorn in accept.py."""

from __future__ import annotations

import os
import time
import uuid

import sqlalchemy as sa
from flask import Flask, Response, jsonify, request

from zd_automation.journal.database import open_database

metadata = sa.MetaData()
rows = sa.Table(
    "bare_rows",
    metadata,
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("received_at", sa.Float, nullable=False),
)


def create_app() -> Flask:
    """The view over a database that is opened with the inbox's own settings (BARE_URL)."""
    engine = open_database(os.environ["BARE_URL"], busy_ms=5_000)
    metadata.create_all(engine)
    insert = rows.insert()
    app = Flask("bare", static_folder=None)

    @app.post("/zendesk/events")
    def receive() -> tuple[Response, int]:
        row = {"id": uuid.uuid4().hex, "size": len(request.get_data(cache=False)), "received_at": time.time()}
        with engine.begin() as connection:
            connection.execute(insert, row)
        return jsonify(id=row["id"]), 202

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="alive")

    return app

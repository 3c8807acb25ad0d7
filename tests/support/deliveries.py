"""Deliveries as Zendesk would send them, and a receiver over a real inbox to send them to."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from zd_automation.config import Secret, Settings
from zd_automation.engine.inbox import Inbox, InboxRow, inbox
from zd_automation.journal.database import open_database
from zd_automation.metrics import Metrics
from zd_automation.webhooks.app import EVENTS_PATH, Parts, create_app

ROOM = Path(__file__).parents[2] / "webhooks"
SECRET = "q1J7mB3n8wTzC0yXkLr5vP2sUe9hFdGa4iOoWbNtRjM="
ACCOUNT = 22129848
WEBHOOK = "01JD8PZZ3N5Q7R9T1V3X5Z7B9D"
INVOCATION = "01JD8Q00000000000000000001"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
STAMP = "2026-11-22T03:00:00Z"
TRIGGER_BODY = b'{"ticket_id": "35436", "event": "ticket_created"}'


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Zendesk's signature, written down a second time on purpose."""
    return base64.b64encode(hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()).decode()


def signed(
    body: bytes,
    *,
    secret: str = SECRET,
    at: str = STAMP,
    account: int = ACCOUNT,
    webhook: str = WEBHOOK,
    invocation: str = INVOCATION,
) -> dict[str, str]:
    """The seven headers of a delivery."""
    return {
        "X-Zendesk-Account-Id": str(account),
        "X-Zendesk-Webhook-Id": webhook,
        "X-Zendesk-Webhook-Invocation-Id": invocation,
        "X-Zendesk-Webhook-Signature": signature(secret, at, body),
        "X-Zendesk-Webhook-Signature-Timestamp": at,
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Zendesk Webhook",
    }


def some_settings(folder: Path, **changes: Any) -> Settings:
    """Settings of a receiver that accepts deliveries of ACCOUNT signed with SECRET."""
    values: dict[str, Any] = {
        "desks": (),
        "base_url": "https://example.zendesk.com",
        "data_dir": folder,
        "inbox_url": f"sqlite:///{folder / 'inbox.sqlite'}",
        "database_url": f"sqlite:///{folder / 'zd.sqlite'}",
        "webhook_secrets": (Secret(SECRET),),
        "account_id": ACCOUNT,
    }
    return Settings(**{**values, **changes})


@dataclass
class Receiver:
    """A receiver under test with the inbox that it writes to."""

    client: FlaskClient
    inbox: Inbox
    database: sa.Engine

    def send(self, body: bytes, headers: Mapping[str, str] | None = None, **signing: Any) -> TestResponse:
        """One delivery; signed unless ``headers`` are given."""
        return self.client.post(
            EVENTS_PATH, data=body, headers=dict(signed(body, **signing) if headers is None else headers)
        )

    def send_without_length(self, body: bytes, headers: Mapping[str, str] | None = None) -> TestResponse:
        """One delivery in chunks, as gunicorn hands it on: no Content-Length, an input that ends by itself."""
        chunked = {"wsgi.input": _Chunks(body), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        headers = dict(signed(body) if headers is None else headers)
        return self.client.post(EVENTS_PATH, headers=headers, environ_overrides=chunked)

    def rows(self) -> list[InboxRow]:
        """Everything that was stored, oldest first."""
        with self.database.connect() as connection:
            return [InboxRow(**row) for row in connection.execute(sa.select(inbox)).mappings()]

    def counted(self) -> dict[str, int]:
        """zd_deliveries_total by outcome, as /metrics shows it."""
        lines = self.client.get("/metrics").get_data(as_text=True).splitlines()
        found = (line for line in lines if line.startswith("zd_deliveries_total{"))
        return {line.split('"')[1]: int(float(line.split()[-1])) for line in found}

    def break_inbox(self) -> None:
        """Take the inbox's table away, as a database that fails would."""
        with self.database.begin() as connection:
            connection.exec_driver_sql("DROP TABLE zd_inbox")


class _Chunks:
    """A stream that gives at most 4,096 bytes a read."""

    def __init__(self, body: bytes) -> None:
        self._rest = body

    def read(self, size: int = -1) -> bytes:
        most = 4096 if size < 0 else min(size, 4096)
        part, self._rest = self._rest[:most], self._rest[most:]
        return part


def a_receiver(
    folder: Path,
    *,
    looks_urgent: Callable[[str], bool] = lambda _: False,
    troubles: Iterable[str] = (),
    **changes: Any,
) -> Receiver:
    """A receiver whose clock stands at NOW, over a fresh SQLite inbox in ``folder``."""
    database = open_database(f"sqlite:///{folder / 'inbox.sqlite'}")
    store = Inbox(database, clock=NOW.timestamp)
    store.prepare()
    metrics = Metrics()
    metrics.watch_queue(store.depth, store.oldest_waiting)
    parts = Parts(store, metrics, clock=lambda: NOW, looks_urgent=looks_urgent, not_ready=lambda: list(troubles))
    return Receiver(create_app(some_settings(folder, **changes), parts).test_client(), store, database)

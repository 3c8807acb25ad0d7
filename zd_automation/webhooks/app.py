"""The Flask receiver: thin, and quick because it only writes one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from flask import Flask, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from zd_automation.config import Settings
from zd_automation.engine.inbox import Inbox
from zd_automation.errors import BadRequest, Refused, TooLarge
from zd_automation.events import Event, TicketCreated, UnknownEvent
from zd_automation.metrics import Metrics
from zd_automation.webhooks.parse import parse
from zd_automation.webhooks.verify import TEST_SECRET, verify

EVENTS_PATH = "/zendesk/events"
# Zendesk repeats a 503 only when Retry-After is there and below 60 (platform page, 4.4).
RETRY_AFTER = 5

log = structlog.get_logger("zd_automation.webhooks")


def _never(_: str) -> bool:
    return False


def _now() -> datetime:
    return datetime.now(UTC)


def _ready() -> list[str]:
    return []


@dataclass(frozen=True)
class Parts:
    """What the receiver works with besides its settings."""

    inbox: Inbox
    metrics: Metrics
    clock: Callable[[], datetime] = _now
    looks_urgent: Callable[[str], bool] = _never
    not_ready: Callable[[], list[str]] = field(default=_ready)


def create_app(settings: Settings, parts: Parts) -> Flask:
    """The receiver as a WSGI application. Makes no connection by itself."""
    app = Flask("zd_automation.webhooks", static_folder=None)
    # One over: a chunked body is cut at this length without a word, and a cut one must not pass for a whole one.
    app.config["MAX_CONTENT_LENGTH"] = settings.most_bytes + 1
    secrets = tuple(secret.reveal() for secret in settings.webhook_secrets)
    secrets += (TEST_SECRET,) if settings.accept_test_secret else ()

    @app.post(EVENTS_PATH)
    def receive() -> tuple[Response, int]:
        body = _body(settings.most_bytes)
        headers = dict(request.headers)
        verify(headers, body, secrets=secrets, now=parts.clock(), window=settings.timestamp_window)
        event = parse(headers, body)
        _check_addressee(event, settings)
        return _accept(event, parts)

    @app.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="alive")

    @app.get("/readyz")
    def readyz() -> tuple[Response, int]:
        troubles = parts.not_ready()
        return jsonify(status="ready" if not troubles else "not ready", troubles=troubles), 503 if troubles else 200

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(parts.metrics.exposition(), content_type=parts.metrics.content_type)

    _register_errors(app, parts)
    return app


def _body(most: int) -> bytes:
    if request.content_length is not None and request.content_length > most:
        raise TooLarge(f"the body is over {most} bytes")
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise TooLarge(f"the body is over {most} bytes") from None
    if len(body) > most:
        raise TooLarge(f"the body is over {most} bytes")
    return body


def _check_addressee(event: Event, settings: Settings) -> None:
    delivery = event.delivery
    if settings.account_id is not None and delivery.account_id != settings.account_id:
        raise BadRequest("this delivery is for another account")
    if settings.webhook_ids and delivery.webhook_id not in settings.webhook_ids:
        raise BadRequest("this delivery comes from a webhook that ZD_WEBHOOK_IDS does not name")


def _accept(event: Event, parts: Parts) -> tuple[Response, int]:
    urgent = isinstance(event, TicketCreated) and bool(event.hint) and parts.looks_urgent(event.hint)
    new = parts.inbox.accept(event, urgent=urgent)
    ignored = isinstance(event, UnknownEvent)
    outcome = "ignored" if ignored else "accepted" if new else "duplicate"
    parts.metrics.received.labels(outcome).inc()
    log.info(f"delivery_{outcome}", fact=event.fact, invocation=event.delivery.invocation_id, urgent=urgent)
    return jsonify(delivery=event.delivery.invocation_id, outcome=outcome), 202 if outcome == "accepted" else 200


def _register_errors(app: Flask, parts: Parts) -> None:
    @app.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        parts.metrics.received.labels(error.reason).inc()
        log.warning("delivery_refused", reason=error.reason)
        return jsonify(error=error.reason, description=str(error)), error.status

    @app.errorhandler(SQLAlchemyError)
    def busy(error: SQLAlchemyError) -> Response:
        # Never 500: Zendesk repeats a 503 with Retry-After and gives everything else up (platform page, 4.4).
        parts.metrics.received.labels("busy").inc()
        log.error("inbox_unavailable", error=type(error).__name__)
        return _try_later()

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> tuple[Response, int]:
        return jsonify(error=error.name, description=error.description), error.code or 400

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        parts.metrics.received.labels("error").inc()
        log.error("receiver_failed", error=type(error).__name__)
        return _try_later()


def _try_later() -> Response:
    answer = jsonify(error="try_later", description="not stored; send it again")
    answer.status_code = 503
    answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer

"""The sandbox as a Flask application."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from zd_automation.sandbox import catalogue, control, doubles, faults
from zd_automation.sandbox.account import Account, SandboxSettings
from zd_automation.sandbox.auth import authenticate, default_admin
from zd_automation.sandbox.clock import SandboxClock
from zd_automation.sandbox.limits import charge_account, tell
from zd_automation.sandbox.seed import seed
from zd_automation.sandbox.store import Store
from zd_automation.sandbox.web import ApiError

LARGEST_REQUEST = 50 * 1024 * 1024  # bytes
_log = logging.getLogger(__name__)


def create_sandbox(
    settings: SandboxSettings | None = None, *, database: str | None = None, clock: SandboxClock | None = None
) -> Flask:
    """A sandbox account behind a Flask application; ``app.extensions["sandbox"]`` is its :class:`Account`.

    ``database``: a file to keep the account in; None keeps it in memory. A file that holds an account is not seeded
    again.
    """
    chosen = settings or SandboxSettings()
    account = Account(chosen, Store(database, chosen.seed), clock or SandboxClock())
    app = Flask(__name__, template_folder="templates", static_folder="static", static_url_path="/sandbox-static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_REQUEST
    app.extensions["sandbox"] = account
    if not len(account.store.collection("users")):
        seed(account)
    for blueprint in blueprints(account):
        app.register_blueprint(blueprint)
    _add_hooks(app, account)
    app.wsgi_app = _Front(app.wsgi_app)  # type: ignore[method-assign]
    return app


def blueprints(account: Account) -> Iterable[Blueprint]:
    """Every blueprint of the sandbox."""
    yield control.blueprint(account)
    yield from catalogue.blueprints(account)


class _Front:
    """Before Flask: takes ``.json`` off API addresses. After it: cuts the connection when a fault says so."""

    def __init__(self, inner: Callable[..., Iterable[bytes]]) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.endswith(".json") and path.startswith("/api/v2/"):
            environ["PATH_INFO"] = path[:-5]
        answer = self._inner(environ, start_response)
        if environ.get("sandbox.cut"):
            faults.cut(environ)
        return answer


def _add_hooks(app: Flask, account: Account) -> None:
    @app.before_request
    def enter() -> None:
        path = request.path
        if not path.startswith("/api/"):
            if request.mimetype == "application/json":
                request.get_data(cache=True)
            g.caller = default_admin(account)
            return
        request.get_data(cache=True)  # a body left unread would spoil a kept-alive connection
        doubles.run_due(account)
        faults.before(account)
        g.caller = authenticate(account, request.headers.get("Authorization"), request.method, path)
        charge_account(account, path)

    @app.after_request
    def leave(response: Response) -> Response:
        if not request.path.startswith("/api/"):
            return response
        _add_headers(response)
        control.note_call(account, response.status_code)
        return faults.after(account, response)

    @app.errorhandler(ApiError)
    def refused(error: ApiError) -> Response:
        return error.response()

    @app.errorhandler(HTTPException)
    def no_route(error: HTTPException) -> Response | HTTPException:
        return _http_error(error) if request.path.startswith(("/api/", "/oauth/")) else error

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        _log.exception("the sandbox failed at %s %s", request.method, request.path, exc_info=error)
        text = "An error occurred while processing your request"
        return ApiError(500, {"error": "InternalError", "description": text}).response()


def _http_error(error: HTTPException) -> Response:
    if error.code in (404, 405):
        return ApiError(404, {"error": "InvalidEndpoint", "description": "Not found"}).response()
    if error.code == 413:
        return ApiError(413, {"error": "RequestEntityTooLarge", "description": "Request is too large"}).response()
    return ApiError(error.code or 500, {"error": error.name, "description": error.description or ""}).response()


def _add_headers(response: Response) -> None:
    tell(response)
    response.headers["X-Request-Id"] = request.headers.get("X-Request-Id") or str(uuid.uuid4())
    response.headers["X-Zendesk-Api-Version"] = "v2"
    warnings = g.get("warnings")
    if warnings:
        keys = sorted({key for _, names in warnings for key in names})
        listed = ", ".join(f'"{key}"' for key in keys)
        response.headers["X-Zendesk-Api-Warn"] = (
            f"Removed restricted keys [{listed}] from parameters according to whitelist"
        )
    if "idempotency" in g:
        response.headers["X-Idempotency-Lookup"] = g.idempotency

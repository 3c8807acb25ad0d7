"""Webhooks, as the REST API serves them: objects, secrets, test requests, and the activity log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.delivery import deliveries
from zd_automation.sandbox.delivery_log import Invocation
from zd_automation.sandbox.delivery_sending import post
from zd_automation.sandbox.delivery_signing import TEST_SECRET, new_secret
from zd_automation.sandbox.limits import limits
from zd_automation.sandbox.paging import page_of, sorted_items
from zd_automation.sandbox.payloads import EVENT_PREFIX, ulid
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError, caller, json_body, no_content, not_found, reply, require_admin

PER_MINUTE = 100
TESTS_PER_MINUTE = 20
MOST_ON_TRIAL = 10
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FORMATS = ("json", "xml", "form_encoded")
RULES_SUBSCRIPTION = "conditional_ticket_events"
_WRITABLE = (
    "name", "description", "status", "endpoint", "http_method", "request_format", "subscriptions", "authentication",
    "custom_headers",
)  # fmt: skip
_MANDATORY = ("name", "status", "endpoint", "http_method", "request_format")
_CREDENTIALS = {"api_key": ("name", "value"), "basic_auth": ("username", "password"), "bearer_token": ("token",)}
_SHOWN_CREDENTIALS = frozenset({"username", "name"})


def blueprint(account: Account) -> Blueprint:
    """Everything under /api/v2/webhooks."""
    routes = Blueprint("webhooks", __name__, url_prefix="/api/v2/webhooks")

    @routes.before_request
    def count_call() -> None:
        require_admin()
        if account.settings.account_limit:
            test = request.path.rstrip("/").endswith("/webhooks/test")
            total = TESTS_PER_MINUTE if test else PER_MINUTE
            # Named like the account's limit because X-Rate-Limit carries it, as recorded.
            limits(account).charge("account", total, "webhooks-test" if test else "webhooks")

    _add_objects(routes, account)
    _add_secrets(routes, account)
    _add_log(routes, account)
    return routes


def _find(account: Account, key: str) -> Doc:
    return account.store.collection("webhooks").get(key) or not_found()


def shown(webhook: Doc) -> Doc:
    """A webhook as the API shows it: without its secret and without passwords and tokens."""
    visible = {key: value for key, value in webhook.items() if key != "signing_secret"}
    authentication = webhook.get("authentication")
    if authentication:
        data = {k: v for k, v in (authentication.get("data") or {}).items() if k in _SHOWN_CREDENTIALS}
        visible["authentication"] = {"type": authentication["type"], "add_position": "header"}
        if data:
            visible["authentication"]["data"] = data
    else:
        visible.pop("authentication", None)
    return visible


def _add_objects(routes: Blueprint, account: Account) -> None:
    webhooks = account.store.collection("webhooks")

    @routes.get("")
    def list_webhooks() -> Response:
        found = list(webhooks)
        part = request.args.get("filter[name_contains]", "").lower()
        if part:
            found = [webhook for webhook in found if part in webhook["name"].lower()]
        ordered = sorted_items(found, ("name", "status", "created_at", "updated_at"))
        return reply(page_of(ordered, "webhooks", shown, cursor_only=True)[0])

    @routes.post("")
    def create() -> Response:
        clone_id = request.args.get("clone_webhook_id")
        values = _cloned(_find(account, clone_id)) if clone_id else _given()
        webhook = create_webhook(account, values, caller())
        return reply({"webhook": shown(webhook)}, 201)

    @routes.get("/<key>")
    def show(key: str) -> Response:
        return reply({"webhook": shown(_find(account, key))})

    @routes.put("/<key>")
    def replace(key: str) -> Response:
        webhook = _find(account, key)
        _store(account, webhook, _checked(_given(), webhook))
        return no_content()

    @routes.patch("/<key>")
    def update(key: str) -> Response:
        webhook = _find(account, key)
        kept = {name: webhook[name] for name in _WRITABLE if name in webhook}
        _store(account, webhook, _checked({**kept, **_given()}, webhook))
        return no_content()

    @routes.delete("/<key>")
    def delete(key: str) -> Response:
        _find(account, key)
        webhooks.delete(key)
        return no_content()


def create_webhook(account: Account, values: Mapping[str, Any], actor: Doc) -> Doc:
    """Store a new webhook with a secret of its own. Raises 400 for bad values."""
    with account.store.lock:
        if account.settings.trial and len(account.store.collection("webhooks")) >= MOST_ON_TRIAL:
            raise _bad("LimitExceeded", f"Trial accounts can have at most {MOST_ON_TRIAL} webhooks")
        checked = _checked(values, None)
        now = account.clock.iso()
        webhook = {
            "id": ulid(account),
            **checked,
            "created_at": now,
            "created_by": str(actor.get("id")),
            "updated_at": now,
            "updated_by": str(actor.get("id")),
            "signing_secret": {"secret": new_secret(account), "algorithm": "SHA256"},
        }
        return account.store.collection("webhooks").save(webhook)


def _store(account: Account, webhook: Doc, values: Doc) -> None:
    kept = {name: value for name, value in webhook.items() if name not in _WRITABLE}
    updated = {"updated_at": account.clock.iso(), "updated_by": str(caller().get("id"))}
    account.store.collection("webhooks").save({**kept, **values, **updated})


def _given() -> Doc:
    given = json_body().get("webhook")
    if not isinstance(given, dict):
        raise _bad("InvalidRequest", "webhook: is missing")
    # A client that sends back what it read sends nulls for what was never set.
    return {name: value for name, value in given.items() if name in _WRITABLE and value is not None}


def _cloned(webhook: Doc) -> Doc:
    values = {name: webhook[name] for name in _WRITABLE if name in webhook}
    return {**values, "name": f"{webhook['name']} (copy)"}


def _checked(values: Mapping[str, Any], old: Doc | None) -> Doc:
    """The values of a webhook, complete and allowed. Raises 400."""
    for name in _MANDATORY:
        if not values.get(name):
            raise _bad("InvalidWebhook", f"{name}: is missing")
    _check_choice("status", values["status"], ("active", "inactive"))
    _check_choice("http_method", values["http_method"], METHODS)
    _check_choice("request_format", values["request_format"], FORMATS)
    address = urlsplit(str(values["endpoint"]))
    if address.scheme not in ("http", "https") or not address.hostname:
        raise _bad("InvalidWebhook", "endpoint: must be a valid URL")
    subscriptions = values.get("subscriptions") or []
    _check_subscriptions(subscriptions, values, old)
    checked = {"description": "", **values, "subscriptions": list(subscriptions)}
    if values.get("authentication"):
        checked["authentication"] = _authentication(values["authentication"], old)
    return {name: checked[name] for name in _WRITABLE if name in checked}


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise _bad("InvalidWebhook", f"{name}: must be one of {', '.join(choices)}")


def _check_subscriptions(subscriptions: object, values: Mapping[str, Any], old: Doc | None) -> None:
    if not isinstance(subscriptions, list):
        raise _bad("InvalidWebhook", "subscriptions: must be a list")
    for name in subscriptions:
        if name != RULES_SUBSCRIPTION and not str(name).startswith(EVENT_PREFIX):
            raise _bad("InvalidWebhook", f"subscriptions: {name} is not a valid subscription")
    events = [name for name in subscriptions if name != RULES_SUBSCRIPTION]
    if events and len(events) != len(subscriptions):
        raise _bad("InvalidWebhook", "subscriptions: a webhook is connected to events or to triggers, not both")
    if events and (values["http_method"], values["request_format"]) != ("POST", "json"):
        raise _bad("InvalidWebhook", "event subscriptions need http_method POST and request_format json")
    before = (old or {}).get("subscriptions") or []
    if before and subscriptions and (RULES_SUBSCRIPTION in before) is not (RULES_SUBSCRIPTION in subscriptions):
        raise _bad("InvalidWebhook", "subscriptions: the connection method cannot be changed")


def _authentication(given: object, old: Doc | None) -> Doc:
    if not isinstance(given, dict) or given.get("type") not in _CREDENTIALS:
        raise _bad("InvalidWebhook", f"authentication.type: must be one of {', '.join(_CREDENTIALS)}")
    data = dict(given.get("data") or {})
    before = (old or {}).get("authentication") or {}
    if before.get("type") == given["type"]:
        data = {**(before.get("data") or {}), **{k: v for k, v in data.items() if v is not None}}
    missing = [name for name in _CREDENTIALS[given["type"]] if not data.get(name)]
    if missing:
        raise _bad("InvalidWebhook", f"authentication.data.{missing[0]}: is missing")
    return {"type": given["type"], "data": data, "add_position": "header"}


def _bad(code: str, text: str) -> ApiError:
    return ApiError(400, {"errors": [{"code": code, "title": text, "detail": text}]})


def _add_secrets(routes: Blueprint, account: Account) -> None:
    @routes.get("/<key>/signing_secret")
    def show_secret(key: str) -> Response:
        return reply({"signing_secret": _find(account, key)["signing_secret"]})

    @routes.post("/<key>/signing_secret")
    def reset_secret(key: str) -> Response:
        webhook = _find(account, key)
        changed = {**webhook, "signing_secret": {"secret": new_secret(account), "algorithm": "SHA256"}}
        account.store.collection("webhooks").save(changed)
        return reply({"signing_secret": changed["signing_secret"]}, 201)

    @routes.post("/test")
    def test() -> Response:
        key = request.args.get("webhook_id")
        base = _find(account, key) if key else {"signing_secret": {"secret": TEST_SECRET}, "http_method": "POST"}
        wanted = json_body().get("request") or {}
        webhook = {**base, **{name: value for name, value in wanted.items() if name in _WRITABLE}}
        if not urlsplit(str(webhook.get("endpoint") or "")).hostname:
            raise _bad("InvalidRequest", "endpoint: must be a valid URL")
        payload = wanted.get("payload") or ""
        _, _, answer = post(account, webhook, Invocation(ulid(account), str(webhook.get("id") or ""), str(payload)))
        headers = [{"key": name, "value": value} for name, value in answer.headers.items()]
        return reply({"response": {"status_code": answer.status or 0, "headers": headers, "payload": answer.payload}})


def _add_log(routes: Blueprint, account: Account) -> None:
    @routes.get("/<key>/invocations")
    def invocations(key: str) -> Response:
        _find(account, key)
        found = deliveries(account).log.invocations_of(key)
        status = request.args.get("filter[status]")
        if status:
            found = [doc for doc in found if doc["status"] == status]
        return reply(page_of(found, "invocations", _shown_invocation, cursor_only=True)[0])

    @routes.get("/<key>/invocations/<invocation_id>/attempts")
    def attempts(key: str, invocation_id: str) -> Response:
        _find(account, key)
        found = deliveries(account).log.attempts_of(invocation_id)
        if not found:
            not_found()
        return reply({"attempts": [_shown_attempt(doc) for doc in found]})


def _shown_invocation(doc: Doc) -> Doc:
    return {name: value for name, value in doc.items() if name != "webhook_id"}


def _shown_attempt(doc: Doc) -> Doc:
    # The recorded "id" of an attempt is its webhook's.
    return {"id": doc["webhook_id"], **{name: value for name, value in doc.items() if name not in ("id", "webhook_id")}}

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.sandbox.webhook_receiver import Receiver
from zd_automation.sandbox.account import SandboxSettings
from zd_automation.sandbox.app import create_sandbox
from zd_automation.sandbox.clock import SandboxClock
from zd_automation.sandbox.delivery import deliveries
from zd_automation.sandbox.store import Doc

CREATED = "zen:event-type:ticket.created"


def sandbox(**settings: Any) -> Flask:
    return create_sandbox(SandboxSettings(**settings), clock=SandboxClock(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)))


def client_of(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer any"
    return client


@pytest.fixture
def app() -> Iterator[Flask]:
    made = sandbox()
    yield made
    deliveries(made.extensions["sandbox"]).close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return client_of(app)


def a_webhook(**more: Any) -> Doc:
    values: Doc = {
        "name": "triage",
        "status": "active",
        "endpoint": "http://127.0.0.1:9/hook",
        "http_method": "POST",
        "request_format": "json",
        "subscriptions": [CREATED],
    }
    return {"webhook": {**values, **more}}


def create(client: FlaskClient, **more: Any) -> Doc:
    answer = client.post("/api/v2/webhooks", json=a_webhook(**more))
    assert answer.status_code == 201, answer.text
    webhook: Doc = answer.get_json()["webhook"]
    return webhook


def test_a_new_webhook_has_the_recorded_keys_and_no_secrets(client: FlaskClient) -> None:
    secret = {"type": "basic_auth", "data": {"username": "bot", "password": "hidden"}, "add_position": "header"}
    webhook = create(client, authentication=secret)
    assert set(webhook) == {
        "id", "name", "description", "status", "subscriptions", "created_at", "created_by", "updated_at", "updated_by",
        "endpoint", "http_method", "request_format", "authentication",
    }  # fmt: skip
    assert webhook["authentication"] == {"type": "basic_auth", "add_position": "header", "data": {"username": "bot"}}
    assert len(webhook["id"]) == 26
    assert "hidden" not in client.get("/api/v2/webhooks.json").text
    assert client.get(f"/api/v2/webhooks/{webhook['id']}").get_json() == {"webhook": webhook}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "name"),
        ({"status": "sleeping"}, "status"),
        ({"endpoint": "ftp://nowhere"}, "endpoint"),
        ({"http_method": "BREW"}, "http_method"),
        ({"request_format": "yaml"}, "request_format"),
        ({"subscriptions": ["ticket.created"]}, "subscriptions"),
        ({"subscriptions": [CREATED, "conditional_ticket_events"]}, "not both"),
        ({"http_method": "PUT"}, "POST"),
        ({"authentication": {"type": "bearer_token", "data": {}}}, "authentication.data.token"),
        ({"authentication": {"type": "magic"}}, "authentication.type"),
    ],
)
def test_what_is_wrong_is_refused_and_named(client: FlaskClient, changes: Doc, said: str) -> None:
    answer = client.post("/api/v2/webhooks", json=a_webhook(**changes))
    assert answer.status_code == 400
    assert said in answer.get_json()["errors"][0]["title"]
    assert client.get("/api/v2/webhooks").get_json()["webhooks"] == []


def test_put_replaces_patch_changes_delete_removes(client: FlaskClient) -> None:
    key = create(client, description="first", authentication={"type": "bearer_token", "data": {"token": "T"}})["id"]
    assert client.patch(f"/api/v2/webhooks/{key}", json={"webhook": {"name": "renamed"}}).status_code == 204
    patched = client.get(f"/api/v2/webhooks/{key}").get_json()["webhook"]
    assert (patched["name"], patched["description"], patched["authentication"]["type"]) == (
        "renamed",
        "first",
        "bearer_token",
    )
    assert client.put(f"/api/v2/webhooks/{key}", json=a_webhook(name="again")).status_code == 204
    put = client.get(f"/api/v2/webhooks/{key}").get_json()["webhook"]
    assert (put["name"], put["description"], "authentication" in put) == ("again", "", False)
    assert client.delete(f"/api/v2/webhooks/{key}").status_code == 204
    assert client.get(f"/api/v2/webhooks/{key}").status_code == 404


def test_the_connection_method_stays(client: FlaskClient) -> None:
    key = create(client)["id"]
    changed = {"webhook": {"subscriptions": ["conditional_ticket_events"]}}
    assert client.patch(f"/api/v2/webhooks/{key}", json=changed).status_code == 400


def test_a_clone_is_named_copy_and_has_its_own_secret(client: FlaskClient) -> None:
    key = create(client)["id"]
    answer = client.post(f"/api/v2/webhooks?clone_webhook_id={key}")
    clone = answer.get_json()["webhook"]
    assert (answer.status_code, clone["name"], clone["subscriptions"]) == (201, "triage (copy)", [CREATED])
    secrets = {client.get(f"/api/v2/webhooks/{k}/signing_secret").text for k in (key, clone["id"])}
    assert len(secrets) == 2


def test_the_secret_is_shown_and_replaced(client: FlaskClient) -> None:
    key = create(client)["id"]
    first = client.get(f"/api/v2/webhooks/{key}/signing_secret").get_json()["signing_secret"]
    assert (len(first["secret"]), first["algorithm"]) == (44, "SHA256")
    reset = client.post(f"/api/v2/webhooks/{key}/signing_secret")
    assert reset.status_code == 201
    second = client.get(f"/api/v2/webhooks/{key}/signing_secret").get_json()["signing_secret"]
    assert reset.get_json()["signing_secret"] == second != first


def test_a_ticket_made_by_rest_reaches_the_receiver_signed(app: Flask, client: FlaskClient) -> None:
    with Receiver() as receiver:
        webhook = create(client, endpoint=receiver.url)
        secret = client.get(f"/api/v2/webhooks/{webhook['id']}/signing_secret").get_json()["signing_secret"]["secret"]
        ticket = {"subject": "Hallo", "comment": {"body": "Bitte helfen"}}
        made = client.post("/api/v2/tickets.json", json={"ticket": ticket}).get_json()["ticket"]
        assert deliveries(app.extensions["sandbox"]).drain()
        request = receiver.received[0]
    stamp = request.headers["X-Zendesk-Webhook-Signature-Timestamp"].encode()
    expected = base64.b64encode(hmac.digest(secret.encode(), stamp + request.body, hashlib.sha256)).decode()
    assert request.headers["X-Zendesk-Webhook-Signature"] == expected
    assert f'"subject": "zen:ticket:{made["id"]}"'.encode() in request.body

    path = f"/api/v2/webhooks/{webhook['id']}/invocations"
    listed = client.get(path).get_json()
    invocation = listed["invocations"][0]
    assert invocation["id"] == request.headers["X-Zendesk-Webhook-Invocation-Id"]
    assert invocation["status_code"] == 200
    assert listed["meta"]["has_more"] is False
    attempt = client.get(f"{path}/{invocation['id']}/attempts").get_json()["attempts"][0]
    assert (attempt["id"], attempt["invocation_id"], attempt["status_code"]) == (webhook["id"], invocation["id"], 200)
    assert attempt["request"]["payload"].encode() == request.body
    assert {"key": "User-Agent", "value": "Zendesk Webhook"} in attempt["request"]["headers"]


def test_a_trigger_created_by_rest_calls_its_webhook(app: Flask, client: FlaskClient) -> None:
    with Receiver() as receiver:
        webhook = create(client, endpoint=receiver.url, subscriptions=["conditional_ticket_events"])
        action = {"field": "notification_webhook", "value": [webhook["id"], '{"ticket_id": "{{ticket.id}}"}']}
        conditions = {"all": [{"field": "update_type", "operator": "is", "value": "Create"}], "any": []}
        trigger = {"title": "tell the bot", "conditions": conditions, "actions": [action]}
        assert client.post("/api/v2/triggers", json={"trigger": trigger}).status_code == 201
        made = client.post("/api/v2/tickets", json={"ticket": {"comment": {"body": "x"}}}).get_json()["ticket"]
        assert deliveries(app.extensions["sandbox"]).drain()
        assert [request.body for request in receiver.received] == [b'{"ticket_id": "%d"}' % made["id"]]


def test_a_test_request_answers_with_what_came_back(client: FlaskClient) -> None:
    with Receiver((418, {"X-Pot": "tea"}, 0.0)) as receiver:
        wanted = {"endpoint": receiver.url, "http_method": "POST", "request_format": "json", "payload": "{}"}
        answer = client.post("/api/v2/webhooks/test", json={"request": wanted})
        sent = receiver.received[0]
    response = answer.get_json()["response"]
    assert (answer.status_code, response["status_code"], response["payload"]) == (200, 418, "ok")
    assert {"key": "X-Pot", "value": "tea"} in response["headers"]
    stamp = sent.headers["X-Zendesk-Webhook-Signature-Timestamp"].encode()
    known = b"dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
    assert (
        sent.headers["X-Zendesk-Webhook-Signature"]
        == base64.b64encode(hmac.digest(known, stamp + b"{}", "sha256")).decode()
    )


def test_the_webhooks_api_has_its_own_limit(client: FlaskClient) -> None:
    first = client.get("/api/v2/webhooks")
    assert (first.headers["X-Rate-Limit"], first.headers["X-Rate-Limit-Remaining"]) == ("100", "99")
    statuses = [client.get("/api/v2/webhooks").status_code for _ in range(100)]
    assert statuses.count(200) == 99
    assert statuses[-1] == 429
    assert client.get("/api/v2/tickets").status_code == 200


def test_a_trial_account_has_ten_webhooks_at_most() -> None:
    client = client_of(sandbox(trial=True))
    for _ in range(10):
        create(client)
    assert client.post("/api/v2/webhooks", json=a_webhook()).status_code == 400

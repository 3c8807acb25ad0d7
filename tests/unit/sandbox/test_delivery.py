from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.sandbox.webhook_receiver import Received, Receiver
from zd_automation.sandbox.account import Account, SandboxSettings
from zd_automation.sandbox.clock import SandboxClock
from zd_automation.sandbox.delivery import Deliveries, deliveries
from zd_automation.sandbox.delivery_breaker import CircuitBreaker
from zd_automation.sandbox.delivery_signing import TEST_SECRET, signature
from zd_automation.sandbox.rules import WebhookCall
from zd_automation.sandbox.store import Doc, Store

SECRET = "c2VjcmV0IG9mIHRoaXMgdGVzdCwgbm90IG9mIGFueWJvZHk="
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def new_account(**settings: Any) -> Account:
    return Account(SandboxSettings(**settings), Store(), SandboxClock(NOW))


def add_webhook(account: Account, url: str, *subscriptions: str, **more: Any) -> str:
    webhook: Doc = {
        "id": f"01HOOK{len(account.store.collection('webhooks'))}",
        "name": "test",
        "status": "active",
        "endpoint": url,
        "http_method": "POST",
        "request_format": "json",
        "subscriptions": list(subscriptions) or ["zen:event-type:ticket.created"],
        "signing_secret": {"secret": SECRET, "algorithm": "SHA256"},
        **more,
    }
    return str(account.store.collection("webhooks").save(webhook)["id"])


def a_ticket(key: int) -> Doc:
    return {"id": key, "status": "new", "subject": "Hallo", "tags": [], "via": {"channel": "web"}}


def send(sender: Deliveries, *keys: int) -> None:
    for key in keys:
        sender.ticket_event("ticket.created", a_ticket(key), {"id": 1}, {})


def ids(received: list[Received]) -> list[str]:
    return [json.loads(request.body)["detail"]["id"] for request in received]


@pytest.fixture
def account() -> Iterator[Account]:
    made = new_account()
    yield made
    deliveries(made).close()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"ticket_id":"35436"}', "wUnfZViaG8I3z4sJXCejryOL+B8mXHV5SFsKSAjET54="),
        (b"", "ZFbm44RziM+PH9UohqtpSngpGp6A9mENCyk2EV9vk3I="),
    ],
)
def test_signature_vectors(body: bytes, expected: str) -> None:
    assert signature(TEST_SECRET, "2026-11-22T03:00:00Z", body) == expected


def test_a_vector_that_others_computed() -> None:
    body = b'{"event":"ticket.updated","id":123}'
    assert signature(TEST_SECRET, "2021-03-25T05:09:27Z", body) == "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM="


def test_a_delivery_carries_the_seven_headers_and_a_good_signature(account: Account) -> None:
    with Receiver() as receiver:
        webhook_id = add_webhook(account, receiver.url)
        send(deliveries(account), 1)
        assert deliveries(account).drain()
        request = receiver.received[0]
    transport = {"Host", "Content-Length"}
    assert set(request.headers) - transport == {
        "X-Zendesk-Account-Id",
        "X-Zendesk-Webhook-Id",
        "X-Zendesk-Webhook-Invocation-Id",
        "X-Zendesk-Webhook-Signature",
        "X-Zendesk-Webhook-Signature-Timestamp",
        "Content-Type",
        "User-Agent",
    }
    assert request.headers["X-Zendesk-Account-Id"] == "22129848"
    assert request.headers["X-Zendesk-Webhook-Id"] == webhook_id
    assert request.headers["X-Zendesk-Webhook-Signature-Timestamp"] == "2026-11-22T03:00:00Z"
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert request.headers["User-Agent"] == "Zendesk Webhook"
    signed = b"2026-11-22T03:00:00Z" + request.body
    expected = base64.b64encode(hmac.digest(SECRET.encode(), signed, hashlib.sha256)).decode()
    assert request.headers["X-Zendesk-Webhook-Signature"] == expected


def test_only_active_webhooks_with_that_subscription_are_called(account: Account) -> None:
    with Receiver() as wanted, Receiver() as other:
        add_webhook(account, wanted.url)
        add_webhook(account, other.url, "zen:event-type:ticket.tags_changed")
        add_webhook(account, other.url, status="inactive")
        send(deliveries(account), 1)
        assert deliveries(account).drain()
        assert (len(wanted.received), len(other.received)) == (1, 0)


def test_retries_keep_the_invocation_id_and_wait_as_told(account: Account) -> None:
    with Receiver((503, {"Retry-After": "5"}, 0.0), (409, {}, 0.0)) as receiver:
        webhook_id = add_webhook(account, receiver.url)
        sender = deliveries(account)
        send(sender, 1)
        assert sender.drain()
        assert len(receiver.received) == 1
        account.clock.advance(5)
        assert sender.drain()
        account.clock.advance(1)
        assert sender.drain()
        found = {request.headers["X-Zendesk-Webhook-Invocation-Id"] for request in receiver.received}
        stamps = [request.headers["X-Zendesk-Webhook-Signature-Timestamp"] for request in receiver.received]
    assert len(found) == 1
    assert stamps == ["2026-11-22T03:00:00Z", "2026-11-22T03:00:05Z", "2026-11-22T03:00:06Z"]
    listed = sender.log.invocations_of(webhook_id)
    assert [(doc["status_code"], doc["id"]) for doc in listed] == [(200, found.pop())]
    assert [doc["status_code"] for doc in sender.log.attempts_of(listed[0]["id"])] == [503, 409, 200]


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        ((409, {}, 0.0), 4),
        ((503, {"Retry-After": "59"}, 0.0), 4),
        ((429, {"Retry-After": "60"}, 0.0), 1),
        ((503, {}, 0.0), 1),
        ((500, {}, 0.0), 1),
        ((403, {}, 0.0), 1),
        ((200, {}, 0.0), 1),
    ],
)
def test_which_answers_are_retried_and_how_often(
    account: Account, answer: tuple[int, dict[str, str], float], attempts: int
) -> None:
    with Receiver(*[answer] * 20) as receiver:
        add_webhook(account, receiver.url)
        send(deliveries(account), 1)
        for _ in range(8):
            assert deliveries(account).drain()
            account.clock.advance(60)
        assert len(receiver.received) == attempts


def test_a_slow_answer_is_retried_five_times() -> None:
    account = new_account()
    sender = Deliveries(account, timeout=0.05)
    with Receiver(*[(200, {}, 0.3)] * 20) as receiver:
        webhook_id = add_webhook(account, receiver.url)
        send(sender, 1)
        for _ in range(8):
            assert sender.drain()
            account.clock.advance(2)
        assert len(receiver.received) == 6
    final = sender.log.invocations_of(webhook_id)[0]
    assert (final["status"], "status_code" in final) == ("terminated", False)
    sender.close()


def test_a_receiver_that_is_not_there_ends_the_invocation(account: Account) -> None:
    webhook_id = add_webhook(account, "http://127.0.0.1:9/hook")
    send(deliveries(account), 1)
    assert deliveries(account).drain()
    assert [doc["status"] for doc in deliveries(account).log.invocations_of(webhook_id)] == ["terminated"]


def test_the_circuit_breaks_and_closes_after_a_good_probe(account: Account) -> None:
    sender = deliveries(account)
    with Receiver().always(500) as receiver:
        webhook_id = add_webhook(account, receiver.url)
        for key in range(30):
            send(sender, key)
            assert sender.drain()
        assert len(receiver.received) == 20
        statuses = [doc["status"] for doc in sender.log.invocations_of(webhook_id)]
        assert (statuses.count("terminated"), statuses.count("circuit broken")) == (20, 10)
        receiver._answers = []
        account.clock.advance(6)
        send(sender, 100, 101)
        assert sender.drain()
        assert set(ids(receiver.received[20:])) >= {"100"}
        send(sender, 102)
        assert sender.drain()
        assert ids(receiver.received)[-1] == "102"


def test_breaker_counts_shares_and_errors() -> None:
    breaker = CircuitBreaker()
    for number in range(100):
        breaker.record(NOW, failed=number % 10 >= 4)
    assert not breaker.broken
    many = CircuitBreaker()
    for _ in range(1000):
        many.record(NOW, failed=True)
        many._next_probe = None
        many.record(NOW, failed=False)
    assert not many.broken
    many.record(NOW, failed=True)
    assert many.broken
    assert not many.allows(NOW + timedelta(seconds=4))
    assert many.allows(NOW + timedelta(seconds=5))
    assert not many.allows(NOW + timedelta(seconds=6))
    many.record(NOW + timedelta(seconds=6), failed=False)
    assert many.allows(NOW + timedelta(seconds=6))


def test_a_trial_account_throttles_beyond_sixty_a_minute_and_delivers_later() -> None:
    account = new_account(trial=True)
    sender = deliveries(account)
    with Receiver() as receiver:
        webhook_id = add_webhook(account, receiver.url)
        send(sender, *range(65))
        assert sender.drain()
        assert len(receiver.received) == 60
        throttled = {doc["id"] for doc in sender.log.invocations_of(webhook_id) if doc["status"] == "throttled"}
        assert len(throttled) == 5
        account.clock.advance(500)
        assert sender.drain()
        late = {request.headers["X-Zendesk-Webhook-Invocation-Id"] for request in receiver.received[60:]}
        assert late == throttled
    sender.close()


def test_faults_drop_duplicate_and_delay(account: Account) -> None:
    sender = deliveries(account)
    with Receiver() as receiver:
        add_webhook(account, receiver.url)
        account.faults["drop"] = {"count": 1}
        send(sender, 1, 2)
        assert sender.drain()
        assert ids(receiver.received) == ["2"]
        account.faults["duplicate"] = {"count": 1}
        send(sender, 3)
        assert sender.drain()
        assert ids(receiver.received[1:]) == ["3", "3"]
        invocations = {request.headers["X-Zendesk-Webhook-Invocation-Id"] for request in receiver.received[1:]}
        assert len(invocations) == 2
        account.faults["late"] = {"count": 1, "seconds": 300}
        send(sender, 4, 5)
        assert sender.drain()
        assert ids(receiver.received[3:]) == ["5"]
        account.clock.advance(300)
        assert sender.drain()
        assert ids(receiver.received[4:]) == ["4"]
    assert account.faults == {}


def test_reordered_deliveries_change_places(account: Account) -> None:
    with Receiver() as receiver:
        add_webhook(account, receiver.url)
        account.faults["reorder"] = {"count": 1}
        send(deliveries(account), 1, 2)
        assert deliveries(account).drain()
        assert ids(receiver.received) == ["2", "1"]


def test_credentials_and_custom_headers_go_along(account: Account) -> None:
    with Receiver() as receiver:
        basic = {"type": "basic_auth", "data": {"username": "u", "password": "p"}}
        add_webhook(account, receiver.url, authentication=basic, custom_headers={"X-Env": "prod"})
        add_webhook(account, receiver.url, authentication={"type": "bearer_token", "data": {"token": "T"}})
        add_webhook(account, receiver.url, authentication={"type": "api_key", "data": {"name": "X-Key", "value": "v"}})
        send(deliveries(account), 1)
        assert deliveries(account).drain()
        by_hook = {r.headers["X-Zendesk-Webhook-Id"]: r.headers for r in receiver.received}
    assert (by_hook["01HOOK0"]["Authorization"], by_hook["01HOOK0"]["X-Env"]) == ("Basic dTpw", "prod")
    assert by_hook["01HOOK1"]["Authorization"] == "Bearer T"
    assert by_hook["01HOOK2"]["X-Key"] == "v"


def test_a_trigger_call_sends_its_text_and_get_has_no_body(account: Account) -> None:
    with Receiver() as receiver:
        rules = "conditional_ticket_events"
        plain = add_webhook(account, receiver.url, rules)
        query = add_webhook(account, receiver.url, rules, http_method="GET")
        form = add_webhook(account, receiver.url, rules, request_format="form_encoded")
        sender = deliveries(account)
        for call in (
            WebhookCall(plain, '{"ticket_id": "7"}', 1, 7),
            WebhookCall(query, [("ticket", "7 8")], 1, 7),
            WebhookCall(form, [("ticket", "7 8")], 1, 7),
            WebhookCall("01NOBODY", "{}", 1, 7),
        ):
            sender.call(call)
            assert sender.drain()
    first, second, third = receiver.received
    assert (first.method, first.body) == ("POST", b'{"ticket_id": "7"}')
    assert (second.method, second.path, second.body) == ("GET", "/hook?ticket=7+8", b"")
    stamp = second.headers["X-Zendesk-Webhook-Signature-Timestamp"].encode()
    assert (
        second.headers["X-Zendesk-Webhook-Signature"]
        == base64.b64encode(hmac.digest(SECRET.encode(), stamp, hashlib.sha256)).decode()
    )
    assert (third.body, third.headers["Content-Type"]) == (
        b"ticket=7+8",
        "application/x-www-form-urlencoded; charset=utf-8",
    )


def test_a_body_of_256_kilobytes_is_not_sent(account: Account) -> None:
    with Receiver() as receiver:
        webhook_id = add_webhook(account, receiver.url, "conditional_ticket_events")
        deliveries(account).call(WebhookCall(webhook_id, "x" * 262_144, 1, 7))
        assert deliveries(account).drain()
        assert receiver.received == []
    assert [doc["status"] for doc in deliveries(account).log.invocations_of(webhook_id)] == ["failed"]

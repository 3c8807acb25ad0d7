"""The sandbox's answers carry what real Zendesk's recorded answers carry: field names, JSON types, statuses, errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import requests

from tests.support.shared import SHARED, needs_shared
from zd_automation.sandbox.account import SandboxSettings
from zd_automation.sandbox.server import SandboxServer
from zd_automation.sandbox.suspended import add_suspended

pytestmark = needs_shared

# Newest first: where sources differ in the set of fields, the newer one is right.
AGES = ("node-zendesk", "visual-mock", "salto", "grouparoo", "zendesk-ruby")
# Fields that Zendesk itself has dropped since the recording (chat accounts; a scoring model shut down in 2022).
DROPPED = {"user": {"chat_only"}, "ticket": {"satisfaction_probability"}}

SHOWN = {
    "ticket": "/api/v2/tickets/1.json",
    "user": "/api/v2/users/me.json",
    "group": "/api/v2/groups.json",
    "group_membership": "/api/v2/group_memberships.json",
    "organization": "/api/v2/organizations.json",
    "brand": "/api/v2/brands.json",
    "locale": "/api/v2/locales.json",
    "ticket_field": "/api/v2/ticket_fields.json",
    "ticket_form": "/api/v2/ticket_forms.json",
    "custom_status": "/api/v2/custom_statuses.json",
    "ticket_metric": "/api/v2/ticket_metrics.json",
    "comment": "/api/v2/tickets/1/comments.json",
    "audit": "/api/v2/tickets/1/audits.json",
    "identity": "/api/v2/users/{user}/identities.json",
    "job_status": "/api/v2/job_statuses.json",
    "suspended_ticket": "/api/v2/suspended_tickets.json",
    "satisfaction_rating": "/api/v2/satisfaction_ratings.json",
    "request": "/api/v2/requests.json",
    "meta": "/api/v2/organizations.json?page[size]=1",
    "links": "/api/v2/organizations.json?page[size]=1",
}
PLURALS = {"identity": "identities", "custom_status": "custom_statuses", "job_status": "job_statuses"}
PLURALS |= {"meta": "meta", "links": "links"}


@cache
def recorded_pairs() -> list[dict[str, Any]]:
    pairs = []
    for path in sorted((SHARED / "zendesk-recordings").glob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        if content["kind"] in ("recorded", "recorded-sanitised"):
            source = path.name.split(".")[1]
            pairs += [{**pair, "source": source} for pair in content["pairs"] if "response" in pair]
    return pairs


def recorded_objects(name: str) -> list[dict[str, Any]]:
    """All objects of this name in the newest source that has any."""
    found: dict[str, list[dict[str, Any]]] = {}
    for pair in recorded_pairs():
        body = pair["response"]["body"]
        if isinstance(body, dict):
            found.setdefault(pair["source"], []).extend(objects(body, name))
    return next((found[source] for source in AGES if found.get(source)), [])


def objects(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    plural = body.get(PLURALS.get(name, f"{name}s"))
    many = plural if isinstance(plural, list) else [plural] if name in ("meta", "links") else []
    return [item for item in [body.get(name), *many] if isinstance(item, dict)]


def kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {int: "number", float: "number", str: "text", list: "list", dict: "object"}.get(type(value), "null")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    settings = SandboxSettings(account_limit=0, ticket_update_limit=0, per_ticket_limit=0, list_limit=0)
    with SandboxServer(settings) as server:
        client = server.client()
        client.post("/api/v2/organizations", json={"organization": {"name": "Acme"}})
        client.post("/api/v2/organizations", json={"organization": {"name": "Bolt"}})
        client.post("/api/v2/tickets", json={"ticket": {"subject": "s", "comment": {"body": "b"}, "tags": ["x"]}})
        client.put("/api/v2/tickets/1", json={"ticket": {"priority": "high"}})
        client.post("/api/v2/tickets/1/satisfaction_rating", json={"satisfaction_rating": {"score": "good"}})
        client.put("/api/v2/tickets/update_many?ids=1", json={"ticket": {"status": "open"}})
        add_suspended(server.account, "spam", "buy", name="Spam", email="spam@example.com")
        yield server


@pytest.fixture
def client(sandbox: SandboxServer) -> requests.Session:
    return sandbox.client()


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_every_recorded_field_is_there_with_its_type(client: requests.Session, name: str) -> None:
    user = client.get("/api/v2/users/me").json()["user"]["id"]
    ours = objects(client.get(SHOWN[name].format(user=user)).json(), name)
    real = recorded_objects(name)
    assert ours, f"the sandbox shows no {name}"
    assert real, f"no recording of {name}"
    wanted = set.intersection(*(set(item) for item in real)) - DROPPED.get(name, set())
    for item in ours:
        assert wanted - set(item) == set()
    kinds: dict[str, set[str]] = {}
    for item in real:
        for key, value in item.items():
            kinds.setdefault(key, set()).add(kind_of(value))
    for item in ours:
        for key, value in item.items():
            known = kinds.get(key, set()) - {"null"}
            assert value is None or not known or kind_of(value) in known, f"{name}.{key} is {value!r}, real: {known}"


def test_audit_events_have_the_recorded_shape(client: requests.Session) -> None:
    real: dict[str, set[str]] = {}
    for audit in recorded_objects("audit"):
        for event in audit["events"]:
            real[event["type"]] = real.get(event["type"], set(event)) & set(event)
    audits = client.get("/api/v2/tickets/1/audits.json").json()["audits"]
    seen = set()
    for event in (event for audit in audits for event in audit["events"]):
        seen.add(event["type"])
        assert real[event["type"]] - set(event) == set()
    assert seen == {"Comment", "Create", "Change"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "answer"),
    [
        ("GET", "/api/v2/tickets/999999999.json", None, 404, {"error": "RecordNotFound", "description": "Not found"}),
        ("GET", "/api/v2/task_lists.json", None, 404, {"error": "InvalidEndpoint", "description": "Not found"}),
        ("DELETE", "/api/v2/organizations/4819136400.json", None, 404, {"error": "RecordNotFound", "description": "Not found"}),
        (
            "POST", "/api/v2/imports/tickets", {"ticket": {}}, 422,
            {
                "error": "RecordInvalid", "description": "Record validation errors",
                "details": {"base": [{"description": "Description: cannot be blank", "error": "BlankValue"}]},
            },
        ),
        (
            "POST", "/api/v2/brands", {"brand": {"name": "sandbox", "subdomain": "other"}}, 422,
            {
                "error": "RecordInvalid", "description": "Record validation errors",
                "details": {"name": [{"description": "Name has already been taken", "error": "DuplicateValue"}]},
            },
        ),
        (
            "PUT", "/api/v2/requests/1", {"request": {}}, 406,
            {"error": "CommentRequired", "description": "A comment is required to update your request."},
        ),
        (
            "POST", "/api/v2/users/{user}/password", {"password": 123456}, 400,
            {
                "error": {
                    "title": "Invalid attribute",
                    "message": "You passed an invalid value for the password attribute. must be a string",
                }
            },
        ),
    ],
)  # fmt: skip
def test_errors_read_like_the_recorded_ones(
    client: requests.Session, method: str, path: str, body: Any, status: int, answer: Any
) -> None:
    user = client.get("/api/v2/users/me").json()["user"]["id"]
    response = client.request(method, path.format(user=user), json=body)
    assert (response.status_code, response.json()) == (status, answer)


def test_a_closed_ticket_answers_as_reported(client: requests.Session) -> None:
    client.post("/api/v2/tickets", json={"ticket": {"subject": "s", "comment": {"body": "b"}, "status": "closed"}})
    response = client.put("/api/v2/tickets/2.json", json={"ticket": {"priority": "low"}})
    assert response.status_code == 422
    assert response.json()["details"] == {"status": [{"description": "closed prevents ticket update"}]}


def test_no_credentials(sandbox: SandboxServer) -> None:
    response = requests.get(f"{sandbox.url}/api/v2/tickets.json", timeout=5)
    assert (response.status_code, response.json()) == (401, {"error": "Couldn't authenticate you"})


def test_dropped_keys_are_named_in_the_recorded_words(client: requests.Session) -> None:
    response = client.put("/api/v2/tickets/1", json={"ticket": {"updated_stampp": "x", "output": None, "url": "y"}})
    assert response.status_code == 200
    told = 'Removed restricted keys ["output", "updated_stampp"] from parameters according to whitelist'
    assert response.headers["X-Zendesk-Api-Warn"] == told


@pytest.mark.parametrize(
    ("path", "name", "values", "gone"),
    [
        ("groups", "group", {"name": "My Group"}, 204),
        ("organizations", "organization", {"name": "Awesome-O"}, 204),
        ("ticket_fields", "ticket_field", {"type": "text", "title": "Age"}, 204),
        ("ticket_forms", "ticket_form", {"name": "Ticket Form-o"}, 204),
        ("users", "user", {"name": "Test U."}, 200),
        ("tickets", "ticket", {"subject": "This is a question?", "comment": {"value": "Indeed it is!"}}, 204),
    ],
)
def test_create_update_delete_as_recorded(
    client: requests.Session, path: str, name: str, values: dict[str, Any], gone: int
) -> None:
    made = client.post(f"/api/v2/{path}", json={name: values})
    key = made.json()[name]["id"]
    assert made.status_code == 201
    assert made.headers["Location"] == made.json()[name]["url"]
    assert made.headers["Location"].endswith(f"/api/v2/{path}/{key}.json")
    assert client.put(f"/api/v2/{path}/{key}", json={name: {}}).status_code == 200
    assert client.delete(f"/api/v2/{path}/{key}").status_code == gone

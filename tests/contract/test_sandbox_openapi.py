"""The sandbox's answers hold against Zendesk's published API description (with null allowed for every typed value)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import pytest
import requests
import yaml

from tests.support.shared import SHARED, needs_shared
from zd_automation.sandbox.account import SandboxSettings
from zd_automation.sandbox.server import SandboxServer
from zd_automation.sandbox.suspended import add_suspended

pytestmark = needs_shared
_UNKNOWN_FORMATS = {"nullable", "readOnly", "writeOnly", "example", "discriminator", "xml", "deprecated"}

READS = (
    "/api/v2/tickets", "/api/v2/tickets/1", "/api/v2/tickets/count", "/api/v2/tickets/show_many?ids=1,2",
    "/api/v2/tickets/1/comments", "/api/v2/tickets/1/audits", "/api/v2/tickets/1/tags", "/api/v2/tickets/1/related",
    "/api/v2/tickets/1/collaborators", "/api/v2/tickets/1/incidents",
    "/api/v2/users", "/api/v2/users/me", "/api/v2/users/count", "/api/v2/users/{user}", "/api/v2/users/{user}/related",
    "/api/v2/users/{user}/identities", "/api/v2/users/{user}/group_memberships",
    "/api/v2/users/search?query=ada", "/api/v2/users/autocomplete?name=ada", "/api/v2/deleted_users",
    "/api/v2/groups", "/api/v2/groups/assignable", "/api/v2/groups/count", "/api/v2/group_memberships",
    "/api/v2/organizations", "/api/v2/organizations/count", "/api/v2/organizations/autocomplete?name=ac",
    "/api/v2/organization_memberships", "/api/v2/organization_fields", "/api/v2/user_fields", "/api/v2/brands",
    "/api/v2/ticket_fields", "/api/v2/ticket_forms", "/api/v2/locales", "/api/v2/locales/agent",
    "/api/v2/locales/current", "/api/v2/locales/public", "/api/v2/custom_statuses", "/api/v2/custom_roles",
    "/api/v2/slas/policies", "/api/v2/satisfaction_ratings", "/api/v2/sharing_agreements", "/api/v2/tags",
    "/api/v2/tags/count", "/api/v2/search?query=type:ticket", "/api/v2/search/count?query=type:ticket",
    "/api/v2/suspended_tickets", "/api/v2/job_statuses", "/api/v2/ticket_metrics", "/api/v2/requests",
    "/api/v2/requests/1", "/api/v2/requests/1/comments", "/api/v2/activities", "/api/v2/recipient_addresses",
    "/api/v2/problems", "/api/v2/deleted_tickets",
    "/api/v2/incremental/tickets?start_time=1", "/api/v2/incremental/tickets/cursor?start_time=1",
    "/api/v2/incremental/users?start_time=1", "/api/v2/incremental/organizations?start_time=1",
    "/api/v2/incremental/ticket_events?start_time=1", "/api/v2/incremental/ticket_metric_events?start_time=1",
)  # fmt: skip


@cache
def description() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (SHARED / "zendesk-openapi.yaml").read_text("utf-8")
    content: dict[str, Any] = yaml.load(text, Loader=loader)
    return content


def allowing_null(schema: Any) -> Any:
    """The schema in JSON Schema's terms, with null allowed wherever a type is named."""
    if isinstance(schema, list):
        return [allowing_null(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: allowing_null(value) for key, value in schema.items() if key not in _UNKNOWN_FORMATS}
    if isinstance(kept.get("type"), str):
        kept["type"] = [kept["type"], "null"]
    if isinstance(kept.get("enum"), list):
        kept["enum"] = [*kept["enum"], None]
    if "oneOf" in kept:  # null now fits several branches
        kept["anyOf"] = kept.pop("oneOf")
    return kept


@cache
def components() -> dict[str, Any]:
    cleaned: dict[str, Any] = allowing_null(description()["components"])
    return cleaned


def schema_of(method: str, path: str, status: int) -> dict[str, Any] | None:
    """The schema of one answer, or None where the description has none."""
    for pattern, methods in description()["paths"].items():
        expression = re.sub(r"\{[^}]+\}", "[^/]+", pattern.removesuffix(".json"))
        literal = "{" not in pattern
        if re.fullmatch(expression, path) and method.lower() in methods and (literal or not _has_literal(path)):
            answers = methods[method.lower()]["responses"]
            content = (answers.get(str(status)) or answers.get(status) or {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            if schema is not None:
                return {**allowing_null(schema), "components": components()}
    return None


def _has_literal(path: str) -> bool:
    return path in description()["paths"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    settings = SandboxSettings(
        account_limit=0, ticket_update_limit=0, per_ticket_limit=0, list_limit=0, incremental_limit=0, export_lag=0
    )
    with SandboxServer(settings) as server:
        client = server.client()
        client.post("/api/v2/organizations", json={"organization": {"name": "Acme"}})
        for subject in ("one", "two"):
            client.post(
                "/api/v2/tickets", json={"ticket": {"subject": subject, "comment": {"body": "b"}, "tags": ["x"]}}
            )
        client.put(
            "/api/v2/tickets/1", json={"ticket": {"priority": "high", "comment": {"body": "n", "public": False}}}
        )
        client.put("/api/v2/tickets/update_many?ids=1", json={"ticket": {"type": "problem"}})
        client.post("/api/v2/slas/policies", json={"sla_policy": {"title": "S", "filter": {"all": [], "any": []}}})
        add_suspended(server.account, "spam", "buy", name="Spam", email="spam@example.com")
        yield server


@pytest.fixture
def client(sandbox: SandboxServer) -> requests.Session:
    return sandbox.client()


@pytest.mark.parametrize("path", READS)
def test_reads_hold_against_the_description(client: requests.Session, path: str) -> None:
    user = client.get("/api/v2/users/me").json()["user"]["id"]
    address = path.format(user=user)
    response = client.get(address)
    assert response.status_code == 200
    schema = schema_of("GET", address.split("?")[0], 200)
    assert schema is not None
    jsonschema.Draft4Validator(schema).validate(response.json())


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/v2/tickets", {"ticket": {"subject": "s", "comment": {"body": "b"}}}, 201),
        ("PUT", "/api/v2/tickets/1", {"ticket": {"priority": "low", "comment": {"body": "c", "public": False}}}, 200),
        ("PUT", "/api/v2/tickets/update_many?ids=1,2", {"ticket": {"additional_tags": ["z"]}}, 200),
        ("POST", "/api/v2/tickets/create_many", {"tickets": [{"subject": "s", "comment": {"body": "b"}}]}, 200),
        ("POST", "/api/v2/groups", {"group": {"name": "G"}}, 201),
        ("POST", "/api/v2/users", {"user": {"name": "N", "email": "n@example.com"}}, 201),
        ("POST", "/api/v2/organizations", {"organization": {"name": "O"}}, 201),
        ("POST", "/api/v2/ticket_fields", {"ticket_field": {"type": "text", "title": "F"}}, 201),
        ("POST", "/api/v2/ticket_forms", {"ticket_form": {"name": "Form"}}, 201),
        ("PUT", "/api/v2/tickets/1/tags", {"tags": ["more"]}, 200),
        ("POST", "/api/v2/uploads?filename=a.txt", {}, 201),
    ],
)
def test_writes_hold_against_the_description(
    client: requests.Session, method: str, path: str, body: dict[str, Any], status: int
) -> None:
    response = client.request(method, path, json=body)
    assert response.status_code == status
    schema = schema_of(method, path.split("?")[0], status)
    assert schema is not None
    jsonschema.Draft4Validator(schema).validate(response.json())

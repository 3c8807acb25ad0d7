from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from zd_automation.sandbox.account import Account, SandboxSettings
from zd_automation.sandbox.app import create_sandbox
from zd_automation.sandbox.clock import SandboxClock
from zd_automation.sandbox.store import Doc

IS_NEW = {"field": "status", "operator": "is", "value": "new"}


@pytest.fixture
def app() -> Flask:
    return create_sandbox(SandboxSettings(), clock=SandboxClock(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)))


@pytest.fixture
def account(app: Flask) -> Account:
    found: Account = app.extensions["sandbox"]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    made = app.test_client()
    made.environ_base["HTTP_AUTHORIZATION"] = "Bearer any"
    return made


def create(client: FlaskClient, kind: str, plural: str, **values: Any) -> Doc:
    answer = client.post(f"/api/v2/{plural}.json", json={kind: values})
    assert answer.status_code == 201, answer.text
    made: Doc = answer.get_json()[kind]
    return made


def a_trigger(client: FlaskClient, title: str = "t", **values: Any) -> Doc:
    actions = [{"field": "priority", "value": "low"}]
    return create(
        client, "trigger", "triggers", **{"title": title, "conditions": {"all": [IS_NEW]}, "actions": actions, **values}
    )


def a_ticket(client: FlaskClient, subject: str, **values: Any) -> Doc:
    return create(client, "ticket", "tickets", subject=subject, comment={"body": subject}, **values)


def test_a_trigger_is_read_as_recorded(client: FlaskClient) -> None:
    trigger = a_trigger(client)
    assert set(trigger) == {
        "url", "id", "title", "active", "updated_at", "created_at", "actions", "conditions", "description", "position",
        "raw_title", "category_id",
    }  # fmt: skip
    assert trigger["conditions"] == {"all": [IS_NEW], "any": []}
    assert (trigger["position"], a_trigger(client)["position"]) == (1, 2)


def test_conditions_may_stand_at_the_top(client: FlaskClient) -> None:
    made = create(client, "trigger", "triggers", title="t", all=[IS_NEW], actions=[{"field": "type", "value": "task"}])
    assert made["conditions"] == {"all": [IS_NEW], "any": []}


def test_an_update_of_conditions_replaces_both_arrays_and_the_actions(client: FlaskClient) -> None:
    key = a_trigger(client, conditions={"all": [IS_NEW], "any": [IS_NEW]})["id"]
    renamed = client.put(f"/api/v2/triggers/{key}", json={"trigger": {"title": "new"}}).get_json()["trigger"]
    assert (renamed["title"], len(renamed["conditions"]["any"]), len(renamed["actions"])) == ("new", 1, 1)
    changed = client.put(f"/api/v2/triggers/{key}", json={"trigger": {"conditions": {"all": [IS_NEW]}}}).get_json()[
        "trigger"
    ]
    assert (changed["conditions"], changed["actions"]) == ({"all": [IS_NEW], "any": []}, [])


def test_unpermitted_keys_are_dropped_and_told(client: FlaskClient) -> None:
    trigger = {
        "title": "t",
        "conditions": {"all": [IS_NEW]},
        "actions": [{"field": "type", "value": "task"}],
        "output": None,
    }
    answer = client.post("/api/v2/triggers", json={"trigger": trigger})
    assert answer.status_code == 201
    assert '"output"' in answer.headers["X-Zendesk-Api-Warn"]


@pytest.mark.parametrize(
    "values",
    [
        {"title": ""},
        {"actions": []},
        {"category_id": "999"},
        {"actions": [{"field": "notification_webhook", "value": ["01NONE", "{}"]}]},
        {"actions": [{"field": "current_tags", "value": "x" * 66_000}]},
    ],
)
def test_a_bad_trigger_is_refused(client: FlaskClient, values: Doc) -> None:
    good: Doc = {"title": "t", "conditions": {"all": [IS_NEW]}, "actions": [{"field": "type", "value": "task"}]}
    answer = client.post("/api/v2/triggers", json={"trigger": {**good, **values}})
    assert (answer.status_code, answer.get_json()["error"]) == (422, "RecordInvalid")


def test_active_search_bulk_and_delete(client: FlaskClient) -> None:
    one, two = a_trigger(client, "Security alarm")["id"], a_trigger(client, "Other")["id"]
    updated = client.put(
        "/api/v2/triggers/update_many", json={"triggers": [{"id": two, "active": False, "title": "ignored"}]}
    )
    assert [(t["active"], t["title"]) for t in updated.get_json()["triggers"]] == [(False, "Other")]
    assert [t["id"] for t in client.get("/api/v2/triggers/active.json").get_json()["triggers"]] == [one]
    assert [t["id"] for t in client.get("/api/v2/triggers/search?query=alarm").get_json()["triggers"]] == [one]
    assert client.delete(f"/api/v2/triggers/destroy_many?ids={one},{two}").status_code == 204
    assert client.get("/api/v2/triggers").get_json()["count"] == 0


def test_reorder_needs_every_trigger_and_one_category(client: FlaskClient) -> None:
    one, two = a_trigger(client)["id"], a_trigger(client)["id"]
    assert client.put("/api/v2/triggers/reorder", json={"trigger_ids": [two]}).status_code == 404
    listed = client.put("/api/v2/triggers/reorder", json={"trigger_ids": [two, one]}).get_json()["triggers"]
    assert [t["id"] for t in listed] == [two, one]
    for name in ("A", "B"):
        create(client, "trigger_category", "trigger_categories", name=name)
    refused = client.put("/api/v2/triggers/reorder", json={"trigger_ids": [one, two]})
    assert (refused.status_code, refused.get_json()["errors"][0]["code"]) == (400, "LimitOneCategory")


def test_categories_have_text_ids_and_can_be_patched(client: FlaskClient) -> None:
    made = create(client, "trigger_category", "trigger_categories", name="Bot")
    assert isinstance(made["id"], str)
    assert a_trigger(client)["category_id"] == made["id"]
    patched = client.patch(f"/api/v2/trigger_categories/{made['id']}", json={"trigger_category": {"name": "Bots"}})
    assert patched.get_json()["trigger_category"]["name"] == "Bots"


def test_definitions_name_this_accounts_groups(client: FlaskClient, account: Account) -> None:
    groups = {str(group["id"]) for group in account.store.collection("groups")}
    definitions = client.get("/api/v2/triggers/definitions.json").get_json()["definitions"]
    assert set(definitions) == {"actions", "conditions_all", "conditions_any"}
    by_subject = {entry["subject"]: entry for entry in definitions["conditions_all"]}
    assert {value["value"] for value in by_subject["group_id"]["values"]} == groups
    assert [o["value"] for o in by_subject["status"]["operators"]][:4] == ["is", "is_not", "less_than", "greater_than"]
    assert by_subject["status"]["operators"][4] == {"value": "changed", "title": "Changed", "terminal": True}


def test_a_trigger_really_changes_new_tickets(client: FlaskClient) -> None:
    a_trigger(client, actions=[{"field": "priority", "value": "urgent"}, {"field": "current_tags", "value": "alarm"}])
    ticket = a_ticket(client, "help")
    assert (ticket["priority"], ticket["tags"]) == ("urgent", ["alarm"])
    audits = client.get(f"/api/v2/tickets/{ticket['id']}/audits.json").get_json()["audits"]
    changes = [event for event in audits[0]["events"] if event["type"] == "Change"]
    assert {(e["field_name"], e["via"]["channel"], e["via"]["source"]["rel"]) for e in changes} == {
        ("priority", "rule", "trigger"),
        ("tags", "rule", "trigger"),
    }


def test_automations_run_when_told_and_by_the_clock(client: FlaskClient, account: Account) -> None:
    conditions = {
        "all": [
            {"field": "status", "operator": "is", "value": "solved"},
            {"field": "SOLVED", "operator": "greater_than", "value": "96"},
        ]
    }
    create(
        client,
        "automation",
        "automations",
        title="close",
        conditions=conditions,
        actions=[{"field": "status", "value": "closed"}],
    )
    key = a_ticket(client, "done")["id"]
    assert client.put(f"/api/v2/tickets/{key}", json={"ticket": {"status": "solved"}}).status_code == 200
    assert client.post("/__sandbox__/automations/run").get_json() == {"changed": [], "count": 0}
    account.clock.advance(97 * 3600)
    assert client.post("/__sandbox__/automations/run").get_json() == {"changed": [key], "count": 1}
    assert client.get(f"/api/v2/tickets/{key}").get_json()["ticket"]["status"] == "closed"


def test_an_automation_needs_a_property_to_look_at(client: FlaskClient) -> None:
    values = {
        "title": "a",
        "all": [{"field": "NEW", "operator": "is", "value": "1"}],
        "actions": [{"field": "status", "value": "open"}],
    }
    assert client.post("/api/v2/automations", json={"automation": values}).status_code == 422


SENIOR: Doc = {
    "title": "Security: senior queue",
    "all": [
        {"field": "status", "operator": "less_than", "value": "solved"},
        {"field": "current_tags", "operator": "includes", "value": "alarm"},
    ],
    "output": {"columns": ["nice_id", "subject", "requester", "priority"], "sort_by": "created", "sort_order": "asc"},
}


def test_a_view_is_read_as_recorded(client: FlaskClient) -> None:
    view = create(client, "view", "views", **SENIOR)
    assert {
        "url", "id", "title", "active", "updated_at", "created_at", "position", "description", "execution", "conditions",
        "restriction", "watchable", "raw_title",
    } <= set(view)  # fmt: skip
    assert view["execution"]["columns"][0] == {"id": "nice_id", "title": "ID"}
    assert view["execution"]["sort"] == {"id": "created", "title": "Requested", "order": "asc"}
    assert "output" not in view


def test_a_view_holds_the_tickets_that_meet_its_conditions(client: FlaskClient) -> None:
    key = create(client, "view", "views", **SENIOR)["id"]
    alarm = a_ticket(client, "stolen", tags=["alarm"])["id"]
    a_ticket(client, "calm")
    solved = a_ticket(client, "over", tags=["alarm"])["id"]
    client.put(f"/api/v2/tickets/{solved}", json={"ticket": {"status": "solved"}})
    listed = client.get(f"/api/v2/views/{key}/tickets.json?page[size]=10").get_json()
    assert [ticket["id"] for ticket in listed["tickets"]] == [alarm]
    executed = client.get(f"/api/v2/views/{key}/execute.json").get_json()
    assert [(row["ticket"]["id"], row["subject"]) for row in executed["rows"]] == [(alarm, "stolen")]
    counted = client.get(f"/api/v2/views/{key}/count.json").get_json()["view_count"]
    assert (counted["view_id"], counted["value"], counted["fresh"]) == (key, 1, True)
    many = client.get(f"/api/v2/views/count_many?ids={key}").get_json()["view_counts"]
    assert [(c["view_id"], c["value"]) for c in many] == [(key, 1)]


def test_a_view_without_a_property_in_all_is_refused(client: FlaskClient) -> None:
    only_tags = [{"field": "current_tags", "operator": "includes", "value": "x"}]
    assert client.post("/api/v2/views", json={"view": {"title": "v", "all": only_tags}}).status_code == 422


def test_looking_into_a_view_is_limited_to_five_a_minute(client: FlaskClient, account: Account) -> None:
    one, two = create(client, "view", "views", **SENIOR)["id"], create(client, "view", "views", **SENIOR)["id"]
    statuses = [client.get(f"/api/v2/views/{one}/{what}").status_code for what in ("count", "execute") * 3]
    assert statuses == [200] * 5 + [429]
    assert client.get(f"/api/v2/views/{two}/count").status_code == 200
    refused = client.get(f"/api/v2/views/{one}/count")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    account.clock.advance(60)
    assert client.get(f"/api/v2/views/{one}/count").status_code == 200


def test_a_preview_stores_nothing(client: FlaskClient) -> None:
    a_ticket(client, "hello")
    rows = client.post("/api/v2/views/preview", json={"view": {"all": [IS_NEW]}}).get_json()["rows"]
    assert [row["subject"] for row in rows] == ["hello"]
    assert client.get("/api/v2/views").get_json()["count"] == 0


def test_views_of_a_group_are_for_its_members(client: FlaskClient, account: Account) -> None:
    create(client, "view", "views", **SENIOR, restriction={"type": "Group", "id": 1})
    agent = {"Authorization": "Basic YWRhQGV4YW1wbGUuY29tL3Rva2VuOng="}
    assert client.get("/api/v2/views", headers=agent).get_json()["count"] == 0
    assert client.get("/api/v2/views").get_json()["count"] == 1


def test_a_macro_shows_what_it_would_do(client: FlaskClient) -> None:
    ticket = a_ticket(client, "hello", tags=["a"])
    actions = [
        {"field": "current_tags", "value": "b"},
        {"field": "status", "value": "open"},
        {"field": "comment_value", "value": "Hi #{{ticket.id}}"},
    ]
    macro = create(client, "macro", "macros", title="m", actions=actions)
    applied = client.get(f"/api/v2/tickets/{ticket['id']}/macros/{macro['id']}/apply.json").get_json()["result"]
    assert (applied["ticket"]["tags"], applied["ticket"]["status"]) == (["a", "b"], "open")
    assert (applied["comment"]["body"], applied["comment"]["public"]) == (f"Hi #{ticket['id']}", True)
    assert client.get(f"/api/v2/tickets/{ticket['id']}").get_json()["ticket"]["tags"] == ["a"]
    plain = client.get(f"/api/v2/macros/{macro['id']}/apply.json").get_json()["result"]["ticket"]
    assert (plain["status"], plain["tags"]) == ("open", ["b"])

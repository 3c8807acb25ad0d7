"""Objects of the ``triggers`` room: in the order of their needs, with their places filled, and clear when refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from zd_automation.config import Secret
from zd_automation.definitions import room
from zd_automation.errors import DefinitionError, GatewayError
from zd_automation.sandbox.server import SandboxServer
from zd_automation.triggers.install import Installed, filled, install

VALUES = {"endpoint": "http://127.0.0.1:9/zendesk/events", "tag_prefix": "zdauto_"}


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as made:
        yield made


def installed(sandbox: SandboxServer, folder: Path | None = None) -> Installed:
    return install(folder or room("triggers"), sandbox.client(), sandbox.url, VALUES)


def listed(sandbox: SandboxServer, kind: str) -> dict[str, dict[str, Any]]:
    rows = sandbox.client().get(f"/api/v2/{kind}", timeout=10).json()[kind]
    return {str(row["id"]): row for row in rows}


# --- the shipped objects -------------------------------------------------------------------------------------------


def test_everything_of_the_room_is_there(sandbox: SandboxServer) -> None:
    done = installed(sandbox)
    views = {"view-senior-queue", "view-safety-queue", "view-legal-queue"}
    assert set(done.ids) == {"category", "ticket-created", *views, "webhook-events", "webhook-trigger"}
    assert set(done.secrets) == {"webhook-events", "webhook-trigger"}
    assert listed(sandbox, "trigger_categories")[done.ids["category"]]["name"] == "zd-automation"
    assert listed(sandbox, "views")[done.ids["view-senior-queue"]]["title"] == "Security: senior queue"


def test_the_trigger_calls_its_webhook_with_ids_only(sandbox: SandboxServer) -> None:
    done = installed(sandbox)
    trigger = listed(sandbox, "triggers")[done.ids["ticket-created"]]
    assert trigger["category_id"] == done.ids["category"]
    assert trigger["conditions"]["all"] == [
        {"field": "update_type", "operator": "is", "value": "Create"},
        {"field": "current_tags", "operator": "not_includes", "value": "zdauto_done"},
    ]
    (action,) = trigger["actions"]
    assert action["field"] == "notification_webhook"
    assert action["value"] == [
        done.ids["webhook-trigger"],
        '{"ticket_id": "{{ticket.id}}", "event": "ticket_created"}',
    ]


def test_the_webhooks_point_at_us_and_each_has_its_own_secret(sandbox: SandboxServer) -> None:
    done = installed(sandbox)
    hooks = listed(sandbox, "webhooks")
    events, called = hooks[done.ids["webhook-events"]], hooks[done.ids["webhook-trigger"]]
    assert events["endpoint"] == called["endpoint"] == VALUES["endpoint"]
    assert events["subscriptions"] == ["zen:event-type:ticket.created"]
    assert called["subscriptions"] == ["conditional_ticket_events"]
    secrets = {secret.reveal() for secret in done.secrets.values()}
    assert len(secrets) == 2
    assert all(secret not in repr(done) for secret in secrets)


# --- definitions that cannot be used -------------------------------------------------------------------------------


def a_room(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return folder


def category(key: str, needs: str = "[]") -> str:
    return f'kind = "trigger_category"\nkey = "{key}"\nneeds = {needs}\n[object]\nname = "{key}"\nposition = 0\n'


def test_objects_come_in_the_order_of_their_needs(sandbox: SandboxServer, tmp_path: Path) -> None:
    done = installed(sandbox, a_room(tmp_path, a=category("a", '["b"]'), b=category("b", '["c"]'), c=category("c")))
    assert list(done.ids) == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("first", "second"), [('["second"]', '["first"]'), ('["nowhere"]', '["first"]'), ('["first"]', '["first"]')]
)
def test_objects_that_wait_forever_are_named(sandbox: SandboxServer, tmp_path: Path, first: str, second: str) -> None:
    folder = a_room(tmp_path, a=category("first", first), b=category("second", second))
    with pytest.raises(DefinitionError, match=r"wait for one another .*\['first', 'second'\]"):
        installed(sandbox, folder)
    assert listed(sandbox, "trigger_categories").keys() == listed_at_start().keys()


def listed_at_start() -> dict[str, dict[str, Any]]:
    with SandboxServer() as fresh:
        return listed(fresh, "trigger_categories")


def test_a_refused_object_is_named_with_its_status(sandbox: SandboxServer, tmp_path: Path) -> None:
    refused = 'kind = "webhook"\nkey = "hook"\n[object]\nname = "x"\n'
    with pytest.raises(GatewayError, match=r"Zendesk refused hook \(4\d\d\); look at triggers/hook.toml"):
        installed(sandbox, a_room(tmp_path, hook=refused))


def test_a_file_that_is_no_toml_is_named(sandbox: SandboxServer, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"bad.toml: not TOML"):
        installed(sandbox, a_room(tmp_path, bad="= ="))


def test_two_files_with_one_key_are_told(sandbox: SandboxServer, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"b.toml: key 'a' stands in another file too; keys must be unique"):
        installed(sandbox, a_room(tmp_path, a=category("a"), b=category("a")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('key = "x"\n[object]\n', r"x.toml: needs `kind`"),
        ('kind = "trigger"\n[object]\n', r"x.toml: needs `key`"),
        ('kind = "trigger"\nkey = "x"\n', r"x.toml: needs `object`"),
        ('kind = "trigger"\nkey = "x"\nobject = 5\n', r"x.toml: 'object' must be dict, not int"),
        ('kind = "trigger"\nkey = "x"\nobjct = 5\n[object]\n', r"x.toml: unknown key 'objct'; did you mean 'object'"),
        ('kind = "macro"\nkey = "x"\n[object]\n', r"x.toml: kind = 'macro' is not known; one of webhook"),
    ],
)
def test_a_definition_without_its_parts_is_named(sandbox: SandboxServer, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        installed(sandbox, a_room(tmp_path, x=text))


# --- filling places ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{tag_prefix}done", "zdauto_done"),
        ("{unknown} {tag_prefix}", "{unknown} zdauto_"),
        ("{{ticket.id}} {tag_prefix}", "{{ticket.id}} zdauto_"),
        ("{{tag_prefix}}", "{{tag_prefix}}"),
        (["{endpoint}", 5, None, True], [VALUES["endpoint"], 5, None, True]),
        ({"{tag_prefix}": {"deep": ["{tag_prefix}x"]}}, {"{tag_prefix}": {"deep": ["zdauto_x"]}}),
        ("", ""),
    ],
)
def test_places_are_filled_and_placeholders_are_left_to_zendesk(value: object, expected: object) -> None:
    assert filled(value, VALUES) == expected


def test_a_secret_does_not_show() -> None:
    done = Installed({"a": "1"}, {"a": Secret("hunter2")})
    assert "hunter2" not in f"{done!r} {done} {json.dumps(done.ids)}"

"""Triggers and their categories, as the REST API serves them."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.business_rules_base import (
    RULE_KEYS,
    add_common_routes,
    as_asked,
    by_position,
    last_position,
    prepared_conditions,
)
from zd_automation.sandbox.business_rules_definitions import trigger_definitions
from zd_automation.sandbox.resources import CrudResource, Resource, add_crud
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import ApiError, invalid_field, json_body, not_found, reply

MOST_CATEGORIES = 500
MOST_BYTES = 65_000


def add_routes(api: Blueprint, account: Account) -> None:
    """Add /triggers and /trigger_categories."""
    triggers = CrudResource(account, _TRIGGERS)
    add_crud(api, triggers, skip=("list",))
    add_common_routes(api, triggers)
    categories = CrudResource(account, _CATEGORIES)
    add_crud(api, categories, skip=("list",))

    @api.get("/triggers")
    def list_triggers() -> Response:
        return triggers.page(as_asked(triggers.visible()))

    @api.get("/triggers/definitions")
    def show_definitions() -> Response:
        return reply({"definitions": trigger_definitions(account)})

    @api.put("/triggers/reorder")
    def reorder() -> Response:
        return _reorder(account, triggers)

    @api.get("/triggers/<int:key>/revisions")
    def list_revisions(key: int) -> Response:
        return reply({"trigger_revisions": [_revision(triggers.find(key))], **_no_more_cursor()})

    @api.get("/trigger_categories")
    def list_categories() -> Response:
        return categories.page(by_position(categories.visible()))

    @api.patch("/trigger_categories/<key>")
    def patch_category(key: str) -> Response:
        categories.check_write()
        return categories.one(categories.update(categories.find(key), json_body().get("trigger_category") or {}))

    @api.post("/trigger_categories/jobs")
    def batch() -> Response:
        return _batch(triggers, categories)


def _reorder(account: Account, triggers: CrudResource) -> Response:
    triggers.check_write()
    if len(account.store.collection("trigger_categories")) > 1:
        text = "Reordering triggers is not permitted with more than one trigger category"
        raise ApiError(400, {"errors": [{"code": "LimitOneCategory", "title": text}]})
    keys = json_body().get("trigger_ids") or []
    if {int(key) for key in keys} != {doc["id"] for doc in triggers.docs}:
        not_found()
    for position, key in enumerate(keys, start=1):
        triggers.update(triggers.find(int(key)), {"position": position})
    return triggers.page(by_position(triggers.visible()))


def _revision(trigger: Doc) -> Doc:
    keys = ("title", "active", "description", "actions", "conditions")
    snapshot = {key: trigger.get(key) for key in keys}
    return {"id": 1, "author_id": None, "created_at": trigger["updated_at"], "snapshot": snapshot}


def _no_more_cursor() -> Doc:
    return {
        "meta": {"has_more": False, "after_cursor": None, "before_cursor": None},
        "links": {"next": None, "prev": None},
    }


def _batch(triggers: CrudResource, categories: CrudResource) -> Response:
    triggers.check_write()
    items = (json_body().get("job") or {}).get("items") or {}
    done_categories = [
        categories.update(categories.find(str(c.get("id"))), c) for c in items.get("trigger_categories", [])
    ]
    done = [triggers.update(triggers.find(int(t.get("id") or 0)), t) for t in items.get("triggers", [])]
    results = {
        "trigger_categories": [categories.present(doc) for doc in done_categories],
        "triggers": [triggers.present(doc) for doc in done],
    }
    return reply({"status": "complete", "results": results})


def _prepare_trigger(account: Account, new: Doc, old: Doc | None) -> None:
    prepared_conditions(new, old)
    if old is None and not new.get("actions"):
        raise invalid_field("base", "Actions: cannot be blank", "BlankValue")
    _check_size(new)
    _check_webhooks(account, new)
    _settle_category(account, new)
    new["raw_title"] = new["title"]
    if new.get("position") is None:
        new["position"] = last_position(account, "triggers")


def _check_size(trigger: Doc) -> None:
    size = len(json.dumps([trigger["conditions"], trigger.get("actions")], ensure_ascii=False).encode())
    if size > MOST_BYTES:
        raise invalid_field("base", f"Definition is too long (maximum is {MOST_BYTES} bytes)", "TooLong")


def _check_webhooks(account: Account, trigger: Doc) -> None:
    """A trigger may only call a webhook that exists and is connected to triggers."""
    for action in trigger.get("actions") or []:
        if action.get("field") != "notification_webhook":
            continue
        value = action.get("value")
        webhook_id = value[0] if isinstance(value, list) and value else value
        webhook = account.store.collection("webhooks").get(str(webhook_id))
        if webhook is None or "conditional_ticket_events" not in (webhook.get("subscriptions") or []):
            raise invalid_field("base", f"Actions: webhook {webhook_id} is not valid", "InvalidValue")


def _settle_category(account: Account, trigger: Doc) -> None:
    categories = account.store.collection("trigger_categories")
    if trigger.get("category_id") is None:
        first = by_position(list(categories))[:1]
        trigger["category_id"] = str(first[0]["id"]) if first else None
    else:
        trigger["category_id"] = str(trigger["category_id"])
        if trigger["category_id"] not in categories:
            raise invalid_field("category_id", "Category: is not valid", "InvalidValue")


def _prepare_category(account: Account, new: Doc, old: Doc | None) -> None:
    if old is None and len(account.store.collection("trigger_categories")) >= MOST_CATEGORIES:
        text = f"No more than {MOST_CATEGORIES} trigger categories are allowed"
        raise ApiError(400, {"errors": [{"code": "TriggerCategoriesLimitReached", "title": text}]})
    if new.get("position") is None:
        new["position"] = last_position(account, "trigger_categories")


def _present_category(shown: Doc) -> Doc:
    order = ("url", "id", "name", "position", "created_at", "updated_at")
    return {key: shown.get(key) for key in order} | _rule_counts(shown)


def _rule_counts(shown: Doc) -> Doc:
    counts = shown.get("rule_counts")
    return {"rule_counts": counts} if counts and request.args.get("include") == "rule_counts" else {}


def _empty_category(account: Account, doc: Doc) -> None:
    """Triggers of a category that was deleted lose it."""
    for trigger in account.store.collection("triggers").by("category_id", doc["id"]):
        trigger["category_id"] = None
        account.store.collection("triggers").save(trigger)


_TRIGGERS = Resource(
    kind="triggers",
    singular="trigger",
    plural="triggers",
    required=("title",),
    defaults={
        "active": True,
        "description": None,
        "position": None,
        "category_id": None,
        "conditions": {"all": [], "any": []},
        "actions": [],
    },
    allowed=RULE_KEYS | {"category_id"},
    prepare=_prepare_trigger,
    bulk=False,
)
_CATEGORIES = Resource(
    kind="trigger_categories",
    singular="trigger_category",
    plural="trigger_categories",
    required=("name",),
    defaults={"position": None},
    allowed=frozenset({"name", "position"}),
    prepare=_prepare_category,
    deleted=_empty_category,
    present=_present_category,
    key_type="string",
    bulk=False,
)

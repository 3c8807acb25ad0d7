"""Triggers, trigger categories, automations, views and macros, as the REST API serves them."""

from __future__ import annotations

from flask import Blueprint, Response, request

from zd_automation.sandbox import (
    business_rules_macros,
    business_rules_triggers,
    business_rules_views,
    rules_automations,
)
from zd_automation.sandbox.account import Account
from zd_automation.sandbox.business_rules_base import RULE_KEYS, add_common_routes, last_position, prepared_conditions
from zd_automation.sandbox.resources import CrudResource, Resource, add_crud
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import invalid_field, reply

_PROPERTIES = frozenset({"status", "type", "group_id", "assignee_id", "requester_id"})


def blueprint(account: Account) -> Blueprint:
    """Everything under /api/v2 that is about business rules, and the sandbox's switch that runs automations."""
    routes = Blueprint("business_rules", __name__)
    parts = {
        "triggers": business_rules_triggers.add_routes,
        "automations": _add_automations,
        "views": business_rules_views.add_routes,
        "macros": business_rules_macros.add_routes,
    }
    for name, add_routes in parts.items():
        api = Blueprint(name, __name__, url_prefix="/api/v2")
        add_routes(api, account)
        routes.register_blueprint(api)

    @routes.post("/__sandbox__/automations/run")
    def run_automations() -> Response:
        changed = rules_automations.run_automations(account, request.args.get("id", type=int))
        return reply({"changed": changed, "count": len(changed)})

    return routes


def _prepare_automation(account: Account, new: Doc, old: Doc | None) -> None:
    prepared_conditions(new, old)
    if not new.get("actions"):
        raise invalid_field("base", "Actions: cannot be blank", "BlankValue")
    if not any(c.get("field") in _PROPERTIES for c in new["conditions"]["all"]):
        text = (
            "Conditions: at least one condition on status, type, group, assignee or requester must be met under "
            "'Meet all of the following conditions'"
        )
        raise invalid_field("base", text, "InvalidValue")
    new["raw_title"] = new["title"]
    if new.get("position") is None:
        new["position"] = last_position(account, "automations")


def _add_automations(api: Blueprint, account: Account) -> None:
    resource = Resource(
        kind="automations",
        singular="automation",
        plural="automations",
        required=("title",),
        defaults={"active": True, "position": None, "conditions": {"all": [], "any": []}, "actions": []},
        allowed=RULE_KEYS,
        prepare=_prepare_automation,
        bulk=False,
    )
    add_common_routes(api, add_crud(api, CrudResource(account, resource)))

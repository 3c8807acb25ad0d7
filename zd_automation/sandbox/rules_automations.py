"""Automations: rules that look at every open ticket once an hour, when the sandbox is told to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.audits import save_audit
from zd_automation.sandbox.business_rules_base import by_position
from zd_automation.sandbox.delivery import deliveries
from zd_automation.sandbox.rules import net_changes, rule_via
from zd_automation.sandbox.rules_actions import Effects, apply_actions, working_copy
from zd_automation.sandbox.rules_conditions import holds
from zd_automation.sandbox.rules_facts import Facts
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_writes import update_ticket

_WRITABLE = ("subject", "type", "priority", "status", "group_id", "assignee_id", "requester_id", "brand_id")
_ALSO_WRITABLE = ("ticket_form_id", "tags", "custom_fields", "follower_ids", "email_cc_ids")


def run_automations(account: Account, only: int | None = None) -> list[int]:
    """Run the active automations (or ``only`` that one) over all tickets; returns the ids of changed tickets."""
    changed: dict[int, None] = {}
    for rule in by_position(list(account.store.collection("automations"))):
        if not rule.get("active") or only not in (None, rule["id"]):
            continue
        for ticket in account.store.collection("tickets").where(lambda t: t.get("status") not in ("closed", "deleted")):
            if holds(rule["conditions"], Facts(account, ticket, previous=ticket, status_since=_since(account))):
                _apply(account, rule, ticket)
                changed.setdefault(ticket["id"])
    return list(changed)


def _since(account: Account) -> Callable[[Doc], datetime]:
    def status_since(ticket: Doc) -> datetime:
        """When the ticket entered its status: the last audit that changed it, else its creation."""
        for audit in reversed(account.store.collection("audits").by("ticket_id", ticket["id"])):
            if any(event.get("field_name") == "status" for event in audit["events"]):
                return datetime.fromisoformat(audit["created_at"])
        return datetime.fromisoformat(ticket["created_at"])

    return status_since


def _apply(account: Account, rule: Doc, ticket: Doc) -> None:
    actor = _system(account)
    after = working_copy(ticket)
    effects = apply_actions(account, rule, after, actor)
    via = rule_via(rule, "automation")
    changes, _ = net_changes(ticket, after, _Always(rule), "automation")
    values = {key: changes[key] for key in (*_WRITABLE, *_ALSO_WRITABLE) if key in changes}
    if values:
        update_ticket(account, ticket["id"], values, actor, via=via)
    _send(account, ticket, effects, via, actor)


def _send(account: Account, ticket: Doc, effects: Effects, via: Doc, actor: Doc) -> None:
    if effects.notifications:
        key = account.store.next_ids("events", 1)
        events = [{**event, "via": via} for event in effects.notifications]
        save_audit(account, ticket["id"], actor["id"], via, events, None, key)
    for call in effects.webhook_calls:
        deliveries(account).call(call, ticket)


class _Always(dict[str, Doc]):
    """Every change of an automation's run is by that automation."""

    def __init__(self, rule: Doc) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, key: str) -> Doc:
        return self._rule


def _system(account: Account) -> Doc:
    """Who automations act as: the account's first admin."""
    admins = account.store.collection("users").where(lambda user: user.get("role") == "admin")
    return admins[0] if admins else {"id": -1, "role": "admin", "name": "System"}

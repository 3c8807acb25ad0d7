"""Business rules of the sandbox: triggers run on every create and update, as Zendesk runs them.

They run top to bottom by category and position; later ones see what earlier ones changed; after a change the list
starts again, and each fires at most once per update. Only net changes leave events in the audit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.rules_actions import WebhookCall, apply_actions, working_copy
from zd_automation.sandbox.rules_conditions import holds
from zd_automation.sandbox.rules_facts import Facts
from zd_automation.sandbox.store import Doc

__all__ = ["RuleContext", "TriggerRun", "WebhookCall", "net_changes", "run_triggers", "ticket_matches"]

# Every key of a ticket that a rule can change, in the order in which audits list them.
_CHANGEABLE = (
    "subject",
    "type",
    "priority",
    "status",
    "custom_status_id",
    "group_id",
    "assignee_id",
    "requester_id",
    "organization_id",
    "brand_id",
    "ticket_form_id",
    "tags",
    "follower_ids",
    "email_cc_ids",
)


@dataclass(frozen=True)
class RuleContext:
    """One create or update that triggers look at.

    ``ticket`` is the ticket after the update and is not changed; ``previous`` the ticket before it (None on create);
    ``update_type`` is "Create" or "Change"; ``actor`` the user who does it; ``comment`` the comment that came with
    it; ``via_channel`` the channel of the update in REST's spelling, if it differs from the comment's.
    """

    ticket: Doc
    previous: Doc | None
    update_type: str
    actor: Doc
    comment: Doc | None = None
    via_channel: str | None = None


@dataclass
class TriggerRun:
    """What triggers did: new values by ticket key, audit events, and webhooks to call after the commit.

    ``changes`` holds whole values ("tags" and "custom_fields" are full lists). Events carry no ``id`` yet.
    """

    changes: Doc = field(default_factory=dict)
    events: list[Doc] = field(default_factory=list)
    webhook_calls: list[WebhookCall] = field(default_factory=list)


def run_triggers(account: Account, context: RuleContext) -> TriggerRun:
    """Run all active triggers over one create or update; none runs on a ticket that was closed before."""
    before = context.previous if context.previous is not None else context.ticket
    if before.get("status") == "closed":
        return TriggerRun()
    triggers = ordered_triggers(account)
    if not triggers:
        return TriggerRun()
    return _Pass(account, context).run(triggers)


def ordered_triggers(account: Account) -> list[Doc]:
    """Active triggers in the order in which they run: by category, then position, then age."""
    categories = {str(c["id"]): c.get("position") or 0 for c in account.store.collection("trigger_categories")}
    active = [t for t in account.store.collection("triggers") if t.get("active")]
    return sorted(active, key=lambda t: (categories.get(str(t.get("category_id")), 0), t.get("position") or 0, t["id"]))


def ticket_matches(account: Account, conditions: Doc, ticket: Doc, user: Doc | None = None) -> bool:
    """Whether a ticket as it stands meets conditions (a view's); ``user`` is who "current_user" means."""
    return holds(conditions, Facts(account, ticket, previous=ticket, actor=user or {}))


class _Pass:
    """The triggers' pass over one update."""

    def __init__(self, account: Account, context: RuleContext) -> None:
        self._account = account
        self._context = context
        self._ticket = working_copy(context.ticket)
        self._facts = Facts(
            account=account,
            ticket=self._ticket,
            previous=context.previous,
            update_type=context.update_type,
            actor=context.actor,
            comment=context.comment,
            via_channel=context.via_channel,
        )
        self._changed_by: dict[str, Doc] = {}
        self._run = TriggerRun()

    def run(self, triggers: list[Doc]) -> TriggerRun:
        fired: set[int] = set()
        while self._fire_next(triggers, fired):
            pass
        changes, events = net_changes(self._context.ticket, self._ticket, self._changed_by, "trigger")
        self._run.changes = changes
        self._run.events = events + self._run.events
        return self._run

    def _fire_next(self, triggers: list[Doc], fired: set[int]) -> bool:
        """Go down the list until a trigger changes the ticket; whether the list must start again."""
        for trigger in triggers:
            if trigger["id"] in fired or not self._matches(trigger):
                continue
            fired.add(trigger["id"])
            if self._fire(trigger):
                return True
        return False

    def _matches(self, trigger: Doc) -> bool:
        return holds(trigger.get("conditions") or {}, replace(self._facts, ticket=self._ticket))

    def _fire(self, trigger: Doc) -> bool:
        before = working_copy(self._ticket)
        effects = apply_actions(self._account, trigger, self._ticket, self._context.actor)
        source = rule_via(trigger, "trigger")
        self._run.events += [{**event, "via": source} for event in effects.notifications]
        self._run.webhook_calls += effects.webhook_calls
        changed = _differing(before, self._ticket)
        self._changed_by.update(dict.fromkeys(changed, trigger))
        return bool(changed)


def rule_via(rule: Doc, rel: str) -> Doc:
    """The ``via`` of an audit event that a rule caused; ``rel`` is "trigger" or "automation"."""
    source = {"id": rule["id"], "title": rule.get("title"), "deleted": False, "revision_id": 1}
    return {"channel": "rule", "source": {"from": source, "to": {}, "rel": rel}}


def net_changes(before: Doc, after: Doc, changed_by: dict[str, Doc], rel: str) -> tuple[Doc, list[Doc]]:
    """New values by key and the Change events for what really differs between two states of a ticket."""
    changes: Doc = {}
    events: list[Doc] = []
    for key in _differing(before, after):
        via = rule_via(changed_by[key], rel)
        if key.isdigit():
            changes["custom_fields"] = after["custom_fields"]
            old, new = _custom_values(before).get(key), _custom_values(after).get(key)
        else:
            changes[key] = after.get(key)
            old, new = before.get(key), after.get(key)
        events.append(_change_event(key, old, new, via))
    return changes, events


def _change_event(name: str, old: Any, new: Any, via: Doc) -> Doc:
    return {
        "type": "Change",
        "field_name": name,
        "value": _audit_value(new),
        "previous_value": _audit_value(old),
        "via": via,
    }


def _audit_value(value: Any) -> Any:
    """Values as audits write them: ids are strings, tags a list."""
    if isinstance(value, list):
        return list(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _custom_values(ticket: Doc) -> dict[str, Any]:
    return {str(entry["id"]): entry.get("value") for entry in ticket.get("custom_fields") or []}


def _differing(before: Doc, after: Doc) -> list[str]:
    """Keys that differ; a custom field goes by its id in digits."""
    keys = [key for key in _CHANGEABLE if (before.get(key) or None) != (after.get(key) or None)]
    old, new = _custom_values(before), _custom_values(after)
    return keys + [key for key in new if old.get(key) != new[key]]

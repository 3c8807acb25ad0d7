"""Zendesk's own hands on a ticket: intelligent triage some seconds after creation, omnichannel routing right after it.

Both are switched on in :class:`SandboxSettings` and follow the sandbox's clock.
"""

from __future__ import annotations

import heapq

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.audits import api_via
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_writes import update_ticket
from zd_automation.sandbox.web import ApiError

ROUTING_TAG = "auto-routing"
SOONEST, LATEST = 2, 20  # seconds after creation
_INTENTS = ("account__access", "billing__refund", "order__status", "product__issue")
_SENTIMENTS = ("very_negative", "negative", "neutral", "positive")


def install(account: Account) -> None:
    """Listen for new tickets as the settings ask."""
    listeners = account.parts.setdefault("after_create", [])
    if account.settings.triage_double:
        listeners.append(lambda ticket: plan_triage(account, ticket))
    if account.settings.routing_double:
        listeners.append(lambda ticket: route(account, ticket))


def system_user() -> Doc:
    """Zendesk itself, as the author of such updates."""
    return {"id": -1, "name": "Zendesk", "role": "admin"}


def plan_triage(account: Account, ticket: Doc) -> None:
    """Remember that this ticket will be classified 2 to 20 seconds from now."""
    with account.store.lock:
        wait = account.store.random.randint(SOONEST, LATEST)
        plans = account.parts.setdefault("planned_triage", [])
        heapq.heappush(plans, (account.clock.now().timestamp() + wait, ticket["id"]))


def run_due(account: Account) -> None:
    """Do the planned updates whose time has come; cheap when there are none."""
    plans = account.parts.get("planned_triage")
    while plans:
        with account.store.lock:
            if not plans or plans[0][0] > account.clock.now().timestamp():
                return
            _, key = heapq.heappop(plans)
        triage(account, key)


def triage(account: Account, key: int) -> None:
    """Add intent, language and sentiment tags to one ticket, as Zendesk's own triage does."""
    with account.store.lock:
        ticket = account.store.collection("tickets").get(key)
        if ticket is None or ticket["status"] == "closed":
            return
        requester = account.store.collection("users").get(ticket["requester_id"]) or {"locale": "en-US"}
        draw = account.store.random
        added = [
            f"intent__{draw.choice(_INTENTS)}",
            f"language__{str(requester['locale']).lower().replace('-', '_')}",
            f"sentiment__{draw.choice(_SENTIMENTS)}",
        ]
    _write(account, key, {"tags": [*ticket["tags"], *added]})


def route(account: Account, ticket: Doc) -> None:
    """Assign a ticket that has a group and the routing tag to the group's least busy agent."""
    if ticket["group_id"] is None or ROUTING_TAG not in ticket["tags"] or ticket["assignee_id"] is not None:
        return
    with account.store.lock:
        members = account.store.collection("group_memberships").by("group_id", ticket["group_id"])
        tickets = account.store.collection("tickets")
        busy = {m["user_id"]: len(tickets.by("assignee_id", m["user_id"])) for m in members}
    if busy:
        _write(account, ticket["id"], {"assignee_id": min(busy, key=lambda user: (busy[user], user))})


def _write(account: Account, key: int, values: Doc) -> None:
    try:
        update_ticket(account, key, values, system_user(), via=api_via("system"))
    except ApiError:
        return  # deleted or closed meanwhile: nobody waits for an answer

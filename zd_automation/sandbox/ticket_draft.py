"""The parts of a write that need more than copying a value: people, group and assignee, status, problem links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.audits import api_via
from zd_automation.sandbox.people import by_email, ensure_user, groups_of, organization_for
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_model import CHANNELS, custom_ticket_fields
from zd_automation.sandbox.web import as_int, invalid_field, is_staff


def blank_ticket(account: Account, channel: str) -> Doc:
    """A ticket with every key that the API shows, at its first value."""
    now = account.clock.iso()
    store = account.store
    return {
        "id": 0,
        "external_id": None,
        "via": api_via(channel),
        "created_at": now,
        "updated_at": now,
        "generated_timestamp": 0,
        "type": None,
        "subject": None,
        "raw_subject": None,
        "description": "",
        "priority": None,
        "status": "new",
        "recipient": None,
        "requester_id": None,
        "submitter_id": None,
        "assignee_id": None,
        "organization_id": None,
        "group_id": None,
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "forum_topic_id": None,
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "tags": [],
        "custom_fields": [{"id": field["id"], "value": None} for field in custom_ticket_fields(account)],
        "satisfaction_rating": {"score": "unoffered"},
        "sharing_agreement_ids": [],
        "custom_status_id": None,
        "encoded_id": _encoded(account),
        "followup_ids": [],
        "ticket_form_id": _default(store.collection("ticket_forms").by("default", True)),
        "brand_id": _default(store.collection("brands").by("default", True)),
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": channel in {"native_messaging", "whatsapp", "facebook_message"},
    }


def _default(found: list[Doc]) -> int | None:
    return found[0]["id"] if found else None


def _encoded(account: Account) -> str:
    letters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    text = "".join(account.store.random.choice(letters) for _ in range(10))
    return f"{text[:6]}-{text[6:]}"


def channel_of(values: Mapping[str, Any]) -> str:
    """The channel of a write: ``via.channel``, else ``via_id``, else the API."""
    via = values.get("via")
    if isinstance(via, dict) and isinstance(via.get("channel"), str):
        return str(via["channel"])
    return CHANNELS.get(as_int(values.get("via_id")) or -1, "api") if values.get("via_id") != 0 else "web"


def set_people(account: Account, ticket: Doc, values: Mapping[str, Any], actor: Doc | None) -> None:
    """Requester, submitter, assignee by e-mail, collaborators, followers and CCs; ``actor`` only for a new ticket."""
    if "requester" in values and values["requester"] is not None:
        requester = ensure_user(account, values["requester"])
        if requester is None:
            raise invalid_field("requester", "Requester: is not a valid user", "InvalidValue")
        ticket["requester_id"] = requester["id"]
    if actor is not None:
        ticket["requester_id"] = ticket["requester_id"] or actor["id"]
        if not is_staff(actor):
            ticket["requester_id"] = actor["id"]
        ticket["submitter_id"] = ticket["submitter_id"] or ticket["requester_id"]
        requester = account.store.collection("users").get(ticket["requester_id"])
        if ticket["organization_id"] is None and requester is not None:
            ticket["organization_id"] = organization_for(requester)
    if values.get("assignee_email"):
        assignee = by_email(account, values["assignee_email"])
        if assignee is None or not is_staff(assignee):
            raise invalid_field("assignee", "Assignee: is not an agent", "InvalidValue")
        ticket["assignee_id"] = assignee["id"]
    _set_others(account, ticket, values)


def _set_others(account: Account, ticket: Doc, values: Mapping[str, Any]) -> None:
    if "collaborators" in values:
        ticket["collaborator_ids"] = _user_ids(account, values["collaborators"])
    if "additional_collaborators" in values:
        more = _user_ids(account, values["additional_collaborators"])
        ticket["collaborator_ids"] = sorted({*ticket["collaborator_ids"], *more})
    for given, name in (("followers", "follower_ids"), ("email_ccs", "email_cc_ids")):
        for entry in values.get(given) or ():
            ticket[name] = _with_entry(account, ticket[name], entry)
    if "email_ccs" in values or "email_cc_ids" in values:
        ticket["collaborator_ids"] = sorted({*ticket["collaborator_ids"], *ticket["email_cc_ids"]})


def _user_ids(account: Account, given: object) -> list[int]:
    people = given if isinstance(given, list) else [given]
    return sorted({user["id"] for item in people if (user := ensure_user(account, item)) is not None})


def _with_entry(account: Account, ids: list[int], entry: object) -> list[int]:
    if not isinstance(entry, dict):
        return ids
    named = entry.get("user_id") or {"email": entry.get("user_email"), "name": entry.get("user_name")}
    user = ensure_user(account, named, create=entry.get("action") != "delete")
    if user is None:
        return ids
    if entry.get("action") == "delete":
        return [key for key in ids if key != user["id"]]
    return sorted({*ids, user["id"]})


def place(account: Account, ticket: Doc, before: Doc | None, values: Mapping[str, Any]) -> None:
    """Keep group and assignee consistent.

    An assignee without a group brings his default group. A new group that the assignee is not in clears him, unless
    the same write named him: then his own group wins.
    """
    assignee, group = ticket["assignee_id"], ticket["group_id"]
    if assignee is None:
        return
    groups = groups_of(account, assignee)
    if group in groups:
        return
    named = before is None or assignee != before["assignee_id"]
    if named or (group is None and "group_id" not in values):
        ticket["group_id"] = groups[0] if groups else group
    else:
        ticket["assignee_id"] = None


def settle_status(account: Account, ticket: Doc, before: Doc | None, values: Mapping[str, Any], actor: Doc) -> None:
    """Keep status, custom status and assignee consistent: assigning opens a new ticket, solving takes it over."""
    statuses = account.store.collection("custom_statuses")
    chosen = statuses.get(as_int(values.get("custom_status_id")) or 0)
    if chosen is not None:
        ticket["status"] = chosen["status_category"]
    elif "status" not in values and ticket["status"] == "new" and ticket["assignee_id"] is not None:
        ticket["status"] = "open"
    if ticket["status"] == "solved" and ticket["assignee_id"] is None and is_staff(actor):
        ticket["assignee_id"] = actor["id"]
        groups = groups_of(account, actor["id"])
        if groups and ticket["group_id"] not in groups:
            ticket["group_id"] = groups[0]
    if chosen is None and (before is None or ticket["status"] != before["status"]):
        category = "solved" if ticket["status"] == "closed" else ticket["status"]
        fitting = [doc for doc in statuses.by("status_category", category) if doc["default"]]
        ticket["custom_status_id"] = fitting[0]["id"] if fitting else None


def link_problem(account: Account, ticket: Doc) -> None:
    """Note on the problem that it has incidents."""
    tickets = account.store.collection("tickets")
    problem = tickets.get(ticket["problem_id"]) if ticket["problem_id"] is not None else None
    if problem is not None and not problem["has_incidents"]:
        tickets.save({**problem, "has_incidents": True})

"""What a view shows: its columns, and the tickets that meet its conditions in its order."""

from __future__ import annotations

from typing import Any

from flask import has_request_context, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.paging import sortable
from zd_automation.sandbox.rules import ticket_matches
from zd_automation.sandbox.rules_facts import PRIORITY_ORDER, STATUS_ORDER, custom_field_value
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import api_base, as_int

_TITLES = {
    "nice_id": "ID",
    "subject": "Subject",
    "description": "Subject",
    "requester": "Requester",
    "created": "Requested",
    "updated": "Updated",
    "group": "Group",
    "assignee": "Assignee",
    "type": "Type",
    "priority": "Priority",
    "status": "Status",
    "submitter": "Submitter",
    "organization": "Organization",
    "brand": "Brand",
    "locale_id": "Requester language",
    "via": "Channel",
    "assigned": "Assigned",
    "updated_requester": "Requester updated",
    "updated_assignee": "Latest update by assignee",
    "due_date": "Due date",
    "solved": "Solved",
    "score": "Score",
    "ticket_form": "Ticket form",
    "satisfaction_score": "Satisfaction",
}
_KEYS = {
    "nice_id": "id",
    "ticket_id": "id",
    "id": "id",
    "created": "created_at",
    "created_at": "created_at",
    "updated": "updated_at",
    "updated_at": "updated_at",
    "updated_requester": "updated_at",
    "updated_assignee": "updated_at",
    "assigned": "updated_at",
    "requester": "requester_id",
    "assignee": "assignee_id",
    "submitter": "submitter_id",
    "group": "group_id",
    "organization": "organization_id",
    "brand": "brand_id",
    "ticket_form": "ticket_form_id",
    "due_date": "due_at",
    "description": "subject",
}


def columns_of(account: Account, names: list[Any]) -> list[Doc]:
    """Columns by name, or by the id of a custom field, as ``{"id", "title"}``; unknown ones are left out."""
    return [column for name in names if (column := _column(account, name)) is not None]


def _column(account: Account, name: Any) -> Doc | None:
    key = as_int(name)
    if key is not None:
        field = account.store.collection("ticket_fields").get(key)
        if field is None:
            return None
        url = f"{api_base()}/ticket_fields/{key}.json"
        return {"id": key, "title": field["title"], "type": field["type"], "url": url}
    name = "subject" if name == "description" else str(name)
    return {"id": name, "title": _TITLES[name]} if name in _TITLES else None


def group_entry(name: Any, order: Any) -> Doc | None:
    """The ``group`` of an execution."""
    return {"id": name, "title": _title(name), "order": order} if name else None


def sort_entry(name: Any, order: Any) -> Doc | None:
    """The ``sort`` of an execution."""
    shown = "ticket_id" if name == "nice_id" else name
    return {"id": shown, "title": _title(name), "order": order} if name else None


def _title(name: Any) -> str:
    return _TITLES.get(str(name), str(name).replace("_", " ").capitalize())


def view_tickets(account: Account, view: Doc, user: Doc) -> list[Doc]:
    """The tickets in a view for a user, grouped and sorted as the view (or the request) says."""
    conditions = view["conditions"]
    found = account.store.collection("tickets").where(lambda ticket: ticket_matches(account, conditions, ticket, user))
    execution = view.get("execution") or {}
    by, order = execution.get("sort_by") or "nice_id", execution.get("sort_order") or "desc"
    if has_request_context():
        by, order = request.args.get("sort_by") or by, request.args.get("sort_order") or order
    found.sort(key=lambda ticket: _rank(ticket, by), reverse=order == "desc")
    if execution.get("group_by"):
        descending = execution.get("group_order") == "desc"
        found.sort(key=lambda ticket: _rank(ticket, execution["group_by"]), reverse=descending)
    return found


def _rank(ticket: Doc, name: Any) -> tuple[int, float, str]:
    if name == "status":
        return (1, float(STATUS_ORDER.index(ticket["status"])) if ticket["status"] in STATUS_ORDER else -1.0, "")
    if name == "priority":
        return (1, float(PRIORITY_ORDER.index(ticket.get("priority") or "")), "")
    return sortable(_cell(ticket, name))


def _cell(ticket: Doc, name: Any) -> Any:
    key = as_int(name)
    if key is not None:
        return custom_field_value(ticket, key)
    if name == "via":
        return (ticket.get("via") or {}).get("channel")
    return ticket.get(_KEYS.get(str(name), str(name)))


def row_of(account: Account, view: Doc, ticket: Doc) -> Doc:
    """One row of an executed view: the columns' values and a small ticket."""
    execution = view["execution"]
    row: Doc = {"ticket": _small(account, ticket)}
    for column in execution["columns"]:
        name = column["id"]
        label = {"requester": "requester_id", "assignee": "assignee_id", "submitter": "submitter_id"}.get(name, name)
        row[str(label)] = _cell(ticket, name)
    if execution.get("group_by"):
        row["group"] = _cell(ticket, execution["group_by"])
    return row


def _small(account: Account, ticket: Doc) -> Doc:
    comment = account.store.collection("comments").newest("ticket_id", ticket["id"]) or {}
    last = {key: comment.get(key) for key in ("id", "body", "created_at", "author_id", "public")} if comment else None
    keys = ("id", "subject", "description", "status", "type", "priority")
    return {
        **{key: ticket.get(key) for key in keys},
        "url": f"{api_base()}/tickets/{ticket['id']}.json",
        "last_comment": last,
    }

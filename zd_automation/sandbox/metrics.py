"""Ticket metrics and metric events, worked out from a ticket's audits when somebody asks."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.paging import page_of
from zd_automation.sandbox.resources import gone
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.tickets import find_ticket
from zd_automation.sandbox.web import api_base, reply, require_staff

_FIRST_METRIC = 500_000_000_000


def metrics_of(account: Account, ticket: Doc) -> Doc:
    """The metrics of one ticket; times in minutes, business minutes are counted like calendar ones."""
    audits = account.store.collection("audits").by("ticket_id", ticket["id"])
    changes = _changes(audits)
    solved = [at for at, value, _ in changes["status"] if value in ("solved", "closed")]
    assigned = [at for at, value, _ in changes["assignee_id"] if value]
    created = ticket["created_at"]
    replies = _agent_comments(account, ticket)
    return {
        "id": _FIRST_METRIC + ticket["id"],
        "ticket_id": ticket["id"],
        "created_at": created,
        "updated_at": ticket["updated_at"],
        "group_stations": len({value for _, value, _ in changes["group_id"] if value}),
        "assignee_stations": len({value for _, value, _ in changes["assignee_id"] if value}),
        "reopens": sum(1 for _, value, old in changes["status"] if old == "solved" and value in ("open", "pending")),
        "replies": len(replies),
        "assignee_updated_at": assigned[-1] if assigned else None,
        "requester_updated_at": _last(account, ticket, ticket["requester_id"]) or created,
        "status_updated_at": changes["status"][-1][0] if changes["status"] else created,
        "initially_assigned_at": assigned[0] if assigned else None,
        "assigned_at": assigned[-1] if assigned else None,
        "solved_at": solved[-1] if solved else None,
        "latest_comment_added_at": _last(account, ticket, None) or created,
        "custom_status_updated_at": changes["status"][-1][0] if changes["status"] else created,
        "reply_time_in_minutes": _span(created, replies[0]["created_at"] if replies else None),
        "reply_time_in_seconds": {"calendar": _minutes(created, replies[0]["created_at"], 1) if replies else None},
        "first_resolution_time_in_minutes": _span(created, solved[0] if solved else None),
        "full_resolution_time_in_minutes": _span(created, solved[-1] if solved else None),
        "agent_wait_time_in_minutes": _span(created, None),
        "requester_wait_time_in_minutes": _span(created, solved[-1] if solved else None),
        "on_hold_time_in_minutes": {"calendar": 0, "business": 0},
    }


def present_metrics(metrics: Doc) -> Doc:
    """The metrics as the API shows them."""
    return {"url": f"{api_base()}/ticket_metrics/{metrics['id']}.json", **metrics}


def metric_events(account: Account, ticket: Doc) -> list[Doc]:
    """Activate, fulfil and status events of one ticket's clocks."""
    metrics = metrics_of(account, ticket)
    base = ticket["id"] * 1000
    wanted = [
        ("reply_time", "activate", ticket["created_at"]),
        ("requester_wait_time", "activate", ticket["created_at"]),
        ("agent_work_time", "activate", ticket["created_at"]),
    ]
    replies = _agent_comments(account, ticket)
    if replies:
        wanted.append(("reply_time", "fulfill", replies[0]["created_at"]))
    if metrics["solved_at"]:
        wanted += [(name, "fulfill", metrics["solved_at"]) for name in ("requester_wait_time", "agent_work_time")]
        wanted.append(("resolution_time", "fulfill", metrics["solved_at"]))
    events = []
    for place, (name, kind, time) in enumerate(wanted):
        events.append({
            "id": base + place, "ticket_id": ticket["id"], "metric": name, "instance_id": 1, "type": kind, "time": time,
        })  # fmt: skip
    return events


def _changes(audits: list[Doc]) -> dict[str, list[tuple[str, str | None, str | None]]]:
    """When which value was set, per key that metrics look at: (time, value, previous value)."""
    found: dict[str, list[tuple[str, str | None, str | None]]] = {"status": [], "group_id": [], "assignee_id": []}
    for audit in audits:
        for event in audit["events"]:
            name = event.get("field_name")
            if name in found:
                found[name].append((audit["created_at"], event["value"], event.get("previous_value")))
    return found


def _agent_comments(account: Account, ticket: Doc) -> list[Doc]:
    """Public replies by staff after the first comment."""
    users = account.store.collection("users")
    comments = account.store.collection("comments").by("ticket_id", ticket["id"])[1:]
    return [c for c in comments if c["public"] and (users.get(c["author_id"]) or {}).get("role") in ("agent", "admin")]


def _last(account: Account, ticket: Doc, author: int | None) -> str | None:
    comments = account.store.collection("comments").by("ticket_id", ticket["id"])
    times = [c["created_at"] for c in comments if author is None or c["author_id"] == author]
    return times[-1] if times else None


def _span(start: str, end: str | None) -> Doc:
    value = _minutes(start, end, 60) if end else None
    return {"calendar": value, "business": value}


def _minutes(start: str, end: str, unit: int) -> int:
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() // unit)


def blueprint(account: Account) -> Blueprint:
    """ticket_metrics: list, show, and of one ticket; the ``metric_sets`` side-load."""
    routes = Blueprint("metrics", __name__, url_prefix="/api/v2")
    tickets = account.store.collection("tickets")

    def side_load(body: Doc, _records: object) -> None:
        for ticket in [*body.get("tickets", ()), *([body["ticket"]] if "ticket" in body else ())]:
            ticket["metric_set"] = present_metrics(metrics_of(account, ticket))

    account.parts.setdefault("sideloads", {})["metric_sets"] = side_load

    @routes.get("/ticket_metrics")
    def index() -> Response:
        require_staff()
        newest = list(tickets)[::-1]
        body, _ = page_of(newest, "ticket_metrics", lambda ticket: present_metrics(metrics_of(account, ticket)))
        return reply(body)

    @routes.get("/ticket_metrics/<int:key>")
    def show(key: int) -> Response:
        require_staff()
        ticket = gone(tickets.get(key - _FIRST_METRIC) or tickets.get(key))
        return reply({"ticket_metric": present_metrics(metrics_of(account, ticket))})

    @routes.get("/tickets/<int:key>/metrics")
    def of_ticket(key: int) -> Response:
        require_staff()
        return reply({"ticket_metric": present_metrics(metrics_of(account, find_ticket(account, key)))})

    return routes

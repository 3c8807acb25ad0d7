"""Incremental exports: by cursor and by time, ordered by ``generated_timestamp``, a minute behind, deleted ones included."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.limits import charge_export
from zd_automation.sandbox.metrics import metric_events
from zd_automation.sandbox.paging import link
from zd_automation.sandbox.sideload import include
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_deletion import exported_deleted
from zd_automation.sandbox.ticket_model import present_ticket
from zd_automation.sandbox.web import ApiError, reply, require_admin, truthy

PAGE = 1000
Row = tuple[int, int, Doc]  # time of the last change in seconds, id, presented or raw record
Rows = Callable[[], list[Row]]
Show = Callable[[Doc], Doc]


def blueprint(account: Account) -> Blueprint:
    """tickets, users (both with a cursor form), organizations, ticket_events, ticket_metric_events, and the sample."""
    routes = Blueprint("incremental", __name__, url_prefix="/api/v2/incremental")
    users, organizations = account.store.collection("users"), account.store.collection("organizations")

    def tickets() -> list[Row]:
        kept = [] if truthy(request.args.get("exclude_deleted")) else _deleted(account)
        return [(t["generated_timestamp"], t["id"], t) for t in account.store.collection("tickets")] + kept

    def people() -> list[Row]:
        return [(_seconds(u["updated_at"]), u["id"], u) for u in users if not u.get("_purged")]

    def companies() -> list[Row]:
        return [(_seconds(o["updated_at"]), o["id"], o) for o in organizations]

    def show_ticket(doc: Doc) -> Doc:
        return exported_deleted(doc) if "deleted_at" in doc else present_ticket(doc)

    def show(kind: str) -> Show:
        return lambda doc: account.parts["presenters"][kind](doc)

    _add(account, routes, "tickets", tickets, show_ticket)
    _add(account, routes, "users", people, show("users"))
    _add(account, routes, "organizations", companies, show("organizations"))
    _add(account, routes, "ticket_events", lambda: _ticket_events(account), dict)
    _add(account, routes, "ticket_metric_events", lambda: _metric_rows(account), dict)

    @routes.get("/<name>/sample")
    def sample(name: str) -> Response:
        require_admin()
        rows = {"tickets": tickets, "users": people, "organizations": companies}.get(name)
        if rows is None:
            raise ApiError(404, {"error": "InvalidEndpoint", "description": "Not found"})
        shown = {"tickets": show_ticket}.get(name) or show(name)
        chosen = [shown(doc) for _, _, doc in sorted(rows(), key=_order)[:50]]
        return reply({name: chosen, "count": len(chosen), "end_of_stream": True, "end_time": None, "next_page": None})

    return routes


def _order(row: Row) -> tuple[int, int]:
    return row[0], row[1]


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _deleted(account: Account) -> list[Row]:
    return [(r["ticket"]["generated_timestamp"], r["id"], r) for r in account.store.collection("deleted_tickets")]


def _add(account: Account, routes: Blueprint, name: str, rows: Rows, show: Show) -> None:
    def by_time() -> Response:
        require_admin()
        charge_export(account, name)
        start = _start(account)
        ready = _ready(account, rows(), start)
        chosen = _time_page(ready, _size())
        end = chosen[-1][0] if chosen else None
        complete = len(chosen) == len(ready)
        body: Doc = {
            name: [show(doc) for _, _, doc in chosen],
            "count": len(chosen),
            "end_of_stream": complete,
            "end_time": end,
            "next_page": link(start_time=start if end is None else end, page=None),
        }
        return reply(include(account, body, [doc.get("ticket", doc) for _, _, doc in chosen]))

    def by_cursor() -> Response:
        require_admin()
        charge_export(account, name)
        cursor = request.args.get("cursor")
        after = _decode(cursor) if cursor else (_start(account), -1)
        ready = _ready(account, rows(), after[0], after)
        chosen = ready[: _size()]
        end = _encode(chosen[-1][0], chosen[-1][1]) if chosen else _encode(*after)
        body: Doc = {
            name: [show(doc) for _, _, doc in chosen],
            "after_url": link(cursor=end, start_time=None),
            "before_url": None,
            "after_cursor": end,
            "before_cursor": None,
            "end_of_stream": len(chosen) == len(ready),
        }
        return reply(include(account, body, [doc.get("ticket", doc) for _, _, doc in chosen]))

    routes.add_url_rule(f"/{name}", f"{name}_by_time", by_time, methods=["GET"])
    routes.add_url_rule(f"/{name}/cursor", f"{name}_by_cursor", by_cursor, methods=["GET"])


def _ready(account: Account, rows: list[Row], start: int, after: tuple[int, int] | None = None) -> list[Row]:
    """Rows from the start on that are old enough to be exported, in the order of their change."""
    newest = account.clock.now().timestamp() - account.settings.export_lag
    fresh = (row for row in rows if start <= row[0] <= newest and (after is None or (row[0], row[1]) > after))
    return sorted(fresh, key=_order)


def _time_page(rows: list[Row], size: int) -> list[Row]:
    """A page by time never ends within a second, or the rest of that second would come twice."""
    chosen = rows[:size]
    for row in rows[size:]:
        if row[0] != chosen[-1][0]:
            break
        chosen.append(row)
    if len(chosen) < len(rows) and chosen and chosen[0][0] == chosen[-1][0] == rows[0][0]:
        return rows[: len(chosen) + 1]
    return chosen


def _size() -> int:
    text = request.args.get("per_page", str(PAGE))
    return max(1, min(int(text), PAGE)) if text.isdigit() else PAGE


def _start(account: Account) -> int:
    text = request.args.get("start_time", "")
    if not text.lstrip("-").isdigit():
        raise ApiError(400, {"error": "StartTimeMissing", "description": "You must supply a start time"})
    start = int(text)
    if start > account.clock.timestamp() - min(60, account.settings.export_lag):
        raise ApiError(
            422,
            {"error": "InvalidValue", "description": "Too recent start_time. Use a start_time older than 60 seconds"},
        )
    return start


def _encode(seconds: int, key: int) -> str:
    return base64.b64encode(json.dumps([seconds, key]).encode()).decode()


def _decode(cursor: str) -> tuple[int, int]:
    try:
        seconds, key = json.loads(base64.b64decode(cursor, validate=True))
        return int(seconds), int(key)
    except (ValueError, TypeError):
        raise ApiError(400, {"error": "InvalidCursor", "description": "cursor is not valid"}) from None


def _ticket_events(account: Account) -> list[Row]:
    comments = "comment_events" in request.args.get("include", "")
    rows = []
    for audit in account.store.collection("audits"):
        seconds = _seconds(audit["created_at"])
        event = {
            "id": audit["id"],
            "ticket_id": audit["ticket_id"],
            "timestamp": seconds,
            "created_at": audit["created_at"],
            "updater_id": audit["author_id"],
            "via": {"web": "Web form", "api": "Web service", "email": "Mail"}.get(audit["via"]["channel"], "Rule"),
            "system": audit["metadata"]["system"],
            "metadata": audit["metadata"]["custom"],
            "event_type": "Audit",
            "child_events": [_child(audit, item, comments) for item in audit["events"]],
        }
        rows.append((seconds, audit["id"], event))
    return rows


def _child(audit: Doc, item: Doc, comments: bool) -> Doc:
    child: Doc = {"id": item["id"], "via": "Web service", "created_at": audit["created_at"], "event_type": item["type"]}
    child["via_reference_id"] = None
    if item["type"] == "Comment":
        if comments:
            return {**child, **{k: v for k, v in item.items() if k not in ("id", "audit_id")}}
        return {**child, "comment_present": True, "comment_public": item["public"]}
    if "field_name" in item:
        child[item["field_name"]] = item["value"]
        if "previous_value" in item:
            child["previous_value"] = item["previous_value"]
    return child


def _metric_rows(account: Account) -> list[Row]:
    rows = []
    for ticket in account.store.collection("tickets"):
        rows += [(_seconds(event["time"]), event["id"], event) for event in metric_events(account, ticket)]
    return rows

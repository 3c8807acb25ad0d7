"""Merging tickets into one, and Zendesk's follow-up tickets."""

from __future__ import annotations

from flask import Blueprint, Response

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.audits import api_via
from zd_automation.sandbox.jobs import start_job
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_events import announce
from zd_automation.sandbox.ticket_writes import update_ticket
from zd_automation.sandbox.tickets import find_ticket
from zd_automation.sandbox.web import ApiError, as_int, bad_request, caller, invalid_field, json_body, require_staff

MERGE_TAG = "closed_by_merge"


def blueprint(account: Account) -> Blueprint:
    """``POST /api/v2/tickets/<id>/merge``."""
    routes = Blueprint("ticket_merge", __name__, url_prefix="/api/v2")

    @routes.post("/tickets/<int:key>/merge")
    def merge(key: int) -> Response:
        require_staff()
        target = find_ticket(account, key)
        body = json_body()
        sources = [found for item in body.get("ids") or () if (found := as_int(item)) is not None]
        if not sources or key in sources:
            raise bad_request("Invalid attribute", "ids must name other tickets than the target")
        actor = caller()
        if target["status"] == "closed":
            raise invalid_field("status", "closed prevents ticket update")

        def work(source: int) -> Doc:
            merge_one(account, source, key, body, actor)
            return {"id": source, "action": "update", "status": "Merged", "success": True}

        return start_job(account, "Ticket Merge", sources, work)

    return routes


def merge_one(account: Account, source: int, target: int, words: Doc, actor: Doc) -> None:
    """Close one ticket with a comment that names the target, and add its last comment to the target. Raises 404, 422."""
    tickets = account.store.collection("tickets")
    ticket = tickets.get(source)
    if ticket is None:
        raise ApiError(404, {"error": "RecordNotFound", "description": "Not found"})
    last = account.store.collection("comments").newest("ticket_id", source)
    told = words.get("source_comment") or f"This request was closed and merged into request #{target}."
    public = bool(words.get("source_comment_is_public", False))
    via = {**api_via(), "source": {"from": {}, "to": {}, "rel": "merge"}}
    closing = {"comment": {"body": told, "public": public}, "status": "closed", "tags": [*ticket["tags"], MERGE_TAG]}
    closed = update_ticket(account, source, closing, actor, via=via).ticket
    text = (
        words.get("target_comment") or f"Request #{source} was closed and merged into this request. Last comment:\n\n"
    )
    quoted = text if words.get("target_comment") else text + (last["body"] if last else "")
    target_public = bool(words.get("target_comment_is_public", False))
    update_ticket(account, target, {"comment": {"body": quoted, "public": target_public}}, actor, via=via)
    announce(account, "ticket.merged", closed, actor, {"target_ticket_id": str(target)})

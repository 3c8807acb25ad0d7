"""Deleting tickets in two steps, as Zendesk does: to the deleted ones first, then for good; and restoring."""

from __future__ import annotations

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.jobs import start_job
from zd_automation.sandbox.paging import page_of, sorted_items
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_events import announce
from zd_automation.sandbox.ticket_model import present_ticket
from zd_automation.sandbox.web import caller, ids_of, not_found, reply, require_admin, require_staff

SCRUBBED = "SCRUBBED"


def delete_ticket(account: Account, key: int, actor: Doc) -> None:
    """Move a ticket to the deleted ones and tell of it. Raises 404."""
    with account.store.lock:
        ticket = account.store.collection("tickets").delete(key)
        if ticket is None:
            not_found()
        now = account.clock.iso()
        gone = {**ticket, "generated_timestamp": account.clock.timestamp(), "updated_at": now}
        account.store.collection("deleted_tickets").save({
            "id": key,
            "ticket": gone,
            "actor": {"id": actor["id"], "name": actor["name"]},
            "deleted_at": now,
            "previous_state": ticket["status"],
            "scrubbed": False,
        })  # fmt: skip
    announce(account, "ticket.soft_deleted", {**gone, "status": "deleted"}, actor)


def restore_ticket(account: Account, key: int, actor: Doc) -> None:
    """Bring a deleted ticket back and tell of it. Raises 404, also when it was purged."""
    with account.store.lock:
        record = account.store.collection("deleted_tickets").get(key)
        if record is None or record["scrubbed"]:
            not_found()
        account.store.collection("deleted_tickets").delete(key)
        ticket = {
            **record["ticket"],
            "updated_at": account.clock.iso(),
            "generated_timestamp": account.clock.timestamp(),
        }
        account.store.collection("tickets").save(ticket)
    announce(account, "ticket.undeleted", ticket, actor)


def purge_ticket(account: Account, key: int, actor: Doc) -> Doc:
    """Erase what a deleted ticket said; exports still show its shell. Raises 404."""
    with account.store.lock:
        records = account.store.collection("deleted_tickets")
        record = records.get(key)
        if record is None or record["scrubbed"]:
            not_found()
        shell = {
            **record["ticket"],
            "subject": SCRUBBED,
            "raw_subject": SCRUBBED,
            "description": SCRUBBED,
            "tags": [],
            "custom_fields": [{"id": e["id"], "value": None} for e in record["ticket"]["custom_fields"]],
            "generated_timestamp": account.clock.timestamp(),
        }
        records.save({**record, "ticket": shell, "scrubbed": True})
        for kind in ("comments", "audits"):
            for doc in account.store.collection(kind).by("ticket_id", key):
                account.store.collection(kind).delete(doc["id"])
    announce(account, "ticket.permanently_deleted", {**shell, "status": "deleted"}, actor)
    return {"id": key, "success": True}


def present_deleted(record: Doc) -> Doc:
    """A deleted ticket as its list shows it."""
    return {
        "id": record["id"],
        "subject": record["ticket"]["subject"],
        "description": record["ticket"]["description"],
        "actor": record["actor"],
        "deleted_at": record["deleted_at"],
        "previous_state": record["previous_state"],
    }


def exported_deleted(record: Doc) -> Doc:
    """A deleted ticket as exports show it: the whole ticket with status ``deleted``."""
    return {**present_ticket(record["ticket"]), "status": "deleted"}


def blueprint(account: Account) -> Blueprint:
    """``/api/v2/deleted_tickets``: list, restore, purge."""
    routes = Blueprint("deleted_tickets", __name__, url_prefix="/api/v2/deleted_tickets")
    records = account.store.collection("deleted_tickets")

    @routes.get("")
    def index() -> Response:
        require_staff()
        found = sorted_items(records.where(lambda r: not r["scrubbed"])[::-1], ("id", "deleted_at"))
        body, _ = page_of(found, "deleted_tickets", present_deleted)
        return reply(body)

    @routes.put("/<int:key>/restore")
    def restore(key: int) -> Response:
        require_staff()
        restore_ticket(account, key, caller())
        return reply({})

    @routes.put("/restore_many")
    def restore_many() -> Response:
        require_staff()
        for key in ids_of(request.args.get("ids")):
            restore_ticket(account, key, caller())
        return reply({})

    @routes.delete("/<int:key>")
    def purge(key: int) -> Response:
        require_admin()
        if key not in records or (records.get(key) or {}).get("scrubbed"):
            not_found()
        actor = caller()
        return start_job(account, "Delete Ticket", [key], lambda item: purge_ticket(account, item, actor))

    @routes.delete("/destroy_many")
    def purge_many() -> Response:
        require_admin()
        actor = caller()
        keys = ids_of(request.args.get("ids"))
        return start_job(account, "Bulk Delete Ticket", keys, lambda item: purge_ticket(account, item, actor))

    return routes

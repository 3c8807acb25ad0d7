"""Suspended tickets: mail that Zendesk distrusts, kept apart until somebody recovers or deletes it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.audits import api_via
from zd_automation.sandbox.paging import page_of, sorted_items
from zd_automation.sandbox.resources import gone
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_model import present_ticket
from zd_automation.sandbox.ticket_writes import create_ticket
from zd_automation.sandbox.web import ApiError, api_base, caller, ids_of, no_content, reply, require_staff

SORTS = ("created_at", "subject", "cause", "author_email")


def add_suspended(
    account: Account,
    subject: str,
    content: str,
    *,
    name: str,
    email: str,
    cause: str = "Detected as spam",
    cause_id: int = 0,
) -> Doc:
    """Store a suspended mail; nothing else in the account hears of it."""
    now = account.clock.iso()
    key = account.store.next_id("suspended_tickets")
    return account.store.collection("suspended_tickets").save({
        "id": key,
        "author": {"id": None, "name": name, "email": email},
        "subject": subject,
        "content": content,
        "cause": cause,
        "cause_id": cause_id,
        "error_messages": None,
        "message_id": f"<{key}@example.com>",
        "ticket_id": None,
        "recipient": f"support@{account.settings.subdomain}.zendesk.com",
        "brand_id": next(iter(account.store.collection("brands")))["id"],
        "attachments": [],
        "via": api_via("email"),
        "created_at": now,
        "updated_at": now,
    })  # fmt: skip


def present(doc: Doc) -> Doc:
    """The suspended ticket as the API shows it."""
    return {"url": f"{api_base()}/suspended_tickets/{doc['id']}.json", **doc}


def recover(account: Account, doc: Doc, actor: Doc, *, keep_author: bool) -> Doc:
    """Turn a suspended mail into a ticket of its author, or of whoever recovers it."""
    values: Doc = {
        "subject": doc["subject"],
        "comment": {"body": doc["content"]},
        "via": {"channel": "email"},
        "recipient": doc["recipient"],
    }
    if keep_author:
        values["requester"] = {"name": doc["author"]["name"], "email": doc["author"]["email"]}
    ticket = create_ticket(account, values, actor).ticket
    account.store.collection("suspended_tickets").delete(doc["id"])
    return ticket


def blueprint(account: Account) -> Blueprint:
    """list, show, recover, recover_many, delete, destroy_many."""
    routes = Blueprint("suspended_tickets", __name__, url_prefix="/api/v2/suspended_tickets")
    docs = account.store.collection("suspended_tickets")

    @routes.get("")
    def index() -> Response:
        require_staff()
        body, _ = page_of(sorted_items(list(docs), SORTS), "suspended_tickets", present)
        return reply(body)

    @routes.get("/<int:key>")
    def show(key: int) -> Response:
        require_staff()
        return reply({"suspended_ticket": present(gone(docs.get(key)))})

    _add_changes(account, routes)
    return routes


def _add_changes(account: Account, routes: Blueprint) -> None:
    docs = account.store.collection("suspended_tickets")

    @routes.put("/<int:key>/recover")
    def recover_one(key: int) -> Response:
        require_staff()
        ticket = recover(account, gone(docs.get(key)), caller(), keep_author=False)
        return reply({"ticket": [present_ticket(ticket)]})

    @routes.put("/recover_many")
    def recover_many() -> Response:
        require_staff()
        found = [doc for key in ids_of(request.args.get("ids")) if (doc := docs.get(key)) is not None]
        failed: list[Doc] = []
        tickets: list[Doc] = []
        for doc in found:
            try:
                tickets.append(present_ticket(recover(account, doc, caller(), keep_author=True)))
            except ApiError:
                failed.append(present(doc))
        if failed:
            return reply({"suspended_tickets": failed}, 422)
        return reply({"tickets": tickets})

    @routes.delete("/<int:key>")
    def delete(key: int) -> Response:
        require_staff()
        docs.delete(gone(docs.get(key))["id"])
        return no_content()

    @routes.delete("/destroy_many")
    def destroy_many() -> Response:
        require_staff()
        for key in ids_of(request.args.get("ids")):
            docs.delete(key)
        return no_content()

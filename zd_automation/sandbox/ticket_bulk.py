"""Many tickets at once: jobs for create, update and delete, and the import of history."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.jobs import start_job
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_deletion import delete_ticket
from zd_automation.sandbox.ticket_model import present_ticket
from zd_automation.sandbox.ticket_writes import create_ticket, update_ticket
from zd_automation.sandbox.web import (
    api_base,
    as_int,
    bad_request,
    caller,
    ids_of,
    invalid_field,
    json_body,
    not_found,
    reply,
    require_admin,
    require_staff,
    wrapped,
    wrapped_list,
)


def blueprint(account: Account) -> Blueprint:
    """create_many, update_many, destroy_many, mark_many_as_spam, and the two import calls."""
    routes = Blueprint("ticket_bulk", __name__, url_prefix="/api/v2")

    @routes.post("/tickets/create_many")
    def create_many() -> Response:
        require_staff()
        actor = caller()

        def work(item: Doc) -> Doc:
            ticket = create_ticket(account, item, actor).ticket
            return {"id": ticket["id"], "account_id": account.id, "success": True, "status": "Created"}

        return start_job(account, "Bulk Create Ticket", wrapped_list("tickets"), work)

    @routes.route("/tickets/update_many", methods=["PUT", "POST"])
    def update_many() -> Response:
        require_staff()
        actor = caller()

        def work(item: Doc) -> Doc:
            key = as_int(item.get("id"))
            if key is None:
                not_found()
            update_ticket(account, key, item, actor, bulk=True)
            return {"id": key, "action": "update", "status": "Updated", "success": True}

        return start_job(account, "Bulk Update Ticket", _updates(account), work)

    @routes.delete("/tickets/destroy_many")
    def destroy_many() -> Response:
        require_staff()
        actor = caller()

        def work(key: int) -> Doc:
            delete_ticket(account, key, actor)
            return {"id": key, "action": "delete", "status": "Deleted", "success": True}

        return start_job(account, "Bulk Delete Ticket", ids_of(request.args.get("ids")), work)

    _add_spam(account, routes)
    _add_imports(account, routes)
    return routes


def _add_spam(account: Account, routes: Blueprint) -> None:
    @routes.put("/tickets/<int:key>/mark_as_spam")
    def mark_as_spam(key: int) -> Response:
        require_staff()
        ticket = account.store.collection("tickets").get(key)
        if ticket is None:
            not_found()
        delete_ticket(account, key, caller())
        users = account.store.collection("users")
        requester = users.get(ticket["requester_id"])
        if requester is not None and requester["role"] == "end-user":
            users.save({**requester, "suspended": True})
        return reply({})


def _add_imports(account: Account, routes: Blueprint) -> None:
    @routes.post("/imports/tickets")
    def import_one() -> Response:
        require_admin()
        ticket = import_ticket(account, wrapped("ticket"), caller())
        return reply({"ticket": present_ticket(ticket)}, 201, f"{api_base()}/tickets/{ticket['id']}.json")

    @routes.post("/imports/tickets/create_many")
    def import_many() -> Response:
        require_admin()
        actor = caller()

        def work(item: Doc) -> Doc:
            return {"id": import_ticket(account, item, actor)["id"], "account_id": account.id, "success": True}

        return start_job(account, "Bulk Import Ticket", wrapped_list("tickets"), work)


def _updates(account: Account) -> list[Doc]:
    """Both forms: ``?ids=1,2`` with one ``ticket``, or a ``tickets`` array; a list by external id too."""
    if "ids" in request.args:
        values = json_body().get("ticket")
        if not isinstance(values, dict):
            raise bad_request("Invalid attribute", "ticket is required with ids")
        return [{**values, "id": key} for key in ids_of(request.args["ids"])]
    items = wrapped_list("tickets")
    if "external_ids" in request.args:
        known = {ticket["external_id"]: ticket["id"] for ticket in account.store.collection("tickets")}
        return [{**item, "id": known.get(item.get("external_id"))} for item in items]
    return items


def import_ticket(account: Account, values: Doc, actor: Doc) -> Doc:
    """Store a ticket with its history: own times, many comments, any status; no triggers, no events.

    Raises 422 without any comment or for a value that is wrong.
    """
    comments = [item for item in values.get("comments") or () if isinstance(item, dict)]
    first = comments.pop(0) if comments else values.get("comment", values.get("description"))
    if not first:
        raise invalid_field("base", "Description: cannot be blank", "BlankValue")
    with account.store.lock:
        plain = {k: v for k, v in values.items() if k not in {"comments", "created_at", "updated_at", "solved_at"}}
        plain["comment"] = {"value": first["value"], **first} if isinstance(first, dict) and "value" in first else first
        status = plain.pop("status", "new")
        ticket = create_ticket(account, plain, actor, imported=True).ticket
        _date_comments(account, ticket, first)
        for item in comments:
            update_ticket(account, ticket["id"], {"comment": item}, actor, quiet=True)
            _date_comments(account, ticket, item)
        if status != "new":
            update_ticket(account, ticket["id"], {"status": status}, actor, quiet=True)
        return _dated(account, ticket["id"], values)


def _dated(account: Account, key: int, values: Doc) -> Doc:
    tickets = account.store.collection("tickets")
    ticket = dict(tickets.get(key) or {})
    for name in ("created_at", "updated_at"):
        if values.get(name):
            ticket[name] = _time(values[name])
    if values.get("created_at") and not values.get("updated_at"):
        ticket["updated_at"] = ticket["created_at"]
    return tickets.save(ticket)


def _date_comments(account: Account, ticket: Doc, item: object) -> None:
    comment = account.store.collection("comments").newest("ticket_id", ticket["id"])
    if comment is not None and isinstance(item, dict) and item.get("created_at"):
        account.store.collection("comments").save({**comment, "created_at": _time(item["created_at"])})


def _time(text: object) -> str:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise bad_request("Invalid attribute", f"{text} is not a time") from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

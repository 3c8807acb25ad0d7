"""``/api/v2/requests``: tickets as their requester sees them."""

from __future__ import annotations

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.comments import present_comment
from zd_automation.sandbox.paging import page_of, sorted_items
from zd_automation.sandbox.people import ensure_user
from zd_automation.sandbox.search_query import parse_query, ticket_matches
from zd_automation.sandbox.sideload import include
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_writes import create_ticket, update_ticket
from zd_automation.sandbox.web import ApiError, api_base, blank, caller, is_staff, not_found, reply, truthy, wrapped

_SHOWN = (
    "status", "priority", "type", "subject", "description", "organization_id", "via", "custom_fields", "requester_id",
    "collaborator_ids", "email_cc_ids", "is_public", "due_at", "created_at", "updated_at", "recipient", "assignee_id",
    "ticket_form_id", "custom_status_id", "group_id", "followup_ids",
)  # fmt: skip
_OPEN = ("new", "open", "pending", "hold")


def present_request(ticket: Doc) -> Doc:
    """A ticket as its requester sees it."""
    shown = {"url": f"{api_base()}/requests/{ticket['id']}.json", "id": ticket["id"]}
    shown.update({name: ticket[name] for name in _SHOWN})
    shown["followup_source_id"] = None
    shown["can_be_solved_by_me"] = ticket["assignee_id"] is not None and ticket["status"] in _OPEN
    shown["fields"] = ticket["custom_fields"]
    return shown


def blueprint(account: Account) -> Blueprint:
    """list, open, solved, ccd, search, show, create, update, comments."""
    routes = Blueprint("requests", __name__, url_prefix="/api/v2")
    _add_lists(account, routes)
    _add_single(account, routes)
    return routes


def _page(account: Account, tickets: list[Doc]) -> Response:
    ordered = sorted_items(tickets, ("created_at", "updated_at"))
    body, chosen = page_of(ordered, "requests", present_request)
    return reply(include(account, body, chosen))


def _mine(account: Account) -> list[Doc]:
    tickets = account.store.collection("tickets")
    return list(tickets) if is_staff(caller()) else tickets.by("requester_id", caller()["id"])


def _add_lists(account: Account, routes: Blueprint) -> None:
    tickets = account.store.collection("tickets")

    @routes.get("/requests")
    def index() -> Response:
        wanted = [part for part in request.args.get("status", "").split(",") if part]
        return _page(account, [t for t in _mine(account) if not wanted or t["status"] in wanted])

    @routes.get("/requests/open")
    def index_open() -> Response:
        return _page(account, [t for t in _mine(account) if t["status"] in _OPEN])

    @routes.get("/requests/solved")
    def index_solved() -> Response:
        return _page(account, [t for t in _mine(account) if t["status"] in ("solved", "closed")])

    @routes.get("/requests/ccd")
    def index_ccd() -> Response:
        return _page(account, tickets.where(lambda t: caller()["id"] in t["collaborator_ids"]))

    @routes.get("/requests/search")
    def search() -> Response:
        terms = parse_query(request.args.get("query", ""))
        status = [part for part in request.args.get("status", "").split(",") if part]
        found = [t for t in _mine(account) if ticket_matches(account, t, terms)]
        return _page(account, [t for t in found if not status or t["status"] in status])

    @routes.get("/users/<int:key>/requests")
    def of_user(key: int) -> Response:
        return _page(account, tickets.by("requester_id", key))

    @routes.get("/organizations/<int:key>/requests")
    def of_organization(key: int) -> Response:
        return _page(account, tickets.by("organization_id", key))


def _find(account: Account, key: int) -> Doc:
    ticket = account.store.collection("tickets").get(key)
    if ticket is None or not (is_staff(caller()) or ticket["requester_id"] == caller()["id"]):
        not_found()
    return ticket


def _public(account: Account, key: int) -> list[Doc]:
    return [doc for doc in account.store.collection("comments").by("ticket_id", key) if doc["public"]]


def _add_single(account: Account, routes: Blueprint) -> None:
    @routes.get("/requests/<int:key>")
    def show(key: int) -> Response:
        ticket = _find(account, key)
        return reply(include(account, {"request": present_request(ticket)}, [ticket]))

    @routes.post("/requests")
    def create() -> Response:
        values = wrapped("request")
        actor = caller()
        if actor["id"] is None:
            named = ensure_user(account, values.get("requester")) if values.get("requester") else None
            if named is None:
                raise blank("requester")
            actor = named
        ticket = create_ticket(account, values, actor).ticket
        shown = present_request(ticket)
        return reply({"request": shown}, 201, shown["url"])

    @routes.put("/requests/<int:key>")
    def update(key: int) -> Response:
        _find(account, key)
        values = wrapped("request")
        if not values.get("comment") and not truthy(values.get("solved")):
            text = "A comment is required to update your request."
            raise ApiError(406, {"error": "CommentRequired", "description": text})
        wanted: Doc = {name: values[name] for name in ("comment", "subject", "priority", "type") if name in values}
        if truthy(values.get("solved")):
            wanted["status"] = "solved"
        return reply({"request": present_request(update_ticket(account, key, wanted, caller()).ticket)})

    @routes.get("/requests/<int:key>/comments")
    def comments(key: int) -> Response:
        _find(account, key)
        body, chosen = page_of(_public(account, key), "comments", present_comment)
        return reply(include(account, body, chosen))

    @routes.get("/requests/<int:key>/comments/<int:comment>")
    def show_comment(key: int, comment: int) -> Response:
        _find(account, key)
        found = [doc for doc in _public(account, key) if doc["id"] == comment]
        return reply({"comment": present_comment(found[0] if found else not_found())})

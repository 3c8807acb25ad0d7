"""``/api/v2/tickets``: show, create, update, delete, list, count, and the lists of a user's or organization's tickets."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, g, request

from zd_automation.sandbox import ticket_sideloads
from zd_automation.sandbox.account import Account
from zd_automation.sandbox.limits import charge_ticket_update, limits
from zd_automation.sandbox.paging import page_of, sortable, sorted_items
from zd_automation.sandbox.sideload import include
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_deletion import delete_ticket
from zd_automation.sandbox.ticket_model import PRIORITIES, STATUSES, present_ticket
from zd_automation.sandbox.ticket_writes import Written, create_ticket, update_ticket
from zd_automation.sandbox.web import (
    api_base,
    caller,
    ids_of,
    is_staff,
    no_content,
    not_found,
    reply,
    require_staff,
    wrapped,
)

__all__ = ["blueprint", "create_ticket", "update_ticket"]

SORTS = ("id", "created_at", "updated_at", "subject", "assignee_id", "group_id", "requester_id")
_RANKS = {"status": STATUSES, "priority": PRIORITIES}
_COUNT_KEPT = 10_000  # idempotency keys remembered


def blueprint(account: Account) -> Blueprint:
    """The routes of single tickets and of ticket lists."""
    account.parts.setdefault("presenters", {})["tickets"] = present_ticket
    routes = Blueprint("tickets", __name__, url_prefix="/api/v2")
    ticket_sideloads.install(account)
    _add_single(account, routes)
    _add_lists(account, routes)
    return routes


def find_ticket(account: Account, key: int) -> Doc:
    """The ticket that the caller may see. Raises 404."""
    ticket = account.store.collection("tickets").get(key)
    if ticket is None:
        not_found()
    user = caller()
    if not is_staff(user) and ticket["requester_id"] != user["id"]:
        not_found()
    return ticket


def written_body(account: Account, written: Written) -> Doc:
    """``{"ticket", "audit"}`` as create and update answer."""
    shown = present_ticket(written.ticket)
    if written.previous is None:
        shown["generated_timestamp"] = 0
    return include(account, {"ticket": shown, "audit": written.audit}, [written.ticket])


def ticket_page(account: Account, tickets: list[Doc], *, cursor_only: bool = False) -> Response:
    """A page of tickets, sorted and with side-loads."""
    body, chosen = page_of(_ordered(tickets), "tickets", present_ticket, cursor_only=cursor_only)
    return reply(include(account, body, chosen))


def _ordered(tickets: list[Doc]) -> list[Doc]:
    asked = (request.args.get("sort") or request.args.get("sort_by") or "").lstrip("-")
    if asked in _RANKS:
        ranks = {name: place for place, name in enumerate(_RANKS[asked])}
        descending = (request.args.get("sort") or "").startswith("-") or request.args.get("sort_order") == "desc"
        return sorted(tickets, key=lambda ticket: ranks.get(ticket[asked], -1), reverse=descending)
    if asked == "":
        return tickets[::-1] if request.args.get("sort_order") == "desc" else tickets
    return sorted_items(tickets, SORTS)


def _add_single(account: Account, routes: Blueprint) -> None:
    @routes.post("/tickets")
    def create() -> Response:
        require_staff()
        key = request.headers.get("Idempotency-Key")
        values = wrapped("ticket")
        if key is None:
            return _created(account, create_ticket(account, values, caller()))
        return _create_once(account, key, values)

    @routes.get("/tickets/<int:key>")
    def show(key: int) -> Response:
        ticket = find_ticket(account, key)
        return reply(include(account, {"ticket": present_ticket(ticket)}, [ticket]))

    @routes.put("/tickets/<int:key>")
    def update(key: int) -> Response:
        require_staff()
        find_ticket(account, key)
        charge_ticket_update(account, caller(), key)
        return reply(written_body(account, update_ticket(account, key, wrapped("ticket"), caller())))

    @routes.delete("/tickets/<int:key>")
    def delete(key: int) -> Response:
        require_staff()
        delete_ticket(account, key, caller())
        return no_content()


def _created(account: Account, written: Written) -> Response:
    return reply(written_body(account, written), 201, f"{api_base()}/tickets/{written.ticket['id']}.json")


def _create_once(account: Account, key: str, values: Doc) -> Response:
    """The same Idempotency-Key answers with the first creation's ticket and makes no second one."""
    seen: dict[str, int] = account.parts.setdefault("idempotency", {})
    with account.store.lock:
        first = seen.get(key)
        ticket = account.store.collection("tickets").get(first) if first is not None else None
        if ticket is not None:
            audit = account.store.collection("audits").by("ticket_id", ticket["id"])[0]
            g.idempotency = "hit"
            return _created(account, Written(ticket, audit))
        written = create_ticket(account, values, caller())
        seen[key] = written.ticket["id"]
        while len(seen) > _COUNT_KEPT:
            del seen[next(iter(seen))]
    g.idempotency = "miss"
    return _created(account, written)


def _add_lists(account: Account, routes: Blueprint) -> None:
    tickets = account.store.collection("tickets")

    def visible() -> list[Doc]:
        user = caller()
        return list(tickets) if is_staff(user) else tickets.by("requester_id", user["id"])

    @routes.get("/tickets")
    def index() -> Response:
        limits(account).charge("tickets-index", account.settings.list_limit)
        external = request.args.get("external_id")
        found = visible()
        return ticket_page(account, [t for t in found if t["external_id"] == external] if external else found)

    @routes.get("/tickets/recent")
    def recent() -> Response:
        return ticket_page(account, sorted(visible(), key=lambda t: sortable(t["updated_at"]), reverse=True)[:5])

    @routes.get("/tickets/count")
    def count() -> Response:
        return reply({"count": {"value": len(visible()), "refreshed_at": account.clock.iso()}})

    @routes.get("/tickets/show_many")
    def show_many() -> Response:
        external = [part for part in request.args.get("external_ids", "").split(",") if part]
        if external:
            return ticket_page(account, [t for t in visible() if t["external_id"] in external])
        return ticket_page(account, [t for key in ids_of(request.args.get("ids")) if (t := tickets.get(key))])

    @routes.get("/problems")
    def problems() -> Response:
        return ticket_page(account, [t for t in visible() if t["type"] == "problem"])

    for path, name, kind in (
        ("organizations/<int:key>/tickets", "organization_id", "organizations"),
        ("users/<int:key>/tickets/requested", "requester_id", "users"),
        ("users/<int:key>/tickets/assigned", "assignee_id", "users"),
        ("groups/<int:key>/tickets", "group_id", "groups"),
        ("brands/<int:key>/tickets", "brand_id", "brands"),
    ):
        _add_list_by(account, routes, path, kind, lambda key, name=name: tickets.by(name, key))  # type: ignore[misc]
    for path, people in (("ccd", "collaborator_ids"), ("followed", "follower_ids")):
        _add_list_by(
            account, routes, f"users/<int:key>/tickets/{path}", "users",
            lambda key, people=people: tickets.where(lambda t: key in t[people]),  # type: ignore[misc]
        )  # fmt: skip


def _add_list_by(account: Account, routes: Blueprint, path: str, kind: str, find: Callable[[int], list[Doc]]) -> None:
    def index(key: int) -> Response:
        if account.store.collection(kind).get(key) is None:
            not_found()
        return ticket_page(account, sorted(find(key), key=lambda ticket: ticket["id"]))

    def count(key: int) -> Response:
        return reply({"count": {"value": len(find(key)), "refreshed_at": account.clock.iso()}})

    endpoint = path.replace("/", "_").replace("<int:key>", "of")
    routes.add_url_rule(f"/{path}", endpoint, index, methods=["GET"])
    routes.add_url_rule(f"/{path}/count", f"{endpoint}_count", count, methods=["GET"])

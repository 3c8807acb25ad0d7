"""The agent's view of the sandbox: views, ticket lists, tickets as they are triaged, and a form for new ones."""

from __future__ import annotations

import re
import zlib
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.business_rules_execution import view_tickets
from zd_automation.sandbox.business_rules_views import may_see
from zd_automation.sandbox.pages_base import secured
from zd_automation.sandbox.pages_model import PAGE_SIZE, all_tickets, menu, row, ticket_page
from zd_automation.sandbox.people import ensure_user
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_writes import create_ticket
from zd_automation.sandbox.web import ApiError, as_int


def blueprint(account: Account) -> Blueprint:
    """/ and /agent with everything below it."""
    routes = Blueprint("pages", __name__)

    @routes.get("/")
    def start() -> AnyResponse:
        return redirect(url_for("pages.home"))

    @routes.get("/agent")
    def home() -> Response:
        return _list_page(account, "All tickets", all_tickets(account), None)

    @routes.get("/agent/views/<int:key>")
    def view(key: int) -> Response:
        found = account.store.collection("views").get(key)
        if found is None or not may_see(account, found, _agent()):
            abort(404)
        return _list_page(account, found["title"], view_tickets(account, found, _agent()), key)

    @routes.get("/agent/tickets/<int:key>")
    def ticket(key: int) -> Response:
        return secured(_page(account, "ticket.html", None, **ticket_page(account, _ticket(account, key))))

    @routes.get("/agent/tickets/<int:key>/live")
    def live(key: int) -> Response:
        return secured(render_template("_ticket.html", **ticket_page(account, _ticket(account, key))))

    @routes.get("/agent/new")
    def new_form() -> Response:
        return _form(account, {"brand": _latest_brand(account)}, "")

    @routes.post("/agent/new")
    def create() -> AnyResponse:
        _check_origin()
        values = {name: request.form.get(name, "").strip() for name in ("brand", "name", "subject", "text", "locale")}
        try:
            created = _created(account, values)
        except ApiError as error:
            page = _form(account, values, _reason(error))
            page.status_code = 422
            return page
        return redirect(url_for("pages.ticket", key=created["id"]), code=303)

    return routes


def _agent() -> Doc:
    """The agent who looks at the pages: the account's admin."""
    return cast("Doc", g.caller)


def _ticket(account: Account, key: int) -> Doc:
    found = account.store.collection("tickets").get(key)
    if found is None:
        abort(404)
    return found


def _page(account: Account, template: str, view_id: int | None, **values: Any) -> str:
    shared = {"menu": menu(account, _agent()), "total": len(account.store.collection("tickets")), "view_id": view_id}
    return render_template(template, subdomain=account.settings.subdomain, **shared, **values)


def _list_page(account: Account, title: str, tickets: list[Doc], view_id: int | None) -> Response:
    number = max(1, request.args.get("page", 1, type=int))
    first = (number - 1) * PAGE_SIZE
    rows = [row(account, ticket) for ticket in tickets[first : first + PAGE_SIZE]]
    more = first + PAGE_SIZE < len(tickets)
    values = {"title": title, "rows": rows, "count": len(tickets), "number": number, "more": more}
    return secured(_page(account, "list.html", view_id, **values))


def _form(account: Account, values: Doc, problem: str) -> Response:
    brands = [brand for brand in account.store.collection("brands") if brand.get("active", True)]
    locales = sorted(account.store.collection("locales"), key=lambda doc: str(doc["name"]))
    page = _page(account, "new.html", None, brands=brands, locales=locales, values=values, problem=problem)
    return secured(page)


def _latest_brand(account: Account) -> str:
    """The brand that customers wrote to last: most likely the desk that somebody wants to try."""
    tickets = all_tickets(account)
    return str(tickets[0].get("brand_id") or "") if tickets else ""


def _check_origin() -> None:
    """Refuse a form that another site sent."""
    origin = request.headers.get("Origin")
    if origin and origin != "null" and urlsplit(origin).netloc != request.host:
        abort(403)


def _created(account: Account, values: Doc) -> Doc:
    """Create a ticket as its requester, by the path that the API takes. Raises 422."""
    name = values["name"] or "Customer"
    mailbox = re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".") or f"customer.{zlib.crc32(name.encode())}"
    person: Doc = {"name": name, "email": f"{mailbox}@customer.example"}
    if values["locale"]:
        person["locale"] = values["locale"]
    with account.store.lock:
        requester = ensure_user(account, person)
    ticket: Doc = {
        "subject": values["subject"] or values["text"][:80],
        "comment": {"body": values["text"]},
        "requester_id": requester["id"] if requester else None,
        "via": {"channel": "web"},
    }
    if as_int(values["brand"]) is not None:
        ticket["brand_id"] = as_int(values["brand"])
    return create_ticket(account, ticket, requester or _agent()).ticket


def _reason(error: ApiError) -> str:
    """What a refused ticket's form says, in the API's own words."""
    if isinstance(error.body, str):
        return error.body
    findings = [finding for found in (error.body.get("details") or {}).values() for finding in found]
    return "; ".join(str(finding.get("description")) for finding in findings) or str(error.body.get("description"))

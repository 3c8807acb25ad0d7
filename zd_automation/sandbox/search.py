"""``/api/v2/search``: over tickets, users, organizations and groups, with count and export."""

from __future__ import annotations

from urllib.parse import unquote_plus

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.paging import page_of, sortable
from zd_automation.sandbox.search_query import TYPES, Term, named_matches, parse_query, ticket_matches, user_matches
from zd_automation.sandbox.sideload import include
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_model import PRIORITIES, STATUSES
from zd_automation.sandbox.web import ApiError, reply, require_staff

RESULT_WINDOW = 1000
_SORTS = {"created_at": "created_at", "updated_at": "updated_at", "ticket_type": "type"}
_RANKS = {"status": STATUSES, "priority": PRIORITIES}


def blueprint(account: Account) -> Blueprint:
    """search, search/count, search/export."""
    routes = Blueprint("search", __name__, url_prefix="/api/v2")

    @routes.get("/search")
    def search() -> Response:
        require_staff()
        found = _sorted(find(account, _query(), None))
        _check_window()
        body, chosen = page_of(found, "results", lambda pair: _present(account, pair))
        body["facets"] = None
        return reply(include(account, body, [doc for _, doc in chosen]))

    @routes.get("/search/count")
    def count() -> Response:
        require_staff()
        return reply({"count": len(find(account, _query(), None))})

    @routes.get("/search/export")
    def export() -> Response:
        require_staff()
        kind = request.args.get("filter[type]", "")
        if kind not in TYPES:
            text = "filter[type] must be one of ticket, organization, user, group"
            raise ApiError(400, {"error": "InvalidParameter", "description": text})
        found = find(account, _query(), kind)
        ordered = [{"id": doc["id"], "pair": (name, doc)} for name, doc in sorted(found, key=_created)]
        body, _ = page_of(
            ordered, "results", lambda item: _present(account, item["pair"]), maximum=1000, cursor_only=True
        )
        body["facets"] = None
        return reply(body)

    return routes


def find(account: Account, query: str, kind: str | None) -> list[tuple[str, Doc]]:
    """``(type, document)`` of everything that a query finds; ``kind`` leaves only one type."""
    terms = parse_query(query)
    asked = {term.value for term in terms if term.field == "type" and term.value in TYPES}
    kinds = [kind] if kind else [name for name in TYPES if name in asked] or list(TYPES)
    return [(name, doc) for name in kinds for doc in _of_kind(account, name, terms)]


def _of_kind(account: Account, name: str, terms: list[Term]) -> list[Doc]:
    docs = account.store.collection(TYPES[name])
    if name == "ticket":
        return [doc for doc in docs if ticket_matches(account, doc, terms)]
    if name == "user":
        return [doc for doc in docs if doc["active"] and user_matches(account, doc, terms)]
    return [doc for doc in docs if not doc.get("deleted") and named_matches(account, doc, terms)]


def _query() -> str:
    """The query; clients exist that quote it twice."""
    text = request.args.get("query", "")
    return unquote_plus(text) if "%" in text else text


def _check_window() -> None:
    page, size = request.args.get("page", "1"), request.args.get("per_page", "100")
    if page.isdigit() and size.isdigit() and (int(page) - 1) * min(int(size), 100) >= RESULT_WINDOW:
        raise ApiError(422, {"error": "invalid", "description": "Invalid search: requested page is beyond the limit"})


def _created(pair: tuple[str, Doc]) -> tuple[str, int]:
    return pair[1]["created_at"], pair[1]["id"]


def _sorted(found: list[tuple[str, Doc]]) -> list[tuple[str, Doc]]:
    name = request.args.get("sort_by", "")
    descending = request.args.get("sort_order", "desc") != "asc"
    if name in _RANKS:
        order = {value: place for place, value in enumerate(_RANKS[name])}
        return sorted(found, key=lambda pair: order.get(pair[1].get(name, ""), -1), reverse=descending)
    if name in _SORTS:
        return sorted(found, key=lambda pair: sortable(pair[1].get(_SORTS[name])), reverse=descending)
    return found


def _present(account: Account, pair: tuple[str, Doc]) -> Doc:
    name, doc = pair
    shown: Doc = account.parts["presenters"][TYPES[name]](doc)
    return {**shown, "result_type": name}

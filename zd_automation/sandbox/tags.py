"""``/api/v2/tags``: the tags in use, counted over tickets."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.limits import limits
from zd_automation.sandbox.paging import page_of
from zd_automation.sandbox.web import bad_request, reply

MOST_USED = 20_000


def blueprint(account: Account) -> Blueprint:
    """tags, tags/count, autocomplete/tags."""
    routes = Blueprint("tags", __name__, url_prefix="/api/v2")

    def counted() -> Counter[str]:
        return Counter(tag for ticket in account.store.collection("tickets") for tag in ticket["tags"])

    @routes.get("/tags")
    def index() -> Response:
        limits(account).charge("tags-index", account.settings.list_limit)
        found = [{"name": name, "count": number} for name, number in counted().most_common(MOST_USED)]
        body, _ = page_of(found, "tags", dict)
        return reply(body)

    @routes.get("/tags/count")
    def count() -> Response:
        return reply({"count": {"value": len(counted()), "refreshed_at": account.clock.iso()}})

    @routes.get("/autocomplete/tags")
    def autocomplete() -> Response:
        start = request.args.get("name", "").lower()
        if len(start) < 2:
            raise bad_request("Invalid attribute", "name must have at least 2 characters")
        found = sorted(name for name in counted() if name.startswith(start))
        return reply({"tags": found, "count": len(found), "next_page": None, "previous_page": None})

    return routes

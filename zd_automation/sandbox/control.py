"""``/__sandbox__``: the handles of the sandbox itself, for tests and the demo."""

from __future__ import annotations

from collections import deque

from flask import Blueprint, Response, g, request

from zd_automation.sandbox import faults
from zd_automation.sandbox.account import Account
from zd_automation.sandbox.limits import limits
from zd_automation.sandbox.seed import seed
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import json_body, no_content, reply

KEPT_CALLS = 10_000
STATE = (
    "tickets", "deleted_tickets", "comments", "audits", "users", "groups", "organizations", "triggers", "webhooks",
    "views", "articles", "suspended_tickets", "job_statuses",
)  # fmt: skip


def calls(account: Account) -> deque[Doc]:
    """The last API calls, oldest first: method, path, query, status, time, user."""
    found: deque[Doc] = account.parts.setdefault("calls", deque(maxlen=KEPT_CALLS))
    return found


def blueprint(account: Account) -> Blueprint:
    """Faults, clock, reset, the list of calls, and counts."""
    routes = Blueprint("control", __name__, url_prefix="/__sandbox__")
    _add_faults(account, routes)
    _add_clock(account, routes)
    _add_calls(account, routes)
    return routes


def _add_faults(account: Account, routes: Blueprint) -> None:
    @routes.get("/faults")
    def show_faults() -> Response:
        return reply(account.faults)

    @routes.route("/faults", methods=["PUT", "POST"])
    def put_faults() -> Response:
        wanted = json_body()
        if request.method == "PUT":
            account.faults.clear()
        for name, parameters in wanted.items():
            faults.put_fault(account, name, parameters if isinstance(parameters, dict) else {})
        return reply(account.faults)

    @routes.delete("/faults")
    def delete_faults() -> Response:
        name = request.args.get("name")
        if name:
            account.faults.pop(name, None)
        else:
            account.faults.clear()
        return no_content()


def _add_clock(account: Account, routes: Blueprint) -> None:
    @routes.get("/clock")
    def show_clock() -> Response:
        return reply({"now": account.clock.iso(), "timestamp": account.clock.timestamp()})

    @routes.post("/clock")
    def turn_clock() -> Response:
        wanted = json_body()
        if wanted.get("freeze"):
            account.clock.freeze()
        if wanted.get("advance"):
            account.clock.advance(float(wanted["advance"]))
        if wanted.get("release"):
            account.clock.release()
        return show_clock()

    @routes.post("/reset")
    def reset() -> Response:
        reset_account(account)
        return no_content()


def _add_calls(account: Account, routes: Blueprint) -> None:
    @routes.get("/requests")
    def show_calls() -> Response:
        wanted = [call for call in list(calls(account)) if request.args.get("path", "") in call["path"]]
        return reply({"requests": wanted, "count": len(wanted)})

    @routes.delete("/requests")
    def forget_calls() -> Response:
        calls(account).clear()
        return no_content()

    @routes.get("/state")
    def state() -> Response:
        counts = {name: len(account.store.collection(name)) for name in STATE}
        return reply({"now": account.clock.iso(), "counts": counts, "faults": sorted(account.faults)})


def reset_account(account: Account) -> None:
    """Back to the account's first day: documents, counters, faults, rate counters and calls are gone."""
    with account.store.lock:
        account.store.clear()
        account.store.random.seed(account.settings.seed)
        account.faults.clear()
        limits(account).reset()
        calls(account).clear()
        for name in ("planned_triage", "idempotency"):
            account.parts.pop(name, None)
        seed(account)


def note_call(account: Account, status: int) -> None:
    """Remember the API call of the present request."""
    user = g.get("caller")
    calls(account).append({
        "method": request.method,
        "path": request.path,
        "query": request.query_string.decode("utf-8", "replace"),
        "status": status,
        "time": account.clock.iso(),
        "user": user["id"] if user else None,
    })  # fmt: skip

"""Side-loads that add to tickets and users themselves instead of listing other records."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import bad_request


def install(account: Account) -> None:
    """Make ``comment_count``, ``incident_counts``, ``last_audits``, ``identities`` and ``open_ticket_count`` known."""
    store = account.store

    def comment_count(body: Doc, _records: Sequence[Doc]) -> None:
        for ticket in shown(body, "ticket"):
            ticket["comment_count"] = len(store.collection("comments").by("ticket_id", ticket["id"]))

    def incident_counts(body: Doc, _records: Sequence[Doc]) -> None:
        for ticket in shown(body, "ticket"):
            ticket["incident_count"] = len(store.collection("tickets").by("problem_id", ticket["id"]))

    def last_audits(body: Doc, records: Sequence[Doc]) -> None:
        if "/incremental/" in request.path:
            raise bad_request("Invalid attribute", "last_audits cannot be side-loaded in incremental exports")
        audits = (store.collection("audits").newest("ticket_id", ticket["id"]) for ticket in records)
        body["last_audits"] = [audit for audit in audits if audit is not None]

    def identities(body: Doc, records: Sequence[Doc]) -> None:
        present = account.parts["presenters"]["identities"]
        found = (doc for user in records for doc in store.collection("identities").by("user_id", user["id"]))
        body["identities"] = [present(doc) for doc in found]

    def open_ticket_count(body: Doc, records: Sequence[Doc]) -> None:
        mine = {user["id"]: store.collection("tickets").by("requester_id", user["id"]) for user in records}
        unsolved = ("new", "open", "pending", "hold")
        body["open_ticket_count"] = {
            str(key): sum(ticket["status"] in unsolved for ticket in tickets) for key, tickets in mine.items()
        }

    known = account.parts.setdefault("sideloads", {})
    for load in (comment_count, incident_counts, last_audits, identities, open_ticket_count):
        known[load.__name__] = load


def shown(body: Doc, name: str) -> list[Doc]:
    """The presented records of an answer, one or many."""
    return [*body.get(f"{name}s", ()), *([body[name]] if isinstance(body.get(name), dict) else ())]

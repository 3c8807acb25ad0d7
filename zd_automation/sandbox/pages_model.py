"""What the agent's pages show, gathered from the account as plain values for the templates."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.business_rules_execution import view_tickets
from zd_automation.sandbox.business_rules_views import may_see
from zd_automation.sandbox.pages_base import clean_html
from zd_automation.sandbox.store import Doc

PAGE_SIZE = 50
_LANGUAGE_TAG = re.compile(r"(?:^|_)lang_(\w+)$")
_TOPIC_TAG = re.compile(r"(?:^|_)topic_(\w+)$")
_ALARMING_TAG = re.compile(r"(?:^|_)(?:danger|security)_")
_PATIENCE = timedelta(minutes=1)  # without a note for this long, a ticket's page stops promising one
_STATUS_LETTERS = {"new": "N", "open": "O", "pending": "P", "hold": "H", "solved": "S", "closed": "C"}
_HIDDEN_FIELDS = frozenset({"custom_status_id", "is_public", "sharing_agreement_ids"})


def menu(account: Account, user: Doc) -> list[Doc]:
    """The views in the left column, with how many tickets each holds."""
    views = [view for view in account.store.collection("views") if view.get("active") and may_see(account, view, user)]
    views.sort(key=lambda view: (view.get("position") or 0, view["id"]))
    return [{"id": v["id"], "title": v["title"], "count": len(view_tickets(account, v, user))} for v in views]


def all_tickets(account: Account) -> list[Doc]:
    """Every ticket, newest first."""
    return list(account.store.collection("tickets"))[::-1]


def row(account: Account, ticket: Doc) -> Doc:
    """One line of a ticket list."""
    return {
        "id": ticket["id"],
        "subject": ticket.get("subject") or "(no subject)",
        "requester": _name(account, "users", ticket.get("requester_id")),
        "language": tag_part(ticket, _LANGUAGE_TAG),
        "topic": tag_part(ticket, _TOPIC_TAG),
        "group": _name(account, "groups", ticket.get("group_id")),
        "priority": ticket.get("priority") or "",
        "status": ticket["status"],
        "letter": _STATUS_LETTERS.get(ticket["status"], "?"),
        "created": clock_time(ticket["created_at"]),
        "urgent": ticket.get("priority") == "urgent",
    }


def tag_part(ticket: Doc, pattern: re.Pattern[str]) -> str:
    """What a tag such as ``zdauto_lang_ru`` says after its prefix, or an empty text."""
    return next((found[1] for tag in ticket.get("tags") or [] if (found := pattern.search(tag))), "")


def clock_time(text: str) -> str:
    """A time as people read it: ``22 Nov 2026, 05:30``."""
    moment = datetime.fromisoformat(text)
    return f"{moment.day} {moment:%b %Y, %H:%M}"


def ticket_page(account: Account, ticket: Doc) -> Doc:
    """Everything that a ticket's page shows."""
    comments = account.store.collection("comments").by("ticket_id", ticket["id"])
    tags = ticket.get("tags") or []
    settled = any(not comment["public"] for comment in comments) or any(tag.endswith("_done") for tag in tags)
    silent = not settled and account.clock.now() - datetime.fromisoformat(ticket["created_at"]) > _PATIENCE
    return {
        "ticket": row(account, ticket),
        "tags": [{"name": tag, "alarming": bool(_ALARMING_TAG.search(tag))} for tag in tags],
        "brand": _name(account, "brands", ticket.get("brand_id")),
        "channel": (ticket.get("via") or {}).get("channel") or "",
        "assignee": _name(account, "users", ticket.get("assignee_id")),
        "organization": _name(account, "organizations", ticket.get("organization_id")),
        "requester": _requester(account, ticket),
        "fields": _fields(account, ticket),
        "comments": [_comment(account, comment) for comment in comments],
        "events": _events(account, ticket["id"]),
        "settled": settled,
        "silent": silent,
        "version": f"{len(comments)}-{ticket['generated_timestamp']}-{len(tags)}-{silent:d}",
    }


def _requester(account: Account, ticket: Doc) -> Doc:
    user = account.store.collection("users").get(ticket.get("requester_id") or 0) or {}
    return {"name": user.get("name") or "", "email": user.get("email") or "", "locale": user.get("locale") or ""}


def _fields(account: Account, ticket: Doc) -> list[tuple[str, str]]:
    fields = account.store.collection("ticket_fields")
    found = []
    for entry in ticket.get("custom_fields") or []:
        field, value = fields.get(entry["id"]), entry.get("value")
        if field is not None and value not in (None, "", [], False):
            names = {option["value"]: option["name"] for option in field.get("custom_field_options") or []}
            found.append((str(field["title"]), str(names.get(value, value) if isinstance(value, str) else value)))
    return found


def _comment(account: Account, comment: Doc) -> Doc:
    author = account.store.collection("users").get(comment["author_id"]) or {}
    name = author.get("name") or "Unknown"
    return {
        "id": comment["id"],
        "author": name,
        "initials": "".join(part[0] for part in name.split()[:2]).upper(),
        "staff": author.get("role") in ("agent", "admin"),
        "public": comment["public"],
        "created": clock_time(comment["created_at"]),
        # Safe: clean_html leaves nothing but plain formatting and links.
        "html": Markup(clean_html(comment["html_body"])),  # noqa: S704
    }


def _events(account: Account, ticket_id: int) -> list[Doc]:
    """The ticket's audits, latest first, with what each changed."""
    found = []
    for audit in account.store.collection("audits").by("ticket_id", ticket_id)[::-1]:
        lines = [line for event in audit["events"] if (line := _event_line(account, event))]
        author = _name(account, "users", audit["author_id"]) or "System"
        found.append({"author": author, "created": clock_time(audit["created_at"]), "lines": lines})
    return found


def _event_line(account: Account, event: Doc) -> Doc | None:
    rule = ""
    if (event.get("via") or {}).get("channel") == "rule":
        rule = str(event["via"]["source"]["from"].get("title") or "")
    if event["type"] == "Comment":
        return {"name": "Comment" if event.get("public") else "Internal note", "old": "", "new": "", "rule": rule}
    if event["type"] == "Notification":
        return {"name": "Notification", "old": "", "new": event.get("subject") or "", "rule": rule}
    if event["type"] not in ("Create", "Change") or event.get("field_name") in _HIDDEN_FIELDS:
        return None
    name = str(event["field_name"])
    old, new = _shown(account, name, event.get("previous_value")), _shown(account, name, event.get("value"))
    return {"name": _label(account, name), "old": old, "new": new, "rule": rule}


def _label(account: Account, name: str) -> str:
    if name.isdigit():
        return str((account.store.collection("ticket_fields").get(int(name)) or {}).get("title") or name)
    return name.removesuffix("_id").replace("_", " ").capitalize()


def _shown(account: Account, name: str, value: Any) -> str:
    kinds = {"requester_id": "users", "assignee_id": "users", "group_id": "groups", "brand_id": "brands"}
    kinds |= {"organization_id": "organizations", "ticket_form_id": "ticket_forms"}
    if name in kinds and str(value or "").isdigit():
        return _name(account, kinds[name], int(value)) or str(value)
    if isinstance(value, list):
        return " ".join(str(item) for item in value)
    return "" if value is None else str(value)


def _name(account: Account, kind: str, key: Any) -> str:
    doc = account.store.collection(kind).get(key) if key is not None else None
    return str((doc or {}).get("name") or "")

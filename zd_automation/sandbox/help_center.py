"""The Help Center's API, and a way to fill it in-process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint

from zd_automation.sandbox import (
    help_center_admin,
    help_center_attachments,
    help_center_community,
    help_center_content,
    help_center_page,
    help_center_parts,
    help_center_translations,
)
from zd_automation.sandbox.account import Account
from zd_automation.sandbox.help_center_model import DEFAULT_LOCALE, new_article, new_object
from zd_automation.sandbox.limits import limits
from zd_automation.sandbox.store import Doc


def blueprint(account: Account) -> Blueprint:
    """Everything under /api/v2/help_center, /api/v2/guide and /api/v2/community, and the pages that people read."""
    routes = Blueprint("help_center", __name__)
    api = Blueprint("help_center_api", __name__, url_prefix="/api/v2")

    @api.before_request
    def count_call() -> None:
        help_center_admin.ensure_built_ins(account)
        # Named like the account's limit because the same headers carry it; the key keeps it a counter of its own.
        limits(account).charge("account", account.settings.help_center_limit, "help_center")

    parts = {
        "admin": help_center_admin,
        "content": help_center_content,
        "translations": help_center_translations,
        "parts": help_center_parts,
        "attachments": help_center_attachments,
        "community": help_center_community,
    }
    for name, part in parts.items():
        child = Blueprint(name, __name__)
        part.add_routes(child, account)
        api.register_blueprint(child)
    routes.register_blueprint(api)
    help_center_page.add_routes(routes, account)
    return routes


def load_articles(account: Account, rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Store many articles at once; returns key -> article id.

    A row is ``{"key", "title": {locale: text}, "body": {locale: html}, "section", "category", "restricted": bool,
    "draft": bool, "label_names"?}``; sections and categories go by name and are made when first named. Restricted
    articles are for agents and admins only.
    """
    staff = help_center_admin.staff_segment(account)
    actor = _author(account)
    shelves: dict[tuple[str, str], int] = {}
    loaded: dict[str, int] = {}
    with account.store.lock:
        for row in rows:
            section_id = _shelf(account, shelves, str(row.get("category") or "General"), str(row["section"]), actor)
            values = {
                "translations": _texts(row),
                "user_segment_id": staff if row.get("restricted") else None,
                "label_names": row.get("label_names") or [],
            }
            loaded[str(row["key"])] = int(new_article(account, section_id, values, actor)["id"])
    return loaded


def _author(account: Account) -> Doc:
    admins = account.store.collection("users").by("role", "admin")
    return admins[0] if admins else {"id": None}


def _texts(row: Mapping[str, Any]) -> list[Doc]:
    """The row's translations; the source is the default locale where there is one."""
    titles: Mapping[str, str] = row["title"]
    ordered = sorted(titles, key=lambda name: name.lower() != DEFAULT_LOCALE)
    bodies: Mapping[str, str] = row.get("body") or {}
    draft = bool(row.get("draft"))
    return [
        {"locale": name.lower(), "title": titles[name], "body": bodies.get(name, ""), "draft": draft}
        for name in ordered
    ]


def _shelf(account: Account, known: dict[tuple[str, str], int], category: str, section: str, actor: Doc) -> int:
    if (category, section) in known:
        return known[category, section]
    if (category, "") not in known:
        made = _named(account, "Category", category) or new_object(account, "Category", {"name": category}, actor)
        known[category, ""] = made["id"]
    parent = known[category, ""]
    shelf = _named(account, "Section", section, parent)
    if shelf is None:
        shelf = help_center_content.new_section(account, parent, {"name": section}, actor)
    known[category, section] = int(shelf["id"])
    return known[category, section]


def _named(account: Account, source_type: str, name: str, parent: int | None = None) -> Doc | None:
    kind = "hc_categories" if source_type == "Category" else "hc_sections"
    for text in account.store.collection("hc_translations").by("title", name):
        doc = account.store.collection(kind).get(text["source_id"])
        if text["source_type"] == source_type and doc and parent in (None, doc.get("category_id")):
            return doc
    return None

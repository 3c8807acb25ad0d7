"""Macros, as the REST API serves them: stored, and shown as what they would do to a ticket."""

from __future__ import annotations

import html

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.business_rules_base import add_common_routes, as_asked, last_position
from zd_automation.sandbox.business_rules_definitions import macro_definitions
from zd_automation.sandbox.business_rules_views import may_see
from zd_automation.sandbox.resources import CrudResource, Resource, add_crud
from zd_automation.sandbox.rules_actions import apply_change, working_copy
from zd_automation.sandbox.rules_placeholders import render
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.ticket_model import present_ticket
from zd_automation.sandbox.web import caller, ids_of, invalid_field, not_found, reply

_CHANGES = (
    "subject", "type", "priority", "status", "group_id", "assignee_id", "brand_id", "ticket_form_id", "tags",
    "custom_fields",
)  # fmt: skip


def add_routes(api: Blueprint, account: Account) -> None:
    """Add /macros and /tickets/{id}/macros/{id}/apply."""
    crud = CrudResource(account, _MACROS)
    add_crud(api, crud, skip=("list",))

    def visible() -> list[Doc]:
        return [macro for macro in crud.docs if may_see(account, macro, caller())]

    add_common_routes(api, crud, visible)
    _add_lists(api, account, crud)
    _add_results(api, account, crud)

    @api.get("/macros")
    def list_macros() -> Response:
        return crud.page(as_asked(visible()))


def _add_lists(api: Blueprint, account: Account, crud: CrudResource) -> None:
    @api.get("/macros/actions")
    def actions() -> Response:
        return reply({"actions": macro_definitions(account)["actions"]})

    @api.get("/macros/definitions")
    def definitions() -> Response:
        return reply({"definitions": macro_definitions(account)})

    @api.get("/macros/categories")
    def categories() -> Response:
        names = {doc["title"].split("::")[0] for doc in crud.docs if "::" in doc["title"]}
        return reply({"categories": sorted(names)})

    @api.get("/macros/show_many")
    def show_many() -> Response:
        return crud.page([doc for key in ids_of(request.args.get("ids")) if (doc := crud.docs.get(key))])

    @api.get("/macros/<int:key>/attachments")
    def attachments(key: int) -> Response:
        crud.find(key)
        return reply({"macro_attachments": [], "next_page": None, "previous_page": None, "count": 0})


def _add_results(api: Blueprint, account: Account, crud: CrudResource) -> None:
    @api.get("/macros/<int:key>/apply")
    def apply(key: int) -> Response:
        ticket, comment = _applied(account, crud.find(key), _blank())
        changed: Doc = {name: value for name, value in ticket.items() if value not in (None, [])}
        return reply({"result": {"ticket": changed | ({"comment": comment} if comment else {})}})

    @api.get("/tickets/<int:ticket_id>/macros/<int:key>/apply")
    def apply_to_ticket(ticket_id: int, key: int) -> Response:
        ticket = account.store.collection("tickets").get(ticket_id)
        if ticket is None:
            not_found()
        changed, comment = _applied(account, crud.find(key), ticket)
        result = {"ticket": present_ticket({**ticket, **changed})}
        return reply({"result": result | ({"comment": comment} if comment else {})})

    @api.get("/macros/new")
    def replica() -> Response:
        key = request.args.get("macro_id", type=int)
        source = crud.find(key) if key is not None else {"title": "", "actions": []}
        return reply(
            {"macro": {k: v for k, v in source.items() if k in ("title", "actions", "description", "restriction")}}
        )


def _blank() -> Doc:
    return {"id": None, "tags": [], "custom_fields": [], "status": None}


def _applied(account: Account, macro: Doc, ticket: Doc) -> tuple[Doc, Doc]:
    """What a macro makes of a ticket: the changed keys, and the comment it writes (empty if none)."""
    after, comment = working_copy(ticket), Doc()
    for action in macro["actions"]:
        name, value = action.get("field", ""), action.get("value")
        if name in ("comment_value", "comment_value_html"):
            text = render(
                str(value[-1] if isinstance(value, list) and value else value or ""), account, ticket, caller()
            )
            comment.update(_texts(text, is_html=name.endswith("html")))
        elif name == "comment_mode_is_public":
            comment["public"] = str(value).lower() == "true"
        else:
            apply_change(account, name, value, after, caller())
    if comment:
        comment.setdefault("public", True)
    return {key: after.get(key) for key in _CHANGES if after.get(key) != ticket.get(key)}, comment


def _texts(text: str, is_html: bool) -> Doc:
    as_html = text if is_html else "<p>" + html.escape(text, quote=False).replace("\n", "<br>") + "</p>"
    return {"body": text, "html_body": as_html, "scoped_body": [["channel:all", text]]}


def _prepare_macro(account: Account, new: Doc, _old: Doc | None) -> None:
    if not new.get("actions"):
        raise invalid_field("base", "Actions: cannot be blank", "BlankValue")
    new["raw_title"] = new["title"]
    if new.get("position") is None:
        new["position"] = last_position(account, "macros")


_MACROS = Resource(
    kind="macros",
    singular="macro",
    plural="macros",
    required=("title",),
    defaults={
        "active": True,
        "description": None,
        "position": None,
        "default": False,
        "restriction": None,
        "actions": [],
    },
    allowed=frozenset({"title", "active", "description", "position", "restriction", "actions", "attachments"}),
    prepare=_prepare_macro,
    bulk=False,
)

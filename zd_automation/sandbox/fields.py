"""Ticket fields with their options, user fields, organization fields, ticket forms."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Blueprint, Response

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.paging import page_of
from zd_automation.sandbox.resources import READ_ONLY, CrudResource, Resource, add_crud, gone
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import (
    api_base,
    as_int,
    blank,
    forbidden,
    invalid_field,
    json_body,
    no_content,
    not_found,
    reply,
    require_admin,
    wrapped,
)

TICKET_TYPES = (
    "text", "textarea", "checkbox", "date", "integer", "decimal", "regexp", "partialcreditcard", "multiselect",
    "tagger", "lookup",
)  # fmt: skip
OWNER_TYPES = (
    "text",
    "textarea",
    "checkbox",
    "date",
    "integer",
    "decimal",
    "regexp",
    "dropdown",
    "lookup",
    "multiselect",
)
OPTION_LIMIT = 2000
_CHOICES = {"tagger", "multiselect", "dropdown"}


def ticket_field_resource(account: Account) -> CrudResource:
    """Ticket fields as a resource; a new custom field appears on every ticket."""
    return CrudResource(
        account,
        Resource(
            kind="ticket_fields",
            singular="ticket_field",
            plural="ticket_fields",
            required=("type", "title"),
            read_only=READ_ONLY | {"removable", "system_field_options", "custom_statuses"},
            immutable=frozenset({"type"}),
            defaults={
                "type": None, "title": None, "raw_title": None, "description": "", "raw_description": "",
                "position": 9999, "active": True, "required": False, "collapsed_for_agents": False,
                "regexp_for_validation": None, "title_in_portal": None, "raw_title_in_portal": None,
                "visible_in_portal": False, "editable_in_portal": False, "required_in_portal": False,
                "agent_can_edit": True, "tag": None, "removable": True, "key": None, "agent_description": None,
            },
            prepare=_prepare_ticket_field,
            created=_onto_tickets,
            updated=_options_removed,
            deleted=_off_tickets,
            write_role="admin",
            bulk=False,
        ),
    )  # fmt: skip


def _prepare_ticket_field(account: Account, field: Doc, old: Doc | None) -> None:
    if old is None and field["type"] not in TICKET_TYPES:
        raise invalid_field("type", f"Type: {field['type']} is not a valid value", "InvalidValue")
    if field["type"] == "regexp" and not field["regexp_for_validation"]:
        raise blank("regexp_for_validation")
    field["raw_title"] = field["title"]
    field["raw_description"] = field["description"]
    if old is None or field["title_in_portal"] in (None, old["title"]):
        field["title_in_portal"] = field["title"]
    field["raw_title_in_portal"] = field["title_in_portal"]
    if field["type"] in _CHOICES:
        field["custom_field_options"] = prepared_options(account, field, field.get("custom_field_options") or [])


def prepared_options(account: Account, field: Doc, options: list[Doc]) -> list[Doc]:
    """Options with id, position and every key that the API shows. Raises 422 for a bad or doubled value."""
    if len(options) > OPTION_LIMIT:
        raise invalid_field("custom_field_options", f"Too many options: {OPTION_LIMIT} at most", "TooMany")
    known = {option["value"]: option for option in field.get("custom_field_options") or () if "id" in option}
    prepared: list[Doc] = []
    for position, option in enumerate(options):
        prepared.append(prepared_option(account, option, known, position))
    values = [option["value"] for option in prepared]
    if len(set(values)) < len(values):
        raise invalid_field("custom_field_options", "Options: values must be unique", "DuplicateValue")
    return prepared


def prepared_option(account: Account, option: Doc, known: dict[str, Doc], position: int) -> Doc:
    """One option as stored. Raises 422 without name or value."""
    for name in ("name", "value"):
        if not option.get(name):
            raise blank(name)
    if not re.fullmatch(r"[^\s,&]+", str(option["value"])):
        text = f"Options: {option['value']} contains characters that no tag may have"
        raise invalid_field("custom_field_options", text, "InvalidValue")
    earlier = known.get(str(option["value"]))
    key = as_int(option.get("id")) or (earlier["id"] if earlier else account.store.next_id("custom_field_options"))
    return {
        "id": key,
        "name": option["name"],
        "raw_name": option["name"],
        "position": option.get("position", position),
        "value": str(option["value"]).lower(),
        "default": bool(option.get("default", False)),
    }


def _onto_tickets(account: Account, field: Doc) -> None:
    for kind in ("tickets", "deleted_tickets"):
        for doc in account.store.collection(kind):
            ticket = doc["ticket"] if kind == "deleted_tickets" else doc
            ticket["custom_fields"] = [*ticket["custom_fields"], {"id": field["id"], "value": None}]
            account.store.collection(kind).save(doc)
    for form in account.store.collection("ticket_forms").by("default", True):
        account.store.collection("ticket_forms").save(
            {**form, "ticket_field_ids": [*form["ticket_field_ids"], field["id"]]}
        )


def _off_tickets(account: Account, field: Doc) -> None:
    for kind in ("tickets", "deleted_tickets"):
        for doc in account.store.collection(kind):
            ticket = doc["ticket"] if kind == "deleted_tickets" else doc
            ticket["custom_fields"] = [entry for entry in ticket["custom_fields"] if entry["id"] != field["id"]]
            account.store.collection(kind).save(doc)


def _options_removed(account: Account, field: Doc, old: Doc | None) -> None:
    """An option left out of an update is gone, and so is its value on every ticket."""
    if field["type"] not in _CHOICES or old is None:
        return
    left = {option["value"] for option in field["custom_field_options"]}
    gone_values = {option["value"] for option in old.get("custom_field_options") or ()} - left
    if gone_values:
        wipe_values(account, field["id"], gone_values)


def wipe_values(account: Account, field: int, values: set[str]) -> None:
    """Take these option values off every ticket."""
    tickets = account.store.collection("tickets")
    for ticket in tickets:
        entries = ticket["custom_fields"]
        if any(e["id"] == field and e["value"] in values for e in entries if not isinstance(e["value"], list)):
            wiped = [{**e, "value": None} if e["id"] == field else e for e in entries]
            tickets.save({**ticket, "custom_fields": wiped})


def owner_field_resource(kind: str, owners: str) -> Resource:
    """User fields or organization fields."""

    def prepare(account: Account, field: Doc, old: Doc | None) -> None:
        if old is None and field["type"] not in OWNER_TYPES:
            raise invalid_field("type", f"Type: {field['type']} is not a valid value", "InvalidValue")
        if not re.fullmatch(r"[A-Za-z0-9_-]+", str(field["key"])):
            raise invalid_field("key", "Key: may only hold letters, digits, - and _", "InvalidValue")
        field["raw_title"], field["raw_description"] = field["title"], field["description"]
        if field["type"] == "dropdown":
            field["custom_field_options"] = prepared_options(account, field, field.get("custom_field_options") or [])

    def created(account: Account, field: Doc) -> None:
        for owner in account.store.collection(owners):
            owner.setdefault(kind, {})[field["key"]] = None
            account.store.collection(owners).save(owner)

    def deleted(account: Account, field: Doc) -> None:
        for owner in account.store.collection(owners):
            owner.get(kind, {}).pop(field["key"], None)
            account.store.collection(owners).save(owner)

    return Resource(
        kind=kind,
        singular=kind.removesuffix("s"),
        plural=kind,
        required=("key", "title"),
        unique=("key",),
        immutable=frozenset({"key", "type"}),
        defaults={
            "key": None, "type": "text", "title": None, "raw_title": None, "description": "", "raw_description": "",
            "position": 9999, "active": True, "system": False, "regexp_for_validation": None,
        },
        prepare=prepare,
        created=created,
        deleted=deleted,
        write_role="admin",
        bulk=False,
    )  # fmt: skip


def form_resource() -> Resource:
    """Ticket forms."""

    def prepare(account: Account, form: Doc, old: Doc | None) -> None:
        form["raw_name"] = form["name"]
        form["display_name"] = form["display_name"] or form["name"]
        form["raw_display_name"] = form["display_name"]
        if old is None and not form["ticket_field_ids"]:
            system = [f["id"] for f in account.store.collection("ticket_fields") if not f["removable"]]
            form["ticket_field_ids"] = system

    return Resource(
        kind="ticket_forms",
        singular="ticket_form",
        plural="ticket_forms",
        required=("name",),
        defaults={
            "name": None, "raw_name": None, "display_name": None, "raw_display_name": None, "end_user_visible": False,
            "position": 9999, "ticket_field_ids": [], "active": True, "default": False, "in_all_brands": True,
            "restricted_brand_ids": [], "end_user_conditions": [], "agent_conditions": [],
        },
        prepare=prepare,
        write_role="admin",
    )  # fmt: skip


def blueprint(account: Account) -> Blueprint:
    """Fields, options, forms, and the two reorder calls."""
    routes = Blueprint("fields", __name__, url_prefix="/api/v2")
    ticket_fields = add_crud(routes, ticket_field_resource(account), skip=("delete",))
    forms = add_crud(routes, CrudResource(account, form_resource()))
    owner_fields = [
        add_crud(routes, CrudResource(account, owner_field_resource("user_fields", "users"))),
        add_crud(routes, CrudResource(account, owner_field_resource("organization_fields", "organizations"))),
    ]
    _add_options(account, routes, ticket_fields)
    for crud in owner_fields:
        _add_options(account, routes, crud)
    for crud in (forms, *owner_fields):
        _add_reorder(routes, crud)

    @routes.delete("/ticket_fields/<int:key>")
    def delete_ticket_field(key: int) -> Response:
        require_admin()
        field = ticket_fields.find(key)
        if not field["removable"]:
            forbidden()
        ticket_fields.delete(field)
        return no_content()

    @routes.post("/ticket_forms/<int:key>/clone")
    def clone_form(key: int) -> Response:
        form = forms.find(key)
        return forms.one(forms.create({**form, "name": f"{form['name']} (copy)", "default": False}), 201)

    return routes


def _add_reorder(routes: Blueprint, crud: CrudResource) -> None:
    def reorder() -> Response:
        require_admin()
        wanted = json_body().get(f"{crud.resource.singular}_ids") or []
        for position, key in enumerate(wanted, start=1):
            crud.update(crud.find(as_int(key)), {"position": position})
        return crud.page(crud.visible())

    routes.add_url_rule(f"/{crud.path}/reorder", f"{crud.path}_reorder", reorder, methods=["PUT"])


def _add_options(account: Account, routes: Blueprint, crud: CrudResource) -> None:
    """``<fields>/<id>/options``: list, show, create or update, delete."""
    path = f"/{crud.path}/<int:key>/options"

    def present(option: Doc, field: int) -> Doc:
        return {"url": f"{api_base()}/{crud.path}/{field}/options/{option['id']}.json", **option}

    def options_of(key: int) -> tuple[Doc, list[Doc]]:
        field = crud.find(key)
        return field, list(field.get("custom_field_options") or ())

    def index(key: int) -> Response:
        body, _ = page_of(options_of(key)[1], "custom_field_options", lambda option: present(option, key))
        return reply(body)

    def show(key: int, option: int) -> Response:
        return reply({"custom_field_option": present(_option(options_of(key)[1], option), key)})

    def save(key: int) -> Response:
        require_admin()
        field, options = options_of(key)
        values = wrapped("custom_field_option")
        wanted = as_int(values.get("id"))
        with account.store.lock:
            earlier = next((o for o in options if o["id"] == wanted), None) if wanted else None
            if wanted and earlier is None:
                not_found()
            others = [o for o in options if o is not earlier]
            merged = {**(earlier or {}), **values}
            crud.update(field, {"custom_field_options": [*others, merged]})
            stored = next(o for o in field["custom_field_options"] if o["value"] == str(merged["value"]).lower())
        return reply({"custom_field_option": present(stored, key)}, 200 if earlier else 201)

    def delete(key: int, option: int) -> Response:
        require_admin()
        field, options = options_of(key)
        doomed = _option(options, option)
        crud.update(field, {"custom_field_options": [o for o in options if o is not doomed]})
        return no_content()

    views: tuple[tuple[str, str, str, Callable[..., Response]], ...] = (
        ("list", path, "GET", index),
        ("save", path, "POST", save),
        ("show", f"{path}/<int:option>", "GET", show),
        ("delete", f"{path}/<int:option>", "DELETE", delete),
    )
    for name, rule, method, view in views:
        routes.add_url_rule(rule, f"{crud.path}_options_{name}", view, methods=[method])


def _option(options: list[Doc], key: int) -> Doc:
    return gone(next((option for option in options if option["id"] == key), None))
